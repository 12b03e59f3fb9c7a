//! The digest of what a guest passes to a host function.

use assize_provenance::digest::{Digest, Hasher};

use crate::policy::permission::Permission;

/// What every digest of arguments starts with.
const DOMAIN: &[u8] = b"assize-arguments-v1\n";

/// Something that a guest passes. What has no fixed length is preceded by it, so that no two lists of arguments share bytes.
pub(in crate::sandbox) trait Argument {
    /// Hashes it.
    fn feed(&self, hasher: &mut Hasher);
}

/// The digest of the arguments of one call.
pub(super) fn digest(permission: Permission, arguments: &[&dyn Argument]) -> Digest {
    let mut hasher = Hasher::new();
    hasher.update(DOMAIN);
    permission.name().feed(&mut hasher);
    arguments.iter().for_each(|argument| argument.feed(&mut hasher));
    hasher.finish()
}

impl Argument for u64 {
    fn feed(&self, hasher: &mut Hasher) {
        hasher.update(&self.to_be_bytes());
    }
}

impl Argument for u32 {
    fn feed(&self, hasher: &mut Hasher) {
        u64::from(*self).feed(hasher);
    }
}

/// A number that may be negative.
impl Argument for i32 {
    fn feed(&self, hasher: &mut Hasher) {
        hasher.update(&i64::from(*self).to_be_bytes());
    }
}

impl Argument for Vec<u64> {
    fn feed(&self, hasher: &mut Hasher) {
        (self.len() as u64).feed(hasher);
        self.iter().for_each(|number| number.feed(hasher));
    }
}

impl Argument for [u8] {
    fn feed(&self, hasher: &mut Hasher) {
        (self.len() as u64).feed(hasher);
        hasher.update(self);
    }
}

impl Argument for Vec<u8> {
    fn feed(&self, hasher: &mut Hasher) {
        self.as_slice().feed(hasher);
    }
}

impl Argument for str {
    fn feed(&self, hasher: &mut Hasher) {
        self.as_bytes().feed(hasher);
    }
}

impl Argument for &str {
    fn feed(&self, hasher: &mut Hasher) {
        self.as_bytes().feed(hasher);
    }
}

impl Argument for String {
    fn feed(&self, hasher: &mut Hasher) {
        self.as_bytes().feed(hasher);
    }
}

impl Argument for Vec<String> {
    fn feed(&self, hasher: &mut Hasher) {
        (self.len() as u64).feed(hasher);
        self.iter().for_each(|text| text.feed(hasher));
    }
}

impl<T: Argument> Argument for Option<T> {
    fn feed(&self, hasher: &mut Hasher) {
        u64::from(self.is_some()).feed(hasher);
        if let Some(value) = self {
            value.feed(hasher);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_lists_of_arguments_share_a_digest() {
        let (a, ab, b, nothing) = ("a".to_owned(), "ab".to_owned(), "b".to_owned(), None::<String>);
        let lists: [&[&dyn Argument]; 8] = [
            &[],
            &[&a, &b],
            &[&ab],
            &[&ab, &""],
            &[&"", &ab],
            &[&nothing],
            &[&Some(a.clone())],
            &[&vec![a.clone(), b.clone()]],
        ];
        let digests: std::collections::BTreeSet<Digest> = lists
            .iter()
            .flat_map(|list| [Permission::StateGet, Permission::StateSet].map(|permission| digest(permission, list)))
            .collect();
        assert_eq!(digests.len(), 2 * lists.len());
    }
}

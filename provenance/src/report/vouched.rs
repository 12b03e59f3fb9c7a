//! How many witnesses vouch for a log, of those that are asked for.

use std::collections::BTreeMap;
use std::fmt;

use crate::checkpoint::Witnessed;
use crate::key::{KeyId, TrustedKeys};

/// How many of the witnesses that are believed cosigned a log, and how many must.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vouched {
    /// How many cosigned it. Two names with one key count once, and the log's own keys not at all.
    pub found: usize,
    /// How many are believed.
    pub known: usize,
    /// How many must.
    pub needed: usize,
    /// The largest size that as many as must cosigned, or a larger one; 0 where there are not so many.
    pub size: u64,
}

impl Vouched {
    /// Counts what was cosigned of one log; nothing where no number was asked for.
    #[must_use]
    pub fn of(witnessed: &[Witnessed], keys: &TrustedKeys) -> Option<Self> {
        let needed = keys.witnesses_required()?;
        Some(Self::counted(witnessed, keys, needed))
    }

    /// Counts what was cosigned of one log, for somebody who asks for this number.
    #[must_use]
    pub fn counted(witnessed: &[Witnessed], keys: &TrustedKeys, needed: usize) -> Self {
        // A witness is somebody else: with a log's own key nobody vouches for it.
        let is_log_key = |id: &KeyId| keys.log_keys().any(|key| key.id() == *id);
        let witnesses = keys.witnesses().iter().map(|key| (key.key().id(), 0));
        let mut sizes: BTreeMap<KeyId, u64> = witnesses.filter(|(id, _)| !is_log_key(id)).collect();
        for one in witnessed {
            if let Some(size) = sizes.get_mut(&one.key) {
                *size = one.size.max(*size);
            }
        }
        let known = sizes.len();
        let mut sizes: Vec<u64> = sizes.into_values().filter(|size| *size > 0).collect();
        sizes.sort_unstable_by_key(|size| std::cmp::Reverse(*size));
        let size = needed.checked_sub(1).and_then(|last| sizes.get(last)).copied();
        Self {
            found: sizes.len(),
            known,
            needed,
            size: size.unwrap_or(0),
        }
    }

    /// Tells whether as many cosigned the log as must.
    #[must_use]
    pub const fn is_met(&self) -> bool {
        self.found >= self.needed
    }
}

impl fmt::Display for Vouched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            found,
            known,
            needed,
            size,
        } = self;
        write!(
            f,
            "{found} of {known} trusted witnesses cosigned this log, and {needed} must"
        )?;
        match self.is_met() && *needed > 0 {
            true => write!(f, ": so many vouch for {size} entries"),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::Role;
    use crate::key::vkey::{NoteKey, NoteKind};
    use crate::testing::SigningPair;

    fn witnessed(seed: u8, size: u64) -> Witnessed {
        Witnessed {
            witness: format!("w{seed}"),
            key: SigningPair::from_seed(seed).public().id(),
            size,
            seconds: 1,
        }
    }

    fn keys(witnesses: &[(&str, u8)], quorum: usize) -> TrustedKeys {
        let mut keys = TrustedKeys::new();
        for (name, seed) in witnesses {
            let key = SigningPair::from_seed(*seed).public();
            keys.trust_witness(NoteKey::new(name, NoteKind::Cosignature, key).unwrap());
        }
        keys.require_witnesses(quorum);
        keys
    }

    #[test]
    fn a_quorum_vouches_for_the_size_that_all_of_it_has_seen() {
        let three = keys(&[("a", 1), ("b", 2), ("c", 3)], 2);
        let counted = |seen: &[Witnessed]| {
            let vouched = Vouched::of(seen, &three).unwrap();
            (vouched.found, vouched.known, vouched.is_met(), vouched.size)
        };
        assert_eq!(counted(&[]), (0, 3, false, 0));
        assert_eq!(counted(&[witnessed(1, 18)]), (1, 3, false, 0));
        assert_eq!(counted(&[witnessed(1, 18), witnessed(2, 6)]), (2, 3, true, 6));
        let all = [witnessed(1, 18), witnessed(2, 6), witnessed(3, 12), witnessed(1, 3)];
        assert_eq!(counted(&all), (3, 3, true, 12));
        assert_eq!(counted(&[witnessed(4, 18), witnessed(5, 18)]), (0, 3, false, 0));
        assert_eq!(Vouched::of(&all, &TrustedKeys::new()), None);
    }

    #[test]
    fn two_names_of_one_key_are_one_witness_and_the_log_is_none() {
        let mut doubled = keys(&[("a", 1), ("b", 1), ("c", 9)], 2);
        doubled.trust(Role::Log, SigningPair::from_seed(9).public());
        let vouched = Vouched::of(&[witnessed(1, 18), witnessed(1, 18), witnessed(9, 18)], &doubled).unwrap();
        assert_eq!((vouched.found, vouched.known, vouched.is_met()), (1, 1, false));
        assert_eq!(
            vouched.to_string(),
            "1 of 1 trusted witnesses cosigned this log, and 2 must"
        );
    }
}

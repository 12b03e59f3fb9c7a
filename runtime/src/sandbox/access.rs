//! Which powers a call used, and which it was refused.

use super::state::HostLimitReached;
use crate::event::{RESOURCE_BYTES_MAX, text};
use crate::outcome::Access;
use crate::policy::permission::Permission;
use crate::secret::Masker;

/// The uses of one call, in their order. What is alike and follows one another is folded, and nothing is left out: a call that
/// comes to the end of its list ends.
#[derive(Debug)]
pub(super) struct Accesses {
    list: Vec<Access>,
    max: u64,
    /// How many stand with the desk already.
    recorded: usize,
    /// What the host told the guest at the last use; empty where it did what was asked.
    told: String,
    masker: Masker,
}

impl Accesses {
    pub(super) fn new(max: u64, masker: Masker) -> Self {
        Self {
            list: Vec::new(),
            max,
            recorded: 0,
            told: String::new(),
            masker,
        }
    }

    /// Ends a call whose next use could not be noted. Asked before the use: what cannot be noted is not done.
    pub(super) fn must_have_room(&self) -> Result<(), HostLimitReached> {
        if (self.list.len() as u64) < self.max {
            return Ok(());
        }
        Err(HostLimitReached(
            "it used its powers on more things than its role's `audit_events` allows".into(),
        ))
    }

    /// Notes a use of `permission` on `resource`. `told` is what the host said where it did not do what was asked; why it may
    /// do what it did is asked only where the use is not like the one before.
    pub(super) fn note(
        &mut self,
        permission: Permission,
        resource: &str,
        granted: bool,
        told: &str,
        why: impl FnOnce() -> String,
    ) {
        let resource = self.fit(resource);
        if self.recorded < self.list.len()
            && self.told == told
            && let Some(last) = self.list.last_mut()
            && (last.permission, last.granted) == (permission, granted)
            && last.resource == resource
        {
            last.times = last.times.saturating_add(1);
            return;
        }
        let reason = if told.is_empty() { why() } else { told.to_owned() };
        self.told = told.to_owned();
        self.list.push(Access {
            permission,
            resource,
            granted,
            reason: text::recordable(&self.masker.mask_text(&reason), RESOURCE_BYTES_MAX),
            times: 1,
        });
    }

    /// A resource as it may be recorded.
    pub(super) fn fit(&self, resource: &str) -> String {
        text::recordable(&self.masker.mask_text(resource), RESOURCE_BYTES_MAX)
    }

    /// Counts a use of a function whose every answer stands in the transcript, once for the whole call.
    pub(super) fn count(&mut self, permission: Permission, granted: bool, reason: &str) {
        self.told.clear();
        let counted = self
            .list
            .get_mut(self.recorded..)
            .unwrap_or_default()
            .iter_mut()
            .find(|access| access.permission == permission && access.granted == granted && access.resource.is_empty());
        match counted {
            Some(access) => access.times = access.times.saturating_add(1),
            None => self.list.push(Access {
                permission,
                resource: String::new(),
                granted,
                reason: text::recordable(reason, RESOURCE_BYTES_MAX),
                times: 1,
            }),
        }
    }

    /// What no desk has recorded yet.
    pub(super) fn unrecorded(&self) -> &[Access] {
        self.list.get(self.recorded..).unwrap_or_default()
    }

    /// Says that everything is recorded.
    pub(super) fn all_recorded(&mut self) {
        self.recorded = self.list.len();
    }

    pub(super) fn into_list(self) -> Vec<Access> {
        self.list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(accesses: &mut Accesses, path: &str) {
        accesses.note(Permission::WorkspaceRead, path, true, "", || "by a line".into());
    }

    #[test]
    fn what_is_alike_and_follows_one_another_is_one() {
        let mut accesses = Accesses::new(4, Masker::default());
        for path in ["a", "a", "b", "a"] {
            read(&mut accesses, path);
        }
        assert!(accesses.must_have_room().is_ok());
        accesses.note(
            Permission::WorkspaceRead,
            "a",
            true,
            "not-found: gone",
            || unreachable!(),
        );
        let seen: Vec<_> = accesses
            .list
            .iter()
            .map(|access| (access.resource.as_str(), access.reason.as_str(), access.times))
            .collect();
        let gone = ("a", "not-found: gone", 1);
        assert_eq!(
            seen,
            [
                ("a", "by a line", 2),
                ("b", "by a line", 1),
                ("a", "by a line", 1),
                gone
            ]
        );
        assert!(accesses.must_have_room().is_err());
    }

    #[test]
    fn counted_uses_take_one_place() {
        let mut accesses = Accesses::new(2, Masker::default());
        for granted in [true, false, true, true] {
            accesses.count(Permission::LogWrite, granted, "");
        }
        let seen: Vec<_> = accesses
            .list
            .iter()
            .map(|access| (access.granted, access.times))
            .collect();
        assert_eq!(seen, [(true, 3), (false, 1)]);
    }

    #[test]
    fn what_a_desk_has_recorded_is_not_counted_up_behind_its_back() {
        let mut accesses = Accesses::new(9, Masker::default());
        read(&mut accesses, "k");
        accesses.all_recorded();
        read(&mut accesses, "k");
        assert_eq!(accesses.unrecorded().len(), 1);
        assert_eq!(accesses.into_list().len(), 2);
    }

    #[test]
    fn a_resource_is_bounded_and_escaped() {
        let mut accesses = Accesses::new(1, Masker::default());
        read(&mut accesses, &("\u{1b}[31m".to_owned() + &"x".repeat(10_000)));
        let resource = &accesses.list[0].resource;
        assert!(
            resource.starts_with("\\x1b[31mxx") && resource.len() <= RESOURCE_BYTES_MAX,
            "{resource}"
        );
    }
}

//! Which powers a call used, and which it was refused.

use super::state::HostLimitReached;
use crate::event::{RESOURCE_BYTES_MAX, text};
use crate::outcome::Access;
use crate::policy::permission::Permission;

/// The uses of one call, in their order. What is alike and follows one another is folded, and nothing is left out: a call that
/// comes to the end of its list ends.
#[derive(Debug)]
pub(super) struct Accesses {
    list: Vec<Access>,
    max: u64,
    /// How many stand with the desk already.
    recorded: usize,
}

impl Accesses {
    pub(super) fn new(max: u64) -> Self {
        Self {
            list: Vec::new(),
            max,
            recorded: 0,
        }
    }

    /// Notes a use of `permission` on `resource`.
    pub(super) fn note(
        &mut self,
        permission: Permission,
        resource: &str,
        granted: bool,
        reason: &str,
    ) -> Result<(), HostLimitReached> {
        let resource = text::recordable(resource, RESOURCE_BYTES_MAX);
        let reason = text::recordable(reason, RESOURCE_BYTES_MAX);
        if self.recorded < self.list.len()
            && let Some(last) = self.list.last_mut()
            && (last.permission, last.granted) == (permission, granted)
            && last.resource == resource
            && last.reason == reason
        {
            last.times = last.times.saturating_add(1);
            return Ok(());
        }
        self.push(Access {
            permission,
            resource,
            granted,
            reason,
            times: 1,
        })
    }

    /// Counts a use of a function whose every answer stands in the transcript, once for the whole call.
    pub(super) fn count(
        &mut self,
        permission: Permission,
        granted: bool,
        reason: &str,
    ) -> Result<(), HostLimitReached> {
        let counted = self
            .list
            .get_mut(self.recorded..)
            .unwrap_or_default()
            .iter_mut()
            .find(|access| access.permission == permission && access.granted == granted && access.resource.is_empty());
        match counted {
            Some(access) => {
                access.times = access.times.saturating_add(1);
                Ok(())
            }
            None => self.push(Access {
                permission,
                resource: String::new(),
                granted,
                reason: text::recordable(reason, RESOURCE_BYTES_MAX),
                times: 1,
            }),
        }
    }

    fn push(&mut self, access: Access) -> Result<(), HostLimitReached> {
        if self.list.len() as u64 >= self.max {
            return Err(HostLimitReached(
                "it used its powers on more things than its role's `audit_events` allows".into(),
            ));
        }
        self.list.push(access);
        Ok(())
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

    #[test]
    fn what_is_alike_and_follows_one_another_is_one() {
        let mut accesses = Accesses::new(3);
        for path in ["a", "a", "b", "a"] {
            accesses
                .note(Permission::WorkspaceRead, path, true, "")
                .expect("there is room");
        }
        let seen: Vec<_> = accesses
            .list
            .iter()
            .map(|access| (access.resource.as_str(), access.times))
            .collect();
        assert_eq!(seen, [("a", 2), ("b", 1), ("a", 1)]);
        assert!(accesses.note(Permission::WorkspaceRead, "c", true, "").is_err());
        assert!(accesses.note(Permission::WorkspaceRead, "a", true, "").is_ok());
    }

    #[test]
    fn counted_uses_take_one_place() {
        let mut accesses = Accesses::new(2);
        for granted in [true, false, true, true] {
            accesses
                .count(Permission::LogWrite, granted, "")
                .expect("there is room");
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
        let mut accesses = Accesses::new(9);
        accesses
            .note(Permission::StateGet, "k", true, "")
            .expect("there is room");
        accesses.all_recorded();
        accesses
            .note(Permission::StateGet, "k", true, "")
            .expect("there is room");
        assert_eq!(accesses.unrecorded().len(), 1);
        assert_eq!(accesses.into_list().len(), 2);
    }

    #[test]
    fn a_resource_is_bounded_and_escaped() {
        let mut accesses = Accesses::new(1);
        let long = "\u{1b}[31m".to_owned() + &"x".repeat(10_000);
        accesses
            .note(Permission::WorkspaceRead, &long, true, "")
            .expect("there is room");
        let resource = &accesses.list[0].resource;
        assert!(
            resource.starts_with("\\x1b[31mxx") && resource.len() <= RESOURCE_BYTES_MAX,
            "{resource}"
        );
    }
}

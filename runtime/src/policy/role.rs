//! A role: a named set of permissions and limits, with inheritance already worked out.

use super::files::FileGrants;
use super::limits::Limits;
use super::permission::Permission;
use std::collections::BTreeMap;

/// What a role says of one permission, and where it says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling {
    /// The role holds it.
    Allowed(Place),
    /// The role does not hold it, whatever allows it elsewhere.
    Denied(Place),
}

/// The item of an `allow` or `deny` list that decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The role whose list it is: the role itself or one that it inherits.
    pub role: String,
    /// The item as written, such as `evidence.*`.
    pub item: String,
    /// The item's line in the policy file, counted from 1.
    pub line: usize,
}

/// A named set of permissions and limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Its name in the policy.
    pub name: String,
    /// The line in the policy file where it starts, counted from 1.
    pub line: usize,
    /// The limits of each call under this role.
    pub limits: Limits,
    /// Which files plugins under this role may read and write.
    pub files: FileGrants,
    /// What the role says of each permission that any of its lists covers.
    pub(super) rulings: BTreeMap<Permission, Ruling>,
}

impl Role {
    /// Returns what the role's lists say of `permission`, if they say anything.
    #[must_use]
    pub fn ruling(&self, permission: Permission) -> Option<&Ruling> {
        self.rulings.get(&permission)
    }

    /// Tells whether the role holds `permission`.
    #[must_use]
    pub fn holds(&self, permission: Permission) -> bool {
        match self.rulings.get(&permission) {
            Some(Ruling::Allowed(_)) => true,
            Some(Ruling::Denied(_)) => false,
            None => permission.is_everyones(),
        }
    }

    /// Returns the permissions that the role holds, in the order of the reference.
    pub fn permissions(&self) -> impl Iterator<Item = Permission> + '_ {
        Permission::ALL.iter().copied().filter(|permission| self.holds(*permission))
    }
}

//! A role: a named set of powers and limits, with inheritance already worked out.

use super::environment::Environment;
use super::files::FileGrants;
use super::http::HttpGrant;
use super::limits::Limits;
use super::permission::{Permission, PermissionPattern, PermissionSet};
use super::place::Place;
use super::process::{CommandGrant, SystemGrant};
use super::secrets::SecretGrant;
use super::tasks::TaskTerms;

/// What a role says of one permission, and where it says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling {
    /// The role holds it.
    Allowed(Place),
    /// The role does not hold it, whatever allows it elsewhere.
    Denied(Place),
}

/// A named set of powers and limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Its name in the policy.
    pub name: String,
    /// The line in the policy file where it starts, counted from 1.
    pub line: usize,
    /// The roles whose lists it takes over, in the order of the file.
    pub inherits: Vec<String>,
    /// The limits of each call under this role.
    pub limits: Limits,
    /// Which files plugins under this role may read and write.
    pub files: FileGrants,
    /// Which requests they may send.
    pub http: Vec<HttpGrant>,
    /// Which commands they may run.
    pub commands: Vec<CommandGrant>,
    /// Which folders of the system confined commands read besides the usual ones.
    pub system: Vec<SystemGrant>,
    /// Which variables of the environment they see.
    pub environment: Environment,
    /// Which secrets enter their requests.
    pub secrets: Vec<SecretGrant>,
    /// Which tasks they may take and give away.
    pub tasks: TaskTerms,
    /// What the role says of each permission.
    pub(super) rulings: Rulings,
    /// Everything that the role or one it inherits allows.
    pub(super) allows: Vec<(PermissionPattern, Place)>,
    /// The same for what is denied.
    pub(super) denies: Vec<(PermissionPattern, Place)>,
}

impl Role {
    /// Returns a role that says nothing.
    pub(super) fn empty(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            line: 1,
            inherits: Vec::new(),
            limits: Limits::standard(),
            files: FileGrants::default(),
            http: Vec::new(),
            commands: Vec::new(),
            system: Vec::new(),
            environment: Environment::default(),
            secrets: Vec::new(),
            tasks: TaskTerms::default(),
            rulings: Rulings::new(|_| None),
            allows: Vec::new(),
            denies: Vec::new(),
        }
    }

    /// Returns what the role's lists say of `permission`, if they say anything.
    #[must_use]
    pub fn ruling(&self, permission: Permission) -> Option<&Ruling> {
        self.rulings.get(permission)
    }

    /// Tells whether the role holds `permission`. Nothing is allocated, and the time is the same for every role.
    #[must_use]
    pub fn holds(&self, permission: Permission) -> bool {
        self.rulings.held.contains(permission)
    }

    /// Returns the permissions that the role holds, in the order of the reference.
    pub fn permissions(&self) -> impl Iterator<Item = Permission> {
        self.rulings.held.iter()
    }

    /// Returns this role for a call on behalf of one that holds `caller`: everything but the permissions is as narrow as both.
    #[must_use]
    pub(super) fn attenuate(&self, caller: &Self) -> Self {
        let both = |one: &HttpGrant| {
            caller
                .http
                .iter()
                .filter_map(|other| one.both(other))
                .collect::<Vec<_>>()
        };
        let both_commands = |one: &CommandGrant| {
            let shared = caller.commands.iter().filter_map(|other| one.both(other));
            shared.collect::<Vec<_>>()
        };
        let both_folders = |one: &SystemGrant| {
            let shared = caller.system.iter().filter_map(|other| one.both(other));
            shared.collect::<Vec<_>>()
        };
        let is_shared = |one: &&SecretGrant| caller.secrets.iter().any(|other| one.is_same(other));
        Self {
            limits: self.limits.min(&caller.limits),
            files: self.files.attenuate(&caller.files),
            http: self.http.iter().flat_map(both).collect(),
            commands: self.commands.iter().flat_map(both_commands).collect(),
            system: self.system.iter().flat_map(both_folders).collect(),
            environment: self.environment.attenuate(&caller.environment),
            secrets: self.secrets.iter().filter(is_shared).cloned().collect(),
            tasks: self.tasks.attenuate(&caller.tasks),
            ..self.clone()
        }
    }

    /// Returns the permissions that the role holds as a set.
    #[must_use]
    pub fn held(&self) -> PermissionSet {
        self.rulings.held
    }
}

/// What a role's lists say of every permission, in the order of the reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rulings {
    each: Vec<Option<Ruling>>,
    held: PermissionSet,
}

impl Rulings {
    /// Asks `ruling` for every permission. What it says nothing of is refused, but for what everyone holds.
    pub(super) fn new(ruling: impl Fn(Permission) -> Option<Ruling>) -> Self {
        let each: Vec<_> = Permission::ALL.iter().copied().map(ruling).collect();
        let held = Permission::ALL.iter().copied().zip(&each);
        let held = held.filter(|(permission, ruling)| match ruling {
            Some(Ruling::Allowed(_)) => true,
            Some(Ruling::Denied(_)) => false,
            None => permission.is_everyones(),
        });
        Self {
            held: held.map(|(permission, _)| permission).collect(),
            each,
        }
    }

    fn get(&self, permission: Permission) -> Option<&Ruling> {
        self.each.get(permission as usize)?.as_ref()
    }
}

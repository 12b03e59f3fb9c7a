//! May a role do this? One pure function answers, in a fixed order: first the permission, then what narrows it. Nothing is
//! allocated before somebody reads the reason.

use super::files::FileGrant;
use super::limits::Limit;
use super::permission::Permission;
use super::place::Place;
use super::process;
use super::role::{Role, Ruling};
use std::fmt;

/// What a permission is used on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Resource<'a> {
    /// Nothing in particular: only the permission and the state of the agent count.
    #[default]
    Unnamed,
    /// A file or folder, in the contract's form.
    Path(&'a str),
    /// A file or folder and the path that it is to get.
    Rename {
        /// The path now.
        from: &'a str,
        /// The path then.
        to: &'a str,
    },
    /// A program and its arguments.
    Command(&'a [&'a str]),
    /// A task.
    Task {
        /// Its type, if it has one.
        task_type: Option<&'a str>,
        /// Whether another agent holds it.
        is_anothers: bool,
    },
}

/// What is known when somebody asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Context<'a> {
    /// What the permission is used on.
    pub resource: Resource<'a>,
    /// How many tasks the agent holds already.
    pub claimed_tasks: u64,
}

/// The answer, with its reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision<'a> {
    /// Whether it may be done.
    pub granted: bool,
    /// Why, or why not.
    pub reason: Reason<'a>,
}

/// Why something may be done, or why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason<'a> {
    /// The role holds the permission by this item, and nothing narrows it.
    Allowed(&'a Place),
    /// Every role holds it, and this one does not deny it.
    Everyones,
    /// The role holds the permission, and this pattern opens the path.
    Opened {
        /// The item that allows the permission.
        allowed: &'a Place,
        /// The item that opens the path or the command.
        opened: &'a Place,
    },
    /// No list of the role names the permission.
    NotAllowed(Permission),
    /// This item denies it.
    Denied(&'a Place),
    /// The plugin did not ask for it.
    NotAsked(Permission),
    /// The one on whose behalf the plugin acts does not hold it.
    NotTheCallers(Permission),
    /// No pattern opens the path.
    Closed {
        /// The list that would have to: `read` or `write`.
        list: &'static str,
        /// The path.
        path: &'a str,
    },
    /// No item of `process.allow` fits the command.
    OtherCommand,
    /// The agent holds as many tasks as it may.
    TooManyTasks {
        /// How many it may hold at once.
        max: u64,
    },
    /// The role does not take tasks of that type.
    OtherType(Option<&'a str>),
    /// This line says that tasks of others stay with them.
    KeepsOwners(&'a Place),
}

impl Decision<'_> {
    fn no(reason: Reason<'_>) -> Decision<'_> {
        Decision { granted: false, reason }
    }

    /// Returns the item of the policy that decided, where one did.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        match self.reason {
            Reason::Allowed(place) | Reason::Denied(place) | Reason::KeepsOwners(place) => Some(place),
            Reason::Opened { opened, .. } => Some(opened),
            _ => None,
        }
    }

    /// Returns the line of the item that decided, counted from 1.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        self.place().map(|place| place.line)
    }
}

/// Tells whether `role` may use `permission`, and why. The order is fixed: the permission comes before what narrows it.
#[must_use]
pub fn check<'a>(role: &'a Role, permission: Permission, context: &Context<'a>) -> Decision<'a> {
    let allowed = match role.ruling(permission) {
        Some(Ruling::Denied(place)) => return Decision::no(Reason::Denied(place)),
        Some(Ruling::Allowed(place)) => Some(place),
        None if permission.is_everyones() => None,
        None => return Decision::no(Reason::NotAllowed(permission)),
    };
    match narrowed(role, permission, context) {
        Err(reason) => Decision::no(reason),
        Ok(opened) => Decision {
            granted: true,
            reason: match (allowed, opened) {
                (Some(allowed), Some(opened)) => Reason::Opened { allowed, opened },
                (Some(allowed), None) => Reason::Allowed(allowed),
                (None, _) => Reason::Everyones,
            },
        },
    }
}

/// Asks what narrows a permission that the role holds; what comes back opens the resource.
fn narrowed<'a>(
    role: &'a Role,
    permission: Permission,
    context: &Context<'a>,
) -> Result<Option<&'a Place>, Reason<'a>> {
    match (permission, context.resource) {
        (Permission::WorkspaceRead | Permission::WorkspaceSearch | Permission::WorkspaceDiff, Resource::Path(path)) => {
            open(role.files.opens_read(path), "read", path)
        }
        (Permission::WorkspaceList, Resource::Path(path)) => open(
            role.files.opens_read(path).or_else(|| role.files.passes(path)),
            "read",
            path,
        ),
        (Permission::WorkspaceWrite | Permission::WorkspaceRemove, Resource::Path(path)) => {
            open(role.files.opens_write(path), "write", path)
        }
        (Permission::WorkspaceRename, Resource::Path(path)) => open(role.files.opens_write(path), "write", path),
        (Permission::WorkspaceRename, Resource::Rename { from, to }) => {
            open(role.files.opens_write(from), "write", from)?;
            open(role.files.opens_write(to), "write", to)
        }
        (Permission::ProcessRun, Resource::Command(command)) => match process::deciding(&role.commands, command) {
            Some(grant) => Ok(Some(&grant.place)),
            None => Err(Reason::OtherCommand),
        },
        (Permission::TasksClaim, resource) => claim(role, resource, context.claimed_tasks),
        (Permission::TasksAssign, Resource::Task { is_anothers: true, .. }) => match &role.tasks.keeps_owners {
            Some(place) => Err(Reason::KeepsOwners(place)),
            None => Ok(None),
        },
        _ => Ok(None),
    }
}

fn open<'a>(grant: Option<&'a FileGrant>, list: &'static str, path: &'a str) -> Result<Option<&'a Place>, Reason<'a>> {
    match grant {
        Some(grant) => Ok(Some(&grant.place)),
        None => Err(Reason::Closed { list, path }),
    }
}

/// Whoever holds as many tasks as the role allows takes no other, nor one of another type.
fn claim<'a>(role: &'a Role, resource: Resource<'a>, claimed: u64) -> Result<Option<&'a Place>, Reason<'a>> {
    let max = role.limits.get(Limit::ClaimedTasks);
    if claimed >= max {
        return Err(Reason::TooManyTasks { max });
    }
    match (resource, &role.tasks.types) {
        (Resource::Task { task_type, .. }, Some(types)) => match task_type.and_then(|task_type| types.get(task_type)) {
            Some(place) => Ok(Some(place)),
            None => Err(Reason::OtherType(task_type)),
        },
        _ => Ok(None),
    }
}

impl fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allowed(place) => write!(f, "[roles.{}] allows \"{}\"", place.role, place.item),
            Self::Everyones => f.write_str("every role holds it, and this one does not deny it"),
            Self::Opened { allowed, opened } => write!(
                f,
                "[roles.{}] allows \"{}\", and [roles.{}] opens \"{}\"",
                allowed.role, allowed.item, opened.role, opened.item
            ),
            Self::NotAllowed(permission) => write!(f, "no list of the role allows `{permission}`"),
            Self::Denied(place) => write!(f, "[roles.{}] denies \"{}\", and `deny` wins", place.role, place.item),
            Self::NotAsked(permission) => write!(f, "the plugin did not ask for `{permission}`"),
            Self::NotTheCallers(permission) => {
                write!(
                    f,
                    "the one on whose behalf the plugin acts does not hold `{permission}`"
                )
            }
            Self::Closed { list, path } => write!(f, "no pattern in `files.{list}` opens `{path}`"),
            Self::OtherCommand => f.write_str("no item of `process.allow` fits the command"),
            Self::TooManyTasks { max } => {
                write!(f, "it holds as many tasks as it may: `claimed_tasks` is {max}")
            }
            Self::OtherType(Some(task_type)) => write!(f, "`tasks.types` does not name `{task_type}`"),
            Self::OtherType(None) => f.write_str("the task has no type, and `tasks.types` names those that are taken"),
            Self::KeepsOwners(place) => write!(
                f,
                "[roles.{}] says `{}`, and another agent holds the task",
                place.role, place.item
            ),
        }
    }
}

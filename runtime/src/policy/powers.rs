//! Everything that a role opens besides its permissions, as one list.

use super::environment::Source;
use super::place::Place;
use super::role::Role;

/// One power besides the permissions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Power<'a> {
    /// `read`, `write`, `http`, `process`, `system`, `environment`, `secrets` or `tasks`.
    pub kind: &'static str,
    /// What is open.
    pub text: String,
    /// Which line of the policy says so.
    pub place: &'a Place,
}

/// Lists what a role opens, kind by kind.
#[must_use]
pub fn powers(role: &Role) -> Vec<Power<'_>> {
    let mut powers = Vec::new();
    let mut add = |kind, text: String, place| powers.push(Power { kind, text, place });
    for (kind, grants) in [("read", role.files.read()), ("write", role.files.write())] {
        for grant in grants {
            add(kind, grant.pattern.to_string(), &grant.place);
        }
    }
    for grant in &role.http {
        add("http", grant.to_string(), &grant.place);
    }
    for grant in &role.commands {
        add("process", grant.to_string(), &grant.place);
    }
    for grant in &role.system {
        add("system", grant.to_string(), &grant.place);
    }
    for (name, variable) in role.environment.iter() {
        let text = match &variable.source {
            Source::Inherited => name.to_owned(),
            Source::Set(value) => format!("{name} = {value:?}"),
        };
        add("environment", text, &variable.place);
    }
    for grant in &role.secrets {
        add("secrets", grant.to_string(), &grant.place);
    }
    for (name, place) in role.tasks.types.iter().flatten() {
        add("tasks", format!("of type {name}"), place);
    }
    if let Some(place) = &role.tasks.keeps_owners {
        add("tasks", "stay with whoever holds them".to_owned(), place);
    }
    powers
}

//! Whom a question about a policy is about: an agent, a judge, or a role by itself.

use super::Policy;
use super::role::Role;
use crate::written::language::nearest::nearest;

/// Whom a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject<'a> {
    /// `agent`, `judge` or `role`.
    pub kind: &'static str,
    /// Its name in the policy.
    pub name: &'a str,
    /// The plugin that it is; a role is none.
    pub plugin: Option<&'a str>,
    /// The role that decides.
    pub role: &'a Role,
}

/// Why nobody is meant by a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubjectError {
    /// There is nobody of that name.
    #[error("the policy {file} has no agent, judge or role `{name}`")]
    Unknown {
        /// The name.
        name: String,
        /// The policy's file.
        file: String,
        /// What was probably meant.
        nearest: Option<String>,
    },
    /// Several are called so and do not hold the same role.
    #[error("in the policy {file}, more than one is called `{name}`: {}", .meant.join(" and "))]
    Ambiguous {
        /// The name.
        name: String,
        /// The policy's file.
        file: String,
        /// How to say which.
        meant: Vec<String>,
    },
}

impl Policy {
    /// Finds who is called `name`: an agent, a judge or a role. `agents.NAME`, `judges.NAME` and `roles.NAME` say which where
    /// several are called the same and hold different roles.
    ///
    /// # Errors
    ///
    /// When nobody is called so, or more than one.
    pub fn subject(&self, name: &str) -> Result<Subject<'_>, SubjectError> {
        let found: Vec<_> = self
            .subjects()
            .filter(|subject| subject.name == name || full_name(subject) == name)
            .collect();
        match found.as_slice() {
            [] => Err(SubjectError::Unknown {
                name: name.to_owned(),
                file: self.file_name().to_owned(),
                nearest: nearest(name, self.subjects().map(|subject| subject.name)).map(str::to_owned),
            }),
            [first, rest @ ..] if rest.iter().all(|other| other.role.name == first.role.name) => Ok(*first),
            several => Err(SubjectError::Ambiguous {
                name: name.to_owned(),
                file: self.file_name().to_owned(),
                meant: several
                    .iter()
                    .map(|subject| format!("`{}`", full_name(subject)))
                    .collect(),
            }),
        }
    }

    /// Returns everybody, agents first, then judges, then roles.
    pub fn subjects(&self) -> impl Iterator<Item = Subject<'_>> {
        let agents = self.agents().map(|agent| {
            (
                "agent",
                agent.name.as_str(),
                Some(agent.plugin.as_str()),
                agent.role.as_str(),
            )
        });
        let judges = self.judges().map(|judge| {
            (
                "judge",
                judge.name.as_str(),
                Some(judge.plugin.as_str()),
                judge.role.as_str(),
            )
        });
        let roles = self
            .roles()
            .map(|role| ("role", role.name.as_str(), None, role.name.as_str()));
        agents
            .chain(judges)
            .chain(roles)
            .filter_map(|(kind, name, plugin, role)| {
                Some(Subject {
                    kind,
                    name,
                    plugin,
                    role: self.role(role)?,
                })
            })
    }
}

fn full_name(subject: &Subject<'_>) -> String {
    format!("{}s.{}", subject.kind, subject.name)
}

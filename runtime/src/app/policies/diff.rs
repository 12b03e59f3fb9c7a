//! What authority a change of policy adds and removes.

use std::path::Path;

use super::shown;
use crate::app::view::policies::{PolicyChangeView, PolicyDiffView, PolicyFileView};
use crate::app::{App, Fault};
use crate::case::evidence::Objects;
use crate::driver::prepare::{default_policy, parse_policy};
use crate::policy::diff::{Change, Effect, Side, diff};
use crate::policy::{self, Policy};
use crate::repository::file::file_at;
use assize_provenance::reader::ObjectId;

impl App {
    /// Compares the policies of both ends of a range: the default one where an end has none of its own.
    ///
    /// # Errors
    ///
    /// [`Fault::Policy`] where one has mistakes, and whatever keeps the range from being read.
    pub fn diff_policy_of(&self, range: &str) -> Result<PolicyDiffView, Fault> {
        let repository = self.repository()?;
        let range = repository.range(range)?;
        let objects: &Objects = repository.objects().as_ref();
        let old = match range.base {
            Some(base) => policy_at(objects, &base, "base")?,
            None => built_in()?,
        };
        let new = policy_at(objects, &range.head, "head")?;
        Ok(compared(old, new))
    }

    /// Compares two policy files.
    ///
    /// # Errors
    ///
    /// [`Fault::Policy`] where one has mistakes, and whatever keeps them from being read.
    pub fn diff_policy_files(&self, old: &Path, new: &Path) -> Result<PolicyDiffView, Fault> {
        Ok(compared(self.policy_in(old)?, self.policy_in(new)?))
    }
}

fn policy_at(objects: &Objects, commit: &ObjectId, source: &'static str) -> Result<(Policy, PolicyFileView), Fault> {
    match file_at(objects, commit, policy::PATH, policy::BYTES_MAX as u64)? {
        Some(bytes) => {
            let policy = parse_policy(policy::PATH, &bytes)?;
            let view = shown(source, &policy);
            Ok((policy, view))
        }
        None => built_in(),
    }
}

fn built_in() -> Result<(Policy, PolicyFileView), Fault> {
    let policy = default_policy()?;
    let view = shown("default", &policy);
    Ok((policy, view))
}

fn compared(old: (Policy, PolicyFileView), new: (Policy, PolicyFileView)) -> PolicyDiffView {
    let changes = diff(&old.0, &new.0);
    PolicyDiffView {
        schema: "assize.policy-diff/1",
        old: old.1,
        new: new.1,
        widens: changes.iter().any(|change| change.effect == Effect::Widens),
        changes: changes.into_iter().map(view).collect(),
    }
}

fn view(change: Change) -> PolicyChangeView {
    PolicyChangeView {
        effect: change.effect.word(),
        subject: change.subject,
        text: change.text,
        side: change.line.map(|(side, _)| match side {
            Side::Old => "old",
            Side::New => "new",
        }),
        line: change.line.map(|(_, line)| line),
    }
}

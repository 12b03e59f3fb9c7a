//! Questions about policy files: whether one is right, what it grants, and what a change of it opens.

mod diff;
mod explain;

use std::path::{Path, PathBuf};

use super::view::PolicyCheckView;
use super::view::policies::PolicyFileView;
use super::{App, Fault, read_named};
use crate::driver::prepare::{default_policy, parse_policy};
use crate::policy::{self, Policy, summary::Summary};

pub use explain::Asked;

impl App {
    /// Checks a policy file, or the work tree's own, and says what it means.
    ///
    /// # Errors
    ///
    /// [`Fault::Policy`] with every mistake.
    pub fn check_policy(&self, file: Option<&Path>) -> Result<PolicyCheckView, Fault> {
        let path = match file {
            Some(file) => self.dir.join(file),
            None => self.own_policy_path()?,
        };
        let shown = file.map_or_else(|| policy::PATH.to_owned(), |file| file.display().to_string());
        let bytes = read_named(&path, policy::BYTES_MAX as u64)?;
        let policy = parse_policy(&shown, &bytes)?;
        Ok(PolicyCheckView {
            schema: "assize.policy-check/1",
            file: shown,
            digest: policy.digest().to_string(),
            summary: Summary(&policy).to_string(),
        })
    }

    /// Where the work tree keeps its policy.
    fn own_policy_path(&self) -> Result<PathBuf, Fault> {
        let repository = self.repository()?;
        let Some(work_tree) = &repository.places().work_tree else {
            return Err(Fault::wrong(
                "a bare repository has no work tree",
                "name the policy file to check",
            ));
        };
        let path = work_tree.join(policy::PATH);
        // A link in a work tree from somebody else must not choose what is read.
        if path.canonicalize().is_ok_and(|real| real != path) {
            return Err(Fault::wrong(
                format!("{} is a link or lies behind one", policy::PATH),
                "put the file itself there, or name the file to check",
            ));
        }
        Ok(path)
    }

    /// Reads the policy that a question is about: a file that was named, else the work tree's own, else the default.
    fn policy_asked_about(&self, file: Option<&Path>) -> Result<(Policy, PolicyFileView), Fault> {
        if let Some(file) = file {
            return self.policy_in(file);
        }
        let path = self.own_policy_path()?;
        if !path.exists() {
            let policy = default_policy()?;
            let view = shown("default", &policy);
            return Ok((policy, view));
        }
        let policy = parse_policy(policy::PATH, &read_named(&path, policy::BYTES_MAX as u64)?)?;
        let view = shown("work-tree", &policy);
        Ok((policy, view))
    }

    /// Reads a policy file that was named.
    fn policy_in(&self, file: &Path) -> Result<(Policy, PolicyFileView), Fault> {
        let bytes = read_named(&self.dir.join(file), policy::BYTES_MAX as u64)?;
        let policy = parse_policy(&file.display().to_string(), &bytes)?;
        let view = shown("file", &policy);
        Ok((policy, view))
    }
}

/// Which policy was read.
fn shown(source: &'static str, policy: &Policy) -> PolicyFileView {
    PolicyFileView {
        source,
        file: policy.file_name().to_owned(),
        digest: policy.digest().to_string(),
    }
}

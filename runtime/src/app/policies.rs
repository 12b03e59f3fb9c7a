//! Checking policy files.

use std::path::Path;

use super::prepare::parse_policy;
use super::view::PolicyCheckView;
use super::{App, Fault, read_named};
use crate::policy::{self, summary::Summary};

impl App {
    /// Checks a policy file, or the work tree's own, and says what it means.
    ///
    /// # Errors
    ///
    /// [`Fault::Policy`] with every mistake.
    pub fn check_policy(&self, file: Option<&Path>) -> Result<PolicyCheckView, Fault> {
        let path = match file {
            Some(file) => self.dir.join(file),
            None => {
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
                path
            }
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
}

//! Carrying out a plan, file by file. A refusal concerns one file and goes into the report.

use assize_agent::{Existing, Refusal, Workspace};

use crate::plan::Plan;

/// What was done.
#[derive(Debug, Default)]
pub(crate) struct Done {
    /// The files that were written, and in how many places they changed.
    pub(crate) changed: Vec<(String, u64)>,
    /// The files that were renamed.
    pub(crate) renamed: Vec<(String, String)>,
    /// What the host refused, by path and permission.
    pub(crate) refused: Vec<(String, &'static str, Refusal)>,
}

/// Writes and renames what was planned.
pub(crate) fn apply<W: Workspace>(plan: &Plan, workspace: &W) -> Done {
    let mut done = Done::default();
    for file in &plan.files {
        if let Some(text) = &file.text {
            match workspace.write(&file.path, text.as_bytes(), Existing::Replace) {
                Ok(()) => done.changed.push((file.path.clone(), file.replacements)),
                Err(refusal) => {
                    // Its new name would hide that it was not changed.
                    done.refused.push((file.path.clone(), "workspace.write", refusal));
                    continue;
                }
            }
        }
        if let Some(to) = &file.to {
            match workspace.rename(&file.path, to) {
                Ok(()) => done.renamed.push((file.path.clone(), to.clone())),
                Err(refusal) => done.refused.push((file.path.clone(), "workspace.rename", refusal)),
            }
        }
    }
    done
}

/// What would be done.
pub(crate) fn rehearse(plan: &Plan) -> Done {
    let mut done = Done::default();
    for file in &plan.files {
        if file.text.is_some() {
            done.changed.push((file.path.clone(), file.replacements));
        }
        if let Some(to) = &file.to {
            done.renamed.push((file.path.clone(), to.clone()));
        }
    }
    done
}

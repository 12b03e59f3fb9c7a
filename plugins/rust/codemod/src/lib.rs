//! An agent that makes the same small change in many files: replacements, headers, renames, as a list of edits says.
//!
//! Its input is read and checked whole before any file is looked at, and every file is looked at before any is written. What
//! it cannot do as a whole is a fault, and then nothing is written; what the host refuses for one file goes into the report.

mod apply;
mod comment;
mod header;
mod job;
mod plan;
mod rename;
mod replace;
mod report;
mod template;
#[cfg(test)]
mod tests;

use assize_agent::telling::cut;
use assize_agent::{Description, Fault, Outcome, Task, Workspace};
use serde_json::Value;

use crate::job::Job;
use crate::plan::Plan;

/// How long a fault's message may be, in bytes, by the contract.
const FAULT_BYTES_MAX: usize = 1_024;

/// What this agent says of itself.
#[must_use]
pub fn describe() -> Description {
    Description {
        name: "codemod".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        summary: "Makes the same small change in many files: replacements, licence headers, renames.".to_owned(),
        requires: vec!["workspace.list".to_owned(), "workspace.read".to_owned()],
        wants: vec!["workspace.write".to_owned(), "workspace.rename".to_owned()],
    }
}

/// Does one job.
///
/// # Errors
///
/// A fault where the input cannot be used, or where the job as a whole is not to be done: nothing is written then.
pub fn run<W: Workspace>(task: &Task, workspace: &W) -> Result<Outcome, Fault> {
    let input: Value =
        serde_json::from_str(&task.input).map_err(|error| fault(&format!("the input is not JSON: {error}")))?;
    let job = Job::parse(&input).map_err(|complaint| fault(&complaint))?;
    let plan = plan::plan(&job, workspace).map_err(|why| fault(&format!("nothing was written: {why}")))?;
    let unmet = unmet(&job, &plan);
    if job.dry_run {
        return Ok(report::outcome(&plan, &apply::rehearse(&plan), &unmet, true));
    }
    if !unmet.is_empty() {
        let why = unmet.join("; ");
        return Err(fault(&format!(
            "nothing was written: {why}; \"dry_run\": true shows what would be done"
        )));
    }
    Ok(report::outcome(&plan, &apply::apply(&plan, workspace), &[], false))
}

assize_agent::export!(describe, run);

/// Which of the job's conditions do not hold, as sentences.
fn unmet(job: &Job<'_>, plan: &Plan) -> Vec<String> {
    let mut unmet = Vec::new();
    for (index, (edit, tally)) in job.edits.iter().zip(&plan.tallies).enumerate() {
        let (min, max) = edit.expect;
        if tally.matches < min {
            unmet.push(format!(
                "edits[{index}] expects at least {min} matches and has {}",
                tally.matches
            ));
        }
        if tally.matches > max {
            unmet.push(format!(
                "edits[{index}] expects at most {max} matches and has {}",
                tally.matches
            ));
        }
    }
    if plan.files.len() > job.files_max {
        let (count, max) = (plan.files.len(), job.files_max);
        unmet.push(format!("{count} files would change, and `max_files` allows {max}"));
    }
    unmet
}

fn fault(message: &str) -> Fault {
    Fault {
        message: cut(message, FAULT_BYTES_MAX),
    }
}

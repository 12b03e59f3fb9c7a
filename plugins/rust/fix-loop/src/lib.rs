//! An agent that runs a check, and while it fails applies what the tool itself suggests: rustc, clippy, rustfmt, ruff, eslint.
//!
//! The tool only checks; this agent writes, through the workspace, what the tool prints and is sure of. It stops when the check
//! passes, when no suggestion is left, when the files are as they were before, or after a number of rounds. What could not be
//! applied stands in the report with the reason.

mod dialect;
mod job;
mod locate;
mod mend;
mod report;
mod rounds;
mod sheet;
mod suggestion;
#[cfg(test)]
mod tests;

use assize_agent::telling::cut;
use assize_agent::{Artifacts, Description, Fault, Outcome, Process, Task, Workspace, why};
use serde_json::Value;

use crate::job::Job;

/// How long a fault's message may be, in bytes, by the contract.
const FAULT_BYTES_MAX: usize = 1_024;

/// What this agent says of itself.
#[must_use]
pub fn describe() -> Description {
    let texts = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    Description {
        name: "fix-loop".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        summary: "Runs a check and applies what the tool suggests, until the check passes.".to_owned(),
        requires: texts(&["process.run", "workspace.read"]),
        wants: texts(&["workspace.list", "workspace.write", "artifacts.store"]),
    }
}

/// Does one job.
///
/// # Errors
///
/// A fault where the input cannot be used, or where the check may not be run: nothing is written then.
pub fn run<H: Process + Workspace + Artifacts>(task: &Task, host: &H) -> Result<Outcome, Fault> {
    let input: Value =
        serde_json::from_str(&task.input).map_err(|error| fault(&format!("the input is not JSON: {error}")))?;
    let job = Job::parse(&input).map_err(|complaint| fault(&complaint))?;
    let run = rounds::run(&job, host).map_err(|refusal| fault(&format!("the check was not run: {}", why(&refusal))))?;
    let mut report = report::report(&run);
    let stored = host.store("fix-loop.json", "application/json", report.to_string().as_bytes());
    if let (Ok(artifact), Some(members)) = (&stored, report.as_object_mut()) {
        members.insert("report".to_owned(), artifact.digest.clone().into());
    }
    Ok(Outcome {
        summary: report::summary(&run, stored.as_ref().map(|_| ())),
        output: report.to_string(),
    })
}

assize_agent::export!(describe, run);

fn fault(message: &str) -> Fault {
    Fault {
        message: cut(message, FAULT_BYTES_MAX),
    }
}

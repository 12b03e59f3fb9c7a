//! An agent that reports what a repository depends on, as its manifests and lock files say: what is declared, what is locked,
//! what another build may get otherwise, what comes from outside of registries, what is there several times.
//!
//! Cargo, npm, Python (`pyproject.toml`, requirements files; Poetry, uv, PDM) and Go are read. Nothing is fetched, and nothing
//! but the report is written. The same files give the same report.

mod cargo;
mod dependency;
mod go;
mod job;
mod node;
mod python;
mod report;
mod survey;
#[cfg(test)]
mod tests;

use assize_agent::file;
use assize_agent::telling::cut;
use assize_agent::workspace::Existing;
use assize_agent::{Description, Fault, Outcome, Task, Workspace, why};
use serde_json::Value;

use crate::job::Job;
use crate::report::Report;
use crate::survey::Survey;

/// How long a fault's message may be, in bytes, by the contract.
const FAULT_BYTES_MAX: usize = 1_024;
/// The largest report that is compared with the one that is there, in bytes.
const FILE_BYTES_MAX: usize = 8 << 20;

/// What this agent says of itself.
#[must_use]
pub fn describe() -> Description {
    Description {
        name: "dependency-report".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        summary: "Reports what a repository depends on, and what of it is unpinned, doubled or from outside."
            .to_owned(),
        requires: vec!["workspace.list".to_owned(), "workspace.read".to_owned()],
        wants: vec!["workspace.write".to_owned()],
    }
}

/// Writes the report.
///
/// # Errors
///
/// A fault where the input cannot be used, or the report cannot be written.
pub fn run<W: Workspace>(task: &Task, workspace: &W) -> Result<Outcome, Fault> {
    let input: Value =
        serde_json::from_str(&task.input).map_err(|error| fault(&format!("the input is not JSON: {error}")))?;
    let job = Job::parse(&input).map_err(|complaint| fault(&complaint))?;
    let survey = Survey::of(&job, workspace);
    let report = Report::of(&survey);
    let (mut written, mut is_changed) = (None, false);
    if !job.is_dry_run && !survey.manifests.is_empty() {
        let text = report.markdown();
        is_changed = file::whole(workspace, job.file, FILE_BYTES_MAX).ok().as_deref() != Some(text.as_bytes());
        if is_changed {
            workspace
                .write(job.file, text.as_bytes(), Existing::Replace)
                .map_err(|refusal| fault(&format!("{} was not written: {}", job.file, why(&refusal))))?;
        }
        written = Some(job.file);
    }
    Ok(Outcome {
        summary: report.summary(),
        output: report.output(written, is_changed).to_string(),
    })
}

assize_agent::export!(describe, run);

fn fault(message: &str) -> Fault {
    Fault {
        message: cut(message, FAULT_BYTES_MAX),
    }
}

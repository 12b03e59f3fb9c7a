//! An agent that writes what changed since the last version into the changelog.
//!
//! It is given the commits and the tag that they came after, reads what they say by the rules of Conventional Commits 1.0.0,
//! proposes the next semantic version and writes one section. What stands in the file already stays; the section of the same
//! version is written anew, so the same input twice gives the same file. Commits are written by anybody: nothing of them
//! reaches the file as markup.

mod changelog;
mod job;
mod message;
mod notes;
mod plain;
#[cfg(test)]
mod tests;
mod version;

use assize_agent::file::{self, Unread};
use assize_agent::telling::{count, cut};
use assize_agent::workspace::Existing;
use assize_agent::{Description, Fault, Outcome, Refusal, Task, Workspace, why};
use serde_json::{Value, json};

use crate::job::Job;
use crate::notes::Notes;

/// How long a fault's message may be, in bytes, by the contract.
const FAULT_BYTES_MAX: usize = 1_024;
/// The largest changelog that is read, in bytes.
const FILE_BYTES_MAX: usize = 8 << 20;
/// How much of the section the output holds, in bytes.
const SECTION_BYTES_MAX: usize = 64 << 10;

/// What this agent says of itself.
#[must_use]
pub fn describe() -> Description {
    Description {
        name: "release-notes".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        summary: "Writes what changed since the last version into the changelog, by conventional commits.".to_owned(),
        requires: vec!["workspace.read".to_owned(), "workspace.write".to_owned()],
        wants: Vec::new(),
    }
}

/// Writes the section of one version.
///
/// # Errors
///
/// A fault where the input cannot be used, or the file cannot be read or written: nothing is written then.
pub fn run<W: Workspace>(task: &Task, workspace: &W) -> Result<Outcome, Fault> {
    let input: Value =
        serde_json::from_str(&task.input).map_err(|error| fault(&format!("the input is not JSON: {error}")))?;
    let job = Job::parse(&input).map_err(|complaint| fault(&complaint))?;
    let notes = Notes::of(&job.commits);
    if notes.is_empty() && job.version.is_none() {
        let since = job.tag.map_or_else(String::new, |tag| format!(" since {tag}"));
        return Ok(Outcome {
            summary: format!("Nothing has changed{since}."),
            output: report(&job, &notes, None, false, "").to_string(),
        });
    }
    let version = match &job.version {
        Some(version) => version.clone(),
        None => version::next(job.tag, notes.step()).map_err(|complaint| fault(&complaint))?,
    };
    let section = notes.section(&version, job.date.as_deref());
    let before = match file::text(workspace, job.file, FILE_BYTES_MAX) {
        Ok(text) => text,
        Err(Unread::Refused(Refusal::NotFound(_))) => String::new(),
        Err(unread) => {
            return Err(fault(&format!(
                "{} was not read: {}",
                job.file,
                unread_because(&unread)
            )));
        }
    };
    let after = changelog::with_section(&before, &version, &section);
    let is_changed = after != before;
    if is_changed {
        workspace
            .write(job.file, after.as_bytes(), Existing::Replace)
            .map_err(|refusal| fault(&format!("{} was not written: {}", job.file, why(&refusal))))?;
    }
    let done = if is_changed { "Wrote" } else { "Left as it was" };
    Ok(Outcome {
        summary: format!(
            "{done}: {} of {version} in {}.",
            count(notes.listed(), "change"),
            job.file
        ),
        output: report(&job, &notes, Some(&version), is_changed, &section).to_string(),
    })
}

assize_agent::export!(describe, run);

fn report(
    job: &Job<'_>,
    notes: &Notes<'_>,
    version: Option<&semver::Version>,
    is_changed: bool,
    section: &str,
) -> Value {
    json!({
        "version": version.map(ToString::to_string),
        "previous": job.tag,
        "step": notes.step().map(version::Step::name),
        "file": job.file,
        "changed": is_changed,
        "commits": job.commits.len(),
        "incomplete": job.is_cut,
        "listed": notes.listed(),
        "counts": notes.counts(),
        "breaking": notes.breaking.len(),
        "section": cut(section, SECTION_BYTES_MAX),
    })
}

fn unread_because(unread: &Unread) -> String {
    match unread {
        Unread::Refused(refusal) => why(refusal),
        Unread::TooLarge => format!("it has more than {} MiB", FILE_BYTES_MAX >> 20),
        Unread::Binary => "it is no text".to_owned(),
        Unread::NotUtf8 => "it holds bytes that are not UTF-8".to_owned(),
    }
}

fn fault(message: &str) -> Fault {
    Fault {
        message: cut(message, FAULT_BYTES_MAX),
    }
}

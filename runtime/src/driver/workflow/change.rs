//! The commits of a run: what an attempt changed, and the same on top of a branch that has moved.
//!
//! Every commit of a run carries the time at which the run was submitted, or that of its parent if that is later. So an attempt
//! that a killed host made, and the next one makes again, gives the same commit, hence the same case.

use assize_provenance::commit::AnyCommit;
use assize_provenance::reader::{ObjectId, ObjectKind};
use assize_provenance::tree;

use super::attempt::Order;
use super::fault::DriveFault;
use super::host::Host;
use super::keep::{Made, person};
use crate::case::history::{self, HistoryError};
use crate::event::RunId;
use crate::repository::commit::{NewCommit, Person};

/// The longest first line of a commit's message, in characters.
const TITLE_CHARS_MAX: usize = 72;

/// A root folder with the objects that are new in it.
pub(super) struct Fresh {
    pub(super) tree: ObjectId,
    pub(super) objects: Vec<(ObjectKind, Vec<u8>)>,
}

impl Host {
    /// Makes a commit of what an attempt changed, and keeps it.
    pub(super) fn commit_attempt(
        &self,
        order: &Order,
        agent: &str,
        summary: &str,
        fresh: Fresh,
    ) -> Result<ObjectId, DriveFault> {
        let base = self.read_commit(&order.base)?;
        let seconds = moment(order.started_ms, &base);
        let (author, committer) = (person(agent, seconds), person("assize", seconds));
        let bytes = NewCommit {
            tree: fresh.tree,
            parents: &[order.base],
            author: &author,
            committer: &committer,
            message: &message(&order.node.name, summary),
            trailers: &[
                ("Assize-Run", &order.run.to_string()),
                ("Assize-Task", &order.node.name),
                ("Assize-Attempt", &order.attempt.to_string()),
            ],
        }
        .to_bytes();
        self.keep_commit(order.run, bytes, fresh.objects)
    }

    /// Makes a commit of a joined tree on top of `tip`, with the author and the message of the commit that was judged.
    pub(super) fn commit_joined(
        &self,
        run: RunId,
        judged: &ObjectId,
        tip: ObjectId,
        fresh: Fresh,
    ) -> Result<ObjectId, DriveFault> {
        let (old, top) = (self.read_commit(judged)?, self.read_commit(&tip)?);
        let seconds = seconds_of(&old.committer).max(seconds_of(&top.committer));
        let message = String::from_utf8_lossy(&old.message).into_owned();
        let bytes = NewCommit {
            tree: fresh.tree,
            parents: &[tip],
            author: &identity(&old.author),
            committer: &person("assize", seconds),
            message: &message,
            trailers: &[],
        }
        .to_bytes();
        self.keep_commit(run, bytes, fresh.objects)
    }

    fn keep_commit(
        &self,
        run: RunId,
        bytes: Vec<u8>,
        mut objects: Vec<(ObjectKind, Vec<u8>)>,
    ) -> Result<ObjectId, DriveFault> {
        let commit = tree::object_id(ObjectKind::Commit, &bytes);
        objects.push((ObjectKind::Commit, bytes));
        self.keep(Made { run, commit, objects })?;
        Ok(commit)
    }

    fn read_commit(&self, id: &ObjectId) -> Result<AnyCommit, DriveFault> {
        let unread = |error: HistoryError| DriveFault::Repository {
            what: "a commit cannot be read",
            is_machine: error.is_machine(),
            reason: error.to_string(),
        };
        history::read_commit(self.repository.objects().as_ref(), id).map_err(unread)
    }
}

/// When the commits of a run that was submitted at `started_ms` are made, on top of `parent`, in seconds since 1970: history
/// does not go back in time, which git relies on.
fn moment(started_ms: u64, parent: &AnyCommit) -> i64 {
    i64::try_from(started_ms / 1000)
        .unwrap_or(i64::MAX)
        .max(seconds_of(&parent.committer))
}

fn seconds_of(line: &[u8]) -> i64 {
    identity(line).unix_seconds
}

/// Who wrote a commit and when, from its author's or committer's line.
fn identity(line: &[u8]) -> Person {
    let line = String::from_utf8_lossy(line);
    let (name, rest) = line.split_once('<').unwrap_or((&line, ""));
    let (email, time) = rest.split_once('>').unwrap_or((rest, ""));
    let unix_seconds = time.split_whitespace().next().and_then(|seconds| seconds.parse().ok());
    Person {
        name: name.trim().to_owned(),
        email: email.to_owned(),
        unix_seconds: unix_seconds.unwrap_or(0),
        offset_minutes: 0,
    }
}

/// The message of the commit: a title from the first sentence of what the agent said, then all of it.
fn message(task: &str, summary: &str) -> String {
    let first = summary.lines().next().unwrap_or_default().trim();
    let title: String = format!("{task}: {first}").chars().take(TITLE_CHARS_MAX).collect();
    let title = title.trim_end_matches([' ', ':']);
    if summary.trim() == first && format!("{task}: {first}").chars().count() <= TITLE_CHARS_MAX {
        return title.to_owned();
    }
    format!("{title}\n\n{}", summary.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_summary_is_the_title_and_a_long_one_stands_below_it_whole() {
        assert_eq!(message("build", "Built it."), "build: Built it.");
        assert_eq!(message("build", ""), "build");
        let long = format!("{}\nsecond line", "x".repeat(100));
        let written = message("build", &long);
        let (title, rest) = written.split_once("\n\n").expect("a body");
        assert_eq!(title.chars().count(), 72);
        assert_eq!(rest, long);
    }

    #[test]
    fn a_commit_is_as_old_as_its_run_and_never_older_than_its_parent() {
        let nothing = tree::object_id(ObjectKind::Tree, b"");
        let parent = |seconds: i64| AnyCommit {
            tree: nothing,
            parents: Vec::new(),
            author: b"A <a@b.example> 5 +0000".to_vec(),
            committer: format!("C <c@d.example> {seconds} +0200").into_bytes(),
            encoding: None,
            message: Vec::new(),
        };
        assert_eq!(moment(1_700_000_000_999, &parent(1_600_000_000)), 1_700_000_000);
        assert_eq!(moment(1_700_000_000_999, &parent(1_800_000_000)), 1_800_000_000);
        assert_eq!(moment(u64::MAX, &parent(0)), i64::try_from(u64::MAX / 1000).unwrap());
    }
}

//! From the tip of a log back to its first commit.

use std::collections::BTreeSet;

use super::at;
use super::claims::fault_of;
use crate::commit::{Citation, LOG_COMMIT_BYTES_MAX, LogCommit, UnsignedCommit};
use crate::folder_reader::FolderReader;
use crate::key::Role;
use crate::reader::{ObjectId, ObjectKind, ObjectReader, ReadError};
use crate::report::{Fault, FaultCode};
use crate::root::{Leave, Trust};

/// How many commits a log may have. At one verdict a minute that is ten years without a day off.
const COMMITS_MAX: usize = 5_000_000;

/// The commits of a log, as far as they can be followed.
pub(super) struct Walk {
    /// Oldest first, each with the log's size.
    pub(super) commits: Vec<(ObjectId, u64)>,
    /// What the log says of other logs in all its commits, where somebody says it who is believed: else anybody could refute any
    /// log by starting one that speaks ill of it.
    pub(super) cites: BTreeSet<Citation>,
    /// Why the walk ended before the first commit.
    pub(super) faults: Vec<Fault>,
}

impl Walk {
    /// Tells whether the walk came to the log's beginning.
    pub(super) fn is_whole(&self) -> bool {
        self.faults.is_empty()
    }

    /// Returns the commits from the newest one that holds nothing but the first `since` entries; all where there is none.
    pub(super) fn commits_since(&self, since: u64) -> &[(ObjectId, u64)] {
        let older = self.commits.iter().take_while(|(_, size)| *size <= since).count();
        self.commits.get(older.saturating_sub(1)..).unwrap_or(&self.commits)
    }
}

/// Tells whether a commit is signed with a key that may sign it.
fn is_believed(commit: &LogCommit, trust: &Trust<'_>) -> bool {
    let message = &commit.signed.message;
    let leave = trust.leave(
        Role::Log,
        &commit.key.id(),
        message.log,
        message.previous_size..message.size,
    );
    matches!(leave, Leave::Given(..)) && commit.verify_signature().is_ok()
}

/// Follows the parents. Sizes must fall at every step, so it ends also where a reader answers in circles.
pub(super) fn walk(reader: &dyn ObjectReader, tip: ObjectId, trust: &Trust<'_>) -> Result<Walk, ReadError> {
    let folders = FolderReader::new(reader);
    let mut walk = Walk {
        commits: Vec::new(),
        cites: BTreeSet::new(),
        faults: Vec::new(),
    };
    let mut next = Some((tip, None));
    while let Some((id, size_expected)) = next {
        let bytes = match folders.read(id, ObjectKind::Commit, LOG_COMMIT_BYTES_MAX) {
            Ok(bytes) => bytes,
            Err(unread) => {
                walk.faults.push(fault_of(unread, at(id))?);
                break;
            }
        };
        let mut stop = |code, sentence| {
            walk.faults.push(Fault {
                code,
                place: at(id),
                sentence,
            });
        };
        let commit = match LogCommit::parse(&bytes) {
            Ok(commit) => commit,
            Err(error) => {
                stop(FaultCode::CommitForm, format!("commit {id}: {error}"));
                break;
            }
        };
        let UnsignedCommit {
            parent, ref message, ..
        } = commit.signed;
        if size_expected.is_some_and(|expected| expected != message.size) {
            stop(
                FaultCode::CommitOrder,
                format!("commit {id} does not have the size that its child continues"),
            );
            break;
        }
        if parent.is_some() != (message.previous_size > 0) {
            stop(
                FaultCode::CommitOrder,
                format!("commit {id} has a parent exactly where it should have none"),
            );
            break;
        }
        if walk.commits.len() >= COMMITS_MAX {
            stop(
                FaultCode::CommitOrder,
                format!("the log has more than {COMMITS_MAX} commits"),
            );
            break;
        }
        walk.commits.push((id, message.size));
        next = parent.map(|parent| (parent, Some(message.previous_size)));
        if !message.cites.is_empty() && is_believed(&commit, trust) {
            walk.cites.extend(&message.cites);
        }
    }
    walk.commits.reverse();
    Ok(walk)
}

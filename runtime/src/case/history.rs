//! Walks commits: first parents, the newest common ancestor, and what lies between two commits.
//!
//! Commits are read raw, so neither grafts, replace refs nor a commit graph file changes what their parents are.

use std::collections::hash_map::Entry;
use std::collections::{BinaryHeap, HashMap};

use assize_provenance::commit::{self, AnyCommit, COMMIT_BYTES_MAX};
use assize_provenance::reader::{ObjectId, ObjectKind, ObjectReader, ReadError};

/// The most commits one walk reads.
pub const COMMITS_WALKED_MAX: usize = 1_000_000;

/// Why history was not followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HistoryError {
    /// The object database failed.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A commit is not in the repository.
    #[error("commit {id} is missing from the repository; in a partial clone, `git cat-file -p {id}` fetches it")]
    Missing {
        /// The commit.
        id: ObjectId,
    },
    /// An object that is named as a commit is none.
    #[error("object {id} cannot be read as a commit: {reason}")]
    NotACommit {
        /// The object.
        id: ObjectId,
        /// What is wrong with it.
        reason: String,
    },
    /// The walk is too long.
    #[error("more than {COMMITS_WALKED_MAX} commits lie between the two; compare the end points with `A..B`")]
    TooLong,
}

impl HistoryError {
    /// Whether the machine failed, rather than the repository.
    #[must_use]
    pub fn is_machine(&self) -> bool {
        matches!(self, Self::Read(error) if error.is_machine())
    }
}

/// Reads one commit.
///
/// # Errors
///
/// [`HistoryError::Read`], [`HistoryError::Missing`], [`HistoryError::NotACommit`].
pub fn read_commit<R: ObjectReader + ?Sized>(reader: &R, id: &ObjectId) -> Result<AnyCommit, HistoryError> {
    let object = reader
        .object(id, COMMIT_BYTES_MAX)?
        .ok_or(HistoryError::Missing { id: *id })?;
    if object.kind != ObjectKind::Commit {
        return Err(HistoryError::NotACommit {
            id: *id,
            reason: format!("it is a {}", object.kind.name()),
        });
    }
    commit::read_any(&object.bytes).map_err(|error| HistoryError::NotACommit {
        id: *id,
        reason: error.to_string(),
    })
}

/// A commit waits in the walk by its time, newest first; equal times by id, so that the walk is the same everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Waiting {
    seconds: i64,
    id: ObjectId,
}

/// Which ends a commit is reachable from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Reached {
    left: bool,
    right: bool,
    /// It lies behind a common ancestor that was found already.
    stale: bool,
}

impl Reached {
    fn union(self, other: Self) -> Self {
        Self {
            left: self.left | other.left,
            right: self.right | other.right,
            stale: self.stale | other.stale,
        }
    }
}

/// What a walk remembers of a commit.
#[derive(Debug, Clone)]
struct Seen {
    reached: Reached,
    seconds: i64,
    parents: Vec<ObjectId>,
    is_queued: bool,
}

/// Walks from two commits towards the roots, newest first. A commit whose marks grow is walked again.
struct Walk<'a, R: ?Sized> {
    reader: &'a R,
    /// Tells which marks make a commit worth walking for; the walk may end when no such commit waits.
    is_live: fn(Reached) -> bool,
    seen: HashMap<ObjectId, Seen>,
    queue: BinaryHeap<Waiting>,
    live: usize,
}

impl<'a, R: ObjectReader + ?Sized> Walk<'a, R> {
    fn new(reader: &'a R, is_live: fn(Reached) -> bool) -> Self {
        Self {
            reader,
            is_live,
            seen: HashMap::new(),
            queue: BinaryHeap::new(),
            live: 0,
        }
    }

    /// Adds marks to a commit, and queues it when that says something new about it.
    fn mark(&mut self, id: ObjectId, mark: Reached) -> Result<(), HistoryError> {
        let is_full = self.seen.len() >= COMMITS_WALKED_MAX;
        let seen = match self.seen.entry(id) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(_) if is_full => return Err(HistoryError::TooLong),
            Entry::Vacant(entry) => {
                let commit = read_commit(self.reader, &id)?;
                let seconds = commit_seconds(&commit);
                let reached = Reached::default();
                entry.insert(Seen {
                    reached,
                    seconds,
                    parents: commit.parents,
                    is_queued: false,
                })
            }
        };
        let before = seen.reached;
        let after = before.union(mark);
        if after == before {
            return Ok(());
        }
        seen.reached = after;
        let was_live = seen.is_queued && (self.is_live)(before);
        self.live = self.live + usize::from((self.is_live)(after)) - usize::from(was_live);
        if !seen.is_queued {
            seen.is_queued = true;
            self.queue.push(Waiting {
                seconds: seen.seconds,
                id,
            });
        }
        Ok(())
    }

    /// Takes the newest waiting commit.
    fn next(&mut self) -> Option<(Waiting, Reached, Vec<ObjectId>)> {
        let waiting = self.queue.pop()?;
        let seen = self.seen.get_mut(&waiting.id)?;
        seen.is_queued = false;
        self.live -= usize::from((self.is_live)(seen.reached));
        Some((waiting, seen.reached, seen.parents.clone()))
    }

    fn reached(&self, id: &ObjectId) -> Reached {
        self.seen.get(id).map(|seen| seen.reached).unwrap_or_default()
    }
}

/// Finds the newest common ancestor of two commits, itself one of them where one contains the other; none for unrelated
/// histories. Where several are equally good (after criss-cross merges) the one with the latest commit time is taken,
/// then the one with the largest id.
///
/// # Errors
///
/// Every [`HistoryError`].
pub fn merge_base<R: ObjectReader + ?Sized>(
    reader: &R,
    left: ObjectId,
    right: ObjectId,
) -> Result<Option<ObjectId>, HistoryError> {
    let mut walk = Walk::new(reader, |reached| !reached.stale);
    walk.mark(
        left,
        Reached {
            left: true,
            ..Reached::default()
        },
    )?;
    walk.mark(
        right,
        Reached {
            right: true,
            ..Reached::default()
        },
    )?;
    let mut common = Vec::new();
    while walk.live > 0
        && let Some((waiting, reached, parents)) = walk.next()
    {
        let is_common = reached.left && reached.right;
        if is_common && !reached.stale {
            common.push(waiting);
        }
        for parent in parents {
            walk.mark(
                parent,
                Reached {
                    stale: reached.stale | is_common,
                    ..reached
                },
            )?;
        }
    }
    Ok(common
        .into_iter()
        .filter(|waiting| !walk.reached(&waiting.id).stale)
        .max()
        .map(|waiting| waiting.id))
}

/// Lists the commits that `head` contains and `base` does not, newest first. Merges count, and what they brought in.
///
/// # Errors
///
/// Every [`HistoryError`].
pub fn between<R: ObjectReader + ?Sized>(
    reader: &R,
    base: Option<ObjectId>,
    head: ObjectId,
) -> Result<Vec<ObjectId>, HistoryError> {
    let mut walk = Walk::new(reader, |reached| !reached.left);
    if let Some(base) = base {
        walk.mark(
            base,
            Reached {
                left: true,
                ..Reached::default()
            },
        )?;
    }
    walk.mark(
        head,
        Reached {
            right: true,
            ..Reached::default()
        },
    )?;
    let mut found = Vec::new();
    let mut oldest = i64::MAX;
    // Commit times lie now and then: the base's side is walked on until it is older than all that was found.
    while walk.live > 0 || walk.queue.peek().is_some_and(|waiting| waiting.seconds >= oldest) {
        let Some((waiting, reached, parents)) = walk.next() else {
            break;
        };
        if !reached.left {
            found.push(waiting.id);
            oldest = oldest.min(waiting.seconds);
        }
        for parent in parents {
            walk.mark(parent, reached)?;
        }
    }
    found.retain(|id| !walk.reached(id).left);
    Ok(found)
}

/// Reads the commit time, in seconds since 1970; a commit that tells none counts as the oldest.
fn commit_seconds(commit: &AnyCommit) -> i64 {
    let text = String::from_utf8_lossy(&commit.committer);
    let after_mail = text.rsplit('>').next().unwrap_or_default();
    after_mail
        .split_ascii_whitespace()
        .next()
        .and_then(|seconds| seconds.parse().ok())
        .unwrap_or(i64::MIN)
}

#[cfg(test)]
mod tests;

//! Brings a commit to a branch, and to every work tree that has the branch checked out.
//!
//! The ref is the point that counts: before it moves nothing has landed, after it has, everything has. A work tree that has the
//! branch checked out must be clean; its index is locked before that is looked at, as git locks it. What is about to be done is
//! written down (`journal`) before the ref moves, so that after a kill the next process brings the files and the index after
//! (see [`finish`]). Until then the lock keeps git from committing the files of before as a change.
//!
//! No filter and no hook runs. A changed file that lies otherwise in the work tree than in git (line ends, large-file pointers)
//! is told by comparing it, and the landing is refused. What is new is written as git holds it.

mod apply;
mod attached;
mod clean;
mod index;
mod journal;
mod leftovers;

use std::convert::Infallible;
use std::io;
use std::path::{Path, PathBuf};

use assize_provenance::reader::{ObjectId, ObjectReader, ReadError};

use super::checkout::CheckoutError;
use super::{Repository, WriteError};
use crate::case::history::{self, HistoryError};
use crate::case::tree_diff::{self, TreeError};
use apply::Applied;
use attached::attached;
use journal::Note;

/// Why a commit did not land. Nothing has changed then, unless [`LandError::Behind`] says so.
#[derive(Debug, thiserror::Error)]
pub enum LandError<E> {
    /// What was asked last said no.
    #[error("{0}")]
    Inside(E),
    /// The ref was not moved: it is elsewhere, or locked.
    #[error(transparent)]
    Ref(#[from] WriteError),
    /// It is no branch.
    #[error("`{0}` is no branch; nothing lands but on refs that start with `refs/heads/`")]
    NotABranch(String),
    /// The commit does not come after what the branch holds.
    #[error("commit {new} has no parent {old}, where the branch is; join the change with the branch first")]
    NotOnTop {
        /// The commit.
        new: ObjectId,
        /// Where the branch is to be.
        old: ObjectId,
    },
    /// A work tree that has the branch checked out does not allow it.
    #[error(transparent)]
    WorkTree(#[from] WorkTreeError),
    /// A commit was not read.
    #[error(transparent)]
    Commit(#[from] HistoryError),
    /// A folder of a commit was not read.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// It was not written down what is about to be done.
    #[error("{}: {error}", place.display())]
    Journal {
        /// The file.
        place: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The branch holds the commit, but a work tree that has it checked out does not show it yet.
    #[error("the commit is on the branch, but a work tree does not show it yet, which the next call repairs: {0}")]
    Behind(WorkTreeError),
}

impl<E> LandError<E> {
    /// Whether somebody else was faster or is still at it, so that the same may succeed later.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Ref(error) => matches!(error, WriteError::Moved { .. } | WriteError::Locked(_)),
            Self::WorkTree(error) => matches!(error, WorkTreeError::Index(WriteError::Locked(_))),
            _ => false,
        }
    }

    /// Whether the machine failed, rather than the repository or whoever works in it.
    #[must_use]
    pub fn is_machine(&self) -> bool {
        match self {
            Self::Ref(error) => is_machine(error),
            Self::WorkTree(error) | Self::Behind(error) => error.is_machine(),
            Self::Commit(error) => error.is_machine(),
            Self::Tree(error) => error.is_machine(),
            Self::Journal { .. } => true,
            Self::Inside(_) | Self::NotABranch(_) | Self::NotOnTop { .. } => false,
        }
    }
}

fn is_machine(error: &WriteError) -> bool {
    match error {
        WriteError::Io { .. } => true,
        WriteError::Read(error) => error.is_machine(),
        _ => false,
    }
}

/// Why a work tree cannot follow its branch.
#[derive(Debug, thiserror::Error)]
pub enum WorkTreeError {
    /// It has changes.
    #[error("the work tree {} has the branch checked out and {reason}: {files}; {advice}", root.display())]
    Unclean {
        /// The work tree.
        root: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
        /// The first files.
        files: String,
        /// What to do.
        advice: &'static str,
    },
    /// Something is under way in it.
    #[error("the work tree {} has the branch checked out and {reason}; finish that first", root.display())]
    Busy {
        /// The work tree.
        root: PathBuf,
        /// What is under way.
        reason: &'static str,
    },
    /// It is not known where it lies.
    #[error("{} has the branch checked out, and {reason}", git_dir.display())]
    Unknown {
        /// What git keeps of the work tree.
        git_dir: PathBuf,
        /// What stands against it.
        reason: &'static str,
    },
    /// Its index is locked, or cannot be written.
    #[error(transparent)]
    Index(#[from] WriteError),
    /// Its index cannot be read.
    #[error("the index {} cannot be read: {reason}; `git status` may repair it", path.display())]
    IndexForm {
        /// The file.
        path: PathBuf,
        /// What stands against it.
        reason: String,
    },
    /// The tree of the branch was not read.
    #[error(transparent)]
    Listing(#[from] CheckoutError),
    /// A file of the repository was not read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The machine failed.
    #[error("{}: {error}", place.display())]
    Io {
        /// What was read or written.
        place: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

impl WorkTreeError {
    /// Whether the machine failed, rather than the repository or whoever works in it.
    #[must_use]
    pub fn is_machine(&self) -> bool {
        match self {
            Self::Index(error) => is_machine(error),
            Self::Listing(error) => error.is_machine(),
            Self::Read(error) => error.is_machine(),
            Self::Io { .. } => true,
            Self::Unclean { .. } | Self::Busy { .. } | Self::Unknown { .. } | Self::IndexForm { .. } => false,
        }
    }
}

/// A landing that was finished after a kill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// The full name of the branch.
    pub branch: String,
    /// The commit that landed.
    pub commit: ObjectId,
    /// Files that were changed by somebody meanwhile, and were left as they are.
    pub left: Vec<String>,
}

/// Moves `branch` from `old` to `new`, and every work tree that has it checked out with it. `inside` is asked last, while the
/// branch is locked and at its old value.
///
/// # Errors
///
/// Every [`LandError`]. After [`WriteError::Moved`] and [`WriteError::Locked`] the caller may try again.
pub fn land<E>(
    repository: &Repository,
    state_dir: &Path,
    branch: &str,
    old: ObjectId,
    new: ObjectId,
    inside: impl FnOnce() -> Result<(), E>,
) -> Result<(), LandError<E>> {
    if !branch.starts_with("refs/heads/") {
        return Err(LandError::NotABranch(branch.to_owned()));
    }
    finish_all(repository, state_dir)?;
    let objects = repository.objects().as_ref();
    let head = history::read_commit(objects, &new)?;
    if !head.parents.contains(&old) {
        return Err(LandError::NotOnTop { new, old });
    }
    let base = history::read_commit(objects, &old)?.tree;
    let attached = attached(repository, branch)?;
    if attached.is_empty() {
        return repository.update_ref_if(branch, Some(old), new, || inside().map_err(LandError::Inside));
    }
    let differences = tree_diff::compare(objects, Some(base), Some(head.tree))?;
    let mut held = Vec::with_capacity(attached.len());
    for work_tree in attached {
        held.push(work_tree.hold()?);
    }
    for work_tree in &held {
        clean::must_be_clean(objects, work_tree, base, &differences)?;
    }
    let note = Note {
        branch: branch.to_owned(),
        old,
        new,
        work_trees: held.iter().map(|held| held.work_tree.clone()).collect(),
    };
    let written = note.path(state_dir);
    let mut is_noted = false;
    let moved = repository.update_ref_if(branch, Some(old), new, || {
        inside().map_err(LandError::Inside)?;
        is_noted = true;
        note.write(state_dir).map_err(|error| LandError::Journal {
            place: written.clone(),
            error,
        })
    });
    if let Err(error) = moved {
        // Where the ref cannot be said to be, the next start looks.
        let is_unmoved = !matches!(&error, LandError::Ref(WriteError::Io { .. }));
        if is_noted && is_unmoved {
            let _ = note.remove(state_dir);
        }
        return Err(error);
    }
    for work_tree in &held {
        apply::apply(objects, work_tree, &differences, state_dir).map_err(LandError::Behind)?;
    }
    note.remove(state_dir)
        .map_err(|error| LandError::Journal { place: written, error })
}

/// Finishes what killed processes have begun: work trees follow their branch, and locks are released. What a living process is
/// about is left to it. Every landing starts with this as well.
///
/// # Errors
///
/// [`LandError`] when a work tree cannot follow; what is written down stays then.
pub fn finish(repository: &Repository, state_dir: &Path) -> Result<Vec<Finished>, LandError<Infallible>> {
    let finished = finish_all(repository, state_dir)?;
    leftovers::release(&repository.places().common_dir)?;
    Ok(finished)
}

fn finish_all<E>(repository: &Repository, state_dir: &Path) -> Result<Vec<Finished>, LandError<E>> {
    let mut finished = Vec::new();
    let notes = journal::read_all(state_dir).map_err(|(place, error)| LandError::Journal { place, error })?;
    for note in notes {
        match finish_one(repository, state_dir, &note) {
            Ok(done) => finished.extend(done),
            Err(LandError::WorkTree(WorkTreeError::Index(WriteError::Locked(_)))) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(finished)
}

fn finish_one<E>(repository: &Repository, state_dir: &Path, note: &Note) -> Result<Option<Finished>, LandError<E>> {
    let objects = repository.objects().as_ref();
    let mut held = Vec::new();
    for work_tree in &note.work_trees {
        // One that has been removed meanwhile needs nothing.
        if work_tree.is_ours(repository) {
            held.push(work_tree.clone().hold()?);
        }
    }
    let mut finished = None;
    if is_reached(objects, repository, note)? {
        let base = history::read_commit(objects, &note.old)?.tree;
        let head = history::read_commit(objects, &note.new)?.tree;
        let differences = tree_diff::compare(objects, Some(base), Some(head))?;
        let mut left = Vec::new();
        for work_tree in &held {
            let Applied { kept } = apply::apply(objects, work_tree, &differences, state_dir)?;
            left.extend(kept);
        }
        finished = Some(Finished {
            branch: note.branch.clone(),
            commit: note.new,
            left,
        });
    }
    note.remove(state_dir).map_err(|error| LandError::Journal {
        place: note.path(state_dir),
        error,
    })?;
    Ok(finished)
}

/// Whether the branch got to the commit: it is there, and nowhere else than there.
fn is_reached<E, R: ObjectReader + ?Sized>(
    objects: &R,
    repository: &Repository,
    note: &Note,
) -> Result<bool, LandError<E>> {
    let target = repository
        .objects()
        .ref_files()
        .read(&note.branch)
        .map_err(WriteError::from)?;
    let now = match target {
        Some(target) => repository
            .objects()
            .ref_files()
            .resolve(target)
            .map_err(WriteError::from)?,
        None => None,
    };
    match now {
        Some(now) if now == note.new => Ok(true),
        Some(now) if now == note.old => Ok(false),
        // Another process went on from it.
        Some(now) => Ok(history::merge_base(objects, now, note.new)? == Some(note.new)),
        None => Ok(false),
    }
}

/// Names the first few of a list.
fn first(paths: &[String]) -> String {
    const SHOWN_MAX: usize = 5;
    let mut shown: Vec<String> = paths.iter().take(SHOWN_MAX).map(|path| format!("`{path}`")).collect();
    let more = paths.len().saturating_sub(SHOWN_MAX);
    if more > 0 {
        shown.push(format!("{more} more"));
    }
    shown.join(", ")
}

fn io_at(place: &Path, error: io::Error) -> WorkTreeError {
    WorkTreeError::Io {
        place: place.to_owned(),
        error,
    }
}

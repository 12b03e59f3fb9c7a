//! Which work trees have a branch checked out.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use assize_provenance::git::{RefFiles, RefTarget, config};

use super::{WorkTreeError, io_at};
use crate::repository::Repository;
use crate::repository::beneath::Beneath;
use crate::repository::discover;
use crate::repository::lock::Lock;

/// The largest file of git that holds one path, in bytes.
const POINTER_BYTES_MAX: u64 = 8192;
/// What git leaves in the folder of a work tree while something is under way, and what to call it.
const UNDER_WAY: [(&str, &str); 6] = [
    ("MERGE_HEAD", "a merge is under way in it"),
    ("CHERRY_PICK_HEAD", "a cherry-pick is under way in it"),
    ("REVERT_HEAD", "a revert is under way in it"),
    ("BISECT_START", "a bisection is under way in it"),
    ("rebase-merge", "a rebase is under way in it"),
    ("rebase-apply", "a rebase is under way in it"),
];

/// A work tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WorkTree {
    /// What git keeps of it: `HEAD` and the index.
    pub(super) git_dir: PathBuf,
    /// The folder with the files.
    pub(super) root: PathBuf,
}

/// A work tree whose index is locked.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) work_tree: WorkTree,
    pub(super) folder: Beneath,
    _lock: Lock,
}

impl WorkTree {
    /// Where its index lies.
    pub(super) fn index(&self) -> PathBuf {
        self.git_dir.join("index")
    }

    /// Locks the index, as git does that is about to change it.
    pub(super) fn hold(self) -> Result<Held, WorkTreeError> {
        let lock = Lock::take(&self.index())?;
        let folder = Beneath::open(&self.root).map_err(|error| io_at(&self.root, error))?;
        Ok(Held {
            work_tree: self,
            folder,
            _lock: lock,
        })
    }

    /// Whether it is a work tree of this repository.
    pub(super) fn is_ours(&self, repository: &Repository) -> bool {
        discover::discover(&self.root).is_ok_and(|places| {
            places.git_dir == self.git_dir
                && places.common_dir == repository.places().common_dir
                && places.work_tree.as_ref() == Some(&self.root)
        })
    }
}

/// Finds the work trees that have the branch checked out, or are in the midst of something with it.
pub(super) fn attached(repository: &Repository, branch: &str) -> Result<Vec<WorkTree>, WorkTreeError> {
    let mut found = Vec::new();
    found.extend(main_one(repository, branch)?);
    let linked = repository.places().common_dir.join("worktrees");
    let entries = match fs::read_dir(&linked) {
        Ok(entries) => entries,
        Err(error) if is_absent(&error) => return Ok(found),
        Err(error) => return Err(io_at(&linked, error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        names.push(entry.map_err(|error| io_at(&linked, error))?.path());
    }
    names.sort();
    for git_dir in names {
        if fs::symlink_metadata(&git_dir).is_ok_and(|metadata| metadata.is_dir()) {
            found.extend(linked_one(repository, git_dir, branch)?);
        }
    }
    Ok(found)
}

/// The work tree around the repository, if it has one.
fn main_one(repository: &Repository, branch: &str) -> Result<Option<WorkTree>, WorkTreeError> {
    let places = repository.places();
    let git_dir = places.common_dir.clone();
    if !has_branch(&git_dir, branch)? {
        return Ok(None);
    }
    let core = config::section(&git_dir.join("config"), "core")?;
    let value = |wanted: &str| {
        core.iter()
            .rev()
            .find(|(key, _)| key == wanted)
            .map(|(_, value)| value.as_str())
    };
    let known = (places.git_dir == places.common_dir)
        .then(|| places.work_tree.clone())
        .flatten();
    let around = git_dir
        .file_name()
        .is_some_and(|name| name == ".git")
        .then(|| git_dir.parent())
        .flatten();
    let root = match (value("worktree"), known) {
        (None, Some(root)) => root,
        (None, None) if value("bare").is_some_and(is_true) => return Ok(None),
        (None, None) => match around {
            Some(root) => root.to_owned(),
            // A bare repository has no index.
            None if fs::symlink_metadata(git_dir.join("index")).is_err() => return Ok(None),
            None => return Err(unknown(git_dir, "it is not known where its files lie")),
        },
        (Some(named), Some(root)) if fs::canonicalize(git_dir.join(named)).is_ok_and(|named| named == root) => root,
        (Some(_), _) => return Err(unknown(git_dir, "its configuration says that its files lie elsewhere")),
    };
    let work_tree = WorkTree { git_dir, root };
    refuse_under_way(&work_tree)?;
    Ok(Some(work_tree))
}

fn linked_one(repository: &Repository, git_dir: PathBuf, branch: &str) -> Result<Option<WorkTree>, WorkTreeError> {
    if !has_branch(&git_dir, branch)? {
        return Ok(None);
    }
    let Some(pointer) = read_pointer(&git_dir.join("gitdir"))? else {
        return Ok(None);
    };
    let pointer = git_dir.join(pointer);
    if fs::symlink_metadata(&pointer).is_err_and(|error| is_absent(&error)) {
        // It was deleted, unless git was told that it is only away.
        if fs::symlink_metadata(git_dir.join("locked")).is_ok() {
            return Err(unknown(
                git_dir,
                "it is locked and not there, such as on a disk that was taken out",
            ));
        }
        return Ok(None);
    }
    let root = pointer.parent().and_then(|root| fs::canonicalize(root).ok());
    let Some(root) = root else {
        return Err(unknown(git_dir, "it is not known where its files lie"));
    };
    let work_tree = WorkTree { git_dir, root };
    if !work_tree.is_ours(repository) {
        return Err(unknown(
            work_tree.git_dir,
            "the folder that it names does not name it back; `git worktree repair` repairs that",
        ));
    }
    refuse_under_way(&work_tree)?;
    Ok(Some(work_tree))
}

/// Whether `HEAD` of a work tree is the branch, or a rebase that is under way will come back to it.
fn has_branch(git_dir: &Path, branch: &str) -> Result<bool, WorkTreeError> {
    let head = RefFiles::read_beside(git_dir, "HEAD")?;
    if matches!(head, Some(RefTarget::Symbolic(name)) if name == branch) {
        return Ok(true);
    }
    for folder in ["rebase-merge", "rebase-apply"] {
        let name = read_pointer(&git_dir.join(folder).join("head-name"))?;
        if name.is_some_and(|name| name == branch) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn refuse_under_way(work_tree: &WorkTree) -> Result<(), WorkTreeError> {
    for (name, reason) in UNDER_WAY {
        if fs::symlink_metadata(work_tree.git_dir.join(name)).is_ok() {
            return Err(WorkTreeError::Busy {
                root: work_tree.root.clone(),
                reason,
            });
        }
    }
    Ok(())
}

/// Reads a file that holds one line; nothing where there is none.
fn read_pointer(path: &Path) -> Result<Option<String>, WorkTreeError> {
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if is_absent(&error) => return Ok(None),
        Err(error) => return Err(io_at(path, error)),
    };
    if !metadata.is_file() || metadata.len() > POINTER_BYTES_MAX {
        return Err(io_at(path, io::Error::other("it is no file that git writes")));
    }
    let text = fs::read_to_string(path).map_err(|error| io_at(path, error))?;
    Ok(Some(text.trim_end_matches(['\n', '\r']).to_owned()))
}

fn unknown(git_dir: PathBuf, reason: &'static str) -> WorkTreeError {
    WorkTreeError::Unknown { git_dir, reason }
}

fn is_true(value: &str) -> bool {
    ["true", "yes", "on", "1"]
        .iter()
        .any(|word| value.eq_ignore_ascii_case(word))
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

//! What a worktree holds now, as a change of the commit it was made from.
//!
//! A file is read only where the file system says that it is another one than was written. What may not become part of a
//! commit is left out and told: what the repository's `.gitignore` files name, devices, pipes and sockets, links that lead out,
//! and whatever some file system takes for a repository. A change that the agent had no grant for is refused as a whole, for then something else went wrong before.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::fd::OwnedFd;

use assize_provenance::pattern::is_repository;
use assize_provenance::reader::{ObjectId, ObjectKind, ObjectReader};
use assize_provenance::tree::{self, Mode};
use rustix::fs::{FileType, Stat};

use super::beneath::{self, Seen, is_executable, kind, look, names, open_folder};
use super::checkout::{Checkout, Listed};
use super::edit::{EditError, Edits, edit};
use super::ignored::Ignored;
use crate::case::contents::ContentsError;
use crate::case::path::{PATH_BYTES_MAX, RepositoryPath, escape};
use crate::case::tree_diff::DEPTH_MAX;
use crate::policy::files::FileGrants;

/// The most files and folders of a worktree that are looked at.
pub const ENTRIES_MAX: usize = 1_000_000;
/// The most files that one change may touch.
pub const CHANGES_MAX: usize = 100_000;
/// The largest changed file, in bytes.
pub const FILE_BYTES_MAX: u64 = 64 << 20;
/// The most bytes of changed files together.
pub const BYTES_MAX: u64 = 512 << 20;
/// How many paths an error names.
const SHOWN_MAX: usize = 8;
/// Why a new file is left out that the repository ignores.
const IGNORED: &str = "the repository's `.gitignore` names it";
/// How the names of the host's own temporary files start.
const TEMPORARY: &[u8] = b".assize-temporary-";

/// A change, as git objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The root folder with the change; that of the base where nothing changed.
    pub tree: ObjectId,
    /// The files and folders that are new.
    pub objects: Vec<(ObjectKind, Vec<u8>)>,
    /// The changed paths, in byte order.
    pub changed: Vec<RepositoryPath>,
    /// What lies in the worktree and is no part of the change, with the reason.
    pub left_out: Vec<(RepositoryPath, &'static str)>,
}

/// Why a worktree is no change.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// Files were changed that the agent may not write.
    #[error("the worktree was changed where its agent may not write: {0}")]
    Ungranted(String),
    /// A file is too large.
    #[error("`{0}` has more than {FILE_BYTES_MAX} bytes, which no change may hold; leave it out of the worktree")]
    FileTooLarge(RepositoryPath),
    /// The files are too large together.
    #[error("the changed files have more than {BYTES_MAX} bytes (`{0}` is the first above it); change less at once")]
    TooLarge(RepositoryPath),
    /// There are too many changes.
    #[error("more than {CHANGES_MAX} files are changed; change less at once")]
    TooManyChanges,
    /// There are too many files.
    #[error("the worktree holds more than {ENTRIES_MAX} files and folders; remove what the work left behind")]
    TooManyEntries,
    /// A path is too long or lies too deep.
    #[error("`{0}` has more than {PATH_BYTES_MAX} bytes or lies more than {DEPTH_MAX} folders deep; move it up")]
    TooDeep(RepositoryPath),
    /// A tracked file was replaced by something that no commit holds.
    #[error("`{0}` was a file and is a device, a pipe or a socket now; put the file back or remove it")]
    Odd(RepositoryPath),
    /// The tree was not made.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// It was not read what the repository ignores.
    #[error(transparent)]
    Ignored(#[from] ContentsError),
    /// The machine failed.
    #[error("`{path}`: {error}")]
    Io {
        /// What was read.
        path: RepositoryPath,
        /// What the system says.
        error: io::Error,
    },
}

impl SnapshotError {
    /// Whether the machine failed, rather than the agent.
    #[must_use]
    pub fn is_machine(&self) -> bool {
        match self {
            Self::Io { .. } => true,
            Self::Edit(EditError::Tree(error)) => error.is_machine(),
            Self::Ignored(error) => error.is_machine(),
            _ => false,
        }
    }
}

/// Takes what the worktree holds now, as a change of what it was made from. Only the paths of `hint` are looked at where there
/// is one: those that the workspace says were changed, for a call that had no other way to change any.
///
/// # Errors
///
/// Every [`SnapshotError`].
pub fn snapshot<R: ObjectReader + ?Sized>(
    reader: &R,
    checkout: &Checkout,
    grants: &FileGrants,
    hint: Option<&[RepositoryPath]>,
) -> Result<Change, SnapshotError> {
    let mut taking = Taking {
        checkout,
        ignored: Ignored::read(reader, &checkout.files)?,
        edits: Edits::new(),
        contents: BTreeMap::new(),
        left_out: Vec::new(),
        bytes: 0,
        entries: 0,
        found: BTreeSet::new(),
    };
    match hint {
        Some(paths) => {
            for path in paths {
                taking.look_at(path)?;
            }
        }
        None => {
            let root = checkout
                .folder
                .root()
                .try_clone()
                .map_err(|error| io_at(&RepositoryPath::default(), error))?;
            taking.walk(&root, &RepositoryPath::default(), 0)?;
            taking.find_deleted();
        }
    }
    if taking.edits.len() > CHANGES_MAX {
        return Err(SnapshotError::TooManyChanges);
    }
    let Taking {
        edits,
        contents,
        mut left_out,
        ..
    } = taking;
    left_out.sort();
    let changed: Vec<RepositoryPath> = edits.keys().cloned().collect();
    must_be_granted(&changed, grants)?;
    if changed.is_empty() {
        return Ok(Change {
            tree: checkout.tree,
            objects: Vec::new(),
            changed,
            left_out,
        });
    }
    let edited = edit(reader, checkout.tree, &edits)?;
    let mut objects: Vec<_> = contents.into_values().map(|bytes| (ObjectKind::Blob, bytes)).collect();
    objects.extend(edited.objects);
    Ok(Change {
        tree: edited.tree,
        objects,
        changed,
        left_out,
    })
}

fn must_be_granted(changed: &[RepositoryPath], grants: &FileGrants) -> Result<(), SnapshotError> {
    let closed: Vec<String> = changed
        .iter()
        .map(ToString::to_string)
        .filter(|path| !grants.may_write(path))
        .collect();
    if closed.is_empty() {
        return Ok(());
    }
    let mut shown = closed
        .iter()
        .take(SHOWN_MAX)
        .map(|path| format!("`{path}`"))
        .collect::<Vec<_>>()
        .join(", ");
    let more = closed.len().saturating_sub(SHOWN_MAX);
    if more > 0 {
        shown.push_str(&format!(" and {more} more"));
    }
    Err(SnapshotError::Ungranted(shown))
}

struct Taking<'a> {
    checkout: &'a Checkout,
    ignored: Ignored,
    edits: Edits,
    /// The contents of the changed files, so that they come in one order however they were found.
    contents: BTreeMap<RepositoryPath, Vec<u8>>,
    left_out: Vec<(RepositoryPath, &'static str)>,
    bytes: u64,
    entries: usize,
    /// The places in the list of what is still there in some form.
    found: BTreeSet<usize>,
}

impl Taking<'_> {
    fn tracked(&self, path: &RepositoryPath) -> Option<(usize, &Listed)> {
        let files = &self.checkout.files;
        let place = files.binary_search_by(|file| file.path.cmp(path)).ok()?;
        Some((place, files.get(place)?))
    }

    /// Whether the repository ignores it: something new, or a folder that holds nothing else.
    fn is_ignored(&self, path: &RepositoryPath, is_folder: bool) -> bool {
        let files = &self.checkout.files;
        let start = files.partition_point(|file| file.path < *path);
        let is_path = |file: &&Listed| file.path == *path;
        let below = || {
            let inner = path.join(b"");
            let start = files.partition_point(|file| file.path < inner);
            files
                .get(start)
                .is_some_and(|file| file.path.as_bytes().starts_with(inner.as_bytes()))
        };
        let is_tracked = files.get(start).as_ref().is_some_and(is_path) || (is_folder && below());
        !is_tracked && self.ignored.holds(path, is_folder)
    }

    /// Looks at everything in a folder.
    fn walk(&mut self, folder: &OwnedFd, path: &RepositoryPath, depth: usize) -> Result<(), SnapshotError> {
        for name in names(folder).map_err(|error| io_at(path, error))? {
            let inner = path.join(&name);
            self.entries = self.entries.saturating_add(1);
            if self.entries > ENTRIES_MAX {
                return Err(SnapshotError::TooManyEntries);
            }
            // Somebody of ours may still tidy up behind a command.
            let Some(stat) = look(folder, &name).map_err(|error| io_at(&inner, error))? else {
                continue;
            };
            if is_repository(&escape(&name)) {
                self.left_out.push((inner, "it would be taken for a repository"));
            } else if name.starts_with(TEMPORARY) && self.tracked(&inner).is_none() {
                self.left_out
                    .push((inner, "it is a file that was not written to its end"));
            } else if self.is_ignored(&inner, kind(&stat) == FileType::Directory) {
                self.left_out.push((inner, IGNORED));
            } else if kind(&stat) == FileType::Directory {
                self.enter(folder, &name, &inner, depth)?;
            } else {
                self.entry(folder, &name, &inner, &stat)?;
            }
        }
        Ok(())
    }

    fn enter(
        &mut self,
        folder: &OwnedFd,
        name: &[u8],
        path: &RepositoryPath,
        depth: usize,
    ) -> Result<(), SnapshotError> {
        if let Some((place, _)) = self.tracked(path).filter(|(_, file)| file.mode == Mode::Submodule) {
            self.found.insert(place);
            let inner = open_folder(folder, name).map_err(|error| io_at(path, error))?;
            if !names(&inner).map_err(|error| io_at(path, error))?.is_empty() {
                self.left_out
                    .push((path.clone(), "what lies in a submodule belongs to another repository"));
            }
            return Ok(());
        }
        if depth >= DEPTH_MAX || path.as_bytes().len() > PATH_BYTES_MAX {
            return Err(SnapshotError::TooDeep(path.clone()));
        }
        let inner = open_folder(folder, name).map_err(|error| io_at(path, error))?;
        self.walk(&inner, path, depth.saturating_add(1))
    }

    /// Looks at one path, whatever stands there.
    fn look_at(&mut self, path: &RepositoryPath) -> Result<(), SnapshotError> {
        let io = |error| io_at(path, error);
        let Some(name) = path.parts().last() else { return Ok(()) };
        if path.parts().any(|part| is_repository(&escape(part))) {
            self.left_out.push((path.clone(), "it would be taken for a repository"));
            return Ok(());
        }
        let folder = self.checkout.folder.above(path).map_err(io)?;
        let stat = match &folder {
            Some(folder) => look(folder, name).map_err(io)?,
            None => None,
        };
        match (folder, stat) {
            (Some(_), Some(stat)) if self.is_ignored(path, kind(&stat) == FileType::Directory) => {
                self.left_out.push((path.clone(), IGNORED));
                Ok(())
            }
            (Some(folder), Some(stat)) if kind(&stat) != FileType::Directory => self.entry(&folder, name, path, &stat),
            _ => {
                if let Some((place, file)) = self.tracked(path)
                    && file.mode != Mode::Submodule
                    && !self.checkout.left_out.contains(&place)
                {
                    self.edits.insert(path.clone(), None);
                }
                Ok(())
            }
        }
    }

    /// Looks at what is no folder.
    fn entry(
        &mut self,
        folder: &OwnedFd,
        name: &[u8],
        path: &RepositoryPath,
        stat: &Stat,
    ) -> Result<(), SnapshotError> {
        let before = self.tracked(path).map(|(place, file)| (place, file.mode, file.id));
        if let Some((place, mode, _)) = before {
            self.found.insert(place);
            let seen = self.checkout.seen.get(place).copied().flatten();
            if seen == Some(Seen::of(stat)) && kind(stat) == FileType::RegularFile {
                let is_same_mode = is_executable(stat) == (mode == Mode::Executable);
                if is_same_mode {
                    return Ok(());
                }
            }
        }
        if path.as_bytes().len() > PATH_BYTES_MAX {
            return Err(SnapshotError::TooDeep(path.clone()));
        }
        let (mode, contents) = match kind(stat) {
            FileType::RegularFile => {
                let mode = match before {
                    _ if is_executable(stat) => Mode::Executable,
                    Some((_, Mode::GroupWritable, _)) => Mode::GroupWritable,
                    _ => Mode::File,
                };
                let read = beneath::read(folder, name, FILE_BYTES_MAX).map_err(|error| io_at(path, error))?;
                let (contents, _) = read.ok_or_else(|| SnapshotError::FileTooLarge(path.clone()))?;
                (mode, contents)
            }
            FileType::Symlink => {
                let target = beneath::read_link(folder, name).map_err(|error| io_at(path, error))?;
                (Mode::Symlink, target)
            }
            _ if before.is_some() => return Err(SnapshotError::Odd(path.clone())),
            _ => {
                self.left_out.push((path.clone(), "it is a device, a pipe or a socket"));
                return Ok(());
            }
        };
        let id = tree::object_id(ObjectKind::Blob, &contents);
        if before.is_some_and(|(_, before, known)| (before, known) == (mode, id)) {
            return Ok(());
        }
        if mode == Mode::Symlink && !beneath::stays_inside(path, &contents) {
            self.left_out
                .push((path.clone(), "it is a link that leads out of the worktree"));
            return Ok(());
        }
        self.bytes = self
            .bytes
            .saturating_add(u64::try_from(contents.len()).unwrap_or(u64::MAX));
        if self.bytes > BYTES_MAX {
            return Err(SnapshotError::TooLarge(path.clone()));
        }
        self.contents.insert(path.clone(), contents);
        self.edits.insert(path.clone(), Some((mode, id)));
        Ok(())
    }

    fn find_deleted(&mut self) {
        let checkout = self.checkout;
        for (place, file) in checkout.files.iter().enumerate() {
            let is_left_out = || checkout.left_out.contains(&place);
            if !self.found.contains(&place) && file.mode != Mode::Submodule && !is_left_out() {
                self.edits.insert(file.path.clone(), None);
            }
        }
    }
}

fn io_at(path: &RepositoryPath, error: io::Error) -> SnapshotError {
    SnapshotError::Io {
        path: path.clone(),
        error,
    }
}

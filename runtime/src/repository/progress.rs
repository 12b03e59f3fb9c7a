//! Work in progress as a change: what the next commit would hold, against the newest one.
//!
//! The index is read as git wrote it, the repository's own or one that git made for a single commit; files of the work tree are read as they lie, without following a link out of it. No
//! filter is run: a file that git would convert (line ends, large-file pointers) shows as it lies. Files that git does not
//! track are not looked at.

use std::io::Read as _;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use assize_provenance::reader::{ObjectId, ObjectKind};
use assize_provenance::tree::Mode;
use cap_std::fs::{Dir, MetadataExt as _};

use super::overlay::{Files, Overlay};
use super::{Head, Repository};
use crate::case::{Range, RangeKind};
use assize_provenance::reader::ReadError;

/// The largest index that is read, in bytes.
const INDEX_BYTES_MAX: u64 = 512 << 20;
/// The largest file of the work tree that is read, in bytes.
const FILE_BYTES_MAX: u64 = 64 << 20;
/// The most bytes of changed files that are read together.
const CHANGED_BYTES_MAX: u64 = 512 << 20;
/// A flag of an index entry that only says that a file will be added later.
const INTENT_TO_ADD: u16 = 0x2000;

/// A change that no commit holds.
#[derive(Debug)]
pub struct Progress {
    /// The repository's objects with those of the change on top.
    pub objects: Overlay,
    /// The newest commit, and one that was made up.
    pub range: Range,
}

/// Why work in progress is not read.
#[derive(Debug, thiserror::Error)]
pub enum ProgressError {
    /// The repository is bare.
    #[error("a bare repository has no work in progress; name a commit")]
    Bare,
    /// The index cannot be read.
    #[error("the index {} cannot be read: {reason}", path.display())]
    Index {
        /// The file.
        path: PathBuf,
        /// What stands against it.
        reason: String,
    },
    /// A merge is not finished.
    #[error("`{0}` is not merged yet; resolve the conflict and stage it")]
    Unmerged(String),
    /// A file is too large.
    #[error("the changed files have more bytes than are read at once (`{0}` is the first above it); commit in parts")]
    TooLarge(String),
    /// A file cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// `HEAD` cannot be read.
    #[error(transparent)]
    Head(#[from] ReadError),
}

impl ProgressError {
    /// Whether the machine failed, rather than the repository.
    #[must_use]
    pub fn is_machine(&self) -> bool {
        match self {
            Self::Io { .. } => true,
            Self::Head(error) => error.is_machine(),
            _ => false,
        }
    }
}

/// Takes what is staged in the index at `index`, else in the repository's own, with the message of the commit to come.
///
/// # Errors
///
/// Every [`ProgressError`].
pub fn staged(repository: &Repository, index: Option<&Path>, message: &str) -> Result<Progress, ProgressError> {
    let files = entries(repository, index)?
        .into_iter()
        .map(|entry| (entry.path, (entry.mode, entry.id)));
    change(
        repository,
        Overlay::over(Some(Arc::clone(repository.objects()))),
        &files.collect(),
        message,
    )
}

/// Takes the tracked files as they lie in the work tree.
///
/// # Errors
///
/// Every [`ProgressError`].
pub fn work_tree(repository: &Repository) -> Result<Progress, ProgressError> {
    let root = repository.places().work_tree.clone().ok_or(ProgressError::Bare)?;
    let dir = crate::authority::folder(&root).map_err(|source| ProgressError::Io {
        path: root.clone(),
        source,
    })?;
    let mut overlay = Overlay::over(Some(Arc::clone(repository.objects())));
    let (mut files, mut bytes) = (Files::new(), 0_u64);
    for entry in entries(repository, None)? {
        if let Some((mode, id)) = lying(&dir, &root, &entry, &mut overlay, &mut bytes)? {
            files.insert(entry.path, (mode, id));
        }
    }
    change(repository, overlay, &files, "")
}

fn change(
    repository: &Repository,
    mut overlay: Overlay,
    files: &Files,
    message: &str,
) -> Result<Progress, ProgressError> {
    let base = match repository.head()? {
        Head::Branch { commit, .. } => commit,
        Head::Detached(commit) => Some(commit),
    };
    let tree = overlay.put_tree(files);
    let head = overlay.put_commit(tree, base, message);
    Ok(Progress {
        objects: overlay,
        range: Range {
            kind: RangeKind::FirstParent,
            base,
            head,
        },
    })
}

/// One tracked file.
struct Tracked {
    path: Vec<u8>,
    mode: Mode,
    id: ObjectId,
    /// What git saw of the file when it staged it.
    seen: Seen,
}

#[derive(PartialEq, Eq)]
struct Seen {
    bytes: u32,
    modified: (i32, u32),
    inode: u32,
}

fn entries(repository: &Repository, index: Option<&Path>) -> Result<Vec<Tracked>, ProgressError> {
    if repository.places().work_tree.is_none() {
        return Err(ProgressError::Bare);
    }
    let own = || repository.places().git_dir.join("index");
    let path = index.map_or_else(own, Path::to_owned);
    let refuse = |reason: String| ProgressError::Index {
        path: path.clone(),
        reason,
    };
    match path.symlink_metadata() {
        Ok(metadata) if !metadata.is_file() => return Err(refuse("it is no regular file".into())),
        Ok(metadata) if metadata.len() > INDEX_BYTES_MAX => return Err(refuse("it is too large".into())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            // A repository without an index has nothing staged; one that git names is there.
            return if index.is_none() {
                Ok(Vec::new())
            } else {
                Err(refuse("git names it, and it is not there".into()))
            };
        }
        Err(source) => return Err(ProgressError::Io { path, source }),
        Ok(_) => {}
    }
    let index = git2::Index::open(&path).map_err(|error| refuse(error.message().to_owned()))?;
    let mut tracked = Vec::new();
    for entry in index.iter() {
        // Bits 12 and 13: which side of an unfinished merge this is.
        if (entry.flags >> 12) & 3 != 0 {
            return Err(ProgressError::Unmerged(
                String::from_utf8_lossy(&entry.path).into_owned(),
            ));
        }
        if entry.flags_extended & INTENT_TO_ADD != 0 {
            continue;
        }
        let mode = match entry.mode {
            0o100_644 | 0o100_664 => Mode::File,
            0o100_755 => Mode::Executable,
            0o120_000 => Mode::Symlink,
            0o160_000 => Mode::Submodule,
            other => return Err(refuse(format!("it holds an entry of the unknown kind {other:o}"))),
        };
        let id = <[u8; 20]>::try_from(entry.id.as_bytes()).map_err(|_| refuse("it names an odd object".into()))?;
        tracked.push(Tracked {
            mode,
            id: ObjectId::from_bytes(id),
            seen: Seen {
                bytes: entry.file_size,
                modified: (entry.mtime.seconds(), entry.mtime.nanoseconds()),
                inode: entry.ino,
            },
            path: entry.path,
        });
    }
    Ok(tracked)
}

/// What lies at a tracked file's place now: nothing where it was deleted.
fn lying(
    dir: &Dir,
    root: &Path,
    tracked: &Tracked,
    overlay: &mut Overlay,
    bytes_read: &mut u64,
) -> Result<Option<(Mode, ObjectId)>, ProgressError> {
    let path = PathBuf::from(std::ffi::OsString::from_vec(tracked.path.clone()));
    let unchanged = Ok(Some((tracked.mode, tracked.id)));
    let io = |source| ProgressError::Io {
        path: root.join(&path),
        source,
    };
    if tracked.mode == Mode::Submodule {
        return unchanged;
    }
    let metadata = match dir.symlink_metadata(&path) {
        Ok(metadata) => metadata,
        Err(error) if is_gone(&error) => return Ok(None),
        Err(error) => return Err(io(error)),
    };
    // The index keeps the low 32 bits.
    let seen = Seen {
        bytes: metadata.len() as u32,
        modified: (metadata.mtime() as i32, metadata.mtime_nsec() as u32),
        inode: metadata.ino() as u32,
    };
    let mode = if metadata.is_symlink() {
        Mode::Symlink
    } else if metadata.is_file() {
        let is_executable = metadata.mode() & 0o111 != 0;
        if is_executable { Mode::Executable } else { Mode::File }
    } else {
        return Ok(None);
    };
    if seen == tracked.seen && mode == tracked.mode && seen.modified.1 != 0 {
        return unchanged;
    }
    *bytes_read = bytes_read.saturating_add(metadata.len());
    if metadata.len() > FILE_BYTES_MAX || *bytes_read > CHANGED_BYTES_MAX {
        return Err(ProgressError::TooLarge(path.display().to_string()));
    }
    let contents = if mode == Mode::Symlink {
        dir.read_link_contents(&path)
            .map_err(io)?
            .as_os_str()
            .as_bytes()
            .to_vec()
    } else {
        let mut contents = Vec::new();
        let file = dir.open(&path).map_err(io)?;
        file.take(FILE_BYTES_MAX).read_to_end(&mut contents).map_err(io)?;
        contents
    };
    Ok(Some((mode, overlay.put(ObjectKind::Blob, contents))))
}

/// Deleted, or a folder of its path became something else.
fn is_gone(error: &std::io::Error) -> bool {
    matches!(
        error.kind(),
        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory
    )
}

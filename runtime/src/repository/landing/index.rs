//! The index of a work tree: read as git wrote it, and written with single entries changed.

use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use assize_provenance::reader::ObjectId;
use assize_provenance::tree::Mode;
use rustix::fs::Stat;

use super::{WorkTreeError, io_at};
use crate::case::path::RepositoryPath;
use crate::repository::write;

/// The largest index that is read, in bytes.
const BYTES_MAX: u64 = 512 << 20;
/// Flags of an entry that only says that a file will be added later, and of one whose file is not to be there.
const ODD_FLAGS: u16 = 0x2000 | 0x4000;

/// One tracked file.
#[derive(Debug, Clone)]
pub(super) struct Tracked {
    pub(super) path: RepositoryPath,
    pub(super) mode: Mode,
    pub(super) id: ObjectId,
    pub(super) seen: Seen,
    /// Whether it is neither merged nor staged nor there in the plain sense.
    pub(super) is_odd: bool,
}

/// What git saw of a file when it staged it: the low 32 bits of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seen {
    bytes: u32,
    modified: (i32, u32),
    changed: (i32, u32),
    inode: u32,
}

impl Seen {
    pub(super) fn of(stat: &Stat) -> Self {
        Self {
            bytes: stat.st_size as u32,
            modified: (stat.st_mtime as i32, stat.st_mtime_nsec as u32),
            changed: (stat.st_ctime as i32, stat.st_ctime_nsec as u32),
            inode: stat.st_ino as u32,
        }
    }

    /// Whether the file was changed so shortly before the index was written that a later change may not show.
    pub(super) fn is_racy(self, index: &Stat) -> bool {
        self.modified >= (index.st_mtime as i32, index.st_mtime_nsec as u32)
    }
}

/// Reads the index; no entries where there is none.
pub(super) fn read(path: &Path) -> Result<Vec<Tracked>, WorkTreeError> {
    let Some(index) = open(path)? else {
        return Ok(Vec::new());
    };
    let odd = |reason: String| WorkTreeError::IndexForm {
        path: path.to_owned(),
        reason,
    };
    let mut tracked = Vec::with_capacity(index.len());
    for entry in index.iter() {
        let mode = match entry.mode {
            0o100_644 | 0o100_664 => Mode::File,
            0o100_755 => Mode::Executable,
            0o120_000 => Mode::Symlink,
            0o160_000 => Mode::Submodule,
            other => return Err(odd(format!("it holds an entry of the unknown kind {other:o}"))),
        };
        let id = <[u8; 20]>::try_from(entry.id.as_bytes()).map_err(|_| odd("it names an odd object".to_owned()))?;
        // Bits 12 and 13: which side of an unfinished merge this is.
        let is_odd = (entry.flags >> 12) & 3 != 0 || entry.flags_extended & ODD_FLAGS != 0;
        tracked.push(Tracked {
            path: RepositoryPath::from_bytes(entry.path),
            mode,
            id: ObjectId::from_bytes(id),
            seen: Seen {
                bytes: entry.file_size,
                modified: (entry.mtime.seconds(), entry.mtime.nanoseconds()),
                changed: (entry.ctime.seconds(), entry.ctime.nanoseconds()),
                inode: entry.ino,
            },
            is_odd,
        });
    }
    Ok(tracked)
}

/// What is to stand in the index: nothing for what is to be gone; no look at the file where it is not known to be just that.
pub(super) struct Entry<'a> {
    pub(super) path: &'a RepositoryPath,
    pub(super) node: Option<(Mode, ObjectId, Option<Stat>)>,
}

/// Writes the index with some entries changed, in one step. `draft` is a file of ours, for libgit2 to work on. The lock of the
/// index is held.
pub(super) fn write(path: &Path, draft: &Path, entries: &[Entry<'_>]) -> Result<(), WorkTreeError> {
    let io = |error| io_at(draft, error);
    for left in [draft.to_owned(), draft.with_extension("draft.lock")] {
        match fs::remove_file(&left) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(io_at(&left, error)),
            _ => {}
        }
    }
    match fs::copy(path, draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(io(error)),
        _ => {}
    }
    let odd = |error: git2::Error| WorkTreeError::IndexForm {
        path: path.to_owned(),
        reason: error.message().to_owned(),
    };
    let mut index = git2::Index::open(draft).map_err(odd)?;
    for entry in entries {
        match &entry.node {
            // What is not there needs not to be removed.
            None => match index.remove(&as_path(entry.path), 0) {
                Err(error) if error.code() != git2::ErrorCode::NotFound => return Err(odd(error)),
                _ => {}
            },
            Some((mode, id, stat)) => index
                .add(&staged(entry.path, *mode, id, stat.as_ref()).map_err(odd)?)
                .map_err(odd)?,
        }
    }
    index.write().map_err(odd)?;
    let bytes = fs::read(draft).map_err(io)?;
    write::replace(path, &bytes)?;
    if let Some(folder) = path.parent() {
        write::sync_folder(folder)?;
    }
    fs::remove_file(draft).map_err(io)
}

fn staged(
    path: &RepositoryPath,
    mode: Mode,
    id: &ObjectId,
    stat: Option<&Stat>,
) -> Result<git2::IndexEntry, git2::Error> {
    let nothing = git2::IndexTime::new(0, 0);
    let mut entry = git2::IndexEntry {
        ctime: nothing,
        mtime: nothing,
        dev: 0,
        ino: 0,
        mode: match mode {
            Mode::Executable => 0o100_755,
            Mode::Symlink => 0o120_000,
            Mode::Submodule => 0o160_000,
            Mode::File | Mode::GroupWritable | Mode::Folder => 0o100_644,
        },
        uid: 0,
        gid: 0,
        file_size: 0,
        id: git2::Oid::from_bytes(id.as_bytes())?,
        flags: 0,
        flags_extended: 0,
        path: path.as_bytes().to_vec(),
    };
    if let Some(stat) = stat {
        let seen = Seen::of(stat);
        entry.ctime = git2::IndexTime::new(seen.changed.0, seen.changed.1);
        entry.mtime = git2::IndexTime::new(seen.modified.0, seen.modified.1);
        entry.dev = stat.st_dev as u32;
        entry.ino = seen.inode;
        entry.uid = stat.st_uid;
        entry.gid = stat.st_gid;
        entry.file_size = seen.bytes;
    }
    Ok(entry)
}

fn open(path: &Path) -> Result<Option<git2::Index>, WorkTreeError> {
    let odd = |reason: &str| WorkTreeError::IndexForm {
        path: path.to_owned(),
        reason: reason.to_owned(),
    };
    match fs::symlink_metadata(path) {
        Ok(metadata) if !metadata.is_file() => Err(odd("it is no regular file")),
        Ok(metadata) if metadata.len() > BYTES_MAX => Err(odd("it is too large")),
        Ok(_) => git2::Index::open(path).map(Some).map_err(|error| odd(error.message())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io_at(path, error)),
    }
}

fn as_path(path: &RepositoryPath) -> PathBuf {
    PathBuf::from(std::ffi::OsStr::from_bytes(path.as_bytes()))
}

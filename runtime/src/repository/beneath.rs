//! One folder of the machine and what lies beneath it, reached part by part and never through a link.
//!
//! Worktrees of agents and work trees of people are written here. Whoever can write in them may have put a link anywhere; a
//! path that leads over one counts as not there.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use rustix::fs::{
    AtFlags, Dir, FileType, Mode as Permissions, OFlags, Stat, fstat, mkdirat, openat, readlinkat, statat,
};
use rustix::io::Errno;

use crate::authority;
use crate::case::path::RepositoryPath;

const FOLDER: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);
/// Without waiting for whatever may stand in the place of a file.
const FILE: OFlags = OFlags::RDONLY
    .union(OFlags::NOFOLLOW)
    .union(OFlags::NONBLOCK)
    .union(OFlags::NOCTTY)
    .union(OFlags::CLOEXEC);
const NEW: OFlags = OFlags::WRONLY
    .union(OFlags::CREATE)
    .union(OFlags::EXCL)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

/// A folder that is open.
#[derive(Debug)]
pub(super) struct Beneath {
    root: OwnedFd,
}

/// What a file system says of a file, so that a change of it shows. The last two cannot be set by whoever changes the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) bytes: u64,
    pub(super) modified: (i64, u64),
    pub(super) changed: (i64, u64),
    pub(super) inode: u64,
}

impl Seen {
    pub(super) fn of(stat: &Stat) -> Self {
        Self {
            bytes: u64::try_from(stat.st_size).unwrap_or(u64::MAX),
            modified: (stat.st_mtime, stat.st_mtime_nsec),
            changed: (stat.st_ctime, stat.st_ctime_nsec),
            inode: stat.st_ino,
        }
    }
}

impl Beneath {
    /// Opens a folder; a link in its place is refused.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let root = authority::unlinked_folder(path)?;
        Ok(Self {
            root: OwnedFd::from(root.into_std_file()),
        })
    }

    pub(super) fn root(&self) -> &OwnedFd {
        &self.root
    }

    /// Opens the folder at `path`; nothing where there is none, or a link leads to it.
    pub(super) fn folder(&self, path: &RepositoryPath) -> io::Result<Option<OwnedFd>> {
        let mut here = self.root.try_clone()?;
        for part in path.parts() {
            match openat(&here, part, FOLDER, Permissions::empty()) {
                Ok(inner) => here = inner,
                Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => return Ok(None),
                Err(errno) => return Err(errno.into()),
            }
        }
        Ok(Some(here))
    }

    /// Opens the folder that `path` lies in.
    pub(super) fn above(&self, path: &RepositoryPath) -> io::Result<Option<OwnedFd>> {
        self.folder(&parent(path))
    }

    /// Opens the folder that `path` lies in and makes what is missing on the way.
    pub(super) fn made_above(&self, path: &RepositoryPath) -> io::Result<OwnedFd> {
        let mut here = self.root.try_clone()?;
        for part in parent(path).parts() {
            match mkdirat(&here, part, Permissions::from_raw_mode(0o777)) {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(errno) => return Err(errno.into()),
            }
            here = openat(&here, part, FOLDER, Permissions::empty())?;
        }
        Ok(here)
    }

    /// What stands at `path`, without following it.
    pub(super) fn look(&self, path: &RepositoryPath) -> io::Result<Option<Stat>> {
        let Some(folder) = self.above(path)? else {
            return Ok(None);
        };
        look(&folder, path.file_name())
    }
}

/// The folder that a path lies in.
pub(super) fn parent(path: &RepositoryPath) -> RepositoryPath {
    let bytes = path.as_bytes();
    let end = bytes.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
    RepositoryPath::from_bytes(bytes.get(..end).unwrap_or_default())
}

/// What stands under a name, without following it.
pub(super) fn look(folder: &OwnedFd, name: &[u8]) -> io::Result<Option<Stat>> {
    match statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => Ok(Some(stat)),
        Err(Errno::NOENT) => Ok(None),
        Err(errno) => Err(errno.into()),
    }
}

/// What kind of thing it is.
pub(super) fn kind(stat: &Stat) -> FileType {
    FileType::from_raw_mode(stat.st_mode)
}

/// Whether its owner may execute it.
pub(super) fn is_executable(stat: &Stat) -> bool {
    stat.st_mode & 0o100 != 0
}

/// Reads a regular file of at most `bytes_max` bytes, and what the file system says of just this file; nothing where it is
/// larger or something else stands there.
pub(super) fn read(folder: &OwnedFd, name: &[u8], bytes_max: u64) -> io::Result<Option<(Vec<u8>, Stat)>> {
    let file = match openat(folder, name, FILE, Permissions::empty()) {
        Ok(file) => File::from(file),
        Err(Errno::LOOP | Errno::NXIO) => return Ok(None),
        Err(errno) => return Err(errno.into()),
    };
    let stat = fstat(&file)?;
    if kind(&stat) != FileType::RegularFile {
        return Ok(None);
    }
    let mut bytes = Vec::with_capacity(usize::try_from(stat.st_size.clamp(0, 64 << 20)).unwrap_or_default());
    file.take(bytes_max.saturating_add(1)).read_to_end(&mut bytes)?;
    let is_whole = u64::try_from(bytes.len()).is_ok_and(|length| length <= bytes_max);
    Ok(is_whole.then_some((bytes, stat)))
}

/// Reads where a link leads to.
pub(super) fn read_link(folder: &OwnedFd, name: &[u8]) -> io::Result<Vec<u8>> {
    Ok(readlinkat(folder, name, Vec::new())?.into_bytes())
}

/// Writes a new file, under a name that is not taken.
pub(super) fn write_new(folder: &OwnedFd, name: &[u8], contents: &[u8], is_executable: bool) -> io::Result<File> {
    let permissions = Permissions::from_raw_mode(if is_executable { 0o777 } else { 0o666 });
    let mut file = File::from(openat(folder, name, NEW, permissions)?);
    file.write_all(contents)?;
    Ok(file)
}

/// The names in a folder, without `.` and `..`.
pub(super) fn names(folder: &OwnedFd) -> io::Result<Vec<Vec<u8>>> {
    let mut names = Vec::new();
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if name != b"." && name != b".." {
            names.push(name.to_vec());
        }
    }
    Ok(names)
}

/// Whether a link that lies at `path` leads to somewhere beneath the same folder, whatever other such links it passes: it is
/// relative, goes up first and then down, and not further up than the folder.
pub(super) fn stays_inside(path: &RepositoryPath, target: &[u8]) -> bool {
    let target = Path::new(std::ffi::OsStr::from_bytes(target));
    let mut above = path.parts().count().saturating_sub(1);
    let mut goes_down = false;
    for part in target.components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::Normal(_) => goes_down = true,
            std::path::Component::ParentDir if !goes_down && above > 0 => above = above.saturating_sub(1),
            _ => return false,
        }
    }
    !target.as_os_str().is_empty()
}

/// Opens a folder by its name in another one.
pub(super) fn open_folder(folder: &OwnedFd, name: &[u8]) -> io::Result<OwnedFd> {
    Ok(openat(folder, name, FOLDER, Permissions::empty())?)
}

//! The lock of one ref, in the place where git looks for one, that does not outlive its holder.
//!
//! `<ref>.lock` is created exclusively, so git and Assize keep out of each other's way. Git's own locks say nothing of
//! their holder, and one that a killed process left has to be deleted by hand. Ours hold a mark and are locked in the
//! operating system as well (`flock`), which ends with the process: a lock with the mark that nobody holds is taken over.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Mode, OFlags, linkat, openat};
use rustix::io::Errno;

use super::WriteError;

/// What our locks hold, while git's hold nothing or an object id.
const MARK: &[u8] = b"assize\n";
/// How often a lock that vanishes under our hands is tried again.
const TRIES_MAX: usize = 8;

/// A lock that is held; dropping it sets the ref free.
#[derive(Debug)]
pub(super) struct Lock {
    path: PathBuf,
    /// Keeps the lock of the operating system.
    _file: File,
}

impl Lock {
    /// Locks a ref, given the path of its file.
    pub(super) fn take(reference: &Path) -> Result<Self, WriteError> {
        let path = beside(reference, ".lock");
        for _ in 0..TRIES_MAX {
            let taken = create(&path).and_then(|created| match created {
                Some(file) => Ok(Some(file)),
                None => take_over(&path),
            });
            match taken {
                Ok(Some(file)) => return Ok(Self { path, _file: file }),
                Ok(None) => return Err(WriteError::Locked(path)),
                // Its holder was just done with it.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(WriteError::Io { place: path, error }),
            }
        }
        Err(WriteError::Locked(path))
    }

    /// Removes the lock of a ref that a killed process of ours left, and the value that it was writing. What somebody holds,
    /// and what is git's, stays.
    pub(super) fn release_left(reference: &Path) -> Result<(), WriteError> {
        let path = beside(reference, ".lock");
        match take_over(&path) {
            Ok(None) => Ok(()),
            Ok(Some(file)) => {
                let lock = Self { path, _file: file };
                let value = beside(reference, ".value.lock");
                let removed = fs::remove_file(&value);
                drop(lock);
                match removed {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => {
                        Err(WriteError::Io { place: value, error })
                    }
                    _ => Ok(()),
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(WriteError::Io { place: path, error }),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Nothing can be done about a failure here; the next writer takes the lock over.
        let _ = fs::remove_file(&self.path);
    }
}

/// Returns the path of a file that lies beside a ref and, ending in `.lock`, can be no ref.
pub(super) fn beside(reference: &Path, end: &str) -> PathBuf {
    let mut path = reference.as_os_str().to_owned();
    path.push(end);
    PathBuf::from(path)
}

/// Creates the lock; `None` where there is one already. It gets its name when it is marked and held, so that a process which is
/// killed leaves none that could be git's.
fn create(path: &Path) -> io::Result<Option<File>> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::Error::other("it has no name"));
    };
    let nameless = OFlags::WRONLY | OFlags::TMPFILE | OFlags::CLOEXEC;
    let folder = File::open(folder)?;
    let mut file = match openat(&folder, ".", nameless, Mode::from_raw_mode(0o644)) {
        Ok(file) => File::from(file),
        // A file system that has no files without a name.
        Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::NOSYS | Errno::INVAL) => return create_named(path),
        Err(errno) => return Err(errno.into()),
    };
    file.lock()?;
    file.write_all(MARK)?;
    let nameless = format!("/proc/self/fd/{}", file.as_raw_fd());
    match linkat(CWD, nameless.as_str(), &folder, name, AtFlags::SYMLINK_FOLLOW) {
        Ok(()) => Ok(Some(file)),
        Err(Errno::EXIST) => Ok(None),
        // Nobody has mounted what shows open files under names.
        Err(Errno::NOENT) => create_named(path),
        Err(errno) => Err(errno.into()),
    }
}

/// Creates the lock under its name. Killed in that moment, we leave one that has to be deleted by hand.
fn create_named(path: &Path) -> io::Result<Option<File>> {
    let mut file = match OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(None),
        Err(error) => return Err(error),
    };
    // Whoever looks at the file before the mark stands in it lets go of it at once.
    file.lock()?;
    file.write_all(MARK)?;
    Ok(Some(file))
}

/// Takes over a lock of ours whose holder is gone; `None` where somebody holds it, or it is git's.
fn take_over(path: &Path) -> io::Result<Option<File>> {
    if !fs::symlink_metadata(path)?.is_file() {
        return Ok(None);
    }
    let mut file = File::open(path)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(fs::TryLockError::WouldBlock) => return Ok(None),
        Err(fs::TryLockError::Error(error)) => return Err(error),
    }
    let mut mark = Vec::new();
    (&mut file).take(MARK.len() as u64 + 1).read_to_end(&mut mark)?;
    // The holder may have removed the file, and another one created its own, between the opening and the locking.
    if mark != MARK || !is_same(&file.metadata()?, &fs::symlink_metadata(path)?) {
        return Ok(None);
    }
    Ok(Some(file))
}

#[cfg(unix)]
fn is_same(ours: &fs::Metadata, there: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    (ours.dev(), ours.ino()) == (there.dev(), there.ino())
}

/// Elsewhere files are not told apart, so no lock is taken over.
#[cfg(not(unix))]
fn is_same(_ours: &fs::Metadata, _there: &fs::Metadata) -> bool {
    false
}

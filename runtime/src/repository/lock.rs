//! The lock of one ref, in the place where git looks for one, that does not outlive its holder.
//!
//! `<ref>.lock` is created exclusively, so git and Assize keep out of each other's way. Git's own locks say nothing of
//! their holder, and one that a killed process left has to be deleted by hand. Ours hold a mark and are locked in the
//! operating system as well (`flock`), which ends with the process: a lock with the mark that nobody holds is taken over.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

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

/// Creates the lock; `None` where there is one already.
fn create(path: &Path) -> io::Result<Option<File>> {
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

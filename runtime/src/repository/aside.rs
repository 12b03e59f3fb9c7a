//! A folder of our own for what is not there yet or not any more: worktrees while they are made and while they are removed.
//!
//! Whoever uses such a folder holds its lock, which ends with the process. One that nobody holds was left behind by a kill and
//! is removed with all that lies in it: folders that were closed, and ones too deep for any path or any stack.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::fs::{
    AtFlags, FlockOperation, Mode as Permissions, OFlags, chmod, flock, fstat, openat, renameat, unlinkat,
};
use rustix::io::Errno;

use super::beneath::{Beneath, names, open_folder};

/// How often a folder is made anew when somebody takes it for one that was left behind in the moment it is made, and how often
/// a lock is tried.
const TRIES_MAX: usize = 8;
/// How long is waited before a lock is tried again.
const NAP: Duration = Duration::from_millis(5);

/// A folder that is held; dropping it removes it with what lies in it.
#[derive(Debug)]
pub(super) struct Aside {
    path: PathBuf,
    folder: Beneath,
    is_cleared: bool,
}

impl Aside {
    /// Makes a folder in `parent`, for this user alone.
    pub(super) fn make(parent: &Path) -> io::Result<Self> {
        for _ in 0..TRIES_MAX {
            let path = parent.join(unique());
            DirBuilder::new().mode(0o700).create(&path)?;
            if let Some(held) = Self::take(&path)? {
                return Ok(held);
            }
        }
        Err(io::Error::other("other processes remove whatever is made here"))
    }

    /// Takes a folder that nobody holds; nothing where somebody does, or it has gone.
    pub(super) fn take(path: &Path) -> io::Result<Option<Self>> {
        let folder = match Beneath::open(path) {
            Ok(folder) => folder,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        if !hold(&folder)? {
            return Ok(None);
        }
        Ok(Some(Self {
            path: path.to_owned(),
            folder,
            is_cleared: false,
        }))
    }

    /// The place of a thing in it.
    pub(super) fn place(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Removes the folder with what lies in it.
    pub(super) fn clear(mut self) -> io::Result<()> {
        self.is_cleared = true;
        self.empty()
    }

    /// Whatever is a folder is moved up before it is emptied, so that nothing is ever more than one folder deep.
    fn empty(&self) -> io::Result<()> {
        let top = self.folder.root();
        let mut count = 0_u64;
        let mut waiting = names(top)?;
        while let Some(name) = waiting.pop() {
            if unlink(top, &name)? {
                continue;
            }
            let Some(inner) = opened(top, &name)? else { continue };
            for entry in names(&inner)? {
                if unlink(&inner, &entry)? {
                    continue;
                }
                // A folder is moved only by who may write in it.
                drop(opened(&inner, &entry)?);
                let moved = loop {
                    let free = format!("up-{count}").into_bytes();
                    count = count.saturating_add(1);
                    match renameat(&inner, entry.as_slice(), top, free.as_slice()) {
                        Ok(()) => break Some(free),
                        Err(Errno::NOENT) => break None,
                        Err(Errno::NOTEMPTY | Errno::EXIST | Errno::NOTDIR) => {}
                        Err(errno) => return Err(errno.into()),
                    }
                };
                waiting.extend(moved);
            }
            if let Err(errno) = unlinkat(top, name.as_slice(), AtFlags::REMOVEDIR)
                && errno != Errno::NOENT
            {
                return Err(errno.into());
            }
        }
        match fs::remove_dir(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        if !self.is_cleared {
            // Whoever sweeps next removes what could not be removed here.
            let _ = self.empty();
        }
    }
}

/// Takes the lock of a folder; false where somebody else holds it, or the folder has gone. A process that is just being started
/// holds the locks of its parent for a moment, so a lock that was given back a moment ago is waited for.
pub(super) fn hold(folder: &Beneath) -> io::Result<bool> {
    for _ in 0..TRIES_MAX {
        match flock(folder.root(), FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(fstat(folder.root())?.st_nlink > 0),
            Err(Errno::WOULDBLOCK) => thread::sleep(NAP),
            Err(errno) => return Err(errno.into()),
        }
    }
    Ok(false)
}

/// Removes what is no folder, or an empty one; false where it is a folder with something in it.
fn unlink(folder: &OwnedFd, name: &[u8]) -> io::Result<bool> {
    match unlinkat(folder, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => Ok(true),
        Err(Errno::ISDIR | Errno::PERM) => Ok(unlinkat(folder, name, AtFlags::REMOVEDIR).is_ok()),
        Err(errno) => Err(errno.into()),
    }
}

/// Opens a folder, with all rights for its owner; nothing where it has gone.
fn opened(parent: &OwnedFd, name: &[u8]) -> io::Result<Option<OwnedFd>> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let place = match openat(parent, name, flags, Permissions::empty()) {
        Ok(place) => place,
        Err(Errno::NOENT) => return Ok(None),
        Err(errno) => return Err(errno.into()),
    };
    // By what was opened and not by its name, under which something else may stand by now.
    chmod(format!("/proc/self/fd/{}", place.as_raw_fd()), Permissions::RWXU)?;
    open_folder(parent, name).map(Some)
}

/// A name that no other process, and nobody else in this one, uses.
fn unique() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("{}-{count}-{}", std::process::id(), now.as_nanos())
}

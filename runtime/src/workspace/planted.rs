//! What a command may not leave behind: names that some program takes for a repository's inside or for the rules.
//!
//! Where a folder is open as a whole, the kernel lets a command make any name in it. So afterwards the folders that were open are
//! looked through, and what is called `.git` or `.assize` there was made by the command, since such a folder held none.

use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use assize_provenance::pattern::is_guarded;
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, chmod, fchmod, fstat, openat, statat, unlinkat};
use rustix::io::Errno;

use super::descent::DEPTH_MAX;
use super::walk::{kind, open_folder};
use super::{Opening, Refusal, Visit};
use crate::case::path::{RepositoryPath, escape};

impl Visit {
    /// Removes what a command has planted in the folders that were open to it for making, and returns the paths.
    ///
    /// # Errors
    ///
    /// When something that was found cannot be removed.
    pub fn remove_planted(&self, openings: &[Opening]) -> Result<Vec<RepositoryPath>, Refusal> {
        let mut removed = Vec::new();
        for opening in openings.iter().filter(|opening| opening.make) {
            let mut folder = self.root()?;
            let mut path = RepositoryPath::default();
            let mut is_there = true;
            for part in opening.path.parts() {
                path = path.join(part);
                let Some(inner) = open_made(&folder, part, &path)? else {
                    is_there = false;
                    break;
                };
                folder = inner;
            }
            if is_there {
                look(&folder, &path, &mut removed)?;
            }
        }
        Ok(removed)
    }
}

/// Looks through a folder and what lies below it, however deep a command has made it.
fn look(folder: &OwnedFd, path: &RepositoryPath, removed: &mut Vec<RepositoryPath>) -> Result<(), Refusal> {
    let mut waiting = vec![(
        folder.try_clone().map_err(|error| gone(path, &error.to_string()))?,
        path.clone(),
    )];
    while let Some((folder, path)) = waiting.pop() {
        for (name, kind) in names(&folder) {
            let inner = path.join(&name);
            if is_guarded(&escape(&name)) {
                remove(&folder, &name, &inner, DEPTH_MAX)?;
                removed.push(inner);
            } else if kind == FileType::Directory
                && let Some(found) = open_made(&folder, &name, &inner)?
            {
                waiting.push((found, inner));
            }
        }
    }
    Ok(())
}

/// Opens a folder that a command may have closed, so that nobody would look into it; nothing where it has gone meanwhile. Only what
/// a command has closed itself is changed: a folder that could not be looked into before was not open as a whole.
fn open_made(parent: &OwnedFd, name: &[u8], path: &RepositoryPath) -> Result<Option<OwnedFd>, Refusal> {
    if let Ok(folder) = open_folder(parent.as_fd(), name, path) {
        let mode = fstat(&folder).map_or(0, |stat| stat.st_mode);
        if Mode::from_raw_mode(mode).contains(Mode::RUSR | Mode::XUSR) {
            return Ok(Some(folder));
        }
    }
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let place = match openat(parent, name, flags, Mode::empty()) {
        Ok(place) => place,
        // A link that somebody put there meanwhile is never gone through.
        Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => return Ok(None),
        Err(errno) => return Err(unseen(path, &errno.to_string())),
    };
    // By what was opened and not by its name, under which something else may stand by now.
    let opened = chmod(format!("/proc/self/fd/{}", place.as_raw_fd()), Mode::RWXU);
    opened.map_err(|errno| unseen(path, &errno.to_string()))?;
    match open_folder(parent.as_fd(), name, path) {
        Ok(folder) => Ok(Some(folder)),
        Err(Refusal::NotFound(_)) => Ok(None),
        Err(_) => Err(unseen(path, "it still does not open")),
    }
}

fn names(folder: &OwnedFd) -> Vec<(Vec<u8>, FileType)> {
    let Ok(entries) = Dir::read_from(folder) else {
        return Vec::new();
    };
    let entries = entries.flatten().filter_map(|entry| {
        let name = entry.file_name().to_bytes().to_vec();
        let file_type = match entry.file_type() {
            FileType::Unknown => kind(&statat(folder, name.as_slice(), AtFlags::SYMLINK_NOFOLLOW).ok()?),
            known => known,
        };
        (name != b"." && name != b"..").then_some((name, file_type))
    });
    entries.collect()
}

/// Removes an entry with all that lies in it.
fn remove(parent: &OwnedFd, name: &[u8], path: &RepositoryPath, depth: usize) -> Result<(), Refusal> {
    let unlinked = match unlinkat(parent, name, AtFlags::empty()) {
        Err(Errno::ACCESS) => {
            // The folder around it may have been closed for changes.
            let _ = fchmod(parent, Mode::RWXU);
            unlinkat(parent, name, AtFlags::empty())
        }
        unlinked => unlinked,
    };
    if unlinked.is_ok() {
        return Ok(());
    }
    let Some(depth) = depth.checked_sub(1) else {
        return Err(gone(path, "it lies too deep"));
    };
    if let Some(folder) = open_made(parent, name, path)? {
        for (inner, _) in names(&folder) {
            remove(&folder, &inner, &path.join(&inner), depth)?;
        }
    }
    unlinkat(parent, name, AtFlags::REMOVEDIR).map_err(|errno| gone(path, &errno.to_string()))
}

fn unseen(path: &RepositoryPath, reason: &str) -> Refusal {
    Refusal::Unavailable(format!(
        "the command has closed the folder `{path}`, which cannot be looked into: {reason}; look into it before git is used there"
    ))
}

fn gone(path: &RepositoryPath, reason: &str) -> Refusal {
    Refusal::Unavailable(format!(
        "the command has made `{path}`, which cannot be removed: {reason}; remove it before git is used there"
    ))
}

//! Everything below a folder, in byte order of the paths, without following a link.

use std::os::fd::{AsFd, OwnedFd};
use std::vec::IntoIter;

use rustix::fs::{AtFlags, Dir, FileType, Stat, statat};
use rustix::io::Errno;

use super::walk::{kind, open_folder};
use super::{FOLDER_ENTRIES_MAX, Refusal, temporary};
use crate::case::path::RepositoryPath;

/// How many folders deep a descent goes.
pub(super) const DEPTH_MAX: usize = 64;

/// One entry of a folder.
pub(super) struct Found {
    pub(super) name: Vec<u8>,
    pub(super) stat: Stat,
}

/// The names in a folder, without those of temporary files, in byte order.
pub(super) fn names(folder: &OwnedFd, path: &RepositoryPath) -> Result<Vec<Vec<u8>>, Refusal> {
    let mut names = Vec::new();
    for entry in Dir::read_from(folder).map_err(|errno| Refusal::of(errno, path))? {
        let entry = entry.map_err(|errno| Refusal::of(errno, path))?;
        let name = entry.file_name().to_bytes();
        if name == b"." || name == b".." || temporary::is_ours(name) {
            continue;
        }
        if names.len() >= FOLDER_ENTRIES_MAX {
            return Err(Refusal::Limit(format!(
                "the folder `{path}` has more than {FOLDER_ENTRIES_MAX} entries"
            )));
        }
        names.push(name.to_owned());
    }
    names.sort_unstable();
    Ok(names)
}

/// Looks at one entry; nothing where it has gone meanwhile.
pub(super) fn entry(folder: &OwnedFd, name: Vec<u8>, path: &RepositoryPath) -> Result<Option<Found>, Refusal> {
    match statat(folder, name.as_slice(), AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => Ok(Some(Found { name, stat })),
        Err(Errno::NOENT) => Ok(None),
        Err(errno) => Err(Refusal::of(errno, &path.join(&name))),
    }
}

/// A folder on the way down, and what of it is still to come.
struct Level {
    path: RepositoryPath,
    folder: OwnedFd,
    entries: IntoIter<Found>,
}

/// Goes through a folder depth first.
pub(super) struct Descent {
    levels: Vec<Level>,
    entries_left: usize,
    entries_max: usize,
}

impl Descent {
    /// Starts in `folder`, which lies at `path`. At most `entries_max` entries are passed.
    pub(super) fn new(folder: OwnedFd, path: RepositoryPath, entries_max: usize) -> Result<Self, Refusal> {
        let mut descent = Self {
            levels: Vec::new(),
            entries_left: entries_max,
            entries_max,
        };
        descent.push(folder, path)?;
        Ok(descent)
    }

    /// The next entry, with the folder it lies in. `enter` says whether a folder is gone into.
    pub(super) fn next(
        &mut self,
        mut enter: impl FnMut(&RepositoryPath) -> bool,
    ) -> Result<Option<(RepositoryPath, Found)>, Refusal> {
        while let Some(level) = self.levels.last_mut() {
            let Some(found) = level.entries.next() else {
                self.levels.pop();
                continue;
            };
            let path = level.path.join(&found.name);
            if kind(&found.stat) == FileType::Directory && enter(&path) {
                match open_folder(level.folder.as_fd(), &found.name, &path) {
                    Ok(folder) => self.push(folder, path.clone())?,
                    // It has gone, or become something else, since it was listed.
                    Err(Refusal::NotFound(_) | Refusal::Link(_)) => continue,
                    Err(refusal) => return Err(refusal),
                }
            }
            return Ok(Some((path, found)));
        }
        Ok(None)
    }

    /// The folder that the last entry that is no folder lies in.
    pub(super) fn here(&self) -> Option<&OwnedFd> {
        self.levels.last().map(|level| &level.folder)
    }

    fn push(&mut self, folder: OwnedFd, path: RepositoryPath) -> Result<(), Refusal> {
        if self.levels.len() > DEPTH_MAX {
            return Err(Refusal::Limit(format!(
                "`{path}` lies more than {DEPTH_MAX} folders deep"
            )));
        }
        let names = names(&folder, &path)?;
        self.entries_left = self.entries_left.checked_sub(names.len()).ok_or_else(|| {
            Refusal::Limit(format!(
                "at most {} files and folders are passed at once",
                self.entries_max
            ))
        })?;
        let mut entries = Vec::with_capacity(names.len());
        for name in names {
            entries.extend(entry(&folder, name, &path)?);
        }
        // The order of the whole paths: a folder stands where its name with a slash behind it would.
        entries.sort_by_cached_key(|found| {
            let mut key = found.name.clone();
            if kind(&found.stat) == FileType::Directory {
                key.push(b'/');
            }
            key
        });
        self.levels.push(Level {
            path,
            folder,
            entries: entries.into_iter(),
        });
        Ok(())
    }
}

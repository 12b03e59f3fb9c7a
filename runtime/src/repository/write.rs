//! Moves one ref from an old value to a new one, or not at all.
//!
//! The protocol is git's, so that git and Assize keep out of each other's way: under `<ref>.lock` the old value is read, the
//! new one is written to a file beside it and synced, and renaming that is the one step that counts. The folder is synced
//! before success is reported. A process that is killed anywhere leaves the old value or the new one, and no lock that
//! stops the next.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use assize_provenance::git::{RefTarget, is_ref_name};
use assize_provenance::reader::{ObjectId, ObjectReader as _, ReadError};

use super::Repository;
use super::lock::{Lock, beside};

/// Why a ref was not moved. Nothing has changed then, unless [`WriteError::Io`] says so.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The name is no full name of a ref.
    #[error("`{0}` is no full name of a ref")]
    Name(String),
    /// Somebody else holds the lock, or left it behind.
    #[error(
        "the ref is locked by {}; another program is writing it. If none is running, delete that file", .0.display()
    )]
    Locked(PathBuf),
    /// The ref is not where it was.
    #[error("the ref {name} is at {} and not at {} any more; read it again", shown(*found), shown(*expected))]
    Moved {
        /// The ref.
        name: String,
        /// Where it was to be.
        expected: Option<ObjectId>,
        /// Where it is.
        found: Option<ObjectId>,
    },
    /// Another ref stands in the way, as `a` does for `a/b`.
    #[error("the ref {name} cannot exist beside {other}")]
    InTheWay {
        /// The ref.
        name: String,
        /// The one in the way.
        other: String,
    },
    /// It is a symbolic ref, or something on the way to it is a link.
    #[error("{0} is a link or a symbolic ref, and is not written through")]
    Link(String),
    /// Refs were not read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The machine failed.
    #[error("{}: {error}", place.display())]
    Io {
        /// What was written.
        place: PathBuf,
        /// What the operating system says.
        error: io::Error,
    },
}

fn shown(id: Option<ObjectId>) -> String {
    id.map_or_else(|| "no commit".to_owned(), |id| id.to_string())
}

impl Repository {
    /// Sets the ref `name` to `new` if it is at `old` now, where `None` means that it does not exist. On success the new
    /// value is on disk.
    ///
    /// # Errors
    ///
    /// Every [`WriteError`]. After [`WriteError::Moved`] and [`WriteError::Locked`] the caller may try again.
    pub fn update_ref(&self, name: &str, old: Option<ObjectId>, new: ObjectId) -> Result<(), WriteError> {
        self.update_ref_if(name, old, new, || Ok(()))
    }

    /// Does the same, and asks `inside` last, while the ref is locked and at its old value: nothing is written where that says
    /// no.
    pub(super) fn update_ref_if<E: From<WriteError>>(
        &self,
        name: &str,
        old: Option<ObjectId>,
        new: ObjectId,
        inside: impl FnOnce() -> Result<(), E>,
    ) -> Result<(), E> {
        if !name.starts_with("refs/") || !is_ref_name(name) {
            return Err(WriteError::Name(name.to_owned()).into());
        }
        let folder = self.make_folders(name)?;
        let path = self.places().common_dir.join(name);
        let lock = Lock::take(&path)?;
        let found = match self.objects().ref_files().read(name).map_err(WriteError::from)? {
            Some(RefTarget::Object(id)) => Some(id),
            Some(RefTarget::Symbolic(_)) => return Err(WriteError::Link(name.to_owned()).into()),
            None => None,
        };
        if found != old {
            return Err(WriteError::Moved {
                name: name.to_owned(),
                expected: old,
                found,
            }
            .into());
        }
        if found.is_none() {
            self.refuse_neighbours(name)?;
        }
        inside()?;
        replace(&path, format!("{new}\n").as_bytes())?;
        sync_folder(&folder)?;
        drop(lock);
        Ok(())
    }

    /// Makes the folders above a ref and syncs those that are new; returns the last one.
    fn make_folders(&self, name: &str) -> Result<PathBuf, WriteError> {
        let mut folder = self.places().common_dir.clone();
        let folders = name.rsplit_once('/').map_or("", |(folders, _)| folders);
        for part in folders.split('/') {
            let above = folder.clone();
            folder.push(part);
            match fs::symlink_metadata(&folder) {
                Ok(metadata) if metadata.is_dir() => continue,
                Ok(metadata) if metadata.is_file() => {
                    let other = folder
                        .strip_prefix(&self.places().common_dir)
                        .unwrap_or(&folder)
                        .display()
                        .to_string();
                    return Err(WriteError::InTheWay {
                        name: name.to_owned(),
                        other,
                    });
                }
                Ok(_) => return Err(WriteError::Link(folder.display().to_string())),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(WriteError::Io { place: folder, error }),
            }
            match fs::create_dir(&folder) {
                Ok(()) => sync_folder(&above)?,
                // Another process was faster.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(WriteError::Io { place: folder, error }),
            }
        }
        Ok(folder)
    }

    /// A ref that is new must not have the name of a folder of refs, nor lie under a ref; packed ones show no folder.
    fn refuse_neighbours(&self, name: &str) -> Result<(), WriteError> {
        let in_the_way = |other: String| WriteError::InTheWay {
            name: name.to_owned(),
            other,
        };
        if let Some((other, _)) = self.objects().refs(&format!("{name}/"))?.into_iter().next() {
            return Err(in_the_way(other));
        }
        let mut above = name;
        while let Some((folder, _)) = above.rsplit_once('/') {
            if folder.contains('/') && self.objects().ref_files().read(folder)?.is_some() {
                return Err(in_the_way(folder.to_owned()));
            }
            above = folder;
        }
        Ok(())
    }
}

/// Writes the value to a file of its own and renames that to the ref, which is the one step that counts. The lock is held.
pub(super) fn replace(reference: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    let path = beside(reference, ".value.lock");
    let io = |error| WriteError::Io {
        place: path.clone(),
        error,
    };
    // A killed process may have left one.
    if let Err(error) = fs::remove_file(&path)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(io(error));
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&path)
        .map_err(io)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(io)?;
    // Git leaves empty folders behind when it deletes refs; such a one stands in the way of a ref of its name.
    let _ = fs::remove_dir(reference);
    fs::rename(&path, reference).map_err(io)
}

pub(super) fn sync_folder(folder: &Path) -> Result<(), WriteError> {
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|error| WriteError::Io {
        place: folder.to_owned(),
        error,
    })
}

//! Git's hooks: files in the common folder's `hooks/`, which all work trees share.
//!
//! A file is ours where its bytes are exactly those we write; anything else is somebody's own and is never touched. Git looks
//! elsewhere where `core.hooksPath` is set. Of the repository's configuration that one key is read, to say so; the user's own
//! configuration is not.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use assize_provenance::git::config;
use assize_provenance::reader::ReadError;

use super::Repository;

/// What git asks of a hook: that it can be executed.
const MODE: u32 = 0o755;

/// What stands at a hook's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HookState {
    /// Nothing.
    Absent,
    /// What we wrote, byte for byte.
    Ours,
    /// Something else.
    Other,
}

/// Why a hook was not installed or removed. Then nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum HookError {
    /// Git does not look where we would write.
    #[error(
        "{} sets core.hooksPath to `{folder}`, so git does not look into {}; put a line into your own hooks there that runs \
         `assize hook run commit-msg \"$@\"` or `assize hook run pre-push \"$@\"`", config.display(), hooks.display()
    )]
    Elsewhere {
        /// The configuration that says so.
        config: PathBuf,
        /// Where git looks.
        folder: String,
        /// Where it does not.
        hooks: PathBuf,
    },
    /// The folder of hooks is a link or a file.
    #[error("{} is no folder, and hooks are not written through a link; make it a folder", .0.display())]
    NoFolder(PathBuf),
    /// The configuration was not read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The machine failed.
    #[error("{}: {error}", place.display())]
    Io {
        /// What was read or written.
        place: PathBuf,
        /// What the operating system says.
        error: io::Error,
    },
}

impl HookError {
    /// Whether the machine failed, rather than the repository.
    #[must_use]
    pub fn is_machine(&self) -> bool {
        match self {
            Self::Io { .. } => true,
            Self::Read(error) => error.is_machine(),
            Self::Elsewhere { .. } | Self::NoFolder(_) => false,
        }
    }
}

/// The hooks of one repository.
#[derive(Debug, Clone)]
pub struct Hooks {
    folder: PathBuf,
}

impl Repository {
    /// Finds the folder of hooks.
    ///
    /// # Errors
    ///
    /// [`HookError::Elsewhere`] where the repository's configuration sends git to another folder.
    pub fn hooks(&self) -> Result<Hooks, HookError> {
        let places = self.places();
        let folder = places.common_dir.join("hooks");
        for file in [places.common_dir.join("config"), places.git_dir.join("config.worktree")] {
            let set = config::section(&file, "core")?;
            if let Some((_, elsewhere)) = set.into_iter().rfind(|(key, _)| key == "hookspath") {
                return Err(HookError::Elsewhere {
                    config: file,
                    folder: elsewhere,
                    hooks: folder,
                });
            }
        }
        match fs::symlink_metadata(&folder) {
            Ok(metadata) if metadata.is_dir() => {}
            Ok(_) => return Err(HookError::NoFolder(folder)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(HookError::Io { place: folder, error }),
        }
        Ok(Hooks { folder })
    }
}

impl Hooks {
    /// Returns where a hook lies.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Tells what stands at a hook's place, given the bytes that ours has.
    ///
    /// # Errors
    ///
    /// [`HookError::Io`].
    pub fn state(&self, name: &str, text: &str) -> Result<HookState, HookError> {
        let path = self.path(name);
        let state = |path: &Path| match fs::symlink_metadata(path) {
            // A file of another length is not ours, however long it is.
            Ok(metadata) if metadata.is_file() && metadata.len() == text.len() as u64 => {
                let is_ours = fs::read(path)? == text.as_bytes();
                Ok(if is_ours { HookState::Ours } else { HookState::Other })
            }
            Ok(_) => Ok(HookState::Other),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(HookState::Absent),
            Err(error) => Err(error),
        };
        state(&path).map_err(|error| HookError::Io { place: path, error })
    }

    /// Puts a hook there unless something stands there, and returns what stood there before. On success it is on disk.
    ///
    /// # Errors
    ///
    /// [`HookError::Io`].
    pub fn install(&self, name: &str, text: &str) -> Result<HookState, HookError> {
        let before = self.state(name, text)?;
        if before != HookState::Absent {
            return Ok(before);
        }
        let path = self.path(name);
        let new = self.folder.join(format!(".{name}.assize-new"));
        match self.write(&new, &path, text) {
            Ok(()) => Ok(HookState::Absent),
            // Somebody put one there in the meantime.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(HookState::Other),
            Err(error) => Err(HookError::Io { place: path, error }),
        }
    }

    /// Writes the file beside its place and links it there, which fails where something stands there.
    fn write(&self, new: &Path, path: &Path, text: &str) -> io::Result<()> {
        match fs::create_dir(&self.folder) {
            Ok(()) => sync(self.folder.parent().unwrap_or(&self.folder))?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
        // A killed process may have left one.
        remove_if_there(new)?;
        let mut file = OpenOptions::new().write(true).create_new(true).open(new)?;
        file.write_all(text.as_bytes())?;
        file.set_permissions(Permissions::from_mode(MODE))?;
        file.sync_all()?;
        let linked = fs::hard_link(new, path);
        remove_if_there(new)?;
        linked?;
        sync(&self.folder)
    }

    /// Removes a hook that is ours, and returns what stood there before.
    ///
    /// # Errors
    ///
    /// [`HookError::Io`].
    pub fn remove(&self, name: &str, text: &str) -> Result<HookState, HookError> {
        let before = self.state(name, text)?;
        if before == HookState::Ours {
            let path = self.path(name);
            let removed = fs::remove_file(&path).and_then(|()| sync(&self.folder));
            removed.map_err(|error| HookError::Io { place: path, error })?;
        }
        Ok(before)
    }
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder).and_then(|folder| folder.sync_all())
}

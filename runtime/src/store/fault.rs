//! Why the store cannot be used.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use crate::event::v1::FormError;

/// Why the store cannot be used. Nothing of what was asked is acknowledged then; after [`StoreError::Io`] a part of the disk
/// failed, and whether the whole of it is there is known when the store is opened again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Reading or writing failed.
    #[error("{}: {reason}; look after the disk and run this again", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// The disk is full, or the file may not grow.
    #[error("{} cannot grow: the disk is full or a quota is used up; free some space and run this again", .0.display())]
    Full(PathBuf),
    /// The file may not be written.
    #[error("{} cannot be written: the disk, the folder or the file is read-only; make it writable and run this again", .0.display())]
    ReadOnly(PathBuf),
    /// Somebody else holds the store for too long.
    #[error(
        "another process holds the store {} since more than {waited_millis} ms; wait for it, or end it, and run this again", path.display()
    )]
    Locked {
        /// The file.
        path: PathBuf,
        /// How long was waited, in milliseconds.
        waited_millis: u64,
    },
    /// The file was moved or removed while it was open.
    #[error("{} was moved or removed while it was in use; put it back, or run this again to start a new one", .0.display())]
    Moved(PathBuf),
    /// What was written is not there any more.
    #[error("the store {} is damaged ({reason}); restore it from a backup, or move it away with its `-wal` file: the next run starts a new one", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        reason: String,
    },
    /// The file is none of ours.
    #[error("{} is no store of Assize ({reason}); move it away, and the next run starts a new one", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The file is of a later version of Assize.
    #[error(
        "the store {} has version {found}, and this Assize knows versions up to {known}; run the Assize that wrote it, or a newer one", path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u64,
        /// The newest version that is known here.
        known: u64,
    },
    /// What was to be recorded is none of what the store takes. The caller should have known.
    #[error("this cannot be recorded: {0}")]
    Unfit(String),
    /// The thread that writes has ended. This is a bug in Assize.
    #[error("the writer of the store {} has ended; nothing more can be recorded", .0.display())]
    Stopped(PathBuf),
}

impl StoreError {
    /// Whether the machine failed, rather than what it was given.
    #[must_use]
    pub fn is_machine(&self) -> bool {
        matches!(
            self,
            Self::Io { .. } | Self::Full(_) | Self::ReadOnly(_) | Self::Locked { .. } | Self::Moved(_)
        )
    }

    /// Whether Assize itself made a mistake.
    #[must_use]
    pub fn is_bug(&self) -> bool {
        matches!(self, Self::Unfit(_) | Self::Stopped(_))
    }

    pub(super) fn io(path: &Path, error: &std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded | std::io::ErrorKind::FileTooLarge => {
                Self::Full(path.to_owned())
            }
            std::io::ErrorKind::ReadOnlyFilesystem | std::io::ErrorKind::PermissionDenied => {
                Self::ReadOnly(path.to_owned())
            }
            _ => Self::Io {
                path: path.to_owned(),
                reason: error.to_string(),
            },
        }
    }

    pub(super) fn foreign(path: &Path, reason: impl Into<String>) -> Self {
        Self::Foreign {
            path: path.to_owned(),
            reason: reason.into(),
        }
    }
}

/// What went wrong inside, before it is said of which file.
#[derive(Debug)]
pub(super) enum Failure {
    /// SQLite says so.
    Sql(rusqlite::Error),
    /// A row does not hold what it should.
    Damaged(String),
    /// It is known already.
    Known(StoreError),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Known(error)
    }
}

impl Failure {
    /// An event that cannot be read.
    pub(super) fn event(sequence: u64, error: &FormError) -> Self {
        Self::Damaged(format!("event {sequence}: {error}"))
    }

    /// Whether it only has to be waited for.
    pub(super) fn is_busy(&self) -> bool {
        let Self::Sql(error) = self else { return false };
        let code = error.sqlite_error_code();
        matches!(
            code,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed)
        )
    }

    /// Says of which file it is.
    pub(super) fn of(self, path: &Path, waited_millis: u64) -> StoreError {
        let (is_busy, path) = (self.is_busy(), path.to_owned());
        let error = match self {
            Self::Known(error) => return error,
            Self::Damaged(reason) => return StoreError::Damaged { path, reason },
            Self::Sql(error) => error,
        };
        if is_busy {
            return StoreError::Locked { path, waited_millis };
        }
        let reason = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => StoreError::Full(path),
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => StoreError::ReadOnly(path),
            // SQLite does not say that it could not make the files beside this one.
            Some(ErrorCode::CannotOpen) if !is_writable(&path) => StoreError::ReadOnly(path),
            Some(ErrorCode::DatabaseCorrupt) => StoreError::Damaged { path, reason },
            Some(ErrorCode::NotADatabase) => StoreError::Foreign { path, reason },
            Some(_) => StoreError::Io { path, reason },
            // A column holds something of another type, or a row is missing.
            None => StoreError::Damaged { path, reason },
        }
    }
}

/// Whether this user may write a file and its folder, as far as the system tells.
fn is_writable(path: &Path) -> bool {
    let refused = |path: &Path| {
        let answer = rustix::fs::access(path, rustix::fs::Access::WRITE_OK);
        matches!(answer, Err(rustix::io::Errno::ROFS | rustix::io::Errno::ACCESS))
    };
    !refused(path) && !path.parent().is_some_and(refused)
}

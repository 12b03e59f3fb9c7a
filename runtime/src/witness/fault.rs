//! Why a witness cannot work, and why what it cosigned cannot be kept.

use std::io;
use std::path::PathBuf;

use assize_provenance::key::vkey::NoteKeyError;
use assize_provenance::reader::{ObjectId, ReadError};

use crate::repository::{PackError, WriteError};

/// Why a witness cannot work.
#[derive(Debug, thiserror::Error)]
pub enum WitnessFault {
    /// Reading or writing failed.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another process is the witness already.
    #[error("another process works as the witness of {}; two would cosign what contradicts", .0.display())]
    Taken(PathBuf),
    /// A file is not what the witness wrote.
    #[error("{} is damaged: {reason}; restore it from a backup. A witness that forgets what it cosigned is worth nothing, so where there is none, start a new witness with a new key in an empty folder", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// There is no key yet and no name for it.
    #[error("{} holds no witness yet; give the new one a name that is unique in the world, such as `--name witness.example/w1`", .0.display())]
    Nameless(PathBuf),
    /// The witness has another name.
    #[error("the witness of {} is called `{found}`; a name cannot change", folder.display())]
    OtherName {
        /// Its folder.
        folder: PathBuf,
        /// The name it has.
        found: String,
    },
    /// A name cannot be one.
    #[error(transparent)]
    Name(#[from] NoteKeyError),
    /// The system gave no randomness.
    #[error("the system gives no randomness for a key: {0}")]
    Randomness(String),
    /// The clock shows a time that no cosignature holds.
    #[error("the machine's clock is set to an impossible time; set it and start again")]
    Clock,
}

impl WitnessFault {
    /// Whether the machine failed, rather than what it was given.
    #[must_use]
    pub const fn is_machine(&self) -> bool {
        matches!(self, Self::Io { .. } | Self::Randomness(_) | Self::Clock)
    }
}

/// Why cosigned checkpoints cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum KeptFault {
    /// The clone's state folder cannot be used.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// What lies there was not written by Assize.
    #[error("`{1}` is damaged at object {0}; delete that ref, and ask the witnesses again")]
    Damaged(ObjectId, String),
    /// Objects or refs cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The pack cannot be written.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// The ref cannot be moved.
    #[error(transparent)]
    Ref(#[from] WriteError),
}

impl KeptFault {
    /// Whether the machine failed, rather than what it was given.
    #[must_use]
    pub fn is_machine(&self) -> bool {
        match self {
            Self::Read(error) => error.is_machine(),
            Self::Io { .. }
            | Self::Pack(PackError::Io { .. } | PackError::Build(_))
            | Self::Ref(WriteError::Io { .. } | WriteError::Locked(_)) => true,
            Self::Damaged(..) | Self::Pack(_) | Self::Ref(_) => false,
        }
    }
}

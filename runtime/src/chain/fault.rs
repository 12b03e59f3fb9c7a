//! Why the chain cannot be read or written.

use std::io;
use std::path::PathBuf;

use assize_provenance::batch::BatchError;
use assize_provenance::entry::EntryError;
use assize_provenance::log_reader::LogReadError;
use assize_provenance::reader::ReadError;

use super::evidence::EvidenceFault;
use super::keys::KeyFault;
use super::seen::SeenFault;
use super::signer::SigningFault;
use super::state::StateFault;
use super::wal::WalFault;
use crate::repository::{PackError, WriteError};

/// Why the chain cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ChainFault {
    /// The clone's state folder cannot be used.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The write-ahead log cannot be used.
    #[error(transparent)]
    Wal(#[from] WalFault),
    /// `log.json` cannot be used.
    #[error(transparent)]
    State(#[from] StateFault),
    /// The memory of sizes and roots cannot be used.
    #[error(transparent)]
    Seen(#[from] SeenFault),
    /// The keys cannot be used.
    #[error(transparent)]
    Keys(#[from] KeyFault),
    /// An entry is not as it was signed.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// An entry cannot be signed.
    #[error(transparent)]
    Signing(#[from] SigningFault),
    /// A batch cannot be made.
    #[error(transparent)]
    Batch(#[from] BatchError),
    /// Documents cannot be kept.
    #[error(transparent)]
    Evidence(#[from] EvidenceFault),
    /// Objects or refs cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The pack cannot be written.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// A ref cannot be moved.
    #[error(transparent)]
    Ref(#[from] WriteError),
    /// The log was replaced while a hearing was under way.
    #[error(
        "the log of this clone was replaced while the council was hearing the case; nothing was decided, run it again"
    )]
    Replaced,
    /// A waiver that was relied on is not what it was.
    #[error("somebody revoked or proposed a waiver meanwhile, or one ran out, so nothing was recorded; run it again")]
    Overtaken,
    /// The own log cannot be read.
    #[error(transparent)]
    Log(#[from] LogReadError),
    /// The clock shows a time that no calendar holds.
    #[error("the machine's clock is set to an impossible time; set it and run again")]
    Clock,
}

impl ChainFault {
    /// Whether the machine failed, rather than what it was given.
    #[must_use]
    pub fn is_machine(&self) -> bool {
        match self {
            Self::Keys(fault) => fault.is_machine(),
            Self::Signing(fault) => fault.is_machine(),
            Self::Io { .. }
            | Self::Wal(WalFault::Io { .. })
            | Self::State(StateFault::Io { .. })
            | Self::Seen(SeenFault::Io { .. })
            | Self::Batch(BatchError::Signer(_))
            | Self::Read(ReadError::Io { .. })
            | Self::Pack(PackError::Io { .. } | PackError::Build(_))
            | Self::Ref(WriteError::Io { .. } | WriteError::Locked(_))
            | Self::Log(LogReadError::Read(ReadError::Io { .. }))
            | Self::Overtaken
            | Self::Replaced => true,
            _ => false,
        }
    }
}

//! Why a run could not be taken further. What was acknowledged stays; the next driver goes on.

use std::io;

use crate::driver::calls::CallFault;
use crate::driver::prepare::PrepareFault;
use crate::driver::recorded::RecordFault;
use crate::sandbox::HostFault;
use crate::store::StoreError;

/// Why a run could not be taken further.
#[derive(Debug, thiserror::Error)]
pub enum DriveFault {
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The chain cannot be used.
    #[error(transparent)]
    Record(#[from] RecordFault),
    /// A hearing cannot be prepared.
    #[error(transparent)]
    Prepare(#[from] PrepareFault),
    /// The host could not do its part of a call.
    #[error(transparent)]
    Host(#[from] HostFault),
    /// The machine does not give what a call needs.
    #[error(transparent)]
    Call(#[from] CallFault),
    /// The repository cannot be read or written.
    #[error("{what}: {reason}")]
    Repository {
        /// What was to be done.
        what: &'static str,
        /// What stands against it.
        reason: String,
        /// Whether the machine failed, rather than the repository.
        is_machine: bool,
    },
    /// The system gives no more threads.
    #[error("a thread for a task: {0}")]
    Thread(io::Error),
    /// Another process drives the run now.
    #[error("the run is driven by another process now")]
    Fenced,
    /// What is recorded of a run makes no sense.
    #[error("the record of run {run} makes no sense: {reason}; `assize doctor` looks at the store")]
    Nonsense {
        /// The run.
        run: String,
        /// What is wrong.
        reason: String,
    },
    /// Something that cannot happen happened.
    #[error("{0}")]
    Bug(String),
}

impl DriveFault {
    /// Whether the machine failed, rather than the repository or the record.
    #[must_use]
    pub fn is_machine(&self) -> bool {
        match self {
            Self::Store(error) => error.is_machine(),
            Self::Record(fault) => fault.is_machine(),
            Self::Host(HostFault::Machine(_) | HostFault::Record(_)) | Self::Call(_) | Self::Thread(_) => true,
            Self::Repository { is_machine, .. } => *is_machine,
            Self::Host(_) | Self::Prepare(_) | Self::Fenced | Self::Nonsense { .. } | Self::Bug(_) => false,
        }
    }
}

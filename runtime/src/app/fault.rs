//! Why something could not be done, with the exit code that says what kind of trouble it is.

use std::io::ErrorKind;

use crate::case::BuildError;
use crate::chain::ChainFault;
use crate::chain::keys::KeyFault;
use crate::chain::root::PublishFault;
use crate::chain::signer::serve::ServeFault;
use crate::diagnostic::Diagnostic;
use crate::driver::calls::CallFault;
use crate::driver::compose::DocketFault;
use crate::driver::prepare::PrepareFault;
use crate::driver::recorded::RecordFault;
use crate::driver::told::ToldFault;
use crate::driver::workflow::DriveFault;
use crate::hostile::RoomFault;
use crate::plan::Refused;
use crate::repository::hooks::HookError;
use crate::repository::progress::ProgressError;
use crate::repository::{FileError, OpenError, RevisionError};
use crate::sandbox::{HostFault, StartFault};
use crate::settings::HomeFault;
use crate::store::StoreError;
use crate::vault::VaultFault;
use crate::witness::{KeptFault, WitnessFault};
use assize_provenance::reader::ReadError;
use assize_provenance::root::RootError;

/// How a process of Assize ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Yes: approved, proved, done.
    Yes = 0,
    /// No: rejected, refuted, refused.
    No = 1,
    /// Wrong arguments, an unusable policy or repository.
    Usage = 2,
    /// Undecided, not checkable, an empty chain.
    Undecided = 3,
    /// A bug in Assize.
    Bug = 70,
    /// The machine failed; nothing was acknowledged.
    Machine = 74,
    /// It is recorded, and the witnesses that were asked for have not vouched for it.
    Unwitnessed = 75,
    /// A person stopped it.
    Interrupted = 130,
}

/// Why something could not be done.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// There is no usable repository.
    #[error(transparent)]
    Repository(#[from] OpenError),
    /// A revision means nothing here.
    #[error(transparent)]
    Revision(#[from] RevisionError),
    /// A file of the base revision cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The change cannot be read.
    #[error(transparent)]
    Case(#[from] BuildError),
    /// What the council is told besides the change cannot be read.
    #[error(transparent)]
    Told(#[from] ToldFault),
    /// Work in progress cannot be read.
    #[error(transparent)]
    Progress(#[from] ProgressError),
    /// Objects or refs cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A policy has mistakes; each is a diagnostic in its text.
    #[error("the policy {file} cannot be used")]
    Policy {
        /// The file.
        file: String,
        /// Its text.
        text: String,
        /// The mistakes.
        problems: Vec<Diagnostic>,
    },
    /// A workflow has mistakes, or does not take what it was given; each is a diagnostic in its text.
    #[error(transparent)]
    Workflow(#[from] Refused),
    /// What was typed means nothing.
    #[error("{message}")]
    Wrong {
        /// What is wrong.
        message: String,
        /// What to do.
        hint: String,
    },
    /// A file that was named cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: std::path::PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A hook cannot be installed or removed.
    #[error(transparent)]
    Hook(#[from] HookError),
    /// The home folder cannot be used.
    #[error(transparent)]
    Home(#[from] HomeFault),
    /// The keys cannot be used.
    #[error(transparent)]
    Keys(#[from] KeyFault),
    /// The signer cannot serve.
    #[error(transparent)]
    Signer(#[from] ServeFault),
    /// The chain cannot be read or written.
    #[error(transparent)]
    Chain(#[from] ChainFault),
    /// The chain could not be written for several hearings at once.
    #[error(transparent)]
    ChainShared(std::sync::Arc<ChainFault>),
    /// A version of the root of trust makes no sense, or is not signed as it must be.
    #[error(transparent)]
    Root(#[from] RootError),
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Secrets cannot be read or kept.
    #[error(transparent)]
    Vault(#[from] VaultFault),
    /// A witness cannot work.
    #[error(transparent)]
    Witness(#[from] WitnessFault),
    /// Cosigned checkpoints cannot be read or kept.
    #[error(transparent)]
    Kept(#[from] KeptFault),
    /// The attacks cannot be made.
    #[error(transparent)]
    Attacks(#[from] RoomFault),
    /// A run of a workflow could not be taken further.
    #[error(transparent)]
    Drive(DriveFault),
    /// The engine does not start.
    #[error(transparent)]
    Engine(#[from] StartFault),
    /// The host could not do its part of a call.
    #[error(transparent)]
    Sandbox(#[from] HostFault),
    /// Something that cannot happen happened.
    #[error("this is a bug in Assize: {0}")]
    Bug(String),
}

impl From<PrepareFault> for Fault {
    fn from(fault: PrepareFault) -> Self {
        match fault {
            PrepareFault::File(error) => Self::File(error),
            PrepareFault::Case(error) => Self::Case(error),
            PrepareFault::Told(fault) => Self::Told(fault),
            PrepareFault::Policy { file, text, problems } => Self::Policy { file, text, problems },
            PrepareFault::NoCouncil { policy, council, known } => Self::wrong(
                format!("the policy {policy} has no council `{council}`"),
                format!("it has {known}"),
            ),
            PrepareFault::Host(fault) => Self::Sandbox(fault),
            PrepareFault::Read(error) => Self::Read(error),
            PrepareFault::Bug(reason) => Self::Bug(reason),
        }
    }
}

impl From<PublishFault> for Fault {
    fn from(fault: PublishFault) -> Self {
        match fault {
            PublishFault::Root(error) => Self::Root(error),
            PublishFault::Chain(fault) => Self::Chain(fault),
        }
    }
}

impl From<DriveFault> for Fault {
    fn from(fault: DriveFault) -> Self {
        match fault {
            DriveFault::Store(error) => Self::Store(error),
            DriveFault::Record(fault) => fault.into(),
            DriveFault::Prepare(fault) => fault.into(),
            DriveFault::Host(fault) => Self::Sandbox(fault),
            DriveFault::Call(fault) => fault.into(),
            DriveFault::Bug(reason) => Self::Bug(reason),
            other => Self::Drive(other),
        }
    }
}

impl From<CallFault> for Fault {
    fn from(fault: CallFault) -> Self {
        let CallFault { what, source } = fault;
        Self::Io {
            path: what.into(),
            source,
        }
    }
}

impl From<RecordFault> for Fault {
    fn from(fault: RecordFault) -> Self {
        match fault {
            RecordFault::Chain(fault) => Self::Chain(fault),
            RecordFault::Shared(fault) => Self::ChainShared(fault),
            RecordFault::Host(fault) => Self::Sandbox(fault),
            RecordFault::Clock => Self::Chain(ChainFault::Clock),
            RecordFault::Bug(reason) => Self::Bug(reason),
        }
    }
}

impl From<DocketFault> for Fault {
    fn from(fault: DocketFault) -> Self {
        Self::Bug(fault.to_string())
    }
}

impl Fault {
    /// Something was typed that means nothing here.
    pub(crate) fn wrong(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Wrong {
            message: message.into(),
            hint: hint.into(),
        }
    }

    /// The code the process ends with.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Engine(_)
            | Self::Attacks(RoomFault::Scratch { .. } | RoomFault::Host(_) | RoomFault::Randomness(_))
            | Self::Sandbox(HostFault::Machine(_) | HostFault::Record(_))
            | Self::Io { .. } => Exit::Machine,
            Self::Home(HomeFault::Unusable { reason, .. }) if reason.kind() == ErrorKind::StorageFull => Exit::Machine,
            Self::Repository(OpenError::Unreadable { error, .. }) | Self::Read(error) if error.is_machine() => {
                Exit::Machine
            }
            Self::Revision(error) if error.is_machine() => Exit::Machine,
            Self::File(error) if error.is_machine() => Exit::Machine,
            Self::Told(error) if error.is_machine() => Exit::Machine,
            Self::Progress(error) if error.is_machine() => Exit::Machine,
            Self::Case(error) | Self::Sandbox(HostFault::Evidence(error)) if error.is_machine() => Exit::Machine,
            Self::Hook(error) if error.is_machine() => Exit::Machine,
            Self::Keys(fault) if fault.is_machine() => Exit::Machine,
            Self::Signer(fault) if fault.is_machine() => Exit::Machine,
            Self::Chain(fault) if fault.is_machine() => Exit::Machine,
            Self::ChainShared(fault) if fault.is_machine() => Exit::Machine,
            Self::Vault(fault) if fault.is_machine() => Exit::Machine,
            Self::Witness(fault) if fault.is_machine() => Exit::Machine,
            Self::Kept(fault) if fault.is_machine() => Exit::Machine,
            Self::Store(error) if error.is_machine() => Exit::Machine,
            Self::Store(error) if error.is_bug() => Exit::Bug,
            Self::Drive(fault) if fault.is_machine() => Exit::Machine,
            Self::Bug(_) | Self::Attacks(RoomFault::Guest(_)) => Exit::Bug,
            _ => Exit::Usage,
        }
    }

    /// What to do about it, where the sentence itself does not say.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Wrong { hint, .. } => Some(hint.clone()),
            Self::Bug(_) => Some("please report it with the command you ran; nothing was recorded".into()),
            _ => None,
        }
    }
}

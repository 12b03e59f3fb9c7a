//! Why the keys cannot be used. No fault repeats a secret.

use std::io;
use std::path::PathBuf;

use crate::chain::signer::agent::AgentFault;
use crate::chain::signer::{RemoteFault, SigningFault};
use crate::settings::{ASSIZE_KEYS_PASSPHRASE, ASSIZE_KEYS_PASSPHRASE_FD};
use crate::vault::VaultFault;

/// Why the keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFault {
    /// Reading or writing failed.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is no key of ours.
    #[error("{} is no key of Assize: {reason}; move it away, or restore it from a backup", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The system gave no randomness.
    #[error("no new key: the system gave no randomness ({0})")]
    Randomness(String),
    /// The passphrase is not known.
    #[error(
        "the passphrase of your keys is not known: {0}; set {ASSIZE_KEYS_PASSPHRASE}, name a descriptor with {ASSIZE_KEYS_PASSPHRASE_FD}, or run this on a terminal"
    )]
    Unasked(String),
    /// The passphrase is another one.
    #[error("this is not the passphrase of {}", path.display())]
    WrongPassphrase {
        /// The key's file.
        path: PathBuf,
    },
    /// The passphrase protects nothing.
    #[error("this is no passphrase to protect keys with: {0}; nothing was changed")]
    UnfitPassphrase(String),
    /// The memory of this process cannot be kept from others.
    #[error("no private key is opened, for this process cannot keep its memory from others: {0}")]
    Memory(String),
    /// The keyring is not there, or does not have the key.
    #[error("the system's keyring cannot be used: {0}; unlock it, or restore the key from a backup")]
    Keyring(String),
    /// The ssh-agent is not there, or does not have the key.
    #[error(transparent)]
    Agent(#[from] AgentFault),
    /// The signer's process is not there, or is not to be believed.
    #[error(transparent)]
    Remote(#[from] RemoteFault),
    /// Whoever keeps a key did not sign with it.
    #[error(transparent)]
    Signing(#[from] SigningFault),
    /// There is no such key.
    #[error("you have no key `{0}`; `assize key list` shows the ids and fingerprints of those that you have")]
    Unknown(String),
    /// The key is not kept where its protection could be changed.
    #[error("key {id} is kept by {keeper}, which protects it itself; nothing was changed")]
    NotOurs {
        /// The key.
        id: String,
        /// Who keeps it.
        keeper: &'static str,
    },
    /// A key has one role.
    #[error("key {id} is your {role} key already, and a key has one role; choose another key")]
    OtherRole {
        /// The key.
        id: String,
        /// Its role.
        role: &'static str,
    },
}

impl KeyFault {
    /// What the keyring or the memory of this process did not do.
    pub(super) fn of_vault(fault: VaultFault) -> Self {
        match fault {
            VaultFault::Keyring(reason) | VaultFault::NoKeyring(reason) => Self::Keyring(reason),
            VaultFault::Memory(source) => Self::Memory(source.to_string()),
            other => Self::Keyring(other.to_string()),
        }
    }

    /// Whether the machine failed, rather than what it was given.
    #[must_use]
    pub fn is_machine(&self) -> bool {
        match self {
            Self::Io { .. } | Self::Randomness(_) | Self::Memory(_) => true,
            Self::Agent(fault) => fault.is_machine(),
            Self::Remote(fault) => fault.is_machine(),
            Self::Signing(fault) => fault.is_machine(),
            _ => false,
        }
    }
}

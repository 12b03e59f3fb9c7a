//! Why secrets cannot be read or kept. No fault repeats a value.

use std::io;
use std::path::PathBuf;

use super::Place;
use crate::secret::UnfitValue;
use crate::settings::{ASSIZE_SECRETS_IDENTITY, ASSIZE_SECRETS_PASSPHRASE};

/// Why secrets cannot be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum VaultFault {
    /// The name is none.
    #[error("`{0}` is no name of a secret; use 1 to 64 lower-case letters, digits and hyphens")]
    Name(String),
    /// The value cannot be one.
    #[error("the secret `{name}` in {place} cannot be used: {reason}; set it again")]
    Unfit {
        /// Its name.
        name: String,
        /// Where it is kept.
        place: Place,
        /// What is wrong with its value.
        reason: UnfitValue,
    },
    /// Nothing is set in the environment.
    #[error("the environment is set where Assize is started, not by Assize; choose the keyring or the file")]
    Environment,
    /// Reading or writing failed.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The identity can be read by others.
    #[error("the identity {path} can be read by others (mode {mode:03o}, owner {owner}), and so could every secret; run `chmod 600 {path}`, and renew the secrets if others were on this machine", path = path.display())]
    Exposed {
        /// The file of the identity.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
        /// Its owner's user id.
        owner: u32,
    },
    /// There is no identity, but there are secrets.
    #[error("the identity {} is missing, and without it nobody can read {}; restore it from a backup, name another with {ASSIZE_SECRETS_IDENTITY}, or move the secrets away and set them again", identity.display(), file.display())]
    NoIdentity {
        /// Where it should lie.
        identity: PathBuf,
        /// What it would open.
        file: PathBuf,
    },
    /// The identity is none.
    #[error("{} is no age identity: {reason}", path.display())]
    Identity {
        /// Its file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The identity is encrypted, and its passphrase is not known.
    #[error("the identity {} is protected by a passphrase: {reason}", path.display())]
    Passphrase {
        /// Its file.
        path: PathBuf,
        /// Why there is none.
        reason: String,
    },
    /// The secrets were encrypted for another identity.
    #[error("{} was not encrypted for the identity {}; name the right one with {ASSIZE_SECRETS_IDENTITY}", file.display(), identity.display())]
    WrongIdentity {
        /// The file of secrets.
        file: PathBuf,
        /// The file of the identity.
        identity: PathBuf,
    },
    /// The file of secrets is not as it was written.
    #[error("{} is damaged: {reason}; nothing was changed, restore it from a backup, or move it away and set the secrets again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// There are too many secrets.
    #[error("{} holds {max} secrets already, and no more are kept in one file; remove some", path.display())]
    Full {
        /// The file.
        path: PathBuf,
        /// How many it may hold.
        max: usize,
    },
    /// The keyring is not there, or does not do what it should.
    #[error("the system's keyring cannot be used: {0}; keep the secret in the encrypted file with `--in file`")]
    Keyring(String),
    /// There is no keyring.
    #[error("{0}")]
    NoKeyring(String),
    /// The memory of this process cannot be kept from others.
    #[error("no secret is loaded, for this process cannot keep its memory from others: {0}")]
    Memory(io::Error),
}

impl VaultFault {
    /// Whether the machine failed.
    #[must_use]
    pub fn is_machine(&self) -> bool {
        matches!(self, Self::Io { .. } | Self::Memory(_))
    }

    /// Why nobody could be asked for a passphrase.
    pub(super) fn unasked(path: PathBuf, reason: &str) -> Self {
        Self::Passphrase {
            path,
            reason: format!("{reason}; set {ASSIZE_SECRETS_PASSPHRASE}, or run this on a terminal"),
        }
    }
}

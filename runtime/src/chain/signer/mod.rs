//! The signer: signs entries, checkpoints and commits, never "these bytes".
//!
//! What is signed comes as a typed value that only `provenance` can make, so no caller can have a foreign text signed. Where the
//! private keys are is behind one interface, `Keeper`: in this process (`held`), in an ssh-agent ([`agent`]), or in a process
//! of its own (`remote` asks, [`serve`] answers).

pub mod agent;
mod held;
mod memory;
mod remote;
pub mod serve;
mod socket;
mod wire;

use std::fmt;
use std::path::Path;

use assize_provenance::batch::{LogSigner, SignerError};
use assize_provenance::checkpoint::Checkpoint;
use assize_provenance::commit::UnsignedCommit;
use assize_provenance::entry::{Entry, EntryError, SignedEntry, UnsignedEntry};
use assize_provenance::export::summary::UnsignedSummary;
use assize_provenance::key::PublicKey;
use assize_provenance::root::UnsignedRoot;

pub(super) use agent::AgentKey;
pub(super) use held::HeldKey;
pub use remote::RemoteFault;

/// Why something could not be signed.
#[derive(Debug, thiserror::Error)]
pub enum SigningFault {
    /// The entry is too large or not well formed, or the keeper answered with something that is no signature of it.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// The ssh-agent did not sign.
    #[error(transparent)]
    Agent(#[from] agent::AgentFault),
    /// The signer's process did not sign.
    #[error(transparent)]
    Remote(#[from] RemoteFault),
}

impl SigningFault {
    /// Whether the machine failed, rather than what it was given.
    #[must_use]
    pub fn is_machine(&self) -> bool {
        match self {
            Self::Entry(_) => false,
            Self::Agent(fault) => fault.is_machine(),
            Self::Remote(fault) => fault.is_machine(),
        }
    }
}

/// What is signed. Each is a checked value; the bytes are made of it where it is signed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Work<'a> {
    /// An entry, for JOSE tools.
    Jws(&'a UnsignedEntry),
    /// An entry that decides, for in-toto tools.
    Dsse(&'a UnsignedEntry),
    /// A checkpoint.
    Checkpoint(&'a Checkpoint),
    /// A commit of a log.
    Commit(&'a UnsignedCommit),
    /// A version of a root of trust. Persons sign it, and no signer's process does.
    Root(&'a UnsignedRoot),
    /// A verification summary. No signer's process signs it.
    Summary(&'a UnsignedSummary),
}

impl Work<'_> {
    /// The exact bytes that the signature covers; none for the second signature of an entry that carries one only.
    fn to_sign(self) -> Option<Vec<u8>> {
        match self {
            Self::Jws(entry) => Some(entry.jws_input().as_bytes().to_vec()),
            Self::Dsse(entry) => entry.dsse_input().map(|input| input.as_bytes().to_vec()),
            Self::Checkpoint(checkpoint) => Some(checkpoint.signed_text().as_bytes().to_vec()),
            Self::Commit(commit) => Some(commit.sshsig_input().as_bytes().to_vec()),
            Self::Root(root) => Some(root.to_sign().as_bytes().to_vec()),
            Self::Summary(summary) => Some(summary.dsse_input().as_bytes().to_vec()),
        }
    }
}

/// Keeps one private key, wherever that is, and signs with it. Several threads may ask at once. Whoever asks checks the answer.
pub(super) trait Keeper: fmt::Debug + Send + Sync {
    /// The public half.
    fn public_key(&self) -> PublicKey;

    /// Signs.
    fn sign(&self, work: Work<'_>) -> Result<[u8; 64], SigningFault>;
}

/// One key that signs entries: a council's or a person's.
#[derive(Debug)]
pub struct Pen(Box<dyn Keeper>);

impl Pen {
    pub(super) fn new(keeper: Box<dyn Keeper>) -> Self {
        Self(keeper)
    }

    /// The public half.
    #[must_use]
    pub fn key(&self) -> PublicKey {
        self.0.public_key()
    }

    /// Signs an entry. Nothing is returned that does not verify.
    ///
    /// # Errors
    ///
    /// [`SigningFault`] when the entry is too large or not well formed, or when the keeper does not sign.
    pub fn sign_entry(&self, entry: Entry) -> Result<SignedEntry, SigningFault> {
        let unsigned = entry.prepare(&self.key())?;
        let jws = self.0.sign(Work::Jws(&unsigned))?;
        let dsse = match unsigned.dsse_input() {
            Some(_) => Some(self.0.sign(Work::Dsse(&unsigned))?),
            None => None,
        };
        Ok(unsigned.seal(&jws, dsse.as_ref())?)
    }
}

/// The pair of keys that a chain is written with: the council's, which signs entries, and the log's, which signs checkpoints and
/// commits. Private keys that are in this process are wiped from memory when it is dropped.
pub struct Signer {
    council: Pen,
    log: Box<dyn Keeper>,
}

impl fmt::Debug for Signer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Signer")
            .field("council", &self.council_key().id())
            .field("log", &self.log_key().id())
            .finish()
    }
}

impl Signer {
    pub(super) fn new(council: Box<dyn Keeper>, log: Box<dyn Keeper>) -> Self {
        Self {
            council: Pen::new(council),
            log,
        }
    }

    /// The pair that the signer's process behind this socket holds.
    ///
    /// # Errors
    ///
    /// [`RemoteFault`] when it is not there, is not to be believed, or speaks another version.
    pub fn connect(socket: &Path) -> Result<Self, RemoteFault> {
        let (council, log) = remote::connect(socket)?;
        Ok(Self::new(Box::new(council), Box::new(log)))
    }

    /// The public half of the council key, which signs entries.
    #[must_use]
    pub fn council_key(&self) -> PublicKey {
        self.council.key()
    }

    /// The public half of the log key, which signs checkpoints and commits.
    #[must_use]
    pub fn log_key(&self) -> PublicKey {
        self.log.public_key()
    }

    /// Signs an entry with the council key.
    ///
    /// # Errors
    ///
    /// [`SigningFault`]; then nothing was signed.
    pub fn sign_entry(&self, entry: Entry) -> Result<SignedEntry, SigningFault> {
        self.council.sign_entry(entry)
    }

    /// Signs a verification summary with the council key, and gives its envelope.
    ///
    /// # Errors
    ///
    /// [`SigningFault`]; then nothing was signed. A signer's process refuses: it reads no summaries.
    pub fn sign_summary(&self, summary: &UnsignedSummary) -> Result<String, SigningFault> {
        let signature = self.council().sign(Work::Summary(summary))?;
        let sealed = summary.seal(&self.council_key(), &signature);
        Ok(sealed.map_err(EntryError::from)?)
    }

    fn council(&self) -> &dyn Keeper {
        self.council.0.as_ref()
    }

    fn log(&self) -> &dyn Keeper {
        self.log.as_ref()
    }
}

/// Whoever makes a batch puts each signature in place and checks it there.
impl LogSigner for Signer {
    fn public_key(&self) -> PublicKey {
        self.log_key()
    }

    fn sign_checkpoint(&self, checkpoint: &Checkpoint) -> Result<[u8; 64], SignerError> {
        let signed = self.log.sign(Work::Checkpoint(checkpoint));
        signed.map_err(|fault| SignerError(fault.to_string()))
    }

    fn sign_commit(&self, commit: &UnsignedCommit) -> Result<[u8; 64], SignerError> {
        let signed = self.log.sign(Work::Commit(commit));
        signed.map_err(|fault| SignerError(fault.to_string()))
    }
}

#[cfg(test)]
mod tests;

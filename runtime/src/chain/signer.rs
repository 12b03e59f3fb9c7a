//! The signer: holds both private keys and signs entries, checkpoints and commits, never "these bytes".
//!
//! What is signed comes as a typed value that only `provenance` can make, so no caller can have a foreign text signed.

use assize_provenance::entry::{Entry, EntryError, SignedEntry};
use assize_provenance::export::summary::UnsignedSummary;
use assize_provenance::key::{PublicKey, SignatureMismatch};
use assize_provenance::signature::ToSign;
use assize_provenance::signature::note::NoteText;
use assize_provenance::signature::sshsig::SshSig;
use ed25519_dalek::{Signer as _, SigningKey};

use super::keys::public_of;

/// Both private keys of the user. They are wiped from memory when it is dropped.
pub struct Signer {
    council: SigningKey,
    log: SigningKey,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Signer")
            .field("council", &self.council_key().id())
            .field("log", &self.log_key().id())
            .finish()
    }
}

impl Signer {
    pub(super) fn new(council: SigningKey, log: SigningKey) -> Self {
        Self { council, log }
    }

    /// The public half of the council key, which signs entries.
    #[must_use]
    pub fn council_key(&self) -> PublicKey {
        public_of(&self.council)
    }

    /// The public half of the log key, which signs checkpoints and commits.
    #[must_use]
    pub fn log_key(&self) -> PublicKey {
        public_of(&self.log)
    }

    /// Signs an entry with the council key.
    ///
    /// # Errors
    ///
    /// [`EntryError`] when the entry is too large or not well formed; then nothing was signed.
    pub fn sign_entry(&self, entry: Entry) -> Result<SignedEntry, EntryError> {
        let unsigned = entry.prepare(&self.council_key())?;
        let jws = self.council.sign(unsigned.jws_input().as_bytes()).to_bytes();
        let dsse = unsigned
            .dsse_input()
            .map(|input| self.council.sign(input.as_bytes()).to_bytes());
        unsigned.seal(&jws, dsse.as_ref())
    }

    /// Signs a verification summary with the council key, and gives its envelope.
    ///
    /// # Errors
    ///
    /// [`SignatureMismatch`] never happens to a sound key.
    pub fn sign_summary(&self, summary: &UnsignedSummary) -> Result<String, SignatureMismatch> {
        let signature = self.council.sign(summary.dsse_input().as_bytes()).to_bytes();
        summary.seal(&self.council_key(), &signature)
    }

    /// Signs a checkpoint with the log key.
    #[must_use]
    pub fn sign_checkpoint(&self, checkpoint: &ToSign<NoteText>) -> [u8; 64] {
        self.log.sign(checkpoint.as_bytes()).to_bytes()
    }

    /// Signs a commit with the log key.
    #[must_use]
    pub fn sign_commit(&self, commit: &ToSign<SshSig>) -> [u8; 64] {
        self.log.sign(commit.as_bytes()).to_bytes()
    }
}

//! Checkpoints (C2SP `tlog-checkpoint`): how large a log is and what its root is, signed by the log key.
//!
//! ```text
//! assize/<log-id>
//! <size, decimal>
//! <root, padded base64>
//!
//! — assize/<log-id> <base64 of key hash and signature>
//! ```
//!
//! In a log, a checkpoint is signed once, by the log. On its way through the world it gathers the lines of witnesses, and there are
//! logs of other kinds: those are read as [`AnyCheckpoint`].

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::canonical::INTEGER_MAX;
use crate::digest::Digest;
use crate::key::{PublicKey, SignatureMismatch};
use crate::log_id::LogId;
use crate::signature::ToSign;
use crate::signature::note::{self, NoteError, NoteText};

pub use any::{AnyCheckpoint, LogSignature, Witnessed};

mod any;

/// How large a log is and what its root is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log.
    pub log: LogId,
    /// How many entries it has.
    pub size: u64,
    /// Its Merkle root.
    pub root: Digest,
}

/// Why bytes are no checkpoint of this log and key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// It is no signed note.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// Its text is not that of a checkpoint.
    #[error("the checkpoint is not `assize/<log-id>`, size and root, signed once by that log's key")]
    Form,
    /// Its text is not that of a checkpoint of any log.
    #[error(
        "a checkpoint is the log's name, its size and its root on three lines, and whatever else the log says, signed"
    )]
    AnyForm,
    /// The signature is wrong.
    #[error("the checkpoint's signature does not verify")]
    Signature(#[from] SignatureMismatch),
}

impl Checkpoint {
    /// Returns what the log key signs.
    #[must_use]
    pub fn signed_text(&self) -> ToSign<NoteText> {
        note::to_sign(&self.text())
    }

    /// Writes the text that is signed.
    #[must_use]
    pub fn text(&self) -> String {
        format!(
            "{}\n{}\n{}\n",
            self.log.origin(),
            self.size,
            BASE64_STANDARD.encode(self.root.as_bytes())
        )
    }

    /// Puts the signature in place and checks it.
    ///
    /// # Errors
    ///
    /// [`CheckpointError::Signature`].
    pub fn seal(&self, key: &PublicKey, signature: &[u8; 64]) -> Result<Vec<u8>, CheckpointError> {
        key.verify(self.signed_text().as_bytes(), signature)?;
        Ok(note::print(&self.text(), &self.log.origin(), key, signature).into_bytes())
    }

    /// Reads a checkpoint that this key signed, in its one spelling.
    ///
    /// # Errors
    ///
    /// Every [`CheckpointError`].
    pub fn parse(bytes: &[u8], key: &PublicKey) -> Result<Self, CheckpointError> {
        let note = note::parse(bytes)?;
        let checkpoint = Self::parse_text(&note.text).ok_or(CheckpointError::Form)?;
        let [signature] = note.signatures.as_slice() else {
            return Err(CheckpointError::Form);
        };
        let signature = signature
            .bytes
            .as_slice()
            .try_into()
            .map_err(|_| CheckpointError::Form)?;
        if note::print(&checkpoint.text(), &checkpoint.log.origin(), key, &signature).as_bytes() != bytes {
            return Err(CheckpointError::Form);
        }
        key.verify(checkpoint.signed_text().as_bytes(), &signature)?;
        Ok(checkpoint)
    }

    /// Reads the text of a checkpoint that nobody signed yet, in its one spelling. A signer that lives elsewhere reads what it
    /// is to sign with this.
    ///
    /// # Errors
    ///
    /// [`CheckpointError::Form`].
    pub fn parse_unsigned(text: &[u8]) -> Result<Self, CheckpointError> {
        let read = std::str::from_utf8(text).ok().and_then(Self::parse_text);
        read.filter(|checkpoint| checkpoint.text().as_bytes() == text)
            .ok_or(CheckpointError::Form)
    }

    fn parse_text(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let log = lines.next()?.strip_prefix("assize/")?.parse().ok()?;
        let size = lines.next()?.parse().ok().filter(|size| *size <= INTEGER_MAX)?;
        let root = BASE64_STANDARD.decode(lines.next()?).ok()?.try_into().ok()?;
        Some(Self {
            log,
            size,
            root: Digest::from_bytes(root),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log_id::LogSeed;
    use crate::testing::SigningPair;

    fn sealed() -> (SigningPair, Checkpoint, String) {
        let pair = SigningPair::from_seed(1);
        let log = LogId::derive(&pair.public(), &LogSeed::from_bytes([1; 16]));
        let checkpoint = Checkpoint {
            log,
            size: 12,
            root: Digest::of(b"root"),
        };
        let bytes = checkpoint
            .seal(&pair.public(), &pair.sign(checkpoint.signed_text().as_bytes()))
            .unwrap();
        (pair, checkpoint, String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn what_is_sealed_reads_back() {
        let (pair, checkpoint, text) = sealed();
        assert_eq!(Checkpoint::parse(text.as_bytes(), &pair.public()), Ok(checkpoint));
        assert_eq!(
            checkpoint.seal(&pair.public(), &[0; 64]),
            Err(CheckpointError::Signature(SignatureMismatch))
        );
    }

    #[test]
    fn what_is_to_be_signed_has_one_spelling() {
        let (_, checkpoint, _) = sealed();
        let text = checkpoint.text();
        assert_eq!(Checkpoint::parse_unsigned(text.as_bytes()), Ok(checkpoint));
        for other in [
            String::new(),
            text.replace("\n12\n", "\n+12\n"),
            text.trim_end().to_owned(),
            format!("{text}\n"),
            format!("{text}extension\n"),
            text.replacen("assize/", "other/", 1),
        ] {
            assert_eq!(
                Checkpoint::parse_unsigned(other.as_bytes()),
                Err(CheckpointError::Form),
                "{other}"
            );
        }
        assert_eq!(Checkpoint::parse_unsigned(b"\xff"), Err(CheckpointError::Form));
    }

    #[test]
    fn other_spellings_signers_and_texts_are_refused() {
        let (pair, _, text) = sealed();
        let parse = |text: &str| Checkpoint::parse(text.as_bytes(), &pair.public());
        let line = text.lines().last().unwrap();
        for other in [
            text.replace("\n12\n", "\n012\n"),
            text.replace("\n12\n", "\n+12\n"),
            text.replace("\n12\n", "\n9007199254740992\n"),
            text.replace("\n\n", "\nextension\n\n"),
            text.replace("\n\n", "\n\n\n"),
            format!("{text}{line}\n"),
            text.replacen("assize/", "other/", 1),
            text.trim_end().to_owned(),
        ] {
            assert!(
                matches!(parse(&other), Err(CheckpointError::Form | CheckpointError::Note(_))),
                "{other}"
            );
        }
        let larger = parse(&text.replace("\n12\n", "\n13\n"));
        assert_eq!(larger, Err(CheckpointError::Signature(SignatureMismatch)));
        let stranger = Checkpoint::parse(text.as_bytes(), &SigningPair::from_seed(2).public());
        assert_eq!(stranger, Err(CheckpointError::Form));
    }
}

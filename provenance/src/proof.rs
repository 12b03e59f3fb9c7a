//! One entry with its proof, as a file that anybody can check who has nothing else of the repository (C2SP `tlog-proof`).
//!
//! ```text
//! c2sp.org/tlog-proof@v1
//! extra <the entry's line, padded base64>
//! index 17
//! <one hash on each line, from the leaf's sibling up>
//!
//! <the checkpoint, with the signatures of the log and of witnesses>
//! ```
//!
//! Other tools hash the extra line themselves and check the rest as it is.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::checkpoint::{AnyCheckpoint, Checkpoint, CheckpointError, Witnessed};
use crate::entry::{EntryError, LINE_BYTES_MAX, SignedEntry};
use crate::key::{KeyId, SignatureMismatch, TrustedKeys};
use crate::log_id::LogId;
use crate::merkle::{self, ProofError};
use crate::signature::note::NOTE_BYTES_MAX;
use crate::witness::{parse_hash, print_hash};

/// The first line.
const MAGIC: &str = "c2sp.org/tlog-proof@v1";

/// How many hashes a proof may have: a tree has at most 2^64 leaves.
const HASHES_MAX: usize = 64;

/// How many bytes the file may have.
pub const PROOF_BYTES_MAX: usize = NOTE_BYTES_MAX + LINE_BYTES_MAX.div_ceil(3) * 4 + (8 << 10);

/// An entry, its place, and what proves that it is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The entry's line.
    pub line: Vec<u8>,
    /// Its position, counted from 0.
    pub index: u64,
    /// The inclusion proof.
    pub hashes: Vec<crate::digest::Digest>,
    /// The state of the log in which it is.
    pub checkpoint: AnyCheckpoint,
}

/// Why bytes are no such file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// It is too long.
    #[error("the proof has {0} bytes, more than the {PROOF_BYTES_MAX} that are read")]
    TooLarge(usize),
    /// It has another form.
    #[error(
        "a proof is `{MAGIC}`, `extra` with the entry, `index` with its position, hashes, an empty line and a checkpoint"
    )]
    Form,
    /// Its checkpoint is none.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
}

/// What a proof proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proved {
    /// The entry, signed by a key that is believed.
    pub entry: SignedEntry,
    /// Its position, counted from 0.
    pub index: u64,
    /// The state of the log, signed by a key that is believed.
    pub checkpoint: Checkpoint,
    /// Which of the witnesses that are believed vouch for that state.
    pub witnessed: Vec<Witnessed>,
}

/// Why a proof proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unproved {
    /// Its entry is none.
    #[error("the entry in the proof: {0}")]
    Entry(EntryError),
    /// Its checkpoint is that of a log of another kind.
    #[error("the checkpoint is of `{0}`, which is no log of Assize")]
    Origin(String),
    /// Its entry belongs to another log.
    #[error("the entry belongs to log {entry}, and the checkpoint to log {checkpoint}")]
    OtherLog {
        /// The entry's log.
        entry: LogId,
        /// The checkpoint's.
        checkpoint: LogId,
    },
    /// The entry is not in the log at that position.
    #[error("the entry is not at that position of the log: {0}")]
    Inclusion(#[from] ProofError),
    /// A signature of the checkpoint is wrong.
    #[error("a signature of the checkpoint does not verify")]
    CheckpointSignature,
    /// A signature of the entry is wrong.
    #[error("a signature of the entry does not verify")]
    EntrySignature,
    /// Nobody who is believed signed the checkpoint.
    #[error("the checkpoint is not signed by a log key that is trusted here")]
    UnknownLogKey,
    /// Nobody who is believed signed the entry.
    #[error("the council key {0} is not one that is trusted here")]
    UnknownCouncilKey(KeyId),
}

impl Unproved {
    /// Tells whether the file contradicts itself; else only a key is missing to tell.
    #[must_use]
    pub const fn is_refuted(&self) -> bool {
        !matches!(self, Self::UnknownLogKey | Self::UnknownCouncilKey(_))
    }

    /// Returns the stable code of the reason.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Entry(_) => "entry-form",
            Self::Origin(_) => "origin",
            Self::OtherLog { .. } => "entry-log",
            Self::Inclusion(_) => "inclusion",
            Self::CheckpointSignature => "checkpoint-signature",
            Self::EntrySignature => "entry-signature",
            Self::UnknownLogKey => "log-key",
            Self::UnknownCouncilKey(_) => "council-key",
        }
    }
}

impl Proof {
    /// Reads the file in its one spelling. Nothing is checked yet.
    ///
    /// # Errors
    ///
    /// Every [`FormError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, FormError> {
        if bytes.len() > PROOF_BYTES_MAX {
            return Err(FormError::TooLarge(bytes.len()));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| FormError::Form)?;
        let (head, checkpoint) = text.split_once("\n\n").ok_or(FormError::Form)?;
        let (line, index, hashes) = read_head(head).ok_or(FormError::Form)?;
        let proof = Self {
            line,
            index,
            hashes,
            checkpoint: AnyCheckpoint::parse(checkpoint.as_bytes())?,
        };
        if proof.to_string() == text {
            Ok(proof)
        } else {
            Err(FormError::Form)
        }
    }

    /// Checks everything: the entry's form and place, and who signed entry and checkpoint.
    ///
    /// # Errors
    ///
    /// Every [`Unproved`]; what refutes comes before what only a missing key leaves open.
    pub fn check(&self, keys: &TrustedKeys) -> Result<Proved, Unproved> {
        let entry = SignedEntry::parse(&self.line).map_err(Unproved::Entry)?;
        let own = self.checkpoint.own();
        let checkpoint = own.ok_or_else(|| Unproved::Origin(self.checkpoint.origin().to_owned()))?;
        if entry.entry().log != checkpoint.log {
            return Err(Unproved::OtherLog {
                entry: entry.entry().log,
                checkpoint: checkpoint.log,
            });
        }
        let leaf = merkle::leaf_hash(&self.line);
        merkle::verify_inclusion(&leaf, self.index, checkpoint.size, &self.hashes, &checkpoint.root)?;
        let wrong = |SignatureMismatch| Unproved::CheckpointSignature;
        let is_believed = self.checkpoint.is_believed(keys).map_err(wrong)?;
        let witnessed = self.checkpoint.witnessed(keys).map_err(wrong)?;
        let mut roles = entry.entry().content.signers().iter();
        let key = roles.find_map(|role| keys.key(*role, entry.key_id()));
        if key.is_some_and(|key| entry.verify(key).is_err()) {
            return Err(Unproved::EntrySignature);
        }
        if !is_believed {
            return Err(Unproved::UnknownLogKey);
        }
        if key.is_none() {
            return Err(Unproved::UnknownCouncilKey(*entry.key_id()));
        }
        Ok(Proved {
            entry,
            index: self.index,
            checkpoint,
            witnessed,
        })
    }
}

fn read_head(head: &str) -> Option<(Vec<u8>, u64, Vec<crate::digest::Digest>)> {
    let mut lines = head.split('\n');
    lines.next().filter(|magic| *magic == MAGIC)?;
    let line = BASE64_STANDARD.decode(lines.next()?.strip_prefix("extra ")?).ok()?;
    let index = lines.next()?.strip_prefix("index ")?.parse().ok()?;
    let hashes: Vec<_> = lines
        .take(HASHES_MAX.saturating_add(1))
        .map(parse_hash)
        .collect::<Option<_>>()?;
    (hashes.len() <= HASHES_MAX).then_some((line, index, hashes))
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{MAGIC}")?;
        writeln!(f, "extra {}", BASE64_STANDARD.encode(&self.line))?;
        writeln!(f, "index {}", self.index)?;
        for hash in &self.hashes {
            writeln!(f, "{}", print_hash(hash))?;
        }
        write!(f, "\n{}", self.checkpoint)
    }
}

#[cfg(test)]
mod tests;

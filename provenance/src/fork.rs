//! Proof that a log has two pasts: two checkpoints that its key signed and that no one log can have, as a file that anybody can
//! carry.
//!
//! ```text
//! assize-fork@v1
//! root <the root that the larger log has at the size of the smaller, padded base64>
//! <one hash on each line: the consistency proof from that root to the larger one>
//!
//! <the smaller checkpoint>
//!
//! <the larger checkpoint>
//! ```
//!
//! The hashes show which root the larger log has at the smaller size. The log's key signed another one there. So it signed two
//! logs under one name, and no explanation is left but that its holder did so, or lost it.

use std::fmt;

use crate::checkpoint::{AnyCheckpoint, CheckpointError, LogSignature};
use crate::digest::Digest;
use crate::key::{KeyId, TrustedKeys};
use crate::merkle::{self, ProofError};
use crate::root::{By, Trust};
use crate::signature::note::NOTE_BYTES_MAX;
use crate::witness::{parse_hash, print_hash};

/// The first line.
const MAGIC: &str = "assize-fork@v1";

/// How many hashes a proof may have.
const HASHES_MAX: usize = 65;

/// How many bytes the file may have.
pub const FORK_BYTES_MAX: usize = 2 * NOTE_BYTES_MAX + (8 << 10);

/// Two checkpoints of one log that contradict each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fork {
    smaller: AnyCheckpoint,
    larger: AnyCheckpoint,
    /// What the larger log had at the size of the smaller.
    root: Digest,
    hashes: Vec<Digest>,
}

/// Why there is no such proof.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ForkError {
    /// The file is too long.
    #[error("the file has {0} bytes, more than the {FORK_BYTES_MAX} that are read")]
    TooLarge(usize),
    /// The file has another form.
    #[error("a fork is `{MAGIC}`, `root` with a hash, hashes, and two checkpoints, each after an empty line")]
    Form,
    /// A checkpoint is none.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The checkpoints speak of different logs.
    #[error("the checkpoints are of `{0}` and of `{1}`: two logs are no fork")]
    TwoLogs(String, String),
    /// The larger one continues the smaller one.
    #[error("the larger checkpoint continues the smaller one: this is no fork")]
    NoFork,
    /// The hashes do not belong to the larger one.
    #[error("the hashes do not show what the larger log holds: {0}")]
    Hashes(#[from] ProofError),
    /// A signature is wrong.
    #[error("a signature of a checkpoint does not verify")]
    Signature,
    /// Nobody who is believed signed both.
    #[error("the checkpoints are not both signed by a log key that is trusted here")]
    UnknownKey,
    /// The root of trust does not let the key sign there, so what it signs blames nobody.
    #[error("the checkpoint of {size} entries is signed with the log key {key}, and {why}")]
    KeyRange {
        /// The checkpoint's size.
        size: u64,
        /// The key.
        key: KeyId,
        /// What the root says, as the end of a sentence.
        why: String,
    },
}

impl ForkError {
    /// Tells whether the file proves nothing; else only a key is missing to tell.
    #[must_use]
    pub const fn is_refuted(&self) -> bool {
        !matches!(self, Self::UnknownKey)
    }

    /// Returns the stable code of the reason.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge(_) | Self::Form | Self::Checkpoint(_) => "fork-form",
            Self::TwoLogs(..) | Self::NoFork | Self::Hashes(_) => "no-fork",
            Self::Signature => "checkpoint-signature",
            Self::UnknownKey => "log-key",
            Self::KeyRange { .. } => "key-range",
        }
    }
}

impl Fork {
    /// Puts two checkpoints together that contradict each other. `root` is that of the larger log at the size of the smaller one,
    /// and `hashes` prove it; for equal sizes they are the larger one's root and nothing.
    ///
    /// # Errors
    ///
    /// [`ForkError::TwoLogs`], [`ForkError::NoFork`] and [`ForkError::Hashes`].
    pub fn new(one: AnyCheckpoint, other: AnyCheckpoint, root: Digest, hashes: Vec<Digest>) -> Result<Self, ForkError> {
        let (smaller, larger) = if one.size() <= other.size() {
            (one, other)
        } else {
            (other, one)
        };
        let fork = Self {
            smaller,
            larger,
            root,
            hashes,
        };
        fork.check_trees()?;
        Ok(fork)
    }

    fn check_trees(&self) -> Result<(), ForkError> {
        let (smaller, larger) = (&self.smaller, &self.larger);
        if smaller.origin() != larger.origin() {
            let origins = [smaller, larger].map(|one| one.origin().to_owned());
            let [one, other] = origins;
            return Err(ForkError::TwoLogs(one, other));
        }
        if self.root == smaller.root() {
            return Err(ForkError::NoFork);
        }
        Ok(merkle::verify_consistency(
            smaller.size(),
            &self.root,
            larger.size(),
            &larger.root(),
            &self.hashes,
        )?)
    }

    /// Returns both checkpoints, the smaller one first.
    #[must_use]
    pub const fn checkpoints(&self) -> [&AnyCheckpoint; 2] {
        [&self.smaller, &self.larger]
    }

    /// Checks that keys that are believed signed both checkpoints.
    ///
    /// # Errors
    ///
    /// [`ForkError::Signature`] and [`ForkError::UnknownKey`].
    pub fn check(&self, keys: &TrustedKeys) -> Result<(), ForkError> {
        self.check_in(&Trust::in_keys(keys))
    }

    /// Checks that keys signed both checkpoints which are believed and may sign there. What somebody signs with a key that was
    /// taken from the log before is no contradiction of the log's.
    ///
    /// # Errors
    ///
    /// [`ForkError::Signature`], [`ForkError::KeyRange`] and [`ForkError::UnknownKey`].
    pub fn check_in(&self, trust: &Trust<'_>) -> Result<(), ForkError> {
        for checkpoint in self.checkpoints() {
            let signed = match checkpoint.own() {
                Some(own) => checkpoint.log_signature(own.log, trust),
                // No root of trust speaks of logs of other kinds.
                None => checkpoint
                    .is_believed(trust.keys())
                    .map(|is_believed| match is_believed {
                        true => LogSignature::Given(By::Auditor, None),
                        false => LogSignature::Unknown,
                    }),
            };
            match signed.map_err(|_| ForkError::Signature)? {
                LogSignature::Given(..) => {}
                LogSignature::Outside(key, why) => {
                    let size = checkpoint.size();
                    return Err(ForkError::KeyRange { size, key, why });
                }
                LogSignature::Unknown => return Err(ForkError::UnknownKey),
            }
        }
        Ok(())
    }

    /// Tells whether bytes are meant to be such a file.
    #[must_use]
    pub fn is_meant(bytes: &[u8]) -> bool {
        bytes.starts_with(MAGIC.as_bytes())
    }

    /// Reads the file in its one spelling, and checks that its checkpoints contradict each other. Signatures are not checked yet.
    ///
    /// # Errors
    ///
    /// Every [`ForkError`] but those of [`Fork::check_in`].
    pub fn parse(bytes: &[u8]) -> Result<Self, ForkError> {
        if bytes.len() > FORK_BYTES_MAX {
            return Err(ForkError::TooLarge(bytes.len()));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| ForkError::Form)?;
        let parts: Vec<&str> = text.splitn(6, "\n\n").collect();
        let [head, one, one_signed, other, other_signed] = parts.as_slice() else {
            return Err(ForkError::Form);
        };
        let (root, hashes) = read_head(head).ok_or(ForkError::Form)?;
        let fork = Self {
            smaller: AnyCheckpoint::parse(format!("{one}\n\n{one_signed}\n").as_bytes())?,
            larger: AnyCheckpoint::parse(format!("{other}\n\n{other_signed}").as_bytes())?,
            root,
            hashes,
        };
        if fork.to_string() != text {
            return Err(ForkError::Form);
        }
        fork.check_trees()?;
        Ok(fork)
    }
}

fn read_head(head: &str) -> Option<(Digest, Vec<Digest>)> {
    let mut lines = head.split('\n');
    lines.next().filter(|magic| *magic == MAGIC)?;
    let root = parse_hash(lines.next()?.strip_prefix("root ")?)?;
    let hashes: Vec<_> = lines
        .take(HASHES_MAX.saturating_add(1))
        .map(parse_hash)
        .collect::<Option<_>>()?;
    (hashes.len() <= HASHES_MAX).then_some((root, hashes))
}

impl fmt::Display for Fork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{MAGIC}\nroot {}", print_hash(&self.root))?;
        for hash in &self.hashes {
            writeln!(f, "{}", print_hash(hash))?;
        }
        write!(f, "\n{}\n{}", self.smaller, self.larger)
    }
}

#[cfg(test)]
mod tests;

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

use crate::checkpoint::{AnyCheckpoint, Checkpoint, CheckpointError, LogSignature, Witnessed};
use crate::digest::Digest;
use crate::entry::{EntryError, LINE_BYTES_MAX, SignedEntry};
use crate::key::{KeyId, Role, SignatureMismatch, TrustedKeys};
use crate::log_id::LogId;
use crate::merkle::{self, ProofError};
use crate::root::{By, End, Leave, Trust};
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
    pub hashes: Vec<Digest>,
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
    /// The root of trust does not let the key sign there.
    #[error("{what} is signed with the {role} key {key}, and {why}")]
    KeyRange {
        /// What is signed.
        what: &'static str,
        /// The key's role.
        role: &'static str,
        /// The key.
        key: KeyId,
        /// What the root says, as the end of a sentence.
        why: String,
    },
    /// The root of trust governs the log and says nothing of the key.
    #[error("the entry is signed with the key {0}, of which the root of trust that governs its log says nothing")]
    KeyUnknown(KeyId),
    /// The root of trust says that the log had another root at that size.
    #[error(
        "the root of trust says that the log had the root {0} at the checkpoint's size, and the checkpoint has another"
    )]
    EndedElsewhere(Digest),
    /// The log key was taken from the log later, and nothing tells who signed the checkpoint: the log, or whoever has its key since.
    #[error(
        "the log key ends at {0} entries, and this checkpoint is of fewer: whoever has the key since could have signed it;          make the proof anew under the log's last checkpoint, or have this one cosigned by a witness that is trusted"
    )]
    Ended(u64),
}

impl Unproved {
    /// Tells whether the file contradicts itself; else only a key is missing to tell.
    #[must_use]
    pub const fn is_refuted(&self) -> bool {
        !matches!(self, Self::UnknownLogKey | Self::UnknownCouncilKey(_) | Self::Ended(_))
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
            Self::KeyRange { .. } => "key-range",
            Self::KeyUnknown(_) => "key-unknown",
            Self::EndedElsewhere(_) => "log-forked",
            Self::Ended(_) => "log-key-ended",
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
        self.check_in(&Trust::in_keys(keys))
    }

    /// Checks everything under a root of trust, which says where each key may sign: the entry's at its position, the log's at the
    /// checkpoint's newest entry.
    ///
    /// # Errors
    ///
    /// Every [`Unproved`]; what refutes comes before what only a missing key leaves open.
    pub fn check_in(&self, trust: &Trust<'_>) -> Result<Proved, Unproved> {
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
        let signed = self.checkpoint.log_signature(checkpoint.log, trust).map_err(wrong)?;
        let witnessed = self.checkpoint.witnessed(trust.keys()).map_err(wrong)?;
        let is_known = entry_signature(&entry, self.index, trust)?;
        match signed {
            LogSignature::Outside(key, why) => {
                let (what, role) = ("the checkpoint", Role::Log.name());
                return Err(Unproved::KeyRange { what, role, key, why });
            }
            LogSignature::Given(By::Root, _) if !is_known => return Err(Unproved::KeyUnknown(*entry.key_id())),
            LogSignature::Given(_, Some(end)) => ended(&checkpoint, end, &witnessed)?,
            LogSignature::Given(_, None) => {}
            LogSignature::Unknown => return Err(Unproved::UnknownLogKey),
        }
        if !is_known {
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

/// Checks who signed an entry, and tells whether that is somebody who is known.
fn entry_signature(entry: &SignedEntry, index: u64, trust: &Trust<'_>) -> Result<bool, Unproved> {
    let mut outside = None;
    for role in entry.entry().content.signers() {
        let here = index..index.saturating_add(1);
        match trust.leave(*role, entry.key_id(), entry.entry().log, here) {
            Leave::Given(key, _) => {
                let verified = entry.verify(key).map_err(|_| Unproved::EntrySignature);
                return verified.map(|_| true);
            }
            Leave::Outside(why) => outside = outside.or(Some((role.name(), why))),
            Leave::Unknown => {}
        }
    }
    match outside {
        Some((role, why)) => Err(Unproved::KeyRange {
            what: "the entry",
            role,
            key: *entry.key_id(),
            why,
        }),
        None => Ok(false),
    }
}

/// Holds a checkpoint of a key that was taken from the log against where it ended. What whoever has the key since could have signed
/// as well, a witness must have seen.
fn ended(checkpoint: &Checkpoint, end: End, witnessed: &[Witnessed]) -> Result<(), Unproved> {
    if checkpoint.size < end.size && witnessed.is_empty() {
        return Err(Unproved::Ended(end.size));
    }
    if checkpoint.size == end.size && checkpoint.root != end.root {
        return Err(Unproved::EndedElsewhere(end.root));
    }
    Ok(())
}

fn read_head(head: &str) -> Option<(Vec<u8>, u64, Vec<Digest>)> {
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

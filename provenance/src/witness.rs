//! What a witness is asked and what it answers (C2SP `tlog-witness`), without the server around it.
//!
//! A witness remembers one checkpoint for each log that it knows, and cosigns the next one only if that continues it. So whoever
//! shows a log that is shorter than what was cosigned, or another one, is refuted by what the witness signed.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::checkpoint::{AnyCheckpoint, CheckpointError};
use crate::digest::Digest;
use crate::key::vkey::NoteKey;
use crate::merkle;
use crate::signature::note::NOTE_BYTES_MAX;

/// Where cosigned checkpoints lie in a repository: below here, each ref is a folder of them.
pub const WITNESS_REF_PREFIX: &str = "refs/assize/v1/witness/";

/// How many hashes a request may have.
pub const HASHES_MAX: usize = 63;

/// How many bytes a request may have.
pub const REQUEST_BYTES_MAX: usize = NOTE_BYTES_MAX + (8 << 10);

/// The media type of the answer that says which size the witness has seen.
pub const SIZE_TYPE: &str = "text/x.tlog.size";

/// A request to cosign a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// The size that the witness is believed to have cosigned last; 0 for none.
    pub old_size: u64,
    /// Proves that the checkpoint continues that size.
    pub hashes: Vec<Digest>,
    /// What is to be cosigned.
    pub checkpoint: AnyCheckpoint,
}

/// Why bytes are no request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// It is too long.
    #[error("the request has {0} bytes, more than the {REQUEST_BYTES_MAX} that are read")]
    TooLarge(usize),
    /// It is not an old size, hashes, an empty line and a checkpoint.
    #[error("a request is `old SIZE`, at most {HASHES_MAX} hashes in base64, an empty line and a checkpoint")]
    Form,
    /// Its checkpoint is none.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
}

/// The state of a log that a witness cosigned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// How many entries it had.
    pub size: u64,
    /// Its root.
    pub root: Digest,
}

/// Why a witness does not cosign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unwitnessed {
    /// It does not know the log.
    #[error("this witness does not know the log `{0}`")]
    UnknownLog(String),
    /// No key of the log signed the checkpoint.
    #[error("the checkpoint is not signed by a key that this witness knows of the log")]
    Signature,
    /// The old size is beyond the checkpoint.
    #[error("the old size is larger than the checkpoint's")]
    OldSize,
    /// The witness has cosigned another size.
    #[error("this witness has cosigned {0} entries of the log")]
    OtherSize(u64),
    /// The witness has cosigned another root at the same size: the log is forked.
    #[error("this witness has cosigned another root at that size: the log is forked")]
    Forked,
    /// The hashes do not prove that the checkpoint continues what was cosigned.
    #[error("the hashes do not prove that the checkpoint continues what this witness has cosigned")]
    Inconsistent,
}

impl Unwitnessed {
    /// Returns the status with which it is answered over HTTP.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::UnknownLog(_) => 404,
            Self::Signature => 403,
            Self::OldSize => 400,
            Self::OtherSize(_) | Self::Forked => 409,
            Self::Inconsistent => 422,
        }
    }
}

impl AddCheckpoint {
    /// Reads a request in its one spelling.
    ///
    /// # Errors
    ///
    /// Every [`RequestError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, RequestError> {
        if bytes.len() > REQUEST_BYTES_MAX {
            return Err(RequestError::TooLarge(bytes.len()));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| RequestError::Form)?;
        let (head, checkpoint) = text.split_once("\n\n").ok_or(RequestError::Form)?;
        let mut lines = head.split('\n');
        let old = lines.next().and_then(|line| line.strip_prefix("old "));
        let old_size = old.and_then(|old| old.parse().ok()).ok_or(RequestError::Form)?;
        let hashes: Option<Vec<Digest>> = lines.take(HASHES_MAX.saturating_add(1)).map(parse_hash).collect();
        let hashes = hashes
            .filter(|hashes| hashes.len() <= HASHES_MAX)
            .ok_or(RequestError::Form)?;
        let request = Self {
            old_size,
            hashes,
            checkpoint: AnyCheckpoint::parse(checkpoint.as_bytes())?,
        };
        if request.to_string() == text {
            Ok(request)
        } else {
            Err(RequestError::Form)
        }
    }

    /// Decides whether a witness that knows these keys of logs, and cosigned `last` of this one, cosigns the checkpoint. What
    /// comes back is what it must remember before it answers.
    ///
    /// # Errors
    ///
    /// Every [`Unwitnessed`].
    pub fn judge(&self, logs: &[NoteKey], last: Option<Seen>) -> Result<Seen, Unwitnessed> {
        let checkpoint = &self.checkpoint;
        let mut keys = logs.iter().filter(|key| key.name() == checkpoint.origin()).peekable();
        if keys.peek().is_none() {
            return Err(Unwitnessed::UnknownLog(checkpoint.origin().to_owned()));
        }
        let mut is_signed = false;
        for key in keys {
            is_signed |= checkpoint.is_signed_by(key).map_err(|_| Unwitnessed::Signature)?;
        }
        if !is_signed {
            return Err(Unwitnessed::Signature);
        }
        let now = Seen {
            size: checkpoint.size(),
            root: checkpoint.root(),
        };
        if self.old_size > now.size {
            return Err(Unwitnessed::OldSize);
        }
        let last = last.filter(|last| last.size > 0);
        let known = last.map_or(0, |last| last.size);
        if self.old_size != known {
            return Err(Unwitnessed::OtherSize(known));
        }
        let Some(last) = last else {
            // Nothing is proved of the empty log, whose root is known.
            let is_sound = self.hashes.is_empty() && (now.size > 0 || now.root == merkle::root(&[]));
            return if is_sound {
                Ok(now)
            } else {
                Err(Unwitnessed::Inconsistent)
            };
        };
        if last.size == now.size && last.root != now.root {
            return Err(Unwitnessed::Forked);
        }
        merkle::verify_consistency(last.size, &last.root, now.size, &now.root, &self.hashes)
            .map_err(|_| Unwitnessed::Inconsistent)?;
        Ok(now)
    }
}

impl fmt::Display for AddCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old_size)?;
        for hash in &self.hashes {
            writeln!(f, "{}", print_hash(hash))?;
        }
        write!(f, "\n{}", self.checkpoint)
    }
}

/// Reads one hash of a proof on its line.
pub(crate) fn parse_hash(line: &str) -> Option<Digest> {
    let bytes = BASE64_STANDARD.decode(line).ok()?;
    bytes.try_into().ok().map(Digest::from_bytes)
}

/// Writes one hash of a proof.
pub(crate) fn print_hash(hash: &Digest) -> String {
    BASE64_STANDARD.encode(hash.as_bytes())
}

#[cfg(test)]
mod tests;

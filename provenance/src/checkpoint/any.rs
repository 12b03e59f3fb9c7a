//! Checkpoints of any log, by whomever they are signed: what witnesses, proofs and auditors read.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::{Checkpoint, CheckpointError};
use crate::canonical::INTEGER_MAX;
use crate::digest::Digest;
use crate::key::vkey::{NoteKey, NoteKind, is_name};
use crate::key::{KeyId, Role, SignatureMismatch, TrustedKeys};
use crate::log_id::LogId;
use crate::root::{By, End, Leave, Trust};
use crate::signature::ToSign;
use crate::signature::cosignature::{self, Cosignature, CosignedText};
use crate::signature::note::{self, Note, NoteSignature, SIGNATURES_MAX};

/// A checkpoint with all its signature lines, in its one spelling. No signature is checked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnyCheckpoint {
    note: Note,
    origin: String,
    size: u64,
    root: Digest,
}

/// A witness that cosigned a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witnessed {
    /// The witness's name.
    pub witness: String,
    /// The key that it cosigned with. Two names with one key are one witness.
    pub key: KeyId,
    /// How many entries the log had.
    pub size: u64,
    /// When, by the witness's clock, in seconds since 1970-01-01T00:00:00Z.
    pub seconds: u64,
}

/// What the signatures of a log's own keys under a checkpoint are worth to an auditor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogSignature {
    /// A key signed that may sign there. Who says so is told, and where that leave ends, if it does.
    Given(By, Option<End>),
    /// A key signed that the root of trust does not let sign there: which, and why, as the end of a sentence.
    Outside(KeyId, String),
    /// Nobody signed who is known.
    Unknown,
}

impl AnyCheckpoint {
    /// Reads a checkpoint of any origin. Lines after the root are the log's own and belong to what is signed.
    ///
    /// # Errors
    ///
    /// [`CheckpointError::Note`] and [`CheckpointError::AnyForm`].
    pub fn parse(bytes: &[u8]) -> Result<Self, CheckpointError> {
        let note = note::parse(bytes)?;
        let read = Self::read(&note).ok_or(CheckpointError::AnyForm)?;
        if read.to_string().as_bytes() == bytes {
            Ok(read)
        } else {
            Err(CheckpointError::AnyForm)
        }
    }

    fn read(note: &Note) -> Option<Self> {
        let mut lines = note.text.strip_suffix('\n')?.split('\n');
        let origin = lines.next().filter(|origin| is_name(origin))?.to_owned();
        let digits = lines.next()?;
        let size: u64 = digits.parse().ok().filter(|size| *size <= INTEGER_MAX)?;
        let root = BASE64_STANDARD.decode(lines.next()?).ok()?.try_into().ok()?;
        let is_canonical = size.to_string() == digits && lines.all(|line| !line.is_empty());
        is_canonical.then(|| Self {
            note: note.clone(),
            origin,
            size,
            root: Digest::from_bytes(root),
        })
    }

    /// Returns the log's name, as it stands in the first line.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Returns how many entries the log has.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Returns the log's root.
    #[must_use]
    pub const fn root(&self) -> Digest {
        self.root
    }

    /// Returns the checkpoint of a log of Assize; `None` where another kind of log speaks.
    #[must_use]
    pub fn own(&self) -> Option<Checkpoint> {
        Checkpoint::parse_text(&self.note.text).filter(|checkpoint| checkpoint.text() == self.note.text)
    }

    /// Tells whether a log signed it with this key.
    ///
    /// # Errors
    ///
    /// A line claims to be of this key and is not.
    pub fn is_signed_by(&self, key: &NoteKey) -> Result<bool, SignatureMismatch> {
        self.note.is_signed_by(key)
    }

    /// Tells whether it is signed by a log key that is believed, under the log's own name.
    ///
    /// # Errors
    ///
    /// A line claims to be of such a key and is not.
    pub fn is_believed(&self, keys: &TrustedKeys) -> Result<bool, SignatureMismatch> {
        self.signers(keys).map(|signers| !signers.is_empty())
    }

    /// Returns the log keys that signed it, of those that are believed, under the log's own name.
    ///
    /// # Errors
    ///
    /// A line claims to be of such a key and is not.
    pub fn signers(&self, keys: &TrustedKeys) -> Result<Vec<KeyId>, SignatureMismatch> {
        let mut signers = Vec::new();
        for key in keys.log_keys() {
            if let Ok(named) = NoteKey::new(&self.origin, NoteKind::Note, *key)
                && self.is_signed_by(&named)?
            {
                signers.push(key.id());
            }
        }
        Ok(signers)
    }

    /// Tells what the signatures of the log's own keys are worth at the newest entry of the checkpoint: a key that was taken from
    /// a log before that speaks for it no more.
    ///
    /// # Errors
    ///
    /// A line claims to be of a key that is known and is not.
    pub fn log_signature(&self, log: LogId, trust: &Trust<'_>) -> Result<LogSignature, SignatureMismatch> {
        let newest = self.size.saturating_sub(1);
        let mut answer = LogSignature::Unknown;
        for key in self.signers(&trust.with_log_keys())? {
            match trust.leave(Role::Log, &key, log, newest..self.size) {
                Leave::Given(_, by) => match trust.end(Role::Log, &key, log, newest) {
                    None => return Ok(LogSignature::Given(by, None)),
                    end => answer = LogSignature::Given(by, end),
                },
                Leave::Outside(why) if answer == LogSignature::Unknown => answer = LogSignature::Outside(key, why),
                Leave::Outside(_) | Leave::Unknown => {}
            }
        }
        Ok(answer)
    }

    /// Returns the newest cosignature of a witness, if there is any.
    ///
    /// # Errors
    ///
    /// A line claims to be of this witness and is not.
    pub fn cosigned_by(&self, key: &NoteKey) -> Result<Option<Cosignature>, SignatureMismatch> {
        self.note.cosigned_by(key)
    }

    /// Returns which of the witnesses that are believed cosigned it, and when.
    ///
    /// # Errors
    ///
    /// A line claims to be of such a witness and is not.
    pub fn witnessed(&self, keys: &TrustedKeys) -> Result<Vec<Witnessed>, SignatureMismatch> {
        let mut witnessed = Vec::new();
        for key in keys.witnesses() {
            witnessed.extend(self.cosigned_by(key)?.map(|cosignature| Witnessed {
                witness: key.name().to_owned(),
                key: key.key().id(),
                size: self.size,
                seconds: cosignature.seconds,
            }));
        }
        Ok(witnessed)
    }

    /// Returns what a witness signs who vouches for it at a time.
    #[must_use]
    pub fn to_cosign(&self, seconds: u64) -> ToSign<CosignedText> {
        cosignature::to_sign(&self.note.text, seconds)
    }

    /// Makes the line of a witness from its signature, and checks it.
    ///
    /// # Errors
    ///
    /// The signature is wrong, or the key is none of a witness.
    pub fn cosign(&self, key: &NoteKey, seconds: u64, signature: [u8; 64]) -> Result<NoteSignature, SignatureMismatch> {
        let made = Cosignature::seal(&self.note.text, key.key(), seconds, signature)?;
        made.line(key).ok_or(SignatureMismatch)
    }

    /// Adds the signature lines of the same checkpoint as somebody else has it; `None` where it is another one, or there are too
    /// many.
    #[must_use]
    pub fn joined(&self, other: &Self) -> Option<Self> {
        let mut joined = self.clone();
        for line in &other.note.signatures {
            if !joined.note.signatures.contains(line) {
                joined.note.signatures.push(line.clone());
            }
        }
        let fits = joined.note.text == other.note.text && joined.note.signatures.len() <= SIGNATURES_MAX;
        fits.then_some(joined)
    }

    /// Adds signature lines as a witness answers with them, of the witness that is meant only.
    ///
    /// # Errors
    ///
    /// The lines are none, or none of them is a cosignature of this witness for this checkpoint.
    pub fn with_answer(&self, answer: &str, key: &NoteKey) -> Result<Self, CheckpointError> {
        let lines = answer.strip_suffix('\n').ok_or(CheckpointError::AnyForm)?;
        let mut signed = self.clone();
        for line in lines.split('\n').take(SIGNATURES_MAX) {
            let line = note::parse_line(line).ok_or(CheckpointError::AnyForm)?;
            if line.name == key.name() && line.key_hash == key.hash() {
                signed.note.signatures.push(line);
            }
        }
        if signed.note.signatures.len() > SIGNATURES_MAX {
            return Err(CheckpointError::Note(note::NoteError::Signatures));
        }
        match signed.cosigned_by(key)? {
            Some(_) => Ok(signed),
            None => Err(CheckpointError::Signature(SignatureMismatch)),
        }
    }
}

impl fmt::Display for AnyCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.note.fmt(f)
    }
}

#[cfg(test)]
mod tests;

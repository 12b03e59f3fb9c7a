//! Cosignatures (C2SP `tlog-cosignature`, version 1 with Ed25519): a witness says that, at a time, it has seen no larger and no
//! other state of a log than this checkpoint.
//!
//! A cosignature is a signature line of the checkpoint's note: eight bytes of time, most significant first, then 64 of signature,
//! which covers
//!
//! ```text
//! cosignature/v1
//! time <seconds since 1970>
//! <the checkpoint's text>
//! ```

use super::ToSign;
use super::note::NoteSignature;
use crate::key::vkey::{NoteKey, NoteKind};
use crate::key::{PublicKey, SignatureMismatch};

/// Marks a checkpoint to be cosigned.
#[derive(Debug)]
pub enum CosignedText {}

/// A witness's signature of a checkpoint, and when it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cosignature {
    /// When, by the witness's clock, in seconds since 1970-01-01T00:00:00Z.
    pub seconds: u64,
    signature: [u8; 64],
}

/// Returns what a cosignature of a checkpoint's text covers.
pub(crate) fn to_sign(text: &str, seconds: u64) -> ToSign<CosignedText> {
    ToSign::new(format!("cosignature/v1\ntime {seconds}\n{text}").into_bytes())
}

impl Cosignature {
    /// Reads what stands in a signature line; `None` where that is no cosignature.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let (seconds, signature) = bytes.split_first_chunk::<8>()?;
        let seconds = u64::from_be_bytes(*seconds);
        let signature = signature.try_into().ok()?;
        i64::try_from(seconds).is_ok().then_some(Self { seconds, signature })
    }

    /// Checks a fresh signature, so that nothing leaves a witness that does not verify.
    pub(crate) fn seal(
        text: &str,
        key: &PublicKey,
        seconds: u64,
        signature: [u8; 64],
    ) -> Result<Self, SignatureMismatch> {
        let made = Self { seconds, signature };
        made.verify(text, key)?;
        Ok(made)
    }

    /// Checks it for a checkpoint's text.
    pub(crate) fn verify(&self, text: &str, key: &PublicKey) -> Result<(), SignatureMismatch> {
        key.verify(to_sign(text, self.seconds).as_bytes(), &self.signature)
    }

    /// Makes the signature line; `None` where the key is none of a witness.
    pub(crate) fn line(&self, key: &NoteKey) -> Option<NoteSignature> {
        (key.kind() == NoteKind::Cosignature).then(|| NoteSignature {
            name: key.name().to_owned(),
            key_hash: key.hash(),
            bytes: [self.seconds.to_be_bytes().as_slice(), &self.signature].concat(),
        })
    }
}

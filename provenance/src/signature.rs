//! The forms in which Assize signs, each with the exact bytes that a signature covers.
//!
//! | form | who | over |
//! |---|---|---|
//! | [`jws`] | council key | every entry's payload, for JOSE tools |
//! | [`dsse`] | council key | a verdict's payload, for in-toto tools |
//! | [`dsse`] | person's key | a version of a [root of trust](crate::root) |
//! | [`note`] | log key | a checkpoint, for transparency-log tools |
//! | [`sshsig`] | log key | a commit, for git |
//! | [`cosignature`] | key of a witness | a checkpoint at a time, for transparency-log tools |
//!
//! What a signature covers starts differently in each form (`eyJ`, `DSSEv1 `, `assize/`, `SSHSIG`, `cosignature/v1`), so none can
//! be taken for another. What is to be signed comes as a [`ToSign`], which only this crate makes, from a checked value: a signer that takes
//! nothing else cannot be talked into signing arbitrary bytes.

use std::fmt;
use std::marker::PhantomData;

pub mod cosignature;
pub mod dsse;
pub mod jws;
pub mod note;
pub mod sshsig;

/// Bytes that may be signed in the form `F`.
pub struct ToSign<F> {
    bytes: Vec<u8>,
    form: PhantomData<F>,
}

impl<F> ToSign<F> {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        Self {
            bytes,
            form: PhantomData,
        }
    }

    /// Returns the exact bytes that the Ed25519 signature covers.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl<F> fmt::Debug for ToSign<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ToSign({})", self.bytes.escape_ascii())
    }
}

/// The media type of every payload of an entry.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

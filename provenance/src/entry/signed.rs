//! Entries on their way to a signature and back: what is signed, the finished line, and reading a line again.

use std::ops::Range;

use super::v1::{self, FormError, ReadLine};
use super::{Entry, EntryId, LINE_BYTES_MAX};
use crate::key::{KeyId, PublicKey, SignatureMismatch};
use crate::signature::ToSign;
use crate::signature::dsse::{self, Dsse};
use crate::signature::jws::{self, Jws};

/// Why an entry cannot be signed or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// It does not fit its line. Only a case can be that large: fewer rule settings, waivers or documents make it fit.
    #[error(
        "the entry has {0} bytes, more than the {LINE_BYTES_MAX} of a line in the log; shorten the policy's rule settings and the waivers"
    )]
    TooLarge(usize),
    /// It is not in the stored form.
    #[error(transparent)]
    Form(#[from] FormError),
    /// A verdict or an override lacks its DSSE signature, or another entry has one.
    #[error("exactly the entries that decide, verdicts and overrides, carry a DSSE signature")]
    Dsse,
    /// The key that signed is another one.
    #[error("the entry is signed by key {0}, not by the one given")]
    OtherKey(KeyId),
    /// A signature is wrong.
    #[error(transparent)]
    Signature(#[from] SignatureMismatch),
}

/// An entry that is checked and waits for its signature.
#[derive(Debug, Clone)]
pub struct UnsignedEntry {
    entry: Entry,
    key: PublicKey,
    payload: Vec<u8>,
}

/// An entry with its line. What was read from a line is in canonical form; [`verify`](Self::verify) checks its signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedEntry {
    entry: Entry,
    id: EntryId,
    line: Vec<u8>,
    /// Where in the line the Statement stands.
    payload: Range<usize>,
    signatures: Signatures,
}

/// What stands beside the payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Signatures {
    pub(super) key: KeyId,
    pub(super) jws: [u8; 64],
    pub(super) dsse: Option<[u8; 64]>,
}

impl Entry {
    /// Reads the Statement of an entry that nobody signed yet, in its one spelling. A signer that lives elsewhere reads what it
    /// is to sign with this.
    ///
    /// # Errors
    ///
    /// [`EntryError::TooLarge`] and [`EntryError::Form`].
    pub fn parse_unsigned(payload: &[u8]) -> Result<Self, EntryError> {
        if payload.len() > LINE_BYTES_MAX {
            return Err(EntryError::TooLarge(payload.len()));
        }
        Ok(v1::parse_payload(payload)?)
    }

    /// Checks everything that must hold before the council key may sign this entry.
    ///
    /// # Errors
    ///
    /// [`EntryError::TooLarge`] and [`EntryError::Form`]: a text too long or empty, a number too large.
    pub fn prepare(self, key: &PublicKey) -> Result<UnsignedEntry, EntryError> {
        let payload = v1::payload_bytes(&self)?;
        let dsse = self.content.decides().then_some([0xff; 64]);
        let (line, _) = v1::line_bytes(
            &self,
            &Signatures {
                key: key.id(),
                jws: [0xff; 64],
                dsse,
            },
        )?;
        if line.len() > LINE_BYTES_MAX {
            return Err(EntryError::TooLarge(line.len()));
        }
        Ok(UnsignedEntry {
            entry: self,
            key: *key,
            payload,
        })
    }
}

impl UnsignedEntry {
    /// Returns the Statement that is signed, as canonical JSON.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Returns what the council key signs for JOSE.
    #[must_use]
    pub fn jws_input(&self) -> ToSign<Jws> {
        jws::to_sign(&self.key.id(), &self.payload)
    }

    /// Returns what the council key signs for DSSE, for an entry that decides.
    #[must_use]
    pub fn dsse_input(&self) -> Option<ToSign<Dsse>> {
        self.entry.content.decides().then(|| dsse::to_sign(&self.payload))
    }

    /// Puts the signatures in place and checks them, so that nothing leaves the signer that does not verify.
    ///
    /// # Errors
    ///
    /// [`EntryError::Dsse`] and [`EntryError::Signature`].
    pub fn seal(self, jws: &[u8; 64], dsse: Option<&[u8; 64]>) -> Result<SignedEntry, EntryError> {
        let signatures = Signatures {
            key: self.key.id(),
            jws: *jws,
            dsse: dsse.copied(),
        };
        let (line, payload) = v1::line_bytes(&self.entry, &signatures)?;
        let signed = SignedEntry {
            id: EntryId::of_line(&line),
            entry: self.entry,
            line,
            payload,
            signatures,
        };
        signed.verify(&self.key)?;
        Ok(signed)
    }
}

impl SignedEntry {
    /// Reads a line. Only the one canonical spelling is accepted; signatures are not checked yet.
    ///
    /// # Errors
    ///
    /// [`EntryError::TooLarge`], [`EntryError::Form`] and [`EntryError::Dsse`].
    pub fn parse(line: &[u8]) -> Result<Self, EntryError> {
        Self::parse_hashed(line.to_vec(), EntryId::of_line(line))
    }

    /// Reads a line whose id the caller has computed.
    pub(crate) fn parse_hashed(line: Vec<u8>, id: EntryId) -> Result<Self, EntryError> {
        if line.len() > LINE_BYTES_MAX {
            return Err(EntryError::TooLarge(line.len()));
        }
        let ReadLine {
            entry,
            signatures,
            payload,
        } = v1::parse_line(&line)?;
        if entry.content.decides() != signatures.dsse.is_some() {
            return Err(EntryError::Dsse);
        }
        Ok(Self {
            entry,
            id,
            line,
            payload,
            signatures,
        })
    }

    /// Checks all signatures of the entry against the council key that is said to have made them.
    ///
    /// # Errors
    ///
    /// [`EntryError::OtherKey`], [`EntryError::Dsse`] and [`EntryError::Signature`].
    pub fn verify(&self, key: &PublicKey) -> Result<(), EntryError> {
        if self.signatures.key != key.id() {
            return Err(EntryError::OtherKey(self.signatures.key));
        }
        self.verify_named(key)
    }

    /// Checks all signatures of the entry against the key that it names, which the caller has found by that name.
    pub(crate) fn verify_named(&self, key: &PublicKey) -> Result<(), EntryError> {
        let payload = self.payload();
        key.verify(
            jws::to_sign(&self.signatures.key, payload).as_bytes(),
            &self.signatures.jws,
        )?;
        match (&self.signatures.dsse, self.entry.content.decides()) {
            (Some(signature), true) => Ok(key.verify(dsse::to_sign(payload).as_bytes(), signature)?),
            (None, false) => Ok(()),
            _ => Err(EntryError::Dsse),
        }
    }

    /// Returns what the entry says.
    #[must_use]
    pub const fn entry(&self) -> &Entry {
        &self.entry
    }

    /// Returns the entry's id.
    #[must_use]
    pub const fn id(&self) -> EntryId {
        self.id
    }

    /// Returns the stored line, without a line feed.
    #[must_use]
    pub fn line(&self) -> &[u8] {
        &self.line
    }

    /// Returns the in-toto Statement that is signed, as canonical JSON.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        self.line.get(self.payload.clone()).unwrap_or_default()
    }

    /// Takes it apart into what it says.
    pub(crate) fn into_entry(self) -> Entry {
        self.entry
    }

    /// Returns the id of the key that is said to have signed.
    #[must_use]
    pub const fn key_id(&self) -> &KeyId {
        &self.signatures.key
    }

    /// Writes the entry as a compact JWS, which any JOSE library verifies.
    #[must_use]
    pub fn compact_jws(&self) -> String {
        jws::compact(&self.signatures.key, self.payload(), &self.signatures.jws)
    }

    /// Writes a verdict or an override as a DSSE envelope, which in-toto tools verify; other entries have none.
    #[must_use]
    pub fn dsse_envelope(&self, key: &PublicKey) -> Option<String> {
        let signature = self.signatures.dsse.as_ref()?;
        Some(dsse::envelope(key, self.payload(), signature))
    }
}

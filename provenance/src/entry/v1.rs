//! The stored form of entries, version 1. Frozen: a change is a new version beside this one.
//!
//! An entry is one line of canonical JSON without a line feed:
//!
//! ```text
//! {"kind":KIND,"payload":<in-toto Statement v1>,"sigs":[{"dsse"?,"jws","kid"}],"v":1}
//! ```
//!
//! KIND is `case`, `opinion` or `verdict`, which council keys sign, `approval`, `appeal` or `waiver`, which persons' keys sign, or
//! `override`, which either signs.
//!
//! `jws` is the base64url signature of the JWS whose protected header is the constant of
//! [`protected_header`](crate::signature::jws::protected_header) and whose payload is the canonical Statement; `dsse` is the
//! padded base64 signature of the DSSE envelope with the same payload, on verdicts, overrides and approvals only; `kid` is the key's
//! thumbprint.
//!
//! The Statement's subjects are `case`, or `waiver` (SHA-256), and `head` (`gitCommit`, `gitTree`); its predicate type is
//! `urn:x-assize:v1:` and the kind; its predicate holds `log`, `time`, `actor`, `prev` (not in a case and not in the proposal of a waiver) and the kind's own
//! fields, which are those of the structures in this folder. A field without a value is absent, never `null`. Unknown fields
//! are refused.
//!
//! The form of a kind never changes; another kind may come to stand beside those that are here. Whoever does not know it yet
//! refuses such an entry, and the log with it, rather than skip what may be a decision.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::opinion::Listed;
use super::signed::Signatures;
use super::{Entry, LINE_BYTES_MAX, WaiverTerms};
use crate::canonical::{self, CanonicalError};
use text::Text;

mod case;
pub mod document;
pub mod inputs;
mod opinion;
mod overruled;
mod people;
mod statement;
mod text;
mod verdict;
mod words;

/// Why a line or document is not in the stored form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// It is not canonical JSON.
    #[error(transparent)]
    Canonical(#[from] CanonicalError),
    /// A field is missing, unknown, too long or of another type.
    #[error("not in the stored form of version 1: {0}")]
    Field(String),
}

impl FormError {
    fn field(error: impl std::fmt::Display) -> Self {
        Self::Field(error.to_string())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LineV1 {
    kind: String,
    payload: Value,
    sigs: [SignaturesV1; 1],
    v: u8,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SignaturesV1 {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dsse: Option<String>,
    jws: String,
    kid: Text<crate::key::KeyId>,
}

impl SignaturesV1 {
    fn of(signatures: &Signatures) -> Self {
        Self {
            dsse: signatures.dsse.map(|signature| BASE64_STANDARD.encode(signature)),
            jws: BASE64_URL_SAFE_NO_PAD.encode(signatures.jws),
            kid: Text(signatures.key),
        }
    }
}

/// Writes the Statement that is signed.
pub(super) fn payload_bytes(entry: &Entry) -> Result<Vec<u8>, FormError> {
    Ok(canonical::to_bytes(&statement::to_value(entry)?)?)
}

/// Reads a Statement, and only if writing it again gives the same bytes.
pub(super) fn parse_payload(payload: &[u8]) -> Result<Entry, FormError> {
    let value = canonical::parse(payload, LINE_BYTES_MAX)?;
    let entry = statement::from_value(value.clone())?;
    if statement::to_value(&entry)? == value {
        Ok(entry)
    } else {
        Err(FormError::Canonical(CanonicalError::NotCanonical))
    }
}

/// Writes the whole line.
pub(super) fn line_bytes(entry: &Entry, signatures: &Signatures) -> Result<Vec<u8>, FormError> {
    line_around(&payload_bytes(entry)?, entry, signatures)
}

/// Reads a line, and only if writing it again gives the same bytes. Returns the canonical Statement, too.
pub(super) fn parse_line(line: &[u8]) -> Result<(Entry, Signatures, Vec<u8>), FormError> {
    // That the text is canonical follows from the comparison at the end: what is written there is.
    let value = canonical::parse_loosely(line, LINE_BYTES_MAX)?;
    let LineV1 { kind, payload, sigs, v } = serde_json::from_value(value).map_err(FormError::field)?;
    if v != 1 {
        return Err(FormError::Field(format!(
            "version {v} is not known here, only version 1"
        )));
    }
    let entry = statement::from_value(payload)?;
    let [
        SignaturesV1 {
            dsse,
            jws,
            kid: Text(key),
        },
    ] = sigs;
    let raw = |bytes: Result<Vec<u8>, _>| bytes.ok().and_then(|bytes: Vec<u8>| bytes.try_into().ok());
    let wrong = || FormError::Field("a signature has 64 bytes in base64".to_owned());
    let jws = raw(BASE64_URL_SAFE_NO_PAD.decode(jws)).ok_or_else(wrong)?;
    let dsse = dsse
        .map(|dsse| raw(BASE64_STANDARD.decode(dsse)).ok_or_else(wrong))
        .transpose()?;
    let signatures = Signatures { key, jws, dsse };
    let payload = payload_bytes(&entry)?;
    if kind != entry.content.kind() || line_around(&payload, &entry, &signatures)? != line {
        return Err(FormError::Canonical(CanonicalError::NotCanonical));
    }
    Ok((entry, signatures, payload))
}

/// Writes the line around a Statement that is written already. In canonical form the names of members are in order, so the
/// Statement stands between the kind and the signatures.
fn line_around(payload: &[u8], entry: &Entry, signatures: &Signatures) -> Result<Vec<u8>, FormError> {
    let sigs = serde_json::to_value([SignaturesV1::of(signatures)]).map_err(FormError::field)?;
    let mut line = Vec::with_capacity(payload.len().saturating_add(512));
    line.extend_from_slice(b"{\"kind\":\"");
    line.extend_from_slice(entry.content.kind().as_bytes());
    line.extend_from_slice(b"\",\"payload\":");
    line.extend_from_slice(payload);
    line.extend_from_slice(b",\"sigs\":");
    line.extend_from_slice(&canonical::to_bytes(&sigs)?);
    line.extend_from_slice(b",\"v\":1}");
    Ok(line)
}

/// Writes the terms of a waiver in the form that its subject is the digest of.
pub(super) fn waiver_bytes(terms: &WaiverTerms) -> Result<Vec<u8>, FormError> {
    Ok(canonical::to_bytes(&people::terms_value(terms)?)?)
}

/// Returns how many bytes a listed finding takes in its entry, with the comma after it.
pub(super) fn listed_bytes(listed: &Listed) -> usize {
    let value = serde_json::to_value(opinion::ListedV1::from(listed)).ok();
    let bytes = value.and_then(|value| canonical::to_bytes(&value).ok());
    bytes.map_or(usize::MAX, |bytes| bytes.len().saturating_add(1))
}

/// Returns the word that the stored form has for a value, such as `no-opinion`.
pub fn word<T: text::Worded>(value: &T) -> &'static str {
    value.word()
}

//! The stored form of entries, version 1. Frozen: a change is a new version beside this one.
//!
//! An entry is one line of canonical JSON without a line feed:
//!
//! ```text
//! {"kind":"case|opinion|verdict|override","payload":<in-toto Statement v1>,"sigs":[{"dsse"?,"jws","kid"}],"v":1}
//! ```
//!
//! `jws` is the base64url signature of the JWS whose protected header is the constant of
//! [`protected_header`](crate::signature::jws::protected_header) and whose payload is the canonical Statement; `dsse` is the
//! padded base64 signature of the DSSE envelope with the same payload, on verdicts and overrides only; `kid` is the key's
//! thumbprint.
//!
//! The Statement's subjects are `case` (SHA-256) and `head` (`gitCommit`, `gitTree`); its predicate type is
//! `urn:x-assize:v1:` and the kind; its predicate holds `log`, `time`, `actor`, `prev` (not in a case) and the kind's own
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
use super::{Entry, LINE_BYTES_MAX};
use crate::canonical::{self, CanonicalError};
use text::Text;

mod case;
pub mod document;
pub mod inputs;
mod opinion;
mod overruled;
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

#[derive(Serialize, Deserialize)]
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
    let line = LineV1 {
        kind: entry.content.kind().to_owned(),
        payload: statement::to_value(entry)?,
        sigs: [SignaturesV1 {
            dsse: signatures.dsse.map(|signature| BASE64_STANDARD.encode(signature)),
            jws: BASE64_URL_SAFE_NO_PAD.encode(signatures.jws),
            kid: Text(signatures.key),
        }],
        v: 1,
    };
    Ok(canonical::to_bytes(
        &serde_json::to_value(line).map_err(FormError::field)?,
    )?)
}

/// Reads a line, and only if writing it again gives the same bytes. Returns the canonical Statement, too.
pub(super) fn parse_line(line: &[u8]) -> Result<(Entry, Signatures, Vec<u8>), FormError> {
    // What is left to compare after this is values: equal values have one text.
    let value = canonical::parse(line, LINE_BYTES_MAX)?;
    let parsed: LineV1 = serde_json::from_value(value).map_err(FormError::field)?;
    if parsed.v != 1 {
        return Err(FormError::Field(format!(
            "version {} is not known here, only version 1",
            parsed.v
        )));
    }
    let entry = statement::from_value(parsed.payload.clone())?;
    if statement::to_value(&entry)? != parsed.payload || parsed.kind != entry.content.kind() {
        return Err(FormError::Canonical(CanonicalError::NotCanonical));
    }
    let [
        SignaturesV1 {
            dsse,
            jws,
            kid: Text(key),
        },
    ] = parsed.sigs;
    // Both readers of base64 refuse stray bits and other paddings, so these have one spelling as well.
    let raw = |bytes: Result<Vec<u8>, _>| bytes.ok().and_then(|bytes: Vec<u8>| bytes.try_into().ok());
    let wrong = || FormError::Field("a signature has 64 bytes in base64".to_owned());
    let jws = raw(BASE64_URL_SAFE_NO_PAD.decode(jws)).ok_or_else(wrong)?;
    let dsse = dsse
        .map(|dsse| raw(BASE64_STANDARD.decode(dsse)).ok_or_else(wrong))
        .transpose()?;
    let payload = canonical::to_bytes(&parsed.payload)?;
    Ok((entry, Signatures { key, jws, dsse }, payload))
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

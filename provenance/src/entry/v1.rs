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

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::opinion::Listed;
use super::signed::Signatures;
use super::{Entry, LINE_BYTES_MAX, TEXT_BYTES_MAX, WaiverTerms};
use crate::canonical::{self, CanonicalError, TypedError};
use statement::{Predicate, StatementV1, by_kind};
use text::{Signature64, Text};

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

impl From<TypedError> for FormError {
    fn from(error: TypedError) -> Self {
        match error {
            TypedError::Canonical(error) => Self::Canonical(error),
            TypedError::Field(error) => Self::Field(error),
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LineV1<P> {
    kind: String,
    payload: P,
    sigs: [SignaturesV1; 1],
    v: u8,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SignaturesV1 {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dsse: Option<Signature64<false>>,
    jws: Signature64<true>,
    kid: Text<crate::key::KeyId>,
}

/// What must be known of a line before it can be read.
#[derive(Deserialize)]
struct KindV1 {
    kind: String,
}

/// A line as it was read.
pub(super) struct ReadLine {
    pub(super) entry: Entry,
    pub(super) signatures: Signatures,
    /// Where in the line the canonical Statement stands.
    pub(super) payload: Range<usize>,
}

/// Writes the Statement that is signed.
pub(super) fn payload_bytes(entry: &Entry) -> Result<Vec<u8>, FormError> {
    let mut bytes = Vec::new();
    statement::write(entry, &mut bytes)?;
    Ok(bytes)
}

/// Reads a Statement, and only if writing it again gives the same bytes.
pub(super) fn parse_payload(payload: &[u8]) -> Result<Entry, FormError> {
    canonical::check_length(payload, LINE_BYTES_MAX)?;
    let entry = statement::read(payload)?;
    if payload_bytes(&entry)? == payload {
        Ok(entry)
    } else {
        Err(FormError::Canonical(CanonicalError::NotCanonical))
    }
}

/// Writes the whole line, and tells where in it the Statement stands. In canonical form the names of members are in order, so
/// that is between the kind and the signatures.
pub(super) fn line_bytes(entry: &Entry, signatures: &Signatures) -> Result<(Vec<u8>, Range<usize>), FormError> {
    let mut line = Vec::with_capacity(2048);
    line.extend_from_slice(b"{\"kind\":\"");
    line.extend_from_slice(entry.content.kind().as_bytes());
    line.extend_from_slice(b"\",\"payload\":");
    let start = line.len();
    statement::write(entry, &mut line)?;
    let payload = start..line.len();
    line.extend_from_slice(b",\"sigs\":");
    let signatures = [SignaturesV1 {
        dsse: signatures.dsse.map(Signature64),
        jws: Signature64(signatures.jws),
        kid: Text(signatures.key),
    }];
    canonical::write_typed(&signatures, &mut line)?;
    line.extend_from_slice(b",\"v\":1}");
    Ok((line, payload))
}

/// Reads a line, and only if writing it again gives the same bytes.
pub(super) fn parse_line(line: &[u8]) -> Result<ReadLine, FormError> {
    canonical::check_length(line, LINE_BYTES_MAX)?;
    let (entry, signatures) = match kind_in_front(line) {
        Some(kind) => by_kind!(kind, read_line(line))?,
        None => by_kind!(canonical::read_typed::<KindV1>(line)?.kind.as_str(), read_line(line))?,
    };
    let (again, payload) = line_bytes(&entry, &signatures)?;
    if again != line {
        return Err(FormError::Canonical(CanonicalError::NotCanonical));
    }
    Ok(ReadLine {
        entry,
        signatures,
        payload,
    })
}

/// Returns what stands where a canonical line has its kind.
fn kind_in_front(line: &[u8]) -> Option<&str> {
    let rest = line.strip_prefix(b"{\"kind\":\"")?;
    let end = rest.iter().take(TEXT_BYTES_MAX).position(|byte| *byte == b'"')?;
    std::str::from_utf8(rest.get(..end)?).ok()
}

/// Reads a line in whatever spelling.
fn read_line<P: Predicate>(line: &[u8]) -> Result<(Entry, Signatures), FormError> {
    let LineV1 { payload, sigs, v, .. } = canonical::read_typed::<LineV1<StatementV1<P>>>(line)?;
    if v != 1 {
        return Err(FormError::Field(format!(
            "version {v} is not known here, only version 1"
        )));
    }
    let [SignaturesV1 { dsse, jws, kid }] = sigs;
    let signatures = Signatures {
        key: kid.0,
        jws: jws.0,
        dsse: dsse.map(|dsse| dsse.0),
    };
    Ok((payload.into_domain()?, signatures))
}

/// Reads and writes a line by way of a [`Value`](serde_json::Value), as it was done before: what the search for differences
/// holds [`parse_line`] against.
#[cfg(any(test, feature = "testing"))]
pub(crate) fn is_line_by_value(line: &[u8]) -> bool {
    let by_value = || {
        let value = canonical::parse(line, LINE_BYTES_MAX).ok()?;
        by_kind!(value.get("kind")?.as_str()?, read_by_value(&value)).ok()
    };
    by_value().is_some()
}

#[cfg(any(test, feature = "testing"))]
fn read_by_value<P: Predicate>(value: &serde_json::Value) -> Result<(), FormError> {
    let wrong = |error: serde_json::Error| FormError::Field(error.to_string());
    let line: LineV1<StatementV1<P>> = serde_json::from_value(value.clone()).map_err(wrong)?;
    let (kind, v) = (line.kind.clone(), line.v);
    let again = serde_json::to_value(&line).map_err(wrong)?;
    let entry = line.payload.into_domain()?;
    // The constant fields are those of what was read.
    let statement: serde_json::Value = serde_json::from_slice(&payload_bytes(&entry)?).map_err(wrong)?;
    let is_same = again == *value && value.get("payload") == Some(&statement);
    match is_same && kind == entry.content.kind() && v == 1 {
        true => Ok(()),
        false => Err(FormError::Canonical(CanonicalError::NotCanonical)),
    }
}

/// Writes the terms of a waiver in the form that its subject is the digest of.
pub(super) fn waiver_bytes(terms: &WaiverTerms) -> Result<Vec<u8>, FormError> {
    people::terms_bytes(terms)
}

/// Returns how many bytes a listed finding takes in its entry, with the comma after it.
pub(super) fn listed_bytes(listed: &Listed) -> usize {
    let mut bytes = Vec::new();
    let written = canonical::write_typed(&opinion::ListedV1::from(listed), &mut bytes);
    written.map_or(usize::MAX, |()| bytes.len().saturating_add(1))
}

/// Returns the word that the stored form has for a value, such as `no-opinion`.
pub fn word<T: text::Worded>(value: &T) -> &'static str {
    value.word()
}

//! The two documents that seal a case: the manifest of what changed, and the case's own digest over everything that may
//! decide about it.
//!
//! Both are canonical JSON (RFC 8785). The manifest lies on the evidence ref; its digest and all else that goes into the
//! case's digest stands in the `case` entry, so anyone can compute it again. Times and places have no part in it: the same
//! change under the same policy is the same case everywhere.

use assize_provenance::canonical::{self, CanonicalError};
use assize_provenance::digest::{Digest, Hasher};
use assize_provenance::pattern::PathPattern;
use assize_provenance::verdict::{Council, Mode, Rule, Terms};
use serde_json::{Value, json};

use super::hunks::DIFF_PROFILE;
use super::{Blob, Case, Change, State};

/// A document that came with the case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentSummary {
    /// The name under which judges read it.
    pub name: String,
    /// The SHA-256 of its bytes.
    pub digest: Digest,
    /// Its size in bytes.
    pub bytes: u64,
}

/// What decides about a case besides the change.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    /// The SHA-256 of the policy file.
    pub policy: &'a Digest,
    /// The council, the rule settings and the waivers in force.
    pub terms: &'a Terms,
    /// The SHA-256 of each seat's component, in the order of the seats.
    pub components: &'a [Digest],
    /// The documents given, in the order of their names.
    pub documents: &'a [DocumentSummary],
}

/// Writes the manifest, one object `{"changes":[...],"v":1}`. A change of 100,000 files gives about 40 MB, so it is
/// written change by change.
///
/// # Errors
///
/// [`CanonicalError`] for numbers above 2^53 - 1, which no change has.
pub fn manifest(case: &Case) -> Result<Vec<u8>, CanonicalError> {
    let mut bytes = br#"{"changes":["#.to_vec();
    for (place, change) in case.changes.iter().enumerate() {
        if place > 0 {
            bytes.push(b',');
        }
        bytes.extend(canonical::to_bytes(&change_value(change))?);
    }
    bytes.extend_from_slice(br#"],"v":1}"#);
    Ok(bytes)
}

/// Digests the commit messages that judges are shown: each with its length in bytes before it, as 8 bytes, big end first.
#[must_use]
pub fn messages(case: &Case) -> Digest {
    let mut hasher = Hasher::new();
    for message in &case.messages {
        hasher.update(&(message.len() as u64).to_be_bytes());
        hasher.update(message.as_bytes());
    }
    hasher.finish()
}

/// Computes the digest that identifies a case, given the digest of its [`manifest`].
///
/// # Errors
///
/// [`CanonicalError`] for numbers above 2^53 - 1, which nothing here has.
pub fn case(case: &Case, manifest: &Digest, circumstances: &Circumstances<'_>) -> Result<Digest, CanonicalError> {
    let Circumstances {
        policy,
        terms,
        components,
        documents,
    } = circumstances;
    let settings = terms.settings.iter().map(|setting| {
        json!({"mode": mode_name(setting.mode), "paths": pattern_values(&setting.paths), "rule": setting.rule})
    });
    let waivers = terms
        .waivers
        .iter()
        .map(|waiver| json!({"id": waiver.id, "paths": pattern_values(&waiver.paths), "rule": waiver.rule}));
    let documents = documents
        .iter()
        .map(|document| json!({"bytes": document.bytes, "name": document.name, "sha256": document.digest.to_string()}));
    let value = json!({
        "base": case.base.map(state_value),
        "components": components.iter().map(Digest::to_string).collect::<Vec<_>>(),
        "council": council_value(&terms.council),
        "diff_profile": DIFF_PROFILE,
        "documents": documents.collect::<Vec<_>>(),
        "head": state_value(case.head),
        "manifest": manifest.to_string(),
        "messages": messages(case).to_string(),
        "policy": policy.to_string(),
        "range": case.kind.name(),
        "settings": settings.collect::<Vec<_>>(),
        "v": 1,
        "waivers": waivers.collect::<Vec<_>>(),
    });
    Ok(Digest::of(&canonical::to_bytes(&value)?))
}

fn state_value(state: State) -> Value {
    json!({"commit": state.commit.to_string(), "tree": state.tree.to_string()})
}

fn change_value(change: &Change) -> Value {
    json!({
        "added_lines": change.added_lines,
        "base": change.base.as_ref().map(blob_value),
        "form": change.form.name(),
        "head": change.head.as_ref().map(blob_value),
        "old_path": change.old_path.as_ref().map(ToString::to_string),
        "path": change.path.to_string(),
        "removed_lines": change.removed_lines,
        "status": change.status.name(),
    })
}

/// A submodule has no contents here; the commit it points to stands in their place.
fn blob_value(blob: &Blob) -> Value {
    match blob.digest {
        Some(digest) => json!({"bytes": blob.bytes, "mode": blob.mode.octal(), "sha256": digest.to_string()}),
        None => json!({"commit": blob.id.to_string(), "mode": blob.mode.octal()}),
    }
}

fn council_value(council: &Council) -> Value {
    let rule = match council.rule {
        Rule::Unanimous => json!({"name": "unanimous"}),
        Rule::Majority => json!({"name": "majority"}),
        Rule::Weighted { threshold_percent } => json!({"name": "weighted", "threshold_percent": threshold_percent}),
    };
    let seats = council
        .seats
        .iter()
        .map(|seat| json!({"judge": seat.judge, "veto": seat.veto, "weight": seat.weight}));
    json!({"name": council.name, "quorum": council.quorum, "rule": rule, "seats": seats.collect::<Vec<_>>()})
}

fn mode_name(mode: Mode) -> &'static str {
    match mode {
        Mode::Block => "block",
        Mode::Warn => "warn",
        Mode::Off => "off",
    }
}

fn pattern_values(patterns: &[PathPattern]) -> Vec<Value> {
    patterns.iter().map(|pattern| Value::from(pattern.as_str())).collect()
}

#[cfg(test)]
mod tests;

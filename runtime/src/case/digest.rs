//! What a case puts into its digest: the manifest of what changed, as canonical JSON (RFC 8785), which lies on the evidence
//! ref, and the commit messages as judges see them. The rest, and how it is put together, is
//! [`Inputs`](assize_provenance::entry::v1::inputs::Inputs).

use assize_provenance::canonical::{self, CanonicalError};
use assize_provenance::digest::{Digest, Hasher};
use serde_json::{Value, json};

use super::{Blob, Case, Change};

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

#[cfg(test)]
mod tests;

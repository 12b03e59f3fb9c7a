//! A review in the formats that other programs read. Each is a pure function from the view to a text.
//!
//! Messages, paths and rationales come from judges, and judges quote the change: all of it is hostile. So [`safe`] takes
//! line ends and everything else that is obeyed out of a text first, and each format then escapes what it would obey
//! itself. No format shows a line of source.
//!
//! [`safe`]: super::output::safe

pub(super) mod github;
pub(super) mod junit;
pub(super) mod markdown;
pub(super) mod sarif;
#[cfg(test)]
mod tests;

use crate::app::view::FindingView;
use crate::case::RepositoryPath;

/// Whether a finding speaks against the change: an error, or worse, that nothing excuses.
fn rejects(finding: &FindingView) -> bool {
    matches!(finding.severity, "error" | "critical") && excuse(finding).is_none()
}

/// What excuses a finding, as words that follow "does not count:".
fn excuse(finding: &FindingView) -> Option<String> {
    match (&finding.waived, finding.setting) {
        (Some(waiver), _) => Some(format!("waived by {waiver}")),
        (None, Some(setting)) => Some(format!("policy sets this rule to `{setting}`")),
        (None, None) => None,
    }
}

/// A path of the repository as a relative URI reference (RFC 3986): every byte but letters, digits, `-._~` and `/` is
/// percent-encoded, so that nothing in it can be taken for a scheme, a query or a fragment.
fn uri(path: &str) -> String {
    // A judge may name a path that is none; then its text is encoded as it is.
    let parsed = path.parse::<RepositoryPath>();
    let bytes = parsed.as_ref().map_or(path.as_bytes(), RepositoryPath::as_bytes);
    let mut uri = String::with_capacity(bytes.len());
    for byte in bytes {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(*byte)),
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri
}

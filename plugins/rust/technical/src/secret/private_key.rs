//! Private keys in their text forms: PEM (RFC 7468), OpenSSH's, OpenPGP's (RFC 9580) and PuTTY's.

use assize_judge::patch::{Line, Lines};

/// The least number of base64 characters that make a key's body. The shortest real one, Ed25519 in PKCS #8, has 64.
const BODY_CHARACTERS_MIN: usize = 60;

/// How many lines after the header belong to the search for a body.
const BODY_LINES_MAX: usize = 40;

/// A private key in the added lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PrivateKey<'a> {
    /// The line with its header.
    pub(super) line: Line<'a>,
    /// Whether a passphrase protects it.
    pub(super) is_encrypted: bool,
}

/// The private keys whose header and body both stand in the lines. A header alone, as programs that read keys have it, is
/// none.
pub(super) fn find(lines: &Lines) -> Vec<PrivateKey<'_>> {
    let all: Vec<Line<'_>> = lines.iter().collect();
    let mut keys = Vec::new();
    for (index, line) in all.iter().enumerate() {
        let Some(after) = after_header(line.text) else { continue };
        let below = all.iter().skip(index.saturating_add(1)).take(BODY_LINES_MAX);
        let numbers = (line.number.saturating_add(1)..)
            .zip(below)
            .take_while(|(number, below)| below.number == *number);
        let body: Vec<&str> = std::iter::once(after)
            .chain(numbers.map(|(_, below)| below.text))
            .collect();
        if has_body(&body) {
            let is_encrypted =
                line.text.contains("ENCRYPTED") || body.iter().take(3).any(|text| text.contains("ENCRYPTED"));
            keys.push(PrivateKey {
                line: *line,
                is_encrypted,
            });
        }
    }
    keys
}

/// What follows a private key's header on its line.
fn after_header(line: &str) -> Option<&str> {
    if line.starts_with("PuTTY-User-Key-File-") {
        return Some("");
    }
    let begin = line.find("-----BEGIN ")?;
    let label_and_rest = line.get(begin.checked_add("-----BEGIN ".len())?..)?;
    let (label, rest) = label_and_rest.split_once("-----")?;
    (label.ends_with("PRIVATE KEY") || label == "PGP PRIVATE KEY BLOCK").then_some(rest)
}

/// Tells whether enough base64 stands before the footer. On one line, as in JSON, line ends are written as `\n`.
fn has_body(lines: &[&str]) -> bool {
    let mut characters = 0_usize;
    let mut kinds = std::collections::BTreeSet::new();
    for line in lines {
        for piece in line.split("\\n") {
            let piece = piece.trim().trim_matches(|letter: char| {
                matches!(letter, '"' | '\'' | ',' | '+' | '\\' | '#' | '*' | '`') || letter.is_whitespace()
            });
            if piece.starts_with("-----END") || piece.contains("-----END") {
                return is_enough(characters, &kinds);
            }
            if piece.len() >= 16
                && piece
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='))
            {
                characters = characters.saturating_add(piece.len());
                kinds.extend(piece.bytes());
            }
        }
    }
    is_enough(characters, &kinds)
}

fn is_enough(characters: usize, kinds: &std::collections::BTreeSet<u8>) -> bool {
    // A body of a few characters over and over stands for a key that is not shown.
    characters >= BODY_CHARACTERS_MIN && kinds.len() >= 20
}

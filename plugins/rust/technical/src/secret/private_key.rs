//! Private keys in their text forms: PEM (RFC 7468), OpenSSH's, OpenPGP's (RFC 9580) and PuTTY's.

use assize_judge::patch::{Line, Lines};

/// The least number of base64 characters that make a key's body. The shortest real one, Ed25519 in PKCS #8, has 64.
const BODY_CHARACTERS_MIN: usize = 60;

/// The least number of different characters in it.
const BODY_KINDS_MIN: usize = 20;

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

/// The first `keys_max` private keys whose header and body both stand in the lines. A header alone, as programs that read
/// keys have it, is none.
pub(super) fn find(lines: &Lines, keys_max: usize) -> Vec<PrivateKey<'_>> {
    let all: Vec<Line<'_>> = lines.iter().collect();
    let found = all.iter().enumerate().filter_map(|(index, line)| {
        let after = after_header(line.text)?;
        let below = all.iter().skip(index.saturating_add(1)).take(BODY_LINES_MAX);
        let numbers = (line.number.saturating_add(1)..)
            .zip(below)
            .take_while(|(number, below)| below.number == *number);
        let body: Vec<&str> = std::iter::once(after)
            .chain(numbers.map(|(_, below)| below.text))
            .collect();
        let says_encrypted = |text: &&str| text.contains("ENCRYPTED");
        let is_encrypted = says_encrypted(&line.text) || body.iter().take(3).any(says_encrypted);
        has_body(&body).then_some(PrivateKey {
            line: *line,
            is_encrypted,
        })
    });
    found.take(keys_max).collect()
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

/// Tells whether enough base64 stands before the footer. On one line, as in JSON, line ends are written as `\n`. A body of a
/// few characters over and over stands for a key that is not shown.
fn has_body(lines: &[&str]) -> bool {
    let mut characters = 0_usize;
    let mut seen = [false; 256];
    for piece in lines.iter().flat_map(|line| line.split("\\n")).map(bare) {
        if piece.contains("-----") {
            return false;
        }
        if piece.len() >= 16
            && piece
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='))
        {
            characters = characters.saturating_add(piece.len());
            for byte in piece.bytes() {
                if let Some(is_seen) = seen.get_mut(usize::from(byte)) {
                    *is_seen = true;
                }
            }
            let kinds = seen.iter().filter(|is_seen| **is_seen).count();
            if characters >= BODY_CHARACTERS_MIN && kinds >= BODY_KINDS_MIN {
                return true;
            }
        }
    }
    false
}

/// A line of a key without what a source file writes around it.
fn bare(piece: &str) -> &str {
    let is_around =
        |letter: char| matches!(letter, '"' | '\'' | ',' | '+' | '\\' | '#' | '*' | '`') || letter.is_whitespace();
    piece.trim_matches(is_around)
}

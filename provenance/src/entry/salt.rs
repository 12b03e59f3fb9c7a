//! Salt: what makes a document erasable.
//!
//! A whole opinion lies on the evidence ref behind 32 random bytes, and every digest that an entry gives of it, or of texts
//! taken from it, covers that salt. Whoever deletes the document deletes the salt with it: the entry keeps every proof, and
//! its digests tell nobody whether a text that somebody guesses was the one.

use std::fmt;

use crate::digest::{Digest, Hasher};
use crate::hex;

/// How many bytes stand before a salted document: 64 hexadecimal digits and a line feed.
pub const SALT_TEXT_BYTES: usize = 65;

/// 32 random bytes that the host draws for one document.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Salt([u8; 32]);

impl Salt {
    /// Takes the bytes that were drawn.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Writes a document as it is stored: the salt's 64 lower-case hexadecimal digits, a line feed, the document.
    #[must_use]
    pub fn before(&self, document: &[u8]) -> Vec<u8> {
        let mut stored = format!("{self}\n").into_bytes();
        stored.extend_from_slice(document);
        stored
    }

    /// Takes a stored document apart again; `None` where no salt stands before it.
    #[must_use]
    pub fn split(stored: &[u8]) -> Option<(Self, &[u8])> {
        let (digits, rest) = stored.split_at_checked(SALT_TEXT_BYTES.saturating_sub(1))?;
        let document = rest.strip_prefix(b"\n")?;
        let salt = hex::decode(std::str::from_utf8(digits).ok()?)?;
        Some((Self(salt), document))
    }

    /// Digests a text of the document, such as a message or a path: SHA-256 over the salt's 32 bytes and the text.
    #[must_use]
    pub fn digest(&self, text: &[u8]) -> Digest {
        let mut hasher = Hasher::new();
        hasher.update(&self.0);
        hasher.update(text);
        hasher.finish()
    }
}

impl fmt::Display for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex::write(&self.0, f)
    }
}

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Salt({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_comes_back_with_its_salt() {
        let salt = Salt::from_bytes([0xab; 32]);
        for document in [b"{}".as_slice(), b"", b"\n\n"] {
            let stored = salt.before(document);
            assert_eq!(stored.len(), SALT_TEXT_BYTES + document.len());
            assert_eq!(Salt::split(&stored), Some((salt, document)));
        }
    }

    #[test]
    fn only_one_spelling_of_a_salt_is_read() {
        let digits = "ab".repeat(32);
        for other in [
            format!("{}\n", digits.to_uppercase()),
            format!("{digits} \n"),
            format!("{}\n", &digits[1..]),
            digits,
            String::new(),
        ] {
            assert_eq!(Salt::split(other.as_bytes()), None, "{other:?}");
        }
    }

    #[test]
    fn the_same_text_under_another_salt_has_another_digest() {
        let digest = |byte| Salt::from_bytes([byte; 32]).digest(b"a secret word");
        assert_ne!(digest(1), digest(2));
        assert_ne!(digest(1), Digest::of(b"a secret word"));
    }
}

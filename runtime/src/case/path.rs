//! Paths inside a repository: bytes in git, one reversible text everywhere else.
//!
//! The text is that of `types.path` in the contract: UTF-8 as it is, but every byte that is not UTF-8, every control
//! character and the backslash as `\xNN` in two lower-case hexadecimal digits. Each path has one text, and each text that
//! is read back is refused unless it is that one.

use std::fmt::{self, Write as _};
use std::str::FromStr;

/// The longest path, in bytes, as `PATH_MAX` of Linux.
pub const PATH_BYTES_MAX: usize = 4096;

/// A file's path relative to the root of the repository, as git's bytes. Ordered by its bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct RepositoryPath(Vec<u8>);

impl RepositoryPath {
    /// Takes git's bytes.
    #[must_use]
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// Returns git's bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns the path of an entry of this folder; the empty path is the root.
    #[must_use]
    pub fn join(&self, name: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(self.0.len() + 1 + name.len());
        bytes.extend_from_slice(&self.0);
        if !bytes.is_empty() {
            bytes.push(b'/');
        }
        bytes.extend_from_slice(name);
        Self(bytes)
    }

    /// Returns the last part of the path.
    #[must_use]
    pub fn file_name(&self) -> &[u8] {
        self.0.rsplit(|byte| *byte == b'/').next().unwrap_or_default()
    }

    /// Returns the parts of the path, none for the root.
    pub fn parts(&self) -> impl Iterator<Item = &[u8]> {
        self.0.split(|byte| *byte == b'/').filter(|part| !part.is_empty())
    }
}

impl fmt::Display for RepositoryPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&escape(&self.0))
    }
}

impl fmt::Debug for RepositoryPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{self}`")
    }
}

/// Why a text is no path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// The text is too long.
    #[error("a path has at most {PATH_BYTES_MAX} bytes")]
    TooLong,
    /// A backslash is not followed by `x` and two lower-case hexadecimal digits.
    #[error("a backslash in a path is written \\x5c, and other escapes as \\x and two lower-case hexadecimal digits")]
    Escape,
    /// The text says the same path with other characters.
    #[error("only control characters, backslashes and bytes that are not UTF-8 are escaped in a path")]
    NotCanonical,
    /// A part is empty, `.` or `..`, or the path starts or ends with a slash.
    #[error("a path is relative to the root, with one `/` between its parts and no `.` or `..` among them")]
    Part,
}

impl FromStr for RepositoryPath {
    type Err = PathError;

    /// Reads the one text of a path; the empty text is the root folder.
    fn from_str(text: &str) -> Result<Self, PathError> {
        // Every byte takes at most four characters.
        if text.len() > 4 * PATH_BYTES_MAX {
            return Err(PathError::TooLong);
        }
        let bytes = unescape(text).ok_or(PathError::Escape)?;
        if bytes.len() > PATH_BYTES_MAX {
            return Err(PathError::TooLong);
        }
        if escape(&bytes) != text {
            return Err(PathError::NotCanonical);
        }
        if !bytes.is_empty() && !bytes.split(|byte| *byte == b'/').all(is_part) {
            return Err(PathError::Part);
        }
        Ok(Self(bytes))
    }
}

fn is_part(part: &[u8]) -> bool {
    !matches!(part, b"" | b"." | b"..")
}

/// Writes bytes in the form of `types.path`.
#[must_use]
pub fn escape(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            if character.is_control() || character == '\\' {
                let mut buffer = [0; 4];
                escape_bytes(&mut text, character.encode_utf8(&mut buffer).as_bytes());
            } else {
                text.push(character);
            }
        }
        escape_bytes(&mut text, chunk.invalid());
    }
    text
}

fn escape_bytes(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(text, "\\x{byte:02x}");
    }
}

fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut parts = text.split('\\');
    bytes.extend_from_slice(parts.next().unwrap_or_default().as_bytes());
    for part in parts {
        let escaped = part.strip_prefix('x')?;
        let (digits, rest) = escaped.split_at_checked(2)?;
        if !digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')) {
            return None;
        }
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_reads_back() {
        let every_byte: Vec<u8> = (1..=255).filter(|byte| *byte != b'/').collect();
        let paths: [&[u8]; 7] = [
            b"",
            b"a/b.rs",
            "f\u{fc}r/\u{85}".as_bytes(),
            b"caf\xe9/\xff\xfe",
            b"a\\x41",
            b"tab\there\x7f",
            &every_byte,
        ];
        for bytes in paths {
            let path = RepositoryPath::from_bytes(bytes);
            assert_eq!(path.to_string().parse(), Ok(path.clone()), "{path}");
        }
    }

    #[test]
    fn the_text_is_that_of_the_contract() {
        let text = |bytes: &[u8]| RepositoryPath::from_bytes(bytes).to_string();
        assert_eq!(text(b"caf\xe9"), "caf\\xe9");
        assert_eq!(text("caf\u{e9}".as_bytes()), "caf\u{e9}");
        assert_eq!(text(b"a\nb\\c"), "a\\x0ab\\x5cc");
        assert_eq!(text("\u{85}".as_bytes()), "\\xc2\\x85");
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["a\\", "\\x4", "\\xE9", "\\n", "\\xzz", "\\x\u{e9}"] {
            assert_eq!(text.parse::<RepositoryPath>(), Err(PathError::Escape), "{text}");
        }
        for text in ["\\x41", "\\xc3\\xa9", "a\nb"] {
            assert_eq!(text.parse::<RepositoryPath>(), Err(PathError::NotCanonical), "{text:?}");
        }
        for text in ["/a", "a/", "a//b", ".", "a/../b", "./a"] {
            assert_eq!(text.parse::<RepositoryPath>(), Err(PathError::Part), "{text}");
        }
        assert_eq!(
            "a".repeat(PATH_BYTES_MAX + 1).parse::<RepositoryPath>(),
            Err(PathError::TooLong)
        );
    }
}

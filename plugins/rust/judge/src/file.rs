//! The contents of one file, read in pieces.

use crate::evidence::Evidence;
use crate::{Refusal, Side};

/// How much of a file one call asks for, in bytes: what the host gives at most.
pub const PIECE_BYTES: u32 = 1024 * 1024;

/// The largest file that is looked at as a whole, in bytes. A source file above it is generated or no source file.
pub const WHOLE_BYTES_MAX: usize = 2 * 1024 * 1024;

/// Why a file's contents are not here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unread {
    /// The host refused.
    Refused(Refusal),
    /// The file is larger than [`WHOLE_BYTES_MAX`].
    TooLarge,
}

impl Unread {
    /// The reason as a refusal: a file above the own limit is refused like one above the host's.
    #[must_use]
    pub fn into_refusal(self) -> Refusal {
        match self {
            Self::Refused(refusal) => refusal,
            Self::TooLarge => Refusal::Limit("the file has more bytes than a judge looks at as a whole".to_owned()),
        }
    }
}

/// The whole contents of a file of at most [`WHOLE_BYTES_MAX`] bytes.
///
/// # Errors
///
/// The host's refusal, or that the file is larger.
pub fn whole(evidence: &dyn Evidence, side: Side, path: &str) -> Result<Vec<u8>, Unread> {
    up_to(evidence, side, path, WHOLE_BYTES_MAX)
}

/// The whole contents of a file of at most `bytes_max` bytes.
///
/// # Errors
///
/// The host's refusal, or that the file is larger.
pub fn up_to(evidence: &dyn Evidence, side: Side, path: &str, bytes_max: usize) -> Result<Vec<u8>, Unread> {
    let mut contents = Vec::new();
    loop {
        let offset = contents.len() as u64;
        let piece = evidence
            .read(side, path, offset, PIECE_BYTES)
            .map_err(Unread::Refused)?;
        if piece.is_empty() {
            return Ok(contents);
        }
        if contents.len().saturating_add(piece.len()) > bytes_max {
            return Err(Unread::TooLarge);
        }
        contents.extend_from_slice(&piece);
    }
}

/// The whole contents as text; bytes that are not UTF-8 become U+FFFD.
///
/// # Errors
///
/// As [`whole`].
pub fn text(evidence: &dyn Evidence, side: Side, path: &str) -> Result<String, Unread> {
    whole(evidence, side, path).map(lossy)
}

/// Bytes as text; those that are not UTF-8 become U+FFFD.
#[must_use]
pub fn lossy(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// Tells whether a side has an entry at `path`; a refusal counts as no.
pub fn exists(evidence: &dyn Evidence, side: Side, path: &str) -> bool {
    evidence.read(side, path, 0, 1).is_ok()
}

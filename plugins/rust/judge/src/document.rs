//! The contents of a document that came with the case, read in pieces.

use crate::evidence::Evidence;
use crate::file::{PIECE_BYTES, Unread};

/// The largest document that is looked at, in bytes.
pub const DOCUMENT_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The whole contents of a document of at most [`DOCUMENT_BYTES_MAX`] bytes.
///
/// # Errors
///
/// The host's refusal, or that the document is larger.
pub fn whole(evidence: &dyn Evidence, name: &str) -> Result<Vec<u8>, Unread> {
    let mut contents = Vec::new();
    loop {
        let offset = contents.len() as u64;
        let piece = evidence.document(name, offset, PIECE_BYTES).map_err(Unread::Refused)?;
        if piece.is_empty() {
            return Ok(contents);
        }
        if contents.len().saturating_add(piece.len()) > DOCUMENT_BYTES_MAX {
            return Err(Unread::TooLarge);
        }
        contents.extend_from_slice(&piece);
    }
}

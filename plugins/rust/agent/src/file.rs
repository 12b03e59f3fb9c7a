//! The contents of one file, read in pieces.

use crate::{Refusal, Workspace};

/// How much of a file one call asks for, in bytes: what the host gives at most.
pub const PIECE_BYTES: u32 = 1024 * 1024;

/// Within how many bytes from its start a binary file shows a NUL byte; git uses the same measure.
const TEXT_SHOWS_WITHIN: usize = 8_000;

/// Why a file's text is not here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unread {
    /// The host refused.
    Refused(Refusal),
    /// The file has more bytes than were asked for.
    TooLarge,
    /// A NUL byte stands near its start.
    Binary,
    /// It holds bytes that are not UTF-8.
    NotUtf8,
}

/// The whole contents of a file of at most `bytes_max` bytes.
///
/// # Errors
///
/// [`Unread::Refused`] or [`Unread::TooLarge`].
pub fn whole<W: Workspace + ?Sized>(workspace: &W, path: &str, bytes_max: usize) -> Result<Vec<u8>, Unread> {
    let mut contents = Vec::new();
    loop {
        let offset = contents.len() as u64;
        let piece = workspace.read(path, offset, PIECE_BYTES).map_err(Unread::Refused)?;
        if piece.is_empty() {
            return Ok(contents);
        }
        if contents.len().saturating_add(piece.len()) > bytes_max {
            return Err(Unread::TooLarge);
        }
        contents.extend_from_slice(&piece);
    }
}

/// The whole text of a file of at most `bytes_max` bytes.
///
/// # Errors
///
/// Any [`Unread`].
pub fn text<W: Workspace + ?Sized>(workspace: &W, path: &str, bytes_max: usize) -> Result<String, Unread> {
    let contents = whole(workspace, path, bytes_max)?;
    if is_binary(&contents) {
        return Err(Unread::Binary);
    }
    String::from_utf8(contents).map_err(|_| Unread::NotUtf8)
}

/// Tells whether contents are those of a binary file.
#[must_use]
pub fn is_binary(contents: &[u8]) -> bool {
    contents.iter().take(TEXT_SHOWS_WITHIN).any(|&byte| byte == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::MemoryWorkspace;

    #[test]
    fn a_file_of_several_pieces_comes_whole() {
        let long = "0123456789abcdef".repeat(160_000);
        let workspace = MemoryWorkspace::of(&[("long", &long), ("none", "")]);
        assert_eq!(text(&workspace, "long", long.len()), Ok(long.clone()));
        assert_eq!(text(&workspace, "long", long.len() - 1), Err(Unread::TooLarge));
        assert_eq!(text(&workspace, "none", 0), Ok(String::new()));
    }

    #[test]
    fn what_is_no_text_is_told_apart() {
        let workspace = MemoryWorkspace::default();
        workspace.put("binary", b"a\0b");
        workspace.put("latin", b"caf\xe9");
        assert_eq!(text(&workspace, "binary", 100), Err(Unread::Binary));
        assert_eq!(text(&workspace, "latin", 100), Err(Unread::NotUtf8));
        assert!(matches!(
            text(&workspace, "gone", 100),
            Err(Unread::Refused(Refusal::NotFound(_)))
        ));
    }
}

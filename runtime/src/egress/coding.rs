//! Undoing the coding of a body, never further than its bound. Pure.

use std::io::{self, Write};

use flate2::write::{MultiGzDecoder, ZlibDecoder};

use super::refused::Refused;

/// What undoes the coding of one body.
pub(super) enum Decoder {
    /// There is none.
    Plain(Kept),
    /// `gzip`.
    Gzip(Box<MultiGzDecoder<Kept>>),
    /// `deflate`.
    Zlib(Box<ZlibDecoder<Kept>>),
}

/// Decoded bytes, as many as may come. A bomb goes off here, and nothing of it is kept.
pub(super) struct Kept {
    bytes: Vec<u8>,
    left: u64,
    bytes_max: u64,
}

impl Write for Kept {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        match self.left.checked_sub(piece.len() as u64) {
            Some(left) => {
                self.left = left;
                self.bytes.extend_from_slice(piece);
                Ok(piece.len())
            }
            None => {
                self.left = 0;
                self.bytes = Vec::new();
                self.bytes_max = self.bytes_max.max(1);
                Err(io::ErrorKind::FileTooLarge.into())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Decoder {
    /// What undoes the coding that an answer names.
    pub(super) fn of(coding: &str, bytes_max: u64) -> Result<Self, Refused> {
        let kept = Kept {
            bytes: Vec::new(),
            left: bytes_max,
            bytes_max,
        };
        match coding.trim().to_ascii_lowercase().as_str() {
            "" | "identity" => Ok(Self::Plain(kept)),
            "gzip" | "x-gzip" => Ok(Self::Gzip(Box::new(MultiGzDecoder::new(kept)))),
            "deflate" => Ok(Self::Zlib(Box::new(ZlibDecoder::new(kept)))),
            _ => Err(Refused::Unavailable(
                "the answer has a coding that was not asked for; only `gzip` and `deflate` are undone".into(),
            )),
        }
    }

    /// Whether it undoes anything.
    pub(super) fn is_plain(&self) -> bool {
        matches!(self, Self::Plain(_))
    }

    /// Takes a piece in, and gives what it decodes to.
    pub(super) fn push(&mut self, piece: &[u8]) -> Result<Vec<u8>, Refused> {
        let written = match self {
            Self::Plain(kept) => kept.write_all(piece),
            Self::Gzip(decoder) => decoder.write_all(piece),
            Self::Zlib(decoder) => decoder.write_all(piece),
        };
        written.map_err(|error| self.refused(&error))?;
        // What the decoder holds back comes with the next piece, or at the end.
        Ok(std::mem::take(&mut self.kept().bytes))
    }

    /// Gives the rest, and refuses a body that ends in the middle.
    pub(super) fn finish(&mut self) -> Result<Vec<u8>, Refused> {
        let ended = match self {
            Self::Plain(_) => Ok(()),
            Self::Gzip(decoder) => decoder.try_finish(),
            Self::Zlib(decoder) => decoder.try_finish(),
        };
        ended.map_err(|error| self.refused(&error))?;
        Ok(std::mem::take(&mut self.kept().bytes))
    }

    fn kept(&mut self) -> &mut Kept {
        match self {
            Self::Plain(kept) => kept,
            Self::Gzip(decoder) => decoder.get_mut(),
            Self::Zlib(decoder) => decoder.get_mut(),
        }
    }

    fn refused(&mut self, error: &io::Error) -> Refused {
        if error.kind() == io::ErrorKind::FileTooLarge {
            return too_long(self.kept().bytes_max);
        }
        Refused::Unavailable("the answer's body is not in the coding that it names, or ends in the middle".into())
    }
}

/// What is said of a body that is longer than it may be.
pub(super) fn too_long(bytes_max: u64) -> Refused {
    Refused::Limit(format!(
        "the answer's body is longer than the role's `response_kib` of {}",
        bytes_max >> 10
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::{GzEncoder, ZlibEncoder};

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).expect("encoded");
        encoder.finish().expect("encoded")
    }

    fn decode(coding: &str, body: &[u8], piece_bytes: usize, bytes_max: u64) -> Result<Vec<u8>, Refused> {
        let mut decoder = Decoder::of(coding, bytes_max)?;
        let mut decoded = Vec::new();
        for piece in body.chunks(piece_bytes) {
            decoded.extend(decoder.push(piece)?);
        }
        decoded.extend(decoder.finish()?);
        Ok(decoded)
    }

    #[test]
    fn each_coding_is_undone_whatever_the_pieces() {
        let text = b"a text, a text, a text".repeat(100);
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
        zlib.write_all(&text).expect("encoded");
        let zlib = zlib.finish().expect("encoded");
        for piece_bytes in [1, 7, 100_000] {
            assert_eq!(decode("gzip", &gzip(&text), piece_bytes, 10_000), Ok(text.clone()));
            assert_eq!(decode("X-Gzip", &gzip(&text), piece_bytes, 10_000), Ok(text.clone()));
            assert_eq!(decode("deflate", &zlib, piece_bytes, 10_000), Ok(text.clone()));
            assert_eq!(decode("identity", &text, piece_bytes, 10_000), Ok(text.clone()));
        }
        assert!(matches!(decode("br", &text, 1, 10_000), Err(Refused::Unavailable(_))));
        assert!(matches!(
            decode("gzip, gzip", &text, 1, 10_000),
            Err(Refused::Unavailable(_))
        ));
    }

    #[test]
    fn a_bomb_goes_off_at_the_bound() {
        let bomb = gzip(&vec![0; 50 << 20]);
        assert!(bomb.len() < 100_000);
        assert_eq!(decode("gzip", &bomb, bomb.len(), 1 << 20), Err(too_long(1 << 20)));
        assert_eq!(decode("identity", &[0; 2_000], 100, 1_024), Err(too_long(1_024)));
        assert_eq!(
            decode("identity", &[0; 1_024], 100, 1_024).map(|body| body.len()),
            Ok(1_024)
        );
    }

    #[test]
    fn what_ends_in_the_middle_is_refused() {
        let whole = gzip(b"a text that ends");
        for body in [&whole[..whole.len() - 1], &whole[..12], b"plain text".as_slice()] {
            assert!(matches!(decode("gzip", body, 5, 1_000), Err(Refused::Unavailable(_))));
        }
    }
}

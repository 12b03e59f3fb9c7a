//! Misdeeds with disk, memory and output.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use super::Told;

/// How much is written at once, in bytes.
const PIECE_BYTES: usize = 1 << 20;

/// Fills the temporary folder, or the folder of the first word, with files and one giant.
pub(super) fn fill(words: &[String]) -> Told {
    let mut told = Told::default();
    let folder = words
        .first()
        .cloned()
        .or_else(|| std::env::var("TMPDIR").ok())
        .unwrap_or_else(|| ".".to_owned());
    let piece = vec![b'x'; PIECE_BYTES];
    let mut written = 0_u64;
    for number in 0..4_096 {
        let path = Path::new(&folder).join(format!("fill-{number}"));
        let came = File::create(path).and_then(|mut file| {
            for _ in 0..16 {
                file.write_all(&piece)?;
                written = written.saturating_add(1);
            }
            Ok(())
        });
        if let Err(error) = came {
            told.saw(format!("stopped after {written} MiB, {error}"));
            return told;
        }
    }
    told.saw(format!("filled {written} MiB: done"));
    told
}

/// Takes memory without end and writes to all of it.
pub(super) fn hoard(_: &[String]) -> Told {
    let mut told = Told::default();
    let mut hoard: Vec<Vec<u8>> = Vec::new();
    for number in 0..65_536_u64 {
        let mut piece = Vec::new();
        if piece.try_reserve_exact(PIECE_BYTES).is_err() {
            told.saw(format!("stopped after {number} MiB"));
            return told;
        }
        piece.resize(PIECE_BYTES, number as u8 | 1);
        hoard.push(piece);
    }
    told.saw(format!("hoarded {} MiB: done", hoard.len()));
    told
}

/// Writes without end on both streams.
pub(super) fn babble(_: &[String]) -> Told {
    let piece = vec![b'b'; PIECE_BYTES];
    loop {
        if std::io::stdout().write_all(&piece).is_err() || std::io::stderr().write_all(&piece).is_err() {
            return Told::default();
        }
    }
}

/// Writes what a terminal would obey.
pub(super) fn paint(_: &[String]) -> Told {
    let mut told = Told::default();
    told.saw("\u{1b}]0;stolen\u{7}\u{1b}[2J\u{1b}[31mred\u{9b}31m \u{202e}backwards\u{1b}P+q\u{1b}\\");
    told
}

//! Tiles (C2SP `tlog-tiles`): the files in which a log lies, readable by any client of transparency logs.
//!
//! | path | contents |
//! |---|---|
//! | `checkpoint` | the signed [`Checkpoint`](crate::checkpoint::Checkpoint) |
//! | `tile/<level>/<index>` | 256 hashes of 32 bytes: the roots of subtrees of 256^level entries |
//! | `tile/entries/<index>` | 256 entries, each after its length in two bytes, most significant first |
//!
//! The last tile of each level may be partial: `<index>.p/<width>` with fewer than 256. An index is written in groups of three
//! digits, all but the last after an `x`: `x001/x234/067`. A log of a given size is exactly the tiles of that size; partial
//! tiles of smaller sizes are taken away.

use std::fmt;

use crate::digest::Digest;

pub use tree::{OpenError, TileTree, Written};

mod folder;
mod open;
mod tree;

/// How many hashes or entries a full tile holds.
pub const TILE_WIDTH: u64 = 256;

/// How many bytes an entry bundle may have.
pub const BUNDLE_BYTES_MAX: u64 = TILE_WIDTH * (2 + 65_535);

/// How many bytes a hash tile may have.
pub const HASHES_BYTES_MAX: u64 = TILE_WIDTH * 32;

/// How many levels of hash tiles a log of at most 2^53 entries can have.
const LEVELS_MAX: u8 = 7;

/// What a tile holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TileKind {
    /// Hashes of this level; level 0 holds the leaf hashes.
    Hashes(u8),
    /// The entries themselves.
    Entries,
}

/// One tile, by its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    /// What it holds.
    pub kind: TileKind,
    /// Its index within the kind.
    pub index: u64,
    /// How many hashes or entries it holds, 1 to 256.
    pub width: u64,
}

impl TileKind {
    /// Returns every kind, lowest level first.
    fn all() -> impl Iterator<Item = Self> {
        (0..LEVELS_MAX).map(Self::Hashes).chain([Self::Entries])
    }

    /// Returns how many hashes or entries of this kind a log of `size` entries has.
    pub(crate) fn count(self, size: u64) -> u64 {
        match self {
            Self::Entries => size,
            Self::Hashes(level) => size.checked_shr(u32::from(level).saturating_mul(8)).unwrap_or(0),
        }
    }

    /// Returns the last tile of this kind in a log of `size` entries, if it is partial.
    fn partial(self, size: u64) -> Option<Tile> {
        let count = self.count(size);
        let width = count % TILE_WIDTH;
        (width > 0).then_some(Tile {
            kind: self,
            index: count / TILE_WIDTH,
            width,
        })
    }
}

impl Tile {
    /// Returns the tiles of a log of `to` entries that one of `from` entries does not have, full ones before the partial one
    /// of each kind. From nothing, these are all of them.
    pub fn added(from: u64, to: u64) -> impl Iterator<Item = Self> {
        TileKind::all().flat_map(move |kind| {
            let full = kind.count(from) / TILE_WIDTH..kind.count(to) / TILE_WIDTH;
            let partial = kind.partial(to).filter(|tile| kind.partial(from) != Some(*tile));
            full.map(move |index| Self {
                kind,
                index,
                width: TILE_WIDTH,
            })
            .chain(partial)
        })
    }

    /// Returns the partial tiles of a log of `from` entries that one of `to` entries no longer has.
    pub fn removed(from: u64, to: u64) -> impl Iterator<Item = Self> {
        TileKind::all().filter_map(move |kind| kind.partial(from).filter(|tile| kind.partial(to) != Some(*tile)))
    }

    /// Returns the parts of the tile's path.
    #[must_use]
    pub fn path(&self) -> Vec<String> {
        let kind = match self.kind {
            TileKind::Entries => "entries".to_owned(),
            TileKind::Hashes(level) => level.to_string(),
        };
        let mut groups = vec![format!("{:03}", self.index % 1000)];
        let mut rest = self.index / 1000;
        while rest > 0 {
            groups.push(format!("x{:03}", rest % 1000));
            rest /= 1000;
        }
        let mut path = vec!["tile".to_owned(), kind];
        path.extend(groups.into_iter().rev());
        if self.width < TILE_WIDTH {
            if let Some(last) = path.last_mut() {
                last.push_str(".p");
            }
            path.push(self.width.to_string());
        }
        path
    }
}

impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path().join("/"))
    }
}

/// Writes an entry bundle. A line has at most 65,535 bytes; a longer one cannot be sealed.
fn bundle_bytes(lines: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for line in lines {
        bytes.extend_from_slice(&u16::try_from(line.len()).unwrap_or(u16::MAX).to_be_bytes());
        bytes.extend_from_slice(line);
    }
    bytes
}

/// Reads a tile of exactly `width` hashes.
#[must_use]
pub fn parse_hashes(bytes: &[u8], width: u64) -> Option<Vec<Digest>> {
    let (hashes, rest) = bytes.as_chunks::<32>();
    let fits = rest.is_empty() && u64::try_from(hashes.len()).is_ok_and(|count| count == width);
    fits.then(|| hashes.iter().copied().map(Digest::from_bytes).collect())
}

/// Reads an entry bundle of exactly `width` entries, with nothing after them.
#[must_use]
pub fn parse_bundle(bytes: &[u8], width: u64) -> Option<Vec<&[u8]>> {
    let mut lines = Vec::new();
    let mut rest = bytes;
    while let Some((length, after)) = rest.split_first_chunk::<2>() {
        let (line, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        lines.push(line);
        rest = after;
    }
    (rest.is_empty() && u64::try_from(lines.len()).is_ok_and(|count| count == width)).then_some(lines)
}

#[cfg(test)]
mod tests;

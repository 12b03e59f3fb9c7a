//! Proofs, read from tiles: few tiles for each, however long the log is.

use super::{LogReadError, LogReader};
use crate::digest::Digest;
use crate::merkle::{self, Node, Span};
use crate::reader::{ObjectId, ObjectKind};
use crate::signature::note::NOTE_BYTES_MAX;
use crate::tile::{HASHES_BYTES_MAX, TILE_WIDTH, Tile, TileKind, parse_hashes};

/// How many tiles of hashes are kept at hand.
const KEPT_TILES_MAX: usize = 1024;

/// How many levels of the tree lie within one tile.
const TILE_HEIGHT: u32 = 8;

impl LogReader<'_> {
    /// Returns the signed checkpoint of the newest commit, as it lies there.
    ///
    /// # Errors
    ///
    /// [`LogReadError`] where there is none.
    pub fn checkpoint(&mut self) -> Result<Vec<u8>, LogReadError> {
        let file = self.file(&["checkpoint".to_owned()])?;
        let bytes_max = u64::try_from(NOTE_BYTES_MAX).unwrap_or(u64::MAX);
        Ok(self.folders.read(file, ObjectKind::Blob, bytes_max)?)
    }

    /// Returns the root that the log had at a size.
    ///
    /// # Errors
    ///
    /// [`LogReadError`] where the log is shorter or damaged.
    pub fn root_at(&mut self, size: u64) -> Result<Digest, LogReadError> {
        self.insist_on(size)?;
        Span::whole(size).hash(|node| self.node(node))
    }

    /// Returns the hashes that prove that the entry at `index` is in the log of `size` entries.
    ///
    /// # Errors
    ///
    /// [`LogReadError`] where there is no such entry, or the log is shorter or damaged.
    pub fn inclusion_proof(&mut self, index: u64, size: u64) -> Result<Vec<Digest>, LogReadError> {
        self.insist_on(size)?;
        let spans = merkle::inclusion_spans(index, size).ok_or(LogReadError::NoSuchEntry { index, size })?;
        self.hashes(&spans)
    }

    /// Returns the hashes that prove that the log of `size` entries continues that of `old_size`.
    ///
    /// # Errors
    ///
    /// [`LogReadError`] where 0 < `old_size` <= `size` does not hold, or the log is shorter or damaged.
    pub fn consistency_proof(&mut self, old_size: u64, size: u64) -> Result<Vec<Digest>, LogReadError> {
        self.insist_on(size)?;
        let wanted = old_size;
        let spans = merkle::consistency_spans(old_size, size).ok_or(LogReadError::NoSuchSize { wanted, size })?;
        self.hashes(&spans)
    }

    fn insist_on(&self, wanted: u64) -> Result<(), LogReadError> {
        let size = self.size();
        if wanted <= size {
            Ok(())
        } else {
            Err(LogReadError::NoSuchSize { wanted, size })
        }
    }

    fn hashes(&mut self, spans: &[Span]) -> Result<Vec<Digest>, LogReadError> {
        spans.iter().map(|span| span.hash(|node| self.node(node))).collect()
    }

    /// Reads the hash of a complete subtree: its leaves lie in a row in one tile.
    fn node(&mut self, node: Node) -> Result<Digest, LogReadError> {
        let level = u8::try_from(node.height / TILE_HEIGHT).unwrap_or(u8::MAX);
        let within = node.height % TILE_HEIGHT;
        let first = node.index.checked_shl(within).unwrap_or(u64::MAX);
        let kind = TileKind::Hashes(level);
        let index = first / TILE_WIDTH;
        let width = kind.count(self.size()).saturating_sub(index.saturating_mul(TILE_WIDTH));
        let tile = Tile {
            kind,
            index,
            width: width.min(TILE_WIDTH),
        };
        let start = usize::try_from(first % TILE_WIDTH).unwrap_or(usize::MAX);
        let end = start.saturating_add(1_usize.checked_shl(within).unwrap_or(usize::MAX));
        let hashes = self.tile(tile)?.get(start..end).map(merkle::root);
        hashes.ok_or_else(|| LogReadError::Tile(tile.to_string()))
    }

    fn tile(&mut self, tile: Tile) -> Result<&[Digest], LogReadError> {
        if !self.tiles.contains_key(&tile) {
            let file = self.file(&tile.path())?;
            let bytes = self.folders.read(file, ObjectKind::Blob, HASHES_BYTES_MAX)?;
            let hashes = parse_hashes(&bytes, tile.width).ok_or_else(|| LogReadError::Tile(tile.to_string()))?;
            if self.tiles.len() >= KEPT_TILES_MAX {
                self.tiles.clear();
            }
            self.tiles.insert(tile, hashes);
        }
        Ok(self.tiles.get(&tile).map(Vec::as_slice).unwrap_or_default())
    }

    fn file(&mut self, path: &[String]) -> Result<ObjectId, LogReadError> {
        let found = self.folders.find(self.commit.signed.tree, path)?;
        found.ok_or_else(|| LogReadError::Tile(path.join("/")))
    }
}

#[cfg(test)]
mod tests;

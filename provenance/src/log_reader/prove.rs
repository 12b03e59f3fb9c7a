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
mod tests {
    use super::*;
    use crate::merkle::{consistency_proof, inclusion_proof, leaf_hash, root};
    use crate::testing::TestLog;

    #[test]
    fn proofs_from_tiles_are_those_from_all_leaves() {
        let mut log = TestLog::start(1, 2, 3, &[]);
        let lines: Vec<Vec<u8>> = (0..700_u32).map(|line| line.to_be_bytes().to_vec()).collect();
        let leaves: Vec<Digest> = lines.iter().map(|line| leaf_hash(line)).collect();
        for batch in lines.chunks(100) {
            log.record_lines(&batch.iter().map(Vec::as_slice).collect::<Vec<_>>());
        }
        let mut reader = LogReader::open(&log.repository, log.state.tip().unwrap()).unwrap();
        for size in [1_u64, 2, 255, 256, 257, 512, 513, 699, 700] {
            let tree = &leaves[..size as usize];
            assert_eq!(reader.root_at(size), Ok(root(tree)));
            for other in [0, 1, 127, 254, 255, 256, 300, 511, 512, 698, 699, 700] {
                assert_eq!(reader.inclusion_proof(other, size).ok(), inclusion_proof(tree, other));
                assert_eq!(
                    reader.consistency_proof(other, size).ok(),
                    consistency_proof(tree, other)
                );
            }
        }
        assert_eq!(
            reader.root_at(701),
            Err(LogReadError::NoSuchSize { wanted: 701, size: 700 })
        );
        let checkpoint = String::from_utf8(reader.checkpoint().unwrap()).unwrap();
        assert!(checkpoint.contains("\n700\n"));
    }

    #[test]
    fn a_proof_of_a_long_log_reads_few_objects() {
        let mut log = TestLog::start(1, 2, 3, &[]);
        let lines: Vec<[u8; 4]> = (0..70_000_u32).map(u32::to_be_bytes).collect();
        log.record_lines(&lines.iter().map(<[u8; 4]>::as_slice).collect::<Vec<_>>());
        let mut reader = LogReader::open(&log.repository, log.state.tip().unwrap()).unwrap();
        log.repository.reads.set(0);
        let proof = reader.inclusion_proof(12_345, 70_000).unwrap();
        let leaf = leaf_hash(&12_345_u32.to_be_bytes());
        let checked = merkle::verify_inclusion(&leaf, 12_345, 70_000, &proof, &log.state.root());
        assert_eq!(checked, Ok(()));
        assert!(log.repository.reads.get() < 20, "{}", log.repository.reads.get());
    }
}

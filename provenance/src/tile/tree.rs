//! A log's tiles as they grow, and as the git trees in which they lie.

use super::folder::Folder;
use super::{TILE_WIDTH, Tile, TileKind, bundle_bytes};
use crate::digest::Digest;
use crate::merkle::{self, Frontier};
use crate::reader::{Object, ObjectId, ObjectKind, ReadError};
use crate::tree;

/// Everything of a log that decides how it grows: the partial tiles, and the folders in which something will change. It needs
/// memory for one tile per level and one bundle, however long the log is.
#[derive(Debug, Clone, Default)]
pub struct TileTree {
    pub(super) frontier: Frontier,
    /// The partial tile of each level.
    pub(super) levels: Vec<Vec<Digest>>,
    /// The partial bundle.
    pub(super) bundle: Vec<Vec<u8>>,
    pub(super) folder: Folder,
    /// The size at which the folder was last written.
    pub(super) written_size: u64,
    /// Tiles that became full since then.
    pub(super) full: Vec<(Tile, Vec<u8>)>,
}

/// A log's folder, written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The id of the whole folder.
    pub tree: ObjectId,
    /// The objects that the size before did not have.
    pub objects: Vec<(ObjectId, Object)>,
}

/// Why the tiles in a repository cannot be continued.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The repository cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// An object is missing.
    #[error("object {0} of the log is missing")]
    Missing(ObjectId),
    /// A tile is missing or has other contents than its place says.
    #[error("`{0}` of the log is not what belongs there")]
    Tile(String),
}

impl TileTree {
    /// Starts with an empty log.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns how many entries there are.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// Returns the Merkle root.
    #[must_use]
    pub fn root(&self) -> Digest {
        self.frontier.root()
    }

    /// Returns the entries after the last full bundle.
    #[must_use]
    pub fn partial_lines(&self) -> &[Vec<u8>] {
        &self.bundle
    }

    /// Appends an entry's line, and returns its leaf hash.
    pub fn push(&mut self, line: &[u8]) -> Digest {
        let index = self.frontier.size() / TILE_WIDTH;
        let leaf = merkle::leaf_hash(line);
        self.frontier.push(leaf);
        self.bundle.push(line.to_vec());
        if is_full(self.bundle.len()) {
            let bytes = bundle_bytes(&std::mem::take(&mut self.bundle));
            self.full.push((
                Tile {
                    kind: TileKind::Entries,
                    index,
                    width: TILE_WIDTH,
                },
                bytes,
            ));
        }
        self.push_hash(leaf, index);
        leaf
    }

    /// Appends a hash to the lowest level; what becomes full is closed and its root goes one level up.
    fn push_hash(&mut self, leaf: Digest, index: u64) {
        let (mut hash, mut index) = (leaf, index);
        for level in 0_u8.. {
            let position = usize::from(level);
            if self.levels.len() <= position {
                self.levels.push(Vec::new());
            }
            let Some(tile) = self.levels.get_mut(position) else {
                return;
            };
            tile.push(hash);
            if !is_full(tile.len()) {
                return;
            }
            let hashes = std::mem::take(tile);
            hash = merkle::root(&hashes);
            self.full.push((
                Tile {
                    kind: TileKind::Hashes(level),
                    index,
                    width: TILE_WIDTH,
                },
                hash_bytes(&hashes),
            ));
            index /= TILE_WIDTH;
        }
    }

    /// Writes the folder of the present size with this checkpoint in it. The log must have grown since it was last written.
    ///
    /// # Errors
    ///
    /// [`OpenError::Tile`] where the folder that was opened holds something in the way of a new tile.
    pub fn write(&mut self, checkpoint: &[u8]) -> Result<Written, OpenError> {
        let mut objects = Vec::new();
        for tile in Tile::removed(self.written_size, self.size()) {
            let mut path = tile.path();
            // The whole `<index>.p` folder goes: it holds only the one width.
            path.pop();
            self.folder
                .remove(&path)
                .ok_or_else(|| OpenError::Tile(tile.to_string()))?;
        }
        for (tile, bytes) in std::mem::take(&mut self.full) {
            self.put_blob(&tile.path(), bytes, &mut objects)?;
        }
        for tile in Tile::added(self.written_size, self.size()).filter(|tile| tile.width < TILE_WIDTH) {
            let bytes = match tile.kind {
                TileKind::Entries => bundle_bytes(&self.bundle),
                TileKind::Hashes(level) => self
                    .levels
                    .get(usize::from(level))
                    .map(|hashes| hash_bytes(hashes))
                    .unwrap_or_default(),
            };
            self.put_blob(&tile.path(), bytes, &mut objects)?;
        }
        self.put_blob(&["checkpoint".to_owned()], checkpoint.to_vec(), &mut objects)?;
        self.written_size = self.size();
        let tree = self.folder.write(&mut objects);
        Ok(Written { tree, objects })
    }

    fn put_blob(
        &mut self,
        path: &[String],
        bytes: Vec<u8>,
        objects: &mut Vec<(ObjectId, Object)>,
    ) -> Result<(), OpenError> {
        let id = tree::object_id(ObjectKind::Blob, &bytes);
        objects.push((
            id,
            Object {
                kind: ObjectKind::Blob,
                bytes,
            },
        ));
        self.folder.put(path, id).ok_or_else(|| OpenError::Tile(path.join("/")))
    }
}

fn is_full(length: usize) -> bool {
    u64::try_from(length).is_ok_and(|length| length == TILE_WIDTH)
}

fn hash_bytes(hashes: &[Digest]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| *hash.as_bytes()).collect()
}

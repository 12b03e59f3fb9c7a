//! Opening the tiles that lie in a repository, to continue them.

use super::folder::Folder;
use super::{
    BUNDLE_BYTES_MAX, HASHES_BYTES_MAX, LEVELS_MAX, OpenError, TILE_WIDTH, Tile, TileKind, TileTree, parse_bundle,
    parse_hashes,
};
use crate::merkle;
use crate::reader::{Object, ObjectId, ObjectKind, ObjectReader};
use crate::tree::{self, TREE_BYTES_MAX};

impl TileTree {
    /// Opens a log of `size` entries whose folder is `root`: reads the partial tiles and the folders along the growing edge,
    /// and nothing else, so that it costs the same for any size.
    ///
    /// The partial bundle is held against the leaf hashes. Whether [`root`](Self::root) is the one that was signed is for the
    /// caller to compare; what lies further back is for `verify`.
    ///
    /// # Errors
    ///
    /// Every [`OpenError`].
    pub fn open(reader: &dyn ObjectReader, root: ObjectId, size: u64) -> Result<Self, OpenError> {
        let mut opened = Self {
            folder: read_folder(reader, root)?,
            written_size: size,
            ..Self::default()
        };
        let mut partial = Vec::new();
        for kind in TileKind::all() {
            // The edge is where the next tile comes, also where nothing is partial.
            let count = kind.count(size);
            let edge = kind.partial(size).unwrap_or(Tile {
                kind,
                index: count / TILE_WIDTH,
                width: 1,
            });
            open_folders(reader, &mut opened.folder, &edge.path())?;
            if let Some(tile) = kind.partial(size) {
                partial.push((tile, read_tile(reader, &opened.folder, &tile)?));
            }
        }
        opened.levels = vec![Vec::new(); usize::from(LEVELS_MAX)];
        for (tile, bytes) in partial {
            let wrong = || OpenError::Tile(tile.to_string());
            match tile.kind {
                TileKind::Entries => {
                    let lines = parse_bundle(&bytes, tile.width).ok_or_else(wrong)?;
                    opened.bundle = lines.into_iter().map(<[u8]>::to_vec).collect();
                }
                TileKind::Hashes(level) => {
                    let slot = opened.levels.get_mut(usize::from(level)).ok_or_else(wrong)?;
                    *slot = parse_hashes(&bytes, tile.width).ok_or_else(wrong)?;
                }
            }
        }
        for (level, hashes) in (0..LEVELS_MAX).rev().zip(opened.levels.iter().rev()) {
            for hash in hashes {
                opened.frontier.push_subtree(u32::from(level).saturating_mul(8), *hash);
            }
        }
        let leaves = opened.bundle.iter().map(|line| merkle::leaf_hash(line));
        if opened
            .levels
            .first()
            .is_none_or(|first| !leaves.eq(first.iter().copied()))
        {
            return Err(OpenError::Tile("tile/entries".to_owned()));
        }
        Ok(opened)
    }
}

/// Opens the folders on the way to a path, as far as they exist.
fn open_folders(reader: &dyn ObjectReader, folder: &mut Folder, path: &[String]) -> Result<(), OpenError> {
    let mut here = folder;
    let Some((_, folders)) = path.split_last() else {
        return Ok(());
    };
    for name in folders {
        if let Some(id) = here.closed(name.as_bytes()) {
            let opened = read_folder(reader, id)?;
            here.reopen(name.as_bytes(), opened);
        }
        let Some(next) = here.open_below(name.as_bytes()) else {
            return Ok(());
        };
        here = next;
    }
    Ok(())
}

fn read_tile(reader: &dyn ObjectReader, folder: &Folder, tile: &Tile) -> Result<Vec<u8>, OpenError> {
    let id = folder
        .find(&tile.path())
        .ok_or_else(|| OpenError::Tile(tile.to_string()))?;
    let bytes_max = match tile.kind {
        TileKind::Entries => BUNDLE_BYTES_MAX,
        TileKind::Hashes(_) => HASHES_BYTES_MAX,
    };
    match reader.object(&id, bytes_max)?.ok_or(OpenError::Missing(id))? {
        Object {
            kind: ObjectKind::Blob,
            bytes,
        } => Ok(bytes),
        _ => Err(OpenError::Tile(tile.to_string())),
    }
}

fn read_folder(reader: &dyn ObjectReader, id: ObjectId) -> Result<Folder, OpenError> {
    let object = reader.object(&id, TREE_BYTES_MAX)?.ok_or(OpenError::Missing(id))?;
    let entries = tree::parse(&object.bytes)
        .ok()
        .filter(|_| object.kind == ObjectKind::Tree);
    Folder::from_entries(id, entries.ok_or_else(|| OpenError::Tile(id.to_string()))?)
}

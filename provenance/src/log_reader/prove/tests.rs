//! Proofs from tiles against proofs from all leaves, and against another implementation of both.

use tlog_tiles::{Hash, TileHashReader, TileReader};

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

/// The tiles of a log as files, for an implementation that knows nothing of ours.
struct Files(std::collections::BTreeMap<String, Vec<u8>>);

impl TileReader for Files {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[tlog_tiles::Tile]) -> Result<Vec<Vec<u8>>, tlog_tiles::Error> {
        // There the height is part of the path, and here it is always 8.
        let path = |tile: &tlog_tiles::Tile| tile.path().replacen("tile/8/", "tile/", 1);
        Ok(tiles.iter().map(|tile| self.0[&path(tile)].clone()).collect())
    }

    fn save_tiles(&self, _: &[tlog_tiles::Tile], _: &[Vec<u8>]) {}
}

fn foreign(hashes: &[Digest]) -> Vec<Hash> {
    hashes.iter().map(|hash| Hash(*hash.as_bytes())).collect()
}

/// The crate `tlog_tiles` is a port of Go's `sumdb/tlog` by others: it reads our tiles, makes the same proofs of them, accepts
/// ours, and refuses changed ones, other leaves and other places. (Its reader takes a changed tile for good where several
/// subtrees of the root lie in one tile; ours is held against the signed root.)
#[test]
fn another_implementation_agrees() {
    let mut log = TestLog::start(1, 2, 3, &[]);
    let size = 1000_u64;
    let lines: Vec<Vec<u8>> = (0..size).map(|line| line.to_be_bytes().to_vec()).collect();
    log.record_lines(&lines.iter().map(Vec::as_slice).collect::<Vec<_>>());
    let mut reader = LogReader::open(&log.repository, log.state.tip().unwrap()).unwrap();
    let (_, commit) = reader.tip();
    let files = Files(log.repository.files(commit.signed.tree));
    let note = reader.checkpoint().unwrap();
    let text = crate::signature::note::parse(&note).unwrap().text;
    let checkpoint = tlog_tiles::Checkpoint::from_bytes(text.as_bytes()).unwrap();
    let root = *checkpoint.hash();
    assert_eq!(
        (checkpoint.origin(), checkpoint.size()),
        (log.state.log().origin().as_str(), size)
    );
    assert_eq!((root.0, checkpoint.extension()), (*log.state.root().as_bytes(), ""));
    let hashes = TileHashReader::new(size, root, &files);
    for index in (0..size).step_by(37).chain([0, 255, 256, 511, 512, 767, 768, 999]) {
        let ours = foreign(&reader.inclusion_proof(index, size).unwrap());
        assert_eq!(tlog_tiles::prove_record(size, index, &hashes).unwrap(), ours);
        let leaf = tlog_tiles::record_hash(&lines[index as usize]);
        assert!(tlog_tiles::check_record(&ours, size, root, index, leaf).is_ok());
        let other = tlog_tiles::record_hash(b"another");
        assert!(tlog_tiles::check_record(&ours, size, root, index, other).is_err());
        assert!(tlog_tiles::check_record(&ours, size, root, (index + 1) % size, leaf).is_err());
        let changed = [&ours[1..], &[leaf]].concat();
        assert!(tlog_tiles::check_record(&changed, size, root, index, leaf).is_err());
    }
    for old in (1..size).step_by(29).chain([255, 256, 257, 512, 768, 999]) {
        let ours = foreign(&reader.consistency_proof(old, size).unwrap());
        assert_eq!(tlog_tiles::prove_tree(size, old, &hashes).unwrap(), ours);
        let before = Hash(*reader.root_at(old).unwrap().as_bytes());
        assert!(tlog_tiles::check_tree(&ours, size, root, old, before).is_ok());
        assert!(tlog_tiles::check_tree(&ours, size, root, old, root).is_err());
    }
}

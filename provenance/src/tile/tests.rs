//! Tiles against the published log, and growth in steps against growth at once.

use std::collections::BTreeMap;

use super::*;
use crate::merkle;
use crate::reader::ObjectId;
use crate::testing::{MemoryRepository, ran, vectors};

fn line(number: usize) -> Vec<u8> {
    format!("entry {number} {}", "x".repeat(number % 7)).into_bytes()
}

/// All files of a log, made from nothing by the description in `tlog-tiles`.
fn definition(size: usize) -> BTreeMap<String, Vec<u8>> {
    let lines: Vec<Vec<u8>> = (0..size).map(line).collect();
    let mut files = BTreeMap::from([("checkpoint".to_owned(), b"checkpoint".to_vec())]);
    let name = |index: usize, width: usize| {
        let digits = format!("{index:03}");
        let head = digits.len() % 3;
        let mut groups: Vec<String> = Vec::new();
        assert!(head == 0 || digits.len() > 3);
        let padded = format!("{}{digits}", "0".repeat((3 - head) % 3));
        for (number, group) in padded.as_bytes().chunks(3).enumerate() {
            let last = (number + 1) * 3 == padded.len();
            groups.push(format!(
                "{}{}",
                if last { "" } else { "x" },
                String::from_utf8_lossy(group)
            ));
        }
        let partial = if width < 256 {
            format!(".p/{width}")
        } else {
            String::new()
        };
        format!("{}{partial}", groups.join("/"))
    };
    for (index, bundle) in lines.chunks(256).enumerate() {
        let bytes = bundle
            .iter()
            .flat_map(|line| [&(line.len() as u16).to_be_bytes(), line.as_slice()].concat())
            .collect();
        files.insert(format!("tile/entries/{}", name(index, bundle.len())), bytes);
    }
    let mut hashes: Vec<_> = lines.iter().map(|line| merkle::leaf_hash(line)).collect();
    for level in 0.. {
        for (index, tile) in hashes.chunks(256).enumerate() {
            let bytes = tile.iter().flat_map(|hash| *hash.as_bytes()).collect();
            files.insert(format!("tile/{level}/{}", name(index, tile.len())), bytes);
        }
        hashes = hashes.chunks_exact(256).map(merkle::root).collect();
        if hashes.is_empty() {
            return files;
        }
    }
    files
}

/// Grows a log to each size in turn, and compares every folder with the definition. Then does the same but opens the log anew
/// from the repository before every step.
fn check_growth(sizes: &[usize]) {
    let mut repository = MemoryRepository::default();
    let mut kept = TileTree::new();
    let mut last = None;
    for &size in sizes {
        let mut reopened = last.map_or_else(TileTree::new, |(root, size)| {
            TileTree::open(&repository, root, size).unwrap()
        });
        assert_eq!(reopened.root(), kept.root());
        for number in kept.size() as usize..size {
            kept.push(&line(number));
            reopened.push(&line(number));
        }
        let written = kept.write(b"checkpoint").unwrap();
        assert_eq!(reopened.write(b"checkpoint").unwrap(), written, "{size}");
        for (id, object) in &written.objects {
            assert_eq!(repository.put(object.kind, &object.bytes), *id);
        }
        assert_eq!(repository.files(written.tree), definition(size), "{size}");
        let leaves: Vec<_> = (0..size).map(|number| merkle::leaf_hash(&line(number))).collect();
        assert_eq!(kept.root(), merkle::root(&leaves));
        last = Some((written.tree, size as u64));
    }
}

#[test]
fn a_log_that_grows_is_the_log_of_its_size() {
    check_growth(&[1, 2, 3, 255, 256, 257, 511, 512, 513, 1000]);
    check_growth(&[256, 512, 1024]);
    check_growth(&[700, 66_000]);
}

#[test]
fn a_log_that_crosses_a_thousand_tiles_opens_a_folder() {
    check_growth(&[255_990, 256_400]);
}

#[test]
fn paths_are_grouped_by_three_digits() {
    let path = |index, width| {
        Tile {
            kind: TileKind::Entries,
            index,
            width,
        }
        .to_string()
    };
    assert_eq!(path(0, 256), "tile/entries/000");
    assert_eq!(path(999, 1), "tile/entries/999.p/1");
    assert_eq!(path(1000, 256), "tile/entries/x001/000");
    assert_eq!(path(1_234_067, 8), "tile/entries/x001/x234/067.p/8");
    assert_eq!(
        Tile {
            kind: TileKind::Hashes(2),
            index: 5,
            width: 256
        }
        .to_string(),
        "tile/2/005"
    );
}

#[test]
fn the_published_log_has_these_tiles() {
    let Some(folder) = vectors("tlog") else { return };
    let read = |path: &str| std::fs::read(folder.join(path)).unwrap();
    let whole = read("tile/entries/000.p/15");
    let lines: Vec<Vec<u8>> = parse_bundle(&whole, 15)
        .unwrap()
        .into_iter()
        .map(<[u8]>::to_vec)
        .collect();
    let mut tree = TileTree::new();
    for (number, line) in lines.iter().enumerate() {
        tree.push(line);
        let written = tree.write(b"").unwrap();
        let holds = |path: String| written.objects.iter().any(|(_, object)| object.bytes == read(&path));
        assert!(holds(format!("tile/entries/000.p/{}", number + 1)));
        assert!(holds(format!("tile/0/000.p/{}", number + 1)));
    }
    let checkpoint = crate::signature::note::parse(&read("checkpoint.15")).unwrap();
    let root = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, tree.root().as_bytes());
    assert_eq!(checkpoint.text, format!("example.com/log/testdata\n15\n{root}\n"));
    ran("Tessera, tiles and bundles of a log", 2 * lines.len(), 30);
}

#[test]
fn bundles_are_read_whole_or_not_at_all() {
    let bytes = bundle_bytes(&[b"one".to_vec(), Vec::new(), b"three".to_vec()]);
    assert_eq!(parse_bundle(&bytes, 3), Some(vec![&b"one"[..], b"", b"three"]));
    assert_eq!(parse_bundle(&bytes, 2), None);
    for cut in 0..bytes.len() {
        assert_eq!(parse_bundle(&bytes[..cut], 3), None);
    }
    assert_eq!(parse_bundle(&[&bytes[..], &[0]].concat(), 3), None);
}

#[test]
fn a_folder_with_foreign_contents_is_not_opened() {
    let mut repository = MemoryRepository::default();
    let files = definition(300);
    let open = |files: &BTreeMap<String, Vec<u8>>, repository: &mut MemoryRepository| {
        let root = repository.put_folder(files);
        TileTree::open(repository, root, 300)
    };
    assert!(open(&files, &mut repository).is_ok());
    for path in ["tile/entries/001.p/44", "tile/0/001.p/44", "tile/1/000.p/1"] {
        let mut fewer = files.clone();
        fewer.remove(path);
        assert!(
            matches!(open(&fewer, &mut repository), Err(OpenError::Tile(_))),
            "{path}"
        );
        let mut other = files.clone();
        other.get_mut(path).unwrap().push(0);
        assert!(
            matches!(open(&other, &mut repository), Err(OpenError::Tile(_))),
            "{path}"
        );
    }
    let mut other = files;
    *other.get_mut("tile/entries/001.p/44").unwrap().last_mut().unwrap() ^= 1;
    assert!(matches!(open(&other, &mut repository), Err(OpenError::Tile(_))));
    assert!(matches!(
        TileTree::open(&repository, ObjectId::from_bytes([9; 20]), 300),
        Err(OpenError::Missing(_))
    ));
}

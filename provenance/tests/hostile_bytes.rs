//! Every reader of bytes, fed with changed versions of good input: nothing panics, and what is accepted writes itself again.

#![expect(clippy::print_stdout, reason = "a run names its seed, so that it can be repeated")]
#![expect(clippy::unwrap_used, reason = "a test that cannot start must stop")]

use std::path::Path;

use assize_provenance::canonical;
use assize_provenance::checkpoint::{AnyCheckpoint, Checkpoint};
use assize_provenance::commit::{LogCommit, read_any};
use assize_provenance::digest::Digest;
use assize_provenance::entry::SALT_TEXT_BYTES;
use assize_provenance::entry::SignedEntry;
use assize_provenance::entry::v1::document::OpinionDocument;
use assize_provenance::fork::Fork;
use assize_provenance::key::vkey::NoteKey;
use assize_provenance::key::{allowed_signers, jwk, openssh};
use assize_provenance::merkle;
use assize_provenance::pattern::PathPattern;
use assize_provenance::proof::Proof;
use assize_provenance::root::SignedRoot;
use assize_provenance::signature::{jws, note};
use assize_provenance::testing::promises::PROMISES;
use assize_provenance::tile::parse_bundle;
use assize_provenance::tree;
use assize_provenance::witness::AddCheckpoint;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

/// A small generator (xorshift64*), so that a number says everything of a run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    /// Changes bytes by one to four small cuts, insertions, flips and repetitions.
    fn change(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut changed = bytes.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(changed.len() + 1);
            match self.below(6) {
                0 if at < changed.len() => changed[at] ^= 1 << self.below(8),
                1 if at < changed.len() => changed[at] = self.next() as u8,
                2 => changed.insert(at, b"\n\0 {}[]\",:.-=/\xff0\x01"[self.below(17)]),
                3 => changed.truncate(at),
                4 => {
                    let end = (at + self.below(40)).min(changed.len());
                    let piece = changed[at.min(end)..end].to_vec();
                    let to = self.below(changed.len() + 1);
                    changed.splice(to..to, piece);
                }
                _ => {
                    let end = (at + self.below(20)).min(changed.len());
                    changed.drain(at.min(end)..end);
                }
            }
        }
        changed
    }
}

fn golden(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/v1").join(name)).unwrap()
}

/// Runs `read` over `rounds` changed versions; it asserts by itself.
fn torment(good: &[u8], rounds: u64, read: impl Fn(&[u8])) {
    let seed = std::env::var("ASSIZE_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or(0x000a_5512_e000_0001);
    println!("ASSIZE_SEED={seed}");
    let mut random = Random(seed);
    read(good);
    for _ in 0..rounds {
        read(&random.change(good));
    }
}

#[test]
fn entries() {
    let keys = allowed_signers::parse(&String::from_utf8(golden("allowed_signers")).unwrap()).unwrap();
    for name in [
        "case",
        "opinion-1",
        "opinion-2",
        "opinion-3",
        "opinion-4",
        "verdict",
        "override",
    ] {
        let good = golden(&format!("{name}.json"));
        torment(&good, 3000, |bytes| {
            let Ok(entry) = SignedEntry::parse(bytes) else { return };
            assert_eq!(entry.line(), bytes);
            let key = keys.council_key(entry.key_id());
            let verified = key.is_some_and(|key| entry.verify(key).is_ok());
            assert_eq!(verified, bytes == good, "{}", String::from_utf8_lossy(bytes));
        });
    }
}

#[test]
fn documents_and_canonical_json() {
    let stored = golden("opinion-document");
    torment(&stored, 5000, |bytes| {
        if let Ok((salt, document)) = OpinionDocument::parse_salted(bytes) {
            assert_eq!(document.to_salted(&salt).unwrap(), bytes);
        }
    });
    torment(&stored[SALT_TEXT_BYTES..], 5000, |bytes| {
        if let Ok(value) = canonical::parse(bytes, 4096) {
            assert_eq!(canonical::to_bytes(&value).unwrap(), bytes);
        }
    });
}

#[test]
fn commits_and_checkpoints() {
    let good = golden("commit");
    let key = LogCommit::parse(&good).unwrap().key;
    torment(&good, 20_000, |bytes| {
        let _ = read_any(bytes);
        if let Ok(commit) = LogCommit::parse(bytes) {
            assert_eq!(commit.verify_signature().is_ok(), bytes == good);
        }
    });
    let good = golden("checkpoint");
    torment(&good, 20_000, |bytes| {
        let _ = note::parse(bytes);
        assert_eq!(Checkpoint::parse(bytes, &key).is_ok(), bytes == good);
    });
}

#[test]
fn checkpoints_that_travel() {
    let good = golden("checkpoint");
    let checkpoint = AnyCheckpoint::parse(&good).unwrap();
    torment(&good, 20_000, |bytes| {
        if let Ok(read) = AnyCheckpoint::parse(bytes) {
            assert_eq!(read.to_string().as_bytes(), bytes);
        }
    });
    let hash = Digest::of(b"a hash");
    let request = AddCheckpoint {
        old_size: 3,
        hashes: vec![hash; 4],
        checkpoint: checkpoint.clone(),
    };
    torment(request.to_string().as_bytes(), 20_000, |bytes| {
        if let Ok(read) = AddCheckpoint::parse(bytes) {
            assert_eq!(read.to_string().as_bytes(), bytes);
            assert!(read.judge(&[], None).is_err());
        }
    });
    let proof = Proof {
        line: golden("verdict.json"),
        index: 5,
        hashes: vec![hash; 3],
        checkpoint: checkpoint.clone(),
    };
    let keys = allowed_signers::parse(&String::from_utf8(golden("allowed_signers")).unwrap()).unwrap();
    torment(proof.to_string().as_bytes(), 20_000, |bytes| {
        if let Ok(read) = Proof::parse(bytes) {
            assert_eq!(read.to_string().as_bytes(), bytes);
            assert!(read.check(&keys).is_err());
        }
    });
    let other = String::from_utf8(good).unwrap().replacen("\n6\n", "\n1\n", 1);
    let other = AnyCheckpoint::parse(other.as_bytes()).unwrap();
    let root = merkle::node_hash(&hash, &hash);
    let text = format!(
        "assize-fork@v1\nroot {}\n\n{other}\n{checkpoint}",
        BASE64_STANDARD.encode(root.as_bytes())
    );
    torment(text.as_bytes(), 20_000, |bytes| {
        if let Ok(read) = Fork::parse(bytes) {
            assert_eq!(read.to_string().as_bytes(), bytes);
        }
    });
    let vkey = b"PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    torment(vkey, 20_000, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        if let Ok(key) = text.parse::<NoteKey>() {
            assert_eq!(key.to_string(), text);
        }
    });
}

#[test]
fn trees_and_bundles() {
    let entry = |name: &str, mode| tree::TreeEntry {
        mode,
        name: name.into(),
        id: tree::object_id(assize_provenance::reader::ObjectKind::Blob, name.as_bytes()),
    };
    let good = tree::to_bytes(&[
        entry("a", tree::Mode::Folder),
        entry("a.b", tree::Mode::File),
        entry("c", tree::Mode::Symlink),
        entry("d", tree::Mode::Submodule),
    ]);
    torment(&good, 30_000, |bytes| {
        if let Ok(entries) = tree::parse(bytes) {
            assert_eq!(tree::to_bytes(&entries), bytes);
        }
    });
    torment(b"\0\x03one\0\0\0\x05three", 10_000, |bytes| {
        for width in 0..5 {
            if let Some(lines) = parse_bundle(bytes, width) {
                let again: Vec<u8> = lines
                    .iter()
                    .flat_map(|line| [&(line.len() as u16).to_be_bytes(), *line].concat())
                    .collect();
                assert_eq!(again, bytes);
            }
        }
    });
}

#[test]
fn keys_and_patterns() {
    let signers = golden("allowed_signers");
    torment(&signers, 10_000, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let _ = allowed_signers::parse(&text);
        let _ = openssh::parse(&text);
    });
    let key = LogCommit::parse(&golden("commit")).unwrap().key;
    torment(jwk::print(&key).as_bytes(), 10_000, |bytes| {
        let _ = jwk::parse(&String::from_utf8_lossy(bytes));
    });
    torment(jws::compact(&key.id(), b"{}", &[0; 64]).as_bytes(), 10_000, |bytes| {
        assert!(jws::verify_compact(&String::from_utf8_lossy(bytes), &key).is_err());
    });
    torment(b"src/**/*.r?/x*y", 20_000, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        if let Ok(pattern) = PathPattern::parse(&text) {
            assert_eq!(pattern.as_str(), text);
            assert!(!pattern.matches_granting(&text) || pattern.matches(&text));
        }
    });
}

#[test]
fn roots_of_trust() {
    let first = golden("root-1.json");
    let before = SignedRoot::parse(&first).unwrap();
    torment(&first, 5000, |bytes| {
        let Ok(version) = SignedRoot::parse(bytes) else { return };
        assert_eq!(version.to_bytes().unwrap(), bytes);
        if version.check_first().is_ok() {
            assert_eq!(version.digest(), before.digest(), "{}", String::from_utf8_lossy(bytes));
        }
    });
    let second = golden("root-2.json");
    torment(&second, 5000, |bytes| {
        let Ok(version) = SignedRoot::parse(bytes) else { return };
        assert_eq!(version.check_after(&before).is_ok(), bytes == second);
    });
}

#[test]
fn promises() {
    for promise in PROMISES {
        let seeds = (promise.seeds)();
        assert!(!seeds.is_empty(), "{} has good inputs", promise.name);
        let rounds = if promise.name == "repository" { 40 } else { 300 };
        for seed in &seeds {
            torment(seed, rounds, promise.hold);
        }
    }
}

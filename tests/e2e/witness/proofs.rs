//! Proofs that are carried to somebody who has nothing else.

use std::fs;

use assize_provenance::proof::Proof;
use assize_tests::bed::Bed;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::{Stranger, Witness, bed_of, review};

/// Writes the proof of an entry to a file beside the bed.
fn proof(bed: &Bed, entry: &str) -> (String, String) {
    let file = bed.beside("entry.tlog-proof").to_string_lossy().into_owned();
    let _ = bed.assize(&["audit", "proof", entry, "--out", &file]).expect(0);
    let text = fs::read_to_string(&file).expect("a file");
    (file, text)
}

fn entries(bed: &Bed) -> Vec<serde_json::Value> {
    let log = bed.assize(&["audit", "log", "--format", "json"]).expect(0).json();
    log["entries"].as_array().expect("entries").clone()
}

#[test]
fn a_proof_is_checked_without_a_repository() {
    let bed = bed_of(3);
    for revision in ["HEAD~2", "HEAD~1", "HEAD"] {
        review(&bed, revision);
    }
    let stranger = Stranger::of(&bed);
    let empty = stranger.bed.beside("empty");
    fs::create_dir(&empty).expect("a folder");
    let empty = empty.to_string_lossy().into_owned();
    for entry in entries(&bed) {
        let id = entry["id"].as_str().expect("an id");
        let (file, text) = proof(&bed, id);
        assert_eq!(bed.assize(&["audit", "proof", id]).expect(0).stdout, text);
        let view = stranger
            .run(&["-C", &empty, "audit", "check-proof", &file])
            .expect(0)
            .json();
        assert_eq!(view["standing"], "proved");
        for member in ["id", "index", "kind", "head", "case", "about"] {
            assert_eq!(view["entry"][member], entry[member], "{member}");
        }
        // Without keys nothing can be said, with other keys neither.
        let _ = stranger
            .bed
            .assize(&["-C", &empty, "audit", "check-proof", &file])
            .expect(3);
    }
    // The file says what the standard says: the leaf is the hash of the extra line, and its place is in the tree of the note.
    let (_, text) = proof(&bed, entries(&bed)[0]["id"].as_str().expect("an id"));
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "c2sp.org/tlog-proof@v1");
    let extra = lines[1].strip_prefix("extra ").expect("the entry");
    let line = BASE64_STANDARD.decode(extra).expect("base64");
    assert_eq!(line, Proof::parse(text.as_bytes()).expect("a proof").line);
    let _ = bed.assize(&["audit", "proof", "ffffffff"]).expect(2);
}

#[test]
fn a_changed_proof_proves_nothing() {
    let bed = bed_of(1);
    review(&bed, "HEAD");
    let stranger = Stranger::of(&bed);
    let (file, text) = proof(&bed, entries(&bed)[0]["id"].as_str().expect("an id"));
    let good = text.into_bytes();
    for at in (0..good.len()).step_by(1 + good.len() / 60) {
        let mut bad = good.clone();
        bad[at] ^= 2;
        fs::write(&file, &bad).expect("a file");
        let run = stranger
            .bed
            .assize(&["audit", "check-proof", &file, "--allowed-signers", &stranger.signers]);
        assert!([1, 2, 3].contains(&run.code), "byte {at}: {run:?}");
    }
    for junk in [
        Vec::new(),
        b"junk".to_vec(),
        good[..good.len() - 1].to_vec(),
        vec![b'a'; 1 << 20],
    ] {
        fs::write(&file, &junk).expect("a file");
        let _ = stranger.bed.assize(&["audit", "check-proof", &file]).expect(2);
    }
    let _ = stranger.bed.assize(&["audit", "check-proof", "absent"]).expect(2);
}

#[test]
fn cosignatures_travel_with_the_proof() {
    let bed = bed_of(2);
    review(&bed, "HEAD~1");
    let stranger = Stranger::of(&bed);
    let (one, other) = (Witness::start(&bed, "w1"), Witness::start(&bed, "w2"));
    for witness in [&one, &other] {
        assert_eq!(witness.cosign(&bed).0, 0);
    }
    let covered = entries(&bed).len() as u64;
    // What came later is not covered by what was cosigned.
    review(&bed, "HEAD");
    let seen = |entry: &serde_json::Value, keys: &[&str]| {
        let (file, _) = proof(&bed, entry["id"].as_str().expect("an id"));
        let mut arguments = vec!["audit", "check-proof", &file];
        for key in keys {
            arguments.extend(["--witness", key]);
        }
        let view = stranger.run(&arguments).expect(0).json();
        let witnessed = view["witnessed"].as_array().expect("witnesses").len();
        (witnessed, view["checkpoints"][0]["size"].as_u64().expect("a size"))
    };
    for entry in entries(&bed) {
        let is_covered = entry["index"].as_u64().expect("an index") < covered;
        let (witnessed, size) = seen(&entry, &[&one.key, &other.key]);
        assert_eq!(witnessed, if is_covered { 2 } else { 0 });
        assert_eq!(size, if is_covered { covered } else { 2 * covered });
        assert_eq!(seen(&entry, &[]).0, 0);
    }
}

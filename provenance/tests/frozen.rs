//! Version 1 is frozen: not one byte of its vectors changes, none goes, and none comes without being written down.

#![expect(clippy::unwrap_used, reason = "a test that cannot start must stop")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use assize_provenance::digest::Digest;

/// What `vectors/v1.sha256` itself has.
const LIST: &str = "8b8f68f9828713909f30b0b7fb486b37b7f59f5b223456b105a2d41e509938e5";

fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors")
}

/// The list, in the form that `sha256sum --check` reads.
fn listed() -> BTreeMap<String, String> {
    let text = fs::read_to_string(vectors().join("v1.sha256")).unwrap();
    let line = |line: &str| {
        let (digest, path) = line.split_once("  ").unwrap();
        (path.to_owned(), digest.to_owned())
    };
    text.lines().map(line).collect()
}

#[test]
fn no_byte_of_version_1_changes() {
    let found: BTreeMap<String, String> = fs::read_dir(vectors().join("v1"))
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let digest = Digest::of(&fs::read(entry.path()).unwrap());
            (
                format!("v1/{}", entry.file_name().to_str().unwrap()),
                digest.to_string(),
            )
        })
        .collect();
    assert_eq!(
        found,
        listed(),
        "the vectors of version 1 are not those that `vectors/v1.sha256` lists"
    );
}

#[test]
fn the_list_of_version_1_is_the_one_that_was_frozen() {
    let list = fs::read(vectors().join("v1.sha256")).unwrap();
    assert_eq!(
        Digest::of(&list).to_string(),
        LIST,
        "version 1 is frozen; a vector may come to it, and none may change: see vectors/README.md"
    );
}

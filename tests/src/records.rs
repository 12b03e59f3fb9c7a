//! What a repository's chain holds, read without the code under test: refs and trees through libgit2.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use assize::chain::keys::KeyStore;
use assize_provenance::git::GitObjects;
use assize_provenance::report::{Overall, Report};
use assize_provenance::tile;
use assize_provenance::verify::{Remembered, verify};
use git2::{ObjectType, Repository, TreeWalkMode, TreeWalkResult};

use crate::bed::Bed;

/// The entries of every log, line by line, by the name of the log's ref.
///
/// # Panics
///
/// When the repository cannot be read.
#[must_use]
pub fn logs(repository: &Path) -> BTreeMap<String, Vec<Vec<u8>>> {
    let entries = |files: BTreeMap<String, Vec<u8>>| {
        let bundles = files.into_iter().filter(|(path, _)| path.starts_with("tile/entries/"));
        bundles.flat_map(|(path, bytes)| lines(&path, &bytes)).collect()
    };
    trees(repository, "refs/assize/v1/log/*")
        .into_iter()
        .map(|(name, files)| (name, entries(files)))
        .collect()
}

/// All entries of all logs.
///
/// # Panics
///
/// When the repository cannot be read.
#[must_use]
pub fn entries(repository: &Path) -> Vec<Vec<u8>> {
    logs(repository).into_values().flatten().collect()
}

/// The documents on the evidence refs, by their paths: `case/…` and `opinion/…`.
///
/// # Panics
///
/// When the repository cannot be read.
#[must_use]
pub fn evidence(repository: &Path) -> BTreeMap<String, Vec<u8>> {
    trees(repository, "refs/assize/v1/evidence/*")
        .into_values()
        .flatten()
        .collect()
}

/// Writes the files of a ref's newest commit into a folder.
///
/// # Panics
///
/// When the ref is not there or the folder cannot be written.
pub fn write_folder(repository: &Path, reference: &str, folder: &Path) {
    for (path, bytes) in trees(repository, reference)
        .remove(reference)
        .expect("the ref is there")
    {
        let file = folder.join(path);
        fs::create_dir_all(file.parent().expect("a folder")).expect("folders");
        fs::write(file, bytes).expect("a file");
    }
}

/// What `verify` says of a bed's repository to the owner of its home, who remembers nothing.
///
/// # Panics
///
/// When it cannot be looked at.
#[must_use]
pub fn report(bed: &Bed) -> Report {
    let keys = KeyStore::new(bed.home().join("keys"))
        .trusted()
        .expect("the keys are readable");
    let objects = GitObjects::open(&bed.repository().join(".git")).expect("the repository opens");
    verify(&objects, &keys, &Remembered::nothing()).expect("the repository can be looked at")
}

/// Insists that the whole chain is proved.
///
/// # Panics
///
/// When anything is not; the report is shown.
pub fn insist_on_proof(bed: &Bed, when: &str) {
    let report = report(bed);
    assert_eq!(report.overall(), Overall::Proved, "{when}: {report:#?}");
}

/// The files of the newest commit of every ref that fits `pattern`.
fn trees(repository: &Path, pattern: &str) -> BTreeMap<String, BTreeMap<String, Vec<u8>>> {
    let repository = Repository::open(repository).expect("the repository opens");
    let references = repository.references_glob(pattern).expect("refs");
    let mut trees = BTreeMap::new();
    for reference in references.map(|reference| reference.expect("a ref")) {
        let name = reference.name().expect("a name").to_owned();
        let tree = reference.peel_to_tree().expect("a tree");
        let mut files = BTreeMap::new();
        tree.walk(TreeWalkMode::PreOrder, |folder, entry| {
            if entry.kind() == Some(ObjectType::Blob) {
                let blob = repository.find_blob(entry.id()).expect("a file");
                files.insert(
                    format!("{folder}{}", entry.name().expect("a name")),
                    blob.content().to_vec(),
                );
            }
            TreeWalkResult::Ok
        })
        .expect("a tree that can be walked");
        trees.insert(name, files);
    }
    trees
}

/// The lines of one bundle of entries; a partial one ends in its width.
fn lines(path: &str, bundle: &[u8]) -> Vec<Vec<u8>> {
    let width = path
        .split_once(".p/")
        .map_or(tile::TILE_WIDTH, |(_, width)| width.parse().expect("a width"));
    let lines = tile::parse_bundle(bundle, width).expect("a bundle of that width");
    lines.into_iter().map(<[u8]>::to_vec).collect()
}

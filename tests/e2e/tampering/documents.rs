//! The documents beside a log: one that is missing leaves completeness open, one that is changed refutes it, and neither
//! touches what is proved of the log itself.

use std::collections::BTreeMap;

use assize_provenance::commit::read_any;
use assize_provenance::reader::{ObjectId, ObjectKind};
use assize_provenance::report::{Claim, Overall};
use assize_provenance::testing::MemoryRepository;
use assize_tests::dice::Dice;
use assize_tests::forgery::{self, Signing};
use assize_tests::records;

use super::{codes, log_ref, printed_codes, printed_standing, report, shared};

fn evidence_ref(chain: &MemoryRepository) -> String {
    log_ref(chain).replace("/log/", "/evidence/")
}

/// The documents by path, and the chain with another set of them.
fn documents(chain: &MemoryRepository) -> BTreeMap<String, Vec<u8>> {
    let tip = &chain.objects[&chain.refs[&evidence_ref(chain)]];
    chain.files(read_any(&tip.bytes).expect("a commit").tree)
}

fn with_documents(chain: &MemoryRepository, documents: &BTreeMap<String, Vec<u8>>) -> MemoryRepository {
    let mut changed = chain.clone();
    let root = changed.put_folder(documents);
    let commit = format!("tree {root}\nauthor A <a@b> 0 +0000\ncommitter A <a@b> 0 +0000\n\nEvidence\n");
    let commit = changed.put(ObjectKind::Commit, commit.as_bytes());
    changed.refs.insert(evidence_ref(chain), commit);
    changed
}

#[test]
fn a_missing_document_leaves_completeness_open_and_a_changed_one_refutes_it() {
    let scene = shared();
    let (chain, keys) = (forgery::take(&scene.git_dir()), scene.keys());
    let all = documents(&chain);
    assert_eq!(all, records::evidence(&scene.bed().repository()));
    assert!(all.len() >= 5, "cases and opinions have documents");
    assert_eq!(report(&with_documents(&chain, &all), &keys).overall(), Overall::Proved);
    for path in all.keys() {
        let mut fewer = all.clone();
        let bytes = fewer.remove(path).expect("it was there");
        let found = report(&with_documents(&chain, &fewer), &keys);
        let standing = |claim| found.logs[0].standing(claim).expect("a claim").word();
        assert_eq!(standing(Claim::Completeness), "not checkable", "without {path}");
        assert_eq!(found.overall(), Overall::Proved, "without {path}: {found:#?}");
        for changed in [[bytes.as_slice(), b" "].concat(), bytes[1..].to_vec(), Vec::new()] {
            let mut other = all.clone();
            other.insert(path.clone(), changed);
            let found = report(&with_documents(&chain, &other), &keys);
            assert!(
                codes(&found).iter().all(|code| *code == "evidence-mismatch"),
                "{path}: {found:#?}"
            );
            assert_eq!(found.overall(), Overall::Refuted, "{path}");
        }
    }
}

/// A document in the place of another one is a changed document.
#[test]
fn documents_in_each_others_place_are_refuted() {
    let scene = shared();
    let (chain, keys) = (forgery::take(&scene.git_dir()), scene.keys());
    let all = documents(&chain);
    let paths: Vec<&String> = all.keys().collect();
    let mut swapped = all.clone();
    swapped.insert(paths[0].clone(), all[paths[1]].clone());
    swapped.insert(paths[1].clone(), all[paths[0]].clone());
    let found = report(&with_documents(&chain, &swapped), &keys);
    assert_eq!(found.overall(), Overall::Refuted);
    assert!(codes(&found).contains(&"evidence-mismatch"));
}

/// Flips bytes of every object of the evidence, as valid objects: the log stays proved, and completeness is never.
#[test]
fn a_flipped_byte_in_the_evidence_never_leaves_it_complete() {
    let mut dice = Dice::of("flipped bytes of evidence");
    let scene = shared();
    let (chain, keys) = (forgery::take(&scene.git_dir()), scene.keys());
    let (evidence, sound) = (evidence_ref(&chain), report(&chain, &keys));
    for victim in forgery::reachable(&chain, chain.refs[&evidence]) {
        let object = &chain.objects[&victim];
        for position in dice.positions(object.bytes.len(), 12) {
            let mut bytes = object.bytes.clone();
            bytes[position] ^= dice.flip();
            let forged = forgery::substitute(&chain, &evidence, victim, &bytes, &Signing::Kept);
            let found = report(&forged, &keys);
            let what = format!("{} {victim} at byte {position}: {found:#?}", object.kind.name());
            let complete = found.logs[0].standing(Claim::Completeness).expect("a claim").word() == "proved";
            // The commits of the evidence are not signed, and older ones are not read: what they say is nobody's word.
            assert!(!complete || found == sound, "{what}");
            assert!(
                codes(&found)
                    .iter()
                    .all(|code| ["evidence-mismatch", "object-damaged"].contains(code)),
                "{what}"
            );
        }
    }
}

#[test]
fn the_binary_says_which_document_is_wrong() {
    let scene = shared();
    let chain = forgery::take(&scene.git_dir());
    let all = documents(&chain);
    let path = all.keys().next().expect("a document");
    let replica = scene.replica();
    let mut fewer = all.clone();
    fewer.remove(path);
    forgery::lay_down(&with_documents(&chain, &fewer), &replica.git_dir());
    let run = scene
        .assize_on(&replica, &["audit", "verify", "--format", "json"])
        .expect(0);
    assert_eq!(printed_standing(&run.json(), "completeness"), "not checkable");
    let mut other = all.clone();
    other.insert(path.clone(), b"{}".to_vec());
    let changed = with_documents(&chain, &other);
    forgery::lay_down(&changed, &replica.git_dir());
    let run = scene
        .assize_on(&replica, &["audit", "verify", "--format", "json"])
        .expect(1);
    assert!(
        printed_codes(&run.json())
            .iter()
            .all(|code| code == "evidence-mismatch")
    );
    let id: ObjectId = assize_provenance::tree::object_id(ObjectKind::Blob, b"{}");
    assert!(
        run.stdout.contains(&id.to_string()),
        "the wrong object is named: {}",
        run.stdout
    );
}

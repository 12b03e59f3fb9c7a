//! The frozen vectors in `vectors/v1`: what version 1 wrote once, it writes and reads for ever.

use super::*;
use crate::checkpoint::Checkpoint;
use crate::commit::LogCommit;
use crate::merkle;

fn read(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/v1").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

const NAMES: [&str; 6] = ["case", "opinion-1", "opinion-2", "opinion-3", "opinion-4", "verdict"];

#[test]
fn the_same_case_is_written_byte_for_byte() {
    let (mut log, entries) = full_entries();
    for (name, entry) in NAMES.iter().zip(&entries) {
        assert_eq!(read(&format!("{name}.json")), entry.line(), "{name}");
    }
    log.record(&entries);
    let commit = &log.repository.objects[&log.state.tip().unwrap()].bytes;
    assert_eq!(&read("commit"), commit);
    let tree = LogCommit::parse(commit).unwrap().signed.tree;
    assert_eq!(read("checkpoint"), log.repository.files(tree)["checkpoint"]);
}

#[test]
fn what_was_written_once_still_verifies() {
    let keys = crate::key::allowed_signers::parse(&String::from_utf8(read("allowed_signers")).unwrap()).unwrap();
    let commit = LogCommit::parse(&read("commit")).unwrap();
    assert_eq!(commit.verify_signature(), Ok(()));
    assert!(keys.is_log_key(&commit.key));
    let checkpoint = Checkpoint::parse(&read("checkpoint"), &commit.key).unwrap();
    let lines: Vec<Vec<u8>> = NAMES.iter().map(|name| read(&format!("{name}.json"))).collect();
    for line in &lines {
        let entry = SignedEntry::parse(line).unwrap();
        assert_eq!(entry.verify(keys.council_key(entry.key_id()).unwrap()), Ok(()));
        assert_eq!(entry.entry().log, checkpoint.log);
    }
    let leaves: Vec<_> = lines.iter().map(|line| merkle::leaf_hash(line)).collect();
    assert_eq!(checkpoint.root, merkle::root(&leaves));
    assert_eq!(commit.signed.message.root, checkpoint.root);
    let document = OpinionDocument::parse(&read("opinion-document.json")).unwrap();
    assert_eq!(Ok(document.opinion), full_opinions()[1]);
}

//! The vectors in `vectors/v1`: what version 1 wrote once, it writes and reads for ever.

use super::*;
use crate::checkpoint::Checkpoint;
use crate::commit::LogCommit;
use crate::merkle;

fn path(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/v1").join(name)
}

fn read(name: &str) -> Vec<u8> {
    let path = path(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

const NAMES: [&str; 6] = ["case", "opinion-1", "opinion-2", "opinion-3", "opinion-4", "verdict"];

/// The entry that came to stand beside those of the first log.
const OVERRIDE: &str = "override.json";

/// Holds what is written today against what was written once. Until version 1 is frozen, `ASSIZE_BLESS=1` writes it anew.
fn insist(name: &str, written: &[u8]) {
    if std::env::var_os("ASSIZE_BLESS").is_some() {
        std::fs::write(path(name), written).unwrap();
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert_eq!(text(&read(name)), text(written), "{name}");
}

#[test]
fn the_same_case_is_written_byte_for_byte() {
    let (mut log, entries) = heard_entries();
    for (name, entry) in NAMES.iter().zip(&entries) {
        insist(&format!("{name}.json"), entry.line());
    }
    log.record(&entries);
    insist(OVERRIDE, log.overrule(&entries[5]).line());
    let commit = &log.repository.objects[&log.state.tip().unwrap()].bytes;
    insist("commit", commit);
    let tree = LogCommit::parse(commit).unwrap().signed.tree;
    insist("checkpoint", &log.repository.files(tree)["checkpoint"]);
    let documents = log.repository.refs[&log.state.log().evidence_ref()];
    let documents = crate::commit::read_any(&log.repository.objects[&documents].bytes).unwrap();
    let documents = log.repository.files(documents.tree);
    let second = documents
        .values()
        .filter_map(|bytes| OpinionDocument::parse_salted(bytes).ok());
    let second = second.filter(|(_, document)| document.judge == "technical");
    for (salt, document) in second {
        insist("opinion-document", &document.to_salted(&salt).unwrap());
    }
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
    let overruled = SignedEntry::parse(&read(OVERRIDE)).unwrap();
    assert_eq!(overruled.verify(keys.council_key(overruled.key_id()).unwrap()), Ok(()));
    assert_eq!(
        overruled.entry().content.previous(),
        Some(EntryId::of_line(lines.last().unwrap()))
    );
    let leaves: Vec<_> = lines.iter().map(|line| merkle::leaf_hash(line)).collect();
    assert_eq!(checkpoint.root, merkle::root(&leaves));
    assert_eq!(commit.signed.message.root, checkpoint.root);
    let document = OpinionDocument::parse_salted(&read("opinion-document"));
    let (salt, document) = document.unwrap();
    let Content::Opinion(record) = SignedEntry::parse(&lines[2]).unwrap().entry().content.clone() else {
        unreachable!()
    };
    let Answer::Spoken(spoken) = record.answer else {
        unreachable!()
    };
    let stored = Stored::of(&read("opinion-document"));
    assert_eq!(
        Spoken::of(&document.opinion, &full_case().terms(), &salt, stored),
        *spoken
    );
    assert_eq!(Ok(document.opinion), full_opinions()[1]);
}

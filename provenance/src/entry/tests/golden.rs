//! The vectors in `vectors/v1`: what version 1 wrote once, it writes and reads for ever.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::*;
use crate::cases::Cases;
use crate::checkpoint::{AnyCheckpoint, Checkpoint};
use crate::commit::{Citation, LogCommit};
use crate::digest::Digest;
use crate::export::summary::UnsignedSummary;
use crate::fork::Fork;
use crate::key::vkey::{NoteKey, NoteKind};
use crate::log_id::{LogId, LogSeed};
use crate::log_reader::LogReader;
use crate::merkle;
use crate::proof::Proof;
use crate::testing::{SigningPair, TestLog};
use crate::witness::{AddCheckpoint, Seen};

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

/// Holds what is written today against what was written once. `ASSIZE_BLESS=1` writes what is not there yet, and nothing else.
fn insist(name: &str, written: &[u8]) {
    if std::env::var_os("ASSIZE_BLESS").is_some() && !path(name).exists() {
        std::fs::write(path(name), written).unwrap();
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert_eq!(text(&read(name)), text(written), "{name}");
}

fn terms() -> WaiverTerms {
    WaiverTerms {
        id: "WV-0001".to_owned(),
        rule: "technical/placeholder".to_owned(),
        paths: vec!["src/**".parse().unwrap()],
        until: 1_000,
        expires: Time::from_unix_seconds(1_900_000_000).unwrap(),
        reason: Reason::new("The release cannot wait.").unwrap(),
    }
}

/// What people say of a verdict, and of a waiver.
fn people(verdict: &SignedEntry) -> [(&'static str, Content); 5] {
    let proposal = EntryId::of_line(b"a proposal");
    let approval = ApprovalRecord {
        previous: verdict.id(),
        council: "default".to_owned(),
        answer: PersonsAnswer::Rejected,
        shown: Digest::of(b"what was shown"),
        reason: Some(Reason::new("Not this week.").unwrap()),
    };
    let appeal = AppealRecord {
        previous: verdict.id(),
        council: "default".to_owned(),
        reason: Reason::new("The judge read an old file.").unwrap(),
        shown: Digest::of(b"what was shown"),
    };
    let revoked = WaiverRecord::Revoked {
        previous: proposal,
        reason: Reason::new("It is mended.").unwrap(),
    };
    [
        ("approval.json", Content::Approval(Box::new(approval))),
        ("appeal.json", Content::Appeal(Box::new(appeal))),
        (
            "waiver-proposed.json",
            Content::Waiver(Box::new(WaiverRecord::Proposed(terms()))),
        ),
        (
            "waiver-approved.json",
            Content::Waiver(Box::new(WaiverRecord::Approved { previous: proposal })),
        ),
        ("waiver-revoked.json", Content::Waiver(Box::new(revoked))),
    ]
}

#[test]
fn the_same_case_is_written_byte_for_byte() {
    let (mut log, entries) = heard_entries();
    for (name, entry) in NAMES.iter().zip(&entries) {
        insist(&format!("{name}.json"), entry.line());
    }
    log.record(&entries);
    insist(OVERRIDE, log.overrule(&entries[5]).line());
    for (name, content) in people(&entries[5]) {
        let subject = match &content {
            Content::Waiver(_) => Subject {
                case: terms().digest().unwrap(),
                ..entries[5].entry().subject
            },
            _ => entries[5].entry().subject,
        };
        insist(name, log.say(&SigningPair::from_seed(5), subject, content).line());
    }
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
    for (name, content) in people(&SignedEntry::parse(lines.last().unwrap()).unwrap()) {
        let said = SignedEntry::parse(&read(name)).unwrap();
        assert_eq!(said.verify(&SigningPair::from_seed(5).public()), Ok(()), "{name}");
        assert_eq!(said.entry().content, content, "{name}");
    }
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

/// What is carried out of a log: its newest checkpoint, cosigned; the proof of its verdict; a fork; and a commit that cites.
fn carried() -> Vec<(&'static str, String)> {
    let (mut log, entries) = heard_entries();
    log.record(&entries);
    let pair = SigningPair::from_seed(9);
    let witness = NoteKey::new("witness.example/w1", NoteKind::Cosignature, pair.public()).unwrap();
    let newest = |log: &TestLog| {
        let mut reader = LogReader::open(&log.repository, log.state.tip().unwrap()).unwrap();
        AnyCheckpoint::parse(&reader.checkpoint().unwrap()).unwrap()
    };
    let checkpoint = newest(&log);
    let signature = pair.sign(checkpoint.to_cosign(1_800_000_100).as_bytes());
    let line = checkpoint.cosign(&witness, 1_800_000_100, signature).unwrap();
    let cosigned = checkpoint.with_answer(&format!("{line}\n"), &witness).unwrap();
    let mut reader = LogReader::open(&log.repository, log.state.tip().unwrap()).unwrap();
    let proof = Proof {
        line: entries[5].line().to_vec(),
        index: 5,
        hashes: reader.inclusion_proof(5, 6).unwrap(),
        checkpoint: cosigned.clone(),
    };
    let mut other = log.clone();
    log.state.cite(&[Citation {
        log: LogId::derive(&pair.public(), &LogSeed::from_bytes([9; 16])),
        size: 7,
        root: Digest::of(b"root"),
    }]);
    log.record_lines(&[b"one", b"two"]);
    other.record_lines(&[b"another"]);
    let mut reader = LogReader::open(&log.repository, log.state.tip().unwrap()).unwrap();
    let (root, hashes) = (reader.root_at(7).unwrap(), reader.consistency_proof(7, 8).unwrap());
    let fork = Fork::new(newest(&other), newest(&log), root, hashes).unwrap();
    let commit = &log.repository.objects[&log.state.tip().unwrap()].bytes;
    vec![
        ("witness", format!("{witness}\n")),
        ("cosigned-checkpoint", cosigned.to_string()),
        ("verdict.tlog-proof", proof.to_string()),
        ("fork", fork.to_string()),
        ("citing-commit", String::from_utf8(commit.clone()).unwrap()),
    ]
}

#[test]
fn what_is_carried_is_written_byte_for_byte() {
    for (name, text) in carried() {
        insist(name, text.as_bytes());
    }
}

#[test]
fn what_was_carried_once_still_verifies() {
    let mut keys = crate::key::allowed_signers::parse(&String::from_utf8(read("allowed_signers")).unwrap()).unwrap();
    let witness: NoteKey = String::from_utf8(read("witness")).unwrap().trim_end().parse().unwrap();
    keys.trust_witness(witness);
    let cosigned = AnyCheckpoint::parse(&read("cosigned-checkpoint")).unwrap();
    assert_eq!(cosigned.is_believed(&keys), Ok(true));
    assert_eq!(cosigned.witnessed(&keys).unwrap()[0].seconds, 1_800_000_100);
    let proof = Proof::parse(&read("verdict.tlog-proof")).unwrap();
    let proved = proof.check(&keys).unwrap();
    assert_eq!((proved.index, proved.witnessed.len()), (5, 1));
    assert_eq!(proved.entry.line(), read("verdict.json"));
    assert_eq!(Fork::parse(&read("fork")).unwrap().check(&keys), Ok(()));
    let commit = LogCommit::parse(&read("citing-commit")).unwrap();
    assert_eq!(commit.verify_signature(), Ok(()));
    assert_eq!(
        (commit.signed.message.previous_size, commit.signed.message.cites.len()),
        (6, 1)
    );
}

/// The files of the first log, and what others read: a request to a witness, and the verdict as JWS, as DSSE and summed up.
fn read_by_others() -> Vec<(&'static str, Vec<u8>)> {
    let (mut log, entries) = heard_entries();
    log.record(&entries);
    let mut reader = LogReader::open(&log.repository, log.state.tip().unwrap()).unwrap();
    let request = AddCheckpoint {
        old_size: 2,
        hashes: reader.consistency_proof(2, 6).unwrap(),
        checkpoint: AnyCheckpoint::parse(&reader.checkpoint().unwrap()).unwrap(),
    };
    let files = log.repository.files(reader.tip().1.signed.tree);
    let mut cases = Cases::new();
    let heard = (0..)
        .zip(entries.clone())
        .find_map(|(index, entry)| cases.take(index, entry));
    let summary = UnsignedSummary::of(log.state.log(), &heard.unwrap(), None, None)
        .unwrap()
        .unwrap();
    let council = log.council.public();
    let signature = log.council.sign(summary.dsse_input().as_bytes());
    let verdict = &entries[5];
    vec![
        ("bundle", files["tile/entries/000.p/6"].clone()),
        ("tile", files["tile/0/000.p/6"].clone()),
        ("add-checkpoint", request.to_string().into_bytes()),
        ("verdict.jws", verdict.compact_jws().into_bytes()),
        ("verdict.dsse", verdict.dsse_envelope(&council).unwrap().into_bytes()),
        ("verdict.vsa", summary.seal(&council, &signature).unwrap().into_bytes()),
    ]
}

#[test]
fn what_others_read_is_written_byte_for_byte() {
    for (name, bytes) in read_by_others() {
        insist(name, &bytes);
    }
}

#[test]
fn what_others_read_once_still_verifies() {
    let lines: Vec<Vec<u8>> = NAMES.iter().map(|name| read(&format!("{name}.json"))).collect();
    let bundle = read("bundle");
    assert_eq!(crate::tile::parse_bundle(&bundle, 6).unwrap(), lines);
    let leaves: Vec<Digest> = lines.iter().map(|line| merkle::leaf_hash(line)).collect();
    assert_eq!(crate::tile::parse_hashes(&read("tile"), 6).unwrap(), leaves);
    let commit = LogCommit::parse(&read("commit")).unwrap();
    let request = AddCheckpoint::parse(&read("add-checkpoint")).unwrap();
    let key = NoteKey::new(request.checkpoint.origin(), NoteKind::Note, commit.key).unwrap();
    let (last, now) = (merkle::root(&leaves[..2]), merkle::root(&leaves));
    let seen = request.judge(&[key], Some(Seen { size: 2, root: last }));
    assert_eq!(seen, Ok(Seen { size: 6, root: now }));
    let entry = SignedEntry::parse(lines.last().unwrap()).unwrap();
    let keys = crate::key::allowed_signers::parse(&String::from_utf8(read("allowed_signers")).unwrap()).unwrap();
    let council = keys.council_key(entry.key_id()).unwrap();
    let token = String::from_utf8(read("verdict.jws")).unwrap();
    let payload = crate::signature::jws::verify_compact(&token, council).unwrap();
    for name in ["verdict.dsse", "verdict.vsa"] {
        let envelope: serde_json::Value = serde_json::from_slice(&read(name)).unwrap();
        let decode = |value: &serde_json::Value| BASE64_STANDARD.decode(value.as_str().unwrap()).unwrap();
        let said = decode(&envelope["payload"]);
        let signature = decode(&envelope["signatures"][0]["sig"]).try_into().unwrap();
        let signed = crate::signature::dsse::to_sign(&said);
        assert_eq!(council.verify(signed.as_bytes(), &signature), Ok(()), "{name}");
        assert_eq!(said == payload, name == "verdict.dsse");
    }
}

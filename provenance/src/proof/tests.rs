//! Proofs of real entries, and every way to bend one.

use super::*;
use crate::key::Role;
use crate::key::vkey::{NoteKey, NoteKind};
use crate::log_reader::LogReader;
use crate::opinion::{Opinion, Vote};
use crate::root::{End, SignedRoot};
use crate::testing::root::{pinned, root_of_log};
use crate::testing::{SigningPair, TestLog, sample_case};
use crate::verify::{Remembered, trust_in};

fn log() -> TestLog {
    let mut log = TestLog::start(1, 2, 3, &[]);
    let approve = || {
        Ok(Opinion {
            vote: Vote::Approve,
            findings: vec![],
            rationale: String::new(),
        })
    };
    for number in 0..5 {
        let entries = log.hear(number, &sample_case(), &[approve(), approve(), approve(), approve()]);
        log.record(&entries);
    }
    log
}

fn proof(log: &TestLog, index: u64) -> Proof {
    let mut reader = LogReader::open(&log.repository, log.state.tip().unwrap()).unwrap();
    Proof {
        line: reader.entry(index).unwrap().line().to_vec(),
        index,
        hashes: reader.inclusion_proof(index, 30).unwrap(),
        checkpoint: AnyCheckpoint::parse(&reader.checkpoint().unwrap()).unwrap(),
    }
}

#[test]
fn every_entry_is_proved_by_a_file_alone() {
    let log = log();
    for index in 0..30 {
        let text = proof(&log, index).to_string();
        let read = Proof::parse(text.as_bytes()).unwrap();
        let proved = read.check(&log.keys()).unwrap();
        assert_eq!((proved.index, proved.checkpoint.size), (index, 30));
        assert_eq!(proved.entry.line(), read.line);
        assert!(proved.witnessed.is_empty());
    }
}

#[test]
fn witnesses_are_told_where_they_are_known() {
    let log = log();
    let mut proof = proof(&log, 7);
    let pair = SigningPair::from_seed(9);
    let witness = NoteKey::new("witness.example/w", NoteKind::Cosignature, pair.public()).unwrap();
    let signature = pair.sign(proof.checkpoint.to_cosign(77).as_bytes());
    let line = proof.checkpoint.cosign(&witness, 77, signature).unwrap();
    proof.checkpoint = proof.checkpoint.with_answer(&format!("{line}\n"), &witness).unwrap();
    let read = Proof::parse(proof.to_string().as_bytes()).unwrap();
    assert_eq!(read.check(&log.keys()).unwrap().witnessed, []);
    let mut keys = log.keys();
    keys.trust_witness(witness.clone());
    let expected = Witnessed {
        witness: witness.name().to_owned(),
        key: pair.public().id(),
        size: 30,
        seconds: 77,
    };
    assert_eq!(read.check(&keys).unwrap().witnessed, [expected]);
    // A witness's key signs nothing of a log.
    let mut only = TrustedKeys::new();
    only.trust_witness(witness);
    assert_eq!(read.check(&only), Err(Unproved::UnknownLogKey));
}

#[test]
fn a_missing_key_leaves_it_open_and_nothing_else_does() {
    let log = log();
    let proof = proof(&log, 7);
    let mut keys = TrustedKeys::new();
    assert_eq!(proof.check(&keys), Err(Unproved::UnknownLogKey));
    keys.trust(Role::Log, log.signer.public());
    let unknown = proof.check(&keys).unwrap_err();
    assert_eq!((unknown.code(), unknown.is_refuted()), ("council-key", false));
    let mut keys = TrustedKeys::new();
    keys.trust(Role::Council, log.council.public());
    assert_eq!(proof.check(&keys), Err(Unproved::UnknownLogKey));
    // The two roles are two.
    let mut swapped = TrustedKeys::new();
    swapped.trust(Role::Log, log.council.public());
    swapped.trust(Role::Council, log.signer.public());
    assert!(!proof.check(&swapped).unwrap_err().is_refuted());
}

#[test]
fn bent_proofs_are_refuted() {
    let (log, other) = (log(), TestLog::start(1, 2, 4, &[]));
    let keys = log.keys();
    let good = proof(&log, 7);
    let code = |bent: &Proof| bent.check(&keys).unwrap_err().code();
    for index in (0..31).filter(|index| *index != 7) {
        assert_eq!(code(&Proof { index, ..good.clone() }), "inclusion");
    }
    for changed in 0..good.hashes.len() {
        let mut bent = good.clone();
        bent.hashes[changed] = Digest::of(b"");
        assert_eq!(code(&bent), "inclusion");
    }
    let line = proof(&log, 8).line;
    assert_eq!(code(&Proof { line, ..good.clone() }), "inclusion");
    let line = b"{}".to_vec();
    assert_eq!(code(&Proof { line, ..good.clone() }), "entry-form");
    let text = good.to_string();
    let renamed = text.replace(&log.state.log().origin(), &other.state.log().origin());
    assert_eq!(code(&Proof::parse(renamed.as_bytes()).unwrap()), "entry-log");
    let foreign = text.replace(&log.state.log().origin(), "example.com/log");
    assert_eq!(code(&Proof::parse(foreign.as_bytes()).unwrap()), "origin");
    // A signature of the log's key that is none.
    let (start, last) = text.trim_end().rsplit_once(' ').unwrap();
    let mut signed = BASE64_STANDARD.decode(last).unwrap();
    signed[20] ^= 1;
    let bent = format!("{start} {}\n", BASE64_STANDARD.encode(signed));
    assert_eq!(code(&Proof::parse(bent.as_bytes()).unwrap()), "checkpoint-signature");
}

/// Whoever holds the log key can log anything, but not what the council signed.
#[test]
fn an_entry_that_the_council_did_not_sign_is_refuted() {
    let mut log = log();
    let forged = String::from_utf8(proof(&log, 7).line).unwrap();
    let at = forged.find("\"jws\":\"").unwrap() + 10;
    let sign = if forged.as_bytes()[at] == b'A' { "B" } else { "A" };
    let forged = format!("{}{sign}{}", &forged[..at], &forged[at + 1..]);
    log.record_lines(&[forged.as_bytes()]);
    let mut reader = LogReader::open(&log.repository, log.state.tip().unwrap()).unwrap();
    let proof = Proof {
        line: forged.into_bytes(),
        index: 30,
        hashes: reader.inclusion_proof(30, 31).unwrap(),
        checkpoint: AnyCheckpoint::parse(&reader.checkpoint().unwrap()).unwrap(),
    };
    assert_eq!(proof.check(&log.keys()), Err(Unproved::EntrySignature));
}

#[test]
fn a_proof_has_one_spelling() {
    let good = proof(&log(), 7).to_string();
    for (from, to) in [
        ("proof@v1", "proof@v2"),
        ("\nextra ", "\nextra"),
        ("\nextra ", "\nmore "),
        ("index 7", "index 07"),
        ("index 7", "index +7"),
        ("index 7\n", "index 7\n\n"),
        ("index 7\n", "index 7\nAAAA\n"),
        ("index 7\n", "index 18446744073709551616\n"),
        ("\n\n", "\n"),
        ("\n", "\r\n"),
    ] {
        let bad = good.replacen(from, to, 1);
        assert!(Proof::parse(bad.as_bytes()).is_err(), "{from:?} {to:?}");
    }
    assert!(Proof::parse(good.trim_end().as_bytes()).is_err());
    assert!(Proof::parse(format!("{good}\n").as_bytes()).is_err());
    let long = vec![b'a'; PROOF_BYTES_MAX + 1];
    assert_eq!(Proof::parse(&long), Err(FormError::TooLarge(long.len())));
}

/// What a proof proves to somebody who believes in a root of trust and in whoever is added to it.
fn checked(proof: &Proof, log: &TestLog, root: &SignedRoot, more: &TrustedKeys) -> Result<Proved, Unproved> {
    let mut repository = log.repository.clone();
    repository.publish_root(root);
    let mut keys = pinned(root);
    keys.extend(more.clone());
    let (trust, _) = trust_in(&repository, &keys, &Remembered::nothing()).unwrap();
    proof.check_in(&trust)
}

fn code_of(checked: &Result<Proved, Unproved>) -> &'static str {
    checked.as_ref().map_or_else(Unproved::code, |_| "proved")
}

#[test]
fn keys_count_in_a_proof_where_the_root_of_trust_lets_them_sign() {
    let log = log();
    let signer = SigningPair::from_seed(11);
    let nobody = TrustedKeys::new();
    let root_at = |size| {
        LogReader::open(&log.repository, log.state.tip().unwrap())
            .unwrap()
            .root_at(size)
            .unwrap()
    };
    let end = |size| {
        Some(End {
            size,
            root: root_at(size),
        })
    };
    let root = |council, of_log| root_of_log(&signer, &log, council, of_log);
    let code = |index, root: &SignedRoot| code_of(&checked(&proof(&log, index), &log, root, &nobody));
    assert_eq!(code(7, &root(None, None)), "proved");
    assert_eq!(code(7, &root(end(8), end(30))), "proved");
    // The council key ended before the entry, or the log key before the checkpoint.
    assert_eq!(code(8, &root(end(8), None)), "key-range");
    assert_eq!(code(7, &root(None, end(29))), "key-range");
    // Believing in the keys besides does not bring them back: the root has spoken of them.
    let late = checked(&proof(&log, 8), &log, &root(end(8), None), &log.keys());
    assert_eq!(code_of(&late), "key-range");
    assert!(late.unwrap_err().is_refuted());
    // Under a root that governs the log, a stranger's entry is refuted, as `verify` does it.
    let mut stranger = log.clone();
    stranger.council = SigningPair::from_seed(40);
    let entries = stranger.hear(9, &sample_case(), &[]);
    stranger.record(&entries);
    let mut reader = LogReader::open(&stranger.repository, stranger.state.tip().unwrap()).unwrap();
    let foreign = Proof {
        line: entries[0].line().to_vec(),
        index: 30,
        hashes: reader.inclusion_proof(30, 31).unwrap(),
        checkpoint: AnyCheckpoint::parse(&reader.checkpoint().unwrap()).unwrap(),
    };
    assert_eq!(
        code_of(&checked(&foreign, &log, &root(None, None), &nobody)),
        "key-unknown"
    );
}

/// Whoever stole a log key makes another beginning of the log, and a proof in it. The key has ended by then.
#[test]
fn a_proof_of_a_log_whose_key_has_ended_needs_its_end_or_a_witness() {
    let whole = log();
    let end = End {
        size: whole.state.size(),
        root: whole.state.root(),
    };
    let root = root_of_log(&SigningPair::from_seed(11), &whole, Some(end), Some(end));
    let mut stolen = TestLog::start(1, 2, 3, &[]);
    let entries = stolen.hear(77, &sample_case(), &[]);
    stolen.record(&entries);
    let mut reader = LogReader::open(&stolen.repository, stolen.state.tip().unwrap()).unwrap();
    let mut forged = Proof {
        line: entries[0].line().to_vec(),
        index: 0,
        hashes: vec![],
        checkpoint: AnyCheckpoint::parse(&reader.checkpoint().unwrap()).unwrap(),
    };
    let open = checked(&forged, &whole, &root, &TrustedKeys::new());
    assert_eq!(
        (code_of(&open), open.unwrap_err().is_refuted()),
        ("log-key-ended", false)
    );
    // The end itself proves what it holds, and no other root of that size does.
    assert_eq!(
        code_of(&checked(&proof(&whole, 7), &whole, &root, &TrustedKeys::new())),
        "proved"
    );
    let other = End {
        root: Digest::of(b"another"),
        ..end
    };
    let elsewhere = root_of_log(&SigningPair::from_seed(11), &whole, Some(other), Some(other));
    assert_eq!(
        code_of(&checked(&proof(&whole, 7), &whole, &elsewhere, &TrustedKeys::new())),
        "log-forked"
    );
    // A witness that is trusted saw it, so it is no invention of the thief's.
    let pair = SigningPair::from_seed(9);
    let witness = NoteKey::new("witness.example/w", NoteKind::Cosignature, pair.public()).unwrap();
    let line = forged
        .checkpoint
        .cosign(&witness, 77, pair.sign(forged.checkpoint.to_cosign(77).as_bytes()))
        .unwrap();
    forged.checkpoint = forged.checkpoint.with_answer(&format!("{line}\n"), &witness).unwrap();
    let mut keys = TrustedKeys::new();
    assert_eq!(code_of(&checked(&forged, &whole, &root, &keys)), "log-key-ended");
    keys.trust_witness(witness);
    assert_eq!(code_of(&checked(&forged, &whole, &root, &keys)), "proved");
}

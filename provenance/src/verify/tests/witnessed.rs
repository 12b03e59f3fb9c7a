//! What witnesses and other logs know of a log, against logs that are cut, forked, or speak ill of others.

use std::collections::BTreeMap;

use super::*;
use crate::checkpoint::AnyCheckpoint;
use crate::key::vkey::{NoteKey, NoteKind};
use crate::log_reader::LogReader;
use crate::reader::ObjectKind;
use crate::root::End;
use crate::testing::root::{pinned, root_of_log};
use crate::witness::WITNESS_REF_PREFIX;

fn witness(seed: u8) -> NoteKey {
    let key = SigningPair::from_seed(seed).public();
    NoteKey::new(&format!("witness.example/w{seed}"), NoteKind::Cosignature, key).unwrap()
}

/// The log's newest checkpoint with the line of a witness.
fn cosigned(log: &TestLog, seed: u8, seconds: u64) -> Vec<u8> {
    let mut reader = LogReader::open(&log.repository, log.state.tip().unwrap()).unwrap();
    let checkpoint = AnyCheckpoint::parse(&reader.checkpoint().unwrap()).unwrap();
    let signature = SigningPair::from_seed(seed).sign(checkpoint.to_cosign(seconds).as_bytes());
    let line = checkpoint.cosign(&witness(seed), seconds, signature).unwrap();
    let answer = format!("{line}\n");
    checkpoint
        .with_answer(&answer, &witness(seed))
        .unwrap()
        .to_string()
        .into_bytes()
}

fn keep(repository: &mut MemoryRepository, name: &str, files: &[Vec<u8>]) {
    let files: BTreeMap<String, Vec<u8>> = (0..)
        .map(|number: u8| format!("w{number}"))
        .zip(files.to_vec())
        .collect();
    let folder = repository.put_folder(&files);
    let commit = format!("tree {folder}\nauthor A <a@b> 0 +0000\ncommitter A <a@b> 0 +0000\n\nKeep\n");
    let commit = repository.put(ObjectKind::Commit, commit.as_bytes());
    repository.refs.insert(format!("{WITNESS_REF_PREFIX}{name}"), commit);
}

fn grow(log: &mut TestLog, number: u8) {
    let entries = log.hear(number, &sample_case(), &[approve(), approve(), approve(), approve()]);
    log.record(&entries);
}

fn keys(log: &TestLog, witnesses: &[u8]) -> TrustedKeys {
    let mut keys = log.keys();
    for seed in witnesses {
        keys.trust_witness(witness(*seed));
    }
    keys
}

fn report_of(repository: &MemoryRepository, keys: &TrustedKeys) -> Report {
    verify(repository, keys, &Remembered::nothing()).unwrap()
}

#[test]
fn a_witness_that_is_trusted_settles_freshness() {
    let mut log = sound();
    let files = [cosigned(&log, 8, 100), cosigned(&log, 9, 200)];
    keep(&mut log.repository, "a", &files);
    let unknown = report_of(&log.repository, &keys(&log, &[7]));
    assert_eq!(standing(&unknown, Claim::Freshness), "not checkable");
    let report = report_of(&log.repository, &keys(&log, &[7, 8, 9]));
    assert_eq!(standing(&report, Claim::Freshness), "proved");
    let seen = report.logs[0].witnessed.iter();
    let seen: Vec<_> = seen.map(|one| (one.witness.as_str(), one.size, one.seconds)).collect();
    assert_eq!(seen, [("witness.example/w8", 18, 100), ("witness.example/w9", 18, 200)]);
    // A log that has grown since still continues what was cosigned.
    grow(&mut log, 9);
    let report = report_of(&log.repository, &keys(&log, &[8]));
    assert_eq!(
        (report.overall(), standing(&report, Claim::Freshness)),
        (Overall::Proved, "proved")
    );
}

#[test]
fn a_log_that_was_cut_is_refuted_by_a_witness() {
    let mut log = sound();
    let short = log.clone();
    grow(&mut log, 9);
    let mut cut = short.clone();
    cut.repository.objects.extend(log.repository.objects.clone());
    keep(&mut cut.repository, "a", &[cosigned(&log, 8, 100)]);
    let report = report_of(&cut.repository, &keys(&log, &[8]));
    assert_eq!(codes(&report), ["witness-ahead"]);
    // Without the witness's key nobody could tell.
    assert_eq!(report_of(&cut.repository, &keys(&log, &[])).overall(), Overall::Proved);
    let sentence = format!("{:?}", report.logs[0].standing(Claim::Freshness));
    for part in [
        "18 entries",
        "had 24",
        "witness.example/w8",
        &log.state.root().to_string(),
        &short.state.root().to_string(),
    ] {
        assert!(sentence.contains(part), "{part}: {sentence}");
    }
}

#[test]
fn a_log_with_another_past_is_refuted_by_a_witness() {
    let mut one = sound();
    let mut other = one.clone();
    grow(&mut one, 9);
    grow(&mut other, 10);
    keep(&mut one.repository, "a", &[cosigned(&other, 8, 100)]);
    let report = report_of(&one.repository, &keys(&one, &[8]));
    assert_eq!(codes(&report), ["witness-forked"]);
    let sentence = format!("{:?}", report.logs[0].standing(Claim::Freshness));
    for root in [one.state.root(), other.state.root()] {
        assert!(sentence.contains(&root.to_string()), "{sentence}");
    }
}

#[test]
fn what_is_no_cosigned_checkpoint_says_nothing() {
    let mut log = sound();
    let good = cosigned(&log, 8, 100);
    // A line of the witness that is wrong spoils the note; so does one of the log.
    let text = String::from_utf8(good.clone()).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let swap = |from: &str, to: &str| text.replacen(from, to, 1).into_bytes();
    let ill = [
        vec![],
        b"junk".to_vec(),
        swap("\n18\n", "\n19\n"),
        swap(lines[4], lines[5]),
        swap(&format!("{}\n", lines[4]), ""),
        swap("assize/", "other/"),
        good[..good.len() - 1].to_vec(),
    ];
    for bytes in ill {
        keep(&mut log.repository, "a", std::slice::from_ref(&bytes));
        let report = report_of(&log.repository, &keys(&log, &[8]));
        assert_eq!(report.overall(), Overall::Proved, "{}", String::from_utf8_lossy(&bytes));
        assert!(report.logs[0].witnessed.is_empty());
    }
    // Refs that lead nowhere or to something else.
    keep(&mut log.repository, "a", &[good]);
    let tip = log.repository.refs[&format!("{WITNESS_REF_PREFIX}a")];
    log.repository.objects.remove(&tip);
    assert_eq!(report_of(&log.repository, &keys(&log, &[8])).overall(), Overall::Proved);
    let blob = log.repository.put(ObjectKind::Blob, b"no commit");
    log.repository.refs.insert(format!("{WITNESS_REF_PREFIX}a"), blob);
    assert_eq!(report_of(&log.repository, &keys(&log, &[8])).overall(), Overall::Proved);
}

/// A witness signs what it likes; that the log said so is for the log's key to say.
#[test]
fn a_witness_alone_cannot_speak_for_a_log() {
    let mut log = sound();
    let mut stranger = TestLog::start(1, 5, 3, &[]);
    stranger.signer = SigningPair::from_seed(5);
    grow(&mut stranger, 1);
    let text = String::from_utf8(cosigned(&stranger, 8, 100)).unwrap();
    let claimed = text.replace(&stranger.state.log().origin(), &log.state.log().origin());
    keep(&mut log.repository, "a", &[text.into_bytes(), claimed.into_bytes()]);
    let report = report_of(&log.repository, &keys(&log, &[8]));
    assert_eq!(report.overall(), Overall::Proved);
    assert!(report.logs[0].witnessed.is_empty());
}

/// Two hosts in one repository: each batch of the one cites where the other is.
#[test]
fn logs_cite_each_other_as_they_grow() {
    let (mut one, mut other) = (TestLog::start(1, 2, 3, &[]), TestLog::start(1, 4, 5, &[]));
    let mut repository = MemoryRepository::default();
    let mut cut = None;
    for number in 0..4 {
        grow(&mut one, number);
        let cited = Citation {
            log: one.state.log(),
            size: one.state.size(),
            root: one.state.root(),
        };
        other.state.cite(&[cited, cited]);
        grow(&mut other, number);
        if number == 2 {
            cut = Some(one.clone());
        }
    }
    let together = |one: &TestLog, repository: &mut MemoryRepository| {
        for log in [one, &other] {
            repository.objects.extend(log.repository.objects.clone());
            repository.refs.extend(log.repository.refs.clone());
        }
    };
    let mut both = one.keys();
    both.extend(other.keys());
    together(&one, &mut repository);
    assert_eq!(codes(&report_of(&repository, &both)), [] as [&str; 0]);
    // The newest citation misses what was cut; nobody but the other log knew of it.
    let cut = cut.unwrap();
    together(&cut, &mut repository);
    assert_eq!(codes(&report_of(&repository, &both)), ["log-shrunk"]);
    // Who is not believed says nothing.
    assert_eq!(codes(&report_of(&repository, &one.keys())), [] as [&str; 0]);
    // Another past of the same length is named with both roots.
    let mut forked = cut;
    grow(&mut forked, 99);
    together(&forked, &mut repository);
    let report = report_of(&repository, &both);
    assert_eq!(codes(&report), ["log-forked"]);
    let sentence = format!("{report:?}");
    assert!(sentence.contains(&one.state.root().to_string()) && sentence.contains(&forked.state.root().to_string()));
    // A log that is gone is missed.
    repository.refs.remove(&one.state.log().log_ref());
    let gone = report_of(&repository, &both);
    assert_eq!(standing(&gone, Claim::Completeness), "not checkable");
}

/// Whoever stole the log's key lets a witness cosign a longer log: the root of trust has ended the key before, so that says nothing
/// against the log that is here.
#[test]
fn a_key_that_was_taken_from_a_log_speaks_for_it_no_more() {
    let log = sound();
    let mut stolen = log.clone();
    grow(&mut stolen, 9);
    let file = cosigned(&stolen, 8, 1_800_000_000);
    let end = End {
        size: log.state.size(),
        root: log.state.root(),
    };
    let root = |to: Option<End>| root_of_log(&SigningPair::from_seed(11), &log, to, to);
    for (root, expected) in [(root(None), vec!["witness-ahead"]), (root(Some(end)), vec![])] {
        let mut repository = log.repository.clone();
        repository.publish_root(&root);
        keep(&mut repository, "a", std::slice::from_ref(&file));
        let mut keys = pinned(&root);
        keys.trust_witness(witness(8));
        assert_eq!(codes(&report_of(&repository, &keys)), expected);
    }
}

/// Whoever asks for two witnesses is not content with one, nor with one under two names, nor with the log's own key.
#[test]
fn a_quorum_of_witnesses_is_counted_by_their_keys() {
    let mut log = sound();
    let short = log.clone();
    grow(&mut log, 9);
    let asked = |files: &[Vec<u8>], witnesses: &[u8], quorum: usize| {
        let mut repository = log.repository.clone();
        keep(&mut repository, "a", files);
        let mut keys = keys(&log, witnesses);
        keys.require_witnesses(quorum);
        let report = report_of(&repository, &keys);
        let vouched = report.logs[0].vouched.unwrap();
        (
            standing(&report, Claim::Freshness).to_owned(),
            vouched.found,
            vouched.size,
        )
    };
    let (one, other) = (cosigned(&short, 8, 100), cosigned(&log, 9, 200));
    let both = [one.clone(), other.clone()];
    assert_eq!(asked(&both, &[7, 8, 9], 2), ("proved".to_owned(), 2, 18));
    assert_eq!(asked(&both, &[7, 8, 9], 1), ("proved".to_owned(), 2, 24));
    assert_eq!(asked(&both, &[7, 8, 9], 3), ("not checkable".to_owned(), 2, 0));
    assert_eq!(asked(&both, &[8], 2), ("not checkable".to_owned(), 1, 0));
    assert_eq!(
        asked(std::slice::from_ref(&one), &[8, 9], 2),
        ("not checkable".to_owned(), 1, 0)
    );
    assert_eq!(asked(&[], &[8, 9], 1), ("not checkable".to_owned(), 0, 0));
    // The log's own key, which is 2 here, is no witness of it.
    assert_eq!(
        asked(&[cosigned(&log, 2, 100), other], &[2, 9], 2),
        ("not checkable".to_owned(), 1, 0)
    );
}

#[test]
fn a_log_of_which_the_root_speaks_is_missed() {
    let (mut log, mut gone) = (sound(), TestLog::start(6, 4, 5, &[]));
    grow(&mut gone, 1);
    let signer = SigningPair::from_seed(11);
    let root = root_of_log(&signer, &gone, None, None);
    log.repository.publish_root(&root);
    let mut keys = log.keys();
    keys.extend(pinned(&root));
    let report = report_of(&log.repository, &keys);
    // The log that is here is as sound as before.
    assert_eq!(
        (report.overall(), codes(&report)),
        (Overall::Refuted, vec!["log-missing"])
    );
    let missed = report.logs.iter().find(|one| one.is_refuted()).unwrap();
    assert_eq!(missed.log, Some(gone.state.log()));
    // Without its pin the root says nothing, and with the log here nothing is missed.
    assert_eq!(report_of(&log.repository, &log.keys()).overall(), Overall::Proved);
    log.repository.objects.extend(gone.repository.objects.clone());
    log.repository.refs.extend(gone.repository.refs.clone());
    assert_ne!(report_of(&log.repository, &keys).overall(), Overall::Refuted);
}

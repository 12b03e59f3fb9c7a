//! Forks of one key, and what is none.

use super::*;
use crate::key::vkey::{NoteKey, NoteKind};
use crate::log_reader::LogReader;
use crate::root::End;
use crate::testing::root::{pinned, root_of_log};
use crate::testing::{SigningPair, TestLog};
use crate::verify::{Remembered, trust_in};

/// Two logs of one name: the same to a size, and different from there.
fn forked(same: u32, one: u32, other: u32) -> [TestLog; 2] {
    let mut log = TestLog::start(1, 2, 3, &[]);
    let lines =
        |from: u32, to: u32, of: &str| -> Vec<String> { (from..to).map(|line| format!("{of} {line}")).collect() };
    let record = |log: &mut TestLog, lines: Vec<String>| {
        log.record_lines(&lines.iter().map(String::as_bytes).collect::<Vec<_>>());
    };
    if same > 0 {
        record(&mut log, lines(0, same, "same"));
    }
    let mut second = log.clone();
    record(&mut log, lines(same, one, "one"));
    record(&mut second, lines(same, other, "other"));
    [log, second]
}

fn checkpoint(log: &TestLog) -> AnyCheckpoint {
    let mut reader = LogReader::open(&log.repository, log.state.tip().unwrap()).unwrap();
    AnyCheckpoint::parse(&reader.checkpoint().unwrap()).unwrap()
}

/// Puts the proof together from the tiles of the larger log.
fn fork(logs: &[TestLog; 2]) -> Result<Fork, ForkError> {
    let [one, other] = logs;
    let (smaller, larger) = if one.state.size() <= other.state.size() {
        (one, other)
    } else {
        (other, one)
    };
    let mut reader = LogReader::open(&larger.repository, larger.state.tip().unwrap()).unwrap();
    let (old, size) = (smaller.state.size(), larger.state.size());
    let (root, hashes) = (
        reader.root_at(old).unwrap(),
        reader.consistency_proof(old, size).unwrap(),
    );
    Fork::new(checkpoint(one), checkpoint(other), root, hashes)
}

#[test]
fn forks_at_every_size_are_proved_by_a_file_alone() {
    for (same, one, other) in [
        (0, 1, 1),
        (0, 3, 7),
        (5, 8, 8),
        (5, 6, 300),
        (255, 300, 257),
        (256, 257, 600),
    ] {
        let logs = forked(same, one, other);
        let text = fork(&logs).unwrap().to_string();
        let read = Fork::parse(text.as_bytes()).unwrap();
        assert_eq!(read.check(&logs[0].keys()), Ok(()), "{same} {one} {other}");
        assert!(Fork::is_meant(text.as_bytes()));
        let [smaller, larger] = read.checkpoints();
        assert!(smaller.size() <= larger.size() && smaller.origin() == larger.origin());
    }
}

#[test]
fn an_honest_log_cannot_be_blamed() {
    let mut log = TestLog::start(1, 2, 3, &[]);
    log.record_lines(&[b"a", b"b", b"c"]);
    let earlier = log.clone();
    log.record_lines(&[b"d", b"e"]);
    let logs = [earlier.clone(), log.clone()];
    assert_eq!(fork(&logs), Err(ForkError::NoFork));
    let (one, other) = (checkpoint(&earlier), checkpoint(&log));
    let mut reader = LogReader::open(&log.repository, log.state.tip().unwrap()).unwrap();
    let hashes = reader.consistency_proof(3, 5).unwrap();
    for root in [Digest::of(b"invented"), other.root()] {
        let blamed = Fork::new(one.clone(), other.clone(), root, hashes.clone());
        assert!(matches!(blamed, Err(ForkError::Hashes(_))));
        assert!(Fork::new(one.clone(), other.clone(), root, vec![]).is_err());
    }
    assert!(Fork::new(other.clone(), other.clone(), other.root(), vec![]).is_err());
    let stranger = TestLog::start(1, 2, 4, &[]);
    let [mut two, _] = forked(0, 2, 2);
    two.state = stranger.state;
    two.record_lines(&[b"z"]);
    let blamed = Fork::new(one, checkpoint(&two), Digest::of(b""), vec![]);
    assert!(matches!(blamed, Err(ForkError::TwoLogs(..))));
}

#[test]
fn forged_signatures_blame_nobody() {
    let logs = forked(5, 8, 9);
    let good = fork(&logs).unwrap();
    assert_eq!(good.check(&TrustedKeys::new()), Err(ForkError::UnknownKey));
    let text = good.to_string();
    let name = logs[0].state.log().origin();
    let key = NoteKey::new(&name, NoteKind::Note, logs[0].signer.public()).unwrap();
    assert_eq!(good.checkpoints()[0].is_signed_by(&key), Ok(true));
    let signatures = good.checkpoints().map(|one| one.to_string());
    let [one, other] = signatures
        .each_ref()
        .map(|note| note.trim_end().rsplit(' ').next().unwrap());
    let swapped = text.replacen(one, other, 1);
    assert_ne!(swapped, text);
    let swapped = Fork::parse(swapped.as_bytes()).unwrap();
    assert_eq!(swapped.check(&logs[0].keys()), Err(ForkError::Signature));
}

#[test]
fn a_fork_has_one_spelling() {
    let good = fork(&forked(5, 8, 13)).unwrap().to_string();
    for (from, to) in [
        ("fork@v1", "fork@v2"),
        ("\nroot ", "\nroots "),
        ("\n\n", "\n\n\n"),
        ("\n\n", "\n"),
        ("\n8\n", "\n08\n"),
        ("\n", "\r\n"),
    ] {
        assert!(Fork::parse(good.replacen(from, to, 1).as_bytes()).is_err(), "{from:?}");
    }
    assert!(Fork::parse(format!("{good}\n").as_bytes()).is_err());
    assert!(Fork::parse(format!("{good}\n{good}").as_bytes()).is_err());
    assert!(Fork::parse(b"").is_err());
    let long = vec![b'a'; FORK_BYTES_MAX + 1];
    assert_eq!(Fork::parse(&long), Err(ForkError::TooLarge(long.len())));
}

/// What a thief signs with a key that was taken from the log before blames nobody.
#[test]
fn a_key_that_ended_before_blames_nobody() {
    let logs = forked(5, 8, 9);
    let fork = fork(&logs).unwrap();
    let end = |size| End {
        size,
        root: Digest::of(b"root"),
    };
    let signer = SigningPair::from_seed(11);
    for (to, expected) in [
        (None, None),
        (Some(end(9)), None),
        (Some(end(8)), Some("key-range")),
        (Some(end(5)), Some("key-range")),
    ] {
        let root = root_of_log(&signer, &logs[0], to, to);
        let mut repository = logs[0].repository.clone();
        repository.publish_root(&root);
        // Whoever believes in the key besides still hears what the root says of it.
        for more in [TrustedKeys::new(), logs[0].keys()] {
            let mut keys = pinned(&root);
            keys.extend(more);
            let (trust, _) = trust_in(&repository, &keys, &Remembered::nothing()).unwrap();
            let found = fork.check_in(&trust).err();
            assert_eq!(found.as_ref().map(ForkError::code), expected, "{to:?}");
            assert!(found.is_none_or(|error| error.is_refuted()));
        }
    }
}

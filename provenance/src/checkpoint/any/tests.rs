//! Checkpoints with several signatures: those of logs and witnesses, ours and others'.

use super::*;
use crate::key::Role;
use crate::testing::{SigningPair, ran, vectors};

const TEXT: &str = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

fn log_key() -> (SigningPair, NoteKey) {
    let pair = SigningPair::from_seed(1);
    let key = NoteKey::new("example.com/behind-the-sofa", NoteKind::Note, pair.public()).unwrap();
    (pair, key)
}

fn witness(seed: u8) -> (SigningPair, NoteKey) {
    let pair = SigningPair::from_seed(seed);
    let name = format!("witness.example/w{seed}");
    let key = NoteKey::new(&name, NoteKind::Cosignature, pair.public()).unwrap();
    (pair, key)
}

fn signed() -> AnyCheckpoint {
    let (pair, key) = log_key();
    let note = note::print(TEXT, key.name(), key.key(), &pair.sign(TEXT.as_bytes()));
    AnyCheckpoint::parse(note.as_bytes()).unwrap()
}

fn line(checkpoint: &AnyCheckpoint, seed: u8, seconds: u64) -> String {
    let (pair, key) = witness(seed);
    let signature = pair.sign(checkpoint.to_cosign(seconds).as_bytes());
    format!("{}\n", checkpoint.cosign(&key, seconds, signature).unwrap())
}

/// The example that the specification of witnesses shows: its text, and what a cosignature of it covers.
#[test]
fn a_cosignature_covers_time_and_text() {
    let covered = signed().to_cosign(1_679_315_147);
    let expected = format!("cosignature/v1\ntime 1679315147\n{TEXT}");
    assert_eq!(covered.as_bytes(), expected.as_bytes());
}

#[test]
fn a_checkpoint_gathers_witnesses() {
    let (_, log) = log_key();
    let mut checkpoint = signed();
    let mut keys = TrustedKeys::new();
    for (seed, seconds) in [(5, 10), (6, 20)] {
        let (_, key) = witness(seed);
        checkpoint = checkpoint.with_answer(&line(&checkpoint, seed, seconds), &key).unwrap();
        keys.trust_witness(key);
    }
    let read = AnyCheckpoint::parse(checkpoint.to_string().as_bytes()).unwrap();
    assert_eq!(read, checkpoint);
    assert_eq!(read.is_signed_by(&log), Ok(true));
    let witnessed = read.witnessed(&keys).unwrap();
    let seen: Vec<_> = witnessed
        .iter()
        .map(|one| (one.witness.as_str(), one.seconds))
        .collect();
    assert_eq!(seen, [("witness.example/w5", 10), ("witness.example/w6", 20)]);
    assert_eq!(read.cosigned_by(&witness(7).1), Ok(None));
    keys.trust(Role::Log, SigningPair::from_seed(1).public());
    assert_eq!(read.is_believed(&keys), Ok(true));
    assert_eq!(read.own(), None);
}

#[test]
fn two_copies_are_joined_where_they_say_the_same() {
    let checkpoint = signed();
    let with = |seed| {
        checkpoint
            .with_answer(&line(&checkpoint, seed, 10), &witness(seed).1)
            .unwrap()
    };
    let joined = with(5).joined(&with(6)).unwrap();
    assert_eq!(joined.note.signatures.len(), 3);
    assert_eq!(joined.joined(&joined), Some(joined.clone()));
    let mut other = with(6);
    other.note.text.push('x');
    assert_eq!(with(5).joined(&other), None);
    let many = (10..25)
        .try_fold(checkpoint.clone(), |all, seed| all.joined(&with(seed)))
        .unwrap();
    assert_eq!(many.joined(&with(30)), None);
}

#[test]
fn a_known_key_that_fails_spoils_the_note() {
    let checkpoint = signed();
    let (_, key) = witness(5);
    let good = line(&checkpoint, 5, 10);
    let cosigned = checkpoint.with_answer(&good, &key).unwrap();
    let mut spoiled = cosigned.clone();
    spoiled.note.signatures[1].bytes[3] ^= 1;
    assert_eq!(spoiled.cosigned_by(&key), Err(SignatureMismatch));
    // Others, who do not know that witness, pass the line over.
    assert_eq!(spoiled.cosigned_by(&witness(6).1), Ok(None));
    let mut late = cosigned;
    late.note.signatures[1].bytes[..8].copy_from_slice(&(1_u64 << 63).to_be_bytes());
    assert_eq!(late.cosigned_by(&key), Err(SignatureMismatch));
    let mut unsigned = checkpoint;
    unsigned.note.signatures[0].bytes[0] ^= 1;
    assert_eq!(unsigned.is_signed_by(&log_key().1), Err(SignatureMismatch));
    let mut keys = TrustedKeys::new();
    keys.trust(Role::Log, SigningPair::from_seed(1).public());
    assert_eq!(unsigned.is_believed(&keys), Err(SignatureMismatch));
}

#[test]
fn the_newest_of_one_witness_counts_and_a_log_key_is_no_witness() {
    let checkpoint = signed();
    let (pair, key) = witness(5);
    let answer = [line(&checkpoint, 5, 30), line(&checkpoint, 5, 10)].concat();
    let cosigned = checkpoint.with_answer(&answer, &key).unwrap();
    assert_eq!(cosigned.cosigned_by(&key).unwrap().unwrap().seconds, 30);
    let as_log = NoteKey::new(key.name(), NoteKind::Note, pair.public()).unwrap();
    assert_eq!(cosigned.is_signed_by(&as_log), Ok(false));
    assert_eq!(cosigned.cosigned_by(&as_log), Ok(None));
    let signature = pair.sign(checkpoint.to_cosign(1).as_bytes());
    assert_eq!(checkpoint.cosign(&as_log, 1, signature), Err(SignatureMismatch));
    assert_eq!(checkpoint.cosign(&key, 2, signature), Err(SignatureMismatch));
}

#[test]
fn answers_that_vouch_for_nothing_are_refused() {
    let checkpoint = signed();
    let (_, key) = witness(5);
    let stranger = line(&checkpoint, 6, 10);
    let good = line(&checkpoint, 5, 10);
    for answer in [
        "",
        "\n",
        "\u{2014} x\n",
        stranger.as_str(),
        good.trim_end(),
        &format!("{good}\n"),
    ] {
        assert!(checkpoint.with_answer(answer, &key).is_err(), "{answer:?}");
    }
    // Lines of others that come along are dropped.
    let both = [stranger, good].concat();
    assert_eq!(checkpoint.with_answer(&both, &key).unwrap().note.signatures.len(), 2);
    assert!(
        checkpoint
            .with_answer(&line(&checkpoint, 5, 1).repeat(17), &key)
            .is_err()
    );
}

#[test]
fn other_spellings_are_refused() {
    let good = signed().to_string();
    for other in [
        good.replace("20852163", "020852163"),
        good.replace("20852163", "+20852163"),
        good.replace("20852163", "9007199254740992"),
        good.replace("example.com/behind", "example.com/ behind"),
        good.replace("q2I=", "q2J="),
        good.replace("q2I=\n", "\n"),
        good.replace("q2I=\n\n", "q2I=\n\nmore\n\n"),
        good.trim_end().to_owned(),
        good.replacen("example.com/behind-the-sofa\n", "\n", 1),
    ] {
        assert!(AnyCheckpoint::parse(other.as_bytes()).is_err(), "{other}");
    }
    let extended = good.replace("q2I=\n", "q2I=\nan extension\n");
    let extended = AnyCheckpoint::parse(extended.as_bytes()).unwrap();
    assert_eq!(extended.is_signed_by(&log_key().1), Err(SignatureMismatch));
}

/// Every checkpoint of the published log reads, in one spelling and in order.
#[test]
fn published_checkpoints_are_read() {
    let Some(folder) = vectors("tlog") else { return };
    for size in 0..=15_u64 {
        let bytes = std::fs::read(folder.join(format!("checkpoint.{size}"))).unwrap();
        let checkpoint = AnyCheckpoint::parse(&bytes).unwrap();
        assert_eq!(
            (checkpoint.origin(), checkpoint.size()),
            ("example.com/log/testdata", size)
        );
        assert_eq!(checkpoint.to_string().as_bytes(), bytes);
    }
    ran("Tessera, checkpoints of a log", 16, 16);
}

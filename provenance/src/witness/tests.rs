//! A witness against every kind of request: of an honest log, of one that goes back or forks, of strangers.

use super::*;
use crate::key::vkey::NoteKind;
use crate::merkle::{consistency_proof, leaf_hash, root};
use crate::signature::note;
use crate::testing::SigningPair;

const ORIGIN: &str = "example.com/log";

fn leaves(count: u64, other_from: u64) -> Vec<Digest> {
    let leaf = |leaf: u64| leaf_hash(format!("{leaf} {}", leaf >= other_from).as_bytes());
    (0..count).map(leaf).collect()
}

fn key(seed: u8) -> NoteKey {
    NoteKey::new(ORIGIN, NoteKind::Note, SigningPair::from_seed(seed).public()).unwrap()
}

fn checkpoint(leaves: &[Digest], seed: u8) -> AnyCheckpoint {
    let text = format!("{ORIGIN}\n{}\n{}\n", leaves.len(), print_hash(&root(leaves)));
    let pair = SigningPair::from_seed(seed);
    let note = note::print(&text, ORIGIN, &pair.public(), &pair.sign(text.as_bytes()));
    AnyCheckpoint::parse(note.as_bytes()).unwrap()
}

fn request(old_size: u64, leaves: &[Digest]) -> AddCheckpoint {
    AddCheckpoint {
        old_size,
        hashes: consistency_proof(leaves, old_size).unwrap_or_default(),
        checkpoint: checkpoint(leaves, 1),
    }
}

fn seen(leaves: &[Digest]) -> Option<Seen> {
    Some(Seen {
        size: leaves.len() as u64,
        root: root(leaves),
    })
}

#[test]
fn an_honest_log_is_cosigned_at_every_step() {
    let all = leaves(40, 99);
    for old in 0..=all.len() {
        let last = (old > 0).then(|| seen(&all[..old]).unwrap());
        for new in old..=all.len() {
            let asked = request(old as u64, &all[..new]);
            assert_eq!(asked.judge(&[key(1)], last), Ok(seen(&all[..new]).unwrap()));
        }
    }
}

#[test]
fn every_refusal_has_its_status() {
    let (all, other) = (leaves(20, 99), leaves(20, 3));
    let last = seen(&all[..8]);
    let judge = |asked: &AddCheckpoint| asked.judge(&[key(1)], last).unwrap_err();
    assert_eq!(request(8, &all).judge(&[], last).unwrap_err().status(), 404);
    assert_eq!(request(8, &all).judge(&[key(2)], last), Err(Unwitnessed::Signature));
    // Of two keys of a log either may sign.
    assert!(request(8, &all).judge(&[key(2), key(1)], last).is_ok());
    assert_eq!(judge(&request(21, &all)), Unwitnessed::OldSize);
    for stale in [0, 5, 9] {
        assert_eq!(judge(&request(stale, &all)), Unwitnessed::OtherSize(8));
    }
    assert_eq!(judge(&request(8, &other)), Unwitnessed::Inconsistent);
    assert_eq!(judge(&request(8, &other[..8])), Unwitnessed::Forked);
    let mut asked = request(8, &all);
    asked.hashes.pop();
    assert_eq!(judge(&asked), Unwitnessed::Inconsistent);
    let mut asked = request(8, &all[..8]);
    asked.hashes.push(all[0]);
    assert_eq!(judge(&asked), Unwitnessed::Inconsistent);
    let mut asked = request(0, &all);
    asked.hashes.push(all[0]);
    assert_eq!(asked.judge(&[key(1)], None), Err(Unwitnessed::Inconsistent));
    // A checkpoint of nothing has one root, and vouches for nothing.
    assert!(request(0, &[]).judge(&[key(1)], None).is_ok());
    assert!(request(0, &all).judge(&[key(1)], seen(&[])).is_ok());
    let statuses = [
        Unwitnessed::Signature,
        Unwitnessed::OldSize,
        Unwitnessed::OtherSize(1),
        Unwitnessed::Forked,
        Unwitnessed::Inconsistent,
    ];
    assert_eq!(statuses.map(|refused| refused.status()), [403, 400, 409, 409, 422]);
}

#[test]
fn a_wrong_line_of_the_logs_own_key_is_refused() {
    let all = leaves(3, 99);
    let mut text = request(0, &all).to_string();
    text = text.replacen("\n3\n", "\n4\n", 1);
    let asked = AddCheckpoint::parse(text.as_bytes()).unwrap();
    assert_eq!(asked.judge(&[key(1)], None), Err(Unwitnessed::Signature));
}

#[test]
fn a_request_has_one_spelling() {
    let all = leaves(20, 99);
    let good = request(7, &all).to_string();
    assert_eq!(AddCheckpoint::parse(good.as_bytes()), Ok(request(7, &all)));
    let hash = format!("{}\n", print_hash(&all[0]));
    let with_hashes = |count: usize| good.replacen("old 7\n", &format!("old 7\n{}", hash.repeat(count)), 1);
    assert!(AddCheckpoint::parse(with_hashes(HASHES_MAX - request(7, &all).hashes.len()).as_bytes()).is_ok());
    for bad in [
        with_hashes(HASHES_MAX),
        good.replacen("old 7", "old 07", 1),
        good.replacen("old 7", "old +7", 1),
        good.replacen("old 7", "old -7", 1),
        good.replacen("old 7", "old  7", 1),
        good.replacen("old 7", "old", 1),
        good.replacen("old 7", "new 7", 1),
        good.replacen("old 7", "old 18446744073709551616", 1),
        good.replacen("old 7\n", "old 7\n=\n", 1),
        good.replacen("old 7\n", "old 7\r\n", 1),
        format!("\n{good}"),
        format!("{good}\n"),
        String::new(),
    ] {
        assert!(AddCheckpoint::parse(bad.as_bytes()).is_err(), "{bad:?}");
    }
    let long = vec![b'a'; REQUEST_BYTES_MAX + 1];
    assert_eq!(AddCheckpoint::parse(&long), Err(RequestError::TooLarge(long.len())));
}

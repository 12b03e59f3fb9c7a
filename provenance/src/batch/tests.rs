//! Writing a log in steps, with interruptions.

use super::*;
use crate::opinion::{Opinion, Vote};
use crate::testing::{SigningPair, TestLog, sample_case};
use crate::verdict::Heard;

fn entries(log: &mut TestLog, number: u8) -> Vec<SignedEntry> {
    let approve = || -> Heard {
        Ok(Opinion {
            vote: Vote::Approve,
            findings: vec![],
            rationale: String::new(),
        })
    };
    log.hear(number, &sample_case(), &[approve(), approve(), approve(), approve()])
}

fn open(log: &TestLog) -> Result<LogState, BatchError> {
    LogState::open(&log.repository, log.state.tip().unwrap(), log.signer.public())
}

#[test]
fn a_log_continues_from_the_repository_as_from_memory() {
    let mut log = TestLog::start(1, 2, 3, &[]);
    for number in 0..60 {
        let batch = entries(&mut log, number);
        if number > 0 {
            let time = log.clone().tick();
            let reopened = open(&log).unwrap();
            let (_, from_repository) = reopened.append(&batch, &log.signer, time).unwrap();
            let (_, from_memory) = log.state.append(&batch, &log.signer, time).unwrap();
            assert_eq!(from_repository, from_memory);
            assert_eq!(from_memory.parent, log.state.tip());
        }
        log.record(&batch);
    }
    assert_eq!(log.state.size(), 360);
}

#[test]
fn a_batch_that_was_not_stored_can_be_made_again() {
    let mut log = TestLog::start(1, 2, 3, &[]);
    let batch = entries(&mut log, 1);
    let time = log.tick();
    let (_, once) = log.state.append(&batch, &log.signer, time).unwrap();
    let (_, again) = log.state.append(&batch, &log.signer, time).unwrap();
    assert_eq!(once, again);
    assert_eq!(log.state.size(), 0);
}

#[test]
fn a_small_batch_writes_little() {
    let mut log = TestLog::start(1, 2, 3, &[]);
    for number in 0..100 {
        let batch = entries(&mut log, number);
        log.record(&batch);
    }
    let batch = entries(&mut log, 100);
    let time = log.tick();
    let (_, batch) = log.state.append(&batch, &log.signer, time).unwrap();
    // Two partial tiles, the checkpoint, and the folders on the way to them.
    assert!(batch.objects.len() <= 12, "{}", batch.objects.len());
}

#[test]
fn what_does_not_belong_is_refused() {
    let mut log = TestLog::start(1, 2, 3, &[]);
    let batch = entries(&mut log, 1);
    let time = log.tick();
    assert_eq!(log.state.append(&[], &log.signer, time).unwrap_err(), BatchError::Empty);
    let other_key = log.state.append(&batch, &SigningPair::from_seed(9), time).unwrap_err();
    assert_eq!(other_key, BatchError::OtherKey(log.state.log()));
    let mut other = TestLog::start(1, 2, 4, &[]);
    let foreign = entries(&mut other, 1);
    let other_log = log.state.append(&foreign, &log.signer, time).unwrap_err();
    assert_eq!(other_log, BatchError::OtherLog(other.state.log()));
    log.record(&batch);
    assert!(open(&log).is_ok());
    let stranger = LogState::open(&log.repository, log.state.tip().unwrap(), log.council.public());
    assert_eq!(stranger.unwrap_err(), BatchError::OtherKey(log.state.log()));
    assert!(matches!(
        LogState::open(&log.repository, ObjectId::from_bytes([0; 20]), log.signer.public()),
        Err(BatchError::Open(OpenError::Missing(_)))
    ));
}

/// A signer that answers with anything but its signature.
struct Liar(SigningPair);

impl LogSigner for Liar {
    fn public_key(&self) -> PublicKey {
        self.0.public()
    }

    fn sign_checkpoint(&self, checkpoint: &Checkpoint) -> Result<[u8; 64], SignerError> {
        Ok(self.0.sign(checkpoint.signed_text().as_bytes()))
    }

    fn sign_commit(&self, _: &UnsignedCommit) -> Result<[u8; 64], SignerError> {
        Ok([7; 64])
    }
}

#[test]
fn a_wrong_signature_leaves_no_batch() {
    let mut log = TestLog::start(1, 2, 3, &[]);
    let batch = entries(&mut log, 1);
    let time = log.tick();
    let error = log.state.append(&batch, &Liar(log.signer.clone()), time).unwrap_err();
    assert!(matches!(error, BatchError::Commit(CommitError::Signature(_))));
}

#[test]
fn citations_are_sorted_and_bounded() {
    let key = SigningPair::from_seed(2).public();
    let cite = |number: usize| Citation {
        log: format!("{:032x}", 1000 - number).parse().unwrap(),
        size: 1,
        root: Digest::of(b""),
    };
    let many: Vec<Citation> = (0..300).chain(0..300).map(cite).collect();
    let mut log = TestLog::start(1, 2, 3, &many);
    assert_eq!(log.signer.public(), key);
    let batch = entries(&mut log, 1);
    log.record(&batch);
    assert!(open(&log).is_ok());
    let report = crate::verify::verify(&log.repository, &log.keys(), &crate::verify::Remembered::nothing());
    assert_eq!(report.unwrap().overall(), crate::report::Overall::Proved);
}

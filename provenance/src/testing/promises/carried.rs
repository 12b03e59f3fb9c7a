//! What is carried from one party to another: proofs, forks, cosigned checkpoints, requests to witnesses, summaries. Whatever
//! verifies was signed, and by the one who is said to have signed it.

use super::{known, log, rotten};
use crate::canonical;
use crate::cases::Cases;
use crate::checkpoint::AnyCheckpoint;
use crate::digest::Digest;
use crate::entry::SignedEntry;
use crate::export::summary::UnsignedSummary;
use crate::fork::Fork;
use crate::key::TrustedKeys;
use crate::key::vkey::{NoteKey, NoteKind};
use crate::log_reader::LogReader;
use crate::merkle;
use crate::proof::Proof;
use crate::testing::{MemoryRepository, SigningPair, TestLog};
use crate::witness::{AddCheckpoint, Seen};

/// When the witness of these promises cosigns, in seconds since 1970.
const COSIGNED_AT: u64 = 1_800_000_000;

/// What was signed, and by whom.
struct Signed {
    /// The log that never forked, with all its entries in order.
    honest: TestLog,
    lines: Vec<Vec<u8>>,
    /// Its states that its key signed, oldest first.
    states: Vec<Seen>,
    /// The same log, whose holder went on in two ways.
    forked: [TestLog; 2],
    log_key: NoteKey,
    witness: SigningPair,
    witness_key: NoteKey,
}

fn signed() -> &'static Signed {
    // Logs in memory count what is read of them, so each thread has its own.
    thread_local! {
        static SIGNED: &'static Signed = Box::leak(Box::new(Signed::make()));
    }
    SIGNED.with(|signed| *signed)
}

impl Signed {
    #[expect(
        clippy::expect_used,
        reason = "names and logs of tests are sound, or the promise cannot be held"
    )]
    fn make() -> Self {
        let honest = log();
        let mut lines = Vec::new();
        let mut reader = reader(&honest).expect("the log can be read");
        for index in 0..reader.size() {
            lines.push(reader.entry(index).expect("an entry").line().to_vec());
        }
        let leaves: Vec<Digest> = lines.iter().map(|line| merkle::leaf_hash(line)).collect();
        let state = |size: usize| Seen {
            size: size as u64,
            root: merkle::root(leaves.get(..size).unwrap_or_default()),
        };
        // Its key signs elsewhere too: another key, so that the honest log stays honest.
        let mut one = TestLog::start(1, 7, 3, &[]);
        one.record_lines(&[b"same", b"for both"]);
        let mut other = one.clone();
        one.record_lines(&[b"one"]);
        other.record_lines(&[b"another", b"and more"]);
        let witness = SigningPair::from_seed(9);
        let name = honest.state.log().origin();
        Self {
            states: vec![state(6), state(12)],
            lines,
            forked: [one, other],
            log_key: NoteKey::new(&name, NoteKind::Note, honest.signer.public()).expect("a name"),
            witness_key: NoteKey::new("witness.example/w", NoteKind::Cosignature, witness.public()).expect("a name"),
            witness,
            honest,
        }
    }
}

fn reader(log: &TestLog) -> Option<LogReader<'_>> {
    LogReader::open(&log.repository, log.state.tip()?).ok()
}

fn newest(log: &TestLog) -> Option<AnyCheckpoint> {
    AnyCheckpoint::parse(&reader(log)?.checkpoint().ok()?).ok()
}

fn text(value: Option<impl ToString>) -> Vec<Vec<u8>> {
    value.map(|value| value.to_string().into_bytes()).into_iter().collect()
}

/// Proofs of every second entry.
pub(super) fn proofs() -> Vec<Vec<u8>> {
    let log = &signed().honest;
    let proofs = (0..log.state.size())
        .step_by(2)
        .map(|index| prove_one(&log.repository, index));
    proofs.flat_map(text).collect()
}

/// Reads the proof of one entry as a program would that has a repository and no reason to believe it.
fn prove_one(repository: &MemoryRepository, index: u64) -> Option<Proof> {
    let mut reader = LogReader::open(repository, known().tip?).ok()?;
    let size = reader.size();
    Some(Proof {
        line: reader.entry(index).ok()?.line().to_vec(),
        index,
        hashes: reader.inclusion_proof(index, size).ok()?,
        checkpoint: AnyCheckpoint::parse(&reader.checkpoint().ok()?).ok()?,
    })
}

pub(super) fn proof(bytes: &[u8]) {
    let Ok(proof) = Proof::parse(bytes) else { return };
    assert_eq!(proof.to_string().as_bytes(), bytes, "a proof has one spelling");
    insist_on_place(&proof);
}

/// What a proof proves stands at that place of the log.
fn insist_on_place(proof: &Proof) {
    if let Ok(proved) = proof.check(&known().keys) {
        let index = usize::try_from(proved.index).unwrap_or(usize::MAX);
        let stands = signed().lines.get(index).map(Vec::as_slice);
        assert_eq!(stands, Some(proved.entry.line()), "another entry is proved at {index}");
    }
}

/// Proofs out of a repository that rots: none is wrong, whatever was changed.
pub(super) fn prove(bytes: &[u8]) {
    let repository = rotten(bytes);
    for index in 0..=signed().honest.state.size() {
        if let Some(proof) = prove_one(&repository, index) {
            insist_on_place(&proof);
        }
    }
    let reader = known().tip.map(|tip| LogReader::open(&repository, tip));
    let Some(Ok(mut reader)) = reader else { return };
    let [
        Seen {
            size: old,
            root: before,
        },
        Seen { size, root: now },
    ] = *signed().states
    else {
        return;
    };
    let Ok(hashes) = reader.consistency_proof(old, size) else {
        return;
    };
    if merkle::verify_consistency(old, &before, size, &now, &hashes).is_ok() {
        let honest = self::reader(&signed().honest).map(|mut reader| reader.consistency_proof(old, size));
        assert_eq!(honest, Some(Ok(hashes)), "two proofs of one thing");
    }
}

pub(super) fn forks() -> Vec<Vec<u8>> {
    let [one, other] = &signed().forked;
    let fork = || {
        let mut reader = reader(other)?;
        let (old, size) = (one.state.size(), other.state.size());
        let (root, hashes) = (reader.root_at(old).ok()?, reader.consistency_proof(old, size).ok()?);
        Fork::new(newest(one)?, newest(other)?, root, hashes).ok()
    };
    text(fork())
}

pub(super) fn fork(bytes: &[u8]) {
    let Ok(fork) = Fork::parse(bytes) else { return };
    assert_eq!(fork.to_string().as_bytes(), bytes, "a fork has one spelling");
    assert!(fork.check(&known().keys).is_err(), "an honest log is blamed");
    let [one, other] = &signed().forked;
    if fork.check(&one.keys()).is_ok() {
        let blamed = fork.checkpoints().map(|state| (state.size(), state.root()));
        let ways = [one, other].map(|log| (log.state.size(), log.state.root()));
        assert_eq!(blamed, ways, "only what its key signed blames a log");
    }
}

/// The checkpoint as it lies in the log, and cosigned.
pub(super) fn cosigned_notes() -> Vec<Vec<u8>> {
    let Some(checkpoint) = newest(&signed().honest) else {
        return Vec::new();
    };
    let line = cosignature(&checkpoint);
    let cosigned = checkpoint.with_answer(&line, &signed().witness_key);
    [text(Some(checkpoint)), text(cosigned.ok()), text(Some(line))].concat()
}

/// What the witness answers.
fn cosignature(checkpoint: &AnyCheckpoint) -> String {
    let Signed {
        witness, witness_key, ..
    } = signed();
    let signature = witness.sign(checkpoint.to_cosign(COSIGNED_AT).as_bytes());
    let line = checkpoint.cosign(witness_key, COSIGNED_AT, signature);
    line.map_or_else(|_| String::new(), |line| format!("{line}\n"))
}

/// Takes the bytes as a checkpoint, and as what a witness answers.
pub(super) fn cosigned(bytes: &[u8]) {
    let newest = newest(&signed().honest);
    let answer = String::from_utf8_lossy(bytes);
    let answered = newest
        .as_ref()
        .map(|newest| newest.with_answer(&answer, &signed().witness_key));
    let read = AnyCheckpoint::parse(bytes).ok();
    if let Some(read) = &read {
        assert_eq!(read.to_string().as_bytes(), bytes, "a checkpoint has one spelling");
    }
    let mut keys = TrustedKeys::new();
    keys.trust_witness(signed().witness_key.clone());
    for checkpoint in read.into_iter().chain(answered.and_then(Result::ok)) {
        if matches!(checkpoint.is_believed(&known().keys), Ok(true)) {
            insist_on_state(&checkpoint);
        }
        for witnessed in checkpoint.witnessed(&keys).unwrap_or_default() {
            assert_eq!(witnessed.seconds, COSIGNED_AT, "it was cosigned at another time");
            let same = newest
                .as_ref()
                .is_some_and(|newest| newest.joined(&checkpoint).is_some());
            assert!(same, "the witness saw another checkpoint");
        }
    }
}

fn insist_on_state(checkpoint: &AnyCheckpoint) {
    let state = Seen {
        size: checkpoint.size(),
        root: checkpoint.root(),
    };
    assert!(signed().states.contains(&state), "nobody signed this checkpoint");
}

/// Requests to a witness that knows nothing of the log yet, and to one that has seen its first batch.
pub(super) fn requests() -> Vec<Vec<u8>> {
    let log = &signed().honest;
    let request = |old_size: u64| {
        let hashes = match old_size {
            0 => Vec::new(),
            old => reader(log)?.consistency_proof(old, log.state.size()).ok()?,
        };
        let checkpoint = newest(log)?;
        Some(AddCheckpoint {
            old_size,
            hashes,
            checkpoint,
        })
    };
    [0, 6].into_iter().flat_map(|old| text(request(old))).collect()
}

pub(super) fn request(bytes: &[u8]) {
    let Ok(request) = AddCheckpoint::parse(bytes) else {
        return;
    };
    assert_eq!(request.to_string().as_bytes(), bytes, "a request has one spelling");
    let keys = [signed().log_key.clone()];
    for last in [None, signed().states.first().copied(), signed().states.last().copied()] {
        if let Ok(seen) = request.judge(&keys, last) {
            assert!(signed().states.contains(&seen), "the witness takes what nobody signed");
            assert!(last.is_none_or(|last| last.size <= seen.size), "the witness goes back");
        }
    }
    assert!(request.judge(&[], None).is_err(), "the witness knows no log");
}

pub(super) fn note_keys() -> Vec<Vec<u8>> {
    [text(Some(&signed().log_key)), text(Some(&signed().witness_key))].concat()
}

pub(super) fn note_key(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(key) = text.parse::<NoteKey>() {
        assert_eq!(key.to_string(), text, "a key has one spelling");
    }
}

/// What a consumer may know a commit by.
pub(super) fn resources() -> Vec<Vec<u8>> {
    let texts: [&[u8]; 3] = [b"https://example.org/x?y=\"1\"", b"\xc3\xa9\\\n\0", b""];
    texts.map(<[u8]>::to_vec).to_vec()
}

/// A summary is canonical JSON, whatever the resource is called, and says just that name; only its key's signature seals it.
pub(super) fn summary(bytes: &[u8]) {
    let resource = String::from_utf8_lossy(bytes);
    let mut cases = Cases::new();
    let entries = signed().lines.iter().filter_map(|line| SignedEntry::parse(line).ok());
    for (index, entry) in (0..).zip(entries) {
        let Some(heard) = cases.take(index, entry) else {
            continue;
        };
        let Ok(Some(summary)) = UnsignedSummary::of(known().log, &heard, None, Some(&resource)) else {
            continue;
        };
        let parsed = canonical::parse(summary.payload(), usize::MAX);
        let said = parsed
            .as_ref()
            .ok()
            .and_then(|value| value.pointer("/predicate/resourceUri"));
        assert_eq!(said.and_then(|said| said.as_str()), Some(&*resource));
        let council = &signed().honest.council;
        let signature = council.sign(summary.dsse_input().as_bytes());
        assert!(summary.seal(&council.public(), &signature).is_ok());
        assert!(summary.seal(&signed().witness.public(), &signature).is_err());
    }
}

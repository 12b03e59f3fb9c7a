//! Every object of a log changed in turn: written as a new valid object, all trees and commits above it rebuilt, the ref
//! moved.

use assize_provenance::commit::read_any;
use assize_provenance::entry::SignedEntry;
use assize_provenance::opinion::{Opinion, Vote};
use assize_provenance::reader::{ObjectId, ObjectKind};
use assize_provenance::report::{Claim, Overall};
use assize_provenance::testing::{MemoryRepository, TestLog, sample_case};
use assize_tests::dice::Dice;
use assize_tests::forgery::{self, Owner, Signing};

use super::{faults, insist_on_refutation, log_ref, printed_codes, report, shared};

/// Objects of at most so many bytes are changed at every byte.
const SMALL_BYTES: usize = 256;

/// Larger ones are changed at so many places.
const PLACES: usize = 64;

/// The objects of a long log are changed at so many places each.
const LONG_PLACES: usize = 2;

/// One place in so many is also tried with signatures of a stranger.
const STRANGER_EVERY: usize = 8;

#[test]
fn taking_a_chain_out_changes_nothing() {
    let scene = shared();
    let chain = forgery::take(&scene.git_dir());
    let on_disk = scene.replica().report(&scene.keys()).expect("readable");
    assert_eq!(report(&chain, &scene.keys()), on_disk);
    assert_eq!(on_disk.overall(), Overall::Proved, "{on_disk:#?}");
    assert_eq!(on_disk.logs[0].commits, 4, "every review is a commit of its own");
    assert_eq!(on_disk.decided().count(), 4);
}

/// Flips bytes of every object, under the signatures that were there and under a stranger's.
#[test]
fn a_flipped_byte_in_any_object_is_refuted_and_its_commit_named() {
    let mut dice = Dice::of("flipped bytes");
    let scene = shared();
    let (chain, keys) = (forgery::take(&scene.git_dir()), scene.keys());
    let log = log_ref(&chain);
    let objects = forgery::reachable(&chain, chain.refs[&log]);
    assert!(
        objects.len() > 20,
        "a log of several commits has more than {} objects",
        objects.len()
    );
    let (kept, stranger) = (Signing::Kept, Signing::by(&forgery::stranger(9)));
    for victim in objects {
        let original = &chain.objects[&victim].bytes;
        for (number, position) in places(&mut dice, original.len()).into_iter().enumerate() {
            let mut bytes = original.clone();
            bytes[position] ^= dice.flip();
            let what = format!(
                "{} {victim} at byte {position}: {:#04x}",
                name(&chain, victim),
                bytes[position]
            );
            let forged = forgery::substitute(&chain, &log, victim, &bytes, &kept);
            let verdict = report(&forged, &keys);
            insist_on_refutation(&verdict, &what);
            assert!(
                chain.objects[&victim].kind == ObjectKind::Commit
                    || faults(&verdict)
                        .iter()
                        .any(|fault| fault.place.commit == Some(lowest_forged(&chain, &forged, &log))),
                "{what}: no fault names the commit that holds it: {:#?}",
                faults(&verdict)
            );
            if number % STRANGER_EVERY == 0 {
                let forged = forgery::substitute(&chain, &log, victim, &bytes, &stranger);
                insist_on_refutation(&report(&forged, &keys), &format!("{what}, signed by a stranger"));
            }
        }
    }
}

/// A log of more than 256 entries has full tiles beside partial ones, and tiles of two levels.
#[test]
fn a_flipped_byte_in_a_log_of_several_tiles_is_refuted() {
    let mut dice = Dice::of("flipped bytes of a long log");
    let mut long = TestLog::start(1, 2, 3, &[]);
    let approve = Ok(Opinion {
        vote: Vote::Approve,
        findings: Vec::new(),
        rationale: "Nothing to say.".to_owned(),
    });
    for batch in 0..4 {
        let hearing = |number| long.hear(number, &sample_case(), &vec![approve.clone(); 4]);
        let entries: Vec<SignedEntry> = (batch * 11..(batch + 1) * 11).flat_map(hearing).collect();
        long.record(&entries);
    }
    let (chain, keys) = (long.repository.clone(), long.keys());
    let sound = report(&chain, &keys);
    assert_eq!((sound.overall(), sound.logs[0].size), (Overall::Proved, 264));
    let log = log_ref(&chain);
    for victim in forgery::reachable(&chain, chain.refs[&log]) {
        let original = &chain.objects[&victim].bytes;
        for position in dice.positions(original.len(), LONG_PLACES) {
            let mut bytes = original.clone();
            bytes[position] ^= dice.flip();
            let forged = forgery::substitute(&chain, &log, victim, &bytes, &Signing::Kept);
            let what = format!("{} {victim} at byte {position}", name(&chain, victim));
            insist_on_refutation(&report(&forged, &keys), &what);
        }
    }
}

/// Even whoever holds the keys cannot change a tree or a file so that the rest still fits.
#[test]
fn a_flipped_byte_below_a_commit_is_refuted_under_right_signatures() {
    let mut dice = Dice::of("flipped bytes under right signatures");
    let scene = shared();
    let (chain, keys) = (forgery::take(&scene.git_dir()), scene.keys());
    let log = log_ref(&chain);
    let owner = Signing::by(&Owner::of(&scene.bed().home()).log);
    for victim in forgery::reachable(&chain, chain.refs[&log]) {
        let object = &chain.objects[&victim];
        if object.kind == ObjectKind::Commit {
            continue;
        }
        for position in dice.positions(object.bytes.len(), PLACES) {
            let mut bytes = object.bytes.clone();
            bytes[position] ^= dice.flip();
            let what = format!("{} {victim} at byte {position}", name(&chain, victim));
            let forged = forgery::substitute(&chain, &log, victim, &bytes, &owner);
            let verdict = report(&forged, &keys);
            let faults = insist_on_refutation(&verdict, &what);
            assert!(
                faults
                    .iter()
                    .any(|fault| fault.code.claim() != Claim::Authenticity || !fault.code.code().starts_with("commit")),
                "{what} is found by the commit's signature, which is right: {faults:#?}"
            );
        }
    }
}

/// The same on disk: one change of every object, written by libgit2; a handful through the binary.
#[test]
fn a_forged_log_on_disk_is_refuted_as_it_is_in_memory() {
    let mut dice = Dice::of("forged objects on disk");
    let scene = shared();
    let (chain, keys) = (forgery::take(&scene.git_dir()), scene.keys());
    let log = log_ref(&chain);
    let signings = [Signing::Kept, Signing::by(&forgery::stranger(9))];
    for (number, victim) in forgery::reachable(&chain, chain.refs[&log]).into_iter().enumerate() {
        let mut bytes = chain.objects[&victim].bytes.clone();
        let position = dice.below(bytes.len());
        bytes[position] ^= dice.flip();
        let what = format!("{} {victim} at byte {position}", name(&chain, victim));
        let replica = scene.replica();
        let forged = forgery::substitute(&chain, &log, victim, &bytes, &signings[number % 2]);
        forgery::lay_down(&forged, &replica.git_dir());
        let on_disk = replica.report(&keys).expect("readable");
        insist_on_refutation(&on_disk, &what);
        assert_eq!(on_disk, report(&forged, &keys), "{what}");
        if number % 7 == 0 {
            let run = scene
                .assize_on(&replica, &["audit", "verify", "--format", "json"])
                .expect(1);
            let printed = printed_codes(&run.json());
            let expected: Vec<&str> = faults(&on_disk).iter().map(|fault| fault.code.code()).collect();
            assert!(
                expected.iter().all(|code| printed.iter().any(|one| one == code)),
                "{what}: expected {expected:?}, printed {printed:?}"
            );
        }
    }
}

fn places(dice: &mut Dice, length: usize) -> Vec<usize> {
    let most = if length <= SMALL_BYTES { length } else { PLACES };
    dice.positions(length, most)
}

/// The oldest commit of the forged log that the chain does not hold.
fn lowest_forged(chain: &MemoryRepository, forged: &MemoryRepository, log: &str) -> ObjectId {
    let mut lowest = forged.refs[log];
    let mut next = Some(lowest);
    while let Some(id) = next.filter(|id| !chain.objects.contains_key(id)) {
        lowest = id;
        next = read_any(&forged.objects[&id].bytes)
            .ok()
            .and_then(|commit| commit.parents.first().copied());
    }
    lowest
}

fn name(chain: &MemoryRepository, id: ObjectId) -> &'static str {
    chain.objects[&id].kind.name()
}

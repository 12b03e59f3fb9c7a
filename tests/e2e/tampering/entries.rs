//! Entries dropped, swapped, doubled and slipped in, and whole logs under other keys. Tiles, roots and checkpoints are always
//! rebuilt, so that only what is signed and what is meant tell.

use assize_provenance::key::{Role, TrustedKeys};
use assize_provenance::log_reader::LogReader;
use assize_provenance::report::{Claim, Overall};
use assize_provenance::testing::MemoryRepository;
use assize_provenance::verify::{Remembered, Seen, verify};
use assize_tests::bed::{Bed, Edit};
use assize_tests::forgery::{self, Owner, Signing};
use assize_tests::scene::Scene;
use assize_tests::script::Script;

use super::{EXECUTABLE, codes, insist_on_refutation, log_ref, report, shared};

/// Lines with the batch each stands in.
pub(super) type Lines = Vec<(usize, Vec<u8>)>;

/// Everything a forger has: the chain, its entries, the owner's keys and who believes them.
pub(super) struct Desk {
    pub(super) chain: MemoryRepository,
    pub(super) script: Script,
    pub(super) owner: Owner,
    pub(super) keys: TrustedKeys,
}

fn desk() -> Desk {
    desk_of(&shared())
}

pub(super) fn desk_of(scene: &Scene) -> Desk {
    let chain = forgery::take(&scene.git_dir());
    Desk {
        script: Script::read(&chain, &log_ref(&chain)),
        owner: Owner::of(&scene.bed().home()),
        keys: scene.keys(),
        chain,
    }
}

impl Desk {
    /// What somebody knows who saw the log as it was.
    pub(super) fn memory(&self) -> Remembered {
        let before = report(&self.chain, &self.keys);
        let mut remembered = Remembered::nothing();
        let seen = Seen {
            size: before.logs[0].size,
            root: before.logs[0].root,
            here: true,
        };
        remembered.remember(self.script.log, seen);
        remembered
    }

    /// Insists that other lines are refuted: under the signatures that were there, under a stranger's and in a stranger's own
    /// log; and under the owner's key by whoever saw the log before.
    pub(super) fn insist_that_lines_are_refuted(&self, lines: &Lines, what: &str) {
        let stranger = forgery::stranger(9);
        let forged = self.script.with_lines(lines);
        insist_on_refutation(&report(&forged.write(&self.chain, &Signing::Kept), &self.keys), what);
        let signed = forged.write(&self.chain, &Signing::by(&stranger));
        insist_on_refutation(&report(&signed, &self.keys), &format!("{what}, signed by a stranger"));
        let moved = forged
            .named_for(&stranger)
            .write(&MemoryRepository::default(), &Signing::by(&stranger));
        insist_on_refutation(&report(&moved, &self.keys), &format!("{what}, in a stranger's log"));
        let owned = forged.write(&self.chain, &Signing::by(&self.owner.log));
        let seen = verify(&owned, &self.keys, &self.memory()).expect("memory can be read");
        insist_on_refutation(&seen, &format!("{what}, signed by the owner, who is remembered"));
    }

    /// What is wrong with other lines under the owner's key, to somebody who sees the log for the first time.
    pub(super) fn codes_under_right_signatures(&self, lines: &Lines) -> Vec<&'static str> {
        let forged = self.script.with_lines(lines);
        let owned = forged.write(&self.chain, &Signing::by(&self.owner.log));
        codes(&report(&owned, &self.keys))
    }
}

#[test]
fn writing_the_same_script_again_changes_nothing() {
    let desk = desk();
    assert!(desk.script.batches.len() >= 3, "the log has several batches");
    for signing in [Signing::Kept, Signing::by(&desk.owner.log)] {
        let again = desk
            .script
            .with_lines(&desk.script.lines())
            .write(&desk.chain, &signing);
        assert_eq!(again.refs, desk.chain.refs, "signatures are deterministic");
    }
}

#[test]
fn dropped_entries_are_refuted() {
    let desk = desk();
    let lines = desk.script.lines();
    for position in 0..lines.len() {
        let mut fewer = lines.clone();
        fewer.remove(position);
        desk.insist_that_lines_are_refuted(&fewer, &format!("without entry {position}"));
        let codes = desk.codes_under_right_signatures(&fewer);
        // Without its verdict a case is open, which is a true log: only memory tells.
        let is_verdict = lines.get(position + 1).is_none_or(|next| next.0 != lines[position].0);
        assert_eq!(codes.is_empty(), is_verdict, "without entry {position}: {codes:?}");
    }
}

#[test]
fn swapped_entries_are_refuted() {
    let desk = desk();
    let lines = desk.script.lines();
    for position in 1..lines.len() {
        let mut swapped = lines.clone();
        let (before, after) = swapped.split_at_mut(position);
        std::mem::swap(&mut before[position - 1].1, &mut after[0].1);
        desk.insist_that_lines_are_refuted(&swapped, &format!("entry {position} before the one before it"));
        let codes = desk.codes_under_right_signatures(&swapped);
        // A verdict and the case after it are two cases side by side, which is a true log: only memory tells.
        let between_cases = lines[position - 1].0 != lines[position].0;
        assert_eq!(
            codes.is_empty(),
            between_cases,
            "entries {position} and before swapped: {codes:?}"
        );
    }
}

#[test]
fn doubled_entries_are_refuted() {
    let desk = desk();
    let lines = desk.script.lines();
    for position in 0..lines.len() {
        for at in [position + 1, lines.len()] {
            let mut more = lines.clone();
            let batch = more[at - 1].0;
            more.insert(at, (batch, lines[position].1.clone()));
            let what = format!("entry {position} again at {at}");
            desk.insist_that_lines_are_refuted(&more, &what);
            let codes = desk.codes_under_right_signatures(&more);
            assert!(
                codes.contains(&"entry-order") || codes.contains(&"entry-twice"),
                "{what}: {codes:?}"
            );
        }
    }
}

#[test]
fn entries_that_come_from_elsewhere_are_refuted() {
    let desk = desk();
    let lines = desk.script.lines();
    let strange = desk.script.signed_by(&forgery::stranger(8)).lines();
    for (number, (batch, line)) in strange.iter().enumerate() {
        let mut more = lines.clone();
        more.push((*batch, line.clone()));
        let what = format!("a stranger's entry {number} at the end");
        insist_on_refutation(
            &report(
                &desk.script.with_lines(&more).write(&desk.chain, &Signing::Kept),
                &desk.keys,
            ),
            &what,
        );
        // Under the owner's signature it is the owner's word that a key unknown here speaks in the log.
        let owned = desk
            .script
            .with_lines(&more)
            .write(&desk.chain, &Signing::by(&desk.owner.log));
        assert_ne!(
            report(&owned, &desk.keys).overall(),
            Overall::Proved,
            "{what}, signed by the owner"
        );
    }
    for junk in [&b""[..], b"{}", b"null", &[b'x'; 65_535]] {
        let mut more = lines.clone();
        more.push((0, junk.to_vec()));
        more.sort_by_key(|(batch, _)| *batch);
        desk.insist_that_lines_are_refuted(&more, "something that is no entry");
        assert!(desk.codes_under_right_signatures(&more).contains(&"entry-form"));
    }
}

/// Two clones of one user have a log each. What was said in one was not said in the other.
#[test]
fn an_entry_of_another_log_of_the_same_keys_is_refuted() {
    let bed = Bed::new(EXECUTABLE);
    bed.commit("Begin", &[Edit::Write("README.md", b"Hello\n")]);
    let _ = bed.assize(&["review"]).expect(0);
    let other = bed.beside("other");
    git2::build::RepoBuilder::new()
        .clone(&bed.repository().to_string_lossy(), &other)
        .expect("a second clone");
    let _ = bed.assize(&["review", "-C", &other.to_string_lossy()]).expect(0);
    let (first, second) = (
        forgery::take(&bed.repository().join(".git")),
        forgery::take(&other.join(".git")),
    );
    let (ours, theirs) = (
        Script::read(&first, &log_ref(&first)),
        Script::read(&second, &log_ref(&second)),
    );
    assert_ne!(ours.log, theirs.log, "each clone has a log of its own");
    let desk = Desk {
        keys: assize::chain::keys::KeyStore::new(bed.home().join("keys"))
            .trusted()
            .expect("keys"),
        owner: Owner::of(&bed.home()),
        chain: first,
        script: ours,
    };
    let whole = [desk.script.lines(), theirs.lines()].concat();
    desk.insist_that_lines_are_refuted(&whole, "all entries of another log");
    assert!(desk.codes_under_right_signatures(&whole).contains(&"entry-log"));
    for (batch, line) in theirs.lines() {
        let mut more = desk.script.lines();
        more.push((batch, line));
        desk.insist_that_lines_are_refuted(&more, "an entry of another log");
        assert!(desk.codes_under_right_signatures(&more).contains(&"entry-log"));
    }
}

/// The whole log made anew with keys of somebody else.
#[test]
fn a_log_under_other_keys_is_never_proved() {
    let desk = desk();
    let (council, log) = (forgery::stranger(8), forgery::stranger(9));
    let nothing = MemoryRepository::default();
    let same_name = desk.script.signed_by(&council).write(&nothing, &Signing::by(&log));
    let found = report(&same_name, &desk.keys);
    insist_on_refutation(&found, "other keys under the same name");
    assert!(codes(&found).contains(&"log-name"));
    let own_name = desk
        .script
        .named_for(&log)
        .signed_by(&council)
        .write(&nothing, &Signing::by(&log));
    let found = report(&own_name, &desk.keys);
    assert_eq!(found.overall(), Overall::NotCheckable, "{found:#?}");
    assert_eq!(found.decided().count(), 0);
    insist_on_refutation_by_memory(&desk, &own_name);
    // It is a sound log to whoever believes the stranger, so the forger left nothing else to be found by.
    let mut believed = TrustedKeys::new();
    believed.trust(Role::Council, forgery::public(&council));
    believed.trust(Role::Log, forgery::public(&log));
    assert_eq!(report(&own_name, &believed).overall(), Overall::Proved);
    for (council, log) in [(&desk.owner.council, &log), (&council, &desk.owner.log)] {
        let mixed = desk
            .script
            .named_for(log)
            .signed_by(council)
            .write(&nothing, &Signing::by(log));
        let found = report(&mixed, &desk.keys);
        assert_eq!(found.overall(), Overall::NotCheckable, "one key of two: {found:#?}");
        assert_eq!(found.decided().count(), 0);
    }
}

/// In the owner's repository the owner's log is missing then.
fn insist_on_refutation_by_memory(desk: &Desk, forged: &MemoryRepository) {
    let found = verify(forged, &desk.keys, &desk.memory()).expect("memory can be read");
    assert_eq!(codes(&found), ["log-missing"]);
    assert_eq!(found.overall(), Overall::Refuted);
}

/// A stranger's log beside the owner's takes nothing from it and adds nothing to it.
#[test]
fn a_strangers_log_beside_says_nothing() {
    let desk = desk();
    let (council, log) = (forgery::stranger(8), forgery::stranger(9));
    let both = desk
        .script
        .named_for(&log)
        .signed_by(&council)
        .write(&desk.chain, &Signing::by(&log));
    let found = report(&both, &desk.keys);
    assert_eq!((found.overall(), found.logs.len()), (Overall::Proved, 2));
    assert!(found.decided().all(|(log, _)| log == desk.script.log));
}

#[test]
fn keys_that_are_believed_in_each_others_place_prove_nothing() {
    let desk = desk();
    let mut swapped = TrustedKeys::new();
    swapped.trust(Role::Log, forgery::public(&desk.owner.council));
    swapped.trust(Role::Council, forgery::public(&desk.owner.log));
    let found = report(&desk.chain, &swapped);
    assert_eq!(found.overall(), Overall::NotCheckable, "{found:#?}");
    // A council key that signs the log, and a log key that signs entries: each is believed, neither in this place.
    let crossed = desk.script.named_for(&desk.owner.council).signed_by(&desk.owner.log);
    let crossed = crossed.write(&MemoryRepository::default(), &Signing::by(&desk.owner.council));
    assert_eq!(report(&crossed, &desk.keys).overall(), Overall::NotCheckable);
    assert!(LogReader::open(&crossed, crossed.refs[&log_ref(&crossed)]).is_ok());
}

#[test]
fn two_histories_of_one_log_are_two_logs_to_whoever_saw_one() {
    let desk = desk();
    let size = desk.script.lines().len();
    let shorter: Lines = desk
        .script
        .lines()
        .into_iter()
        .filter(|(batch, _)| *batch != 1)
        .collect();
    let fork = desk
        .script
        .with_lines(&shorter)
        .write(&MemoryRepository::default(), &Signing::by(&desk.owner.log));
    let first_sight = report(&fork, &desk.keys);
    assert_eq!(
        first_sight.overall(),
        Overall::Proved,
        "alone it is a sound log: {first_sight:#?}"
    );
    assert_eq!(
        first_sight.logs[0].standing(Claim::Freshness).expect("a claim").word(),
        "not checkable"
    );
    let seen = verify(&fork, &desk.keys, &desk.memory()).expect("memory can be read");
    assert_eq!(codes(&seen), ["log-shrunk"]);
    // As long as the other one, and longer: another past.
    for extra in [1, 2] {
        let mut longer = shorter.clone();
        let case = &desk.script.lines()[6 * 2];
        longer.extend(std::iter::repeat_n((9, case.1.clone()), 6 * extra));
        assert!(longer.len() >= size);
        let fork = desk
            .script
            .with_lines(&longer)
            .write(&MemoryRepository::default(), &Signing::by(&desk.owner.log));
        let seen = verify(&fork, &desk.keys, &desk.memory()).expect("memory can be read");
        assert!(codes(&seen).contains(&"log-forked"), "{:?}", codes(&seen));
    }
}

//! Journals that somebody changed: refused with a sentence, and never a panic.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use assize::event::{Event, RunId};
use assize::host_call::{Journal, Note};
use assize::policy::permission::Permission;
use assize::sandbox::{Agent, Replayed};
use assize::store::{ANSWER_BYTES_MAX, Entries, Store, StoreError};
use assize_provenance::digest::Digest;
use assize_tests::dice::Dice;
use assize_tests::happenings::{access, moment};
use assize_tests::workshop::{AGENT, RUN, Workshop};
use rusqlite::Connection;

use super::{ROLE, counting, without_end};

/// A workshop in whose store the run has come to its end.
fn worked() -> (Workshop, Agent) {
    let workshop = Workshop::open();
    let agent = workshop.load(&counting());
    let grants = workshop.grants(ROLE, &agent);
    let desk = Box::new(workshop.desk(&grants));
    workshop
        .run_kept(&agent, grants, "null", desk, Journal::default())
        .expect("the host holds");
    (workshop, agent)
}

/// Changes the file of a store behind its back.
fn change(state: &Path, sql: &str) {
    let connection = Connection::open(state.join("store.sqlite")).expect("opens");
    let triggers = [
        "events_are_not_changed",
        "events_are_not_removed",
        "contents_are_not_changed",
    ];
    let mut texts = Vec::new();
    for trigger in triggers {
        let text: String = connection
            .query_row("SELECT sql FROM sqlite_schema WHERE name = ?1", [trigger], |row| {
                row.get(0)
            })
            .expect("a trigger");
        texts.push(text);
        connection
            .execute_batch(&format!("DROP TRIGGER {trigger}"))
            .expect("drops");
    }
    connection.execute_batch(sql).expect("changes");
    texts
        .iter()
        .for_each(|text| connection.execute_batch(text).expect("puts it back"));
}

#[test]
fn a_journal_that_was_changed_is_refused_with_a_sentence() {
    let first = "(SELECT min(sequence) FROM events WHERE kind = 'host-called')";
    let foreign = RunId::from_bytes([9; 16]);
    for (what, sql, why) in [
        (
            "a number",
            format!(
                "UPDATE events SET body = replace(body, '\"number\":1,', '\"number\":3,') WHERE sequence = {first}"
            ),
            "it or the one before it was changed",
        ),
        (
            "a digest of arguments",
            format!(
                "UPDATE events SET body = replace(body, '\"arguments\":\"', '\"arguments\":\"z') WHERE sequence = {first}"
            ),
            "hexadecimal",
        ),
        (
            "an event before",
            format!("DELETE FROM events WHERE sequence = {first} - 1"),
            "it or the one before it was changed",
        ),
        (
            "a run",
            format!("UPDATE events SET body = replace(body, '{RUN}', '{foreign}') WHERE sequence = {first}"),
            "its columns say something else",
        ),
        (
            "an answer",
            "UPDATE contents SET bytes = x'00'".to_owned(),
            "the contents of",
        ),
        ("all answers", "DELETE FROM contents".to_owned(), "are missing"),
    ] {
        let (workshop, _agent) = worked();
        change(&workshop.around().join("state"), &sql);
        let error = workshop.store.journal(RUN).expect_err(what).to_string();
        assert!(error.contains(why), "{what}: {error}");
        let checked = workshop.store.check().expect("it is looked at");
        assert!(!checked.is_sound(), "{what}");
    }
}

/// Rows that are gone leave a gap that is noticed before anything is done again.
#[test]
fn a_row_that_is_missing_does_not_let_an_effect_happen_twice() {
    let (workshop, agent) = worked();
    let journal = without_end(workshop.journal());
    for number in journal.notes.keys().copied() {
        let mut gap = journal.clone();
        gap.notes.remove(&number);
        let is_last = number == journal.last();
        let grants = workshop.grants(ROLE, &agent);
        let desk = Box::new(super::Closed);
        let went = catch_unwind(AssertUnwindSafe(|| {
            workshop.run_kept(&agent, grants, "null", desk, gap)
        }));
        match went.expect("no panic leaves a call") {
            Err(fault) => {
                assert!(fault.to_string().contains("cannot go on"), "{fault}");
                assert!(!is_last);
            }
            // The desk that must not be asked was asked: what is not known is done.
            Ok(account) => assert!(is_last, "{:?}", account.outcome),
        }
        super::anew(&workshop, &[]);
    }
}

/// Whatever an answer says, it is read or refused.
#[test]
fn answers_of_other_bytes_never_end_in_a_panic() {
    let (workshop, agent) = worked();
    let journal = workshop.journal();
    let mut dice = Dice::of("answers");
    let numbers: Vec<u64> = journal.notes.keys().copied().collect();
    let mut unknown = 0;
    for round in 0..300 {
        let mut other = journal.clone();
        let number = numbers[dice.below(numbers.len())];
        let answer = other
            .notes
            .get_mut(&number)
            .and_then(|note| note.answer.as_mut())
            .expect("an answer");
        match round % 3 {
            0 => answer.truncate(dice.below(answer.len())),
            1 => answer.extend([0; 3]),
            _ => {
                let at = dice.below(answer.len());
                answer[at] = answer[at].wrapping_add(dice.flip());
            }
        }
        super::anew(&workshop, &[]);
        let grants = workshop.grants(ROLE, &agent);
        match workshop.replay(&agent, grants, "null", other) {
            Replayed::Same(_) => panic!("{number}: another answer gave the same"),
            Replayed::Diverged(departure) => assert!(departure.at >= number, "{departure}"),
            Replayed::Unknown(why) => {
                assert!(why.contains(&format!("host call {number}")), "{why}");
                unknown += 1;
            }
        }
    }
    assert!(unknown > 100, "{unknown}");
}

/// A note by itself, which the chain of events would carry as well as any other.
fn note(number: u64, permission: Permission, answer: Option<&[u8]>) -> Note {
    Note {
        number,
        permission,
        arguments: Digest::of(b"arguments"),
        before: Digest::of(b"before"),
        answer: answer.map(<[u8]>::to_vec),
    }
}

fn entries(notes: &[Note]) -> Entries {
    Entries {
        run: RUN,
        agent: AGENT.to_owned(),
        notes: notes.to_vec(),
        ending: None,
    }
}

#[test]
fn notes_that_do_not_fit_together_are_damage() {
    let (get, set) = (Permission::StateGet, Permission::StateSet);
    for (notes, why) in [
        (
            vec![note(1, get, Some(b"a")), note(1, get, Some(b"a"))],
            "the same number",
        ),
        (vec![note(1, get, None), note(1, set, Some(b"a"))], "the same number"),
        (vec![note(2, get, Some(b"a")), note(1, get, Some(b"a"))], "out of order"),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path()).expect("a store");
        store.append_with(moment(0), &[], entries(&notes)).expect("it is taken");
        let error = store.journal(RUN).expect_err("it does not fit").to_string();
        assert!(error.contains(why), "{error}");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(folder.path()).expect("a store");
    let begun = [
        note(1, get, None),
        note(1, get, None),
        note(1, get, Some(b"a")),
        note(4, set, None),
    ];
    store.append_with(moment(0), &[], entries(&begun)).expect("it is taken");
    let journal = store.journal(RUN).expect("a journal");
    let known: Vec<bool> = journal.notes.values().map(|note| note.answer.is_some()).collect();
    assert_eq!((known, journal.last()), (vec![true, false], 4));
}

#[test]
fn entries_of_a_journal_come_in_one_way_only() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(folder.path()).expect("a store");
    let event = Event::HostCalled {
        run: RUN,
        agent: AGENT.to_owned(),
        number: 1,
        permission: "state.get".to_owned(),
        arguments: Digest::of(b""),
        before: Digest::of(b""),
        answer: None,
    };
    assert!(matches!(store.append(moment(0), &[event]), Err(StoreError::Unfit(_))));
    let large = vec![0; ANSWER_BYTES_MAX + 1];
    let too_large = [note(1, Permission::StateGet, Some(&large))];
    let event = access(0, AGENT, "state.get", true);
    let refused = store.append_with(moment(0), &[event], entries(&too_large));
    assert!(matches!(refused, Err(StoreError::Unfit(_))));
    // All or none: the event that came with it is not there either.
    assert_eq!(store.journal(RUN), Ok(Journal::default()));
    assert!(store.check().expect("it is looked at").end.is_none());
}

#[test]
fn a_store_of_another_folder_has_no_such_run() {
    let (workshop, _agent) = worked();
    let elsewhere = tempfile::tempdir().expect("a folder");
    let other = Store::open(elsewhere.path()).expect("a store");
    assert_eq!(other.journal(RUN), Ok(Journal::default()));
    assert_ne!(workshop.store.journal(RUN), Ok(Journal::default()));
}

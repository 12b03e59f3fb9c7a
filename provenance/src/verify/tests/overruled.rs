//! Overrides: what one makes of a case, and every way in which one may not come to stand in a log.

use super::*;
use crate::entry::{Actor, ActorKind, EntryId, OverrideRecord};

/// A log in which the council rejected a case, with its entries, not stored yet.
fn rejected() -> (TestLog, Vec<SignedEntry>) {
    let mut log = TestLog::start(1, 2, 3, &[]);
    let entries = log.hear(2, &sample_case(), &[approve(), reject(), approve(), approve()]);
    (log, entries)
}

/// Records entries and returns what is wrong with the log.
fn recorded(mut log: TestLog, entries: &[SignedEntry]) -> Vec<&'static str> {
    log.record(entries);
    codes(&report(&log))
}

/// Signs an override of the rejection anew after `change`, as `kind`, and returns what is wrong with the log.
fn bend(kind: ActorKind, change: impl FnOnce(&mut OverrideRecord)) -> Vec<&'static str> {
    let (mut log, mut entries) = rejected();
    let overruled = log.overrule(&entries[5]);
    let Content::Override(mut record) = overruled.entry().content.clone() else {
        unreachable!("that is what it is")
    };
    change(&mut record);
    let actor = Actor {
        kind,
        name: "somebody".to_owned(),
    };
    entries.push(log.sign_as(actor, overruled.entry().subject, Content::Override(record)));
    recorded(log, &entries)
}

#[test]
fn an_override_stands_for_the_councils_verdict_and_hides_nothing() {
    for heard in [reject(), Err(Absence::TimedOut)] {
        let mut log = TestLog::start(1, 2, 3, &[]);
        let entries = log.hear(2, &sample_case(), &[approve(), heard, approve(), approve()]);
        log.record(&entries);
        let council = report(&log).decided().next().unwrap().1.clone();
        assert_ne!(council.answer(), Outcome::Approved);
        // Other cases may come in between.
        let other = log.hear(3, &sample_case(), &[approve(), reject(), approve(), approve()]);
        log.record(&other);
        let overruled = log.overrule(&entries[5]);
        log.record(std::slice::from_ref(&overruled));
        let report = report(&log);
        assert_eq!(report.overall(), Overall::Proved, "{report:#?}");
        let decided: Vec<_> = report.decided().map(|(_, decided)| decided.clone()).collect();
        assert_eq!(decided.len(), 2, "an override is no case of its own");
        assert_eq!(decided[0].answer(), Outcome::Approved);
        let overridden = decided[0].overridden.clone().unwrap();
        assert_eq!((overridden.entry, overridden.index), (overruled.id(), 12));
        assert_eq!(
            (overridden.by.kind, overridden.by.name.as_str()),
            (ActorKind::Person, "tester")
        );
        assert!(overridden.reason.as_str().starts_with("The rule is wrong here."));
        assert_eq!(overridden.shown, Digest::of(b"what was shown"));
        let without = crate::report::DecidedCase {
            overridden: None,
            ..decided[0].clone()
        };
        assert_eq!(without, council, "what the council said stays as it was");
        assert_eq!(
            (decided[1].answer(), &decided[1].overridden),
            (Outcome::Rejected, &None)
        );
    }
}

#[test]
fn an_override_of_an_approval_is_refuted() {
    let mut log = TestLog::start(1, 2, 3, &[]);
    let mut entries = log.hear(2, &sample_case(), &[approve(), approve(), approve(), approve()]);
    entries.push(log.overrule(&entries[5]));
    assert_eq!(recorded(log, &entries), ["override-needless"]);
}

#[test]
fn only_a_person_overrides() {
    assert_eq!(bend(ActorKind::Person, |_| {}), [""; 0]);
    for kind in [ActorKind::Host, ActorKind::Agent, ActorKind::Automation] {
        assert_eq!(bend(kind, |_| {}), ["override-actor"], "{kind:?}");
    }
}

#[test]
fn an_override_of_another_council_or_case_is_refuted() {
    assert_eq!(
        bend(ActorKind::Person, |record| record.council = "another".to_owned()),
        ["override-case"]
    );
    let (mut log, mut entries) = rejected();
    let other = log.hear(3, &sample_case(), &[approve(), reject(), approve(), approve()]);
    let Content::Override(record) = log.overrule(&other[5]).entry().content.clone() else {
        unreachable!("that is what it is")
    };
    let crossed = log.sign(entries[5].entry().subject, Content::Override(record));
    entries.extend(other);
    entries.push(crossed);
    assert_eq!(recorded(log, &entries), ["override-case"]);
}

#[test]
fn an_override_of_anything_but_a_verdict_before_it_is_refuted() {
    let (mut log, entries) = rejected();
    let overruled = log.overrule(&entries[5]);
    let not_verdicts = entries[..5].iter().map(SignedEntry::id);
    for previous in not_verdicts.chain([EntryId::of_line(b"nothing here")]) {
        assert_eq!(
            bend(ActorKind::Person, |record| record.previous = previous),
            ["override-order"]
        );
    }
    for position in 1..6 {
        let mut before = entries.clone();
        before.insert(position, overruled.clone());
        assert_eq!(recorded(log.clone(), &before), ["override-order"], "at {position}");
    }
    // Without the verdict it follows, and an override of an override.
    let without = [&entries[..5], std::slice::from_ref(&overruled)].concat();
    assert_eq!(recorded(log.clone(), &without), ["override-order"]);
    let upon = log.overrule(&overruled);
    let whole = [entries.as_slice(), &[overruled, upon]].concat();
    assert_eq!(recorded(log, &whole), ["override-order"]);
}

#[test]
fn a_verdict_is_overridden_once() {
    let (mut log, entries) = rejected();
    let (first, second) = (log.overrule(&entries[5]), log.overrule(&entries[5]));
    for twice in [[first.clone(), first.clone()], [first, second]] {
        let whole = [entries.as_slice(), &twice].concat();
        assert_eq!(recorded(log.clone(), &whole), ["override-twice"]);
    }
}

/// The same case heard again is another hearing: what a person said of the first says nothing of the second.
#[test]
fn an_override_is_of_one_verdict_only() {
    let (mut log, entries) = rejected();
    let again = log.hear(2, &sample_case(), &[approve(), reject(), approve(), approve()]);
    log.record(&entries);
    log.record(&again);
    let overruled = log.overrule(&entries[5]);
    log.record(&[overruled]);
    let answers: Vec<_> = report(&log).decided().map(|(_, decided)| decided.answer()).collect();
    assert_eq!(answers, [Outcome::Approved, Outcome::Rejected]);
}

#[test]
fn a_changed_reason_is_refuted() {
    let (mut log, entries) = rejected();
    let overruled = log.overrule(&entries[5]);
    let line = String::from_utf8(overruled.line().to_vec()).unwrap();
    let changed = line.replace("The rule is wrong here.", "The rule is right here.");
    assert_ne!(line, changed);
    let mut lines: Vec<&[u8]> = entries.iter().map(SignedEntry::line).collect();
    lines.push(changed.as_bytes());
    log.record_lines(&lines);
    assert_eq!(codes(&report(&log)), ["entry-signature"]);
}

/// A refuted override counts for nothing, also where somebody looks at a log that is not proved.
#[test]
fn what_is_refuted_decides_nothing() {
    let (mut log, mut entries) = rejected();
    let overruled = log.overrule(&entries[5]);
    let host = Actor {
        kind: ActorKind::Host,
        name: "assize".to_owned(),
    };
    entries.push(log.sign_as(host, overruled.entry().subject, overruled.entry().content.clone()));
    log.record(&entries);
    let found = report(&log);
    assert_eq!(found.overall(), Overall::Refuted);
    assert_eq!(found.decided().count(), 0);
    assert_eq!(found.logs[0].decided[0].overridden, None);
}

#[test]
fn a_log_that_ends_before_its_override_is_a_sound_log() {
    let (mut log, entries) = rejected();
    log.record(&entries);
    let before = log.clone();
    let overruled = log.overrule(&entries[5]);
    log.record(&[overruled]);
    assert_eq!(report(&before).decided().next().unwrap().1.answer(), Outcome::Rejected);
    let mut remembered = Remembered::nothing();
    let seen = Seen {
        size: log.state.size(),
        root: log.state.root(),
        here: true,
    };
    remembered.remember(log.state.log(), seen);
    let shrunk = verify(&before.repository, &before.keys(), &remembered).unwrap();
    assert_eq!(codes(&shrunk), ["log-shrunk"], "whoever saw it misses it");
}

//! A person's override taken out, moved, doubled, put upon another case or into other hands. Without the owner's keys nothing
//! of it holds; with them, whatever the owner's own host would not sign is named.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use assize_provenance::entry::{Actor, ActorKind, Content, Entry, SignedEntry};
use assize_provenance::report::{DecidedCase, Report};
use assize_provenance::verdict::Outcome;
use assize_provenance::verify::verify;
use assize_tests::forgery::Signing;
use assize_tests::person::{ask, overruling, rejected};
use assize_tests::scene::Scene;
use assize_tests::script::sign_entry;

use super::entries::{Desk, Lines, desk_of};
use super::{EXECUTABLE, codes, insist_on_refutation, report};

/// A log whose last entry overrides the rejection in its third batch.
struct Overridden {
    desk: Desk,
    lines: Lines,
    /// Where the verdict is that is overridden.
    verdict: usize,
    /// Others use it at the same time; it is gone with the last of them.
    _scene: Arc<Scene>,
}

fn overridden() -> Overridden {
    static SCENE: Mutex<Weak<Scene>> = Mutex::new(Weak::new());
    let mut shared = SCENE.lock().unwrap_or_else(PoisonError::into_inner);
    let scene = shared.upgrade().unwrap_or_else(|| {
        let scene = Arc::new(Scene::of(EXECUTABLE));
        let found = rejected(scene.bed());
        let _ = ask(scene.bed(), &overruling(&found, "Dana", "The rule is wrong here.")).expect("signed");
        *shared = Arc::downgrade(&scene);
        scene
    });
    let desk = desk_of(&scene);
    let lines = desk.script.lines();
    let verdict = usize::try_from(rejected(scene.bed()).index).expect("a position");
    // One more case of six entries, and the override.
    assert_eq!(lines.len(), verdict + 1 + 6 + 1);
    Overridden {
        desk,
        lines,
        verdict,
        _scene: scene,
    }
}

impl Overridden {
    fn entry(&self, position: usize) -> SignedEntry {
        SignedEntry::parse(&self.lines[position].1).expect("an entry")
    }

    /// What somebody who sees the log for the first time says of it under the owner's key, with another entry at its end.
    fn with_last(&self, change: impl FnOnce(&mut Entry)) -> Report {
        let mut entry = self.entry(self.lines.len() - 1).entry().clone();
        change(&mut entry);
        let signed = sign_entry(entry, &self.desk.owner.council);
        let mut lines = self.lines.clone();
        lines.last_mut().expect("a line").1 = signed.line().to_vec();
        let forged = self.desk.script.with_lines(&lines);
        let forged = forged.write(&self.desk.chain, &Signing::by(&self.desk.owner.log));
        report(&forged, &self.desk.keys)
    }
}

/// The answer on the case that the council rejected.
fn answer(report: &Report) -> Option<Outcome> {
    let mut decided = report.decided().map(|(_, decided)| decided);
    let found = decided.find(|decided| decided.outcome == Outcome::Rejected);
    found.map(DecidedCase::answer)
}

#[test]
fn the_override_stands_and_the_log_is_proved() {
    let log = overridden();
    let found = report(&log.desk.chain, &log.desk.keys);
    assert_eq!(answer(&found), Some(Outcome::Approved), "{found:#?}");
    assert_eq!(
        answer(&log.with_last(|_| {})),
        Some(Outcome::Approved),
        "signed again it is the same"
    );
}

#[test]
fn an_override_that_is_taken_out_is_missed_by_whoever_saw_it() {
    let log = overridden();
    let (desk, mut lines) = (&log.desk, log.lines.clone());
    lines.pop();
    let shorter = desk.script.with_lines(&lines).write(&desk.chain, &Signing::Kept);
    let seen = verify(&shorter, &desk.keys, &desk.memory()).expect("memory can be read");
    insist_on_refutation(&seen, "without the override, to whoever saw it");
    assert_eq!(codes(&seen), ["log-shrunk"]);
    // A prefix of a log is a log: alone it says what the council said.
    assert_eq!(answer(&report(&shorter, &desk.keys)), Some(Outcome::Rejected));
}

#[test]
fn an_override_without_its_verdict_or_before_it_is_refuted() {
    let log = overridden();
    let (desk, lines, verdict) = (&log.desk, &log.lines, log.verdict);
    let mut without = lines.clone();
    without.remove(verdict);
    desk.insist_that_lines_are_refuted(&without, "without the verdict");
    assert_eq!(desk.codes_under_right_signatures(&without), ["override-order"]);
    for position in [0, verdict - 5, verdict] {
        let mut moved = lines.clone();
        let (_, line) = moved.pop().expect("a line");
        let batch = moved[position].0;
        moved.insert(position, (batch, line));
        desk.insist_that_lines_are_refuted(&moved, &format!("the override at {position}"));
        assert_eq!(
            desk.codes_under_right_signatures(&moved),
            ["override-order"],
            "at {position}"
        );
    }
}

#[test]
fn an_override_that_stands_twice_is_refuted() {
    let log = overridden();
    let (desk, mut lines) = (&log.desk, log.lines.clone());
    lines.push(lines.last().expect("a line").clone());
    desk.insist_that_lines_are_refuted(&lines, "the override twice");
    assert_eq!(desk.codes_under_right_signatures(&lines), ["override-twice"]);
}

#[test]
fn an_override_by_anything_but_a_person_is_refuted() {
    let log = overridden();
    for kind in [ActorKind::Host, ActorKind::Agent, ActorKind::Automation] {
        let found = log.with_last(|entry| {
            entry.actor = Actor {
                kind,
                name: "assize".to_owned(),
            };
        });
        insist_on_refutation(&found, "an override by no person");
        assert_eq!(codes(&found), ["override-actor"], "{kind:?}");
    }
}

#[test]
fn an_override_of_another_case_or_council_is_refuted() {
    let log = overridden();
    let other = log.entry(log.verdict + 6);
    let follow = |entry: &mut Entry, id| {
        if let Content::Override(record) = &mut entry.content {
            record.previous = id;
        }
    };
    // The subject of another case, the verdict of another case, and both: that one is an approval.
    let found = log.with_last(|entry| entry.subject = other.entry().subject);
    assert_eq!(codes(&found), ["override-case"]);
    let found = log.with_last(|entry| follow(entry, other.id()));
    assert_eq!(codes(&found), ["override-case", "override-needless"]);
    let found = log.with_last(|entry| {
        entry.subject = other.entry().subject;
        follow(entry, other.id());
    });
    assert_eq!(codes(&found), ["override-needless"]);
    let found = log.with_last(|entry| {
        if let Content::Override(record) = &mut entry.content {
            record.council = "another".to_owned();
        }
    });
    assert_eq!(codes(&found), ["override-case"]);
    // The case and its opinions are no verdicts.
    for position in log.verdict - 5..log.verdict {
        let found = log.with_last(|entry| follow(entry, log.entry(position).id()));
        assert_eq!(codes(&found), ["override-order"], "entry {position}");
    }
}

#[test]
fn a_reason_or_a_name_that_is_changed_is_refuted() {
    let log = overridden();
    let (desk, lines) = (&log.desk, &log.lines);
    let text = String::from_utf8(lines.last().expect("a line").1.clone()).expect("text");
    for (was, is) in [("wrong", "right"), ("Dana", "Erin")] {
        let changed = text.replacen(was, is, 1);
        assert_ne!(changed, text);
        let mut lines = lines.clone();
        lines.last_mut().expect("a line").1 = changed.into_bytes();
        desk.insist_that_lines_are_refuted(&lines, &format!("`{is}` for `{was}`"));
        assert_eq!(desk.codes_under_right_signatures(&lines), ["entry-signature"]);
    }
}

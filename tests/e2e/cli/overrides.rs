//! A person overrides a council: whom the host refuses, and what `audit` says afterwards.

use std::thread;

use assize::driver::overrule::OverruleRefusal;
use assize_provenance::digest::Digest;
use assize_provenance::entry::EntryId;
use assize_provenance::opinion::Vote;
use assize_provenance::verdict::Outcome;
use assize_tests::bed::Bed;
use assize_tests::person::{ask, decided, overruling, rejected};

use super::bed_with;

/// A bed whose newest commit the council rejected.
fn bed() -> Bed {
    let bed = bed_with(Vote::Reject);
    let _ = bed.assize(&["review"]).expect(1);
    bed
}

#[test]
fn a_change_is_approved_by_a_person_and_the_councils_word_stays() {
    let bed = bed();
    let _ = bed.assize(&["audit", "check"]).expect(1);
    let found = rejected(&bed);
    let wanted = overruling(&found, "Dana", "The judge is wrong.\nSee the second test.");
    let entry = ask(&bed, &wanted).expect("signed").to_string();

    let check = bed.assize(&["audit", "check", "--format", "json"]).expect(0).json();
    assert_eq!(check["answer"], "approved");
    let verdict = &check["verdicts"][0];
    assert_eq!(
        (&verdict["outcome"], &verdict["entry"]),
        (&"rejected".into(), &found.verdict.to_string().into())
    );
    let overridden = &verdict["overridden"];
    assert_eq!(overridden["entry"], entry);
    assert_eq!(overridden["by"], "Dana");
    assert_eq!(overridden["reason"], wanted.reason);
    assert_eq!(overridden["shown"], wanted.shown.to_string());

    let told = bed.assize(&["audit", "check"]).expect(0).stdout;
    for part in [
        "approved by a person over council default",
        "rejected at",
        "overridden by Dana: The judge is wrong.\n",
        "    See the second test.\n",
    ] {
        assert!(told.contains(part), "{told}");
    }
    let _ = bed.assize(&["audit", "verify"]).expect(0);

    let log = bed.assize(&["audit", "log"]).expect(0).stdout;
    let first = log.lines().next().expect("a line");
    assert!(
        first.contains("override") && first.ends_with("over council default: The judge is wrong. See the second test."),
        "{log}"
    );
    let page = bed.assize(&["audit", "show", &entry]).expect(0).stdout;
    assert!(
        page.contains(&found.verdict.to_string()),
        "it names what it overrides: {page}"
    );
    let envelope = bed.assize(&["audit", "show", &entry, "--format", "dsse"]).expect(0);
    assert!(envelope.json()["signatures"].is_array());
}

#[test]
fn the_host_refuses_before_it_signs() {
    let bed = bed();
    let found = rejected(&bed);
    let sound = overruling(&found, "Dana", "Because.");
    for author in ["Test", "test@example.org", "@TEST", "Dana <test@example.org>", "test"] {
        let refused = ask(&bed, &overruling(&found, author, "Because.")).expect_err("an author");
        assert_eq!(refused, OverruleRefusal::Author(author.to_owned()));
    }
    for nobody in ["", "  ", "two\nlines", &"n".repeat(257)] {
        let refused = ask(&bed, &overruling(&found, nobody, "Because."));
        assert_eq!(refused, Err(OverruleRefusal::Nameless), "{nobody:?}");
    }
    for reason in ["", "\n", "\u{1b}[2J", &"r".repeat(1025)] {
        let refused = ask(&bed, &overruling(&found, "Dana", reason)).expect_err("no reason");
        assert!(matches!(refused, OverruleRefusal::Reason(_)), "{refused}");
    }
    let mut others = [sound; 4];
    others[0].case = Digest::of(b"another case");
    others[1].verdict = EntryId::of_line(b"another entry");
    others[2].verdict = found.case;
    others[3].council = "another";
    for other in others {
        let refused = ask(&bed, &other).expect_err("no such verdict");
        assert!(matches!(refused, OverruleRefusal::NoVerdict { .. }), "{refused}");
    }
    assert_eq!(rejected(&bed), found, "nothing was signed");
    let _ = bed.assize(&["audit", "check"]).expect(1);
}

#[test]
fn an_approval_needs_no_override() {
    let bed = bed_with(Vote::Approve);
    let _ = bed.assize(&["review"]).expect(0);
    let found = decided(&bed).remove(0);
    assert_eq!(found.outcome, Outcome::Approved);
    let refused = ask(&bed, &overruling(&found, "Dana", "Because."));
    assert_eq!(refused, Err(OverruleRefusal::Approved));
}

/// A driver that was killed after the signature asks again; somebody else who comes later is told who was first.
#[test]
fn asking_again_gives_the_same_entry_and_asking_second_is_refused() {
    let bed = bed();
    let found = rejected(&bed);
    let entry = ask(&bed, &overruling(&found, "Dana", "Because.")).expect("signed");
    assert_eq!(ask(&bed, &overruling(&found, "Dana", "Because.")), Ok(entry));
    let by = "Dana".to_owned();
    for (person, reason) in [("Erin", "Because."), ("Dana", "For another reason.")] {
        let refused = ask(&bed, &overruling(&found, person, reason));
        assert_eq!(
            refused,
            Err(OverruleRefusal::Already { entry, by: by.clone() }),
            "{person}"
        );
    }
    let _ = bed.assize(&["audit", "verify"]).expect(0);
}

/// A log in which a verdict is overridden twice is refuted for ever, so of many who ask at once one is first.
#[test]
fn of_many_who_override_at_once_one_does() {
    let bed = bed();
    let found = rejected(&bed);
    let people: Vec<String> = (0..8).map(|number| format!("Person {number}")).collect();
    let answers: Vec<bool> = thread::scope(|scope| {
        let asking: Vec<_> = people
            .iter()
            .map(|person| scope.spawn(|| ask(&bed, &overruling(&found, person, "Because.")).is_ok()))
            .collect();
        asking.into_iter().map(|one| one.join().expect("an answer")).collect()
    });
    assert_eq!(answers.iter().filter(|signed| **signed).count(), 1, "{answers:?}");
    let _ = bed.assize(&["audit", "verify"]).expect(0);
}

#[test]
fn another_clone_does_not_override_what_it_did_not_sign() {
    let bed = bed();
    let found = rejected(&bed);
    let other = bed.with_repository("other");
    git2::build::RepoBuilder::new()
        .clone(&bed.repository().to_string_lossy(), &other.repository())
        .expect("a second clone");
    let refused = ask(&other, &overruling(&found, "Dana", "Because.")).expect_err("another log");
    assert!(matches!(refused, OverruleRefusal::NoVerdict { .. }), "{refused}");
}

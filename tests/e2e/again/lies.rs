//! A host with the right keys that records what was not said. Nothing of the chain is wrong, so `audit verify` proves it; whoever
//! runs the judges again refutes it.

use assize::driver::hearing::Testimony;
use assize_provenance::digest::Digest;
use assize_provenance::entry::{Case, Counts};
use assize_provenance::opinion::{Absence, Finding, Opinion, Severity, Vote};
use assize_tests::false_host::{self, Lie};

use super::{claim, replayed, verified, waiting};

/// One lie about what judges said: its name, what it does, and words of the sentence that tells it.
type Told = (&'static str, fn(&mut [Testimony]), &'static str);

fn approval() -> Opinion {
    Opinion {
        vote: Vote::Approve,
        findings: Vec::new(),
        rationale: String::new(),
    }
}

fn finding() -> Finding {
    Finding {
        rule: "two/made-up".to_owned(),
        severity: Severity::Note,
        message: "Made up.".to_owned(),
        location: None,
        suggestion: None,
    }
}

const TOLD: &[Told] = &[
    (
        "a rejection becomes an approval",
        |said| said[1].heard = Ok(approval()),
        "the judge says reject, and approve is recorded",
    ),
    (
        "a finding is made up",
        |said| {
            if let Ok(opinion) = &mut said[1].heard {
                opinion.findings.push(finding());
            }
        },
        "findings",
    ),
    (
        "a rationale is made up",
        |said| {
            if let Ok(opinion) = &mut said[0].heard {
                opinion.rationale.push('!');
            }
        },
        "rationale",
    ),
    (
        "a judge is silenced",
        |said| said[1].heard = Err(Absence::Trapped),
        "no opinion (trapped) is recorded",
    ),
    (
        "a judge was shown something else",
        |said| said[0].transcript = Digest::of(b"another answer"),
        "what the host answered",
    ),
    ("a judge needed more", |said| said[0].fuel_spent += 1, "units of fuel"),
    (
        "a judge asked more",
        |said| said[0].host_calls += 1,
        "what the host answered",
    ),
];

#[test]
fn an_opinion_that_no_judge_gave_is_refuted_by_asking_again() {
    for (name, lie, words) in TOLD {
        let bed = waiting(&[("one", Vote::Approve), ("two", Vote::Reject)]);
        let entry = false_host::record(&bed, &Lie { said: lie, ..Lie::NONE });
        // In order, signed, and false.
        let _ = bed.assize(&["audit", "verify"]).expect(0);
        let view = verified(&bed, 1);
        assert_eq!(view["standing"], "refuted", "{name}");
        let replay = claim(&view, "replay");
        let faults = replay["faults"].as_array().expect("faults");
        assert_eq!(faults[0]["code"], "replay-opinion", "{name}: {replay}");
        assert!(
            faults[0]["sentence"].as_str().expect("a sentence").contains(words),
            "{name}: {replay}"
        );
        for other in [
            "integrity",
            "authenticity",
            "order",
            "quorum",
            "verdict",
            "completeness",
        ] {
            assert_eq!(claim(&view, other)["standing"], "proved", "{name}");
        }
        let again = replayed(&bed, &[&entry.to_string()], 1);
        assert_eq!(again["standing"], "departs", "{name}");
    }
}

#[test]
fn a_verdict_that_rests_on_lies_is_refuted_itself() {
    let bed = waiting(&[("one", Vote::Approve), ("two", Vote::Reject)]);
    let said: &dyn Fn(&mut [Testimony]) = &|said| said[1].heard = Ok(approval());
    let entry = false_host::record(&bed, &Lie { said, ..Lie::NONE });
    // Whoever asks the chain alone is told that the change is approved.
    let _ = bed.assize(&["audit", "check"]).expect(0);
    let again = replayed(&bed, &[&entry.to_string()], 1);
    let verdict = &again["verdicts"][0];
    assert_eq!(verdict["outcome"], "approved");
    let why = verdict["verdict"]["why"].as_str().expect("why");
    assert!(why.contains("decides `rejected`, and `approved` is recorded"), "{why}");
    let codes: Vec<_> = claim(&verified(&bed, 1), "replay")["faults"]
        .as_array()
        .expect("faults")
        .iter()
        .map(|fault| fault["code"].clone())
        .collect();
    assert_eq!(codes, ["replay-opinion", "replay-verdict"]);
}

/// One lie about the case.
type Sealed = (&'static str, fn(&mut Case), &'static str);

const SEALED: &[Sealed] = &[
    (
        "a judge of the host's own",
        |case| case.seats[1].component.digest = Digest::of(b"another judge"),
        "is the component",
    ),
    (
        "another policy",
        |case| case.policy.digest = Digest::of(b"another policy"),
        "does not hold the policy",
    ),
    ("a lower quorum", |case| case.quorum = 1, "the council's rule"),
    (
        "a judge without a seat",
        |case| {
            case.seats.remove(1);
            case.quorum = 1;
        },
        "does not seat",
    ),
    (
        "other messages",
        |case| case.messages = Digest::of(b"other words"),
        "the commit messages",
    ),
    (
        "fewer changes",
        |case| case.counts = Counts::default(),
        "how much changed",
    ),
    (
        "other briefings",
        |case| case.briefing = Digest::of(b"something else"),
        "what the judges were told",
    ),
    ("no base", |case| case.base = None, "first parent"),
    (
        "another base",
        |case| {
            case.base = case.base.map(|base| assize_provenance::entry::Revision {
                tree: base.commit,
                ..base
            });
        },
        "the tree of the base",
    ),
];

#[test]
fn a_case_that_the_repository_does_not_hold_is_refuted() {
    for (name, lie, words) in SEALED {
        let bed = waiting(&[("one", Vote::Approve), ("two", Vote::Approve)]);
        let entry = false_host::record(&bed, &Lie { case: lie, ..Lie::NONE });
        let _ = bed.assize(&["audit", "verify"]).expect(0);
        let again = replayed(&bed, &[&entry.to_string()], 1);
        let case = &again["verdicts"][0]["case"];
        assert_eq!(case["standing"], "departs", "{name}: {again}");
        assert!(case["why"].as_str().expect("why").contains(words), "{name}: {case}");
        let replay = claim(&verified(&bed, 1), "replay");
        assert_eq!(replay["faults"][0]["code"], "replay-case", "{name}: {replay}");
    }
}

/// What depends on the machine is nobody's lie, and nobody's proof.
#[test]
fn a_judge_that_is_said_to_have_run_out_of_time_is_not_checkable() {
    let bed = waiting(&[("one", Vote::Approve), ("two", Vote::Reject)]);
    let said: &dyn Fn(&mut [Testimony]) = &|said| said[1].heard = Err(Absence::TimedOut);
    let _ = false_host::record(&bed, &Lie { said, ..Lie::NONE });
    let view = verified(&bed, 0);
    assert_eq!(claim(&view, "replay")["standing"], "not checkable");
    let _ = bed
        .assize(&["audit", "verify", "--replay", "--require", "replay"])
        .expect(3);
}

/// A verdict that names another version of Assize is judged by that version, or by nobody.
#[test]
fn another_version_of_assize_is_named() {
    let bed = waiting(&[("one", Vote::Approve)]);
    let case: &dyn Fn(&mut Case) = &|case| {
        case.runtime_version = "9.9.9".to_owned();
        case.messages = Digest::of(b"written down otherwise");
    };
    let entry = false_host::record(&bed, &Lie { case, ..Lie::NONE });
    let again = replayed(&bed, &[&entry.to_string()], 3);
    let why = again["verdicts"][0]["case"]["why"].as_str().expect("why");
    assert!(why.contains("9.9.9"), "{why}");
}

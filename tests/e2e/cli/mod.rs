//! The command line as a person or a script meets it: exit codes, what is printed where, and what every verb does.

mod agents;
mod appeals;
mod commit_hook;
mod desk;
mod exit_codes;
mod hooks;
mod manual;
mod output;
mod overrides;
mod policies;
mod progress;
mod ranges;
mod review;
mod signed_waivers;
mod verbs;
mod waiver_files;
mod waivers;
mod workflows;

use assize_provenance::opinion::{Finding, Location, Opinion, Severity, Side, Vote};
use assize_tests::bed::{Bed, Edit};
use assize_tests::{guests, seats};

/// The program that every test here runs.
const ASSIZE: &str = env!("CARGO_BIN_EXE_assize-under-test");

/// A bed whose newest commit changes one line of `src/lib.rs`, to be judged by one judge with this vote.
fn bed_with(vote: Vote) -> Bed {
    bed_judged_by(&guests::voting(vote))
}

/// A bed whose newest commit changes one line of `src/lib.rs`, to be judged by this judge.
fn bed_judged_by(judge: &[u8]) -> Bed {
    let bed = Bed::new(ASSIZE);
    bed.commit("Begin", &[Edit::Write("src/lib.rs", b"fn one() {}\n")]);
    seats::appoint(&bed, &[("guest", judge)]);
    bed.commit("Go on", &[Edit::Write("src/lib.rs", b"fn two() {}\n")]);
    bed
}

/// A judge that rejects for one error in line 1 of `src/lib.rs`.
fn faultfinder() -> Vec<u8> {
    let place = Location {
        side: Side::Head,
        path: "src/lib.rs".into(),
        start_line: 1,
        end_line: 1,
    };
    let finding = Finding {
        rule: "guest/rule".into(),
        severity: Severity::Error,
        message: "Two is one too many.".into(),
        location: Some(place),
        suggestion: Some("Call it one.".into()),
    };
    guests::saying(&Opinion {
        vote: Vote::Reject,
        findings: vec![finding],
        rationale: "I counted.".into(),
    })
}

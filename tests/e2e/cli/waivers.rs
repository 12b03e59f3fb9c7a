//! Waivers, working specs and documents around a review: who may excuse what, until when, and what of it is recorded.

use std::fs;

use assize::app::{App, ReviewRequest, Subject, TrustFiles};
use assize::clock::Clock;
use assize_tests::bed::{Bed, Edit};

use super::ASSIZE;

const UNFINISHED: &[u8] = b"pub fn later() {\n    todo!()\n}\n";
const PATH: &str = ".assize/waivers/WV-0001.toml";
/// 2026-11-20T12:00:00Z.
const NOON: i64 = 1_795_176_000;

fn waiver(change: impl Fn(String) -> String) -> String {
    change(
        "id = \"WV-0001\"\nrule = \"technical/placeholder\"\npaths = [\"src/legacy/**\"]\nreason = \"legacy_integration\"\n\
         description = \"The old importer stays as it is until the new one has replaced it everywhere.\"\n\
         mitigation = \"It runs behind a switch.\"\nowner = \"dana\"\ncreated = 2026-11-01\nexpires = 2026-11-20\n\
         [[approvers]]\nhandle = \"alice\"\napproved_at = 2026-11-02\n"
            .to_owned(),
    )
}

/// A bed with a waiver in its base and a change that needs it.
fn bed(waiver: &str) -> Bed {
    let bed = Bed::new(ASSIZE);
    bed.commit("Begin", &[Edit::Write("src/lib.rs", b"pub mod legacy;\n")]);
    bed.commit("Excuse the importer", &[Edit::Write(PATH, waiver.as_bytes())]);
    bed.commit("Import", &[Edit::Write("src/legacy/mod.rs", UNFINISHED)]);
    bed
}

fn app(bed: &Bed, seconds: i64) -> App {
    App::at(bed.repository(), bed.home(), Clock::Fixed(seconds), "tester".into())
}

fn review(bed: &Bed, seconds: i64) -> (&'static str, bool) {
    let request = ReviewRequest {
        subject: Subject::Revision("HEAD"),
        council: None,
        policy: None,
        documents: &[],
        record: true,
        wanted: assize::app::Wanted::default(),
    };
    let view = app(bed, seconds).review(request, &mut |_| ()).expect("reviewed");
    let findings = view.opinions.iter().flat_map(|opinion| &opinion.findings);
    let is_waived = findings
        .into_iter()
        .any(|finding| finding.rule == "technical/placeholder" && finding.waived.as_deref() == Some("WV-0001"));
    (view.verdict, is_waived)
}

fn check(bed: &Bed, seconds: i64) -> &'static str {
    let files = TrustFiles {
        keys: &[],
        allowed_signers: &[],
        pin: None,
        witnesses: &[],
    };
    app(bed, seconds)
        .audit_check("HEAD", None, files)
        .expect("checked")
        .answer
}

#[test]
fn a_waiver_of_the_base_excuses_its_rule_in_its_place() {
    let bed = bed(&waiver(|text| text));
    assert_eq!(review(&bed, NOON), ("approved", true));
    assert_eq!(check(&bed, NOON), "approved");
    bed.commit("Elsewhere", &[Edit::Write("src/new.rs", UNFINISHED)]);
    assert_eq!(review(&bed, NOON), ("rejected", false));
}

/// Expired between the review and the check: the verdict no longer stands for the change.
#[test]
fn a_waiver_that_expires_between_review_and_check_blocks() {
    let bed = bed(&waiver(|text| text));
    let last = NOON + 12 * 3600 - 1;
    assert_eq!(review(&bed, last), ("approved", true));
    assert_eq!(check(&bed, last), "approved");
    assert_eq!(check(&bed, last + 1), "no verdict");
    assert_eq!(review(&bed, last + 1), ("rejected", false));
    assert_eq!(check(&bed, last + 1), "rejected");
}

#[test]
fn a_waiver_that_was_not_properly_approved_excuses_nothing() {
    type Rewrite = fn(String) -> String;
    let changes: [(&str, Rewrite); 6] = [
        ("approved by the author of the change", |text| {
            text.replace("alice", "test@example.org")
        }),
        ("approved by its owner", |text| text.replace("alice", "dana")),
        ("approved by nobody", |text| {
            text[..text.find("[[approvers]]").expect("there")].to_owned()
        }),
        ("proposed", |text| {
            text.replace("owner =", "status = \"proposed\"\nowner =")
        }),
        ("revoked", |text| {
            text.replace("owner =", "status = \"revoked\"\nowner =")
        }),
        ("over-broad", |text| text.replace("src/legacy/**", "**")),
    ];
    for (what, change) in changes {
        assert_eq!(review(&bed(&waiver(change)), NOON), ("rejected", false), "{what}");
    }
}

/// A change cannot bring the waiver that it needs.
#[test]
fn a_waiver_that_comes_with_the_change_excuses_nothing() {
    let bed = Bed::new(ASSIZE);
    bed.commit("Begin", &[Edit::Write("src/lib.rs", b"pub mod legacy;\n")]);
    bed.commit(
        "Import",
        &[
            Edit::Write("src/legacy/mod.rs", UNFINISHED),
            Edit::Write(PATH, waiver(|text| text).as_bytes()),
        ],
    );
    assert_eq!(review(&bed, NOON), ("rejected", false));
}

/// The tier of a spec decides the budget, but a change cannot give itself a looser one.
#[test]
fn a_change_cannot_loosen_its_own_tier() {
    let spec = |tier: u8| format!("id = \"F-1\"\ntitle = \"T\"\nmode = \"feature\"\nrisk_tier = {tier}\n");
    let tier =
        |bed: &Bed| bed.assize(&["review", "--no-record", "--format", "json"]).json()["case"]["policy"]["tier"].clone();
    let bed = Bed::new(ASSIZE);
    bed.commit("Begin", &[Edit::Write("a", b"1\n")]);
    assert_eq!(tier(&bed), 2);
    bed.commit("Loosen", &[Edit::Write(".assize/spec.toml", spec(3).as_bytes())]);
    assert_eq!(tier(&bed), 2, "the base says nothing of tier 3");
    bed.commit("Use it", &[Edit::Write("a", b"2\n")]);
    assert_eq!(tier(&bed), 3, "the base says so too");
    bed.commit("Tighten", &[Edit::Write(".assize/spec.toml", spec(1).as_bytes())]);
    assert_eq!(tier(&bed), 1, "stricter holds at once");
}

#[test]
fn documents_are_part_of_the_case_and_found_again() {
    let bed = Bed::new(ASSIZE);
    bed.commit("Begin", &[Edit::Write("a", b"1\n")]);
    let report = bed.beside("report.xml");
    fs::write(
        &report,
        "<testsuite name=\"all\" tests=\"1\"><testcase name=\"works\"/></testsuite>",
    )
    .expect("written");
    let given = format!("tests={}", report.display());
    let with = bed
        .assize(&["review", "--document", &given, "--format", "json"])
        .expect(0)
        .json();
    let without = bed
        .assize(&["review", "--no-record", "--format", "json"])
        .expect(0)
        .json();
    assert_ne!(with["case"]["digest"], without["case"]["digest"]);
    let _ = bed.assize(&["audit", "check"]).expect(0);
    let _ = bed.assize(&["audit", "verify"]).expect(0);
    for (given, word) in [
        ("tests", "NAME=FILE"),
        ("Tests=x", "no name of a document"),
        ("a=/nowhere", "no file"),
    ] {
        let run = bed.assize(&["review", "--document", given]).expect(2);
        assert!(run.stderr.contains(word), "{given}: {}", run.stderr);
    }
    let twice = bed
        .assize(&["review", "--document", &given, "--document", &given])
        .expect(2);
    assert!(twice.stderr.contains("twice"), "{}", twice.stderr);
}

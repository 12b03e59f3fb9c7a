//! What an auditor asks besides: which verdicts depended on something, only what is new, and which claims must hold.

use assize_provenance::digest::Digest;
use assize_provenance::opinion::Vote;
use assize_tests::bed::{Bed, Edit};
use assize_tests::{guests, person, seats};
use serde_json::Value;

use super::{claim, waiting};

fn affected(bed: &Bed, flag: &str, value: &str, code: i32) -> Value {
    bed.assize(&["audit", "affected", flag, value, "--format", "json"])
        .expect(code)
        .json()
}

#[test]
fn verdicts_are_found_by_what_they_depended_on() {
    let bed = waiting(&[("one", Vote::Approve), ("two", Vote::Reject)]);
    let _ = bed.assize(&["review"]).expect(1);
    let rejected = person::rejected(&bed);
    person::ask(&bed, &person::overruling(&rejected, "Dana", "It is right.")).expect("signed");
    let appoint = seats::appoint(&bed, &[("one", &guests::voting(Vote::Approve))]);
    assert!(!appoint.is_zero());
    bed.commit("Go on", &[Edit::Write("number", b"2\n")]);
    let _ = bed.assize(&["review"]).expect(0);

    let of = |vote| Digest::of(&guests::voting(vote)).to_string();
    let view = affected(&bed, "--component", &of(Vote::Approve), 1);
    assert_eq!(view["looked_at"], 2);
    assert_eq!(view["verdicts"].as_array().map(Vec::len), Some(2));
    assert_eq!(view["verdicts"][0]["judges"], serde_json::json!(["one"]));
    let view = affected(&bed, "--component", &of(Vote::Reject)[..8], 1);
    assert_eq!(view["verdicts"].as_array().map(Vec::len), Some(1));
    assert_eq!(view["verdicts"][0]["outcome"], "rejected");
    assert!(view["verdicts"][0]["overridden"].is_string(), "{view}");
    let policy = Digest::of(seats::policy_text(&["one"], 1, "unanimous").as_bytes());
    let view = affected(&bed, "--policy", &policy.to_string(), 1);
    assert_eq!(view["verdicts"].as_array().map(Vec::len), Some(1));
    assert_eq!(view["verdicts"][0]["outcome"], "approved");
    let view = affected(&bed, "--runtime", env!("CARGO_PKG_VERSION"), 1);
    assert_eq!(view["verdicts"].as_array().map(Vec::len), Some(2));
    assert_eq!(
        affected(&bed, "--runtime", "9.9.9", 0)["verdicts"],
        serde_json::json!([])
    );
    let human = bed
        .assize(&["audit", "affected", "--runtime", "9.9.9"])
        .expect(0)
        .stdout;
    assert!(
        human.contains("0 of 2 verdicts depended on the runtime 9.9.9"),
        "{human}"
    );
    for wrong in ["1234567", "xyzxyzxyz", ""] {
        let _ = bed.assize(&["audit", "affected", "--component", wrong]).expect(2);
    }
    let _ = bed.assize(&["audit", "affected"]).expect(2);
}

#[test]
fn claims_can_be_required_besides() {
    let bed = waiting(&[("one", Vote::Approve)]);
    let _ = bed.assize(&["review"]).expect(0);
    let verify = |arguments: &[&str], code| {
        let all = [["audit", "verify", "--format", "json"].as_slice(), arguments].concat();
        bed.assize(&all).expect(code)
    };
    let view = verify(&["--require", "completeness", "--require", "freshness"], 0).json();
    assert_eq!(claim(&view, "freshness")["required"], true);
    let view = verify(&["--require", "replay"], 3).json();
    assert_eq!(view["standing"], "not checkable");
    assert!(view["why"].as_str().expect("why").contains("replay"), "{view}");
    let _ = verify(&["--require", "replay", "--replay"], 0);
    let refused = bed.assize(&["audit", "verify", "--require", "truth"]).expect(2);
    assert!(
        refused.stderr.contains("completeness"),
        "the claims are named: {refused:?}"
    );
}

#[test]
fn only_what_is_new_is_verified_where_the_rest_was_proved_here() {
    let bed = waiting(&[("one", Vote::Approve)]);
    let _ = bed.assize(&["review"]).expect(0);
    let since = |since: &str| {
        bed.assize(&["audit", "verify", "--since", since, "--format", "json"])
            .expect(0)
            .json()
    };
    bed.commit("Go on", &[Edit::Write("number", b"2\n")]);
    let _ = bed.assize(&["review"]).expect(0);
    let view = since("3");
    assert_eq!(
        (&view["logs"][0]["since"], &view["logs"][0]["entries"]),
        (&3.into(), &6.into())
    );
    assert_eq!(claim(&view, "integrity")["standing"], "proved");
    let list = bed.assize(&["audit", "log", "--format", "json"]).expect(0).json();
    let newest = list["entries"][0]["id"].as_str().expect("an id");
    assert_eq!(since(newest)["logs"][0]["since"], 5);
    // More than was ever seen here: all of it is verified.
    assert_eq!(since("7")["logs"][0]["since"], 0);
    let stranger = bed.command(&["audit", "verify", "--since", "3", "--format", "json"]);
    let mut stranger = stranger;
    let signers = bed.beside("signers");
    let keys = bed
        .assize(&["key", "list", "--format", "allowed-signers"])
        .expect(0)
        .stdout;
    std::fs::write(&signers, keys).expect("a file");
    stranger
        .args(["--allowed-signers", &signers.to_string_lossy()])
        .env("ASSIZE_HOME", bed.beside("another-home"));
    let run = assize_tests::bed::ran(&stranger.output().expect("starts")).expect(0);
    assert_eq!(run.json()["logs"][0]["since"], 0, "{run:?}");
    let _ = bed.assize(&["audit", "verify", "--since", "nothing"]).expect(2);
}

#[test]
fn what_was_verified_last_is_not_verified_again_and_the_report_says_so() {
    let bed = waiting(&[("one", Vote::Approve)]);
    let _ = bed.assize(&["review"]).expect(0);
    let last = |arguments: &[&str], code| {
        let all = [
            ["audit", "verify", "--since", "last", "--format", "json"].as_slice(),
            arguments,
        ]
        .concat();
        bed.assize(&all).expect(code).json()
    };
    let first = last(&[], 0);
    assert_eq!(first["logs"][0]["since"], 0);
    assert!(
        first["notes"][0].as_str().expect("a note").contains("verified whole"),
        "{first}"
    );
    bed.commit("Go on", &[Edit::Write("number", b"2\n")]);
    let _ = bed.assize(&["review"]).expect(0);
    let again = last(&[], 0);
    let entries = |view: &Value| (view["logs"][0]["since"].clone(), view["logs"][0]["entries"].clone());
    assert_eq!(entries(&again), (3.into(), 6.into()));
    let note = again["notes"][0].as_str().expect("a note");
    assert!(note.starts_with("The first 3 entries of log "), "{note}");
    assert_eq!(entries(&last(&[], 0)), (6.into(), 6.into()));
    // Without asking for it, everything is verified.
    let whole = bed.assize(&["audit", "verify", "--format", "json"]).expect(0).json();
    assert_eq!(entries(&whole), (0.into(), 6.into()));
    // For somebody with another trust nothing was verified.
    let signers = bed.beside("signers");
    let _ = bed.assize(&["key", "new", "--role", "person"]).expect(0);
    assert_eq!(entries(&last(&[], 0)), (0.into(), 6.into()));
    let keys = bed
        .assize(&["key", "list", "--format", "allowed-signers"])
        .expect(0)
        .stdout;
    std::fs::write(&signers, keys).expect("a file");
    assert_eq!(
        entries(&last(&["--allowed-signers", &signers.to_string_lossy()], 0)),
        (6.into(), 6.into())
    );
    // A memory that is damaged counts for nothing; one that goes back makes the log no other.
    let folder = bed.home().join("seen/verified");
    let memory = std::fs::read_dir(&folder)
        .expect("a folder")
        .map(|file| file.expect("a file").path());
    let memory = memory.filter(|path| path.extension().is_some_and(|name| name == "json"));
    for path in memory {
        std::fs::write(path, "{}").expect("a file");
    }
    assert_eq!(entries(&last(&[], 0)), (0.into(), 6.into()));
}

//! Verdicts that reproduce.

use assize_provenance::opinion::Vote;
use assize_tests::bed::Edit;
use assize_tests::false_host::{self, Lie};
use assize_tests::scene::Scene;
use assize_tests::{guests, person, seats};

use super::{ASSIZE, claim, replayed, verified, waiting};

/// The shipped judges under the shipped policy: three approvals, one rejection.
#[test]
fn every_verdict_of_the_shipped_council_is_reached_again_byte_for_byte() {
    let scene = Scene::of(ASSIZE);
    let bed = scene.bed();
    let view = replayed(bed, &[], 0);
    assert_eq!(view["schema"], "assize.replay/1");
    let verdicts = view["verdicts"].as_array().expect("verdicts");
    assert_eq!(verdicts.len(), 4);
    for verdict in verdicts {
        assert_eq!(verdict["standing"], "same", "{verdict}");
        assert_eq!(verdict["opinions"].as_array().map(Vec::len), Some(4));
    }
    let view = verified(bed, 0);
    assert_eq!(claim(&view, "replay")["standing"], "proved");
    // Not asked for, it stays open.
    let view = bed.assize(&["audit", "verify", "--format", "json"]).expect(0).json();
    assert_eq!(claim(&view, "replay")["standing"], "not checkable");
    let human = bed.assize(&["audit", "replay"]).expect(0).stdout;
    assert!(human.contains("rejected by council default"), "{human}");
}

/// Whoever has a clone and no home reaches the same.
#[test]
fn somebody_else_reaches_them_in_a_bare_clone_without_keys() {
    let scene = Scene::of(ASSIZE);
    let bed = scene.bed();
    let bare = bed.beside("bare");
    let mut builder = git2::build::RepoBuilder::new();
    let source = bed.repository().join(".git").display().to_string();
    let clone = builder.bare(true).clone(&source, &bare).expect("a clone");
    let mut remote = clone.remote_anonymous(&source).expect("a remote");
    remote
        .fetch(&["refs/assize/*:refs/assize/*"], None, None)
        .expect("the chain is fetched");
    let run = bed
        .command(&["audit", "replay", "-C", &bare.display().to_string()])
        .env("ASSIZE_HOME", bed.beside("another-home"))
        .output()
        .expect("starts");
    assert!(run.status.success(), "{run:?}");
    assert!(!bed.beside("another-home").exists(), "reading makes nothing");
}

#[test]
fn one_entry_of_a_case_names_it() {
    let bed = waiting(&[("one", Vote::Approve), ("two", Vote::Abstain)]);
    let _ = bed.assize(&["review"]).expect(0);
    bed.commit("Go on", &[Edit::Write("number", b"2\n")]);
    let _ = bed.assize(&["review"]).expect(0);
    let list = bed.assize(&["audit", "log", "--format", "json"]).expect(0).json();
    for entry in list["entries"].as_array().expect("entries") {
        let id = entry["id"].as_str().expect("an id");
        let view = replayed(&bed, &[id], 0);
        let verdicts = view["verdicts"].as_array().expect("verdicts");
        assert_eq!(verdicts.len(), 1);
        assert_eq!(verdicts[0]["head"], entry["head"]);
    }
    let _ = bed.assize(&["audit", "replay", "ffffffffffff"]).expect(2);
}

/// A root commit, judges that trap or are none, and a judge whose findings policy excuses.
#[test]
fn missing_opinions_are_reached_again_too() {
    let bed = waiting(&[("one", Vote::Approve)]);
    let trap = guests::judge("unreachable");
    seats::appoint(
        &bed,
        &[
            ("trap", &trap),
            ("none", b"no component"),
            ("one", &guests::voting(Vote::Approve)),
        ],
    );
    bed.commit("Go on", &[Edit::Write("number", b"3\n")]);
    let _ = bed.assize(&["review"]).expect(3);
    let view = replayed(&bed, &[], 0);
    assert_eq!(view["verdicts"][0]["outcome"], "undecided");
}

/// An override changes nothing of what the council said.
#[test]
fn an_overridden_verdict_is_still_reached_again() {
    let bed = waiting(&[("one", Vote::Reject)]);
    let _ = bed.assize(&["review"]).expect(1);
    let rejected = person::rejected(&bed);
    person::ask(&bed, &person::overruling(&rejected, "Dana", "It is right.")).expect("signed");
    let _ = replayed(&bed, &[], 0);
    assert_eq!(claim(&verified(&bed, 0), "replay")["standing"], "proved");
}

/// The liar of the other tests, telling the truth.
#[test]
fn a_host_that_does_not_lie_is_not_refuted() {
    let bed = waiting(&[("one", Vote::Approve), ("two", Vote::Reject)]);
    let _ = false_host::record(&bed, &Lie::NONE);
    assert_eq!(claim(&verified(&bed, 0), "replay")["standing"], "proved");
}

//! What is not here is not checkable: neither proved nor anybody's fault.

use std::fs;

use assize_provenance::opinion::Vote;
use assize_tests::bed::{Bed, Edit};
use assize_tests::{guests, records, seats};
use git2::{ObjectType, Repository};

use super::{claim, replayed, verified, waiting};

/// The position of the first entry of a kind.
fn entry_of(bed: &Bed, kind: &str) -> String {
    let list = bed.assize(&["audit", "log", "--format", "json"]).expect(0).json();
    let entries = list["entries"].as_array().expect("entries").clone();
    let mut found = entries.iter().rev().filter(|entry| entry["kind"] == kind);
    found.next().expect("an entry")["id"]
        .as_str()
        .expect("an id")
        .to_owned()
}

/// Whether any object that a ref of the repository leads to holds these bytes.
fn is_reachable(bed: &Bed, bytes: &[u8]) -> bool {
    let taken = assize_tests::forgery::take(&bed.repository().join(".git"));
    taken
        .objects
        .values()
        .any(|object| object.bytes.windows(bytes.len()).any(|window| window == bytes))
}

#[test]
fn an_opinion_that_was_erased_leaves_every_proof_whole_and_nothing_to_guess() {
    let bed = waiting(&[("one", Vote::Approve), ("two", Vote::Approve)]);
    let _ = bed.assize(&["review"]).expect(0);
    bed.commit("Go on", &[Edit::Write("number", b"2\n")]);
    let _ = bed.assize(&["review"]).expect(0);
    let before = records::evidence(&bed.repository());
    let (path, stored) = before
        .iter()
        .find(|(path, _)| path.starts_with("opinion/"))
        .expect("an opinion");
    let (salt, _) = stored.split_at(64);
    assert!(is_reachable(&bed, salt));
    let digest: String = path.split('/').skip(1).collect();
    let list = bed.assize(&["audit", "export", "--format", "json"]).expect(0).stdout;
    let line = list
        .lines()
        .find(|line| line.contains(&digest))
        .expect("an entry names the document");
    let entry: serde_json::Value = serde_json::from_str(line).expect("JSON");
    let id = entry["id"].as_str().expect("an id");

    let said = bed.assize(&["audit", "erase", id]).expect(0).stderr;
    assert!(said.contains("git gc --prune=now"), "{said}");
    assert!(!is_reachable(&bed, salt), "the salt is gone with the document");
    let after = records::evidence(&bed.repository());
    assert!(!after.contains_key(path));
    let mut kept: Vec<_> = after.keys().filter(|path| !path.starts_with("erased/")).collect();
    kept.retain(|path| before.contains_key(*path));
    assert_eq!(kept.len(), before.len() - 1, "nothing else is gone");

    let view = verified(&bed, 0);
    for name in ["integrity", "authenticity", "order", "quorum", "verdict"] {
        assert_eq!(claim(&view, name)["standing"], "proved");
    }
    for name in ["completeness", "replay"] {
        let claim = claim(&view, name);
        assert_eq!(claim["standing"], "not checkable");
        let reason = claim["reason"].as_str().expect("a reason");
        assert!(reason.contains("erased by"), "{reason}");
    }
    // The chain goes on, and what is new lies beside the mark.
    bed.commit("Go on", &[Edit::Write("number", b"3\n")]);
    let _ = bed.assize(&["review"]).expect(0);
    let again = bed.assize(&["audit", "erase", id]).expect(2);
    assert!(again.stderr.contains("no document"), "{again:?}");
    assert_eq!(claim(&verified(&bed, 0), "integrity")["standing"], "proved");
    assert!(
        records::evidence(&bed.repository())
            .keys()
            .any(|path| path.starts_with("erased/"))
    );
}

/// The same words twice: nobody can tell from the entries that they are the same.
#[test]
fn the_same_opinion_twice_has_two_digests() {
    let bed = waiting(&[("one", Vote::Approve)]);
    let _ = bed.assize(&["review"]).expect(0);
    let _ = bed.assize(&["review"]).expect(0);
    let opinions: Vec<_> = records::evidence(&bed.repository())
        .into_iter()
        .filter(|(path, _)| path.starts_with("opinion/"))
        .collect();
    assert_eq!(opinions.len(), 2);
    assert_eq!(opinions[0].1[65..], opinions[1].1[65..]);
    let _ = replayed(&bed, &[], 0);
}

#[test]
fn what_has_no_document_cannot_be_erased() {
    let bed = waiting(&[("one", Vote::Approve)]);
    let _ = bed.assize(&["review"]).expect(0);
    let refused = bed.assize(&["audit", "erase", &entry_of(&bed, "verdict")]).expect(2);
    assert!(refused.stderr.contains("without a document"), "{refused:?}");
    // The list of what changed can go; it is found again from the commits.
    let _ = bed.assize(&["audit", "erase", &entry_of(&bed, "case")]).expect(0);
    let _ = replayed(&bed, &[], 0);
    assert_eq!(claim(&verified(&bed, 0), "completeness")["standing"], "not checkable");
}

/// Without the evidence, what the entry says is compared, and is not enough for a proof.
#[test]
fn without_the_evidence_an_opinion_is_not_checkable() {
    let bed = waiting(&[("one", Vote::Reject)]);
    let _ = bed.assize(&["review"]).expect(1);
    let repository = Repository::open(bed.repository()).expect("the repository opens");
    for reference in repository.references_glob("refs/assize/v1/evidence/*").expect("refs") {
        reference.expect("a ref").delete().expect("the ref goes");
    }
    let view = replayed(&bed, &[], 3);
    let opinion = &view["verdicts"][0]["opinions"][0];
    assert_eq!(opinion["standing"], "not checkable");
    assert!(
        opinion["why"].as_str().expect("why").contains("is the same"),
        "{opinion}"
    );
}

/// A commit that is not here: a shallow or partial clone, or one that was pruned.
#[test]
fn a_case_whose_commit_is_gone_is_not_checkable() {
    let bed = waiting(&[("one", Vote::Approve)]);
    let _ = bed.assize(&["review"]).expect(0);
    let repository = Repository::open(bed.repository()).expect("the repository opens");
    let head = repository
        .head()
        .and_then(|head| head.peel_to_commit())
        .expect("a commit");
    let blob = head.tree().expect("a tree").get_name("number").expect("a file").id();
    assert_eq!(
        repository.odb().expect("objects").read_header(blob).expect("there").1,
        ObjectType::Blob
    );
    let hex = blob.to_string();
    let (folder, file) = hex.split_at(2);
    let path = bed.repository().join(".git/objects").join(folder).join(file);
    fs::remove_file(path).expect("a loose object");
    let view = replayed(&bed, &[], 3);
    let case = &view["verdicts"][0]["case"];
    assert_eq!(case["standing"], "not checkable", "{view}");
}

/// A document that somebody gave stays with whoever has it.
#[test]
fn a_document_that_was_given_is_given_again() {
    let bed = waiting(&[("one", Vote::Approve)]);
    let report = bed.beside("report.xml");
    fs::write(&report, "<testsuite/>").expect("a file");
    let path = report.display().to_string();
    let _ = bed
        .assize(&["review", "--document", &format!("tests={path}")])
        .expect(0);
    let view = replayed(&bed, &[], 3);
    let why = view["verdicts"][0]["opinions"][0]["why"]
        .as_str()
        .expect("why")
        .to_owned();
    assert!(why.contains("--document FILE"), "{why}");
    let _ = replayed(&bed, &["--document", &path], 0);
    let _ = bed
        .assize(&[
            "audit",
            "verify",
            "--replay",
            "--document",
            &path,
            "--require",
            "replay",
        ])
        .expect(0);
}

/// A policy that was given by hand.
#[test]
fn a_policy_that_was_given_is_given_again() {
    let bed = waiting(&[("one", Vote::Approve)]);
    let policy = bed.beside("policy.toml");
    fs::write(&policy, seats::policy_text(&["one"], 1, "majority")).expect("a file");
    let path = policy.display().to_string();
    let _ = bed.assize(&["review", "--policy", &path]).expect(0);
    let view = replayed(&bed, &[], 3);
    let why = view["verdicts"][0]["case"]["why"].as_str().expect("why").to_owned();
    assert!(why.contains("--policy FILE"), "{why}");
    let _ = replayed(&bed, &["--policy", &path], 0);
}

/// A judge of the base that was replaced since is still asked as it was.
#[test]
fn judges_are_those_of_the_base_and_not_of_today() {
    let bed = waiting(&[("one", Vote::Approve)]);
    let _ = bed.assize(&["review"]).expect(0);
    seats::appoint(&bed, &[("one", &guests::voting(Vote::Reject))]);
    let _ = bed.assize(&["review"]).expect(0);
    bed.commit("Go on", &[Edit::Write("number", b"9\n")]);
    let _ = bed.assize(&["review"]).expect(1);
    let view = replayed(&bed, &[], 0);
    assert_eq!(view["verdicts"].as_array().map(Vec::len), Some(3));
}

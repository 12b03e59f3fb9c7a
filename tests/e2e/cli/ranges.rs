//! What a revision compares with what.

use assize_provenance::opinion::Vote;
use assize_tests::bed::{Bed, Edit};
use git2::{Oid, Repository};
use serde_json::Value;

use super::bed_with;

/// Two branches from one commit, and their merge.
struct Fork {
    bed: Bed,
    fork: Oid,
    left: Oid,
    right: Oid,
    merge: Oid,
}

/// `left` adds two files, `right` adds one; `main` is the merge of both, whose first parent is `left`.
fn fork() -> Fork {
    let bed = bed_with(Vote::Approve);
    let repository = Repository::open(bed.repository()).expect("the repository opens");
    let fork = repository.head().expect("a head").target().expect("a commit");
    let left = bed.commit("Left", &[Edit::Write("left-1", b"1\n"), Edit::Write("left-2", b"2\n")]);
    repository
        .reference("refs/heads/left", left, false, "")
        .expect("a branch");
    let base = repository.find_object(fork, None).expect("a commit");
    repository
        .reset(&base, git2::ResetType::Hard, None)
        .expect("back to the fork");
    let right = bed.commit("Right", &[Edit::Write("right", b"3\n")]);
    repository
        .reference("refs/heads/right", right, false, "")
        .expect("a branch");
    let merge = merge(&repository, left, right);
    Fork {
        bed,
        fork,
        left,
        right,
        merge,
    }
}

fn merge(repository: &Repository, left: Oid, right: Oid) -> Oid {
    let commit = |id| repository.find_commit(id).expect("a commit");
    let mut index = repository
        .merge_commits(&commit(left), &commit(right), None)
        .expect("they merge");
    let tree = repository
        .find_tree(index.write_tree_to(repository).expect("a tree"))
        .expect("a tree");
    let author = commit(left).author().to_owned();
    let parents = [&commit(left), &commit(right)];
    let merge = repository
        .commit(None, &author, &author, "Merge", &tree, &parents)
        .expect("a commit");
    repository
        .reference("refs/heads/main", merge, true, "")
        .expect("main moves");
    merge
}

fn case(bed: &Bed, revision: &str) -> Value {
    bed.assize(&["review", revision, "--no-record", "--format", "json"])
        .expect(0)
        .json()["case"]
        .clone()
}

#[test]
fn each_form_compares_what_it_says() {
    let Fork {
        bed,
        fork,
        left,
        right,
        merge,
    } = fork();
    for (revision, base, head, files) in [
        ("HEAD", left, merge, 1),
        ("main", left, merge, 1),
        ("main^2", fork, right, 1),
        ("left", fork, left, 2),
        ("left..right", left, right, 3),
        ("left...right", fork, right, 1),
        ("right...left", fork, left, 2),
        ("right..", right, merge, 2),
        ("left..left", left, left, 0),
    ] {
        let case = case(&bed, revision);
        assert_eq!(case["base"], base.to_string(), "{revision}");
        assert_eq!(case["head"], head.to_string(), "{revision}");
        assert_eq!(case["files"], files, "{revision}");
    }
    let short = &merge.to_string()[..8];
    assert_eq!(case(&bed, short)["head"], merge.to_string());
}

/// A root commit has no base, so nothing in it can appoint its judges: the built-in policy holds.
#[test]
fn a_root_commit_is_compared_with_nothing() {
    let bed = bed_with(Vote::Approve);
    let run = bed.assize(&["review", "HEAD~2", "--no-record", "--format", "json"]);
    assert!((0..=3).contains(&run.code) && run.code != 2, "{run:?}");
    let review = run.json();
    assert_eq!(review["case"]["base"], Value::Null);
    assert_eq!(review["case"]["files"], 1);
    assert_eq!(review["case"]["policy"]["source"], "default");
    assert_eq!(review["opinions"].as_array().map(Vec::len), Some(4));
}

/// A change that brings its own policy and judges is judged by those of its base.
#[test]
fn a_change_does_not_choose_its_judges() {
    let bed = bed_with(Vote::Reject);
    let before = case_of_any(&bed);
    let yes = assize_tests::guests::voting(Vote::Approve);
    bed.commit("Be kind to me", &[Edit::Write("judges/guest.wasm", &yes)]);
    let run = bed.assize(&["review", "--format", "json"]).expect(1);
    assert_eq!(
        run.json()["opinions"][0]["component"],
        before["opinions"][0]["component"]
    );
    bed.commit("Go on", &[Edit::Write("src/lib.rs", b"fn three() {}\n")]);
    let _ = bed.assize(&["review"]).expect(0);
}

fn case_of_any(bed: &Bed) -> Value {
    bed.assize(&["review", "--format", "json"]).json()
}

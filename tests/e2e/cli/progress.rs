//! Work in progress: what is staged, what lies in the work tree, and that neither is ever recorded.

use std::fs;
use std::os::unix::fs::symlink;

use assize_tests::bed::{Bed, Edit};
use git2::Repository;
use serde_json::Value;

use super::ASSIZE;

const UNFINISHED: &[u8] = b"pub fn later() {\n    todo!()\n}\n";
const FINISHED: &[u8] = b"pub fn later() -> u32 {\n    7\n}\n";

fn bed() -> Bed {
    let bed = Bed::new(ASSIZE);
    bed.commit(
        "Begin",
        &[
            Edit::Write("src/lib.rs", b"pub mod deep;\n"),
            Edit::Write("src/deep/mod.rs", b"pub fn now() {}\n"),
            Edit::Write("notes", b"One.\n"),
        ],
    );
    bed
}

fn stage(bed: &Bed, path: &str) {
    let repository = Repository::open(bed.repository()).expect("opens");
    let mut index = repository.index().expect("an index");
    index.add_path(path.as_ref()).expect("staged");
    index.write().expect("written");
}

fn reviewed(bed: &Bed, flag: &str, code: i32) -> Value {
    bed.assize(&["review", flag, "--format", "json"]).expect(code).json()
}

fn found(view: &Value, rule: &str) -> bool {
    let opinions = view["opinions"].as_array().expect("opinions");
    let findings = opinions
        .iter()
        .flat_map(|opinion| opinion["findings"].as_array().into_iter().flatten());
    findings.into_iter().any(|finding| finding["rule"] == rule)
}

#[test]
fn what_is_staged_is_judged_and_not_what_lies_beside() {
    let bed = bed();
    fs::write(bed.repository().join("src/later.rs"), UNFINISHED).expect("written");
    stage(&bed, "src/later.rs");
    fs::write(bed.repository().join("src/later.rs"), FINISHED).expect("written");
    let staged = reviewed(&bed, "--staged", 1);
    assert!(found(&staged, "technical/placeholder"), "{staged:#}");
    assert_eq!(
        (&staged["entry"], &staged["case"]["files"]),
        (&Value::Null, &Value::from(1))
    );
    let lying = reviewed(&bed, "--worktree", 0);
    assert!(!found(&lying, "technical/placeholder"), "{lying:#}");
    stage(&bed, "src/later.rs");
    let _ = reviewed(&bed, "--staged", 0);
    assert!(
        !bed.repository().join(".git/assize").exists(),
        "work in progress was recorded"
    );
}

#[test]
fn the_work_tree_is_read_as_it_lies() {
    let bed = bed();
    let root = bed.repository();
    assert_eq!(reviewed(&bed, "--worktree", 0)["case"]["files"], 0);
    fs::remove_file(root.join("notes")).expect("gone");
    fs::write(root.join("src/deep/mod.rs"), UNFINISHED).expect("written");
    fs::write(root.join("untracked.rs"), UNFINISHED).expect("written");
    let view = reviewed(&bed, "--worktree", 1);
    assert_eq!(view["case"]["files"], 2, "{view:#}");
    assert!(found(&view, "technical/placeholder"), "{view:#}");
}

/// A folder of the work tree that became a link out of it is not followed.
#[test]
fn links_out_of_the_work_tree_are_not_followed() {
    let bed = bed();
    let outside = bed.beside("outside");
    fs::create_dir(&outside).expect("a folder");
    fs::write(outside.join("mod.rs"), UNFINISHED).expect("written");
    fs::remove_dir_all(bed.repository().join("src/deep")).expect("gone");
    symlink(&outside, bed.repository().join("src/deep")).expect("a link");
    let run = bed.assize(&["review", "--worktree"]);
    assert_ne!(run.code, 0, "{run:?}");
    assert!(!run.stdout.contains("todo"), "it was followed: {run:?}");
    assert!(!run.stderr.contains("bug in Assize"), "{run:?}");
}

#[test]
fn conflicts_and_bare_repositories_are_named() {
    let bed = bed();
    let repository = Repository::open(bed.repository()).expect("opens");
    let mut index = repository.index().expect("an index");
    let mut entry = index.get_path("notes".as_ref(), 0).expect("staged");
    index.remove_path("notes".as_ref()).expect("gone");
    for stage in [1_u16, 2, 3] {
        entry.flags = (entry.flags & !0x3000) | (stage << 12);
        index.add(&entry).expect("a side of a merge");
    }
    index.write().expect("written");
    let run = bed.assize(&["review", "--staged"]).expect(2);
    assert!(run.stderr.contains("`notes` is not merged yet"), "{}", run.stderr);
    let bare = bed.beside("bare");
    let _ = Repository::init_bare(&bare).expect("a bare repository");
    let run = bed
        .assize(&["-C", &bare.to_string_lossy(), "review", "--staged"])
        .expect(2);
    assert!(run.stderr.contains("bare repository"), "{}", run.stderr);
}

#[test]
fn a_first_commit_can_be_judged_before_it_is_made() {
    let bed = Bed::new(ASSIZE);
    fs::write(bed.repository().join("a.rs"), UNFINISHED).expect("written");
    stage(&bed, "a.rs");
    assert!(found(&reviewed(&bed, "--staged", 1), "technical/placeholder"));
}

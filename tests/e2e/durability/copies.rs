//! Copies and restored backups: whoever cannot be sure to hold the newest state starts a new log that cites the old one.

use std::collections::BTreeMap;
use std::fs;

use assize_tests::bed::Bed;
use assize_tests::records;
use assize_tests::snapshot::Snapshot;
use git2::{Oid, Repository};

use super::bed_of;

type Logs = BTreeMap<String, Vec<Vec<u8>>>;

fn logs(bed: &Bed) -> Logs {
    records::logs(&bed.repository())
}

fn review(bed: &Bed, revision: &str) {
    let _ = bed.assize(&["review", revision]).expect(0);
}

fn tip(repository: &Repository, name: &str) -> Oid {
    repository
        .find_reference(name)
        .expect("the ref")
        .target()
        .expect("a commit")
}

/// Insists on exactly one more log, that the old ones are what they were, and that the new one names them all.
fn started_anew(bed: &Bed, before: &Logs, when: &str) -> String {
    let after = logs(bed);
    let new: Vec<&String> = after.keys().filter(|name| !before.contains_key(*name)).collect();
    assert_eq!(new.len(), 1, "{when}: {:?} became {:?}", before.keys(), after.keys());
    for (name, lines) in before {
        assert_eq!(after.get(name), Some(lines), "{when}: log {name} changed");
    }
    let repository = Repository::open(bed.repository()).expect("the repository opens");
    let first = repository.find_commit(tip(&repository, new[0])).expect("a commit");
    assert_eq!(first.parent_count(), 0, "{when}: the new log has more than one commit");
    let message = first.message().expect("a message");
    for name in before.keys() {
        let id = name.rsplit('/').next().expect("a name");
        assert!(
            message.contains(id),
            "{when}: the new log does not cite {id}:\n{message}"
        );
    }
    new[0].clone()
}

/// Insists that the next review continues this log and starts none.
fn goes_on(bed: &Bed, log: &str, when: &str) {
    let before = logs(bed);
    review(bed, "HEAD~1");
    let after = logs(bed);
    assert_eq!(
        before.keys().collect::<Vec<_>>(),
        after.keys().collect::<Vec<_>>(),
        "{when}"
    );
    assert!(
        after[log].starts_with(&before[log]) && after[log].len() > before[log].len(),
        "{when}"
    );
}

/// A copy of the whole folder is another clone of the same user: both go on, each with its own log.
#[test]
fn a_copied_repository_starts_its_own_log() {
    let bed = bed_of(3);
    review(&bed, "HEAD~2");
    let old = logs(&bed);
    let own = old.keys().next().expect("a log").clone();
    let copy = bed.with_repository("copy");
    Snapshot::of(&bed.repository()).write_to(&copy.repository());
    review(&copy, "HEAD");
    let new = started_anew(&copy, &old, "in the copy");
    goes_on(&copy, &new, "in the copy");
    goes_on(&bed, &own, "in the original");
    for (bed, which) in [(&bed, "the original"), (&copy, "the copy")] {
        let verified = bed.assize(&["audit", "verify"]);
        assert_eq!(verified.code, 0, "{which}: {verified:?}");
    }
}

/// An older state of the same folder went back, which this user's memory knows and `verify` says.
#[test]
fn a_restored_backup_starts_a_new_log() {
    let bed = bed_of(3);
    review(&bed, "HEAD~2");
    let backup = Snapshot::of(&bed.repository());
    review(&bed, "HEAD~1");
    backup.restore();
    let old = logs(&bed);
    let verified = bed.assize(&["audit", "verify"]).expect(1);
    assert!(verified.stdout.contains("freshness"), "{}", verified.stdout);
    review(&bed, "HEAD");
    let new = started_anew(&bed, &old, "after the restore");
    goes_on(&bed, &new, "after the restore");
    let _ = bed.assize(&["audit", "verify"]).expect(1);
}

/// Somebody moved the ref back, forward to a stranger, or took it away.
#[test]
fn a_moved_ref_is_not_written_on() {
    for which in ["back", "elsewhere", "away"] {
        let bed = bed_of(4);
        review(&bed, "HEAD~3");
        review(&bed, "HEAD~2");
        let name = logs(&bed).into_keys().next().expect("a log");
        let repository = Repository::open(bed.repository()).expect("the repository opens");
        let commit = repository.find_commit(tip(&repository, &name)).expect("a commit");
        match which {
            "back" => drop(
                repository
                    .reference(&name, commit.parent_id(0).expect("a parent"), true, "")
                    .expect("moved"),
            ),
            "elsewhere" => {
                let head = tip(&repository, "refs/heads/main");
                drop(repository.reference(&name, head, true, "").expect("moved"));
            }
            _ => repository
                .find_reference(&name)
                .expect("the ref")
                .delete()
                .expect("deleted"),
        }
        let verified = bed.assize(&["audit", "verify"]);
        assert_eq!(verified.code, 1, "{which}: {verified:?}");
        let run = bed.assize(&["review"]).expect(0);
        assert!(run.stderr.contains("a new log is started"), "{which}: {}", run.stderr);
        let logs = repository
            .references_glob("refs/assize/v1/log/*")
            .expect("refs")
            .count();
        assert_eq!(logs, if which == "away" { 1 } else { 2 }, "{which}");
        let again = bed.assize(&["review", "HEAD~1"]).expect(0);
        assert!(
            !again.stderr.contains("a new log is started"),
            "{which}: {}",
            again.stderr
        );
    }
}

/// Without its memory nobody can tell whether a clone is the newest.
#[test]
fn a_lost_memory_starts_a_new_log() {
    let bed = bed_of(3);
    review(&bed, "HEAD~2");
    let old = logs(&bed);
    fs::remove_dir_all(bed.home().join("seen")).expect("the memory goes");
    review(&bed, "HEAD");
    let new = started_anew(&bed, &old, "without a memory");
    goes_on(&bed, &new, "without a memory");
    let verified = bed.assize(&["audit", "verify"]);
    assert_eq!(verified.code, 0, "{verified:?}");
}

/// A log belongs to its keys.
#[test]
fn new_keys_start_a_new_log() {
    let bed = bed_of(3);
    review(&bed, "HEAD~2");
    let old = logs(&bed);
    let _ = bed.assize(&["key", "new"]).expect(0);
    review(&bed, "HEAD");
    let new = started_anew(&bed, &old, "with new keys");
    goes_on(&bed, &new, "with new keys");
    let verified = bed.assize(&["audit", "verify"]);
    assert_eq!(verified.code, 0, "{verified:?}");
}

//! Landing on branches, checked out or not, with and without a kill on the way.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use assize_provenance::reader::ObjectId;

use super::Bed;
use crate::repository::landing::{LandError, WorkTreeError, finish, land};
use crate::repository::{Repository, WriteError};

const MAIN: &str = "refs/heads/main";

fn state(bed: &Bed) -> PathBuf {
    bed.path("work/.git/assize")
}

/// Two commits after each other: the branch is at the first one, and the second one lies ready.
fn ready(bed: &Bed) -> (ObjectId, ObjectId) {
    for (name, contents) in [
        ("a", "1\n"),
        ("gone/b", "1\n"),
        ("turns", "a file\n"),
        ("dir/inner/c", "1\n"),
    ] {
        bed.write(name, contents);
    }
    let old = bed.commit("unchanged", "1\n");
    bed.write("a", "2\n");
    fs::remove_dir_all(bed.path("work/gone")).unwrap();
    fs::remove_file(bed.path("work/turns")).unwrap();
    bed.write("turns/now", "a folder\n");
    fs::remove_dir_all(bed.path("work/dir")).unwrap();
    bed.write("dir", "now a file\n");
    symlink("a", bed.path("work/link")).unwrap();
    let new = bed.commit("new/file", "1\n");
    bed.git("work", &["reset", "-q", "--hard", &old.to_string()]);
    (old, new)
}

fn landed(repository: &Repository, bed: &Bed, old: ObjectId, new: ObjectId) -> Result<(), LandError<()>> {
    land(repository, &state(bed), MAIN, old, new, || Ok(()))
}

fn is_clean(bed: &Bed, folder: &str) {
    assert_eq!(bed.git(folder, &["status", "--porcelain"]), "");
    // Once more without what git remembers of files.
    bed.git(folder, &["update-index", "--really-refresh"]);
    assert_eq!(bed.git(folder, &["diff", "HEAD", "--stat"]), "");
    bed.git(folder, &["fsck", "--strict"]);
}

#[test]
fn a_clean_work_tree_follows_its_branch() {
    let Some(bed) = Bed::new() else { return };
    let (old, new) = ready(&bed);
    let repository = bed.open("work").unwrap();
    bed.write("untracked", "mine\n");
    landed(&repository, &bed, old, new).unwrap();
    assert_eq!(bed.id(MAIN), new);
    assert_eq!(bed.git("work", &["status", "--porcelain"]), "?? untracked");
    fs::remove_file(bed.path("work/untracked")).unwrap();
    is_clean(&bed, "work");
    assert!(!bed.path("work/gone").exists() && !bed.path("work/.git/index.lock").exists());
    assert_eq!(fs::read_dir(state(&bed).join("landings")).unwrap().count(), 0);
}

#[test]
fn a_branch_that_is_not_checked_out_moves_alone() {
    let Some(bed) = Bed::new() else { return };
    let (old, new) = ready(&bed);
    bed.git("work", &["checkout", "-q", "-b", "other"]);
    bed.write("a", "changed\n");
    let repository = bed.open("work").unwrap();
    landed(&repository, &bed, old, new).unwrap();
    assert_eq!((bed.id(MAIN), bed.id("HEAD")), (new, old));
    assert_eq!(bed.git("work", &["status", "--porcelain"]), "M a");
    assert!(!state(&bed).join("landings").exists());
}

#[test]
fn linked_work_trees_follow_too() {
    let Some(bed) = Bed::new() else { return };
    let (old, new) = ready(&bed);
    bed.git("work", &["checkout", "-q", "--detach"]);
    bed.git("work", &["worktree", "add", "-q", "../linked", "main"]);
    bed.git("work", &["worktree", "add", "-q", "../deleted", "-b", "deleted"]);
    bed.git("deleted", &["symbolic-ref", "HEAD", MAIN]);
    fs::remove_dir_all(bed.path("deleted")).unwrap();
    for folder in ["work", "linked"] {
        let repository = bed.open(folder).unwrap();
        bed.git("linked", &["reset", "-q", "--hard", &old.to_string()]);
        landed(&repository, &bed, old, new).unwrap();
        is_clean(&bed, "linked");
        assert_eq!(bed.id("HEAD"), old);
    }
    // One that is only away cannot follow.
    bed.git("linked", &["reset", "-q", "--hard", &old.to_string()]);
    fs::write(bed.path("work/.git/worktrees/deleted/locked"), "").unwrap();
    let refused = landed(&bed.open("work").unwrap(), &bed, old, new);
    assert!(
        matches!(refused, Err(LandError::WorkTree(WorkTreeError::Unknown { .. }))),
        "{refused:?}"
    );
}

#[test]
fn a_work_tree_with_changes_stays_as_it_is() {
    let Some(bed) = Bed::new() else { return };
    let (old, new) = ready(&bed);
    let repository = bed.open("work").unwrap();
    let refused = |reason: &str, named: &str| {
        let before = bed.git("work", &["status", "--porcelain", "-uall"]);
        match landed(&repository, &bed, old, new) {
            Err(LandError::WorkTree(WorkTreeError::Unclean {
                files, reason: found, ..
            })) => {
                assert!(found.contains(reason) && files.contains(named), "{found}: {files}");
            }
            other => panic!("{reason}: {other:?}"),
        }
        assert_eq!(bed.id(MAIN), old);
        assert_eq!(bed.git("work", &["status", "--porcelain", "-uall"]), before);
        assert!(!bed.path("work/.git/index.lock").exists());
        bed.git("work", &["reset", "-q", "--hard"]);
        bed.git("work", &["clean", "-q", "-fdx"]);
    };
    bed.write("unchanged", "2\n");
    refused("not committed", "`unchanged`");
    bed.write("unchanged", "2\n");
    bed.git("work", &["add", "-A"]);
    refused("staged", "`unchanged`");
    bed.git("work", &["rm", "-q", "--cached", "unchanged"]);
    refused("staged", "`unchanged`");
    fs::remove_file(bed.path("work/unchanged")).unwrap();
    refused("not committed", "`unchanged`");
    bed.write("later", "1\n");
    bed.git("work", &["add", "-N", "later"]);
    refused("half there", "`later`");
    bed.git("work", &["update-index", "--skip-worktree", "unchanged"]);
    refused("half there", "`unchanged`");
    bed.git("work", &["update-index", "--no-skip-worktree", "unchanged"]);
    bed.write("new/file", "mine\n");
    refused("does not track", "`new/file`");
    bed.write("new", "mine\n");
    refused("does not track", "`new`");
    bed.write("dir/inner/mine", "mine\n");
    refused("does not track", "`dir/inner/mine`");
    bed.write("gone/mine", "mine\n");
    landed(&repository, &bed, old, new).unwrap();
    assert_eq!(bed.git("work", &["status", "--porcelain", "-uall"]), "?? gone/mine");
}

#[test]
fn a_change_of_the_same_size_in_the_same_moment_is_seen() {
    let Some(bed) = Bed::new() else { return };
    let (old, new) = ready(&bed);
    let repository = bed.open("work").unwrap();
    for _ in 0..20 {
        bed.git("work", &["reset", "-q", "--hard", &old.to_string()]);
        bed.write("unchanged", "1\n");
        bed.git("work", &["add", "-A"]);
        bed.write("unchanged", "2\n");
        let refused = landed(&repository, &bed, old, new);
        assert!(matches!(
            refused,
            Err(LandError::WorkTree(WorkTreeError::Unclean { .. }))
        ));
    }
}

#[test]
fn files_that_a_filter_made_are_not_written() {
    let Some(bed) = Bed::new() else { return };
    bed.write(".gitattributes", "*.txt text eol=crlf\n");
    bed.write("big.txt", "1\n2\n");
    let old = bed.commit("a", "1\n");
    let with = bed.commit("big.txt", "1\n2\n3\n");
    bed.git("work", &["reset", "-q", "--hard", &old.to_string()]);
    fs::remove_file(bed.path("work/big.txt")).unwrap();
    bed.git("work", &["checkout", "-q", "--", "big.txt"]);
    assert_eq!(fs::read(bed.path("work/big.txt")).unwrap(), b"1\r\n2\r\n");
    // Long enough after the index for git not to look again.
    let repository = bed.open("work").unwrap();
    let refused = landed(&repository, &bed, old, with);
    assert!(
        matches!(refused, Err(LandError::WorkTree(WorkTreeError::Unclean { .. }))),
        "{refused:?}"
    );
    assert_eq!(bed.id(MAIN), old);
}

#[test]
fn nothing_lands_where_the_last_question_is_denied_or_the_branch_moved() {
    let Some(bed) = Bed::new() else { return };
    let (old, new) = ready(&bed);
    let repository = bed.open("work").unwrap();
    let denied = land(&repository, &state(&bed), MAIN, old, new, || {
        assert!(bed.path("work/.git/refs/heads/main.lock").exists());
        assert!(bed.path("work/.git/index.lock").exists());
        Err("no")
    });
    assert!(matches!(denied, Err(LandError::Inside("no"))));
    assert!(matches!(
        landed(&repository, &bed, new, old),
        Err(LandError::NotOnTop { .. })
    ));
    let tag = land(&repository, &state(&bed), "refs/tags/v1", old, new, || Ok::<(), ()>(()));
    assert!(matches!(tag, Err(LandError::NotABranch(_))));
    bed.commit("other", "1\n");
    let moved = landed(&repository, &bed, old, new);
    assert!(
        matches!(
            &moved,
            Err(LandError::Ref(WriteError::Moved { .. }) | LandError::WorkTree(_))
        ),
        "{moved:?}"
    );
    assert!(!bed.path("work/.git/index.lock").exists());
    is_clean(&bed, "work");
}

#[test]
fn a_locked_index_or_a_merge_under_way_is_not_passed() {
    let Some(bed) = Bed::new() else { return };
    let (old, new) = ready(&bed);
    let repository = bed.open("work").unwrap();
    fs::write(bed.path("work/.git/index.lock"), "").unwrap();
    let locked = landed(&repository, &bed, old, new);
    assert!(matches!(
        locked,
        Err(LandError::WorkTree(WorkTreeError::Index(WriteError::Locked(_))))
    ));
    fs::remove_file(bed.path("work/.git/index.lock")).unwrap();
    fs::write(bed.path("work/.git/MERGE_HEAD"), format!("{new}\n")).unwrap();
    let busy = landed(&repository, &bed, old, new);
    assert!(matches!(busy, Err(LandError::WorkTree(WorkTreeError::Busy { .. }))));
    fs::remove_file(bed.path("work/.git/MERGE_HEAD")).unwrap();
    landed(&repository, &bed, old, new).unwrap();
}

#[test]
fn commits_of_a_run_stay_reachable_through_one_ref() {
    let Some(bed) = Bed::new() else { return };
    let (old, new) = ready(&bed);
    let repository = bed.open("work").unwrap();
    let name = "refs/assize/v1/work/0a";
    repository.keep(name, Vec::new(), &[old], 1_700_000_000).unwrap();
    repository.keep(name, Vec::new(), &[new], 1_700_000_000).unwrap();
    bed.git("work", &["reflog", "expire", "--expire=now", "--all"]);
    bed.git("work", &["gc", "-q", "--prune=now"]);
    let reached = bed.git("work", &["rev-list", name]);
    assert!(reached.contains(&new.to_string()) && reached.contains(&old.to_string()));
    bed.git("work", &["fsck", "--strict"]);
    assert!(finish(&repository, &state(&bed)).unwrap().is_empty());
}

#[test]
fn a_work_tree_that_is_only_pretended_is_not_written() {
    let Some(bed) = Bed::new() else { return };
    let (old, new) = ready(&bed);
    bed.git("work", &["checkout", "-q", "--detach"]);
    // Somebody else's folder, which does not name this repository back.
    bed.git("work", &["worktree", "add", "-q", "../linked", "main"]);
    bed.git("work", &["worktree", "move", "../linked", "../moved"]);
    let stranger = bed.path("stranger");
    fs::create_dir(&stranger).unwrap();
    fs::write(stranger.join("a"), "1\n").unwrap();
    fs::write(stranger.join(".git"), "gitdir: /elsewhere\n").unwrap();
    let git_dir = bed.path("work/.git/worktrees/linked");
    fs::write(git_dir.join("gitdir"), format!("{}\n", stranger.join(".git").display())).unwrap();
    let repository = bed.open("work").unwrap();
    let refused = landed(&repository, &bed, old, new);
    assert!(
        matches!(refused, Err(LandError::WorkTree(WorkTreeError::Unknown { .. }))),
        "{refused:?}"
    );
    fs::write(
        git_dir.join("gitdir"),
        format!("{}\n", bed.path("moved/.git").display()),
    )
    .unwrap();
    // An index that leads elsewhere.
    fs::rename(git_dir.join("index"), bed.path("index")).unwrap();
    symlink(bed.path("index"), git_dir.join("index")).unwrap();
    let refused = landed(&repository, &bed, old, new);
    assert!(
        matches!(refused, Err(LandError::WorkTree(WorkTreeError::IndexForm { .. }))),
        "{refused:?}"
    );
    fs::remove_file(git_dir.join("index")).unwrap();
    fs::rename(bed.path("index"), git_dir.join("index")).unwrap();
    // A note that names a folder of somebody else.
    let notes = state(&bed).join("landings");
    landed(&repository, &bed, old, new).unwrap();
    is_clean(&bed, "moved");
    let name = assize_provenance::tree::object_id(assize_provenance::reader::ObjectKind::Blob, MAIN.as_bytes());
    let note = format!(
        r#"{{"v":1,"branch":"{MAIN}","old":"{old}","new":"{new}","work_trees":[{{"git_dir":"{}","root":"{}"}}]}}"#,
        git_dir.display(),
        stranger.display()
    );
    fs::write(notes.join(format!("{name}.json")), note).unwrap();
    assert_eq!(finish(&repository, &state(&bed)).unwrap().len(), 1);
    assert_eq!(fs::read(stranger.join("a")).unwrap(), b"1\n");
    fs::write(notes.join(format!("{name}.json")), "half of a no").unwrap();
    assert!(matches!(
        finish(&repository, &state(&bed)),
        Err(LandError::Journal { .. })
    ));
}

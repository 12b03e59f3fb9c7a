//! How the process ends: 0 yes, 1 no, 2 wrong arguments or nothing usable, 3 undecided, 74 the machine failed.

use std::fs::{self, OpenOptions, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use assize_provenance::opinion::Vote;
use assize_tests::bed::{Bed, Edit, Run, ran};
use assize_tests::guests;

use super::{ASSIZE, bed_judged_by, bed_with};

/// What every complaint is: on standard error, a sentence, and no panic.
fn complains(run: &Run, of: &str) {
    assert_eq!(run.stdout, "", "data without an answer");
    assert!(
        run.stderr.contains("error: ") && run.stderr.contains(of),
        "no word of {of:?} in\n{}",
        run.stderr
    );
    assert!(!run.stderr.contains("bug in Assize"), "{}", run.stderr);
}

#[test]
fn a_verdict_is_the_exit_code() {
    for (vote, code, verdict) in [
        (Vote::Approve, 0, "approved"),
        (Vote::Reject, 1, "rejected"),
        (Vote::Abstain, 3, "undecided"),
    ] {
        let bed = bed_with(vote);
        let run = bed.assize(&["review", "--format", "json"]).expect(code);
        assert_eq!(run.json()["verdict"], verdict);
        let _ = bed.assize(&["review", "--no-record"]).expect(code);
    }
}

#[test]
fn a_judge_that_fails_leaves_the_case_undecided() {
    let bed = bed_judged_by(&guests::judge("unreachable"));
    let run = bed.assize(&["review", "--format", "json"]).expect(3);
    assert_eq!(run.json()["opinions"][0]["no_opinion"]["reason"], "trapped");
}

#[test]
fn a_judge_that_is_missing_from_the_base_leaves_the_case_undecided() {
    let bed = bed_with(Vote::Approve);
    bed.commit("Lose the judge", &[Edit::Remove("judges/guest.wasm")]);
    bed.commit("Go on", &[Edit::Write("src/lib.rs", b"fn three() {}\n")]);
    let run = bed.assize(&["review", "--format", "json"]).expect(3);
    assert_eq!(run.json()["opinions"][0]["no_opinion"]["reason"], "unusable");
}

#[test]
fn what_means_nothing_is_a_wrong_argument() {
    let bed = bed_with(Vote::Approve);
    let tree = bed.tree_of_head();
    for (arguments, named) in [
        (vec!["review", "no-such-branch"], "no-such-branch"),
        (vec!["review", "HEAD..no-such-branch"], "no-such-branch"),
        (vec!["review", "HEAD~99"], "has no parent"),
        (vec!["review", "HEAD@{1}"], "HEAD@{1}"),
        (vec!["review", ":/Begin"], ":/Begin"),
        (vec!["review", &tree], "tree"),
        (vec!["review", "--council", "jury"], "jury"),
        (vec!["review", "--policy", "no-such.toml"], "no-such.toml"),
        (vec!["-C", "/no/such/folder", "review"], "/no/such/folder"),
        (vec!["policy", "check", "no-such.toml"], "no-such.toml"),
        (vec!["plugin", "inspect", "no-such-plugin"], "no-such-plugin"),
        (vec!["plugin", "inspect", "src/lib.rs"], "src/lib.rs"),
        (vec!["review", "--no-such-option"], "--no-such-option"),
    ] {
        let run = bed.assize(&arguments).expect(2);
        complains(&run, named);
    }
}

/// The lock file did not change, so only the judge reads it; a clone that lacks it cannot say what the judge would have said.
#[test]
fn evidence_that_is_missing_from_the_clone_ends_the_review_without_a_verdict() {
    let bed = Bed::new(ASSIZE);
    let manifest = |dependencies: &str| format!("[package]\nname = \"demo\"\n\n[dependencies]\n{dependencies}");
    let lock = b"version = 4\n\n[[package]]\nname = \"demo\"\nversion = \"0.1.0\"\n";
    bed.commit(
        "Start",
        &[
            Edit::Write("Cargo.toml", manifest("").as_bytes()),
            Edit::Write("Cargo.lock", lock),
        ],
    );
    bed.commit(
        "Log",
        &[Edit::Write("Cargo.toml", manifest("log = \"0.4\"\n").as_bytes())],
    );
    let id = git2::Oid::hash_object(git2::ObjectType::Blob, lock)
        .expect("an id")
        .to_string();
    let object = bed.repository().join(".git/objects").join(&id[..2]).join(&id[2..]);
    let kept = fs::read(&object).expect("a loose object");
    fs::remove_file(&object).expect("it goes");
    let run = bed.assize(&["review"]).expect(2);
    complains(&run, "`Cargo.lock`");
    let log = bed.assize(&["audit", "log", "--format", "json"]).stdout;
    assert!(!log.contains("\"verdict\""), "a verdict was recorded: {log}");
    fs::write(&object, kept).expect("it comes back");
    let run = bed.assize(&["review"]).expect(1);
    assert!(run.stdout.contains("integration/lock-out-of-step"), "{}", run.stdout);
}

#[test]
fn a_folder_without_a_repository_is_named() {
    let bed = Bed::new(ASSIZE);
    let folder = bed.beside("plain");
    fs::create_dir(&folder).expect("a folder");
    let run = ran(&bed.command(&["review"]).current_dir(&folder).output().expect("starts")).expect(2);
    complains(&run, "lies in no git repository");
}

#[test]
fn a_branch_without_a_commit_is_named() {
    let run = Bed::new(ASSIZE).assize(&["review"]).expect(2);
    complains(&run, "the branch refs/heads/main has no commit yet");
}

#[test]
fn a_bare_repository_is_reviewed_and_not_initialised() {
    let bed = bed_with(Vote::Approve);
    let bare = bed.beside("bare");
    let mut builder = git2::build::RepoBuilder::new();
    builder
        .bare(true)
        .clone(&bed.repository().to_string_lossy(), &bare)
        .expect("a bare clone");
    let bare = bare.to_string_lossy().into_owned();
    let _ = bed.assize(&["-C", &bare, "review"]).expect(0);
    let run = bed.assize(&["-C", &bare, "init"]).expect(2);
    complains(&run, "bare repository");
}

#[test]
fn a_policy_with_mistakes_is_shown_where_they_are() {
    let bed = bed_with(Vote::Approve);
    let policy = "version = 1\n\n[judges.guest]\nplugin = \"judges/guest.wasm\"\nrolle = \"judge\"\n";
    bed.commit("Misspell", &[Edit::Write(".assize/policy.toml", policy.as_bytes())]);
    bed.commit("Go on", &[Edit::Write("src/lib.rs", b"fn three() {}\n")]);
    for arguments in [vec!["review"], vec!["review", "--no-record"], vec!["policy", "check"]] {
        let run = bed.assize(&arguments).expect(2);
        complains(&run, ".assize/policy.toml:5:1");
        for part in ["P005", "rolle = \"judge\"", "^^^^^", "help: ", "`role`", "P007"] {
            assert!(
                run.stderr.contains(part),
                "{arguments:?} shows no {part:?}\n{}",
                run.stderr
            );
        }
    }
    assert!(
        !bed.repository().join(".git/assize").exists(),
        "a log was started for nothing"
    );
}

/// A home that others can enter, that lies in the repository, or that cannot be made holds no keys.
#[test]
fn a_home_that_is_no_safe_place_is_refused() {
    let bed = bed_with(Vote::Approve);
    let in_home = |home: &Path| {
        ran(&bed
            .command(&["review"])
            .env("ASSIZE_HOME", home)
            .output()
            .expect("starts"))
        .expect(2)
    };
    for mode in [0o755, 0o770, 0o701] {
        let shared = bed.beside(&format!("shared-{mode:o}"));
        fs::create_dir(&shared).expect("a folder");
        fs::set_permissions(&shared, Permissions::from_mode(mode)).expect("its mode");
        complains(&in_home(&shared), "chmod 700");
        assert_eq!(
            fs::read_dir(&shared).expect("a folder").count(),
            0,
            "keys were made in a shared folder"
        );
    }
    for inside in [".git/home", "home"] {
        complains(&in_home(&bed.repository().join(inside)), "lies inside the repository");
        assert!(
            !bed.repository().join(inside).join("keys").exists(),
            "keys were made in {inside}"
        );
    }
    let file = bed.beside("file");
    fs::write(&file, "").expect("a file");
    complains(&in_home(&file.join("home")), "cannot be used");
}

#[test]
fn a_machine_that_fails_is_74() {
    let bed = bed_with(Vote::Approve);
    let full = OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .expect("a device that is always full");
    let run = ran(&bed.command(&["review"]).stdout(full).output().expect("starts")).expect(74);
    complains(&run, "standard output");
    let file = bed.repository().join(".git/assize");
    fs::remove_dir_all(&file).expect("the state goes");
    fs::write(&file, "").expect("a file in its place");
    let run = bed.assize(&["review"]).expect(74);
    complains(&run, ".git/assize");
}

//! The commit-msg hook, as somebody meets it who commits with stock git.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use assize_tests::bed::{Bed, Edit, Run};
use assize_tests::snapshot::Snapshot;
use assize_tests::{guests, seats};

use super::ASSIZE;
use super::desk::{Desk, MENDED, STUB, desk, empty_desk};

/// Nothing was committed, and standard error says why.
#[track_caller]
fn assert_blocked(run: &Run, why: &[&str]) {
    assert_ne!(run.code, 0, "{run:?}");
    assert!(run.stdout.is_empty(), "{run:?}");
    for part in why {
        assert!(run.stderr.contains(part), "`{part}` is missing: {}", run.stderr);
    }
    assert!(run.stderr.contains("nothing is committed"), "{}", run.stderr);
}

fn with_hooks(desk: Option<Desk>) -> Option<Desk> {
    let desk = desk?;
    let _ = desk.bed.assize(&["hook", "install"]).expect(0);
    Some(desk)
}

/// What the judges take for a key; no file holds it whole.
fn key() -> String {
    format!("gh{}{}", "p_", "k7Qz2Wm9Xr4Tb8Vn3Lc6Yd1Hs5Jf0Pg7Ra2E")
}

#[test]
fn a_commit_with_a_placeholder_is_blocked_and_the_mended_one_passes() {
    let Some(desk) = with_hooks(desk()) else { return };
    let hook = desk.bed.repository().join(".git/hooks/commit-msg");
    let mode = fs::metadata(hook).expect("the hook").permissions().mode();
    assert_eq!(mode & 0o777, 0o755);
    let begun = desk.newest();
    let refs = || Snapshot::of(&desk.bed.repository().join(".git/refs"));
    let before = refs();
    desk.stage("src/two.rs", STUB);
    let blocked = desk.git(&["commit", "-q", "-m", "Add two"]);
    assert_blocked(
        &blocked,
        &["technical/placeholder", "src/two.rs:2", "Add two", "REJECTED"],
    );
    assert!(desk.newest() == begun && before == refs());

    desk.stage("src/two.rs", MENDED);
    let made = desk.git(&["commit", "-q", "-m", "Add two"]).expect(0);
    assert!(made.stderr.contains("approved (not recorded)"), "{made:?}");
    assert_ne!(desk.newest(), begun);
    assert!(
        !desk.bed.repository().join(".git/assize").exists(),
        "work in progress was recorded"
    );
    desk.stage("src/two.rs", STUB);
    let _ = desk.git(&["commit", "-q", "--no-verify", "-m", "Put it off"]).expect(0);
    let _ = desk.bed.assize(&["hook", "remove"]).expect(0);
    desk.stage("src/three.rs", STUB);
    let _ = desk.git(&["commit", "-q", "-m", "Add three"]).expect(0);
}

/// `git commit -a` and `git commit PATH` are made of an index of their own.
#[test]
fn what_is_judged_is_what_is_committed() {
    let Some(desk) = with_hooks(desk()) else { return };
    desk.stage("src/two.rs", MENDED);
    let _ = desk.git(&["commit", "-q", "-m", "Add two"]).expect(0);
    // Not staged, and committed by -a.
    desk.write("src/two.rs", STUB);
    let _ = desk.git(&["commit", "-q", "--allow-empty", "-m", "Nothing"]).expect(0);
    assert_blocked(&desk.git(&["commit", "-q", "-a", "-m", "Break two"]), &["src/two.rs:2"]);
    // Staged, and left out by a path.
    desk.stage("src/two.rs", STUB);
    desk.write("src/lib.rs", b"pub fn one() -> u32 {\n    2 - 1\n}\n");
    let _ = desk.git(&["commit", "-q", "-m", "Count down", "src/lib.rs"]).expect(0);
    assert_blocked(
        &desk.git(&["commit", "-q", "-m", "Break two", "src/two.rs"]),
        &["src/two.rs:2"],
    );
    // From a folder of the work tree it is the same.
    let folder = desk.bed.repository().join("src");
    assert_blocked(
        &desk.git_in(&folder, &["commit", "-q", "-a", "-m", "Break two"]),
        &["src/two.rs:2"],
    );
    desk.write("src/two.rs", MENDED);
    let empty = desk.git_in(&folder, &["commit", "-q", "-a", "-m", "Mend two"]);
    assert!(
        !empty.stderr.contains("assize"),
        "git itself has nothing to commit: {empty:?}"
    );
}

#[test]
fn the_first_commit_is_judged() {
    let Some(desk) = with_hooks(empty_desk()) else { return };
    desk.stage("two.rs", STUB);
    assert_blocked(&desk.git(&["commit", "-q", "-m", "Begin"]), &["two.rs:2"]);
    desk.stage("two.rs", MENDED);
    let _ = desk.git(&["commit", "-q", "-m", "Begin"]).expect(0);
}

/// The message is judged as git will store it, and not with what git shows its writer.
#[test]
fn the_message_is_judged_without_comments() {
    let Some(desk) = with_hooks(desk()) else { return };
    let key = key();
    let commit = ["commit", "-q", "--allow-empty", "-m"];
    let blocked = desk.git(&[&commit[..], &[&format!("Use {key}")]].concat());
    assert_blocked(&blocked, &["technical/secret"]);
    assert!(
        !blocked.stderr.contains(&key),
        "the key is repeated: {}",
        blocked.stderr
    );
    // Without an editor git keeps comments.
    assert_blocked(
        &desk.git(&[&commit[..], &[&format!("Use it\n\n# {key}")]].concat()),
        &["technical/secret"],
    );

    let editor = desk.bed.beside("editor");
    let edited = |text: &str, arguments: &[&str]| {
        fs::write(
            &editor,
            format!("#!/bin/sh\nprintf '{text}' | cat - \"$1\" >\"$1.new\"\nmv \"$1.new\" \"$1\"\n"),
        )
        .expect("an editor");
        fs::set_permissions(&editor, fs::Permissions::from_mode(0o755)).expect("it runs");
        let setting = format!("core.editor={}", editor.display());
        desk.git(&[&["-c", &setting, "commit", "-q"], arguments].concat())
    };
    assert_blocked(
        &edited(&format!("Use {key}\\n"), &["--allow-empty"]),
        &["technical/secret"],
    );
    let _ = edited(&format!("Use it\\n# {key}\\n"), &["--allow-empty"]).expect(0);
    let stored = desk.git(&["log", "-1", "--format=%B"]).expect(0).stdout;
    assert_eq!(stored.trim(), "Use it");

    // What -v shows below the scissors is no message, here a key that goes.
    let with_key = format!("pub const KEY: &str = \"{key}\";\n");
    for sign in ["#", ";"] {
        desk.bed
            .commit("Slip", &[Edit::Write("src/key.rs", with_key.as_bytes())]);
        desk.stage("src/key.rs", b"pub const KEY: &str = \"from the environment\";\n");
        let _ = desk.git(&["config", "core.commentChar", sign]).expect(0);
        let made = edited("Take the key out\\n", &["-v"]).expect(0);
        assert!(made.stderr.contains("approved"), "{sign}: {made:?}");
    }
}

/// Nothing tells a hook that a commit is amended, so it sees what the amendment adds; of a merge, what it brings to its first
/// parent.
#[test]
fn amendments_and_merges_are_looked_at_from_the_newest_commit() {
    let Some(desk) = with_hooks(desk()) else { return };
    desk.stage("src/two.rs", MENDED);
    let _ = desk.git(&["commit", "-q", "-m", "Add two"]).expect(0);
    desk.stage("src/two.rs", STUB);
    assert_blocked(
        &desk.git(&["commit", "-q", "--amend", "-m", "Add two"]),
        &["src/two.rs:2"],
    );
    let _ = desk
        .git(&["commit", "-q", "--amend", "--no-verify", "-m", "Add two"])
        .expect(0);
    // The stub is not the amendment's. The push is looked at whole.
    let _ = desk.git(&["commit", "-q", "--amend", "-m", "Add the second"]).expect(0);
    assert_ne!(desk.git(&["push", "-q", "origin", "main"]).code, 0);

    let _ = desk.git(&["checkout", "-q", "-b", "topic", "HEAD~1"]).expect(0);
    let _ = desk.git(&["commit", "-q", "--allow-empty", "-m", "Think"]).expect(0);
    assert_blocked(
        &desk.git(&["merge", "-q", "-m", "Merge main", "main"]),
        &["src/two.rs:2"],
    );
    desk.stage("src/two.rs", MENDED);
    let _ = desk.git(&["commit", "-q", "-m", "Merge main and mend it"]).expect(0);
    let parents = desk.git(&["log", "-1", "--format=%p"]).expect(0).stdout;
    assert_eq!(parents.split_whitespace().count(), 2, "{parents}");
}

/// Without a verdict nothing is committed: a judge that crashes is no approval.
#[test]
fn an_undecided_commit_is_blocked() {
    let Some(desk) = desk() else { return };
    seats::appoint(&desk.bed, &[("guest", &guests::judge("unreachable"))]);
    let _ = desk.bed.assize(&["hook", "install"]).expect(0);
    desk.stage("src/two.rs", MENDED);
    assert_blocked(&desk.git(&["commit", "-q", "-m", "Add two"]), &["UNDECIDED"]);
}

#[test]
fn what_git_names_must_be_there() {
    let bed = Bed::new(ASSIZE);
    bed.commit("Begin", &[Edit::Write("a", b"a\n")]);
    let run = bed
        .assize(&["hook", "run", "commit-msg", ".git/COMMIT_EDITMSG"])
        .expect(2);
    assert!(run.stderr.contains("there is no message"), "{}", run.stderr);
    fs::write(bed.beside("message"), "Go on\n").expect("a file");
    fs::write(bed.beside("nonsense"), "no index").expect("a file");
    let asked = |index: &str| {
        let mut command = bed.command(&["hook", "run", "commit-msg", "../message"]);
        assize_tests::bed::ran(&command.env("GIT_INDEX_FILE", index).output().expect("it starts"))
    };
    let _ = asked(".git/index").expect(0);
    let run = asked("../nowhere").expect(2);
    assert!(run.stderr.contains("is not there"), "{}", run.stderr);
    let run = asked("../nonsense").expect(2);
    assert!(run.stderr.contains("nonsense"), "{}", run.stderr);
    // Nothing else obeys git's variables.
    let mut command = bed.command(&["review", "--staged"]);
    let run = assize_tests::bed::ran(
        &command
            .env("GIT_INDEX_FILE", "../nonsense")
            .output()
            .expect("it starts"),
    );
    let _ = run.expect(0);
}

//! `assize hook`: what is installed where, and what a push with stock git meets.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use assize_provenance::opinion::Vote;
use assize_tests::bed::{Bed, Edit, ran};
use assize_tests::snapshot::Snapshot;
use assize_tests::{guests, seats};

use super::ASSIZE;
use super::desk::{MENDED, STUB, desk};

#[test]
fn a_push_with_a_placeholder_is_blocked_and_the_mended_one_passes() {
    let Some(desk) = desk() else { return };
    let hook = desk.bed.repository().join(".git/hooks/pre-push");
    let _ = desk.bed.assize(&["hook", "install"]).expect(0);
    let mode = fs::metadata(&hook).expect("the hook").permissions().mode();
    assert_eq!(mode & 0o777, 0o755);
    // The first push: nothing is known of the remote, and the root commit is sound.
    let first = desk.git(&["push", "-q", "origin", "main"]).expect(0);
    assert!(
        first.stdout.contains("approved") || first.stderr.contains("approved"),
        "{first:?}"
    );
    let begun = desk.remote("main");
    assert_eq!(begun.len(), 40);

    let _ = desk.bed.commit("Add two", &[Edit::Write("src/two.rs", STUB)]);
    let before = Snapshot::of(&desk.bed.repository().join(".git/refs"));
    let blocked = desk.git(&["push", "-q", "origin", "main"]);
    assert_ne!(blocked.code, 0, "{blocked:?}");
    let said = format!("{}{}", blocked.stdout, blocked.stderr);
    assert!(
        said.contains("technical/placeholder") && said.contains("src/two.rs:2"),
        "{said}"
    );
    assert_eq!(desk.remote("main"), begun);
    assert!(
        before == Snapshot::of(&desk.bed.repository().join(".git/refs")),
        "a push was recorded"
    );
    // Under another name it is no better, and a tag neither.
    assert_ne!(desk.git(&["push", "-q", "origin", "main:refs/heads/other"]).code, 0);
    let _ = desk.git(&["tag", "v1"]).expect(0);
    assert_ne!(desk.git(&["push", "-q", "origin", "v1"]).code, 0);

    desk.bed.commit("Write two", &[Edit::Write("src/two.rs", MENDED)]);
    let _ = desk.git(&["push", "-q", "origin", "main"]).expect(0);
    assert_eq!(
        desk.remote("main"),
        desk.git(&["rev-parse", "main"]).expect(0).stdout.trim()
    );
    // What the remote has already, deletions and the chain itself need no review.
    let quiet = desk.git(&["push", "-q", "origin", "main:refs/heads/same"]).expect(0);
    assert!(quiet.stdout.is_empty(), "{quiet:?}");
    let _ = desk.git(&["push", "-q", "origin", ":refs/heads/same"]).expect(0);
    let _ = desk.bed.assize(&["review"]);
    let _ = desk
        .git(&["push", "-q", "origin", "refs/assize/*:refs/assize/*"])
        .expect(0);
}

/// A verdict in the chain decides, without judges: here one that was made under the very policy of the base.
#[test]
fn a_verdict_in_the_chain_is_taken() {
    let Some(desk) = desk() else { return };
    seats::appoint(&desk.bed, &[("guest", &guests::voting(Vote::Approve))]);
    let _ = desk.git(&["push", "-q", "origin", "main"]).expect(0);
    let _ = desk.bed.assize(&["hook", "install"]).expect(0);
    desk.bed.commit("Add two", &[Edit::Write("src/two.rs", STUB)]);
    let review = desk.bed.assize(&["review", "--format", "json"]).expect(0).json();
    let entry = review["entry"]["id"].as_str().expect("an entry").to_owned();
    let push = desk.git(&["push", "-q", "origin", "main"]).expect(0);
    let said = format!("{}{}", push.stdout, push.stderr);
    assert!(said.contains(&format!("entry {}", &entry[..12])), "{said}");
}

/// Without a verdict nothing is pushed: a judge that crashes is no approval.
#[test]
fn an_undecided_push_is_blocked() {
    let Some(desk) = desk() else { return };
    seats::appoint(&desk.bed, &[("guest", &guests::judge("unreachable"))]);
    let _ = desk.git(&["push", "-q", "origin", "main"]).expect(0);
    let at = desk.remote("main");
    let _ = desk.bed.assize(&["hook", "install"]).expect(0);
    desk.bed.commit("Add two", &[Edit::Write("src/two.rs", MENDED)]);
    assert_ne!(desk.git(&["push", "-q", "origin", "main"]).code, 0);
    assert_eq!(desk.remote("main"), at);
}

/// All work trees share the hooks of the common folder.
#[test]
fn a_linked_work_tree_has_the_same_hook() {
    let Some(desk) = desk() else { return };
    let _ = desk.git(&["push", "-q", "origin", "main"]).expect(0);
    let linked = desk.bed.beside("linked");
    let name = linked.to_string_lossy().into_owned();
    let _ = desk.git(&["worktree", "add", "-q", "-b", "topic", &name]).expect(0);
    let _ = desk.bed.assize(&["-C", &name, "hook", "install"]).expect(0);
    assert!(desk.bed.repository().join(".git/hooks/pre-push").is_file());
    fs::write(linked.join("two.rs"), STUB).expect("a file");
    let _ = desk.git_in(&linked, &["add", "two.rs"]).expect(0);
    // Git names the index of a linked work tree by its whole path.
    let blocked = desk.git_in(&linked, &["commit", "-q", "-m", "Add two"]);
    assert_ne!(blocked.code, 0);
    assert!(blocked.stderr.contains("two.rs:2"), "{}", blocked.stderr);
    let _ = desk
        .git_in(&linked, &["commit", "-q", "--no-verify", "-m", "Add two"])
        .expect(0);
    assert_ne!(desk.git_in(&linked, &["push", "-q", "origin", "topic"]).code, 0);
    assert_eq!(desk.remote("topic"), "");
}

/// The hooks that are installed.
const NAMES: [&str; 2] = ["commit-msg", "pre-push"];

#[test]
fn a_hook_that_is_there_stays() {
    for name in NAMES {
        let bed = Bed::new(ASSIZE);
        let place = bed.repository().join(".git/hooks").join(name);
        let _ = bed.assize(&["hook", "install"]).expect(0);
        let text = fs::read_to_string(&place).expect("the hook");
        let _ = bed.assize(&["hook", "remove"]).expect(0);
        assert!(!place.exists());
        let others: [&dyn Fn(); 4] = [
            &|| fs::write(&place, "#!/bin/sh\nexit 0\n").expect("a hook"),
            &|| fs::write(&place, format!("{text}# and mine\n")).expect("a hook"),
            &|| fs::write(&place, text.replace("Form 1", "Form 9")).expect("a hook"),
            &|| symlink("/nowhere", &place).expect("a link"),
        ];
        for (number, put) in others.iter().enumerate() {
            put();
            let before = Snapshot::of(&bed.repository());
            let install = bed.assize(&["hook", "install"]).expect(1);
            assert!(
                install
                    .stdout
                    .contains(&format!("assize hook run {name} \"$@\" || exit")),
                "{name} {number}: {}",
                install.stdout
            );
            // The other one is ours, and is there until it is removed.
            let status = bed.assize(&["hook", "status", "--format", "json"]).expect(0).json();
            for hook in status["hooks"].as_array().expect("hooks") {
                let state = if hook["name"] == name { "another" } else { "installed" };
                assert_eq!(hook["state"], state, "{status:#}");
            }
            let _ = bed.assize(&["hook", "remove"]).expect(1);
            assert!(
                before == Snapshot::of(&bed.repository()),
                "{name} {number}: it was touched"
            );
            fs::remove_file(&place).expect("it goes");
        }
    }
}

#[test]
fn hooks_may_be_installed_twice_and_leave_nothing_beside_them() {
    let bed = Bed::new(ASSIZE);
    for state in ["installed", "was there"] {
        let installed = bed.assize(&["hook", "install", "--format", "json"]).expect(0).json();
        let hooks = installed["hooks"].as_array().expect("hooks");
        for (hook, name) in hooks.iter().zip(NAMES) {
            assert!(hook["name"] == name && hook["state"] == state, "{installed:#}");
        }
    }
    let there = || {
        let entries = fs::read_dir(bed.repository().join(".git/hooks")).expect("a folder");
        let names = entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
        names.filter(|name| !name.ends_with(".sample")).collect::<BTreeSet<_>>()
    };
    assert_eq!(there(), BTreeSet::from(NAMES.map(str::to_owned)));
    let _ = bed.assize(&["hook", "remove"]).expect(0);
    assert_eq!(there(), BTreeSet::new());
}

/// The line that `install` prints for a hook of one's own ends that hook where the answer is no.
#[test]
fn the_line_for_a_hook_of_ones_own_stops_a_commit() {
    let Some(desk) = desk() else { return };
    let place = desk.bed.repository().join(".git/hooks/commit-msg");
    let _ = desk.bed.assize(&["hook", "install"]).expect(0);
    fs::write(&place, "#!/bin/sh\nexit 0\n").expect("a hook");
    let status = desk
        .bed
        .assize(&["hook", "status", "--format", "json"])
        .expect(0)
        .json();
    let line = status["hooks"][0]["chain"].as_str().expect("a line");
    fs::write(&place, format!("#!/bin/sh\n{line}\necho mine >&2\n")).expect("a hook");
    desk.stage("src/two.rs", STUB);
    let blocked = desk.git(&["commit", "-q", "-m", "Add two"]);
    assert!(blocked.code != 0 && !blocked.stderr.contains("mine"), "{blocked:?}");
    desk.stage("src/two.rs", MENDED);
    let made = desk.git(&["commit", "-q", "-m", "Add two"]).expect(0);
    assert!(made.stderr.contains("mine"), "{made:?}");
}

/// Where git looks elsewhere, or the folder leads elsewhere, nothing is written.
#[test]
fn hooks_are_written_where_git_looks_or_nowhere() {
    let bed = Bed::new(ASSIZE);
    let config = bed.repository().join(".git/config");
    let plain = fs::read_to_string(&config).expect("the configuration");
    fs::write(&config, format!("{plain}[core]\n\thooksPath = .husky\n")).expect("a file");
    let run = bed.assize(&["hook", "install"]).expect(2);
    assert!(
        run.stderr.contains("core.hooksPath") && run.stderr.contains(".husky"),
        "{}",
        run.stderr
    );
    for name in NAMES {
        assert!(!bed.repository().join(".git/hooks").join(name).exists());
    }
    fs::write(&config, plain).expect("a file");

    let outside = bed.beside("outside");
    fs::create_dir(&outside).expect("a folder");
    let hooks = bed.repository().join(".git/hooks");
    let _ = fs::remove_dir_all(&hooks);
    symlink(&outside, &hooks).expect("a link");
    let _ = bed.assize(&["hook", "install"]).expect(2);
    assert_eq!(fs::read_dir(&outside).expect("a folder").count(), 0);
}

#[test]
fn only_git_is_listened_to() {
    let bed = Bed::new(ASSIZE);
    bed.commit("Begin", &[Edit::Write("a", b"a\n")]);
    let fed = |input: &[u8]| {
        let file = bed.beside("input");
        fs::write(&file, input).expect("a file");
        let input = fs::File::open(file).expect("the file");
        let mut command = bed.command(&["hook", "run", "pre-push", "origin", "/nowhere"]);
        ran(&command.stdin(input).output().expect("it starts"))
    };
    let _ = fed(b"").expect(0);
    let _ = fed(b"nonsense\n").expect(2);
    let _ = fed("x ".repeat(1 << 20).as_bytes()).expect(2);
    let many: String = (0..100)
        .map(|n| format!("a {0} refs/heads/b{n} {1}\n", "1".repeat(40), "0".repeat(40)))
        .collect();
    let run = fed(many.as_bytes()).expect(2);
    assert!(run.stderr.contains("100 refs"), "{}", run.stderr);
}

//! Worktrees of agents, and the changes that are taken from them.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;

use assize_provenance::pattern::PathPattern;
use assize_provenance::reader::ObjectId;

use super::Bed;
use crate::case::RepositoryPath;
use crate::policy::files::{FileGrant, FileGrants};
use crate::policy::place::Place;
use crate::repository::snapshot::{Change, SnapshotError, snapshot};
use crate::repository::{Checkout, CheckoutError, Repository, Worktrees};

/// Patterns of what may be written.
fn granting(patterns: &[&str]) -> FileGrants {
    let grant = |pattern: &&str| FileGrant {
        pattern: PathPattern::parse(pattern).unwrap(),
        place: Place {
            role: "worker".to_owned(),
            item: (*pattern).to_owned(),
            line: 1,
        },
    };
    FileGrants::new(Vec::new(), patterns.iter().map(grant).collect())
}

fn state(bed: &Bed) -> PathBuf {
    bed.path("work/.git/assize")
}

fn checked_out(bed: &Bed, commit: &ObjectId) -> (Repository, Worktrees, Checkout) {
    let repository = bed.open("work").unwrap();
    let worktrees = Worktrees::open(&state(bed)).unwrap();
    let checkout = worktrees.make(repository.objects().as_ref(), commit, "a").unwrap();
    (repository, worktrees, checkout)
}

fn taken(repository: &Repository, checkout: &Checkout) -> Result<Change, SnapshotError> {
    snapshot(repository.objects().as_ref(), checkout, &granting(&["**"]), None)
}

fn paths(change: &Change) -> Vec<String> {
    change.changed.iter().map(ToString::to_string).collect()
}

/// A commit with files of every kind.
fn varied(bed: &Bed) -> ObjectId {
    for (name, contents) in [
        ("a", "1\n"),
        ("a-b", "2\n"),
        ("a.c/d", "3\n"),
        ("b/c/d", "4\n"),
        ("b/run", "5\n"),
    ] {
        bed.write(name, contents);
    }
    let work = bed.path("work");
    fs::set_permissions(work.join("b/run"), fs::Permissions::from_mode(0o755)).unwrap();
    symlink("../a", work.join("b/inside")).unwrap();
    symlink("../../outside", work.join("b/outside")).unwrap();
    symlink("/etc/passwd", work.join("absolute")).unwrap();
    bed.commit("caf\u{e9}/ \n\t\\", "6\n")
}

#[test]
fn a_worktree_holds_the_files_of_its_commit_and_no_repository() {
    let Some(bed) = Bed::new() else { return };
    let commit = varied(&bed);
    let (repository, _worktrees, checkout) = checked_out(&bed, &commit);
    let dir = checkout.dir();
    assert_eq!(fs::metadata(dir).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(fs::read(dir.join("a.c/d")).unwrap(), b"3\n");
    assert_eq!(fs::read(dir.join("caf\u{e9}/ \n\t\\")).unwrap(), b"6\n");
    assert!(fs::metadata(dir.join("b/run")).unwrap().permissions().mode() & 0o100 != 0);
    assert!(fs::metadata(dir.join("a")).unwrap().permissions().mode() & 0o100 == 0);
    assert_eq!(fs::read_link(dir.join("b/inside")).unwrap(), PathBuf::from("../a"));
    let left_out: Vec<String> = checkout.left_out().map(ToString::to_string).collect();
    assert_eq!(left_out, ["absolute", "b/outside"]);
    assert!(fs::symlink_metadata(dir.join("absolute")).is_err());
    assert!(fs::symlink_metadata(dir.join(".git")).is_err());
    let change = taken(&repository, &checkout).unwrap();
    assert_eq!((paths(&change), change.objects.len()), (Vec::<String>::new(), 0));
    assert_eq!(change.tree.to_string(), bed.git("work", &["rev-parse", "HEAD^{tree}"]));
}

#[test]
fn a_change_is_the_tree_that_git_would_write() {
    let Some(bed) = Bed::new() else { return };
    let commit = varied(&bed);
    let (repository, worktrees, checkout) = checked_out(&bed, &commit);
    let same_size = |dir: &std::path::Path| {
        fs::write(dir.join("a"), "9\n").unwrap();
        fs::remove_file(dir.join("a-b")).unwrap();
        fs::remove_dir_all(dir.join("a.c")).unwrap();
        fs::write(dir.join("a.c"), "now a file\n").unwrap();
        fs::remove_file(dir.join("b/c/d")).unwrap();
        fs::create_dir(dir.join("b/c/d")).unwrap();
        fs::write(dir.join("b/c/d/e"), "now a folder\n").unwrap();
        fs::set_permissions(dir.join("b/run"), fs::Permissions::from_mode(0o644)).unwrap();
        fs::remove_file(dir.join("b/inside")).unwrap();
        symlink("run", dir.join("b/inside")).unwrap();
        fs::create_dir_all(dir.join("x/y/z")).unwrap();
        fs::write(dir.join("x/y/new"), "new\n").unwrap();
    };
    same_size(checkout.dir());
    let change = taken(&repository, &checkout).unwrap();
    let expected = [
        "a", "a-b", "a.c", "a.c/d", "b/c/d", "b/c/d/e", "b/inside", "b/run", "x/y/new",
    ];
    assert_eq!(paths(&change), expected);
    assert!(change.left_out.is_empty());
    same_size(&bed.path("work"));
    bed.git("work", &["add", "-A"]);
    assert_eq!(change.tree.to_string(), bed.git("work", &["write-tree"]));
    repository.write_pack(&change.objects).unwrap();
    bed.git("work", &["fsck", "--strict"]);
    // The same from a list of what changed, and in a worktree that a killed process left.
    let hint: Vec<RepositoryPath> = expected.iter().map(|path| path.parse().unwrap()).collect();
    let hinted = snapshot(
        repository.objects().as_ref(),
        &checkout,
        &granting(&["**"]),
        Some(&hint),
    )
    .unwrap();
    assert_eq!(hinted, change);
    drop(checkout);
    let again = worktrees
        .reopen(repository.objects().as_ref(), &commit, "a")
        .unwrap()
        .unwrap();
    assert_eq!(taken(&repository, &again).unwrap(), change);
}

#[test]
fn what_no_commit_may_hold_is_left_out_and_told() {
    let Some(bed) = Bed::new() else { return };
    let commit = varied(&bed);
    let (repository, _worktrees, checkout) = checked_out(&bed, &commit);
    let dir = checkout.dir();
    for planted in [".git/hooks", "b/.GIT", "b/c/git~1"] {
        fs::create_dir_all(dir.join(planted)).unwrap();
        fs::write(dir.join(planted).join("pre-commit"), "#!/bin/sh\n").unwrap();
    }
    symlink("/etc/passwd", dir.join("out")).unwrap();
    symlink("b/../../..", dir.join("around")).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, dir.join("pipe"), rustix::fs::Mode::RWXU).unwrap();
    let change = taken(&repository, &checkout).unwrap();
    let left_out: Vec<String> = change.left_out.iter().map(|(path, _)| path.to_string()).collect();
    assert_eq!(left_out, [".git", "around", "b/.GIT", "b/c/git~1", "out", "pipe"]);
    assert!(change.changed.is_empty());
    fs::remove_file(dir.join("a")).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, dir.join("a"), rustix::fs::Mode::RWXU).unwrap();
    assert!(matches!(taken(&repository, &checkout), Err(SnapshotError::Odd(_))));
    let hint = ["pipe", ".git/hooks/pre-commit", "out"].map(|path| path.parse().unwrap());
    let hinted = snapshot(
        repository.objects().as_ref(),
        &checkout,
        &granting(&["**"]),
        Some(&hint),
    )
    .unwrap();
    assert_eq!((hinted.changed.len(), hinted.left_out.len()), (0, 3));
}

#[test]
fn a_change_without_a_grant_is_refused_whole() {
    let Some(bed) = Bed::new() else { return };
    bed.write(".assize/policy.toml", "version = 1\n");
    let commit = bed.commit("src/a", "1\n");
    let (repository, _worktrees, checkout) = checked_out(&bed, &commit);
    fs::write(checkout.dir().join("src/a"), "2\n").unwrap();
    let take = |patterns: &[&str]| snapshot(repository.objects().as_ref(), &checkout, &granting(patterns), None);
    assert_eq!(take(&["src/**"]).unwrap().changed.len(), 1);
    assert!(matches!(take(&["docs/**"]), Err(SnapshotError::Ungranted(paths)) if paths == "`src/a`"));
    fs::write(checkout.dir().join(".assize/policy.toml"), "version = 2\n").unwrap();
    assert!(matches!(take(&["**"]), Err(SnapshotError::Ungranted(paths)) if paths == "`.assize/policy.toml`"));
    assert_eq!(take(&["src/**", ".assize/policy.toml"]).unwrap().changed.len(), 2);
}

#[test]
fn trees_with_dangerous_names_make_no_worktree() {
    let Some(bed) = Bed::new() else { return };
    let blob = bed.commit("a", "1\n");
    let repository = bed.open("work").unwrap();
    let worktrees = Worktrees::open(&state(&bed)).unwrap();
    let blob = bed.git("work", &["rev-parse", &format!("{blob}:a")]);
    for name in [
        "..",
        ".git",
        ".Git",
        "git~1",
        ".git ",
        ".g\u{200c}it",
        ".git::$INDEX_ALLOCATION",
    ] {
        let tree = raw_tree(name, &blob.parse().unwrap());
        let id = repository
            .write_pack(&[(assize_provenance::reader::ObjectKind::Tree, tree)])
            .unwrap()
            .remove(0);
        let commit: ObjectId = bed
            .git("work", &["commit-tree", "-m", "x", &id.to_string()])
            .parse()
            .unwrap();
        let made = worktrees.make(repository.objects().as_ref(), &commit, "a");
        assert!(
            matches!(made, Err(CheckoutError::Name(_) | CheckoutError::Tree(_))),
            "{name}: {made:?}"
        );
    }
    assert_eq!(fs::read_dir(state(&bed).join("worktrees/work")).unwrap().count(), 0);
    assert_eq!(fs::read_dir(state(&bed).join("worktrees/aside")).unwrap().count(), 0);
}

fn raw_tree(name: &str, blob: &ObjectId) -> Vec<u8> {
    [b"100644 ", name.as_bytes(), b"\0", blob.as_bytes()].concat()
}

#[test]
fn a_sweep_removes_what_nobody_holds_however_it_lies() {
    let Some(bed) = Bed::new() else { return };
    let commit = bed.commit("a", "1\n");
    let repository = bed.open("work").unwrap();
    let worktrees = Worktrees::open(&state(&bed)).unwrap();
    let make = |name: &str| worktrees.make(repository.objects().as_ref(), &commit, name).unwrap();
    let held = make("held");
    for name in ["left", "kept", "deep"] {
        drop(make(name));
    }
    let work = state(&bed).join("worktrees/work");
    // Deeper than a path can be, and closed on the way.
    let part = "d".repeat(200);
    let mut here = rustix::fs::open(work.join("deep"), rustix::fs::OFlags::RDONLY, rustix::fs::Mode::empty()).unwrap();
    for _ in 0..60 {
        rustix::fs::mkdirat(&here, &part, rustix::fs::Mode::RWXU).unwrap();
        here = rustix::fs::openat(&here, &part, rustix::fs::OFlags::RDONLY, rustix::fs::Mode::empty()).unwrap();
    }
    rustix::fs::fchmod(&here, rustix::fs::Mode::empty()).unwrap();
    fs::create_dir(work.join("left/closed")).unwrap();
    fs::write(work.join("left/closed/file"), "x").unwrap();
    fs::set_permissions(work.join("left/closed"), fs::Permissions::from_mode(0o000)).unwrap();
    symlink(bed.path("work"), work.join("left/link")).unwrap();
    fs::create_dir_all(state(&bed).join("worktrees/aside/1-2-3/old/x")).unwrap();
    assert_eq!(worktrees.sweep(&["kept"]).unwrap(), ["deep", "left"]);
    let mut there: Vec<_> = fs::read_dir(&work)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    there.sort();
    assert_eq!(there, ["held", "kept"]);
    // Files to copy are kept as long as this process makes worktrees.
    assert!(fs::read_dir(state(&bed).join("worktrees/aside")).unwrap().count() <= 1);
    assert!(bed.path("work/a").exists());
    assert!(matches!(
        worktrees.reopen(repository.objects().as_ref(), &commit, "held"),
        Err(CheckoutError::Held(_))
    ));
    drop(held);
    assert_eq!(worktrees.sweep(&[]).unwrap(), ["held", "kept"]);
    for name in ["", "..", ".a", "a/b", "A", "-a", &"a".repeat(129)] {
        assert!(
            matches!(worktrees.remove(name), Err(CheckoutError::WorktreeName(_))),
            "{name}"
        );
    }
}

#[test]
fn what_the_repository_ignores_is_no_part_of_a_change() {
    let Some(bed) = Bed::new() else { return };
    let lists = [
        (
            ".gitignore",
            "target/\n*.log\n!keep.log\n/only-here\ndoc/**/*.html\nfoo/**\na\\ b \n\\#x\n**/deep/end\n[ab]c\n",
        ),
        ("sub/.gitignore", "!again.log\n/x/y\n*.tmp\r\n"),
    ];
    for (name, text) in lists {
        bed.write(name, text);
    }
    bed.write("target/tracked", "1\n");
    bed.git("work", &["add", "-f", "target/tracked", "."]);
    let commit = bed.commit("src/a", "1\n");
    let (repository, _worktrees, checkout) = checked_out(&bed, &commit);
    let names = [
        "target/tracked",
        "target/new",
        "sub/target/new",
        "a.log",
        "keep.log",
        "sub/again.log",
        "sub/other.log",
        "only-here",
        "sub/only-here",
        "doc/a.html",
        "doc/b/c.html",
        "doc/b/c.txt",
        "foo/a",
        "sub/foo/a",
        "a b",
        "#x",
        "x/deep/end/a",
        "deep/end",
        "ac",
        "sub/bc",
        "cc",
        "sub/x/y",
        "x/y",
        "sub/a.tmp",
        "a.tmp",
        "src/a",
        "sub/x/target",
        "new.log/file",
    ];
    for name in names {
        let path = checkout.dir().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "changed\n").unwrap();
        bed.write(name, "changed\n");
    }
    let change = taken(&repository, &checkout).unwrap();
    bed.git("work", &["add", "-A"]);
    let by_git = bed.git("work", &["diff", "--cached", "--name-only"]);
    assert_eq!(paths(&change), by_git.lines().collect::<Vec<_>>());
    assert_eq!(change.tree.to_string(), bed.git("work", &["write-tree"]));
    assert!(change.left_out.iter().any(|(path, _)| path.to_string() == "sub/target"));
    let hint: Vec<RepositoryPath> = names.map(|name| name.parse().unwrap()).to_vec();
    let hinted = snapshot(
        repository.objects().as_ref(),
        &checkout,
        &granting(&["**"]),
        Some(&hint),
    )
    .unwrap();
    assert_eq!(hinted.changed, change.changed);
}

#[test]
fn ten_thousand_files_are_written_and_looked_at_again() {
    let Some(bed) = Bed::new() else { return };
    bed.commit("a", "1\n");
    let repository = bed.open("work").unwrap();
    let mut overlay = crate::repository::overlay::Overlay::over(None);
    let mut files = crate::repository::overlay::Files::new();
    for number in 0..10_000 {
        let blob = overlay.put(
            assize_provenance::reader::ObjectKind::Blob,
            format!("{number}\n").into_bytes(),
        );
        let path = format!("d{}/e{}/f{number}", number % 10, number % 100);
        files.insert(path.into_bytes(), (assize_provenance::tree::Mode::File, blob));
    }
    let root = overlay.put_tree(&files);
    let commit = overlay.put_commit(root, None, "Write many files");
    repository.write_pack(&overlay.into_objects()).unwrap();
    let (repository, worktrees, checkout) = checked_out(&bed, &commit);
    assert_eq!(fs::read(checkout.dir().join("d3/e13/f9913")).unwrap(), b"9913\n");
    fs::write(checkout.dir().join("d3/e13/f9913"), "0000\n").unwrap();
    let change = taken(&repository, &checkout).unwrap();
    assert_eq!(
        (paths(&change).as_slice(), change.objects.len()),
        (["d3/e13/f9913".to_owned()].as_slice(), 4)
    );
    drop(checkout);
    // A process that another test starts just now holds every file of this one for a moment, locks among them.
    let swept = (0..100).find_map(|_| {
        std::thread::sleep(std::time::Duration::from_millis(20));
        Some(worktrees.sweep(&[]).unwrap()).filter(|swept| !swept.is_empty())
    });
    assert_eq!(swept, Some(vec!["a".to_owned()]));
}

/// Where the file system copies on write, the second worktree shares the file; everywhere it holds the same.
#[test]
fn large_files_are_the_same_in_every_worktree() {
    let Some(bed) = Bed::new() else { return };
    let text = "0123456789abcdef\n".repeat(20_000);
    bed.write("run", &text);
    fs::set_permissions(bed.path("work/run"), fs::Permissions::from_mode(0o755)).unwrap();
    let commit = bed.commit("large", &text);
    let (repository, worktrees, one) = checked_out(&bed, &commit);
    fs::write(one.dir().join("large"), "changed\n").unwrap();
    let two = worktrees.make(repository.objects().as_ref(), &commit, "b").unwrap();
    for name in ["large", "run"] {
        assert_eq!(fs::read_to_string(two.dir().join(name)).unwrap(), text);
    }
    assert!(fs::metadata(two.dir().join("run")).unwrap().permissions().mode() & 0o100 != 0);
    assert!(taken(&repository, &two).unwrap().changed.is_empty());
    assert_eq!(paths(&taken(&repository, &one).unwrap()), ["large"]);
    drop((one, two, worktrees));
    assert_eq!(fs::read_dir(state(&bed).join("worktrees/aside")).unwrap().count(), 0);
}

//! Cases and files of real repositories, compared with git.

use std::fs;
use std::path::Path;

use assize_provenance::digest::Digest;
use assize_provenance::reader::{ObjectId, ObjectKind};
use assize_provenance::tree::{self, Mode, TreeEntry};

use super::{Bed, LOG};
use crate::case::Form;
use crate::repository::{FileError, Repository};

#[test]
fn grafts_and_replace_refs_change_no_case() {
    let Some(bed) = Bed::new() else { return };
    let one = bed.commit("a", "1\n");
    let two = bed.commit("a", "2\n");
    let before = bed.case("HEAD");
    bed.git("work", &["replace", &two.to_string(), &one.to_string()]);
    assert_eq!(bed.case("HEAD"), before);
    fs::write(bed.path("work/.git/info/grafts"), format!("{two}\n")).unwrap();
    assert!(bed.open("work").unwrap_err().to_string().contains("grafts"));
}

#[test]
fn the_case_of_a_real_change_is_that_of_git() {
    let Some(bed) = Bed::new() else { return };
    bed.write("src/lib.rs", "fn a() {}\n\nfn b() {}\n\nfn c() {}\n");
    bed.write("binary", "a\0b");
    bed.commit("gone", "1\n2\n");
    fs::remove_file(bed.path("work/gone")).unwrap();
    bed.git("work", &["mv", "src/lib.rs", "src/main.rs"]);
    bed.write("src/main.rs", "fn a() {}\n\nfn b() {}\n\nfn d() {}\n");
    bed.write("binary", "a\0c");
    std::os::unix::fs::symlink("src/main.rs", bed.path("work/link")).unwrap();
    bed.commit("new/file", "x\ny\nz\n");
    let case = bed.case("HEAD");
    let ours: Vec<String> = case
        .changes
        .iter()
        .map(|change| match change.form.name() {
            "binary" => format!("-\t-\t{}", change.path),
            _ => format!("{}\t{}\t{}", change.added_lines, change.removed_lines, change.path),
        })
        .collect();
    let theirs = bed.git(
        "work",
        &[
            "diff",
            "--numstat",
            "-M",
            "--no-renames",
            "HEAD~1",
            "HEAD",
            "--",
            ":!src",
        ],
    );
    let moved = "1\t1\tsrc/main.rs".to_owned();
    let mut expected: Vec<String> = theirs.lines().map(ToOwned::to_owned).collect();
    expected.push(moved);
    let sorted = |mut lines: Vec<String>| {
        lines.sort();
        lines
    };
    assert_eq!(sorted(ours), sorted(expected));
    assert_eq!(case.messages, ["Write new/file"]);
}

#[test]
fn files_are_read_as_they_stand_in_a_commit() {
    let Some(bed) = Bed::new() else { return };
    let one = bed.commit(".assize/policy.toml", "version = 1\n");
    std::os::unix::fs::symlink("/etc/hostname", bed.path("work/link")).unwrap();
    let two = bed.commit(".assize/policy.toml", "version = 2\n");
    let repository = bed.open("work").unwrap();
    let read = |commit, path, bytes_max| repository.file_at(commit, path, bytes_max);
    assert_eq!(
        read(&one, ".assize/policy.toml", 100).unwrap().as_deref(),
        Some(&b"version = 1\n"[..])
    );
    assert_eq!(
        read(&two, ".assize/policy.toml", 12).unwrap().as_deref(),
        Some(&b"version = 2\n"[..])
    );
    assert_eq!(read(&two, ".assize/other.toml", 12), Ok(None));
    assert_eq!(read(&two, ".assize/policy.toml/x", 12), Ok(None));
    assert!(matches!(
        read(&two, ".assize/policy.toml", 11),
        Err(FileError::TooLarge { bytes: 12, .. })
    ));
    assert!(matches!(read(&two, "link", 100), Err(FileError::NotAFile { .. })));
    assert!(matches!(read(&two, ".assize", 100), Err(FileError::NotAFile { .. })));
    assert!(matches!(read(&two, "../x", 100), Err(FileError::Path { .. })));
}

#[test]
fn nothing_of_a_hostile_repository_is_obeyed() {
    let Some(bed) = Bed::new() else { return };
    bed.write(".gitattributes", "*.txt diff=evil filter=evil\n");
    bed.commit("a.txt", "1\n");
    bed.commit("a.txt", "2\n");
    let witness = bed.path("witness");
    let command = format!("touch {}", witness.display());
    let config = format!(
        "[core]\n\trepositoryformatversion = 0\n\tfsmonitor = {command}\n\thooksPath = {hooks}\n[diff \"evil\"]\n\t\
         textconv = {command}\n\tcommand = {command}\n[filter \"evil\"]\n\tclean = {command}\n\tsmudge = {command}\n\
         \tprocess = {command}\n[include]\n\tpath = {hooks}\n[extensions]\n\tpreciousObjects = true\n",
        hooks = bed.path("hooks").display(),
    );
    fs::write(bed.path("work/.git/config"), config).unwrap();
    for hook in ["reference-transaction", "post-index-change", "pre-commit"] {
        bed.write(&format!(".git/hooks/{hook}"), &format!("#!/bin/sh\n{command}\n"));
        let path = bed.path("work/.git/hooks").join(hook);
        fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    }
    let case = bed.case("HEAD");
    assert_eq!((case.changes.len(), case.changes[0].added_lines), (1, 1));
    let repository = bed.open("work").unwrap();
    repository.write_pack(&[(ObjectKind::Blob, b"x".to_vec())]).unwrap();
    repository.update_ref(LOG, None, case.head.commit).unwrap();
    assert!(!Path::new(&witness).exists());
}

#[test]
fn a_file_of_100_mb_is_hashed_and_not_compared() {
    let Some(bed) = Bed::new() else { return };
    bed.git("work", &["config", "core.compression", "0"]);
    let line = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde\n";
    let large = line.repeat(100 * 1024 * 1024 / line.len());
    bed.commit("large", &large);
    let case = bed.case("HEAD");
    let blob = case.changes[0].head.unwrap();
    assert_eq!(
        (blob.bytes, blob.digest),
        (large.len() as u64, Some(Digest::of(large.as_bytes())))
    );
    assert_eq!(
        (case.changes[0].form, case.changes[0].added_lines as usize),
        (Form::Oversized, large.lines().count())
    );
}

/// Writes a state of 100 folders with 100 files each as a pack, and returns its commit.
fn commit_10_000(repository: &Repository, parent: Option<ObjectId>, end: &str) -> ObjectId {
    let mut objects = Vec::new();
    let mut put = |kind, bytes: Vec<u8>| {
        let id = tree::object_id(kind, &bytes);
        objects.push((kind, bytes));
        id
    };
    let entry = |mode, number: usize, id| TreeEntry {
        mode,
        name: format!("{number:02}").into_bytes(),
        id,
    };
    let mut folders = Vec::new();
    for folder in 0..100 {
        let contents = |file: usize| format!("folder {folder}\nfile {file}\n{end}\n").into_bytes();
        let files: Vec<_> = (0..100)
            .map(|file| entry(Mode::File, file, put(ObjectKind::Blob, contents(file))))
            .collect();
        folders.push(entry(
            Mode::Folder,
            folder,
            put(ObjectKind::Tree, tree::to_bytes(&files)),
        ));
    }
    let root = put(ObjectKind::Tree, tree::to_bytes(&folders));
    let parent = parent.map(|parent| format!("parent {parent}\n")).unwrap_or_default();
    let by = "A <a@b.example> 1700000000 +0000";
    let commit = format!("tree {root}\n{parent}author {by}\ncommitter {by}\n\nWrite all\n");
    let id = put(ObjectKind::Commit, commit.into_bytes());
    assert_eq!(repository.write_pack(&objects).unwrap().last(), Some(&id));
    id
}

#[test]
fn a_change_of_10_000_files_is_read() {
    let Some(bed) = Bed::new() else { return };
    let repository = bed.open("work").unwrap();
    let base = commit_10_000(&repository, None, "before");
    let head = commit_10_000(&repository, Some(base), "after");
    repository.update_ref("refs/heads/main", None, head).unwrap();
    bed.git("work", &["fsck", "--strict"]);
    let started = std::time::Instant::now();
    let case = bed.case("HEAD");
    let elapsed = started.elapsed();
    assert_eq!(
        (case.changes.len(), case.added_lines(), case.removed_lines()),
        (10_000, 10_000, 10_000)
    );
    // Far more than it takes; what would exceed it is a step that looks at every pair of files.
    assert!(elapsed.as_secs() < 60, "{elapsed:?}");
}

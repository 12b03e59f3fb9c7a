//! Cases from repositories in memory: what counts as changed, moved, comparable, and what is refused.

use assize_provenance::canonical;
use assize_provenance::digest::Digest;
use assize_provenance::reader::{ObjectId, ObjectKind};
use assize_provenance::tree::{self, Mode, TreeEntry};

use super::message::Authors;
use super::testing::{File, Objects};
use super::tree_diff::TreeError;
use super::{BuildError, Case, Form, Kind, Range, RangeKind, Status, build, digest, hunks};

fn file<'a>(path: &'a str, contents: &'a str) -> File<'a> {
    (path.as_bytes(), Mode::File, contents.as_bytes())
}

/// Writes each change as one line: status, old path, path, form, lines.
fn shown(case: &Case) -> Vec<String> {
    let one = |change: &super::Change| {
        let old = change
            .old_path
            .as_ref()
            .map(|path| format!("{path} -> "))
            .unwrap_or_default();
        let (status, form) = (change.status.name(), change.form.name());
        format!(
            "{status} {old}{} {form} +{} -{}",
            change.path, change.added_lines, change.removed_lines
        )
    };
    case.changes.iter().map(one).collect()
}

fn changes(base: &[File<'_>], head: &[File<'_>]) -> Vec<String> {
    shown(&Objects::default().case(base, head).unwrap())
}

#[test]
fn added_deleted_and_modified_files_are_found_in_any_folder() {
    let base = [file("a/b/c", "1\n2\n"), file("a/b/d", "same\n"), file("x", "gone\n")];
    let head = [
        file("a/b/c", "1\n3\n"),
        file("a/b/d", "same\n"),
        file("a/new", "fresh\nlines\n"),
    ];
    assert_eq!(
        changes(&base, &head),
        [
            "modified a/b/c text +1 -1",
            "added a/new text +2 -0",
            "deleted x text +0 -1"
        ]
    );
    assert!(changes(&base, &base).is_empty());
}

#[test]
fn a_root_commit_adds_everything() {
    let mut objects = Objects::default();
    let tree = objects.tree(&[file("a", "1\n"), file("b/c", "2")]);
    let head = objects.commit(tree, &[], 1, "Start\n");
    let range = Range {
        kind: RangeKind::FirstParent,
        base: None,
        head,
    };
    let case = build(&objects, range, Authors::Hidden).unwrap();
    assert_eq!(shown(&case), ["added a text +1 -0", "added b/c text +1 -0"]);
    assert_eq!((case.base, case.messages), (None, vec!["Start".to_owned()]));
}

#[test]
fn a_file_and_a_folder_of_one_name_are_two_changes() {
    assert_eq!(
        changes(
            &[file("a", "x\n"), file("a.b", "k\n")],
            &[file("a.b", "k\n"), file("a/c", "y\n")]
        ),
        ["deleted a text +0 -1", "added a/c text +1 -0"]
    );
}

#[test]
fn a_mode_a_link_and_a_submodule_are_changes() {
    let (old, new) = ([1_u8; 20], [2_u8; 20]);
    let base: [File<'_>; 3] = [
        (b"run", Mode::File, b"#!\n"),
        (b"link", Mode::File, b"target"),
        (b"sub", Mode::Submodule, &old),
    ];
    let head: [File<'_>; 3] = [
        (b"run", Mode::Executable, b"#!\n"),
        (b"link", Mode::Symlink, b"target"),
        (b"sub", Mode::Submodule, &new),
    ];
    let case = Objects::default().case(&base, &head).unwrap();
    let kinds = |place: usize| {
        let change = &case.changes[place];
        (change.base.unwrap().kind, change.head.unwrap().kind)
    };
    assert_eq!(
        shown(&case),
        [
            "modified link text +0 -0",
            "modified run text +0 -0",
            "modified sub text +0 -0"
        ]
    );
    assert_eq!(kinds(0), (Kind::File, Kind::Symlink));
    assert_eq!(kinds(1), (Kind::File, Kind::Executable));
    assert_eq!(kinds(2), (Kind::Submodule, Kind::Submodule));
    assert_eq!(case.changes[2].head.unwrap().digest, None);
    assert_eq!(case.changes[1].head.unwrap().digest, Some(Digest::of(b"#!\n")));
}

#[test]
fn group_writable_files_of_early_git_are_files() {
    let case = Objects::default()
        .case(&[], &[(b"a", Mode::GroupWritable, b"x\n")])
        .unwrap();
    assert_eq!(case.changes[0].head.unwrap().kind, Kind::File);
}

#[test]
fn the_same_contents_elsewhere_have_moved() {
    let text = "one\ntwo\nthree\n";
    let base = [file("a/keep.rs", text), file("b/other.rs", text), file("empty", "")];
    let head = [file("c/other.rs", text), file("d/keep.rs", text), file("new-empty", "")];
    assert_eq!(
        changes(&base, &head),
        [
            "renamed b/other.rs -> c/other.rs text +0 -0",
            "renamed a/keep.rs -> d/keep.rs text +0 -0",
            "deleted empty text +0 -0",
            "added new-empty text +0 -0",
        ]
    );
}

#[test]
fn half_the_same_contents_have_moved_and_less_have_not() {
    let lines = |numbers: std::ops::Range<u32>| numbers.map(|number| format!("line {number}\n")).collect::<String>();
    let (old, half, less) = (lines(10..20), lines(15..25), lines(16..26));
    assert_eq!(
        changes(&[file("a", &old)], &[file("b", &half)]),
        ["renamed a -> b text +5 -5"]
    );
    assert_eq!(
        changes(&[file("a", &old)], &[file("b", &less)]),
        ["deleted a text +0 -10", "added b text +10 -0"]
    );
    // The more similar one wins, and a link never becomes a file.
    let nine = lines(11..21);
    assert_eq!(
        changes(&[file("a", &old)], &[file("b", &half), file("c", &nine)]),
        ["added b text +10 -0", "renamed a -> c text +1 -1"]
    );
    let link: File<'_> = (b"b", Mode::Symlink, old.as_bytes());
    assert_eq!(changes(&[file("a", &old)], &[link]).len(), 2);
}

#[test]
fn many_candidates_are_paired_by_name_only() {
    let name = |folder: &str, number: usize| format!("{folder}/{number}");
    let text = |number: usize, end: &str| format!("common\nmarker {number}\nand more of {number}\n{end}\n");
    let old: Vec<_> = (0..300)
        .map(|number| (name("old", number), text(number, "a")))
        .collect();
    let new: Vec<_> = (0..300)
        .map(|number| (name("new", number), text(number, "b")))
        .collect();
    let files = |list: &'_ [(String, String)]| -> Vec<(Vec<u8>, Vec<u8>)> {
        list.iter()
            .map(|(path, text)| (path.clone().into_bytes(), text.clone().into_bytes()))
            .collect()
    };
    let (old, new) = (files(&old), files(&new));
    let listed =
        |files: &'static [(Vec<u8>, Vec<u8>)]| files.iter().map(|(p, c)| (&p[..], Mode::File, &c[..])).collect();
    let base: Vec<File<'_>> = listed(Box::leak(old.into_boxed_slice()));
    let head: Vec<File<'_>> = listed(Box::leak(new.into_boxed_slice()));
    let case = Objects::default().case(&base, &head).unwrap();
    assert_eq!(case.changes.len(), 300);
    assert!(case.changes.iter().all(|change| {
        change.status == Status::Renamed
            && change
                .old_path
                .as_ref()
                .is_some_and(|old| old.file_name() == change.path.file_name())
    }));
}

#[test]
fn binary_and_oversized_files_are_not_compared() {
    let many = "x\n".repeat(hunks::SIDE_LINES_MAX + 1);
    let base = [file("bin", "a\0b\n"), file("big", "y\n")];
    let head = [file("bin", "a\0c\nd\n"), file("big", &many)];
    let lines = hunks::SIDE_LINES_MAX + 1;
    assert_eq!(
        changes(&base, &head),
        [
            format!("modified big oversized +{lines} -1"),
            "modified bin binary +0 -0".into()
        ]
    );
    assert_eq!(changes(&[], &[file("bin", "\0\n\n")]), ["added bin binary +0 -0"]);
    let case = Objects::default().case(&[], &[file("big", &many)]).unwrap();
    assert_eq!(
        (case.changes[0].form, case.changes[0].added_lines as usize),
        (Form::Oversized, lines)
    );
}

#[test]
fn paths_that_are_not_utf8_and_carriage_returns_are_kept() {
    let base: [File<'_>; 1] = [(b"caf\xe9", Mode::File, b"a\r\nb\n")];
    let head: [File<'_>; 1] = [(b"caf\xe9", Mode::File, b"a\nb\n")];
    assert_eq!(changes(&base, &head), ["modified caf\\xe9 text +1 -1"]);
}

#[test]
fn hostile_folders_are_refused_by_name() {
    let refused = |name: &[u8], mode: &str| {
        let mut objects = Objects::default();
        let blob = objects.put(ObjectKind::Blob, b"x".to_vec());
        let mut bytes = format!("{mode} ").into_bytes();
        bytes.extend_from_slice(name);
        bytes.push(0);
        bytes.extend_from_slice(blob.as_bytes());
        let bad = objects.put(ObjectKind::Tree, bytes);
        let folder = TreeEntry {
            mode: Mode::Folder,
            name: b"deep".to_vec(),
            id: bad,
        };
        let head = objects.put(ObjectKind::Tree, tree::to_bytes(&[folder]));
        let base = objects.tree(&[]);
        match objects.case_of_trees(base, head) {
            Err(BuildError::Tree(TreeError::Hostile { path, id, .. })) => {
                assert_eq!((path.to_string().as_str(), id), ("deep", bad));
            }
            other => panic!("{name:?}: {other:?}"),
        }
    };
    for name in [&b".."[..], b".", b".git", b".GIT", b"a/b", b""] {
        refused(name, "100644");
    }
    refused(b"a", "100600");
}

#[test]
fn a_tree_that_names_itself_again_and_again_ends() {
    let mut objects = Objects::default();
    let mut id = objects.put(ObjectKind::Tree, Vec::new());
    let base = id;
    // Ten folders in ten folders, twelve levels deep, hold no file at all.
    for _ in 0..12 {
        let names = (b'a'..=b'j').map(|name| TreeEntry {
            mode: Mode::Folder,
            name: vec![name],
            id,
        });
        id = objects.put(ObjectKind::Tree, tree::to_bytes(&names.collect::<Vec<_>>()));
    }
    assert_eq!(
        objects.case_of_trees(base, id),
        Err(BuildError::Tree(TreeError::TooManyFolders))
    );
    let mut deep = objects.tree(&[file("a", "x")]);
    for _ in 0..300 {
        let entry = TreeEntry {
            mode: Mode::Folder,
            name: b"d".to_vec(),
            id: deep,
        };
        deep = objects.put(ObjectKind::Tree, tree::to_bytes(&[entry]));
    }
    assert!(matches!(
        objects.case_of_trees(base, deep),
        Err(BuildError::Tree(TreeError::Hostile { .. }))
    ));
}

#[test]
fn more_files_than_are_judged_at_once_are_refused() {
    let mut objects = Objects::default();
    let blob = objects.put(ObjectKind::Blob, b"x".to_vec());
    let name = |number: usize| format!("{number:06}").into_bytes();
    let entry = |number| TreeEntry {
        mode: Mode::File,
        name: name(number),
        id: blob,
    };
    let entries: Vec<_> = (0..=super::tree_diff::CHANGES_MAX).map(entry).collect();
    let head = objects.put(ObjectKind::Tree, tree::to_bytes(&entries));
    let base = objects.tree(&[]);
    assert_eq!(
        objects.case_of_trees(base, head),
        Err(BuildError::Tree(TreeError::TooManyChanges))
    );
}

#[test]
fn what_is_missing_is_named() {
    let mut objects = Objects::default();
    let head = objects.tree(&[file("a/b", "x")]);
    let base = objects.tree(&[]);
    let blob = objects.put(ObjectKind::Blob, b"x".to_vec());
    objects.remove(&blob);
    let error = objects.case_of_trees(base, head).unwrap_err().to_string();
    assert!(error.contains("`a/b`") && error.contains(&blob.to_string()), "{error}");
    let folder = objects.tree(&[file("b", "x")]);
    objects.remove(&folder);
    let error = objects.case_of_trees(base, head).unwrap_err().to_string();
    assert!(error.contains("`a`") && error.contains(&folder.to_string()), "{error}");
}

#[test]
fn the_manifest_is_canonical_and_covers_each_side() {
    let (old, new) = ([1_u8; 20], [2_u8; 20]);
    let base: [File<'_>; 2] = [(b"a\xff", Mode::File, b"1\n"), (b"s", Mode::Submodule, &old)];
    let head: [File<'_>; 2] = [(b"a\xff", Mode::Executable, b"2\n"), (b"s", Mode::Submodule, &new)];
    let case = Objects::default().case(&base, &head).unwrap();
    let bytes = digest::manifest(&case).unwrap();
    let value = canonical::parse(&bytes, 1 << 20).unwrap();
    assert_eq!(value["changes"][0]["path"], "a\\xff");
    assert_eq!(value["changes"][0]["base"]["sha256"], Digest::of(b"1\n").to_string());
    assert_eq!(value["changes"][0]["head"]["mode"], "100755");
    assert_eq!(
        value["changes"][1]["head"]["commit"],
        ObjectId::from_bytes(new).to_string()
    );
    let other = Objects::default().case(&head, &base).unwrap();
    assert_ne!(digest::manifest(&other).unwrap(), bytes);
}

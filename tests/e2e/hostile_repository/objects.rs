//! Objects that no honest git writes: trees with names that are none, depths and sizes without end, contents that are not
//! what their ids say.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use assize_tests::bed::{Bed, Edit, Run, ran};
use assize_tests::trace;
use git2::{ObjectType, Oid, Repository};

use super::{Trap, ends_in_order};

/// One entry of a raw tree: mode, name, object.
type Entry<'a> = (&'a str, &'a [u8], Oid);

/// Writes a tree byte by byte, in the order given.
fn tree(repository: &Repository, entries: &[Entry<'_>]) -> Oid {
    let mut bytes = Vec::new();
    for (mode, name, id) in entries {
        bytes.extend_from_slice(mode.as_bytes());
        bytes.push(b' ');
        bytes.extend_from_slice(name);
        bytes.push(0);
        bytes.extend_from_slice(id.as_bytes());
    }
    repository
        .odb()
        .and_then(|odb| odb.write(ObjectType::Tree, &bytes))
        .expect("a tree")
}

/// Makes a commit of a tree the newest of the branch.
fn commit(repository: &Repository, tree: Oid, message: &[u8]) -> Oid {
    let head = repository.head().expect("a head").target().expect("a commit");
    let who = "A <a@example.org> 1750000000 +0000";
    let mut bytes = format!("tree {tree}\nparent {head}\nauthor {who}\ncommitter {who}\n\n").into_bytes();
    bytes.extend_from_slice(message);
    let commit = repository
        .odb()
        .and_then(|odb| odb.write(ObjectType::Commit, &bytes))
        .expect("a commit");
    repository
        .reference("refs/heads/main", commit, true, "")
        .expect("the branch moves");
    commit
}

fn blob(repository: &Repository, bytes: &[u8]) -> Oid {
    repository.blob(bytes).expect("a blob")
}

/// The most memory a review may take for itself, in KiB: far less than what hostile objects claim to be.
const DATA_KIB_MAX: u64 = 700 << 10;

/// The most processor time a review may take, in seconds: what goes on for ever ends here instead of with the test run.
const CPU_SECONDS_MAX: u64 = 60;

/// Runs the binary under test where it cannot get more memory or time than that; the reserved address space of the instance pool
/// does not count. Whoever asks for more is stopped, which no test here accepts.
pub(super) fn within_memory(bed: &Bed, arguments: &[&str]) -> Run {
    let limited = format!("ulimit -d {DATA_KIB_MAX} && ulimit -t {CPU_SECONDS_MAX} && exec \"$0\" \"$@\"");
    let command = trace::under(Path::new("/bin/sh"), &["-c", &limited], &bed.command(arguments));
    ran(&{ command }.output().expect("starts"))
}

/// The newest commit and the one before it are read, so both sides of a case are hostile in turn.
fn ends_well_on_both_sides(trap: &Trap, repository: &Repository, name: &str) {
    let hostile = within_memory(&trap.bed, &["review"]);
    ends_in_order(&hostile, name);
    let good = tree(repository, &[("100644", b"a", blob(repository, b"a\n"))]);
    commit(repository, good, b"Back to good\n");
    let base = within_memory(&trap.bed, &["review"]);
    ends_in_order(&base, &format!("{name}, in the base"));
    trap.springs_on_nobody(name);
}

#[test]
fn trees_with_impossible_names_end_in_a_sentence() {
    let names: &[&[u8]] = &[
        b".git",
        b".GIT",
        b"..",
        b".",
        b"",
        b"a/b",
        b"/etc/passwd",
        b"../outside/secret",
        b"git~1",
        b"new\nline",
        b"\x1b[2J",
        b"\xff\xfe",
        b"-rf",
        b"con",
        b"a\\b",
    ];
    for name in names {
        let trap = Trap::new();
        let repository = Repository::open(trap.bed.repository()).expect("opens");
        let file = blob(&repository, b"x\n");
        let folder = tree(&repository, &[("100644", b"secret", file)]);
        for (mode, id) in [
            ("100644", file),
            ("40000", folder),
            ("120000", blob(&repository, b"../../outside/secret")),
        ] {
            let hostile = tree(&repository, &[(mode, name, id)]);
            commit(&repository, hostile, b"Hostile\n");
            ends_well_on_both_sides(
                &trap,
                &repository,
                &format!("{mode} {:?}", String::from_utf8_lossy(name)),
            );
        }
    }
}

#[test]
fn malformed_trees_end_in_a_sentence() {
    let trap = Trap::new();
    let repository = Repository::open(trap.bed.repository()).expect("opens");
    let file = blob(&repository, b"x\n");
    let folder = tree(&repository, &[("100644", b"x", file)]);
    let gone = Oid::from_str("00000000000000000000000000000000000000aa").expect("an id");
    let rows: &[(&str, Vec<Entry<'_>>)] = &[
        (
            "the same name twice",
            vec![("100644", b"a", file), ("100755", b"a", file)],
        ),
        (
            "a file and a folder of one name",
            vec![("100644", b"a", file), ("40000", b"a", folder)],
        ),
        (
            "names in the wrong order",
            vec![("100644", b"b", file), ("100644", b"a", file)],
        ),
        ("a mode that is none", vec![("777", b"a", file)]),
        ("a mode with letters", vec![("1006x4", b"a", file)]),
        ("an empty mode", vec![("", b"a", file)]),
        ("a file that is a folder", vec![("100644", b"a", folder)]),
        ("a folder that is a file", vec![("40000", b"a", file)]),
        ("a missing file", vec![("100644", b"a", gone)]),
        ("a missing folder", vec![("40000", b"a", gone)]),
        (
            "a policy that is a link",
            vec![(
                "40000",
                b".assize",
                tree(
                    &repository,
                    &[("120000", b"policy.toml", blob(&repository, b"../../outside/secret"))],
                ),
            )],
        ),
        (
            "a policy that is a folder",
            vec![(
                "40000",
                b".assize",
                tree(&repository, &[("40000", b"policy.toml", folder)]),
            )],
        ),
        (
            "a policy that is a submodule",
            vec![(
                "40000",
                b".assize",
                tree(&repository, &[("160000", b"policy.toml", gone)]),
            )],
        ),
        (
            "a policy folder that is a link",
            vec![("120000", b".assize", blob(&repository, b"../outside"))],
        ),
    ];
    for (name, entries) in rows {
        let hostile = tree(&repository, entries);
        commit(&repository, hostile, b"Hostile\n");
        ends_well_on_both_sides(&trap, &repository, name);
    }
    for (name, bytes) in [
        ("noise", b"\xff".repeat(100)),
        ("a tree cut short", b"100644 a\x00123".to_vec()),
    ] {
        let id = repository
            .odb()
            .and_then(|odb| odb.write(ObjectType::Tree, &bytes))
            .expect("a tree");
        commit(&repository, id, b"Hostile\n");
        ends_well_on_both_sides(&trap, &repository, name);
    }
}

#[test]
fn trees_without_end_end_in_a_sentence() {
    let trap = Trap::new();
    let repository = Repository::open(trap.bed.repository()).expect("opens");
    let file = blob(&repository, b"x\n");
    // 10,000 folders deep.
    let mut deep = tree(&repository, &[("100644", b"x", file)]);
    for _ in 0..10_000 {
        deep = tree(&repository, &[("40000", b"d", deep)]);
    }
    commit(&repository, deep, b"Deep\n");
    ends_well_on_both_sides(&trap, &repository, "a deep tree");
    // Twenty levels that each name the next ten times: 10^20 files in two dozen objects.
    let mut wide = tree(&repository, &[("100644", b"x", file)]);
    let names: Vec<Vec<u8>> = (0..10).map(|number: u8| vec![b'a' + number]).collect();
    for _ in 0..20 {
        let entries: Vec<Entry<'_>> = names.iter().map(|name| ("40000", name.as_slice(), wide)).collect();
        wide = tree(&repository, &entries);
    }
    commit(&repository, wide, b"Wide\n");
    ends_well_on_both_sides(&trap, &repository, "a tree that names itself again and again");
    // 200,000 files in one folder.
    let names: Vec<String> = (0..200_000).map(|number| format!("{number:06}")).collect();
    let entries: Vec<Entry<'_>> = names.iter().map(|name| ("100644", name.as_bytes(), file)).collect();
    let huge = tree(&repository, &entries);
    commit(&repository, huge, b"Huge\n");
    ends_well_on_both_sides(&trap, &repository, "a huge tree");
}

#[test]
fn commits_that_are_none_end_in_a_sentence() {
    let trap = Trap::new();
    let repository = Repository::open(trap.bed.repository()).expect("opens");
    let good = tree(&repository, &[("100644", b"a", blob(&repository, b"a\n"))]);
    for (name, message) in [
        ("a message of 32 MiB", vec![b'x'; 32 << 20]),
        ("a million lines", b"\n".repeat(1_000_000)),
        ("a message of noise", (0..=255_u8).cycle().take(10_000).collect()),
        ("no message", Vec::new()),
    ] {
        commit(&repository, good, &message);
        ends_well_on_both_sides(&trap, &repository, name);
    }
    let head = repository.head().expect("a head").target().expect("a commit");
    let parents: String = (0..5_000).map(|_| format!("parent {head}\n")).collect();
    for (name, bytes) in [
        ("no tree", "author A <a> 1 +0000\n\nx\n".to_owned()),
        ("noise", "\u{0}\u{1}\u{2}".to_owned()),
        (
            "itself as a tree",
            format!("tree {head}\nauthor A <a> 1 +0000\ncommitter A <a> 1 +0000\n\nx\n"),
        ),
        (
            "a parent that is a tree",
            format!("tree {good}\nparent {good}\nauthor A <a> 1 +0000\ncommitter A <a> 1 +0000\n\nx\n"),
        ),
        (
            "5,000 parents",
            format!("tree {good}\n{parents}author A <a> 1 +0000\ncommitter A <a> 1 +0000\n\nx\n"),
        ),
    ] {
        let id = repository
            .odb()
            .and_then(|odb| odb.write(ObjectType::Commit, bytes.as_bytes()))
            .expect("an object");
        repository
            .reference("refs/heads/hostile", id, true, "")
            .expect("a branch");
        for revision in [
            "hostile",
            "main..hostile",
            "main...hostile",
            "hostile..main",
            "hostile~1",
        ] {
            ends_in_order(
                &within_memory(&trap.bed, &["review", revision, "--no-record"]),
                &format!("{name}, {revision}"),
            );
        }
    }
}

/// A link in a tree is judged by its target's name; what it points to is never looked at.
#[test]
fn links_in_the_tree_are_not_followed() {
    let trap = Trap::new();
    let target = trap.outside.join("secret");
    trap.bed.commit(
        "Link",
        &[
            Edit::Link("link", &target.to_string_lossy()),
            Edit::Link("passwd", "/etc/passwd"),
        ],
    );
    for run in trap.springs_on_nobody("links in the tree") {
        assert_eq!(run.code, 0, "{run:?}");
    }
    // The work tree's policy may be a link too; `policy check` reads the work tree.
    fs::remove_file(trap.bed.repository().join(".assize/policy.toml")).expect("removed");
    std::os::unix::fs::symlink(&target, trap.bed.repository().join(".assize/policy.toml")).expect("a link");
    trap.springs_on_nobody("a linked policy in the work tree");
}

/// An object file whose contents belong to another id, and one that is cut short.
#[test]
fn objects_that_are_not_what_their_id_says_are_named() {
    for damage in ["swapped", "cut", "noise", "empty"] {
        let trap = Trap::new();
        let repository = Repository::open(trap.bed.repository()).expect("opens");
        let head = repository
            .head()
            .and_then(|head| head.peel_to_commit())
            .expect("a commit");
        let tree = head.tree().expect("a tree");
        let file = tree.get_path(Path::new("src/lib.rs")).expect("the file").id();
        let other = blob(&repository, b"fn six() {}\n");
        for (name, id) in [("the commit", head.id()), ("its tree", tree.id()), ("a file", file)] {
            let hex = id.to_string();
            let path = trap.git(&format!("objects/{}/{}", &hex[..2], &hex[2..]));
            let whole = fs::read(&path).expect("a loose object");
            let other = other.to_string();
            let contents = match damage {
                "swapped" => {
                    fs::read(trap.git(&format!("objects/{}/{}", &other[..2], &other[2..]))).expect("an object")
                }
                "cut" => whole[..whole.len() / 2].to_vec(),
                "noise" => vec![0x5a; 100],
                _ => Vec::new(),
            };
            fs::remove_file(&path).expect("removed");
            fs::write(&path, contents).expect("written");
            let run = within_memory(&trap.bed, &["review", "--no-record"]);
            let when = format!("{name} {damage}");
            ends_in_order(&run, &when);
            assert_ne!(run.code, 0, "{when}: approved what is not there: {run:?}");
            assert!(
                run.stderr.contains(&hex) || run.code != 2,
                "{when}: the object is not named: {run:?}"
            );
            fs::remove_file(&path).expect("removed");
            fs::write(&path, whole).expect("restored");
        }
        let _ = trap.bed.assize(&["review", "--no-record"]).expect(0);
    }
}

/// A few kilobytes on disk that want to be more than a gigabyte in memory.
#[test]
fn a_blob_that_swells_is_refused_before_it_does() {
    let trap = Trap::new();
    let repository = Repository::open(trap.bed.repository()).expect("opens");
    let mut writer = repository.blob_writer(None).expect("a writer");
    let zeros = vec![0; 1 << 20];
    for _ in 0..1024 {
        writer.write_all(&zeros).expect("written");
    }
    writer.write_all(b"0").expect("written");
    let swollen = writer.commit().expect("a blob");
    let hostile = tree(&repository, &[("100644", b"big", swollen)]);
    commit(&repository, hostile, b"Big\n");
    ends_well_on_both_sides(&trap, &repository, "a blob of more than a gigabyte");
}

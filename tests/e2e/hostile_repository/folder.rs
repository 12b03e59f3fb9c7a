//! A `.git` folder that is not what it seems: links, pointers and refs that lead out of it, and files that change what
//! objects mean.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use assize_tests::snapshot::Snapshot;

use super::Trap;

/// Moves something of the repository outside and leaves a link to it.
fn linked_out(trap: &Trap, name: &str) {
    let (here, there) = (trap.git(name), trap.outside.join(name.replace('/', "-")));
    if here.exists() {
        fs::rename(&here, &there).expect("moved");
    } else {
        fs::create_dir_all(&there).expect("a folder");
    }
    fs::create_dir_all(here.parent().expect("a folder")).expect("folders");
    symlink(there, here).expect("a link");
}

#[test]
fn links_out_of_the_folder_are_not_followed() {
    let names = [
        "objects",
        "refs",
        "HEAD",
        "config",
        "packed-refs",
        "objects/pack",
        "objects/info",
        "refs/heads",
        "refs/assize",
        "assize",
    ];
    for name in names {
        let trap = Trap::new();
        if name == "packed-refs" {
            fs::write(trap.git(name), "# pack-refs with: peeled fully-peeled sorted\n").expect("a file");
        }
        linked_out(&trap, name);
        let before = Snapshot::of(&trap.outside);
        for run in trap.springs_on_nobody(&format!("a link in place of {name}")) {
            assert_eq!(run.stdout, "", "{name} was read: {run:?}");
        }
        assert!(before == Snapshot::of(&trap.outside), "{name} was written through");
    }
}

/// One loose object, one folder of them, one ref.
#[test]
fn links_deep_in_the_folder_are_not_followed() {
    let trap = Trap::new();
    let folder = fs::read_dir(trap.git("objects"))
        .expect("objects")
        .map(|entry| entry.expect("an entry").file_name());
    let folder = folder
        .map(|name| name.to_string_lossy().into_owned())
        .find(|name| name.len() == 2)
        .expect("a folder");
    linked_out(&trap, &format!("objects/{folder}"));
    trap.springs_on_nobody("a linked folder of objects");

    for name in [
        "refs/heads/main",
        "refs/heads/other",
        "refs/assize/v1/log/0123456789abcdef0123456789abcdef",
        "refs/tags/v1",
    ] {
        let trap = Trap::new();
        let _ = fs::remove_file(trap.git(name));
        fs::create_dir_all(trap.git(name).parent().expect("a folder")).expect("folders");
        symlink(trap.outside.join("secret"), trap.git(name)).expect("a link");
        trap.springs_on_nobody(&format!("a link in place of {name}"));
    }
}

/// A `.git` that is a link, or a file that names a repository which knows nothing of this work tree.
#[test]
fn a_pointer_to_elsewhere_is_not_followed() {
    for kind in ["file", "link", "relative file", "commondir"] {
        let trap = Trap::new();
        let elsewhere = trap.outside.join("elsewhere.git");
        let here = trap.bed.repository().join(".git");
        match kind {
            "commondir" => {
                Snapshot::of(&here).write_to(&elsewhere);
                fs::write(here.join("commondir"), format!("{}\n", elsewhere.display())).expect("a file");
                // Whatever is read is read here.
                trap.springs_on_nobody(kind);
                continue;
            }
            _ => fs::rename(&here, &elsewhere).expect("moved"),
        }
        match kind {
            "file" => fs::write(&here, format!("gitdir: {}\n", elsewhere.display())).expect("a pointer"),
            "relative file" => fs::write(&here, "gitdir: ../outside/elsewhere.git\n").expect("a pointer"),
            _ => symlink(&elsewhere, &here).expect("a link"),
        }
        for run in trap.springs_on_nobody(&format!("a .git that is a {kind}")) {
            assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{kind}: {run:?}");
            assert!(run.stderr.contains("leads to"), "{kind}: {run:?}");
        }
    }
}

/// Files that make git see other parents, other objects or objects from elsewhere.
#[test]
fn what_changes_the_meaning_of_objects_is_refused_by_name() {
    let trap = Trap::new();
    let head = git2::Repository::open(trap.bed.repository())
        .expect("opens")
        .head()
        .expect("a head")
        .target()
        .expect("a commit");
    for (name, contents, word) in [
        ("shallow", format!("{head}\n"), "shallow"),
        ("info/grafts", format!("{head}\n"), "grafts"),
        (
            "objects/info/alternates",
            format!("{}\n", trap.outside.display()),
            "alternates",
        ),
        (
            "objects/info/http-alternates",
            "https://example.org/\n".to_owned(),
            "alternates",
        ),
    ] {
        let path = trap.git(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        fs::write(&path, contents).expect("a file");
        let runs = trap.springs_on_nobody(name);
        assert!(
            runs.iter().any(|run| run.code == 2 && run.stderr.contains(word)),
            "{name}: {runs:?}"
        );
        assert!(
            runs.iter()
                .all(|run| run.stdout.is_empty() || !run.stdout.contains("APPROVED")),
            "{name}: {runs:?}"
        );
        fs::remove_file(path).expect("removed");
    }
}

/// A replacement says that one commit is another; the real one is judged.
#[test]
fn replaced_objects_are_read_as_they_are() {
    let trap = Trap::new();
    let repository = git2::Repository::open(trap.bed.repository()).expect("opens");
    let head = repository.head().expect("a head").target().expect("a commit");
    let honest = trap
        .bed
        .assize(&["review", "--no-record", "--format", "json"])
        .expect(0)
        .json();
    let parent = repository
        .find_commit(head)
        .and_then(|commit| commit.parent_id(0))
        .expect("a parent");
    repository
        .reference(&format!("refs/replace/{head}"), parent, true, "")
        .expect("a replacement");
    let replaced = trap
        .bed
        .assize(&["review", "--no-record", "--format", "json"])
        .expect(0)
        .json();
    assert_eq!(honest["case"], replaced["case"]);
    trap.springs_on_nobody("a replaced commit");
}

/// Names that are no refs, or that a careless program takes for an option, a path or several lines.
#[test]
fn refs_with_odd_names_are_in_nobodys_way() {
    let trap = Trap::new();
    let head = fs::read_to_string(trap.git("refs/heads/main")).expect("a ref");
    for name in [
        "refs/heads/-x",
        "refs/heads/--upload-pack=x",
        "refs/heads/new\nline",
        "refs/heads/\u{1b}[2J",
        "refs/heads/a..b",
        "refs/heads/a.lock",
        "refs/heads/.hidden",
        "refs/heads/ends.",
        "refs/heads/@{1}",
        "refs/heads/back\\slash",
        "refs/assize/v1/log/x",
        "refs/assize/v1/log/../../../heads/y",
        "refs/assize/v1/evidence/\u{202e}",
        "refs/assize/v2/log/0123456789abcdef0123456789abcdef",
    ] {
        let path = trap.git(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        fs::write(&path, &head).expect("a ref");
        trap.springs_on_nobody(&format!("a ref named {name:?}"));
        let _ = trap.bed.assize(&["review", name]);
        fs::remove_file(path).expect("removed");
    }
}

/// Refs and HEAD with contents that lead in circles, nowhere or outside.
#[test]
fn refs_that_lead_nowhere_are_named() {
    for (name, contents) in [
        ("HEAD", "ref: ../../outside/secret\n"),
        ("HEAD", "ref: refs/heads/../../../outside/secret\n"),
        ("HEAD", "ref: HEAD\n"),
        ("HEAD", "ref: /etc/passwd\n"),
        ("HEAD", ""),
        ("HEAD", "ref: refs/heads/main\0\n"),
        ("refs/heads/main", "ref: refs/heads/main\n"),
        ("refs/heads/main", "ref: refs/../../outside/secret\n"),
        ("refs/heads/main", "0000000000000000000000000000000000000000\n"),
        ("refs/heads/main", "not an id"),
        ("packed-refs", "not a list of refs\n\0\u{1b}"),
    ] {
        let trap = Trap::new();
        fs::write(trap.git(name), contents).expect("written");
        let runs = trap.springs_on_nobody(&format!("{name} with {contents:?}"));
        assert!(
            name == "packed-refs" || runs[0].code == 2,
            "{name} with {contents:?}: {:?}",
            runs[0]
        );
    }
}

/// A file of many gigabytes where a few bytes belong costs nothing.
#[test]
fn giant_files_are_not_read() {
    for name in [
        "HEAD",
        "refs/heads/main",
        "packed-refs",
        "config",
        "assize/log.json",
        "assize/wal",
    ] {
        let trap = Trap::new();
        fs::create_dir_all(trap.git(name).parent().expect("a folder")).expect("folders");
        let file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(trap.git(name))
            .expect("a file");
        file.set_len(64 << 30).expect("a sparse file");
        for verb in super::VERBS {
            let run = super::objects::within_memory(&trap.bed, verb);
            assert!(
                (0..=3).contains(&run.code) || run.code == 74,
                "{name}, {verb:?}: {run:?}"
            );
        }
    }
}

/// Devices and pipes would be read for ever.
#[test]
fn pipes_are_not_opened() {
    for name in ["HEAD", "refs/heads/other", "config", "assize/wal", "assize/log.json"] {
        let trap = Trap::new();
        let path = trap.git(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        let _ = fs::remove_file(&path);
        make_pipe(&path);
        for verb in [["review", "--no-record"], ["audit", "verify"]] {
            let run = trap.bed.assize(&verb);
            assert!((0..=3).contains(&run.code) || run.code == 74, "{name}: {run:?}");
        }
    }
}

fn make_pipe(path: &Path) {
    let made = std::process::Command::new("mkfifo")
        .arg(path)
        .status()
        .expect("mkfifo starts");
    assert!(made.success(), "no pipe at {}", path.display());
}

//! Ways out.

use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::*;
use crate::workspace::OpenError;

#[test]
fn a_text_that_is_no_path_is_invalid_everywhere() {
    let room = Room::new();
    room.put("mine", "mine");
    let long_name = "x".repeat(256);
    let long_path = "x/".repeat(2_048) + "x";
    let mut visit = room.visit(&["**"], &["**"]);
    for path in [
        "..",
        "../secret",
        "a/../../secret",
        "./mine",
        "mine/.",
        "/etc/passwd",
        "//etc/passwd",
        "mine/",
        "a//b",
        "a\\x00b",
        "\\x2e\\x2e/secret",
        "..\\x2fsecret",
        "a\\..\\secret",
        "mine\0",
        "mine\n",
        &long_name,
        &long_path,
        &"x".repeat(100_000),
        ".assize-temporary-0123",
        "a/.Assize-Temporary-x",
    ] {
        for (what, refusal) in everything(&mut visit, path) {
            assert!(
                matches!(refusal, Some(Refusal::Invalid(_))),
                "{what} {path:?}: {refusal:?}"
            );
        }
    }
    for (what, refusal) in everything(&mut visit, "")
        .into_iter()
        .filter(|(what, _)| !["list", "search"].contains(what))
    {
        assert!(
            matches!(refusal, Some(Refusal::Invalid(_))),
            "{what} the root: {refusal:?}"
        );
    }
    room.is_whole();
}

#[test]
fn no_link_is_followed() {
    let room = Room::new();
    room.put("mine", "mine");
    room.put("folder/file", "x");
    room.link("../secret", "file_out");
    room.link("..", "folder_out");
    room.link(room.place.path(), "absolute_out");
    room.link("mine", "file_in");
    room.link("folder", "folder_in");
    room.link("/proc/self/fd", "fds");
    room.link("loop", "loop");
    room.link("nowhere", "dangling");
    let mut visit = room.visit(&["**"], &["**"]);
    for (path, link) in [
        ("file_out", "file_out"),
        ("folder_out/secret", "folder_out"),
        ("folder_out/inside/mine", "folder_out"),
        ("absolute_out/secret", "absolute_out"),
        ("folder_in/file", "folder_in"),
        ("folder_in/new", "folder_in"),
        ("file_in", "file_in"),
        ("fds/0", "fds"),
        ("loop", "loop"),
        ("loop/x", "loop"),
        ("dangling", "dangling"),
        ("dangling/x", "dangling"),
    ] {
        let is_last = path == link;
        for (what, refusal) in everything(&mut visit, path) {
            match what {
                // A link may be removed and moved as what it is, and nothing may be moved over it.
                "remove" | "rename from" | "rename to" | "diff" if is_last || what == "diff" => continue,
                _ => assert_eq!(refusal, Some(Refusal::Link(link.into())), "{what} {path}"),
            }
        }
        if is_last {
            room.link("nowhere", "again");
            let _ = fs::remove_file(room.inside().join("fresh"));
            room.put("mine", "mine");
            let _ = fs::remove_file(room.inside().join(path));
            fs::rename(room.inside().join("again"), room.inside().join(path)).expect("a link again");
        }
    }
    assert_eq!(room.text("mine"), "mine");
    assert_eq!(room.text("folder/file"), "x");
    room.is_whole();
}

#[test]
fn a_link_is_removed_and_moved_as_itself() {
    let room = Room::new();
    room.link("../secret", "link");
    let mut visit = room.visit(&["**"], &["**"]);
    assert_eq!(visit.rename("link", "other"), Ok(()));
    assert!(room.inside().join("other").is_symlink());
    assert_eq!(visit.remove("other"), Ok(()));
    room.is_whole();
}

#[test]
fn a_linked_root_is_refused() {
    let room = Room::new();
    let link = room.place.path().join("linked");
    std::os::unix::fs::symlink("inside", &link).expect("a link");
    for path in [link.clone(), link.join(""), link.join(".")] {
        let refused = Workspace::open(&path).expect_err("it is a link");
        assert!(matches!(refused, OpenError::Link(_)), "{}: {refused}", path.display());
    }
    let refused = Workspace::open(&room.outside()).expect_err("it is a file");
    assert!(matches!(refused, OpenError::NoFolder(_)), "{refused}");
    assert!(Workspace::open(&room.place.path().join("missing")).is_err());
}

#[test]
fn what_is_opened_stays_opened_whatever_its_path_leads_to_later() {
    let room = Room::new();
    room.put("mine", "mine");
    let visit = room.visit(&["**"], &["**"]);
    fs::rename(room.inside(), room.place.path().join("moved")).expect("moved");
    std::os::unix::fs::symlink("insider", room.inside()).expect("a link in its place");
    assert_eq!(visit.read("mine", 0, 10).expect("still there"), b"mine");
    assert!(visit.read("secret", 0, 10).is_err());
}

#[test]
fn the_patterns_open_nothing_else() {
    let room = Room::new();
    for path in [
        "src/a.rs",
        "srcs/a.rs",
        "docs/a.md",
        ".git/config",
        "sub/.GIT/config",
        ".assize/policy.toml",
        "mine",
    ] {
        room.put(path, "outside of the patterns");
    }
    let mut visit = room.visit(&["src/**"], &["src/**"]);
    for path in ["srcs/a.rs", "docs/a.md", "docs", "nothing/there", "SRC/a.rs", "mine"] {
        for (what, refusal) in everything(&mut visit, path) {
            if what != "diff" {
                assert!(
                    matches!(refusal, Some(Refusal::Closed { .. })),
                    "{what} {path}: {refusal:?}"
                );
            }
        }
    }
    let mut visit = room.visit(&["**"], &["**"]);
    for path in [
        ".git/config",
        ".git",
        "sub/.GIT/config",
        ".assize/policy.toml",
        "new/.git/hooks/pre-push",
        ".Git/x",
    ] {
        for (what, refusal) in everything(&mut visit, path) {
            if what != "diff" {
                assert!(
                    matches!(refusal, Some(Refusal::Closed { .. })),
                    "{what} {path}: {refusal:?}"
                );
            }
        }
    }
    let mut visit = room.visit(&[".git/config"], &[]);
    assert!(visit.read(".git/config", 0, 5).is_ok());
    assert_eq!(
        visit.write(".git/config", b"", Existing::Replace),
        Err(closed(".git/config", Way::Write))
    );
}

#[test]
fn a_refusal_tells_nothing_about_what_exists() {
    let room = Room::new();
    room.put("hidden/there", "x");
    let mut visit = room.visit(&["src/**"], &["src/**"]);
    let (there, missing) = (
        everything(&mut visit, "hidden/there"),
        everything(&mut visit, "hidden/gone"),
    );
    for ((what, there), (_, missing)) in there.into_iter().zip(missing) {
        if what != "diff" {
            assert!(
                matches!(
                    (there, missing),
                    (Some(Refusal::Closed { .. }), Some(Refusal::Closed { .. }))
                ),
                "{what}"
            );
        }
    }
}

#[test]
fn special_files_are_listed_and_never_opened() {
    let room = Room::new();
    let pipe = room.inside().join("pipe");
    mknodat(CWD, &pipe, FileType::Fifo, Mode::from_raw_mode(0o644), 0).expect("a pipe");
    let _socket = std::os::unix::net::UnixListener::bind(room.inside().join("socket")).expect("a socket");
    room.put("mine", "mine");
    let mut visit = room.visit(&["**"], &["**"]);
    for name in ["pipe", "socket"] {
        for (what, refusal) in everything(&mut visit, name) {
            match what {
                "diff" => {}
                "rename to" => assert!(matches!(refusal, Some(Refusal::Conflict(_))), "{refusal:?}"),
                "list" | "search" => assert!(matches!(refusal, Some(Refusal::NotFound(_))), "{refusal:?}"),
                _ => assert!(
                    matches!(refusal, Some(Refusal::Invalid(_))),
                    "{what} {name}: {refusal:?}"
                ),
            }
        }
    }
    let page = visit.list("", None).expect("a list");
    let kinds: Vec<_> = page
        .entries
        .iter()
        .map(|entry| (entry.name.as_str(), entry.kind))
        .collect();
    use crate::workspace::Kind;
    assert_eq!(
        kinds,
        [("mine", Kind::File), ("pipe", Kind::Other), ("socket", Kind::Other)]
    );
    assert_eq!(visit.search("", &["mine".into()], 5).expect("a search").len(), 1);
}

#[test]
fn a_file_is_never_changed_under_another_name() {
    let room = Room::new();
    for (name, existing) in [("replaced", Existing::Replace), ("appended", Existing::Append)] {
        fs::hard_link(room.outside(), room.inside().join(name)).expect("a hard link");
        let mut visit = room.visit(&["**"], &["**"]);
        assert_eq!(visit.write(name, b"!", existing), Ok(()));
        room.is_whole();
    }
    assert_eq!(room.text("replaced"), "!");
    assert_eq!(room.text("appended"), format!("{SECRET}!"));
    fs::hard_link(room.outside(), room.inside().join("removed")).expect("a hard link");
    let mut visit = room.visit(&["**"], &["**"]);
    assert_eq!(visit.rename("removed", "renamed"), Ok(()));
    assert_eq!(visit.remove("renamed"), Ok(()));
    room.is_whole();
}

#[test]
fn what_may_not_be_read_is_not_moved_to_where_it_may() {
    let room = Room::new();
    room.put("hidden/file", "hidden");
    room.put("hidden/deep/file", "hidden");
    let mut visit = room.visit(&["open/**"], &["**"]);
    room.put("open/mine", "mine");
    assert_eq!(
        visit.rename("hidden/file", "open/file"),
        Err(closed("hidden/file", Way::Read))
    );
    assert_eq!(visit.rename("hidden", "open/hidden"), Err(closed("hidden", Way::Read)));
    assert_eq!(visit.rename("hidden/file", "elsewhere"), Ok(()));
    assert_eq!(visit.rename("open/mine", "elsewhere2"), Ok(()));
}

#[test]
fn a_folder_is_moved_only_if_everything_in_it_may_be() {
    let room = Room::new();
    room.put("a/b/file.rs", "x");
    room.put("a/b/.git/config", "x");
    let mut visit = room.visit(&["**"], &["**"]);
    assert_eq!(visit.rename("a", "c"), Err(closed("a/b/.git", Way::Write)));
    fs::remove_dir_all(room.inside().join("a/b/.git")).expect("removed");
    assert!(matches!(visit.rename("a", "a/b/c"), Err(Refusal::Invalid(_))));
    assert_eq!(visit.rename("a", "c"), Ok(()));
    assert_eq!(room.text("c/b/file.rs"), "x");
    room.put("d/file", "x");
    let mut visit = room.visit(&["**"], &["c/**", "d/*"]);
    assert_eq!(visit.rename("c", "d/c"), Err(closed("d/c/b", Way::Write)));
}

#[test]
fn modes_stay_and_lend_no_rights() {
    let room = Room::new();
    room.put("tool", "x");
    let mode =
        |bits| fs::set_permissions(room.inside().join("tool"), fs::Permissions::from_mode(bits)).expect("a mode");
    mode(0o4751);
    let mut visit = room.visit(&["**"], &["**"]);
    assert_eq!(visit.write("tool", b"y", Existing::Replace), Ok(()));
    let bits = |path: &str| {
        fs::metadata(room.inside().join(path))
            .expect("a file")
            .permissions()
            .mode()
            & 0o7777
    };
    assert_eq!(bits("tool"), 0o751);
    mode(0o444);
    assert!(matches!(
        visit.write("tool", b"z", Existing::Replace),
        Err(Refusal::Unavailable(_))
    ));
    assert!(matches!(
        visit.write("tool", b"z", Existing::Append),
        Err(Refusal::Unavailable(_))
    ));
    assert_eq!(visit.write("new", b"", Existing::Keep), Ok(()));
    assert_eq!(bits("new") & 0o6111, 0);
    assert_eq!(room.text("tool"), "y");
}

#[test]
fn names_that_are_no_text_stand_escaped() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    let room = Room::new();
    fs::write(room.inside().join(OsStr::from_bytes(b"caf\xe9")), "x").expect("a file");
    fs::write(room.inside().join("new\nline"), "y").expect("a file");
    let mut visit = room.visit(&["**"], &["**"]);
    let page = visit.list("", None).expect("a list");
    let names: Vec<_> = page.entries.iter().map(|entry| entry.name.as_str()).collect();
    assert_eq!(names, ["caf\\xe9", "new\\x0aline"]);
    assert_eq!(visit.read("caf\\xe9", 0, 9).expect("read"), b"x");
    assert_eq!(visit.write("caf\\xe9", b"z", Existing::Replace), Ok(()));
    assert_eq!(visit.rename("new\\x0aline", "b\\xff"), Ok(()));
    assert!(room.inside().join(OsStr::from_bytes(b"b\xff")).exists());
}

/// A name that has a twin in the other case is still itself where the file system keeps both.
#[test]
fn a_twin_in_the_other_case_is_another_file() {
    let room = Room::new();
    room.put("name", "small");
    fs::hard_link(room.inside().join("name"), room.inside().join("NAME")).expect("a hard link");
    let visit = room.visit(&["**"], &["**"]);
    assert_eq!(visit.read("name", 0, 9).expect("read"), b"small");
    assert_eq!(visit.read("NAME", 0, 9).expect("read"), b"small");
    room.put("Ünïcode~1. ", "odd");
    assert_eq!(visit.read("Ünïcode~1. ", 0, 9).expect("read"), b"odd");
}

/// A folder is exchanged for a link that leads out, over and over, while the visit works: nothing outside is ever reached.
#[test]
fn a_link_swapped_in_during_the_call_leads_nowhere() {
    let room = Arc::new(Room::new());
    room.put("folder/secret", "inside");
    room.put("mine", "mine");
    room.link("../insider", "link");
    let stop = Arc::new(AtomicBool::new(false));
    let swapper = {
        let (room, stop) = (Arc::clone(&room), Arc::clone(&stop));
        std::thread::spawn(move || {
            let (folder, link) = (room.inside().join("folder"), room.inside().join("link"));
            let mut swaps = 0_u32;
            while !stop.load(Ordering::Relaxed) {
                rustix::fs::renameat_with(CWD, &folder, CWD, &link, rustix::fs::RenameFlags::EXCHANGE)
                    .expect("swapped");
                swaps += 1;
            }
            swaps
        })
    };
    let mut visit = room.visit_with(&["folder/**", "mine"], &["folder/**", "mine"], u64::MAX);
    let (mut reached, mut refused) = (0_u32, 0_u32);
    let end = std::time::Instant::now() + std::time::Duration::from_secs(2);
    while std::time::Instant::now() < end || reached == 0 || refused == 0 {
        match visit.read("folder/secret", 0, 100) {
            Ok(bytes) => {
                assert_ne!(bytes, SECRET.as_bytes(), "the outside was read");
                reached += 1;
            }
            Err(Refusal::Link(_) | Refusal::NotFound(_)) => refused += 1,
            Err(other) => panic!("{other:?}"),
        }
        let _ = visit.write("folder/secret", b"inside", Existing::Replace);
        let _ = visit.write("folder/secret", b"", Existing::Append);
        let _ = visit.write("folder/new/deep", b"x", Existing::Replace);
        let _ = visit.remove("folder/new/deep");
        let _ = visit.rename("folder/secret", "folder/moved");
        let _ = visit.rename("folder/moved", "folder/secret");
        let found = visit.search("folder", &["outside and".into()], 5);
        assert!(
            !matches!(&found, Ok(found) if !found.is_empty()),
            "the outside was searched: {found:?}"
        );
    }
    stop.store(true, Ordering::Relaxed);
    assert!(swapper.join().expect("it ends") > 100);
    room.is_whole();
    assert_eq!(
        fs::read_dir(room.place.path().join("insider"))
            .expect("a folder")
            .count(),
        1
    );
}

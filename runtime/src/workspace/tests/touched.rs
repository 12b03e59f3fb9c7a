//! What a command has changed: seen whole, done again elsewhere, and never anything outside.

use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::case::path::RepositoryPath;
use crate::workspace::{Now, Status, TOUCHED_BYTES_MAX, Touched};

fn path(text: &str) -> RepositoryPath {
    RepositoryPath::from_bytes(text.as_bytes())
}

fn touched(text: &str, now: Now) -> Touched {
    Touched { path: path(text), now }
}

fn file(mode: u32, contents: &str) -> Now {
    Now::File {
        mode,
        contents: contents.as_bytes().to_vec(),
    }
}

fn set_mode(room: &Room, path: &str, mode: u32) {
    let mode = fs::Permissions::from_mode(mode);
    fs::set_permissions(room.inside().join(path), mode).expect("a mode");
}

/// Changes of every kind.
fn change(room: &Room) {
    fs::write(room.inside().join("same-size"), "after.").expect("a file");
    fs::remove_file(room.inside().join("gone")).expect("it goes");
    fs::remove_dir_all(room.inside().join("tree")).expect("it goes");
    fs::write(room.inside().join("tree"), "now a file").expect("a file");
    fs::remove_file(room.inside().join("leaf")).expect("it goes");
    room.put("leaf/now/a", "folder");
    room.link("../gone", "leaf/link");
    set_mode(room, "run", 0o755);
    fs::create_dir(room.inside().join("empty")).expect("a folder");
    set_mode(room, "empty", 0o500);
}

fn before() -> Room {
    let room = Room::new();
    for (path, contents) in [
        ("same-size", "before"),
        ("gone", "gone"),
        ("tree/a/b", "deep"),
        ("leaf", "a file"),
        ("run", "#!"),
        ("stays", "as it is"),
    ] {
        room.put(path, contents);
    }
    set_mode(&room, "run", 0o644);
    room
}

#[test]
fn what_was_changed_is_seen_and_done_again_elsewhere() {
    let room = before();
    let mut visit = room.visit(&["**"], &["**"]);
    let picture = visit.picture().expect("a picture");
    change(&room);
    let touches = visit.touched(&picture).expect("it is looked through");
    assert_eq!(touches.left_out, 0);
    let paths: Vec<String> = touches.list.iter().map(|each| each.path.to_string()).collect();
    let expected = [
        "empty",
        "gone",
        "leaf",
        "leaf/link",
        "leaf/now",
        "leaf/now/a",
        "run",
        "same-size",
        "tree",
        "tree/a",
        "tree/a/b",
    ];
    assert_eq!(paths, expected);
    let statuses = [
        ("gone", Status::Deleted),
        ("leaf", Status::Deleted),
        ("leaf/link", Status::Added),
        ("leaf/now/a", Status::Added),
        ("run", Status::Modified),
        ("same-size", Status::Modified),
        ("tree", Status::Added),
        ("tree/a/b", Status::Deleted),
    ];
    let statuses = statuses.map(|(path, status)| (path.to_owned(), status));
    assert_eq!(visit.changed(), statuses);

    let other = before();
    let mut again = other.visit(&["**"], &["**"]);
    let picture = again.picture().expect("a picture");
    assert_eq!(again.touch(&touches.list), Ok(()));
    assert_eq!(again.changed(), statuses);
    assert_eq!(again.touched(&picture), Ok(touches));
    assert_eq!(other.text("stays"), "as it is");
    for room in [room, other] {
        set_mode(&room, "empty", 0o700);
        room.is_whole();
    }
}

/// The same size, the same name, in the same moment.
#[test]
fn a_change_right_after_a_look_is_seen() {
    let room = Room::new();
    for round in 0..20 {
        room.put("file", &format!("{round:03}"));
        let mut visit = room.visit(&["**"], &["**"]);
        let picture = visit.picture().expect("a picture");
        fs::write(room.inside().join("file"), format!("{:03}", round + 1)).expect("a file");
        let touches = visit.touched(&picture).expect("it is looked through");
        assert_eq!(touches.list.len(), 1, "round {round}");
    }
}

#[test]
fn what_is_too_large_is_left_out_and_counted() {
    let room = Room::new();
    let mut visit = room.visit(&["**"], &["**"]);
    let picture = visit.picture().expect("a picture");
    room.put("small", "small");
    for name in ["large", "larger"] {
        let file = fs::File::create(room.inside().join(name)).expect("a file");
        file.set_len(TOUCHED_BYTES_MAX as u64 * 3 / 4).expect("it grows");
    }
    let touches = visit.touched(&picture).expect("it is looked through");
    let paths: Vec<String> = touches.list.iter().map(|each| each.path.to_string()).collect();
    assert_eq!(
        (paths, touches.left_out),
        (vec!["large".to_owned(), "small".to_owned()], 1)
    );
    assert_eq!(visit.changed().len(), 3);
}

/// What is done again may have been read from a disk that lies.
#[test]
fn nothing_outside_is_done_again() {
    let room = Room::new();
    room.put("file", "a file");
    room.link("../insider", "way");
    let mut visit = room.visit(&["**"], &["**"]);
    for (place, now) in [
        ("../secret", Now::Nothing),
        ("../secret", file(0o644, "other")),
        ("/etc/passwd", Now::Nothing),
        ("a/../../secret", Now::Nothing),
        ("", Now::Folder { mode: 0 }),
        (".", Now::Folder { mode: 0 }),
        ("way/secret", Now::Nothing),
        ("way/secret", file(0o644, "other")),
        ("way/new", Now::Link { target: b"x".to_vec() }),
        (".git/config", file(0o644, "[core]")),
        (".assize/policy.toml", file(0o644, "version = 1")),
        (".assize-temporary-x", file(0o644, "")),
        ("a\0b", file(0o644, "")),
        ("no/such/folder", file(0o644, "")),
    ] {
        let done = visit.touch(&[touched(place, now.clone())]);
        assert!(done.is_err(), "{place} {now:?}");
        room.is_whole();
    }
    // A link of its own is replaced, not followed.
    assert_eq!(visit.touch(&[touched("way", file(0o4755, "mine"))]), Ok(()));
    let mode = fs::symlink_metadata(room.inside().join("way"))
        .expect("it is there")
        .permissions();
    assert_eq!(mode.mode() & 0o7777, 0o755);
    room.is_whole();
}

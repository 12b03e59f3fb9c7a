//! What commands are opened, against what the patterns say of each path.

use std::collections::BTreeSet;

use super::Room;
use crate::workspace::Opening;

/// The openings as text: the path, then `r`, `l`, `w`, `m` for what may be done there.
fn openings(room: &Room, read: &[&str], write: &[&str]) -> BTreeSet<String> {
    let found = room.visit(read, write).openings().expect("it can be looked through");
    found.iter().map(shown).collect()
}

fn shown(opening: &Opening) -> String {
    let rights: String = [
        (opening.read, 'r'),
        (opening.list, 'l'),
        (opening.write, 'w'),
        (opening.make, 'm'),
    ]
    .into_iter()
    .filter_map(|(is_open, letter)| is_open.then_some(letter))
    .collect();
    format!("{} {rights}", opening.path)
}

fn set(texts: &[&str]) -> BTreeSet<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn room(paths: &[&str]) -> Room {
    let room = Room::new();
    for path in paths {
        room.put(path, "text");
    }
    room
}

#[test]
fn a_folder_with_nothing_closed_in_it_is_open_as_a_whole() {
    let room = room(&["src/a.rs", "src/deep/b.rs", "docs/c.md"]);
    assert_eq!(openings(&room, &["**"], &["**"]), set(&[" rlwm"]));
    assert_eq!(openings(&room, &["src/**"], &[]), set(&["src rl"]));
    assert_eq!(openings(&room, &["**"], &["src/**"]), set(&[" rl", "src wm"]));
    assert_eq!(
        openings(&room, &["src/deep/**"], &["src/**"]),
        set(&["src wm", "src/deep rl"])
    );
    assert_eq!(openings(&room, &[], &[]), set(&[]));
}

#[test]
fn a_folder_with_something_closed_in_it_is_opened_entry_by_entry() {
    let room = room(&[
        "src/a.rs",
        "src/b.txt",
        "src/deep/c.rs",
        ".git/config",
        "lib/.Git/x",
        "lib/d.rs",
        "lib/e/f.rs",
    ]);
    assert_eq!(
        openings(&room, &["**"], &["**"]),
        set(&[" l", "src rwm", "lib/d.rs rw", "lib/e rwm"])
    );
    assert_eq!(
        openings(&room, &["src/*.rs", ".git/config"], &["src/*.rs"]),
        set(&["src/a.rs rw", ".git/config r"])
    );
    assert_eq!(
        openings(&room, &["**/*.rs"], &[]),
        set(&["src/a.rs r", "src/deep/c.rs r", "lib/d.rs r", "lib/e/f.rs r"])
    );
}

#[test]
fn a_link_neither_opens_nor_closes_anything_and_one_that_is_called_git_does() {
    let room = room(&["src/a.rs", "lib/b.rs"]);
    room.link(room.outside(), "src/out");
    room.link(room.outside(), "lib/.git");
    assert_eq!(
        openings(&room, &["**"], &["**"]),
        set(&[" l", "src rwm", "lib/b.rs rw"])
    );
}

#[test]
fn a_command_starts_only_where_the_role_looks() {
    let room = room(&["src/a.rs"]);
    let visit = room.visit(&["src/**"], &[]);
    for path in ["", "src", "src/later"] {
        assert!(visit.may_start_in(path).is_ok(), "{path}");
    }
    for path in ["docs", ".git", "..", "/src", "src/.git"] {
        assert!(visit.may_start_in(path).is_err(), "{path}");
    }
}

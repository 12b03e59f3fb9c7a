//! What a call has changed.

use super::*;
use crate::workspace::{Change, Status};

fn changes(visit: &Visit) -> Vec<(String, Status)> {
    let page = visit.diff(None).expect("a page");
    page.changes
        .into_iter()
        .map(|Change { path, status, .. }| (path, status))
        .collect()
}

#[test]
fn a_diff_shows_what_was_and_what_is() {
    let room = Room::new();
    room.put("kept", "a\nb\n");
    room.put("changed", "a\nb\n");
    room.put("gone", "a\n");
    room.put("moved/file", "a\n");
    let mut visit = room.visit(&["**"], &["**"]);
    assert_eq!(changes(&visit), []);
    assert_eq!(visit.write("kept", b"other", Existing::Replace), Ok(()));
    assert_eq!(visit.write("kept", b"a\nb\n", Existing::Replace), Ok(()));
    assert_eq!(visit.write("changed", b"c\n", Existing::Append), Ok(()));
    assert_eq!(visit.remove("gone"), Ok(()));
    assert_eq!(visit.write("new/file", b"n\n", Existing::Keep), Ok(()));
    assert_eq!(visit.rename("moved", "there"), Ok(()));
    assert_eq!(visit.write("passing", b"", Existing::Keep), Ok(()));
    assert_eq!(visit.remove("passing"), Ok(()));
    let expected = [
        ("changed", Status::Modified),
        ("gone", Status::Deleted),
        ("moved/file", Status::Deleted),
        ("new/file", Status::Added),
        ("there/file", Status::Added),
    ];
    assert_eq!(
        changes(&visit),
        expected.map(|(path, status)| (path.to_owned(), status))
    );
    let page = visit.diff(None).expect("a page");
    assert_eq!(page.changes[0].hunks, "@@ -1,2 +1,3 @@\n a\n b\n+c\n");
    let rest = visit.diff(Some("moved/file")).expect("a page");
    assert_eq!(rest.changes.len(), 2);
}

#[test]
fn a_diff_leaves_out_what_the_role_may_not_read() {
    let room = Room::new();
    room.put("hidden", "a\n");
    let mut visit = room.visit(&["open/**"], &["**"]);
    assert_eq!(visit.write("hidden", b"b\n", Existing::Append), Ok(()));
    assert_eq!(visit.write("open/file", b"b\n", Existing::Keep), Ok(()));
    assert_eq!(changes(&visit), [("open/file".to_owned(), Status::Added)]);
}

#[test]
fn large_and_binary_files_show_without_hunks() {
    let room = Room::new();
    room.put("large", &"x\n".repeat(600_000));
    room.put("binary", "a\0b");
    room.put("rewritten", &"old line of text\n".repeat(20_000));
    let mut visit = room.visit_with(&["**"], &["**"], u64::MAX);
    for path in ["large", "binary"] {
        assert_eq!(visit.write(path, b"y\n", Existing::Append), Ok(()));
    }
    assert_eq!(
        visit.write("rewritten", &b"new line of text\n".repeat(20_000), Existing::Replace),
        Ok(())
    );
    let page = visit.diff(None).expect("a page");
    for change in &page.changes {
        assert_eq!(
            (change.status, change.hunks.as_str()),
            (Status::Modified, ""),
            "{}",
            change.path
        );
    }
    assert_eq!(page.changes.len(), 3);
}

#[test]
fn existing_files_are_kept_replaced_or_added_to() {
    let room = Room::new();
    let mut visit = room.visit(&["**"], &["**"]);
    assert_eq!(visit.write("a", b"1", Existing::Append), Ok(()));
    assert!(matches!(
        visit.write("a", b"2", Existing::Keep),
        Err(Refusal::Conflict(_))
    ));
    assert_eq!(visit.write("a", b"2", Existing::Append), Ok(()));
    assert_eq!(room.text("a"), "12");
    assert_eq!(visit.write("a", b"3", Existing::Replace), Ok(()));
    assert_eq!(room.text("a"), "3");
    assert!(matches!(
        visit.write("a/b", b"", Existing::Keep),
        Err(Refusal::NotFound(_))
    ));
    assert_eq!(visit.write("folder/file", b"", Existing::Keep), Ok(()));
    for existing in [Existing::Keep, Existing::Replace, Existing::Append] {
        assert!(matches!(visit.write("folder", b"", existing), Err(Refusal::Invalid(_))));
    }
    assert!(matches!(visit.remove("folder"), Err(Refusal::Invalid(_))));
    assert!(matches!(visit.rename("a", "folder/file"), Err(Refusal::Conflict(_))));
    assert!(matches!(visit.rename("missing", "b"), Err(Refusal::NotFound(_))));
    assert_eq!(visit.remove("folder/file"), Ok(()));
    assert_eq!(visit.remove("folder"), Ok(()));
    assert!(matches!(visit.remove("folder"), Err(Refusal::NotFound(_))));
}

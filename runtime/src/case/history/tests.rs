//! Histories in memory: ancestors, ranges, and the messages in them.

use assize_provenance::reader::ObjectId;

use super::{HistoryError, between, merge_base};
use crate::case::message::{self, Authors};
use crate::case::testing::Objects;
use crate::case::{Range, RangeKind, build};

/// One line of history with a branch that was merged: 1 - 2 - 4(merge) - 5, 1 - 3 - 4.
fn merged() -> (Objects, [ObjectId; 5]) {
    let mut objects = Objects::default();
    let tree = objects.tree(&[]);
    let one = objects.commit(tree, &[], 1, "One\n");
    let two = objects.commit(tree, &[one], 2, "Two\n\nSigned-off-by: A <a@b.example>\n");
    let three = objects.commit(tree, &[one], 3, "Three\n");
    let four = objects.commit(tree, &[two, three], 4, "Merge\n");
    let five = objects.commit(tree, &[four], 5, "Five\n");
    (objects, [one, two, three, four, five])
}

#[test]
fn messages_are_those_of_the_range_with_what_merges_brought() {
    let (objects, [one, two, _, four, five]) = merged();
    let messages = |base, head| {
        let range = Range {
            kind: RangeKind::TwoDot,
            base: Some(base),
            head,
        };
        build(&objects, range, Authors::Hidden).unwrap().messages
    };
    assert_eq!(messages(one, five), ["Two", "Three", "Merge", "Five"]);
    assert_eq!(messages(two, four), ["Three", "Merge"]);
    assert_eq!(messages(five, two), Vec::<String>::new());
    let range = Range {
        kind: RangeKind::TwoDot,
        base: Some(one),
        head: two,
    };
    let shown = build(&objects, range, Authors::Shown).unwrap().messages;
    assert_eq!(shown, ["Two\n\nSigned-off-by: A <a@b.example>"]);
}

#[test]
fn common_ancestors_are_found() {
    let (mut objects, [one, two, three, four, five]) = merged();
    assert_eq!(merge_base(&objects, two, three), Ok(Some(one)));
    assert_eq!(merge_base(&objects, three, five), Ok(Some(three)));
    assert_eq!(merge_base(&objects, five, five), Ok(Some(five)));
    let tree = objects.tree(&[]);
    let lonely = objects.commit(tree, &[], 9, "Alone\n");
    assert_eq!(merge_base(&objects, lonely, five), Ok(None));
    // A clock that ran ahead: the child is older than its parent.
    let late = objects.commit(tree, &[three], 0, "Late\n");
    assert_eq!(merge_base(&objects, late, four), Ok(Some(three)));
    assert_eq!(between(&objects, Some(four), late), Ok(vec![late]));
    objects.remove(&one);
    assert_eq!(merge_base(&objects, two, three), Err(HistoryError::Missing { id: one }));
}

#[test]
fn long_messages_are_cut_and_old_ones_fall_away() {
    let mut objects = Objects::default();
    let tree = objects.tree(&[]);
    let mut head = objects.commit(tree, &[], 0, "Start\n");
    let base = head;
    let long = "x".repeat(message::MESSAGE_BYTES_MAX + 1);
    for seconds in 1..=20 {
        head = objects.commit(tree, &[head], seconds, &format!("{seconds} {long}"));
    }
    let case = build(
        &objects,
        Range {
            kind: RangeKind::TwoDot,
            base: Some(base),
            head,
        },
        Authors::Hidden,
    )
    .unwrap();
    assert_eq!(case.messages.len(), 16);
    assert!(case.messages[15].starts_with("20 ") && case.messages[0].starts_with("5 "));
    assert!(
        case.messages
            .iter()
            .all(|message| message.len() == message::MESSAGE_BYTES_MAX)
    );
}

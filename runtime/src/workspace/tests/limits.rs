//! Nothing without an end.

use super::*;
use crate::workspace::{FILE_COST_BYTES, FOLDER_COST_BYTES, PAGE_ENTRIES_MAX, READ_BYTES_MAX, WRITE_BYTES_MAX};

fn is_limit(refusal: &Result<(), Refusal>, named: &str) -> bool {
    matches!(refusal, Err(Refusal::Limit(text)) if text.contains(named))
}

#[test]
fn what_is_written_counts_and_so_do_empty_files_and_folders() {
    let room = Room::new();
    let mut visit = room.visit_with(&["**"], &["**"], 100 + FILE_COST_BYTES);
    assert!(is_limit(&visit.write("a", &[0; 101], Existing::Keep), "write_mib"));
    assert_eq!(visit.write("a", &[0; 100], Existing::Keep), Ok(()));
    assert!(is_limit(&visit.write("b", b"", Existing::Keep), "write_mib"));
    assert!(!room.inside().join("b").exists());
    let mut visit = room.visit_with(&["**"], &["**"], 2 * FOLDER_COST_BYTES);
    assert!(is_limit(&visit.write("x/y/z/file", b"", Existing::Keep), "write_mib"));
    assert!(!room.inside().join("x/y/z").exists());
}

#[test]
fn the_copy_of_a_file_with_many_names_counts_whole() {
    let room = Room::new();
    room.put("large", &"x".repeat(10_000));
    fs::hard_link(room.inside().join("large"), room.inside().join("other")).expect("a hard link");
    let mut visit = room.visit_with(&["**"], &["**"], 5_000);
    assert!(is_limit(&visit.write("large", b"y", Existing::Append), "write_mib"));
    assert_eq!(room.text("large").len(), 10_000);
}

#[test]
fn one_write_and_one_answer_have_an_end() {
    let room = Room::new();
    let mut visit = room.visit_with(&["**"], &["**"], u64::MAX);
    let much = vec![b'x'; WRITE_BYTES_MAX + 1];
    assert!(is_limit(&visit.write("a", &much, Existing::Keep), "MiB"));
    assert_eq!(visit.write("a", &much[1..], Existing::Keep), Ok(()));
    assert_eq!(
        visit.read("a", 0, u32::MAX).expect("read").len(),
        READ_BYTES_MAX as usize
    );
    assert_eq!(visit.read("a", u64::MAX, u32::MAX).expect("read"), b"");
    assert_eq!(visit.read("a", WRITE_BYTES_MAX as u64 - 1, 9).expect("read"), b"x");
}

#[test]
fn a_list_comes_in_pages() {
    let room = Room::new();
    for number in 0..PAGE_ENTRIES_MAX + 5 {
        room.put(&format!("file{number:05}"), "");
    }
    let visit = room.visit(&["**"], &[]);
    let first = visit.list("", None).expect("a page");
    assert_eq!(first.entries.len(), PAGE_ENTRIES_MAX);
    let second = visit.list("", first.next.as_deref()).expect("a page");
    assert_eq!((second.entries.len(), second.next), (5, None));
}

#[test]
fn a_search_takes_what_the_contract_says() {
    let room = Room::new();
    room.put("b/a.txt", "needle\nno\nneedle needle\n");
    room.put("a-file", "a needle");
    room.put("a/file", "a needle");
    room.put("binary", "needle\0");
    room.put("hidden/file", "needle");
    let visit = room.visit(&["a/**", "b/**", "a-file", "binary"], &[]);
    let needle = || vec!["needle".to_owned()];
    let found = visit.search("", &needle(), 10).expect("a search");
    let places: Vec<_> = found.iter().map(|place| (place.path.as_str(), place.line)).collect();
    assert_eq!(places, [("a-file", 1), ("a/file", 1), ("b/a.txt", 1), ("b/a.txt", 3)]);
    assert_eq!(visit.search("", &needle(), 2).expect("a search").len(), 2);
    for (literals, max) in [
        (vec![], 10),
        (vec!["ab".to_owned()], 10),
        (vec!["x".repeat(257)], 10),
        (vec!["abc".to_owned(); 65], 10),
        (needle(), 0),
        (needle(), 1_001),
    ] {
        let refused = visit.search("", &literals, max);
        assert!(matches!(refused, Err(Refusal::Invalid(_))), "{refused:?}");
    }
}

#[test]
fn a_tree_without_end_is_refused() {
    let room = Room::new();
    room.put(&("d/".repeat(100) + "file"), "needle");
    let mut visit = room.visit(&["**"], &["**"]);
    assert!(matches!(
        visit.search("", &["needle".into()], 5),
        Err(Refusal::Limit(_))
    ));
    assert!(matches!(visit.rename("d", "e"), Err(Refusal::Limit(_))));
    assert!(room.inside().join("d").exists());
}

#[test]
fn a_killed_call_leaves_nothing_for_long() {
    let room = Room::new();
    let left_over = ".assize-temporary-00000000000000000000000000000000";
    room.put(left_over, "half");
    room.put("other/file", "");
    let mut visit = room.visit(&["**"], &["**"]);
    assert_eq!(
        visit.list("", None).expect("a list").entries.len(),
        1,
        "guests do not see it"
    );
    assert_eq!(visit.write("new", b"x", Existing::Keep), Ok(()));
    assert!(!room.inside().join(left_over).exists());
    let names: Vec<_> = fs::read_dir(room.inside()).expect("a folder").collect();
    assert_eq!(names.len(), 2);
}

/// A temporary file that another call is writing is locked, and stays.
#[test]
fn a_file_in_the_making_is_left_alone() {
    let room = Room::new();
    let path = room.inside().join(".assize-temporary-00000000000000000000000000000001");
    let file = fs::File::create(&path).expect("a file");
    rustix::fs::flock(&file, rustix::fs::FlockOperation::LockExclusive).expect("locked");
    let mut visit = room.visit(&["**"], &["**"]);
    assert_eq!(visit.write("new", b"x", Existing::Keep), Ok(()));
    assert!(path.exists());
}

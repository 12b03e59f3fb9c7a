//! What judges are served: whole when the pages are put together, bounded, and refused in words.

use std::collections::BTreeMap;
use std::sync::Arc;

use assize_provenance::opinion::Side;
use assize_provenance::tree::Mode;

use super::{
    ANSWER_BYTES_MAX, CHANGES_PER_PAGE, ENTRIES_PER_PAGE, Evidence, HUNK_PAGE_BYTES, HunkText, Match, Refusal,
};
use crate::case::testing::{File, Objects};

fn evidence(base: &[File<'_>], head: &[File<'_>]) -> Evidence {
    let mut objects = Objects::default();
    let case = objects.case(base, head).unwrap();
    let documents = BTreeMap::from([("coverage".to_owned(), b"0123456789".to_vec())]);
    Evidence::new(Arc::new(case), Arc::new(objects), documents)
}

fn file<'a>(path: &'a str, contents: &'a str) -> File<'a> {
    (path.as_bytes(), Mode::File, contents.as_bytes())
}

/// Puts all pages of a file's hunks together.
fn all_hunks(evidence: &Evidence, path: &str) -> (Vec<HunkText>, usize) {
    let (mut hunks, mut pages, mut next) = (Vec::new(), 0, Some(0));
    while let Some(from) = next {
        let page = evidence.hunks(path, from).unwrap();
        let bytes = |lines: &[String]| lines.iter().map(String::len).sum::<usize>();
        let shown: usize = page
            .hunks
            .iter()
            .map(|hunk| bytes(&hunk.removed) + bytes(&hunk.added))
            .sum();
        let lines: usize = page
            .hunks
            .iter()
            .map(|hunk| hunk.removed.len() + hunk.added.len())
            .sum();
        assert!(shown <= HUNK_PAGE_BYTES || lines == 1, "{shown} bytes in {lines} lines");
        hunks.extend(page.hunks);
        next = page.next;
        pages += 1;
    }
    (hunks, pages)
}

#[test]
fn hunks_show_both_sides_without_line_feeds() {
    let evidence = evidence(&[file("a", "1\n2\r\n3\n4")], &[file("a", "1\n2\n3\n4\n5\n")]);
    let (hunks, _) = all_hunks(&evidence, "a");
    let texts = |lines: &[&str]| lines.iter().map(ToString::to_string).collect::<Vec<_>>();
    let first = HunkText {
        base_start: 2,
        removed: texts(&["2\r"]),
        head_start: 2,
        added: texts(&["2"]),
    };
    let second = HunkText {
        base_start: 4,
        removed: texts(&["4"]),
        head_start: 4,
        added: texts(&["4", "5"]),
    };
    assert_eq!(hunks, [first, second]);
}

#[test]
fn added_and_deleted_files_are_one_hunk() {
    let evidence = evidence(
        &[file("old", "x\ny\n")],
        &[file("new", "caf\u{e9}\n"), (b"odd", Mode::File, b"\xff\n")],
    );
    assert_eq!(all_hunks(&evidence, "new").0[0].added, ["caf\u{e9}"]);
    assert_eq!(all_hunks(&evidence, "odd").0[0].added, ["\u{fffd}"]);
    let gone = &all_hunks(&evidence, "old").0[0];
    assert_eq!(
        (gone.base_start, gone.removed.len(), gone.head_start, gone.added.len()),
        (1, 2, 1, 0)
    );
}

#[test]
fn a_hunk_that_fits_no_page_is_cut_and_nothing_is_lost() {
    let old: Vec<String> = (0..20_000).map(|line| format!("old line number {line}")).collect();
    let new: Vec<String> = (0..20_000).map(|line| format!("new line number {line}")).collect();
    let evidence = evidence(
        &[file("a", &(old.join("\n") + "\n"))],
        &[file("a", &(new.join("\n") + "\n"))],
    );
    let (hunks, pages) = all_hunks(&evidence, "a");
    assert!(pages > 2, "{pages} pages");
    let removed: Vec<String> = hunks.iter().flat_map(|hunk| hunk.removed.clone()).collect();
    let added: Vec<String> = hunks.iter().flat_map(|hunk| hunk.added.clone()).collect();
    assert_eq!((removed, added), (old, new));
    let mut line = 1;
    for hunk in &hunks {
        assert_eq!(hunk.head_start, line);
        line += hunk.added.len() as u32;
    }
}

#[test]
fn a_long_line_has_a_page_of_its_own() {
    let long = "x".repeat(HUNK_PAGE_BYTES * 2);
    let text = format!("a\n{long}\nb\n");
    let (hunks, pages) = all_hunks(&evidence(&[], &[file("a", &text)]), "a");
    let added: Vec<String> = hunks.into_iter().flat_map(|hunk| hunk.added).collect();
    assert_eq!((added, pages), (vec!["a".to_owned(), long, "b".to_owned()], 3));
}

#[test]
fn a_million_empty_lines_do_not_swell_a_page() {
    let text = "\n".repeat(crate::case::hunks::SIDE_LINES_MAX);
    let evidence = evidence(&[], &[file("a", &text)]);
    let page = evidence.hunks("a", 0).unwrap();
    assert!(page.hunks.iter().all(|hunk| hunk.added.len() < 20_000));
    assert_eq!(
        all_hunks(&evidence, "a")
            .0
            .iter()
            .map(|hunk| hunk.added.len())
            .sum::<usize>(),
        text.len()
    );
}

#[test]
fn hunks_are_refused_where_there_are_none() {
    let submodule = [7_u8; 20];
    let head: [File<'_>; 4] = [
        (b"bin", Mode::File, b"\0"),
        (b"sub", Mode::Submodule, &submodule),
        (b"big", Mode::File, &b"x".repeat(2 << 20)),
        (b"same", Mode::File, b"x"),
    ];
    let evidence = evidence(&[file("same", "x")], &head);
    for path in ["bin", "sub", "big", "a//b", "..", "\\x41"] {
        assert!(matches!(evidence.hunks(path, 0), Err(Refusal::Invalid(_))), "{path}");
    }
    assert!(matches!(evidence.hunks("same", 0), Err(Refusal::NotFound(_))));
    assert!(matches!(evidence.hunks("", 0), Err(Refusal::NotFound(_))));
}

#[test]
fn a_file_that_only_moved_has_no_hunks() {
    let evidence = evidence(&[file("a", "x\n")], &[file("b", "x\n")]);
    assert_eq!(evidence.hunks("b", 0).unwrap().hunks, []);
    assert!(matches!(evidence.hunks("b", 1), Err(Refusal::Invalid(_))));
    assert!(matches!(evidence.hunks("a", 0), Err(Refusal::NotFound(_))));
}

#[test]
fn changes_and_folders_come_in_pages() {
    let names: Vec<String> = (0..1500).map(|number| format!("d/{number:04}")).collect();
    let head: Vec<File<'_>> = names.iter().map(|name| file(name, "x\n")).collect();
    let evidence = evidence(&[], &head);
    let first = evidence.changes(0).unwrap();
    assert_eq!((first.changes.len(), first.next), (CHANGES_PER_PAGE, Some(512)));
    let last = evidence.changes(1024).unwrap();
    assert_eq!((last.changes.len(), last.next), (476, None));
    assert!(evidence.changes(1500).unwrap().changes.is_empty());
    assert!(matches!(evidence.changes(1501), Err(Refusal::Invalid(_))));
    let folder = evidence.list(Side::Head, "d", 0).unwrap();
    assert_eq!((folder.entries.len(), folder.next), (ENTRIES_PER_PAGE, Some(1024)));
    assert_eq!(evidence.list(Side::Head, "d", 1024).unwrap().entries[0].name, "1024");
    assert!(evidence.list(Side::Base, "", 0).unwrap().entries.is_empty());
    assert!(matches!(evidence.list(Side::Base, "d", 0), Err(Refusal::NotFound(_))));
    assert!(matches!(
        evidence.list(Side::Head, "d/0001", 0),
        Err(Refusal::Invalid(_))
    ));
}

#[test]
fn files_are_read_in_parts_from_either_side() {
    let evidence = evidence(
        &[file("a", "before")],
        &[file("a", "after"), (b"l", Mode::Symlink, b"a")],
    );
    let read = |side, path, offset, length| evidence.read(side, path, offset, length);
    assert_eq!(read(Side::Base, "a", 0, 100).unwrap(), b"before");
    assert_eq!(read(Side::Head, "a", 2, 2).unwrap(), b"te");
    assert_eq!(read(Side::Head, "a", 5, 9).unwrap(), b"");
    assert_eq!(read(Side::Head, "a", u64::MAX, u32::MAX).unwrap(), b"");
    assert_eq!(read(Side::Head, "l", 0, 9).unwrap(), b"a");
    assert!(matches!(read(Side::Head, "b", 0, 1), Err(Refusal::NotFound(_))));
    assert!(matches!(read(Side::Head, "a/b", 0, 1), Err(Refusal::NotFound(_))));
    assert!(matches!(read(Side::Head, "", 0, 1), Err(Refusal::Invalid(_))));
}

#[test]
fn large_files_are_read_up_to_the_limit() {
    let limit = super::FILE_BYTES_MAX as usize;
    let (fits, above) = ("x".repeat(limit), "y".repeat(limit + 1));
    let evidence = evidence(&[], &[file("fits", &fits), file("above", &above)]);
    let answer = evidence.read(Side::Head, "fits", 1, u32::MAX).unwrap();
    assert_eq!(answer.len(), ANSWER_BYTES_MAX as usize);
    assert!(matches!(
        evidence.read(Side::Head, "above", 0, 1),
        Err(Refusal::Limit(_))
    ));
}

#[test]
fn literals_are_found_in_order_of_paths_and_lines() {
    let head: [File<'_>; 5] = [
        file("b/c", "needle\n\nneedle haystack\n"),
        file("a.b", "no\nneedle\n"),
        file("a/z", "haystack"),
        (b"bin", Mode::File, b"needle\0"),
        (b"link", Mode::Symlink, b"needle"),
    ];
    let evidence = evidence(&[], &head);
    let search = |literals: &[&str], max| {
        let literals: Vec<String> = literals.iter().map(ToString::to_string).collect();
        evidence.search(Side::Head, &literals, max)
    };
    let place = |path: &str, line, literal| Match {
        path: path.into(),
        line,
        literal,
    };
    let all = [
        place("a.b", 2, 0),
        place("a/z", 1, 1),
        place("b/c", 1, 0),
        place("b/c", 3, 0),
        place("b/c", 3, 1),
    ];
    assert_eq!(search(&["needle", "haystack"], 1000).unwrap(), all);
    assert_eq!(search(&["needle", "haystack"], 3).unwrap(), all[..3]);
    assert_eq!(evidence.search(Side::Base, &["needle".into()], 1), Ok(Vec::new()));
    for (literals, max) in [
        (&[][..], 1),
        (&["ab"], 1),
        (&["needle"], 0),
        (&["needle"], 1001),
        (&["abc"; 65], 1),
    ] {
        assert!(
            matches!(search(literals, max), Err(Refusal::Invalid(_))),
            "{literals:?} {max}"
        );
    }
}

#[test]
fn a_search_of_too_much_is_refused_unless_it_is_done_before() {
    let names: Vec<String> = (0..130).map(|number| format!("{number:03}")).collect();
    let texts: Vec<String> = names
        .iter()
        .map(|name| format!("{name}needle\n{}", "x".repeat((1 << 20) - 10)))
        .collect();
    let head: Vec<File<'_>> = names.iter().zip(&texts).map(|(name, text)| file(name, text)).collect();
    let evidence = evidence(&[], &head);
    assert!(matches!(
        evidence.search(Side::Head, &["needle".into()], 1000),
        Err(Refusal::Limit(_))
    ));
    assert_eq!(evidence.search(Side::Head, &["needle".into()], 100).unwrap().len(), 100);
}

/// A judge is told what belongs to the case. What only this clone lacks ends the hearing instead.
#[test]
fn what_is_missing_from_this_clone_is_not_told_as_an_answer() {
    let mut objects = Objects::default();
    let case = objects
        .case(&[], &[file("kept", "needle\n"), file("lost", "hay\n")])
        .unwrap();
    let lost = case
        .changes
        .iter()
        .find(|change| change.path.to_string() == "lost")
        .unwrap();
    objects.remove(&lost.head.as_ref().unwrap().id);
    let evidence = Evidence::new(Arc::new(case), Arc::new(objects), BTreeMap::new());
    let unreadable = |refusal: Refusal| {
        let Refusal::Unreadable(error) = refusal else {
            panic!("{refusal}")
        };
        assert!(!error.is_machine() && error.to_string().contains("`lost`"), "{error}");
    };
    unreadable(evidence.read(Side::Head, "lost", 0, 1).unwrap_err());
    unreadable(evidence.hunks("lost", 0).unwrap_err());
    unreadable(evidence.search(Side::Head, &["needle".into()], 9).unwrap_err());
    assert_eq!(evidence.read(Side::Head, "kept", 0, 6).unwrap(), b"needle");
}

#[test]
fn documents_are_read_by_name() {
    let evidence = evidence(&[], &[]);
    assert_eq!(evidence.document("coverage", 8, 10).unwrap(), b"89");
    assert!(matches!(evidence.document("other", 0, 1), Err(Refusal::NotFound(_))));
}

#[test]
fn judges_on_several_threads_get_the_same_answers() {
    let text = |seed: usize| (0..30_000).map(|line| format!("{}\n", line * seed)).collect::<String>();
    let (old, new) = (text(3), text(5));
    let evidence = evidence(&[file("a", &old)], &[file("a", &new)]);
    let answers: Vec<_> = std::thread::scope(|scope| {
        let judges: Vec<_> = (0..4).map(|_| scope.spawn(|| all_hunks(&evidence, "a"))).collect();
        judges.into_iter().map(|judge| judge.join().unwrap()).collect()
    });
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
}

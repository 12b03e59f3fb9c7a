//! Outputs that are not what the tools print, by mistake or on purpose.

#![allow(clippy::indexing_slicing, reason = "a test fails by panicking")]

use serde_json::{Value, json};

use super::*;
use crate::mend::{Paths, Sheets, mend};
use crate::sheet::Sheet;
use crate::suggestion::{Edit, Place, Reason};

const TEXT: &str = "\u{feff}äb\r\n𝒂c\rd\n";

/// What becomes of suggestions for [`TEXT`], which every tool means, whatever it names.
fn mended(suggestions: &[Suggestion]) -> (String, Vec<Reason>) {
    let names = suggestions
        .iter()
        .flat_map(|one| &one.edits)
        .map(|edit| edit.file.clone());
    let paths: Paths = names.map(|name| (name, Ok("a".to_owned()))).collect();
    let sheets = Sheets::from([("a".to_owned(), Ok(Sheet::new(TEXT.to_owned())))]);
    let mut mended = mend(&sheets, &paths, suggestions);
    let text = mended.texts.remove("a").map_or(TEXT.to_owned(), |(text, _)| text);
    (text, mended.skipped.into_iter().map(|(_, reason)| reason).collect())
}

fn read_all(output: &str) -> Vec<Suggestion> {
    let mut all = Vec::new();
    for (_, dialect) in Dialect::NAMES {
        all.extend(read([output.as_bytes(), output.as_bytes()], dialect).suggestions);
    }
    all
}

fn rustc(span: &Value) -> String {
    json!({ "spans": [], "children": [{ "spans": [span] }] }).to_string()
}

fn ruff(start: (i64, i64), end: (i64, i64)) -> String {
    let point = |(row, column): (i64, i64)| json!({ "row": row, "column": column });
    let edit = json!({ "location": point(start), "end_location": point(end), "content": "X" });
    json!([{ "filename": "/a", "code": "X1", "fix": { "applicability": "safe", "edits": [edit] } }]).to_string()
}

fn eslint(start: i64, end: i64) -> String {
    let fix = json!({ "range": [start, end], "text": "X" });
    json!([{ "filePath": "/a", "messages": [{ "ruleId": "x", "fix": fix }] }]).to_string()
}

#[test]
fn a_place_is_where_the_tool_counts_it() {
    for (output, after) in [
        (ruff((1, 1), (1, 2)), "\u{feff}Xb\r\n𝒂c\rd\n"),
        (ruff((1, 3), (2, 1)), "\u{feff}äbX𝒂c\rd\n"),
        (ruff((2, 2), (3, 2)), "\u{feff}äb\r\n𝒂X\n"),
        (ruff((4, 1), (4, 1)), "\u{feff}äb\r\n𝒂c\rd\nX"),
        (eslint(0, 1), "\u{feff}Xb\r\n𝒂c\rd\n"),
        (eslint(4, 6), "\u{feff}äb\r\nXc\rd\n"),
        (eslint(-1, 0), "Xäb\r\n𝒂c\rd\n"),
        (eslint(10, 10), "\u{feff}äb\r\n𝒂c\rd\nX"),
    ] {
        let suggestions = read([output.as_bytes(), b""], Dialect::Auto).suggestions;
        assert_eq!(mended(&suggestions), (after.to_owned(), Vec::new()), "{output}");
    }
    let span = json!({
        "file_name": "a", "byte_start": 7, "byte_end": 11, "line_start": 2, "column_start": 1, "line_end": 2,
        "text": [{ "text": "𝒂c\rd" }], "suggested_replacement": "X", "suggestion_applicability": "MachineApplicable",
    });
    // The first line has a mark of three bytes and one letter of two.
    let mut right = span.clone();
    for (member, value) in [("byte_start", 8), ("byte_end", 12)] {
        right[member] = value.into();
    }
    let suggestions = read([rustc(&right).as_bytes(), b""], Dialect::Rustc).suggestions;
    assert_eq!(mended(&suggestions), ("\u{feff}äb\r\nXc\rd\n".to_owned(), Vec::new()));
    let suggestions = read([rustc(&span).as_bytes(), b""], Dialect::Rustc).suggestions;
    assert_eq!(mended(&suggestions), (TEXT.to_owned(), vec![Reason::NoPlace]));
}

#[test]
fn places_that_lie_change_nothing() {
    let huge = i64::MAX;
    let points = [
        (0, 1),
        (1, 0),
        (1, 4),
        (2, 4),
        (5, 1),
        (huge, 1),
        (1, huge),
        (-1, 1),
        (1, -1),
    ];
    let units = [
        (-2, 0),
        (0, -1),
        (5, 6),
        (4, 5),
        (2, 1),
        (11, 11),
        (0, huge),
        (i64::MIN, huge),
    ];
    let mut outputs: Vec<String> = points.iter().map(|point| ruff((1, 1), *point)).collect();
    outputs.push(ruff((3, 1), (1, 1)));
    outputs.extend(units.iter().map(|(start, end)| eslint(*start, *end)));
    let numbers = [
        json!(0),
        json!(1),
        json!(4),
        json!(6),
        json!(u64::MAX),
        json!(-1),
        json!(1.5),
        json!("1"),
        json!(null),
    ];
    for member in ["byte_start", "byte_end", "line_start", "column_start"] {
        for number in &numbers {
            let mut span = json!({
                "file_name": "a", "byte_start": 13, "byte_end": 14, "line_start": 2, "column_start": 4, "line_end": 2,
                "text": [{ "text": "elsewhere" }], "suggested_replacement": "X",
                "suggestion_applicability": "MachineApplicable",
            });
            span[member] = number.clone();
            outputs.push(rustc(&span));
            // The line is right, and the numbers do not fit it.
            span["text"] = json!([{ "text": "𝒂c\rd" }]);
            if number != &json!(14) {
                outputs.push(rustc(&span));
            }
        }
    }
    for output in outputs {
        let suggestions = read([output.as_bytes(), b""], Dialect::Auto).suggestions;
        assert_eq!(suggestions.len(), 1, "{output}");
        let (after, reasons) = mended(&suggestions);
        assert_eq!((after.as_str(), reasons.len()), (TEXT, 1), "{output}");
    }
}

#[test]
fn what_is_not_written_as_a_tool_writes_it_is_no_suggestion_or_unreadable() {
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let many = "[\n".repeat(10_000);
    let nested = (0..60).fold(
        json!({ "spans": [] }),
        |inner, _| json!({ "spans": [], "children": [inner] }),
    );
    for output in [
        "",
        "{",
        "[",
        "[[]]",
        "{}",
        "[{}]",
        "null",
        "[1, \"a\"]",
        "{\"spans\": 1}",
        "{\"reason\": 1}",
        "{\"reason\": \"compiler-message\"}",
        "[{\"filePath\": 1, \"messages\": {}}]",
        "[{\"filePath\": \"a\", \"messages\": [1, null, {\"fix\": null}, {\"fix\": {\"range\": [1]}}]}]",
        "[{\"filename\": \"a\", \"fix\": {}}]",
        "[{\"filename\": \"a\", \"fix\": {\"edits\": [{}]}}]",
        "Diff in :1:",
        "Diff in a:0:\n-x\n+y",
        "Diff in a:18446744073709551615:\n-x\n+y",
        "Diff in a:x:",
        "Diff in a:1:\n+y",
        "+++ b\n@@ -1 +1 @@",
        "+++ b\n@@ -1,9 +1,9 @@\n-x\n+y",
        "@@ -1 +1 @@\n-x\n+y",
        "+++ b\n@@ -x +y @@\n-x",
        "+++ b\n@@ -99999999999999999999 +1 @@\n-x\n+y",
        "\u{1b}[",
        "\u{1b}",
        "\u{1b}(",
        "+++ b\n@@ -0,0 +1 @@\n+x\n\\ No newline",
        &deep,
        &many,
        &nested.to_string(),
    ] {
        let (after, _) = mended(&read_all(output));
        assert_eq!(after, TEXT, "{output}");
    }
    for bytes in [&b"\xff\xfe[{"[..], b"\0\0\0", b"Diff in \xff:1:\n-\xff\n+x\n"] {
        let suggestions = read([bytes, b""], Dialect::Auto).suggestions;
        assert_eq!(mended(&suggestions).0, TEXT);
    }
}

#[test]
fn what_stands_between_the_lines_of_a_tool_is_passed_over() {
    let output = format!(
        "> app@1 lint\n> eslint\n\n{}\nWarning: done\n{}\n",
        eslint(0, 1),
        ruff((2, 1), (2, 2))
    );
    assert_eq!(read([output.as_bytes(), b""], Dialect::Auto).suggestions.len(), 2);
    assert_eq!(read([output.as_bytes(), b""], Dialect::Ruff).suggestions.len(), 1);
}

#[test]
fn there_is_an_end_to_what_is_looked_at() {
    let output = format!("{}\n", ruff((1, 1), (1, 2))).repeat(SUGGESTIONS_MAX + 3);
    let reading = read([output.as_bytes(), b""], Dialect::Auto);
    assert_eq!((reading.suggestions.len(), reading.omitted), (SUGGESTIONS_MAX, 3));
    let (_, reasons) = mended(&reading.suggestions);
    assert_eq!(reasons.len(), SUGGESTIONS_MAX - 1);
    assert!(reasons.iter().all(|reason| *reason == Reason::Repeated));
}

#[test]
fn alternatives_and_repetitions_are_told_apart() {
    let edit = |start: i64, end: i64| Edit {
        file: "a".to_owned(),
        place: Place::Units { start, end, seen: None },
        with: "X".to_owned(),
    };
    let suggestion = |edits: Vec<Edit>| Suggestion {
        rule: String::new(),
        edits,
        unfit: None,
        apart: crate::suggestion::Apart::Characters,
    };
    let both = suggestion(vec![edit(0, 2), edit(1, 2)]);
    assert_eq!(mended(&[both]).1, [Reason::Choice]);
    let (one, same, next, apart) = (
        suggestion(vec![edit(0, 1)]),
        suggestion(vec![edit(0, 1)]),
        suggestion(vec![edit(1, 2)]),
        suggestion(vec![edit(6, 7), edit(8, 9)]),
    );
    let (after, reasons) = mended(&[one, same, next, apart]);
    assert_eq!(after, "\u{feff}Xb\r\n𝒂X\rX\n");
    assert_eq!(reasons, [Reason::Repeated, Reason::Overlap]);
    let same_text = Edit {
        with: "ä".to_owned(),
        ..edit(0, 1)
    };
    assert_eq!(mended(&[suggestion(vec![same_text])]).1, [Reason::Void]);
}

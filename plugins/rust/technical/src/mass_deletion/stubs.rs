//! A file that loses a good part of its lines while its functions stay as stubs: it still looks whole from outside.

use assize_judge::findings::{count, finding};
use assize_judge::patch::{Line, Lines};
use assize_judge::words::has_phrase;
use assize_judge::{Case, Findings, Severity};

use super::{RULE, is_own_code};
use crate::reading::Reading;

/// The part of a file's lines whose loss is looked at, in percent.
const LOST_PERCENT_MIN: u64 = 30;

/// The lines a body had at least before a stub took its place, and the lines a stub has at most.
const BODY_LINES_MIN: usize = 4;
const STUB_LINES_MAX: usize = 2;

/// How many stubs make it sure that the code did not go for a reason.
const STUBS_MIN: usize = 2;

/// What people write when functions shall do nothing any more.
const MEANT: [&str; 5] = ["no-op", "noop", "no op", "deprecat", "stub"];

/// Looks at one file that stays, for bodies of functions that gave way to statements that do nothing.
pub(crate) fn check(case: &Case, reading: &Reading<'_>, findings: &mut Findings) {
    let change = reading.change;
    let (added, removed) = (u64::from(change.added_lines), u64::from(change.removed_lines));
    let lost = removed.saturating_sub(added);
    let worth_reading =
        lost >= (BODY_LINES_MIN * STUBS_MIN) as u64 / 2 && change.base.is_some() && change.head.is_some();
    if !worth_reading || !is_own_code(change) {
        return;
    }
    let stubs = stubs(&reading.patch.removed, &reading.patch.added);
    let Some(first) = stubs.first().filter(|_| stubs.len() >= STUBS_MIN) else {
        return;
    };
    let left = match reading.lines() {
        Ok(lines) => lines,
        Err(unread) => return findings.report_unseen(RULE, reading.path(), &unread.into_refusal()),
    };
    let before = left.saturating_add(lost);
    if lost.saturating_mul(100) < before.saturating_mul(LOST_PERCENT_MIN) {
        return;
    }
    let is_meant = case.messages.iter().any(|message| has_phrase(message, &MEANT));
    let severity = if is_meant { Severity::Warning } else { Severity::Error };
    let message = format!(
        "{} of {} are gone, and {} stand where functions did something.",
        count(lost, "line"),
        count(before, "line"),
        count(stubs.len() as u64, "stub"),
    );
    let found = finding(RULE, severity, message).at(reading.path(), *first);
    findings.report(found.suggesting("Bring the code back, or remove the functions with their callers."));
}

/// The head's lines of the stubs: few added lines that do nothing in the place of many removed ones.
fn stubs(removed: &Lines, added: &Lines) -> Vec<u32> {
    let removed = runs(removed);
    let mut gone = removed.iter().peekable();
    // How far the head's line numbers are ahead of the base's, negative where it lost lines.
    let mut ahead = 0_i64;
    let mut stubs = Vec::new();
    for run in &runs(added) {
        let start = i64::from(run.start);
        let mut replaced = 0_usize;
        while let Some(before) = gone.next_if(|before| i64::from(before.start).saturating_add(ahead) <= start) {
            let is_here = i64::from(before.start).saturating_add(ahead) == start;
            replaced = if is_here { before.lines.len() } else { 0 };
            ahead = ahead.saturating_sub_unsigned(before.lines.len() as u64);
        }
        ahead = ahead.saturating_add_unsigned(run.lines.len() as u64);
        let is_short = run.lines.len() <= STUB_LINES_MAX && replaced >= BODY_LINES_MIN;
        if is_short && run.lines.iter().any(|line| does_nothing(line)) {
            stubs.push(run.start);
        }
    }
    stubs
}

/// Lines that follow each other.
struct Run<'a> {
    start: u32,
    lines: Vec<&'a str>,
}

fn runs(lines: &Lines) -> Vec<Run<'_>> {
    let mut runs: Vec<Run<'_>> = Vec::new();
    let mut next = 0;
    for Line { number, text } in lines.iter() {
        match runs.last_mut().filter(|_| number == next) {
            Some(run) => run.lines.push(text),
            None => runs.push(Run {
                start: number,
                lines: vec![text],
            }),
        }
        next = number.saturating_add(1);
    }
    runs
}

/// Tells whether a line gives back nothing of its own, or raises that nothing is there.
fn does_nothing(line: &str) -> bool {
    let statement = line.trim().trim_end_matches(';');
    let value = statement.strip_prefix("return").map_or(statement, str::trim);
    let is_empty_value = matches!(
        value,
        "" | "None"
            | "null"
            | "nil"
            | "undefined"
            | "NULL"
            | "nullptr"
            | "0"
            | "\"\""
            | "''"
            | "[]"
            | "{}"
            | "()"
            | "true"
            | "false"
            | "True"
            | "False"
            | "Ok(())"
            | "Vec::new()"
            | "String::new()"
            | "Default::default()"
    );
    let is_return = statement.starts_with("return") || !statement.is_empty() && value != "{}" && value != "[]";
    let raises = [
        "raise NotImplementedError",
        "throw new Error(",
        "throw new NotImplemented",
        "panic(\"",
    ]
    .iter()
    .any(|begin| statement.starts_with(begin));
    is_empty_value && is_return
        || matches!(statement, "pass" | "...")
        || raises
        || statement.starts_with(concat!("todo", "!"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(start: u32, texts: &[&str]) -> Lines {
        let mut lines = Lines::default();
        lines.extend(start, &texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
        lines
    }

    #[test]
    fn a_stub_stands_where_a_body_stood() {
        let body = ["a", "b", "c", "d", "e"];
        let mut removed = lines(3, &body);
        removed.extend(10, &body.map(str::to_owned));
        let mut added = lines(3, &["    pass"]);
        added.extend(6, &["    return None".to_owned()]);
        assert_eq!(stubs(&removed, &added), [3, 6]);
        // New functions elsewhere take nobody's place.
        let mut elsewhere = lines(1, &["pass"]);
        elsewhere.extend(12, &["pass".to_owned()]);
        assert_eq!(stubs(&lines(3, &body), &elsewhere), Vec::<u32>::new());
    }

    #[test]
    fn what_does_something_is_no_stub() {
        for line in ["return x", "return compute()", "}", "{", "[]", "x = None", "break"] {
            assert!(!does_nothing(line), "{line}");
        }
        for line in ["return", "return null;", "    Ok(())", "pass", "None", "return [];"] {
            assert!(does_nothing(line), "{line}");
        }
    }
}

//! `quality/acceptance-uncovered`: criteria of the working spec that no test names.
//!
//! A test covers a criterion when the criterion's id stands in it as a word, in any case and with `_` for `-`: in a name
//! (`test_a1_refuses_empty`), a comment, a tag; or in the name of a test that a JUnit report lists and that ran. An id says
//! little on its own (`A1` is one of every spec), so it counts where the change itself has the test, or where the test's
//! file also names the spec's id, or where the id is long enough to be meant: from four characters on.

use std::collections::{BTreeMap, BTreeSet};

use assize_judge::evidence::Status;
use assize_judge::file::text;
use assize_judge::findings::{finding, shown};
use assize_judge::language::Language;
use assize_judge::{Case, Changes, Evidence, Findings, Refusal, Severity, Side, WorkingSpec, path};

use crate::reports::Report;
use crate::reports::junit::TestReport;

const RULE: &str = "quality/acceptance-uncovered";

/// From how many bytes on an id is searched for in the whole repository.
const SEARCHED_ID_BYTES_MIN: usize = 4;

/// The shortest and the longest text that can be searched for, in bytes, and how many at once, by the contract.
const LITERAL_BYTES_MIN: usize = 3;
const LITERAL_BYTES_MAX: usize = 256;
const LITERALS_MAX: usize = 64;

/// How many places one search answers.
const MATCHES_MAX: u32 = 1_000;

/// How many criteria are looked for. A spec with more is several.
const CRITERIA_MAX: usize = 256;

/// How many files are read.
const FILES_MAX: usize = 200;

/// A criterion that no test has named so far.
struct Open<'a> {
    id: &'a str,
    folded: String,
}

/// Looks for each criterion's id in tests.
pub(crate) fn check(
    case: &Case,
    changes: &Changes,
    reports: &[Report<TestReport>],
    evidence: &dyn Evidence,
    findings: &mut Findings,
) {
    let Some(spec) = case
        .spec
        .as_ref()
        .filter(|spec| !matches!(spec.mode.as_str(), "doc" | "chore"))
    else {
        return;
    };
    let named = spec
        .acceptance
        .iter()
        .take(CRITERIA_MAX)
        .map(|criterion| criterion.id.trim());
    let mut open: Vec<Open<'_>> = named
        .filter(|id| !id.is_empty())
        .map(|id| Open { id, folded: folded(id) })
        .collect();
    for report in reports.iter().filter_map(|report| report.contents.as_ref().ok()) {
        close(&mut open, &report.names);
    }
    let changed = changes.all.iter().filter(|change| change.status != Status::Deleted);
    let mut read = BTreeSet::new();
    for change in changed.filter(|change| may_hold_tests(&change.path)).take(FILES_MAX) {
        if open.is_empty() {
            return;
        }
        read.insert(change.path.as_str());
        if let Some(text) = test_text(evidence, &change.path) {
            close(&mut open, &text);
        }
    }
    if open.is_empty() {
        return;
    }
    match search(spec, &open, evidence) {
        Ok(files) => {
            for (file, names_spec) in files.iter().filter(|(file, _)| !read.contains(file.as_str())) {
                let Some(text) = test_text(evidence, file) else {
                    continue;
                };
                close_some(&mut open, &text, |id| *names_spec || id.len() >= SEARCHED_ID_BYTES_MIN);
            }
        }
        Err(refusal) => return findings.report_unseen(RULE, &spec.path, &refusal),
    }
    report(spec, &open, evidence, findings);
}

/// Files that may hold tests and have the spec's id or one of the criteria's, and whether it is the spec's.
fn search(spec: &WorkingSpec, open: &[Open<'_>], evidence: &dyn Evidence) -> Result<BTreeMap<String, bool>, Refusal> {
    let mut literals: Vec<String> = Vec::new();
    let is_literal = |text: &str| (LITERAL_BYTES_MIN..=LITERAL_BYTES_MAX).contains(&text.len());
    literals.extend(spellings(&spec.id).into_iter().filter(|text| is_literal(text)));
    let of_spec = literals.len();
    let long = open
        .iter()
        .filter(|criterion| criterion.id.len() >= SEARCHED_ID_BYTES_MIN);
    literals.extend(
        long.flat_map(|criterion| spellings(criterion.id))
            .filter(|text| is_literal(text)),
    );
    let mut files: BTreeMap<String, bool> = BTreeMap::new();
    for (index, literals) in literals.chunks(LITERALS_MAX).enumerate() {
        for found in evidence.search(Side::Head, literals, MATCHES_MAX)? {
            if !may_hold_tests(&found.path) {
                continue;
            }
            let is_spec = index == 0 && (found.literal as usize) < of_spec;
            if files.len() < FILES_MAX || files.contains_key(&found.path) {
                let names_spec = files.entry(found.path).or_default();
                *names_spec = *names_spec || is_spec;
            }
        }
    }
    Ok(files)
}

/// The ways an id is written: as it is, and in identifiers of either case.
fn spellings(id: &str) -> BTreeSet<String> {
    let joined = id.replace('-', "_");
    [
        id.to_owned(),
        id.to_ascii_lowercase(),
        joined.to_ascii_lowercase(),
        joined,
    ]
    .into_iter()
    .collect()
}

fn may_hold_tests(file: &str) -> bool {
    let is_written = !path::is_docs(file) && !path::is_foreign(file);
    is_written && (path::is_test(file) || Language::of(file) == Some(Language::Rust))
}

/// The text of a file that holds tests; Rust's stand in any file.
fn test_text(evidence: &dyn Evidence, file: &str) -> Option<String> {
    let text = text(evidence, Side::Head, file).ok()?;
    (path::is_test(file) || text.contains("#[cfg(test)]") || text.contains("#[test]")).then_some(text)
}

fn close(open: &mut Vec<Open<'_>>, text: &str) {
    close_some(open, text, |_| true);
}

fn close_some(open: &mut Vec<Open<'_>>, text: &str, counts: impl Fn(&str) -> bool) {
    let text = folded(text);
    open.retain(|criterion| !counts(criterion.id) || !names(&text, &criterion.folded));
}

/// Text in which the case of letters and the difference of `-` and `_` do not count.
fn folded(text: &str) -> String {
    text.to_ascii_lowercase().replace('-', "_")
}

/// Tells whether an id stands in a text and is not part of a longer word; both are folded.
fn names(text: &str, id: &str) -> bool {
    let joins = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    text.match_indices(id).any(|(at, _)| {
        let before = at.checked_sub(1).and_then(|index| text.as_bytes().get(index));
        !joins(before) && !joins(text.as_bytes().get(at.saturating_add(id.len())))
    })
}

fn report(spec: &WorkingSpec, open: &[Open<'_>], evidence: &dyn Evidence, findings: &mut Findings) {
    let severity = if spec.tier == 1 && spec.mode == "feature" {
        Severity::Error
    } else {
        Severity::Warning
    };
    let written = text(evidence, Side::Head, &spec.path).unwrap_or_default();
    for criterion in open {
        let has_id = |line: &str| names(&folded(line), &criterion.folded);
        let line = (1..)
            .zip(written.lines())
            .find(|(_, line)| has_id(line))
            .map_or(0, |(number, _)| number);
        let message = format!("No test names the acceptance criterion `{}`.", shown(criterion.id));
        let found = finding(RULE, severity, message).at(&spec.path, line);
        findings.report(found.suggesting("Write the test that shows it, and let its name or a comment carry the id."));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_word_of_its_own() {
        for text in [
            "def test_a1_refuses():",
            "// A1: refuses",
            "#[doc = \"covers A1\"]",
            "a1",
        ] {
            assert!(names(&folded(text), "a1"), "{text}");
        }
        for text in ["def test_a12():", "beta1", "A11", "0a1"] {
            assert!(!names(&folded(text), "a1"), "{text}");
        }
        assert!(names(&folded("fn ac_12_holds()"), &folded("AC-12")));
    }
}

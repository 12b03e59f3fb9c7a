//! `quality/test-removed`: tests that go while what they test stays.
//!
//! A test that turns up again under the same name, anywhere in the change, has moved. A test that speaks of something the
//! change removes goes with it. What is left was taken away from code that is still there.

use std::collections::BTreeSet;

use assize_judge::evidence::{Change, Form, Status};
use assize_judge::findings::{count, finding};
use assize_judge::language::Language;
use assize_judge::patch::{Lines, Patch};
use assize_judge::words::identifiers;
use assize_judge::{Changes, Evidence, Findings, Refusal, Severity, path};

use crate::definitions::defined_in;
use crate::test_case::{TestCase, declared_in};

pub(crate) const RULE: &str = "quality/test-removed";

/// How many tests a message names.
const NAMED_MAX: usize = 3;

/// How many names are remembered of a change. Beyond it a test that moved counts as gone, at most as a warning.
const NAMES_MAX: usize = 200_000;

/// The whole change, as far as tests are concerned.
#[derive(Debug, Default)]
struct Overview {
    /// The tests that added lines declare.
    added: BTreeSet<String>,
    /// Names that removed code defined and added code does not.
    removed_names: BTreeSet<String>,
    /// Names that added code defines.
    added_names: BTreeSet<String>,
    /// Lines of code, not of tests, that the change removes.
    removed_code: u64,
    /// Whether [`NAMES_MAX`] was reached.
    is_cut: bool,
}

/// The tests of a change, in two looks: which files lose tests, and only if any does, what the whole change removes and adds.
#[derive(Debug, Default)]
pub(crate) struct TestsRemoved {
    /// The files that lose tests.
    losing: BTreeSet<String>,
}

impl TestsRemoved {
    /// Takes in one file.
    pub(crate) fn look_at(&mut self, change: &Change, patch: &Patch, findings: &mut Findings) {
        if change.form == Form::Oversized && path::is_test(&change.path) {
            let refusal = Refusal::Limit("the file is too large to compare".to_owned());
            findings.report_unseen(RULE, &change.path, &refusal);
        }
        let loses = Language::of(&change.path)
            .filter(|_| may_remove_tests(change))
            .is_some_and(|language| !declared_in(&patch.removed, language).is_empty());
        if loses {
            self.losing.insert(change.path.clone());
        }
    }

    /// Looks at the files that lose tests, now that the whole change is known.
    pub(crate) fn settle(self, changes: &Changes, evidence: &dyn Evidence, findings: &mut Findings) {
        if self.losing.is_empty() {
            return;
        }
        let overview = Overview::of(changes, evidence, findings);
        for change in changes.all.iter().filter(|change| self.losing.contains(&change.path)) {
            let Some(language) = Language::of(&change.path) else {
                continue;
            };
            match Patch::read(evidence, change) {
                Ok(patch) => check_gone(change, &patch, language, &overview, findings),
                Err(refusal) => findings.report_unseen(RULE, &change.path, &refusal),
            }
        }
    }
}

/// Tells whether a change takes lines from a file that may hold tests.
fn may_remove_tests(change: &Change) -> bool {
    let is_kept = path::is_fixture(&change.path) || path::is_docs(&change.path) || path::is_foreign(&change.path);
    let Some(language) = Language::of(&change.path).filter(|_| !is_kept) else {
        return false;
    };
    let holds_tests = path::is_test(&change.path)
        || change.old_path.as_deref().is_some_and(path::is_test)
        || language == Language::Rust;
    holds_tests && (change.removed_lines > 0 || change.added_lines > 0)
}

impl Overview {
    /// Reads the hunks of the whole change once more. Few changes lose tests, so few pay for it.
    fn of(changes: &Changes, evidence: &dyn Evidence, findings: &mut Findings) -> Self {
        let mut overview = Self::default();
        for change in changes.all.iter().filter(|change| Language::of(&change.path).is_some()) {
            match Patch::read(evidence, change) {
                Ok(patch) => overview.include(change, &patch),
                Err(refusal) => findings.report_unseen(RULE, &change.path, &refusal),
            }
        }
        let Self {
            removed_names,
            added_names,
            ..
        } = &mut overview;
        removed_names.retain(|name| !added_names.contains(name));
        overview
    }

    fn include(&mut self, change: &Change, patch: &Patch) {
        let Some(language) = Language::of(&change.path) else {
            return;
        };
        for case in declared_in(&patch.added, language) {
            self.added.insert(case.name);
        }
        if path::is_test(&change.path) || path::is_foreign(&change.path) {
            return;
        }
        self.removed_code = self.removed_code.saturating_add(code_lines(&patch.removed, language));
        let defined = |lines: &Lines| -> Vec<String> {
            let tests: BTreeSet<String> = declared_in(lines, language).into_iter().map(|case| case.name).collect();
            let names = lines.iter().filter_map(|line| defined_in(line.text, language));
            names.filter(|name| !tests.contains(*name)).map(str::to_owned).collect()
        };
        self.removed_names.extend(defined(&patch.removed));
        self.added_names.extend(defined(&patch.added));
        let stem = path::stem(&change.path);
        if change.status == Status::Deleted && stem.len() >= 3 {
            self.removed_names.insert(stem.to_owned());
        }
        if let Some(old) = change.old_path.as_deref().map(path::stem).filter(|old| *old != stem) {
            self.removed_names.insert(old.to_owned());
        }
        if self
            .removed_names
            .len()
            .max(self.added_names.len())
            .max(self.added.len())
            > NAMES_MAX
        {
            self.is_cut = true;
            self.added_names.clear();
        }
    }

    fn speaks_of_removed(&self, text: &str) -> bool {
        identifiers(text).any(|word| self.removed_names.contains(word))
    }
}

/// Removed lines that are not part of a Rust file's own tests, nor empty.
fn code_lines(lines: &Lines, language: Language) -> u64 {
    let has_tests = !declared_in(lines, language).is_empty();
    if has_tests {
        0
    } else {
        lines
            .iter()
            .filter(|line| line.text.bytes().any(|byte| byte.is_ascii_alphanumeric()))
            .count() as u64
    }
}

/// Tests of one file that are declared nowhere any more.
fn check_gone(change: &Change, patch: &Patch, language: Language, overview: &Overview, findings: &mut Findings) {
    let removed = declared_in(&patch.removed, language);
    let new = declared_in(&patch.added, language).len();
    if removed.is_empty() || subject_is_gone(change, overview) {
        return;
    }
    let excuses = excuses(&removed, &patch.removed, overview);
    if change.status == Status::Deleted && excuses.preamble {
        return;
    }
    let with_excuses = removed.iter().zip(&excuses.of_cases);
    let gone: Vec<&TestCase> = with_excuses
        .filter(|(_, is_excused)| !**is_excused)
        .map(|(case, _)| case)
        .collect();
    let kept = removed.len().saturating_sub(gone.len());
    let replaced = new.saturating_sub(kept);
    let Some(first) = gone.first().filter(|_| gone.len() > replaced) else {
        return;
    };
    let is_rewritten = patch.added.len().saturating_mul(2) >= patch.removed.len();
    let stays = overview.removed_code == 0 || language == Language::Rust && !path::is_test(&change.path);
    let severity = if !stays || is_rewritten || overview.is_cut {
        Severity::Warning
    } else {
        Severity::Error
    };
    let ending = if stays { ", and the code they test stays" } else { "" };
    let message = format!(
        "{} gone from this file{}{ending}.",
        number_of_tests(gone.len()),
        named(&gone)
    );
    let place = change.old_path.as_deref().unwrap_or(&change.path);
    let found = finding(RULE, severity, message).at_base(place, first.line);
    findings.report(found.suggesting("Bring the tests back, or remove in the same change what they tested."));
}

fn number_of_tests(tests: usize) -> String {
    format!(
        "{} {}",
        count(tests as u64, "test"),
        if tests == 1 { "is" } else { "are" }
    )
}

/// The names of tests, where they are identifiers; sentences may say anything.
fn named(tests: &[&TestCase]) -> String {
    let names: Vec<String> = tests
        .iter()
        .filter(|test| test.is_identifier)
        .take(NAMED_MAX)
        .map(|test| format!("`{}`", test.name))
        .collect();
    if names.is_empty() {
        String::new()
    } else {
        format!(
            " ({}{})",
            names.join(", "),
            if tests.len() > names.len() { ", …" } else { "" }
        )
    }
}

/// Tells whether the file that a test file is named after is gone in the same change.
fn subject_is_gone(change: &Change, overview: &Overview) -> bool {
    let stem = path::stem(change.old_path.as_deref().unwrap_or(&change.path));
    let endings = [
        "_test",
        "_tests",
        ".test",
        ".tests",
        ".spec",
        "_spec",
        "-test",
        "_unittest",
        "Tests",
        "Test",
        "Spec",
    ];
    let subject = endings
        .iter()
        .find_map(|ending| stem.strip_suffix(ending))
        .or_else(|| stem.strip_prefix("test_"));
    overview.removed_names.contains(subject.unwrap_or(stem))
}

/// What speaks for the removal of tests.
struct Excuses {
    /// The lines before the first test, which import what the tests use, speak of something removed.
    preamble: bool,
    /// Of each test whether it moved or speaks of something removed.
    of_cases: Vec<bool>,
}

/// Goes once through the removed lines; each belongs to the test declared last before it.
fn excuses(cases: &[TestCase], lines: &Lines, overview: &Overview) -> Excuses {
    let is_excused = |case: &TestCase| overview.added.contains(&case.name) || overview.speaks_of_removed(&case.name);
    let mut excuses = Excuses {
        preamble: false,
        of_cases: cases.iter().map(is_excused).collect(),
    };
    let mut begun = 0_usize;
    for line in lines.iter() {
        while cases.get(begun).is_some_and(|case| case.line <= line.number) {
            begun = begun.saturating_add(1);
        }
        if overview.speaks_of_removed(line.text) {
            match begun.checked_sub(1).and_then(|index| excuses.of_cases.get_mut(index)) {
                Some(is_excused) => *is_excused = true,
                None => excuses.preamble = true,
            }
        }
    }
    excuses
}

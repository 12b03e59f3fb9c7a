//! `quality/test-skipped`: tests that are there and do not run.
//!
//! A test that ran before and is switched off without a word is a defect that nobody sees: the run stays green. Marks are
//! looked for in added lines; only where there is one the whole file is read, to see which test it is and what stands
//! beside it.

mod mark;

use std::collections::BTreeSet;

use assize_judge::evidence::Change;
use assize_judge::file::{Unread, text};
use assize_judge::findings::finding;
use assize_judge::language::Language;
use assize_judge::patch::{Lines, Patch};
use assize_judge::source::Source;
use assize_judge::words::{contains_word, has_words, identifiers, is_word_byte};
use assize_judge::{Case, Evidence, Findings, Severity, Side, path};

use self::mark::{Reach, mark_in};
use crate::definitions::defined_in;
use crate::test_case::declared_in;

const RULE: &str = "quality/test-skipped";

/// How many lines may stand between a mark and the declaration it belongs to.
const MARK_LINES_MAX: u32 = 8;

/// How many lines of a test's body are looked at above a call that leaves it.
const BODY_LINES_MAX: u32 = 40;

/// How many lines a mark's arguments may take.
const ARGUMENT_LINES_MAX: u32 = 4;

/// The fewest letters that say something.
const REASON_LETTERS_MIN: usize = 4;

/// Words that make what follows depend on something.
const CONDITIONS: [&str; 14] = [
    "if", "else", "elif", "elsif", "for", "while", "switch", "case", "try", "except", "catch", "rescue", "unless",
    "match",
];

/// One added mark.
struct Mark<'a> {
    line: u32,
    text: &'a str,
    reach: Reach,
}

/// What the marks of one file are judged by.
struct File<'a> {
    change: &'a Change,
    patch: &'a Patch,
    source: Source,
    added: BTreeSet<u32>,
    /// Whether a commit message speaks of tests that are switched off.
    is_announced: bool,
}

/// Looks for tests that one file's added lines switch off.
pub(crate) fn check(case: &Case, change: &Change, patch: &Patch, evidence: &dyn Evidence, findings: &mut Findings) {
    let Some(language) = Language::of(&change.path).filter(|language| holds_tests(&change.path, *language)) else {
        return;
    };
    let marks = new_marks(patch, language);
    if marks.is_empty() {
        return;
    }
    let source = match text(evidence, Side::Head, &change.path) {
        Ok(text) => Source::new(text, language),
        Err(unread) => return findings.report_unseen(RULE, &change.path, &Unread::into_refusal(unread)),
    };
    let file = File {
        change,
        patch,
        source,
        added: patch.added.iter().map(|line| line.number).collect(),
        is_announced: case.messages.iter().any(|message| announces(message)),
    };
    for mark in marks {
        file.report(&mark, findings);
    }
}

fn holds_tests(file: &str, language: Language) -> bool {
    let is_other = path::is_fixture(file) || path::is_docs(file) || path::is_foreign(file) || path::is_example(file);
    !is_other && (path::is_test(file) || language == Language::Rust)
}

/// The marks that the change brings: those that were there before under the same or another wording are left out.
fn new_marks(patch: &Patch, language: Language) -> Vec<Mark<'_>> {
    let marks = |lines: &'_ Lines| -> Vec<(u32, Reach)> {
        let found = lines
            .iter()
            .filter_map(|line| Some((line.number, mark_in(line.text, language)?)));
        found.collect()
    };
    if marks(&patch.added).is_empty() {
        return Vec::new();
    }
    let mut before: Vec<&str> = Vec::new();
    before.extend(
        patch
            .removed
            .iter()
            .filter(|line| mark_in(line.text, language).is_some())
            .map(|line| line.text.trim()),
    );
    before.sort_unstable();
    let mut new: Vec<Mark<'_>> = Vec::new();
    for line in patch.added.iter() {
        let Some(reach) = mark_in(line.text, language) else {
            continue;
        };
        let text = line.text.trim();
        if let Ok(position) = before.binary_search(&text) {
            before.remove(position);
        } else {
            new.push(Mark {
                line: line.number,
                text,
                reach,
            });
        }
    }
    // What is left of the former marks was worded anew.
    new.drain(..before.len().min(new.len()));
    new
}

fn announces(message: &str) -> bool {
    const OFF: [&str; 13] = [
        "skip",
        "skips",
        "skipped",
        "skipping",
        "disable",
        "disables",
        "disabled",
        "disabling",
        "ignore",
        "ignored",
        "flaky",
        "quarantine",
        "xfail",
    ];
    has_words(message, &OFF)
        && has_words(
            message,
            &["test", "tests", "testing", "spec", "specs", "suite", "case", "cases"],
        )
}

impl File<'_> {
    fn report(&self, mark: &Mark<'_>, findings: &mut Findings) {
        if !self.is_in_force(mark) {
            return;
        }
        let Some(declaration) = self.declaration(mark) else {
            return;
        };
        let ran = self.ran_before(mark, declaration);
        if mark.reach == Reach::Others {
            let severity = if ran { Severity::Error } else { Severity::Warning };
            let message = "One test or group is focused, so every other test of the file does not run.";
            let found = finding(RULE, severity, message).at(&self.change.path, mark.line);
            findings.report(found.suggesting("Take the focus away before the change lands."));
            return;
        }
        let has_reason = self.has_reason(mark) || ran && self.is_announced;
        let (severity, message) = match (ran, has_reason) {
            (true, false) => (
                Severity::Error,
                "A test that ran before is skipped, and nothing says why.",
            ),
            (true, true) => (Severity::Warning, "A test that ran before is skipped."),
            (false, false) => (
                Severity::Warning,
                "A new test is skipped from the start, and nothing says why.",
            ),
            (false, true) => (Severity::Note, "A new test is skipped from the start."),
        };
        let found = finding(RULE, severity, message).at(&self.change.path, mark.line);
        findings.report(found.suggesting("Mend the test, or say beside the mark why it cannot run and until when."));
    }

    /// Tells whether the mark is code, and not part of a comment or a text.
    fn is_in_force(&self, mark: &Mark<'_>) -> bool {
        let code = self.source.code_line(mark.line).trim_start();
        let begins_alike = code.bytes().next() == mark.text.bytes().next();
        begins_alike && code.bytes().any(|byte| byte.is_ascii_alphanumeric())
    }

    /// The line that declares what the mark switches off; nothing where that depends on a condition.
    fn declaration(&self, mark: &Mark<'_>) -> Option<u32> {
        match mark.reach {
            Reach::Own | Reach::File | Reach::Others => Some(mark.line),
            Reach::Below => self.declared_below(mark.line),
            Reach::Around => self.declared_around(mark.line),
        }
    }

    fn declared_below(&self, mark: u32) -> Option<u32> {
        let declares = |line: &u32| {
            let code = self.source.code_line(*line).trim();
            !code.is_empty() && !code.starts_with(['@', '[', '#', ')', ']']) && defined_or_called(code)
        };
        if declares_beside(self.source.code_line(mark)) {
            return Some(mark);
        }
        (mark.saturating_add(1)..=mark.saturating_add(MARK_LINES_MAX)).find(declares)
    }

    fn declared_around(&self, mark: u32) -> Option<u32> {
        let language = self.source.language;
        let lowest = mark.saturating_sub(BODY_LINES_MAX).max(1);
        for line in (lowest..mark).rev() {
            let text = self.source.line(line);
            let mut alone = Lines::default();
            alone.extend(line, &[text.to_owned()]);
            if !declared_in(&alone, language).is_empty() || text.contains("t.Run(") {
                return Some(line);
            }
            let code = self.source.code_line(line);
            let is_conditional = identifiers(code).any(|word| CONDITIONS.contains(&word));
            if is_conditional || defined_in(text, language).is_some() {
                return None;
            }
        }
        None
    }

    /// Tells whether what is switched off stood in the base and ran.
    fn ran_before(&self, mark: &Mark<'_>, declaration: u32) -> bool {
        if matches!(mark.reach, Reach::File | Reach::Others) {
            return self.change.base.is_some();
        }
        if !self.added.contains(&declaration) {
            return true;
        }
        let language = self.source.language;
        let declared = self.source.line(declaration).replace("DISABLED_", "");
        let sentence = quoted(&declared)
            .map(|(_, text)| text)
            .filter(|_| mark.reach != Reach::Below);
        let name = sentence.or_else(|| name_before_bracket(&declared));
        let Some(name) = name.filter(|name| name.len() >= 3) else {
            // The name of a group may stand on a line of its own, below.
            return mark.reach == Reach::Own && !self.added.contains(&declaration.saturating_add(1));
        };
        self.patch
            .removed
            .iter()
            .any(|line| contains_word(line.text, name) && mark_in(line.text, language).is_none())
    }

    /// Tells whether something beside the mark says why: a text in its brackets, or a comment on, above or below its line.
    fn has_reason(&self, mark: &Mark<'_>) -> bool {
        let comment = |line: u32| {
            self.source
                .comment_in(line)
                .is_some_and(|(_, text)| says_something(text))
        };
        let is_only_comment = |line: u32| self.source.code_line(line).trim().is_empty() && comment(line);
        if comment(mark.line)
            || is_only_comment(mark.line.saturating_sub(1))
            || is_only_comment(mark.line.saturating_add(1))
        {
            return true;
        }
        let own = self.source.line(mark.line);
        if mark.reach == Reach::Own {
            // The first text is the test's name.
            let after = quoted(own).and_then(|(end, _)| own.get(end..)).unwrap_or_default();
            return ["skip:", "skip =>", "Skip"]
                .iter()
                .filter_map(|key| after.split_once(key))
                .any(|(_, rest)| quoted(rest).is_some_and(|(_, text)| says_something(text)));
        }
        let mut open = 0_i64;
        for line in mark.line..mark.line.saturating_add(ARGUMENT_LINES_MAX) {
            if quoted(self.source.line(line)).is_some_and(|(_, text)| says_something(text)) {
                return true;
            }
            let code = self.source.code_line(line);
            open += code.matches('(').count() as i64 - code.matches(')').count() as i64;
            if open <= 0 {
                break;
            }
        }
        false
    }
}

fn says_something(text: &str) -> bool {
    text.chars().filter(|letter| letter.is_alphabetic()).count() >= REASON_LETTERS_MIN
}

/// The first text in quotes, and where it ends.
fn quoted(line: &str) -> Option<(usize, &str)> {
    let open = line.find(['"', '\'', '`'])?;
    let quote = line.get(open..)?.chars().next()?;
    let start = open.saturating_add(1);
    let length = line.get(start..)?.find(quote)?;
    let end = start.saturating_add(length);
    Some((end.saturating_add(1), line.get(start..end)?))
}

/// Tells whether a line of code may declare a test, a class or a module.
fn defined_or_called(code: &str) -> bool {
    code.contains(['(', '{', ':']) || code.ends_with("do") || contains_word(code, "class") || contains_word(code, "mod")
}

/// Tells whether a mark's own line goes on with the declaration: `#[ignore] fn slow() {`.
fn declares_beside(code: &str) -> bool {
    ["fn", "fun", "void", "class", "def", "func"]
        .iter()
        .any(|word| contains_word(code, word))
}

/// The word before the first bracket, or the last word of a line without one.
fn name_before_bracket(line: &str) -> Option<&str> {
    let before = line.split(['(', '{', ':']).next()?.trim_end();
    let start = before
        .bytes()
        .rposition(|byte| !is_word_byte(byte))
        .map_or(0, |at| at.saturating_add(1));
    // googletest puts the name into the brackets.
    let name = before.get(start..)?;
    if name.starts_with("TEST") || name.starts_with("TYPED_TEST") {
        return line.split([',', ')']).nth(1).map(str::trim);
    }
    Some(name)
}

//! `quality/tests-missing`: code changed and no test with it.

use std::collections::BTreeSet;

use assize_judge::evidence::{Change, Status};
use assize_judge::file::{Unread, whole};
use assize_judge::findings::{count, finding, shown};
use assize_judge::language::Language;
use assize_judge::patch::Patch;
use assize_judge::settings::parameter;
use assize_judge::source::Source;
use assize_judge::words::leading_word;
use assize_judge::{Case, Changes, Evidence, Findings, Refusal, Severity, Side, path};

const RULE: &str = "quality/tests-missing";

/// The new lines of code from which a test is expected, where policy sets none.
const MIN_LINES: u64 = 10;

/// How many files are looked into. Whoever brings so many without a test in a file of its own will hardly have one inside.
const FILES_MAX: usize = 1_000;

/// What one file brings.
enum Brought {
    /// So many new lines of code.
    Lines(u64),
    /// Tests, inside the code's own file.
    Tests,
}

/// The code that a change brings. One test anywhere in it is enough: which test belongs to which code cannot be told from
/// outside.
pub(crate) struct TestsMissing {
    has_test: bool,
    looked_at: usize,
    lines: u64,
    files: u64,
    first: Option<String>,
}

impl TestsMissing {
    /// Sees whether a file of tests grows.
    pub(crate) fn new(changes: &Changes) -> Self {
        let brings_test =
            |change: &Change| path::is_test(&change.path) && change.added_lines > 0 && !path::is_docs(&change.path);
        Self {
            has_test: changes.all.iter().any(brings_test),
            looked_at: 0,
            lines: 0,
            files: 0,
            first: None,
        }
    }

    /// Takes in one file.
    pub(crate) fn look_at(&mut self, change: &Change, patch: &Patch, evidence: &dyn Evidence, findings: &mut Findings) {
        if self.has_test || self.looked_at >= FILES_MAX || !is_testable(change) {
            return;
        }
        self.looked_at = self.looked_at.saturating_add(1);
        match brought(change, patch, evidence) {
            Ok(Brought::Tests) => self.has_test = true,
            Ok(Brought::Lines(0)) => {}
            Ok(Brought::Lines(new)) => {
                self.lines = self.lines.saturating_add(new);
                self.files = self.files.saturating_add(1);
                self.first.get_or_insert_with(|| change.path.clone());
            }
            Err(refusal) => findings.report_unseen(RULE, &change.path, &refusal),
        }
    }

    /// Reports code without tests, after the last file.
    pub(crate) fn settle(&self, case: &Case, findings: &mut Findings) {
        let is_much = !self.has_test && self.lines >= parameter(case, RULE, "min_lines", MIN_LINES);
        let Some(first) = self.first.as_deref().filter(|_| is_much) else {
            return;
        };
        let message = format!(
            "{} of code are new in {} (such as `{}`), and no test changes with them.",
            count(self.lines, "line"),
            count(self.files, "file"),
            shown(first),
        );
        let found = finding(RULE, Severity::Warning, message).at(first, 0);
        findings.report(found.suggesting("Add a test that fails without this change."));
    }
}

/// Tells whether a change may bring code that tests could test.
fn is_testable(change: &Change) -> bool {
    let file = change.path.as_str();
    let language = Language::of(file);
    let is_written =
        matches!(change.status, Status::Added | Status::Modified | Status::Renamed) && change.added_lines > 0;
    let is_excused = path::is_test(file) || path::is_docs(file) || path::is_foreign(file) || path::is_example(file);
    is_written && language.is_some() && !is_excused && !is_build_script(file) && !file.ends_with(".d.ts")
}

/// Tells whether a file builds or sets up the project instead of being part of it.
fn is_build_script(file: &str) -> bool {
    let name = path::name(file);
    let is_settings = [
        ".config.js",
        ".config.ts",
        ".config.mjs",
        ".config.cjs",
        "rc.js",
        "rc.cjs",
        ".gradle",
        ".gradle.kts",
    ];
    matches!(
        name,
        "build.rs"
            | "setup.py"
            | "conf.py"
            | "noxfile.py"
            | "fabfile.py"
            | "gulpfile.js"
            | "Gruntfile.js"
            | "Package.swift"
    ) || is_settings.iter().any(|ending| name.ends_with(ending))
        || path::parent(file).split('/').any(|part| {
            matches!(
                part,
                "migrations" | ".github" | "ci" | ".ci" | "benches" | "scripts" | "tools"
            )
        })
        || matches!(Language::of(file), Some(Language::Shell))
}

/// Counts the new lines of code in one file: comments, imports, brackets and moved lines are none. Only the added lines are
/// read as source, for a whole file costs many times as much; a line inside of a comment that begins above them counts.
fn brought(change: &Change, patch: &Patch, evidence: &dyn Evidence) -> Result<Brought, Refusal> {
    let Some(language) = Language::of(&change.path) else {
        return Ok(Brought::Lines(0));
    };
    let is_test = patch.added.iter().any(|line| is_inline_test(line.text, language));
    if is_test || (language == Language::Rust && touches_rust_tests(change, patch, evidence)?) {
        return Ok(Brought::Tests);
    }
    let removed: BTreeSet<&str> = patch.removed.iter().map(|line| line.text.trim()).collect();
    let added: String = patch.added.iter().flat_map(|line| [line.text, "\n"]).collect();
    let source = Source::new(added, language);
    let new = (1..)
        .zip(patch.added.iter())
        .filter(|(place, line)| !removed.contains(line.text.trim()) && is_code(source.code_line(*place)));
    Ok(Brought::Lines(new.count() as u64))
}

/// Tells whether a line of code does something that could be tested.
fn is_code(code: &str) -> bool {
    const DECLARES: [&str; 9] = [
        "import", "use", "from", "package", "#include", "require", "using", "mod", "export",
    ];
    let code = code.trim();
    let word = leading_word(code.trim_start_matches('#'));
    let only_declares = DECLARES.contains(&word) && !(word == "export" && code.contains(['(', '{', '=']))
        || code.starts_with("#include");
    code.bytes().any(|byte| byte.is_ascii_alphanumeric())
        && !only_declares
        && !code.starts_with("pub use ")
        && !code.starts_with("pub mod ")
}

fn is_inline_test(line: &str, language: Language) -> bool {
    let line = line.trim();
    match language {
        Language::Rust => line.starts_with("#[test]") || line.starts_with("#[cfg(test)]"),
        Language::Python => line.starts_with(">>> "),
        Language::Zig => line.starts_with("test \""),
        _ => false,
    }
}

/// Tells whether an added line stands in the test module of a Rust file.
fn touches_rust_tests(change: &Change, patch: &Patch, evidence: &dyn Evidence) -> Result<bool, Refusal> {
    const MARK: &[u8] = b"#[cfg(test)]";
    let contents = whole(evidence, Side::Head, &change.path).map_err(Unread::into_refusal)?;
    let lines = (1..).zip(contents.split(|byte| *byte == b'\n'));
    // The attribute stands on a line of its own; in a text or a comment it hardly begins one.
    let begins = lines
        .filter(|(_, line)| line.trim_ascii_start().starts_with(MARK))
        .map(|(number, _)| number);
    Ok(begins
        .min()
        .is_some_and(|begins: u32| patch.added.iter().any(|line| line.number > begins)))
}

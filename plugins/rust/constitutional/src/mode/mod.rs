//! `constitutional/mode`: what the working spec says a change is, it is.
//!
//! A `doc` touches documents, a `chore` leaves the product's code alone, a `refactor` brings no dependency and loses no test,
//! a `fix` comes with a test. Lines of comment in a source file are documents.

mod dependencies;
mod prose;

use assize_judge::evidence::{Change, Status};
use assize_judge::findings::{count, finding, shown};
use assize_judge::language::Language;
use assize_judge::patch::Patch;
use assize_judge::{Case, Changes, Evidence, Findings, Refusal, Severity, path};

use crate::working_spec::is_working_spec;

const RULE: &str = "constitutional/mode";

/// Compares the change with the mode that its spec names. An unknown mode is the matter of `spec-incomplete`.
pub(crate) fn check(case: &Case, changes: &Changes, evidence: &dyn Evidence, findings: &mut Findings) {
    let Some(spec) = &case.spec else { return };
    match spec.mode.as_str() {
        "doc" => {
            let wrong = changes.all.iter().filter(|change| !is_document(&change.path));
            report_code(wrong, DOC, evidence, findings);
        }
        "chore" => {
            let wrong = changes.all.iter().filter(|change| is_product_code(&change.path));
            report_code(wrong, CHORE, evidence, findings);
        }
        "refactor" => {
            dependencies::check(changes, evidence, findings);
            check_tests_stay(changes, findings);
        }
        "fix" => check_fix_is_tested(changes, evidence, findings),
        _ => {}
    }
}

/// What a mode says of files that it has no business with.
struct Breach {
    severity: Severity,
    message: &'static str,
    suggestion: &'static str,
}

const DOC: Breach = Breach {
    severity: Severity::Error,
    message: "is no document, and the spec says that this change is a `doc`",
    suggestion: "Put it into a change of its own, or name the mode that the change has.",
};
const CHORE: Breach = Breach {
    severity: Severity::Warning,
    message: "is code of the product, and the spec says that this change is a `chore`",
    suggestion: "Put it into a change of its own, or call the change a fix, a refactor or a feature.",
};

fn report_code<'a>(
    wrong: impl Iterator<Item = &'a Change>,
    breach: Breach,
    evidence: &dyn Evidence,
    findings: &mut Findings,
) {
    for change in wrong {
        match prose::is_all(change, evidence) {
            Ok(true) => {}
            Ok(false) => {
                let message = format!("`{}` {}.", shown(&change.path), breach.message);
                let found = finding(RULE, breach.severity, message);
                let placed = if change.head.is_some() {
                    found.at(&change.path, 0)
                } else {
                    found.at_base(&change.path, 0)
                };
                findings.report(placed.suggesting(breach.suggestion));
            }
            Err(refusal) => findings.report_unseen(RULE, &change.path, &refusal),
        }
    }
}

/// Tells whether a file is for people to read, or shapes such files: pictures, and the settings of what renders them.
fn is_document(file: &str) -> bool {
    const EXTENSIONS: [&str; 16] = [
        "png", "jpg", "jpeg", "gif", "svg", "webp", "ico", "drawio", "puml", "mmd", "bib", "ipynb", "1", "5", "7", "8",
    ];
    const NAMES: [&str; 10] = [
        "mkdocs.yml",
        "mkdocs.yaml",
        "book.toml",
        ".readthedocs.yaml",
        ".readthedocs.yml",
        "docusaurus.config.js",
        "docusaurus.config.ts",
        "sidebars.js",
        "typedoc.json",
        ".vale.ini",
    ];
    path::is_docs(file)
        || path::is_example(file)
        || is_working_spec(file)
        || EXTENSIONS.contains(&path::extension(file).to_ascii_lowercase().as_str())
        || NAMES.contains(&path::name(file))
}

/// Tells whether a file is code that users run: no test, no example, nobody else's, and no part of how it is built.
fn is_product_code(file: &str) -> bool {
    Language::of(file).is_some()
        && !path::is_test(file)
        && !path::is_docs(file)
        && !path::is_example(file)
        && !path::is_foreign(file)
        && !is_tooling(file)
}

/// Tells whether a file builds, checks or delivers the product.
fn is_tooling(file: &str) -> bool {
    const FOLDERS: [&str; 13] = [
        ".github",
        ".gitlab",
        ".circleci",
        ".husky",
        "ci",
        "script",
        "scripts",
        "tools",
        "tooling",
        "hack",
        "packaging",
        "debian",
        "xtask",
    ];
    const NAMES: [&str; 11] = [
        "build.rs",
        "setup.py",
        "noxfile.py",
        "fabfile.py",
        "tasks.py",
        "gulpfile.js",
        "Gruntfile.js",
        "mix.exs",
        "build.zig",
        "Package.swift",
        "dangerfile.js",
    ];
    let name = path::name(file);
    let in_folder = path::parent(file).split('/').any(|part| FOLDERS.contains(&part));
    in_folder
        || name.starts_with('.')
        || NAMES.contains(&name)
        || path::stem(file).ends_with(".config")
        || matches!(path::extension(file), "gradle" | "kts" | "exs")
}

/// A test file that goes, where no other comes for it.
fn check_tests_stay(changes: &Changes, findings: &mut Findings) {
    let of = |status: Status| {
        let is_test = |change: &&Change| path::is_test(&change.path) && Language::of(&change.path).is_some();
        changes
            .all
            .iter()
            .filter(is_test)
            .filter(move |change| change.status == status)
    };
    if of(Status::Added).count() >= of(Status::Deleted).count() {
        return;
    }
    for change in of(Status::Deleted).filter(|change| !path::is_fixture(&change.path)) {
        let message = format!(
            "The test `{}` goes, and the spec says that this change is a `refactor`.",
            shown(&change.path)
        );
        let found = finding(RULE, Severity::Warning, message).at_base(&change.path, 0);
        findings.report(found.suggesting("Keep the test: it shows that the behaviour stayed."));
    }
}

/// A fix of the product's code without a changed test.
fn check_fix_is_tested(changes: &Changes, evidence: &dyn Evidence, findings: &mut Findings) {
    let fixed: Vec<&Change> = changes
        .all
        .iter()
        .filter(|change| change.head.is_some() && is_product_code(&change.path))
        .collect();
    let has_test = changes
        .all
        .iter()
        .any(|change| change.head.is_some() && path::is_test(&change.path));
    let Some(first) = fixed.first().filter(|_| !has_test) else {
        return;
    };
    if fixed.iter().any(|change| brings_own_test(change, evidence)) {
        return;
    }
    let message = format!(
        "The spec says that this change is a `fix`; {} of code changed and no test did.",
        count(fixed.len() as u64, "file")
    );
    let found = finding(RULE, Severity::Note, message).at(&first.path, 0);
    findings.report(found.suggesting("Add the test that failed before the fix, so that the fault stays away."));
}

/// Tells whether a file that holds its own tests, as in Rust, changed there.
fn brings_own_test(change: &Change, evidence: &dyn Evidence) -> bool {
    if path::extension(&change.path) != "rs" {
        return false;
    }
    let added = Patch::read(evidence, change)
        .map(|patch| patch.added)
        .unwrap_or_default();
    added
        .iter()
        .any(|line| line.text.contains("#[test]") || line.text.contains("assert") || line.text.contains("::test]"))
}

/// Reports a dependency that a refactoring brings.
fn report_dependency(name: &str, file: &str, line: u32, findings: &mut Findings) {
    let message = format!(
        "`{}` is a new dependency, and the spec says that this change is a `refactor`.",
        shown(name)
    );
    let found = finding(RULE, Severity::Warning, message).at(file, line);
    findings.report(found.suggesting("Bring the dependency with the change that needs it, or name another mode."));
}

/// Notes a file that could not be compared.
fn report_unread(file: &str, refusal: &Refusal, findings: &mut Findings) {
    findings.report_unseen(RULE, file, refusal);
}

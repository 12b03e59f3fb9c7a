//! `integration/broken-reference`: a file that the change deletes or renames, and that another file still names.
//!
//! The names of what is gone are searched for in the head, all at once. Each line that is found must then name the very
//! file, from where it stands, in the way its language names files: an import, an include, a path in a build file. What
//! resolves to a file that is there is no finding.

mod build;
mod gone;
mod import;

use std::collections::BTreeMap;

use assize_judge::file::{exists, text};
use assize_judge::findings::{count, finding, shown};
use assize_judge::language::Language;
use assize_judge::lexer::Class;
use assize_judge::source::Source;
use assize_judge::{Changes, Evidence, Findings, Severity, Side, path};

use self::gone::Gone;

const RULE: &str = "integration/broken-reference";

/// How many places one search answers, by the contract.
const MATCHES_MAX: u32 = 1_000;

/// How many files with matches are read, and how many matches of one file are looked at.
const FILES_MAX: usize = 200;
const LINES_MAX: usize = 50;

/// How many paths one line is taken to mean.
const CANDIDATES_MAX: usize = 64;

/// A line that names files.
struct Naming {
    /// The paths it may mean, any of which will do.
    candidates: Vec<String>,
    /// How much it weighs when none is there.
    severity: Severity,
}

/// A line with what stands around it.
struct Place<'a> {
    file: &'a str,
    line: &'a str,
    /// The lines above it.
    above: &'a [&'a str],
    /// The whole text.
    text: &'a str,
}

/// Looks for names of files that are gone. Answers a sentence for the rationale.
pub(crate) fn check(changes: &Changes, evidence: &dyn Evidence, findings: &mut Findings) -> String {
    let gone = Gone::of(changes, evidence);
    let mut lines: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    let mut is_cut = gone.is_cut();
    for literals in gone.literals() {
        match evidence.search(Side::Head, literals, MATCHES_MAX) {
            Ok(matches) => {
                is_cut = is_cut || matches.len() >= MATCHES_MAX as usize;
                for found in matches {
                    lines.entry(found.path).or_default().push(found.line);
                }
            }
            Err(refusal) => {
                findings.report_unseen(RULE, gone.first(), &refusal);
                return String::new();
            }
        }
    }
    for (file, numbers) in lines.into_iter().filter(|(file, _)| is_speaking(file)).take(FILES_MAX) {
        look_at(&file, numbers, &gone, evidence, findings);
    }
    let cut = if is_cut {
        "; there were more than are looked for"
    } else {
        ""
    };
    format!(
        "Looked for the names of {} that are gone{cut}.",
        count(gone.len(), "file")
    )
}

/// Tells whether a file is the project's own and says what is, not what was.
fn is_speaking(file: &str) -> bool {
    const PAST: [&str; 8] = [
        "changelog",
        "changes",
        "history",
        "news",
        "releases",
        "authors",
        "release-notes",
        "upgrading",
    ];
    let stem = path::stem(file).to_ascii_lowercase();
    let is_past =
        PAST.iter().any(|word| stem.starts_with(word)) || path::parent(file).to_ascii_lowercase().contains("changelog");
    !is_past && !path::is_foreign(file) && !path::is_fixture(file) && !path::is_lock(file)
}

fn look_at(file: &str, mut numbers: Vec<u32>, gone: &Gone, evidence: &dyn Evidence, findings: &mut Findings) {
    let Some(text) = text(evidence, Side::Head, file)
        .ok()
        .filter(|_| import::is_read(file) || build::is_read(file))
    else {
        return;
    };
    numbers.sort_unstable();
    numbers.dedup();
    let lines: Vec<&str> = text.lines().collect();
    let mut source: Option<Source> = None;
    for number in numbers.into_iter().take(LINES_MAX) {
        let index = (number as usize).saturating_sub(1);
        let Some((line, above)) = lines.get(index).zip(lines.get(..index)) else {
            continue;
        };
        let place = Place {
            file,
            line,
            above,
            text: &text,
        };
        let namings = import::namings(&place, gone)
            .into_iter()
            .chain(build::namings(&place, gone));
        let Some((naming, missing)) = namings.filter_map(|naming| broken(naming, gone, evidence)).next() else {
            continue;
        };
        if let Some(language) = Language::of(file) {
            let source = source.get_or_insert_with(|| Source::new(text.clone(), language));
            let begin = source
                .start_of(number)
                .saturating_add(line.len().saturating_sub(line.trim_start().len()));
            if source.class_at(begin) != Class::Code {
                continue;
            }
        }
        let message = format!("`{}` is gone, and this line still names it.", shown(&missing));
        let found = finding(RULE, naming.severity, message).at(file, number);
        findings.report(found.suggesting("Name what stands in its place, take the line out, or bring the file back."));
    }
}

/// The file that is gone, where a line means it and no other that is there.
fn broken(naming: Naming, gone: &Gone, evidence: &dyn Evidence) -> Option<(Naming, String)> {
    let missing = naming
        .candidates
        .iter()
        .find(|candidate| gone.contains(candidate))?
        .clone();
    let mut others = naming.candidates.iter().take(CANDIDATES_MAX);
    let is_there = others.any(|candidate| !gone.contains(candidate) && exists(evidence, Side::Head, candidate));
    (!is_there).then_some((naming, missing))
}

/// A path as seen from a folder, without `.` and `..`; nothing where it leaves the repository.
fn resolved(folder: &str, relative: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_seen_from_their_folder() {
        assert_eq!(resolved("a/b", "../c/./d.h").as_deref(), Some("a/c/d.h"));
        assert_eq!(resolved("", "x").as_deref(), Some("x"));
        assert_eq!(resolved("a", "../../x"), None);
    }

    #[test]
    fn what_tells_of_the_past_is_left_alone() {
        assert!(!is_speaking("CHANGELOG.md") && !is_speaking("docs/history.rst") && !is_speaking("vendor/a/b.c"));
        assert!(is_speaking("src/main.rs") && is_speaking("README.md"));
    }
}

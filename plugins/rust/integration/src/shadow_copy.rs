//! `integration/shadow-copy`: a second version beside the first.
//!
//! Whoever writes `parser_v2.py` beside `parser.py` leaves two files that do the same, of which one is used.

use std::collections::{BTreeMap, BTreeSet};

use assize_judge::evidence::{Kind, Status};
use assize_judge::findings::{finding, shown};
use assize_judge::pages::entries;
use assize_judge::{Changes, Evidence, Findings, Refusal, Severity, Side, path};

const RULE: &str = "integration/shadow-copy";

/// What a copy's name has more than the original's, after a `-`, `_`, `.` or space.
const SUFFIXES: [&str; 27] = [
    "v2",
    "v3",
    "v4",
    "new",
    "old",
    "enhanced",
    "improved",
    "optimized",
    "optimised",
    "fixed",
    "final",
    "copy",
    "backup",
    "bak",
    "orig",
    "original",
    "updated",
    "refactored",
    "rewrite",
    "rewritten",
    "revised",
    "temp",
    "tmp",
    "fix",
    "2",
    "better",
    "simplified",
];

/// What is appended to a whole name, extension included.
const APPENDED: [&str; 7] = [".bak", ".orig", ".old", ".backup", ".save", ".copy", "~"];

/// How many folders are listed.
const FOLDERS_MAX: usize = 2_000;

/// Looks for added files whose name is that of a sibling with a mark of a second version.
pub(crate) fn check(changes: &Changes, evidence: &dyn Evidence, findings: &mut Findings) {
    let mut folders: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for change in changes
        .all
        .iter()
        .filter(|change| change.status == Status::Added && !is_meant(&change.path))
    {
        if !originals(path::name(&change.path)).is_empty() {
            folders
                .entry(path::parent(&change.path))
                .or_default()
                .push(&change.path);
        }
    }
    for (folder, files) in folders.into_iter().take(FOLDERS_MAX) {
        let names = match names_in(evidence, folder) {
            Ok(names) => names,
            Err(refusal) => {
                findings.report_unseen(RULE, files.first().copied().unwrap_or_default(), &refusal);
                continue;
            }
        };
        for file in files {
            let beside = originals(path::name(file))
                .into_iter()
                .find(|original| names.contains(original));
            if let Some(original) = beside.filter(|original| !is_series(original, &names)) {
                let message = format!(
                    "The new file stands beside `{}` and is named like a second version of it.",
                    shown(&original)
                );
                let found = finding(RULE, Severity::Warning, message).at(file, 0);
                findings.report(found.suggesting("Change the file itself; git keeps the former version."));
            }
        }
    }
}

/// Tells whether versions beside each other are what the folder is for.
fn is_meant(file: &str) -> bool {
    let is_step = path::parent(file)
        .split('/')
        .any(|part| matches!(part, "migrations" | "versions" | "migrate" | "changelogs"));
    is_step || path::is_fixture(file) || path::is_foreign(file) || path::is_docs(file)
}

/// The names of which `name` may be a copy.
fn originals(name: &str) -> Vec<String> {
    let mut originals: Vec<String> = APPENDED
        .iter()
        .filter_map(|ending| name.strip_suffix(ending))
        .map(str::to_owned)
        .collect();
    let (stem, extension) = name
        .split_once('.')
        .filter(|(stem, _)| !stem.is_empty())
        .unwrap_or((name, ""));
    let with_extension = |stem: &str| {
        if extension.is_empty() {
            stem.to_owned()
        } else {
            format!("{stem}.{extension}")
        }
    };
    if let Some(stem) = stem.strip_prefix("Copy of ") {
        originals.push(with_extension(stem));
    }
    let numbered = stem.strip_suffix(')').and_then(|stem| stem.rsplit_once(" ("));
    if let Some((before, _)) = numbered.filter(|(_, number)| number.bytes().all(|byte| byte.is_ascii_digit())) {
        originals.push(with_extension(before));
    }
    let marked = stem
        .rsplit_once(['-', '_', ' '])
        .filter(|(before, _)| !before.is_empty());
    if let Some((before, _)) = marked.filter(|(_, mark)| SUFFIXES.contains(&mark.to_ascii_lowercase().as_str())) {
        originals.push(with_extension(before));
    }
    if let Some(before) = stem
        .strip_suffix("V2")
        .or_else(|| stem.strip_suffix("New"))
        .filter(|before| before.len() >= 3)
    {
        originals.push(with_extension(before));
    }
    originals.retain(|original| original != name && !original.is_empty() && !original.starts_with('.'));
    originals
}

/// A file with a first version by name (`api_v1.py`) belongs to a series, in which the next one is expected.
fn is_series(original: &str, names: &BTreeSet<String>) -> bool {
    let (stem, extension) = original.split_once('.').unwrap_or((original, ""));
    let dotted = if extension.is_empty() {
        String::new()
    } else {
        format!(".{extension}")
    };
    ["-v1", "_v1", "V1", "-1", "_1"]
        .iter()
        .any(|mark| names.contains(&format!("{stem}{mark}{dotted}")))
}

fn names_in(evidence: &dyn Evidence, folder: &str) -> Result<BTreeSet<String>, Refusal> {
    let listed = entries(evidence, Side::Head, folder).filter(|entry| {
        entry
            .as_ref()
            .map_or(true, |entry| matches!(entry.kind, Kind::File | Kind::Executable))
    });
    listed.map(|entry| entry.map(|entry| entry.name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_names_its_original() {
        for (name, original) in [
            ("parser_v2.py", "parser.py"),
            ("parser-new.ts", "parser.ts"),
            ("main copy.rs", "main.rs"),
            ("main.rs.bak", "main.rs"),
            ("main.rs~", "main.rs"),
            ("Copy of a.go", "a.go"),
            ("a (1).go", "a.go"),
            ("ParserV2.java", "Parser.java"),
            ("api_old.test.ts", "api.test.ts"),
            ("Makefile.old", "Makefile"),
        ] {
            assert!(originals(name).contains(&original.to_owned()), "{name}");
        }
    }

    #[test]
    fn ordinary_names_have_none() {
        for name in [
            "renew.py",
            "v2.py",
            "threshold.rs",
            "new.ts",
            "_new.py",
            "http2.go",
            ".orig",
            "utf-8.txt",
            "Renew.java",
        ] {
            assert!(originals(name).is_empty(), "{name}: {:?}", originals(name));
        }
    }
}

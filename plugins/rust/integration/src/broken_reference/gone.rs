//! The files that a change takes away, and what to search for to find their names.

use std::collections::BTreeSet;

use assize_judge::evidence::{Kind, Status};
use assize_judge::language::Language;
use assize_judge::patch::Patch;
use assize_judge::{Changes, Evidence, path};

/// How much one search takes, by the contract, and how many searches there are.
const LITERALS_MAX: usize = 64;
const LITERAL_BYTES: std::ops::RangeInclusive<usize> = 3..=256;
const SEARCHES_MAX: usize = 2;

/// Names that many folders have; they are searched for together with their folder.
const ORDINARY: [&str; 18] = [
    "index",
    "mod",
    "main",
    "lib",
    "util",
    "utils",
    "helpers",
    "common",
    "types",
    "config",
    "test",
    "tests",
    "setup",
    "README",
    "package",
    "Makefile",
    "CMakeLists",
    "Cargo",
];

/// The files that are gone.
pub(super) struct Gone {
    paths: BTreeSet<String>,
    literals: Vec<String>,
    is_cut: bool,
}

impl Gone {
    /// Collects what is deleted or renamed. What the change tells git to ignore will be made anew by a program.
    pub(super) fn of(changes: &Changes, evidence: &dyn Evidence) -> Self {
        let ignored = newly_ignored(changes, evidence);
        let new_names: BTreeSet<&str> = changes
            .all
            .iter()
            .filter(|change| matches!(change.status, Status::Added | Status::Renamed))
            .map(|change| path::name(&change.path))
            .collect();
        let mut gone = Self {
            paths: BTreeSet::new(),
            literals: Vec::new(),
            is_cut: false,
        };
        let mut literals = BTreeSet::new();
        for change in &changes.all {
            let old = match change.status {
                Status::Deleted => &change.path,
                Status::Renamed => change.old_path.as_ref().unwrap_or(&change.path),
                Status::Added | Status::Modified => continue,
            };
            let is_file = change
                .base
                .as_ref()
                .is_some_and(|base| matches!(base.kind, Kind::File | Kind::Executable));
            let name = path::name(old);
            // A header that only moved is found by the compiler's search path; one with a template is made from it.
            let is_elsewhere = matches!(Language::of(old), Some(Language::C | Language::Cpp))
                && new_names.contains(name)
                || new_names.contains(format!("{name}.in").as_str());
            let is_other = path::is_foreign(old) || path::is_fixture(old) || path::is_lock(old);
            if !is_file || is_other || is_elsewhere || ignored.contains(name) {
                continue;
            }
            let wanted = literals_of(old);
            let is_full = literals.len().saturating_add(wanted.len()) > LITERALS_MAX.saturating_mul(SEARCHES_MAX);
            if is_full || wanted.is_empty() {
                gone.is_cut = gone.is_cut || is_full;
                continue;
            }
            literals.extend(wanted);
            gone.paths.insert(old.clone());
        }
        gone.literals = literals.into_iter().collect();
        gone
    }

    /// What to search for, search by search.
    pub(super) fn literals(&self) -> impl Iterator<Item = &[String]> {
        self.literals.chunks(LITERALS_MAX)
    }

    /// Tells whether a path is one of a file that is gone.
    pub(super) fn contains(&self, file: &str) -> bool {
        self.paths.contains(file)
    }

    /// The one file that is gone whose path ends with `tail`, from a folder's beginning on.
    pub(super) fn ending_with(&self, tail: &str) -> Option<&str> {
        let ends = |file: &&String| {
            let before = file.strip_suffix(tail);
            before.is_some_and(|before| before.is_empty() || before.ends_with('/'))
        };
        let mut ending = self.paths.iter().filter(ends);
        ending.next().filter(|_| ending.next().is_none()).map(String::as_str)
    }

    /// How many files are looked for.
    pub(super) fn len(&self) -> u64 {
        self.paths.len() as u64
    }

    /// The first of them.
    pub(super) fn first(&self) -> &str {
        self.paths.first().map_or("", String::as_str)
    }

    /// Tells whether there are more than are looked for.
    pub(super) fn is_cut(&self) -> bool {
        self.is_cut
    }
}

/// The names that added lines of `.gitignore` files have.
fn newly_ignored(changes: &Changes, evidence: &dyn Evidence) -> BTreeSet<String> {
    let files = changes
        .all
        .iter()
        .filter(|change| path::name(&change.path) == ".gitignore");
    let patches = files.filter_map(|change| Patch::read(evidence, change).ok());
    let mut names = BTreeSet::new();
    for patch in patches {
        names.extend(
            patch
                .added
                .iter()
                .map(|line| path::name(line.text.trim().trim_end_matches('/')).to_owned()),
        );
    }
    names
}

/// What a line has in it that names the file, in its own language and as a path.
fn literals_of(file: &str) -> Vec<String> {
    let (name, stem, folder) = (path::name(file), path::stem(file), path::name(path::parent(file)));
    let is_ordinary = ORDINARY.contains(&stem) || stem == "__init__";
    let mut literals = Vec::new();
    match Language::of(file) {
        Some(Language::Rust) => literals.push(format!("mod {};", if stem == "mod" { folder } else { stem })),
        Some(Language::Python) if stem != "__init__" => {
            literals.push(format!(".{stem}"));
            literals.push(format!("import {stem}"));
        }
        Some(Language::JavaScript | Language::TypeScript) => {
            // `./calc.test.ts` is imported by its name; an index by its folder.
            literals.push(format!("/{}", if stem == "index" { folder } else { stem }));
        }
        _ => {}
    }
    if is_ordinary {
        if !folder.is_empty() {
            literals.push(format!("{folder}/{name}"));
        }
    } else {
        literals.push(name.to_owned());
    }
    literals.retain(|literal| LITERAL_BYTES.contains(&literal.len()));
    literals
}

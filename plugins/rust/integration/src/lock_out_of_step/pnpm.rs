//! pnpm: `pnpm-lock.yaml`, read by its indentation.
//!
//! Each package of the workspace is an importer with a copy of its requirements: as `specifier` below each name from version
//! 6 on, as one table `specifiers` before.

use std::collections::BTreeMap;

use super::node::{Edit, against_copy};
use super::{Difference, quoted};

const REMEDY: &str = "Run `pnpm install --lockfile-only` and commit the lock file with this change.";

/// Where requirements stand below an importer.
const KINDS: [&str; 3] = ["dependencies", "devDependencies", "optionalDependencies"];

pub(super) fn differences(
    edits: &[Edit<'_>],
    lock: &str,
    lock_path: &str,
    inside: &str,
    is_steered: bool,
) -> Vec<Difference> {
    let importer = if inside.is_empty() { "." } else { inside };
    match specifiers(lock, importer) {
        Some(copy) => against_copy(edits, &copy, lock_path, REMEDY, !is_steered),
        None if inside.is_empty() => vec![Difference {
            what: format!("{} has no requirements of this package", quoted(lock_path)),
            dependency: String::new(),
            is_certain: false,
            remedy: REMEDY,
        }],
        None => Vec::new(),
    }
}

/// The requirements of an importer by name, where the lock file has the importer.
fn specifiers<'a>(lock: &'a str, importer: &str) -> Option<BTreeMap<&'a str, &'a str>> {
    let mut specifiers = BTreeMap::new();
    let mut is_found = false;
    let mut path: Vec<(usize, &str)> = Vec::new();
    for line in lock.lines() {
        let trimmed = line.trim_start();
        if trimmed.is_empty() || trimmed.starts_with(['#', '-']) {
            continue;
        }
        let indent = line.len().saturating_sub(trimmed.len());
        while path.last().is_some_and(|(other, _)| *other >= indent) {
            path.pop();
        }
        let Some((key, value)) = split(trimmed) else { continue };
        let keys: Vec<&str> = path.iter().map(|(_, key)| *key).collect();
        // A repository with one package leaves out the level of importers.
        let within = match keys.as_slice() {
            ["importers", name, rest @ ..] if *name == importer => Some(rest),
            ["importers", ..] => None,
            rest if importer == "." => Some(rest),
            _ => None,
        };
        match within {
            Some([kind, name]) if KINDS.contains(kind) && key == "specifier" => {
                specifiers.insert(*name, value);
                is_found = true;
            }
            Some(["specifiers"]) => {
                specifiers.insert(key, value);
                is_found = true;
            }
            _ => is_found |= keys.as_slice() == ["importers"] && key == importer,
        }
        // Deeper levels than these hold nothing that is asked for.
        if path.len() < 5 {
            path.push((indent, key));
        }
    }
    is_found.then_some(specifiers)
}

/// A key and its value, both without quotes. A key may hold a colon only between quotes.
fn split(line: &str) -> Option<(&str, &str)> {
    let (key, value) = match line.strip_prefix('\'') {
        Some(rest) => {
            let (key, after) = rest.split_once('\'')?;
            (key, after.trim_start().strip_prefix(':')?)
        }
        None => line
            .split_once(": ")
            .or_else(|| line.strip_suffix(':').map(|key| (key, "")))?,
    };
    Some((key, value.trim().trim_matches(['\'', '"'])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read() {
        let new = "lockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    dependencies:\n      '@a/b':\n        specifier: ^1.0.0\n        version: 1.2.0\n    devDependencies:\n      c:\n        specifier: 'npm:d@2'\n        version: 2.0.0\n\n  web:\n    dependencies:\n      e:\n        specifier: '3'\n        version: 3.0.0\n\npackages:\n\n  '@a/b@1.2.0':\n    resolution: {integrity: x}\n";
        assert_eq!(
            specifiers(new, "."),
            Some(BTreeMap::from([("@a/b", "^1.0.0"), ("c", "npm:d@2")]))
        );
        assert_eq!(specifiers(new, "web"), Some(BTreeMap::from([("e", "3")])));
        assert_eq!(specifiers(new, "api"), None);
        let old = "lockfileVersion: 5.4\n\nspecifiers:\n  a: ^1.0.0\n\ndependencies:\n  a: 1.2.0\n";
        assert_eq!(specifiers(old, "."), Some(BTreeMap::from([("a", "^1.0.0")])));
    }
}

//! Go: `go.mod` and `go.sum`.
//!
//! `go build` refuses a module whose `go.mod` has no hash in `go.sum`. Hashes of modules that are gone may stay.

use std::collections::{BTreeMap, BTreeSet};

use assize_judge::{Side, path};

use super::{Blind, Difference, Manifest, quoted};

const REMEDY: &str = "Run `go mod tidy` and commit `go.sum` with this change.";

/// What a `go.mod` asks for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Module {
    /// Required modules and versions.
    required: BTreeSet<(String, String)>,
    /// What stands in for a module: another module and version, or nothing for a folder.
    replaced: BTreeMap<String, Option<(String, String)>>,
}

pub(super) fn differences(manifest: &Manifest<'_>) -> Result<Vec<Difference>, Blind> {
    let (before, after) = (parse(&manifest.base()?), parse(&manifest.head()?));
    let sums_path = path::join(manifest.folder, "go.sum");
    let sums = manifest.text(Side::Head, &sums_path)?.ok_or(Blind::Nothing)?;
    let known: BTreeSet<(&str, &str)> = sums
        .lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            let (module, version) = (words.next()?, words.next()?);
            Some((module, version.strip_suffix("/go.mod").unwrap_or(version)))
        })
        .collect();
    // A workspace keeps hashes of its own.
    let is_certain = manifest.nearest(&["go.work"]).is_none();
    let mut differences = Vec::new();
    for wanted in after.required.difference(&before.required) {
        let Some((module, version)) = after.resolve(wanted) else {
            continue;
        };
        if !known.contains(&(module, version)) {
            let what = format!("`{module}` {version} is required, but not in {}", quoted(&sums_path));
            differences.push(Difference {
                what,
                dependency: wanted.0.clone(),
                is_certain,
                remedy: REMEDY,
            });
        }
    }
    Ok(differences)
}

impl Module {
    /// The module that is fetched for a required one; none where a folder stands in.
    fn resolve<'a>(&'a self, (module, version): &'a (String, String)) -> Option<(&'a str, &'a str)> {
        match self.replaced.get(module) {
            Some(Some((other, version))) => Some((other, version)),
            Some(None) => None,
            None => Some((module, version)),
        }
    }
}

/// Reads the directives `require` and `replace`, alone or in brackets.
fn parse(text: &str) -> Module {
    let mut module = Module::default();
    let mut block = "";
    for line in text.lines() {
        let line = line.split("//").next().unwrap_or_default().trim();
        let mut words: Vec<&str> = line.split_whitespace().collect();
        if words.as_slice() == [")"] {
            block = "";
            continue;
        }
        let directive = if block.is_empty() && !words.is_empty() {
            words.remove(0)
        } else {
            block
        };
        if words.as_slice() == ["("] {
            block = directive;
            continue;
        }
        match (directive, words.as_slice()) {
            ("require", [name, version]) => {
                module.required.insert((unquoted(name), unquoted(version)));
            }
            ("replace", [name, .., "=>", _folder]) => {
                module.replaced.insert(unquoted(name), None);
            }
            ("replace", [name, .., "=>", other, version]) => {
                module
                    .replaced
                    .insert(unquoted(name), Some((unquoted(other), unquoted(version))));
            }
            _ => {}
        }
    }
    module
}

fn unquoted(word: &str) -> String {
    word.trim_matches(['"', '`']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_are_read_alone_and_in_brackets() {
        let text = "module m\nrequire a/b v1.0.0 // indirect\nrequire (\n\tc/d v2.0.0\n)\nreplace a/b => ../b\nreplace (\n  c/d v2.0.0 => e/f v3.0.0\n)\n";
        let module = parse(text);
        assert_eq!(module.required.len(), 2);
        let of = |name: &str, version: &str| (name.to_owned(), version.to_owned());
        assert_eq!(module.resolve(&of("a/b", "v1.0.0")), None);
        assert_eq!(module.resolve(&of("c/d", "v2.0.0")), Some(("e/f", "v3.0.0")));
    }
}

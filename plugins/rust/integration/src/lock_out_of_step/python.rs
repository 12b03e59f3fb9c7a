//! Python: `pyproject.toml` with `poetry.lock`, `uv.lock` or `pdm.lock`; `Pipfile` with `Pipfile.lock`.
//!
//! Poetry, PDM and Pipenv keep a digest of what the manifest asks for, uv a copy: any change of it without a change of the
//! lock file is one that they refuse.

use std::collections::BTreeSet;

use assize_judge::{Side, path};
use toml::{Table, Value};

use super::{Blind, Difference, Manifest, quoted};

/// Where a `pyproject.toml` says what it asks for.
const TABLES: [&[&str]; 13] = [
    &["project", "dependencies"],
    &["project", "optional-dependencies"],
    &["project", "requires-python"],
    &["dependency-groups"],
    &["tool", "poetry", "dependencies"],
    &["tool", "poetry", "dev-dependencies"],
    &["tool", "poetry", "group"],
    &["tool", "poetry", "extras"],
    &["tool", "pdm", "dev-dependencies"],
    &["tool", "uv", "dev-dependencies"],
    &["tool", "uv", "sources"],
    &["tool", "uv", "constraint-dependencies"],
    &["tool", "uv", "override-dependencies"],
];

/// A lock file and what brings it in step.
const LOCKS: [(&str, &str); 3] = [
    ("uv.lock", "Run `uv lock` and commit `uv.lock` with this change."),
    (
        "poetry.lock",
        "Run `poetry lock` and commit `poetry.lock` with this change.",
    ),
    ("pdm.lock", "Run `pdm lock` and commit `pdm.lock` with this change."),
];

pub(super) fn differences_of_project(manifest: &Manifest<'_>) -> Result<Vec<Difference>, Blind> {
    let (before, after) = both(manifest)?;
    let asked = |table: &Table| -> Vec<String> { TABLES.iter().map(|keys| sorted(at(table, keys))).collect() };
    if asked(&before) == asked(&after) {
        return Ok(Vec::new());
    }
    let names_before = names(&before);
    let new: Vec<String> = names(&after)
        .into_iter()
        .filter(|name| !names_before.contains(name))
        .collect();
    let mut differences = Vec::new();
    for (name, remedy) in LOCKS {
        // Whether a manifest belongs to the workspace of a lock file further up cannot be told from here.
        let beside = Some(path::join(manifest.folder, name))
            .filter(|file| assize_judge::file::exists(manifest.evidence, Side::Head, file));
        let Some(lock_path) = beside else { continue };
        let lock = manifest.text(Side::Head, &lock_path)?.unwrap_or_default();
        differences.extend(compare(manifest, &new, &lock, &lock_path, remedy));
    }
    Ok(differences)
}

pub(super) fn differences_of_pipfile(manifest: &Manifest<'_>) -> Result<Vec<Difference>, Blind> {
    let (mut before, mut after) = both(manifest)?;
    for table in [&mut before, &mut after] {
        table.remove("scripts");
    }
    if before == after {
        return Ok(Vec::new());
    }
    let lock_path = path::join(manifest.folder, "Pipfile.lock");
    let lock = manifest.text(Side::Head, &lock_path)?.ok_or(Blind::Nothing)?;
    Ok(compare(
        manifest,
        &[],
        &lock,
        &lock_path,
        "Run `pipenv lock` and commit `Pipfile.lock` with this change.",
    ))
}

fn both(manifest: &Manifest<'_>) -> Result<(Table, Table), Blind> {
    let parse = |text: String| text.parse::<Table>().map_err(|_| Blind::Nothing);
    Ok((parse(manifest.base()?)?, parse(manifest.head()?)?))
}

/// A lock file that stayed is out of step; in one that changed, new names must stand.
fn compare(
    manifest: &Manifest<'_>,
    new: &[String],
    lock: &str,
    lock_path: &str,
    remedy: &'static str,
) -> Vec<Difference> {
    if !manifest.touches(lock_path) {
        let what = format!("What the manifest asks for changed, but {} did not", quoted(lock_path));
        return vec![Difference {
            what,
            dependency: new.first().cloned().unwrap_or_default(),
            is_certain: true,
            remedy,
        }];
    }
    let locked: BTreeSet<String> = locked_names(lock);
    let missing = new
        .iter()
        .filter(|name| !locked.contains(*name))
        .map(|name| Difference {
            what: format!("`{name}` is required, but not in {}", quoted(lock_path)),
            dependency: name.clone(),
            is_certain: true,
            remedy,
        });
    missing.collect()
}

/// The names of a lock file's packages, normalised. The line form is the same in all three.
fn locked_names(lock: &str) -> BTreeSet<String> {
    let names = lock
        .lines()
        .filter_map(|line| line.strip_prefix("name = \""))
        .filter_map(|rest| rest.split('"').next());
    names.map(normalised).collect()
}

fn at<'a>(table: &'a Table, keys: &[&str]) -> Option<&'a Value> {
    let (first, rest) = keys.split_first()?;
    rest.iter().try_fold(table.get(*first)?, |value, key| value.get(*key))
}

/// A value as text in which the order of a list does not count.
fn sorted(value: Option<&Value>) -> String {
    match value {
        Some(Value::Array(items)) => {
            let mut items: Vec<String> = items.iter().map(|item| format!("{item:?}")).collect();
            items.sort();
            items.join("\n")
        }
        Some(value) => format!("{value:?}"),
        None => String::new(),
    }
}

/// The names that a manifest asks for without markers or extras, normalised; those of other places than an index are left
/// out.
fn names(table: &Table) -> BTreeSet<String> {
    let listed = at(table, &["project", "dependencies"])
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let groups = at(table, &["dependency-groups"])
        .and_then(Value::as_table)
        .into_iter()
        .flat_map(|groups| groups.values());
    let grouped = groups.filter_map(Value::as_array).flatten();
    let written = listed
        .chain(grouped)
        .filter_map(Value::as_str)
        .filter(|text| !text.contains(" @ "))
        .map(leading_name);
    let keyed = at(table, &["tool", "poetry", "dependencies"])
        .and_then(Value::as_table)
        .into_iter()
        .flatten();
    let plain = keyed
        .filter(|(name, value)| *name != "python" && value.as_str().is_some())
        .map(|(name, _)| normalised(name));
    let own = at(table, &["project", "name"]).and_then(Value::as_str).map(normalised);
    written
        .chain(plain)
        .filter(|name| !name.is_empty() && Some(name) != own.as_ref())
        .collect()
}

/// The name at the start of a requirement (PEP 508), normalised.
fn leading_name(requirement: &str) -> String {
    let end = requirement.find(|letter: char| !(letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.')));
    normalised(requirement.get(..end.unwrap_or(requirement.len())).unwrap_or_default())
}

/// A name as PEP 503 compares it.
fn normalised(name: &str) -> String {
    let parts = name.split(['-', '_', '.']).filter(|part| !part.is_empty());
    parts.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-")
}

//! Python: `pyproject.toml`, requirements files, and the lock files of Poetry, uv and PDM.

use toml::{Table, Value};

use crate::dependency::{Declared, Locked, Source, is_fixed};

/// What a `pyproject.toml` asks for.
pub(crate) fn of_project(text: &str) -> Option<Vec<Declared>> {
    let manifest: Table = text.parse().ok()?;
    let at = |keys: &[&str]| -> Option<&Value> {
        let (first, rest) = keys.split_first()?;
        rest.iter()
            .try_fold(manifest.get(*first)?, |value, key| value.get(*key))
    };
    let list = |value: Option<&Value>, is_dev: bool, declared: &mut Vec<Declared>| {
        let items = value.and_then(Value::as_array).into_iter().flatten();
        declared.extend(
            items
                .filter_map(Value::as_str)
                .filter_map(|written| one(written, is_dev)),
        );
    };
    let mut declared = Vec::new();
    list(at(&["project", "dependencies"]), false, &mut declared);
    list(at(&["build-system", "requires"]), true, &mut declared);
    for (groups, is_dev) in [
        (at(&["project", "optional-dependencies"]), false),
        (at(&["dependency-groups"]), true),
    ] {
        for (_, group) in groups.and_then(Value::as_table).into_iter().flatten() {
            list(Some(group), is_dev, &mut declared);
        }
    }
    let mut tables = vec![
        (at(&["tool", "poetry", "dependencies"]), false),
        (at(&["tool", "poetry", "dev-dependencies"]), true),
    ];
    let groups = at(&["tool", "poetry", "group"])
        .and_then(Value::as_table)
        .into_iter()
        .flatten();
    tables.extend(groups.map(|(_, group)| (group.get("dependencies"), true)));
    for (table, is_dev) in tables {
        let wanted = table.and_then(Value::as_table).into_iter().flatten();
        declared.extend(
            wanted
                .filter(|(name, _)| *name != "python")
                .map(|(name, value)| of_poetry(name, value, is_dev)),
        );
    }
    Some(declared)
}

/// What a requirements file asks for. Options and files that it includes are passed over.
pub(crate) fn of_requirements(text: &str) -> Vec<Declared> {
    let joined = text.replace("\\\r\n", " ").replace("\\\n", " ");
    joined
        .lines()
        .filter_map(|line| {
            let line = line.split(" #").next().unwrap_or_default().trim();
            let line = line.split(" --").next().unwrap_or_default().trim();
            let (line, is_folder) = line
                .strip_prefix("-e ")
                .map_or((line, false), |rest| (rest.trim(), true));
            if line.is_empty() || line.starts_with(['#', '-', '$', '{']) {
                return None;
            }
            if line.starts_with(['.', '/']) || (is_folder && !line.contains("://")) {
                return Some(Declared {
                    name: line.trim_end_matches('/').rsplit('/').next().unwrap_or(line).to_owned(),
                    requirement: String::new(),
                    is_exact: false,
                    source: Source::Folder(line.to_owned()),
                    is_dev: false,
                });
            }
            one(line, false)
        })
        .collect()
}

/// Reads one requirement: `name[extra] >= 1, < 2 ; marker` or `name @ address`.
fn one(written: &str, is_dev: bool) -> Option<Declared> {
    let written = written.split(';').next().unwrap_or_default().trim();
    let (written, address) = match written.split_once('@') {
        Some((name, address)) if !name.contains("://") && address.contains("://") => {
            (name.trim(), Some(address.trim()))
        }
        _ if written.contains("://") => ("", Some(written)),
        _ => (written, None),
    };
    let is_sign = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '-' | '_' | '.');
    let end = written.find(|sign: char| !is_sign(sign)).unwrap_or(written.len());
    let (name, rest) = written.split_at_checked(end)?;
    let requirement = match rest.trim_start().strip_prefix('[') {
        Some(rest) => rest.split_once(']').map_or("", |(_, rest)| rest),
        None => rest,
    };
    let requirement = requirement.trim().trim_matches(['(', ')']).trim();
    let name = match address {
        Some(address) if name.is_empty() => {
            let place = address.split(['#', '?']).next().unwrap_or_default();
            let last = place.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
            last.split('@').next().unwrap_or_default().trim_end_matches(".git")
        }
        _ => name,
    };
    if name.is_empty() {
        return None;
    }
    Some(Declared {
        name: normal(name),
        requirement: requirement.to_owned(),
        is_exact: requirement.starts_with("==") && !requirement.contains([',', '*']),
        source: address.map_or(Source::Registry(None), of_address),
        is_dev,
    })
}

fn of_poetry(name: &str, value: &Value, is_dev: bool) -> Declared {
    let text = |key: &str| value.get(key).and_then(Value::as_str);
    let requirement = value.as_str().or_else(|| text("version")).unwrap_or_default().trim();
    let source = if let Some(place) = text("git") {
        Source::Git {
            place: place.to_owned(),
            is_pinned: text("rev").or_else(|| text("tag")).is_some(),
        }
    } else if let Some(address) = text("url") {
        Source::Address(address.to_owned())
    } else if let Some(folder) = text("path") {
        Source::Folder(folder.to_owned())
    } else {
        Source::Registry(text("source").map(ToOwned::to_owned))
    };
    Declared {
        name: normal(name),
        requirement: requirement.to_owned(),
        is_exact: requirement
            .strip_prefix("==")
            .unwrap_or(requirement)
            .starts_with(|sign: char| sign.is_ascii_digit())
            && !requirement.contains([',', '*']),
        source,
        is_dev,
    }
}

/// `git+https://host/name.git@reference`, or a file on the net.
fn of_address(address: &str) -> Source {
    match address.strip_prefix("git+") {
        Some(place) => {
            let place = place.split('#').next().unwrap_or_default();
            let (folder, last) = place.rsplit_once('/').unwrap_or(("", place));
            let (last, reference) = last.split_once('@').unwrap_or((last, ""));
            Source::Git {
                place: format!("{folder}/{last}"),
                is_pinned: is_fixed(reference),
            }
        }
        None if address.starts_with("file:") => Source::Folder(address.to_owned()),
        None => Source::Address(address.to_owned()),
    }
}

/// What a lock file holds: the three tools agree on the table `package`.
pub(crate) fn locked(text: &str) -> Option<Locked> {
    let lock: Table = text.parse().ok()?;
    let mut locked = Locked::default();
    for package in lock.get("package").and_then(Value::as_array)? {
        let text = |key: &str| package.get(key).and_then(Value::as_str);
        let Some(name) = text("name") else { continue };
        let source = package.get("source");
        let of = |key: &str| {
            source
                .and_then(|source| source.get(key))
                .and_then(Value::as_str)
                .or_else(|| text(key))
        };
        let source = match of("type") {
            Some("git") => Some(("git", of("url").unwrap_or_default())),
            Some("url") => Some(("url", of("url").unwrap_or_default())),
            Some("directory" | "file") => Some(("path", of("url").unwrap_or_default())),
            _ => ["git", "url", "path", "editable", "virtual", "directory"]
                .into_iter()
                .find_map(|key| Some((key, of(key)?))),
        };
        let source = match source {
            Some(("git", place)) => Source::Git {
                place: place.split(['?', '#']).next().unwrap_or_default().to_owned(),
                is_pinned: true,
            },
            Some(("url", address)) => Source::Address(address.to_owned()),
            Some((_, folder)) => Source::Folder(folder.to_owned()),
            None => Source::Registry(of("registry").map(ToOwned::to_owned)),
        };
        locked.add(&normal(name), text("version").unwrap_or_default(), source);
    }
    Some(locked)
}

/// The one spelling of a name: small letters, and one hyphen for each run of `-`, `_` and `.`.
fn normal(name: &str) -> String {
    let words = name.split(['-', '_', '.']).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-")
}

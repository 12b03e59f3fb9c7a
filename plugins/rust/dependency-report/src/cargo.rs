//! `Cargo.toml` and `Cargo.lock`.

use toml::{Table, Value};

use crate::dependency::{Declared, Locked, Source};

/// The tables that name dependencies, and whether they are only for work on the project.
const KINDS: [(&str, bool); 5] = [
    ("dependencies", false),
    ("dev-dependencies", true),
    ("build-dependencies", true),
    ("dev_dependencies", true),
    ("build_dependencies", true),
];

/// What a manifest asks for; what it takes from its workspace's table is looked up in `shared`.
pub(crate) fn declared(text: &str, shared: Option<&str>) -> Option<Vec<Declared>> {
    let manifest: Table = text.parse().ok()?;
    let shared = shared.and_then(|text| text.parse::<Table>().ok());
    let shared = shared.as_ref().or(Some(&manifest)).and_then(shared_table);
    let platforms = manifest.get("target").and_then(Value::as_table).into_iter().flatten();
    let tables = std::iter::once(&manifest).chain(platforms.filter_map(|(_, platform)| platform.as_table()));
    let mut declared = Vec::new();
    for table in tables {
        for (kind, is_dev) in KINDS {
            let wanted = table.get(kind).and_then(Value::as_table).into_iter().flatten();
            for (name, value) in wanted {
                let is_shared = value.get("workspace").and_then(Value::as_bool) == Some(true);
                let value = if is_shared {
                    shared.and_then(|shared| shared.get(name)).unwrap_or(value)
                } else {
                    value
                };
                declared.push(one(name, value, is_dev));
            }
        }
    }
    Some(declared)
}

/// Whether a manifest is that of a workspace.
pub(crate) fn is_workspace(text: &str) -> bool {
    text.parse::<Table>()
        .is_ok_and(|manifest| manifest.contains_key("workspace"))
}

fn shared_table(manifest: &Table) -> Option<&Table> {
    manifest.get("workspace")?.get("dependencies")?.as_table()
}

fn one(name: &str, value: &Value, is_dev: bool) -> Declared {
    let text = |key: &str| value.get(key).and_then(Value::as_str);
    let requirement = value.as_str().or_else(|| text("version")).unwrap_or_default().trim();
    let source = if let Some(place) = text("git") {
        Source::Git {
            place: place.to_owned(),
            is_pinned: text("rev").or_else(|| text("tag")).is_some(),
        }
    } else if let Some(folder) = text("path") {
        Source::Folder(folder.to_owned())
    } else {
        Source::Registry(text("registry").map(ToOwned::to_owned))
    };
    Declared {
        name: text("package").unwrap_or(name).to_owned(),
        requirement: requirement.to_owned(),
        is_exact: requirement.starts_with('=') && !requirement.contains(','),
        source,
        is_dev,
    }
}

/// What a lock file holds. Packages of the workspace itself have no source.
pub(crate) fn locked(text: &str) -> Option<Locked> {
    let lock: Table = text.parse().ok()?;
    let mut locked = Locked::default();
    for package in lock.get("package").and_then(Value::as_array)? {
        let text = |key: &str| package.get(key).and_then(Value::as_str);
        let (Some(name), Some(version)) = (text("name"), text("version")) else {
            continue;
        };
        let source = match text("source").and_then(|source| source.split_once('+')) {
            Some(("git", place)) => Source::Git {
                place: place.split(['?', '#']).next().unwrap_or_default().to_owned(),
                is_pinned: place.contains('#'),
            },
            Some((_, address)) => Source::Registry(Some(address.to_owned())),
            None => Source::Folder(".".to_owned()),
        };
        locked.add(name, version, source);
    }
    Some(locked)
}

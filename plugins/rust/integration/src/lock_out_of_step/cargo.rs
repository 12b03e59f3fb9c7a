//! Cargo: `Cargo.toml` and `Cargo.lock`.
//!
//! The lock file lists every package of the workspace with the names of all its dependencies, of every kind and platform,
//! optional ones too. `cargo --locked` refuses where the names differ or a locked version does not fit the requirement.

use std::collections::{BTreeMap, BTreeSet};

use semver::{Version, VersionReq};
use toml::{Table, Value};

use super::{Blind, Difference, Manifest, quoted};
use assize_judge::path;

const REMEDY: &str = "Run `cargo update --workspace` and commit `Cargo.lock` with this change.";

/// The tables that name dependencies.
const KINDS: [&str; 5] = [
    "dependencies",
    "dev-dependencies",
    "build-dependencies",
    "dev_dependencies",
    "build_dependencies",
];

/// What a manifest says of one dependency.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wanted {
    /// The version requirement, where there is one and the registry serves it.
    requirement: Option<String>,
}

/// A package of the lock file.
struct Locked<'a> {
    version: &'a str,
    is_local: bool,
    dependencies: BTreeSet<&'a str>,
}

pub(super) fn differences(manifest: &Manifest<'_>) -> Result<Vec<Difference>, Blind> {
    let (Some(before), Some(after)) = (parsed(&manifest.base()?), parsed(&manifest.head()?)) else {
        return Err(Blind::Nothing);
    };
    let lock_path = manifest.nearest(&["Cargo.lock"]).ok_or(Blind::Nothing)?;
    let shared_before = workspace_table(manifest, &lock_path, &before)?;
    let shared = workspace_table(manifest, &lock_path, &after)?;
    let (wanted_before, wanted) = (wanted(&before, &shared_before), wanted(&after, &shared));
    let changed_shared = shared_requirements(&before, &after);
    if wanted_before == wanted && changed_shared.is_empty() {
        return Ok(Vec::new());
    }
    let lock = manifest
        .text(assize_judge::Side::Head, &lock_path)?
        .as_deref()
        .and_then(parsed)
        .ok_or(Blind::Nothing)?;
    let locked = packages(&lock);
    let mut differences = Vec::new();
    if let Some(name) = after
        .get("package")
        .and_then(|package| package.get("name"))
        .and_then(Value::as_str)
    {
        let own = locked
            .get(name)
            .and_then(|versions| versions.iter().find(|locked| locked.is_local));
        match own {
            Some(own) => compare_names(name, &wanted_before, &wanted, own, &lock_path, &mut differences),
            // A package that the lock file does not have may be outside of its workspace.
            None if manifest.folder_from(&lock_path).is_empty() => {
                differences.push(difference(
                    name,
                    format!("The package `{name}` is not in {}", quoted(&lock_path)),
                    true,
                ));
            }
            None => return Ok(Vec::new()),
        }
    }
    let changed = wanted
        .iter()
        .filter(|(name, now)| wanted_before.get(*name) != Some(now));
    let requirements = changed.filter_map(|(name, wanted)| Some((name.as_str(), wanted.requirement.as_deref()?)));
    let all = requirements.chain(changed_shared.iter().map(|(name, now)| (name.as_str(), now.as_str())));
    for (name, requirement) in all {
        if locked
            .get(name)
            .is_some_and(|versions| none_fits(requirement, versions))
        {
            let what = format!(
                "No version of `{name}` in {} fits the requirement of the manifest",
                quoted(&lock_path)
            );
            differences.push(difference(name, what, true));
        }
    }
    Ok(differences)
}

fn difference(dependency: &str, what: String, is_certain: bool) -> Difference {
    Difference {
        what,
        dependency: dependency.to_owned(),
        is_certain,
        remedy: REMEDY,
    }
}

fn parsed(text: &str) -> Option<Table> {
    text.parse().ok()
}

/// Names that the change adds or takes away and the lock file does not.
fn compare_names(
    package: &str,
    before: &BTreeMap<String, Wanted>,
    after: &BTreeMap<String, Wanted>,
    own: &Locked<'_>,
    lock_path: &str,
    differences: &mut Vec<Difference>,
) {
    for name in after
        .keys()
        .filter(|name| *name != package && !own.dependencies.contains(name.as_str()))
    {
        let what = format!(
            "`{name}` is a dependency of `{package}`, but not in {}",
            quoted(lock_path)
        );
        differences.push(difference(name, what, true));
    }
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    for name in gone.filter(|name| own.dependencies.contains(name.as_str())) {
        let what = format!(
            "`{name}` is no dependency of `{package}` any more, but still in {}",
            quoted(lock_path)
        );
        differences.push(difference(name, what, true));
    }
}

/// The dependencies that members inherit: from the workspace's own manifest, beside the lock file.
fn workspace_table(manifest: &Manifest<'_>, lock_path: &str, own: &Table) -> Result<Table, Blind> {
    let root = path::join(path::parent(lock_path), "Cargo.toml");
    let of = |table: &Table| {
        table
            .get("workspace")
            .and_then(|workspace| workspace.get("dependencies"))
            .and_then(Value::as_table)
            .cloned()
    };
    if root == manifest.change.path {
        return Ok(of(own).unwrap_or_default());
    }
    let text = manifest.text(assize_judge::Side::Head, &root)?;
    Ok(text
        .as_deref()
        .and_then(parsed)
        .as_ref()
        .and_then(of)
        .unwrap_or_default())
}

/// Every dependency of a package by the name it is published under.
fn wanted(manifest: &Table, shared: &Table) -> BTreeMap<String, Wanted> {
    let platforms = manifest.get("target").and_then(Value::as_table);
    let tables = std::iter::once(manifest).chain(
        platforms
            .into_iter()
            .flat_map(|table| table.values().filter_map(Value::as_table)),
    );
    let mut wanted = BTreeMap::new();
    for table in tables {
        let kinds = KINDS
            .iter()
            .filter_map(|kind| table.get(*kind).and_then(Value::as_table));
        for (name, value) in kinds.flatten() {
            let is_inherited = value.get("workspace").and_then(Value::as_bool) == Some(true);
            let value = if is_inherited {
                shared.get(name).unwrap_or(value)
            } else {
                value
            };
            let (real, of_value) = described(name, value);
            wanted.insert(real, of_value);
        }
    }
    wanted
}

fn described(name: &str, value: &Value) -> (String, Wanted) {
    let real = value.get("package").and_then(Value::as_str).unwrap_or(name);
    let is_elsewhere = ["path", "git", "registry"].iter().any(|key| value.get(key).is_some());
    let requirement = value
        .as_str()
        .or_else(|| value.get("version").and_then(Value::as_str))
        .filter(|_| !is_elsewhere);
    (
        real.to_owned(),
        Wanted {
            requirement: requirement.map(str::to_owned),
        },
    )
}

/// Requirements of the workspace's table that changed and stay. New ones may have no user yet.
fn shared_requirements(before: &Table, after: &Table) -> BTreeMap<String, String> {
    let of = |table: &Table| -> BTreeMap<String, Wanted> {
        let shared = table
            .get("workspace")
            .and_then(|workspace| workspace.get("dependencies"))
            .and_then(Value::as_table);
        shared
            .into_iter()
            .flatten()
            .map(|(name, value)| described(name, value))
            .collect()
    };
    let (before, after) = (of(before), of(after));
    let changed = after
        .into_iter()
        .filter(|(name, wanted)| before.get(name).is_some_and(|before| before != wanted));
    changed
        .filter_map(|(name, wanted)| Some((name, wanted.requirement?)))
        .collect()
}

/// The packages of a lock file by name.
fn packages(lock: &Table) -> BTreeMap<&str, Vec<Locked<'_>>> {
    let mut packages: BTreeMap<&str, Vec<Locked<'_>>> = BTreeMap::new();
    for package in lock.get("package").and_then(Value::as_array).into_iter().flatten() {
        let text = |key: &str| package.get(key).and_then(Value::as_str);
        let (Some(name), Some(version)) = (text("name"), text("version")) else {
            continue;
        };
        let listed = package
            .get("dependencies")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        let dependencies = listed
            .filter_map(Value::as_str)
            .filter_map(|entry| entry.split(' ').next())
            .collect();
        packages.entry(name).or_default().push(Locked {
            version,
            is_local: text("source").is_none(),
            dependencies,
        });
    }
    packages
}

fn none_fits(requirement: &str, versions: &[Locked<'_>]) -> bool {
    let Ok(requirement) = VersionReq::parse(requirement) else {
        return false;
    };
    let served = versions.iter().filter(|locked| !locked.is_local);
    let parsed: Vec<Version> = served
        .filter_map(|locked| Version::parse(locked.version).ok())
        .collect();
    !parsed.is_empty() && !parsed.iter().any(|version| requirement.matches(version))
}

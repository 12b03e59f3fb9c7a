//! npm: `package.json` and `package-lock.json`; and which of the other package managers' lock files to compare with.
//!
//! From version 2 on, npm's lock file repeats each package's requirements word for word; `npm ci` refuses where they differ.

use std::collections::{BTreeMap, BTreeSet};

use assize_judge::{Side, path};
use serde::Deserialize;

use super::{Blind, Difference, Manifest, pnpm, quoted, yarn};

const REMEDY: &str = "Run `npm install --package-lock-only` and commit the lock file with this change.";
const REMEDY_OF_BUN: &str = "Run `bun install` and commit the lock file with this change.";

/// The lock files that a `package.json` may have.
const LOCKS: [&str; 6] = [
    "package-lock.json",
    "npm-shrinkwrap.json",
    "pnpm-lock.yaml",
    "yarn.lock",
    "bun.lock",
    "bun.lockb",
];

/// Requirements by name.
pub(super) type Requirements = BTreeMap<String, String>;

/// A `package.json`, as far as it asks for packages.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Package {
    dependencies: Option<Requirements>,
    dev_dependencies: Option<Requirements>,
    optional_dependencies: Option<Requirements>,
    /// Whether the package is the root of a workspace.
    workspaces: Option<serde::de::IgnoredAny>,
    /// Whether versions are forced.
    resolutions: Option<serde::de::IgnoredAny>,
    overrides: Option<serde::de::IgnoredAny>,
    pnpm: Option<serde::de::IgnoredAny>,
}

/// A change in what a package asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Edit<'a> {
    /// It asks for this now, new or in another version.
    Wants { name: &'a str, requirement: &'a str },
    /// It does not ask for this any more.
    Drops { name: &'a str },
}

/// npm's lock file.
#[derive(Debug, Deserialize)]
struct Lock {
    packages: Option<BTreeMap<String, Package>>,
    dependencies: Option<BTreeMap<String, serde::de::IgnoredAny>>,
}

impl Package {
    /// Every requirement; an optional one takes the place of another of the same name, as npm has it.
    fn all(&self) -> BTreeMap<&str, &str> {
        let kinds = [&self.dev_dependencies, &self.dependencies, &self.optional_dependencies];
        let pairs = kinds.into_iter().flatten().flatten();
        pairs
            .map(|(name, requirement)| (name.as_str(), requirement.as_str()))
            .collect()
    }

    /// Tells whether something else than the requirements decides which versions are locked.
    pub(super) fn is_steered(&self) -> bool {
        self.workspaces.is_some() || self.resolutions.is_some() || self.overrides.is_some() || self.pnpm.is_some()
    }
}

pub(super) fn differences(manifest: &Manifest<'_>) -> Result<Vec<Difference>, Blind> {
    let parse = |text: &str| -> Option<Package> { serde_json::from_str(text).ok() };
    let after = parse(&manifest.head()?).ok_or(Blind::Nothing)?;
    let before = parse(&manifest.base()?).unwrap_or_default();
    let edits = edits(&before, &after);
    if edits.is_empty() {
        return Ok(Vec::new());
    }
    let lock_path = manifest.nearest(&LOCKS).ok_or(Blind::Nothing)?;
    let lock = manifest.text(Side::Head, &lock_path)?.ok_or(Blind::Nothing)?;
    let root = manifest.text(Side::Head, &path::join(path::parent(&lock_path), "package.json"))?;
    let is_steered = after.is_steered() || root.as_deref().and_then(parse).is_some_and(|root| root.is_steered());
    let inside = manifest.folder_from(&lock_path);
    match path::name(&lock_path) {
        "pnpm-lock.yaml" => Ok(pnpm::differences(&edits, &lock, &lock_path, inside, is_steered)),
        "yarn.lock" => Ok(yarn::differences(&edits, &lock, &lock_path, is_steered)),
        "bun.lock" | "bun.lockb" => Ok(untouched(manifest, &edits, &lock_path)),
        _ => of_npm(&edits, &lock, &lock_path, inside),
    }
}

/// What changed between two manifests, requirements on other places (`file:`, `workspace:` …) aside.
fn edits<'a>(before: &'a Package, after: &'a Package) -> Vec<Edit<'a>> {
    let (was, now) = (before.all(), after.all());
    let is_elsewhere = |requirement: &str| {
        requirement.contains(':') && !requirement.starts_with("npm:") && !requirement.starts_with("catalog:")
    };
    let wanted = now
        .iter()
        .filter(|(name, requirement)| was.get(*name) != Some(*requirement) && !is_elsewhere(requirement));
    let mut edits: Vec<Edit<'a>> = wanted
        .map(|(name, requirement)| Edit::Wants { name, requirement })
        .collect();
    let dropped: BTreeSet<&str> = was.keys().filter(|name| !now.contains_key(*name)).copied().collect();
    edits.extend(dropped.into_iter().map(|name| Edit::Drops { name }));
    edits
}

fn of_npm(edits: &[Edit<'_>], lock: &str, lock_path: &str, inside: &str) -> Result<Vec<Difference>, Blind> {
    let lock: Lock = serde_json::from_str(lock).map_err(|_| Blind::Nothing)?;
    if let Some(copy) = lock.packages.as_ref().and_then(|packages| packages.get(inside)) {
        return Ok(against_copy(edits, &copy.all(), lock_path, REMEDY, true));
    }
    if lock.packages.is_some() || !inside.is_empty() {
        // A folder that the lock file does not know is no part of its workspace.
        return Ok(Vec::new());
    }
    // Version 1 has no copy of the requirements; a name that is missing is all that can be told.
    let known = lock.dependencies.unwrap_or_default();
    let missing = edits.iter().filter_map(|edit| match edit {
        Edit::Wants { name, .. } if !known.contains_key(*name) => Some(missing(name, lock_path, REMEDY, true)),
        _ => None,
    });
    Ok(missing.collect())
}

/// Compares edits with a lock file's own copy of the requirements.
pub(super) fn against_copy(
    edits: &[Edit<'_>],
    copy: &BTreeMap<&str, &str>,
    lock_path: &str,
    remedy: &'static str,
    is_certain: bool,
) -> Vec<Difference> {
    let differences = edits.iter().filter_map(|edit| match *edit {
        Edit::Wants { name, requirement } => match copy.get(name) {
            Some(locked) if *locked == requirement => None,
            Some(_) => Some(Difference {
                what: format!(
                    "{} holds `{name}` for another requirement than the manifest's",
                    quoted(lock_path)
                ),
                dependency: name.to_owned(),
                is_certain,
                remedy,
            }),
            None => Some(missing(name, lock_path, remedy, is_certain)),
        },
        Edit::Drops { name } => copy.contains_key(name).then(|| Difference {
            what: format!(
                "`{name}` is gone from the manifest, but still required in {}",
                quoted(lock_path)
            ),
            dependency: name.to_owned(),
            is_certain,
            remedy,
        }),
    });
    differences.collect()
}

/// A requirement that the lock file does not have.
pub(super) fn missing(name: &str, lock_path: &str, remedy: &'static str, is_certain: bool) -> Difference {
    Difference {
        what: format!("`{name}` is required, but not in {}", quoted(lock_path)),
        dependency: name.to_owned(),
        is_certain,
        remedy,
    }
}

/// A lock file that is not read: all that can be told is that it stayed as it was.
fn untouched(manifest: &Manifest<'_>, edits: &[Edit<'_>], lock_path: &str) -> Vec<Difference> {
    let Some(Edit::Wants { name, .. } | Edit::Drops { name }) = edits.first().filter(|_| !manifest.touches(lock_path))
    else {
        return Vec::new();
    };
    let what = format!("The dependencies changed, but {} did not", quoted(lock_path));
    vec![Difference {
        what,
        dependency: (*name).to_owned(),
        is_certain: false,
        remedy: REMEDY_OF_BUN,
    }]
}

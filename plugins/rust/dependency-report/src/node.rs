//! `package.json` and `package-lock.json`.

use serde_json::{Map, Value};

use crate::dependency::{Declared, Locked, Source, is_fixed};

/// The tables that name dependencies, and whether they are only for work on the project. Peers say what a package stands, not
/// what is fetched.
const KINDS: [(&str, bool); 3] = [
    ("dependencies", false),
    ("optionalDependencies", false),
    ("devDependencies", true),
];
/// How many packages may lie in each other in a lock file of the first form.
const DEPTH_MAX: usize = 64;

/// What a manifest asks for.
pub(crate) fn declared(text: &str) -> Option<Vec<Declared>> {
    let manifest: Value = serde_json::from_str(text).ok()?;
    let mut declared = Vec::new();
    for (kind, is_dev) in KINDS {
        let wanted = manifest.get(kind).and_then(Value::as_object).into_iter().flatten();
        for (name, requirement) in wanted {
            declared.push(one(name, requirement.as_str().unwrap_or_default().trim(), is_dev));
        }
    }
    Some(declared)
}

fn one(name: &str, requirement: &str, is_dev: bool) -> Declared {
    let (name, requirement) = match requirement.strip_prefix("npm:") {
        Some(other) => match other.rsplit_once('@').filter(|(name, _)| !name.is_empty()) {
            Some((name, requirement)) => (name, requirement),
            None => (other, ""),
        },
        None => (name, requirement),
    };
    let is_exact = requirement.strip_prefix('=').unwrap_or(requirement);
    let is_exact = is_exact.starts_with(|sign: char| sign.is_ascii_digit())
        && is_exact
            .split(['-', '+'])
            .next()
            .is_some_and(|release| release.split('.').count() == 3)
        && !is_exact.contains([' ', '|', 'x', 'X', '*']);
    Declared {
        name: name.to_owned(),
        requirement: requirement.to_owned(),
        is_exact,
        source: source(requirement),
        is_dev,
    }
}

fn source(requirement: &str) -> Source {
    let (place, reference) = requirement.split_once('#').unwrap_or((requirement, ""));
    let hosts = ["git+", "git:", "git@", "github:", "gitlab:", "bitbucket:"];
    if hosts.iter().any(|start| requirement.starts_with(start)) || place.ends_with(".git") || is_short(place) {
        return Source::Git {
            place: place.to_owned(),
            is_pinned: is_fixed(reference),
        };
    }
    if requirement.starts_with("http://") || requirement.starts_with("https://") {
        return Source::Address(requirement.to_owned());
    }
    let folder = ["file:", "link:", "workspace:", "portal:"]
        .iter()
        .find_map(|start| requirement.strip_prefix(start));
    match folder {
        Some(folder) => Source::Folder(folder.to_owned()),
        None if requirement.starts_with(['.', '/', '~']) && requirement.contains('/') => {
            Source::Folder(requirement.to_owned())
        }
        None => Source::Registry(None),
    }
}

/// `user/repository`, which means a well-known host of git repositories.
fn is_short(place: &str) -> bool {
    let is_word = |part: &str| {
        part.starts_with(|sign: char| sign.is_ascii_alphanumeric())
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
    };
    place.split('/').count() == 2 && place.split('/').all(is_word)
}

/// What a lock file holds, of any of its three forms.
pub(crate) fn locked(text: &str) -> Option<Locked> {
    let lock: Value = serde_json::from_str(text).ok()?;
    let mut locked = Locked::default();
    if let Some(packages) = lock.get("packages").and_then(Value::as_object) {
        for (place, package) in packages {
            let Some((_, last)) = place.rsplit_once("node_modules/") else {
                continue;
            };
            add(
                &mut locked,
                package.get("name").and_then(Value::as_str).unwrap_or(last),
                package,
            );
        }
        return Some(locked);
    }
    add_nested(&mut locked, lock.get("dependencies")?.as_object()?, DEPTH_MAX);
    Some(locked)
}

fn add_nested(locked: &mut Locked, packages: &Map<String, Value>, depth: usize) {
    for (name, package) in packages {
        add(locked, name, package);
        if let (Some(inner), Some(depth)) = (
            package.get("dependencies").and_then(Value::as_object),
            depth.checked_sub(1),
        ) {
            add_nested(locked, inner, depth);
        }
    }
}

fn add(locked: &mut Locked, name: &str, package: &Value) {
    let text = |key: &str| package.get(key).and_then(Value::as_str);
    let version = text("version").unwrap_or_default();
    let resolved = text("resolved").unwrap_or(version);
    let is_link = package.get("link").and_then(Value::as_bool) == Some(true);
    let source = if is_link {
        Source::Folder(resolved.to_owned())
    } else if let Some((registry, _)) = resolved.split_once("/-/") {
        // The place of a package in a registry: behind the registry's address and the package's name.
        let address = registry.strip_suffix(name).unwrap_or(registry);
        Source::Registry(Some(address.trim_end_matches('/').to_owned()))
    } else if resolved.starts_with(|sign: char| sign.is_ascii_digit()) || resolved.is_empty() {
        Source::Registry(None)
    } else {
        source(resolved)
    };
    locked.add(name, version, source);
}

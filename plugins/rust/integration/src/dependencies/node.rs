//! `package.json`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::{Dependency, Looseness, lines_of_keys, looseness_of_reference};

/// What is read of it. Peers say what a package stands, not what is fetched.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Package {
    name: String,
    workspaces: Option<serde::de::IgnoredAny>,
    dependencies: BTreeMap<String, Value>,
    dev_dependencies: BTreeMap<String, Value>,
    optional_dependencies: BTreeMap<String, Value>,
}

pub(super) fn parse(text: &str) -> Vec<Dependency> {
    let Ok(package) = serde_json::from_str::<Package>(text) else {
        return Vec::new();
    };
    let lines = lines_of_keys(text, |line| line.contains("ependencies\""));
    let kinds = [
        &package.dependencies,
        &package.dev_dependencies,
        &package.optional_dependencies,
    ];
    let requirements = kinds.into_iter().flatten();
    let dependencies = requirements.filter_map(|(name, requirement)| {
        let looseness = looseness(requirement.as_str()?).filter(|looseness| {
            // Packages of one workspace ask for each other in any version.
            *looseness != Looseness::AnyVersion || !(package.workspaces.is_some() || is_related(&package.name, name))
        });
        Some(Dependency {
            name: name.clone(),
            line: lines.get(name.as_str()).copied().unwrap_or(0),
            looseness,
        })
    });
    dependencies.collect()
}

/// Tells whether two packages are of one scope: `@acme/web` and `@acme/store`.
fn is_related(own: &str, other: &str) -> bool {
    let scope = |name: &str| name.split_once('/').map(|(scope, _)| scope.to_owned());
    own.starts_with('@') && scope(own) == scope(other)
}

fn looseness(requirement: &str) -> Option<Looseness> {
    let requirement = requirement.trim();
    match requirement {
        "" | "*" | "x" => return Some(Looseness::AnyVersion),
        "latest" | "next" => return Some(Looseness::Latest),
        _ => {}
    }
    if requirement.starts_with("http://") {
        return Some(Looseness::PlainHttp);
    }
    let is_git = ["git+", "git:", "github:", "gitlab:", "bitbucket:"]
        .iter()
        .any(|prefix| requirement.starts_with(prefix))
        || requirement.ends_with(".git")
        || is_short(requirement);
    let (_, reference) = requirement.split_once('#').unwrap_or((requirement, ""));
    is_git.then(|| looseness_of_reference(Some(reference)))?
}

/// `user/repository`, which means GitHub.
fn is_short(requirement: &str) -> bool {
    let (place, _) = requirement.split_once('#').unwrap_or((requirement, ""));
    let is_word = |part: &str| {
        part.starts_with(|letter: char| letter.is_ascii_alphanumeric())
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
    };
    place.split('/').count() == 2 && place.split('/').all(is_word)
}

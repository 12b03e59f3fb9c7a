//! Images: `Dockerfile` and Compose files.

use std::collections::BTreeSet;

use super::{Dependency, Looseness};

pub(super) fn of_dockerfile(text: &str) -> Vec<Dependency> {
    let mut stages = BTreeSet::new();
    let mut dependencies = Vec::new();
    for (line, written) in (1..).zip(text.lines()) {
        let mut words = written.split_whitespace();
        if !words.next().is_some_and(|word| word.eq_ignore_ascii_case("from")) {
            continue;
        }
        let mut words = words.filter(|word| !word.starts_with("--"));
        let Some(image) = words.next() else { continue };
        let is_stage = image == "scratch" || stages.contains(&image.to_ascii_lowercase());
        if !is_stage {
            dependencies.extend(dependency(image, line));
        }
        if words.next().is_some_and(|word| word.eq_ignore_ascii_case("as")) {
            stages.extend(words.next().map(str::to_ascii_lowercase));
        }
    }
    dependencies
}

/// Images of services that are not built from the repository itself.
pub(super) fn of_compose(text: &str) -> Vec<Dependency> {
    // A service that is built names the image that comes of it.
    let is_built = text.lines().any(|line| line.trim_start().starts_with("build:"));
    let images = (1..).zip(text.lines()).filter_map(|(line, written)| {
        let image = written.trim().strip_prefix("image:")?.split(" #").next()?;
        dependency(image.trim().trim_matches(['"', '\'']), line)
    });
    images
        .map(|image| Dependency {
            looseness: image.looseness.filter(|_| !is_built),
            ..image
        })
        .collect()
}

/// An image by its reference `host:port/name:tag@digest`. One that is put together at build time says nothing.
pub(super) fn dependency(image: &str, line: u32) -> Option<Dependency> {
    if image.is_empty() || image.contains(['$', '{', '<']) {
        return None;
    }
    let (named, digest) = image
        .split_once('@')
        .map_or((image, None), |(named, digest)| (named, Some(digest)));
    let last = named.rsplit('/').next().unwrap_or(named);
    let tag = last.split_once(':').map(|(_, tag)| tag);
    let name = match tag {
        Some(tag) => named.strip_suffix(tag).unwrap_or(named).trim_end_matches(':'),
        None => named,
    };
    let looseness = match (digest, tag) {
        (Some(_), _) => None,
        (None, None | Some("latest")) => Some(Looseness::Latest),
        (None, Some(_)) => None,
    };
    Some(Dependency {
        name: name.to_owned(),
        line,
        looseness,
    })
}

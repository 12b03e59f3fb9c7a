//! `go.mod`. Every required module has a version; only a folder that stands in for one may be anything.

use super::{Dependency, Looseness};

pub(super) fn parse(text: &str, folder: &str) -> Vec<Dependency> {
    let mut dependencies = Vec::new();
    let mut block = "";
    for (line, written) in (1..).zip(text.lines()) {
        let (written, is_indirect) = written.split_once("//").map_or((written, false), |(before, comment)| {
            (before, comment.trim() == "indirect")
        });
        let mut words: Vec<&str> = written.split_whitespace().collect();
        if words.as_slice() == [")"] {
            block = "";
            continue;
        }
        let directive = if block.is_empty() && !words.is_empty() {
            words.remove(0)
        } else {
            block
        };
        let (name, looseness) = match (directive, words.as_slice()) {
            (_, ["("]) => {
                block = directive;
                continue;
            }
            ("require", [name, _version]) if !is_indirect => (*name, None),
            ("replace", [name, .., "=>", place]) if leaves(place, folder) => (*name, Some(Looseness::Outside)),
            _ => continue,
        };
        let name = name.trim_matches(['"', '`']).to_owned();
        dependencies.push(Dependency { name, line, looseness });
    }
    dependencies
}

/// Tells whether a folder, as seen from the manifest's, lies outside of the repository.
fn leaves(place: &str, folder: &str) -> bool {
    let place = place.trim_matches(['"', '`']);
    let depth = folder.split('/').filter(|part| !part.is_empty()).count();
    let climbs = place
        .split('/')
        .take_while(|part| matches!(*part, ".." | "."))
        .filter(|part| *part == "..")
        .count();
    place.starts_with('/') || place.get(1..3) == Some(":\\") || climbs > depth
}

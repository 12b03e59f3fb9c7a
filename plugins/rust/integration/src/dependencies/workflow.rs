//! GitHub workflows and actions: `uses: owner/name@reference`.

use super::{Dependency, Looseness, container};

/// References that are branches by their usual names. Others may be tags, which cannot be told from here.
const BRANCHES: [&str; 9] = [
    "main", "master", "develop", "dev", "trunk", "HEAD", "latest", "next", "default",
];

pub(super) fn parse(text: &str) -> Vec<Dependency> {
    let used = (1..).zip(text.lines()).filter_map(|(line, written)| {
        let written = written.trim_start();
        let written = written.strip_prefix("- ").unwrap_or(written).trim_start();
        let place = written.strip_prefix("uses:")?.split(" #").next()?;
        dependency(place.trim().trim_matches(['"', '\'']), line)
    });
    used.collect()
}

fn dependency(place: &str, line: u32) -> Option<Dependency> {
    if let Some(image) = place.strip_prefix("docker://") {
        return container::dependency(image, line);
    }
    let (name, reference) = place.split_once('@')?;
    Some(Dependency {
        name: name.to_owned(),
        line,
        looseness: BRANCHES.contains(&reference).then_some(Looseness::Branch),
    })
}

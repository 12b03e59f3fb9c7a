//! `Gemfile`. A gem without a version is pinned by the lock file, where there is one.

use super::{Dependency, Looseness};

pub(super) fn parse(text: &str, is_locked: bool) -> Vec<Dependency> {
    let gems = (1..).zip(text.lines()).filter_map(|(line, written)| {
        let rest = written.trim_start().strip_prefix("gem")?;
        let rest = rest.trim_start_matches([' ', '(']);
        let quote = rest.chars().next().filter(|letter| matches!(letter, '"' | '\''))?;
        let (name, options) = rest.get(1..)?.split_once(quote)?;
        Some(Dependency {
            name: name.to_owned(),
            line,
            looseness: looseness(options, is_locked),
        })
    });
    gems.collect()
}

fn looseness(options: &str, is_locked: bool) -> Option<Looseness> {
    let options = options.split(" #").next().unwrap_or_default();
    let has = |key: &str| options.contains(&format!("{key}:")) || options.contains(&format!(":{key} =>"));
    if has("git") || has("github") {
        if options.contains("http://") {
            return Some(Looseness::PlainHttp);
        }
        return (!has("ref") && !has("tag")).then_some(Looseness::Branch);
    }
    // A requirement is a text right after the name.
    let first = options.trim_start_matches([',', ' ']);
    let has_requirement = first.starts_with(['"', '\'', '[']) || has("path");
    (!has_requirement && !is_locked).then_some(Looseness::AnyVersion)
}

//! Python: `requirements.txt` and its kin, and `pyproject.toml`.
//!
//! A library names what it needs without a version on purpose, so a bare name counts only in requirements files, which say
//! what is installed.

use std::collections::BTreeMap;

use toml::{Table, Value};

use super::{Dependency, Looseness, lines_of_keys, looseness_of_reference};

pub(super) fn of_requirements(text: &str) -> Vec<Dependency> {
    let dependencies = (1..).zip(text.lines()).filter_map(|(line, written)| {
        let written = written.split(" #").next().unwrap_or_default().trim();
        let written = written.strip_prefix("-e ").unwrap_or(written).trim();
        let is_other =
            written.is_empty() || written.starts_with(['#', '-', '.', '/', '$', '{']) || written.starts_with("file:");
        let name = name_of(written);
        (!is_other && !name.is_empty()).then(|| {
            let bare = (!written.contains(['=', '<', '>', '~', '!'])).then_some(Looseness::AnyVersion);
            let looseness = if is_url(written) {
                looseness_of_url(written)
            } else {
                bare
            };
            Dependency { name, line, looseness }
        })
    });
    dependencies.collect()
}

pub(super) fn of_project(text: &str) -> Vec<Dependency> {
    let Ok(manifest) = text.parse::<Table>() else {
        return Vec::new();
    };
    let at = |keys: &[&str]| -> Option<&Value> {
        let (first, rest) = keys.split_first()?;
        rest.iter()
            .try_fold(manifest.get(*first)?, |value, key| value.get(*key))
    };
    let lists_of = |value: Option<&'_ Value>| -> Vec<String> {
        let groups = value.and_then(Value::as_table).into_iter().flatten();
        let items = groups.filter_map(|(_, group)| group.as_array()).flatten();
        items.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let own = at(&["project", "dependencies"])
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let mut written: Vec<String> = own.filter_map(Value::as_str).map(str::to_owned).collect();
    written.extend(lists_of(at(&["project", "optional-dependencies"])));
    written.extend(lists_of(at(&["dependency-groups"])));
    let places = lines_of_texts(text);
    let listed = written.iter().map(|written| Dependency {
        name: name_of(written),
        line: places.get(written.as_str()).copied().unwrap_or(0),
        looseness: is_url(written).then(|| looseness_of_url(written)).flatten(),
    });
    let keys = lines_of_keys(text, |line| line.starts_with("[tool.poetry"));
    let groups = at(&["tool", "poetry", "group"])
        .and_then(Value::as_table)
        .into_iter()
        .flatten();
    let tables = [
        at(&["tool", "poetry", "dependencies"]),
        at(&["tool", "poetry", "dev-dependencies"]),
    ]
    .into_iter()
    .flatten()
    .chain(groups.filter_map(|(_, group)| group.get("dependencies")));
    let keyed = tables
        .filter_map(Value::as_table)
        .flatten()
        .filter(|(name, _)| *name != "python");
    let of_poetry = keyed.map(|(name, value)| Dependency {
        name: name.to_ascii_lowercase(),
        line: keys.get(name.as_str()).copied().unwrap_or(0),
        looseness: looseness_of_poetry(value),
    });
    listed.chain(of_poetry).collect()
}

/// Of each text in quotes the line on which it first stands.
fn lines_of_texts(text: &str) -> BTreeMap<&str, u32> {
    let mut lines = BTreeMap::new();
    for (number, line) in (1..).zip(text.lines()) {
        for quote in ['"', '\''] {
            for quoted in line.split(quote).skip(1).step_by(2) {
                lines.entry(quoted).or_insert(number);
            }
        }
    }
    lines
}

fn looseness_of_poetry(value: &Value) -> Option<Looseness> {
    let text = |key: &str| value.get(key).and_then(Value::as_str);
    if text("git").is_some() {
        let is_pinned = text("rev").is_some() || text("tag").is_some();
        return (!is_pinned).then_some(Looseness::Branch);
    }
    let version = value.as_str().or_else(|| text("version"))?;
    (version.trim() == "*").then_some(Looseness::AnyVersion)
}

fn is_url(written: &str) -> bool {
    written.contains("://")
}

/// `git+https://host/name.git@reference` or `name @ https://…`.
fn looseness_of_url(written: &str) -> Option<Looseness> {
    let (_, url) = written.split_once(" @ ").unwrap_or(("", written));
    let url = url.split(['#', ';', ' ']).next().unwrap_or_default();
    if let Some(place) = url.strip_prefix("git+") {
        let (_, tail) = place.rsplit_once('/')?;
        return looseness_of_reference(tail.split_once('@').map(|(_, reference)| reference));
    }
    url.starts_with("http://").then_some(Looseness::PlainHttp)
}

/// The name at the start of a requirement, or the last part of an address.
fn name_of(written: &str) -> String {
    let is_bare_url = is_url(written) && !written.contains(" @ ");
    let place = if is_bare_url {
        let place = written.split(['#', '@']).next().unwrap_or_default();
        place.rsplit('/').next().unwrap_or_default().trim_end_matches(".git")
    } else {
        written
    };
    let end = place.find(|letter: char| !(letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.')));
    place
        .get(..end.unwrap_or(place.len()))
        .unwrap_or_default()
        .to_ascii_lowercase()
}

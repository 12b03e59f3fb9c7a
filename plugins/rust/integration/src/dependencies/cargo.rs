//! `Cargo.toml`.

use toml::{Table, Value};

use super::{Dependency, Looseness, lines_of_keys, looseness_of_reference};

const KINDS: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

pub(super) fn parse(text: &str) -> Vec<Dependency> {
    let Ok(manifest) = text.parse::<Table>() else {
        return Vec::new();
    };
    let platforms = manifest.get("target").and_then(Value::as_table).into_iter().flatten();
    let shared = manifest.get("workspace").and_then(Value::as_table);
    let tables = std::iter::once(&manifest)
        .chain(shared)
        .chain(platforms.filter_map(|(_, platform)| platform.as_table()));
    let lines = lines_of_keys(text, |line| line.starts_with('[') && line.contains("dependencies"));
    let mut dependencies = Vec::new();
    for table in tables {
        let kinds = KINDS.iter().filter_map(|kind| table.get(*kind)?.as_table());
        for (name, value) in kinds.flatten() {
            let published = value.get("package").and_then(Value::as_str);
            dependencies.push(Dependency {
                name: published.unwrap_or(name).to_owned(),
                line: lines.get(name.as_str()).copied().unwrap_or(0),
                looseness: looseness(value),
            });
        }
    }
    dependencies
}

fn looseness(value: &Value) -> Option<Looseness> {
    let text = |key: &str| value.get(key).and_then(Value::as_str);
    if let Some(source) = text("git") {
        return if source.starts_with("http://") {
            Some(Looseness::PlainHttp)
        } else if text("rev").is_some() || text("tag").is_some() {
            None
        } else {
            looseness_of_reference(text("branch")).or(Some(Looseness::Branch))
        };
    }
    let version = value.as_str().or_else(|| text("version"))?;
    (version.trim() == "*" && text("path").is_none()).then_some(Looseness::AnyVersion)
}

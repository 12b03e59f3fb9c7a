//! From TOML to the workflow as written, one function for each section of the file.

use super::tasks::read_task;
use super::{Authored, ParameterText, Text};
use crate::plan::TASKS_MAX;
use crate::plan::value::{Tables, plain};
use crate::written::language::opening;
use crate::written::language::problems::{Problems, quoted};
use crate::written::language::section::{Keys, Section, number};
use std::borrow::Cow;
use toml::Spanned;
use toml::de::DeTable;

/// How many tasks a file may have.
pub(in crate::plan) const FILE_TASKS_MAX: usize = 2_000;

/// How many parameters, keys, inputs of a task, or items of a list there may be.
pub(in crate::plan) const ITEMS_MAX: usize = 256;

/// The longest time in seconds: 30 days.
pub(in crate::plan) const SECONDS_MAX: u64 = 2_592_000;

pub(in crate::plan) const FILE: Keys = Keys {
    known: &[
        "version",
        "summary",
        "mode",
        "branch",
        "concurrency",
        "timeout_seconds",
        "parameters",
        "keys",
        "tasks",
    ],
    later: &["models", "notifications", "personas", "schedule", "triggers"],
};
pub(in crate::plan) const PARAMETER: Keys = Keys {
    known: &["type", "default", "choices", "summary"],
    later: &["secret"],
};

/// Reads the whole file. A file of another version is not read any further.
pub(in crate::plan) fn read(table: &DeTable<'_>, problems: &mut Problems<'_>) -> Option<Authored> {
    let root = Section::root(table, problems.language());
    opening::version(&root, problems)?;
    root.allow_only(&FILE, problems);
    root.require("tasks", "[tasks.build]", problems);
    let most = TASKS_MAX as u64;
    Some(Authored {
        summary: root.text("summary", problems),
        mode: root.text("mode", problems),
        branch: root.text("branch", problems),
        concurrency: root.number("concurrency", 1..=most, problems).map(Spanned::into_inner),
        timeout_seconds: root
            .number("timeout_seconds", 1..=SECONDS_MAX, problems)
            .map(Spanned::into_inner),
        parameters: match root.key_place("parameters") {
            Some(_) => read_named(&root, "parameters", ITEMS_MAX, problems, read_parameter),
            None => Some(Vec::new()),
        },
        keys: read_keys(&root, problems),
        tasks: read_named(&root, "tasks", FILE_TASKS_MAX, problems, read_task),
    })
}

/// Reads a section whose keys are names, such as `[tasks]`, with `read` for each named table. Nothing comes back where the
/// section is missing or any part of it is no table.
fn read_named<T>(
    root: &Section<'_>,
    key: &str,
    max: usize,
    problems: &mut Problems<'_>,
    read: impl Fn(Text, &Section<'_>, &mut Problems<'_>) -> T,
) -> Option<Vec<T>> {
    let section = root.section(key, format!("[{key}]"), problems)?;
    if section.is_too_long(max, problems) {
        return None;
    }
    let entries = section.entries();
    let mut named = Vec::new();
    for (name, value) in &entries {
        let name = owned(name);
        let title = format!("[{key}.{}]", short(name.get_ref()));
        if let Some(entry) = Section::open(title, name.span(), value, problems) {
            named.push(read(name, &entry, problems));
        }
    }
    (named.len() == entries.len()).then_some(named)
}

/// Reads `[parameters.NAME]`.
fn read_parameter(name: Text, section: &Section<'_>, problems: &mut Problems<'_>) -> ParameterText {
    section.allow_only(&PARAMETER, problems);
    section.require("type", "type = \"text\"", problems);
    let what = format!("`default` of {}", section.title);
    let choices_key = section.key_place("choices");
    ParameterText {
        kind: section.text("type", problems),
        summary: section.text("summary", problems),
        default: section.value("default").and_then(|value| {
            let default = plain(&what, value, Tables::Plain, problems)?;
            Some((value.span(), default))
        }),
        choices: choices_key
            .clone()
            .and_then(|_| section.texts("choices", ITEMS_MAX, problems)),
        choices_key,
        name,
    }
}

/// Reads `[keys]`.
fn read_keys(root: &Section<'_>, problems: &mut Problems<'_>) -> Vec<(Text, u64)> {
    let section = root.section("keys", "[keys]".to_owned(), problems);
    let Some(section) = section.filter(|section| !section.is_too_long(ITEMS_MAX, problems)) else {
        return Vec::new();
    };
    let mut keys = Vec::new();
    for (name, value) in section.entries() {
        if let Some(value) = number(name.get_ref(), value, 1..=TASKS_MAX as u64, problems) {
            keys.push((owned(name), value.into_inner()));
        }
    }
    keys
}

/// Copies a key out of the parsed text.
pub(super) fn owned(key: &Spanned<Cow<'_, str>>) -> Text {
    Spanned::new(key.span(), key.get_ref().clone().into_owned())
}

/// Cuts a name for the title of a section.
pub(super) fn short(name: &str) -> String {
    quoted(name).trim_matches('`').to_owned()
}

//! What tools print: suggestions in the shapes of each.

mod diff;
mod eslint;
mod ruff;
mod rustc;
#[cfg(test)]
mod tests;

use serde_json::{Deserializer, Value};

use crate::suggestion::Suggestion;

/// How many suggestions of one output are looked at.
pub(crate) const SUGGESTIONS_MAX: usize = 2_000;

/// How often a text that begins like a list of JSON may turn out to be none.
const FALSE_STARTS_MAX: u32 = 64;

/// A shape of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Any but [`Dialect::Diff`], which tests print, too.
    Auto,
    /// rustc, cargo and clippy, as lines of JSON.
    Rustc,
    /// rustfmt's `--check`.
    Rustfmt,
    /// ruff's JSON, whole or in lines.
    Ruff,
    /// eslint's JSON.
    Eslint,
    /// A unified diff to what the tool would write.
    Diff,
}

impl Dialect {
    /// All of them by their names.
    pub(crate) const NAMES: [(&'static str, Self); 6] = [
        ("auto", Self::Auto),
        ("rustc", Self::Rustc),
        ("rustfmt", Self::Rustfmt),
        ("ruff", Self::Ruff),
        ("eslint", Self::Eslint),
        ("diff", Self::Diff),
    ];

    fn takes(self, shape: Self) -> bool {
        self == shape || (self == Self::Auto && shape != Self::Diff)
    }
}

/// What an output suggests.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Reading {
    /// The suggestions, in the order of the output.
    pub(crate) suggestions: Vec<Suggestion>,
    /// How many more there were.
    pub(crate) omitted: u64,
}

impl Reading {
    fn add(&mut self, suggestion: Suggestion) {
        if self.suggestions.len() < SUGGESTIONS_MAX {
            self.suggestions.push(suggestion);
        } else {
            self.omitted = self.omitted.saturating_add(1);
        }
    }
}

/// Reads what a tool wrote on both streams.
pub(crate) fn read(streams: [&[u8]; 2], dialect: Dialect) -> Reading {
    let mut reading = Reading::default();
    for stream in streams {
        let text = String::from_utf8_lossy(stream);
        if [Dialect::Rustc, Dialect::Ruff, Dialect::Eslint]
            .iter()
            .any(|shape| dialect.takes(*shape))
        {
            json(&text, dialect, &mut reading);
        }
        if dialect.takes(Dialect::Rustfmt) || dialect.takes(Dialect::Diff) {
            diff::read(&text, dialect, &mut reading);
        }
    }
    reading
}

/// Reads the values of JSON that begin a line: objects of one line, and lists of any number of lines.
fn json(text: &str, dialect: Dialect, reading: &mut Reading) {
    let (mut rest, mut false_starts) = (text, 0);
    while !rest.is_empty() {
        let (line, behind) = rest.split_once('\n').unwrap_or((rest, ""));
        let begun = rest.trim_start_matches([' ', '\t']);
        rest = behind;
        if line.trim_start().starts_with('{') {
            if let Ok(value) = serde_json::from_str(line) {
                item(&value, dialect, reading);
            }
        } else if begun.starts_with('[') && false_starts < FALSE_STARTS_MAX {
            let mut values = Deserializer::from_str(begun).into_iter::<Vec<Value>>();
            if let Some(Ok(items)) = values.next() {
                for value in &items {
                    item(value, dialect, reading);
                }
                rest = begun.get(values.byte_offset()..).unwrap_or_default();
            } else {
                false_starts += 1;
            }
        }
    }
}

/// Reads one value, which tells by its members whose it is.
fn item(value: &Value, dialect: Dialect, reading: &mut Reading) {
    let has = |member: &str| value.get(member).is_some();
    if has("spans") || has("reason") {
        if dialect.takes(Dialect::Rustc) {
            rustc::read(value, reading);
        }
    } else if has("filePath") {
        if dialect.takes(Dialect::Eslint) {
            eslint::read(value, reading);
        }
    } else if has("filename") && dialect.takes(Dialect::Ruff) {
        ruff::read(value, reading);
    }
}

/// A member that is text; nothing where it is missing.
fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value.get(member).and_then(Value::as_str).unwrap_or_default()
}

/// The items of a member that is a list; none where it is missing.
fn items<'a>(value: &'a Value, member: &str) -> impl Iterator<Item = &'a Value> {
    value.get(member).and_then(Value::as_array).into_iter().flatten()
}

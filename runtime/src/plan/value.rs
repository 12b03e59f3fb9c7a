//! Plain values: what parameters and inputs are made of, the same in TOML, in JSON and in stored form.

use super::code::Code;
use crate::written::language::problems::{Problems, quoted};
use serde_json::{Map, Value};
use std::ops::Range;
use toml::Spanned;
use toml::de::DeValue;

/// The most levels of lists and tables in a value.
pub const VALUE_DEPTH_MAX: usize = 8;

/// The largest whole number, either way: larger ones do not survive JSON (RFC 7493, section 2.2).
pub const NUMBER_MAX: i64 = 9_007_199_254_740_991;

/// The type of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Type {
    /// A text.
    Text,
    /// A whole number.
    Number,
    /// True or false.
    Boolean,
    /// A list of anything plain.
    List,
}

impl Type {
    /// Every type, in the order of the reference.
    pub const ALL: &[Self] = &[Self::Text, Self::Number, Self::Boolean, Self::List];

    /// The types' names.
    pub const NAMES: [&str; 4] = ["text", "number", "boolean", "list"];

    /// The type's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::List => "list",
        }
    }

    /// The type of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// What a value of the type is, for a sentence.
    #[must_use]
    pub const fn article(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Number => "a whole number",
            Self::Boolean => "true or false",
            Self::List => "a list",
        }
    }

    /// How a value of the type is given on the command line, as an example.
    #[must_use]
    pub const fn example(self) -> &'static str {
        match self {
            Self::Text => "any text",
            Self::Number => "3",
            Self::Boolean => "true",
            Self::List => "[\"one\", \"two\"]",
        }
    }

    /// Tells whether a plain value is of the type.
    #[must_use]
    pub fn takes(self, value: &Value) -> bool {
        match self {
            Self::Text => value.is_string(),
            Self::Number => value.is_i64() || value.is_u64(),
            Self::Boolean => value.is_boolean(),
            Self::List => value.is_array(),
        }
    }

    /// Reads a value of the type as somebody types it: a text as it stands, everything else as JSON.
    #[must_use]
    pub fn read(self, text: &str) -> Option<Value> {
        if self == Self::Text {
            return Some(Value::String(text.to_owned()));
        }
        let value: Value = serde_json::from_str(text.trim()).ok()?;
        (self.takes(&value) && is_plain(&value)).then_some(value)
    }
}

/// Tells whether a value is plain: no null, no fraction, no number beyond [`NUMBER_MAX`], not too deep.
#[must_use]
pub fn is_plain(value: &Value) -> bool {
    is_plain_below(value, 0)
}

fn is_plain_below(value: &Value, depth: usize) -> bool {
    let below = depth.saturating_add(1);
    match value {
        Value::Null => false,
        Value::Bool(_) | Value::String(_) => true,
        Value::Number(number) => number
            .as_i64()
            .is_some_and(|number| (-NUMBER_MAX..=NUMBER_MAX).contains(&number)),
        Value::Array(items) => below <= VALUE_DEPTH_MAX && items.iter().all(|item| is_plain_below(item, below)),
        Value::Object(members) => below <= VALUE_DEPTH_MAX && members.values().all(|item| is_plain_below(item, below)),
    }
}

/// How many bytes a value takes, about.
#[must_use]
pub fn weight(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
        Value::String(text) => text.len().saturating_add(8),
        Value::Array(items) => items.iter().map(weight).fold(8, usize::saturating_add),
        Value::Object(members) => members
            .iter()
            .map(|(name, item)| weight(item).saturating_add(name.len()))
            .fold(8, usize::saturating_add),
    }
}

/// Whether tables may stand in a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tables {
    /// They are plain values.
    Plain,
    /// They could be meant as a source, so they are refused.
    Refused,
}

/// Takes a value of the file as a plain one (W014).
pub(super) fn plain(
    what: &str,
    value: &Spanned<DeValue<'_>>,
    tables: Tables,
    problems: &mut Problems<'_>,
) -> Option<Value> {
    grow(what, value, tables, 0, problems)
}

fn grow(
    what: &str,
    value: &Spanned<DeValue<'_>>,
    tables: Tables,
    depth: usize,
    problems: &mut Problems<'_>,
) -> Option<Value> {
    let below = depth.saturating_add(1);
    match value.get_ref() {
        DeValue::String(text) => Some(Value::String(text.clone().into_owned())),
        DeValue::Boolean(flag) => Some(Value::Bool(*flag)),
        DeValue::Integer(number) => {
            let number = i64::from_str_radix(number.as_str(), number.radix()).ok();
            let number = number.filter(|number| (-NUMBER_MAX..=NUMBER_MAX).contains(number));
            if number.is_none() {
                let hint = "write it as a text: numbers beyond 2^53 - 1 do not survive JSON";
                refuse(what, "a number that is too large", value.span(), hint, problems);
            }
            number.map(Value::from)
        }
        DeValue::Float(_) => {
            let hint = "write it as a text, or as a whole number of a smaller unit";
            refuse(what, "a number with a fraction", value.span(), hint, problems)
        }
        DeValue::Datetime(_) => refuse(what, "a date or time", value.span(), "write it as a text", problems),
        DeValue::Array(_) | DeValue::Table(_) if below > VALUE_DEPTH_MAX => {
            refuse(what, "more than 8 levels", value.span(), "make it flatter", problems)
        }
        DeValue::Array(items) => {
            let grown: Vec<Value> = items
                .iter()
                .filter_map(|item| grow(what, item, tables, below, problems))
                .collect();
            (grown.len() == items.len()).then_some(Value::Array(grown))
        }
        DeValue::Table(_) if tables == Tables::Refused => {
            let hint = "sources stand at the top of an input only; write a table that is a value under `value`";
            refuse(what, "a table in a list", value.span(), hint, problems)
        }
        DeValue::Table(table) => {
            let mut grown = Map::new();
            for (name, item) in table {
                if let Some(item) = grow(what, item, tables, below, problems) {
                    grown.insert(name.get_ref().clone().into_owned(), item);
                }
            }
            (grown.len() == table.len()).then_some(Value::Object(grown))
        }
    }
}

fn refuse(what: &str, held: &str, place: Range<usize>, hint: &str, problems: &mut Problems<'_>) -> Option<Value> {
    problems
        .report(Code::Implausible, format!("{what} holds {held}"))
        .at(place, "")
        .hint(hint);
    None
}

/// Quotes a value in a message.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        other => quoted(&other.to_string()),
    }
}

//! Files that people write for Assize in TOML or YAML: one tree for both, with the line of everything, and bounded. Pure.
//!
//! Of YAML only the plain part is read: one document of mappings, sequences and scalars. Aliases are refused, for a short
//! file could grow without end by them, and so are tags, keys that are no scalars and keys that stand twice.

mod fields;
pub mod language;
mod toml;
mod yaml;

pub use fields::Fields;

use crate::diagnostic::Problem;

/// The largest file that is read, in bytes.
pub const FILE_BYTES_MAX: usize = 256 << 10;
/// The most levels of tables and lists.
pub const DEPTH_MAX: usize = 16;
/// The most values, tables and lists in one file.
pub const NODES_MAX: usize = 20_000;

/// A value with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The line it starts on, counted from 1.
    pub line: u32,
    /// What stands there.
    pub value: Value,
}

/// What stands at a place.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing: YAML's null.
    Nothing,
    /// A text; also a date, a time or a number with a point, as it is written.
    Text(String),
    /// A whole number.
    Number(i64),
    /// True or false.
    Flag(bool),
    /// A list.
    List(Vec<Node>),
    /// A table, in the order of the file.
    Table(Vec<(Key, Node)>),
}

/// The name of a value in a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The name.
    pub name: String,
    /// The line it stands on.
    pub line: u32,
}

/// Why a file is no tree.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Unread {
    line: u32,
    message: String,
}

impl Node {
    /// Whether there is anything: no null, and no empty text, list or table.
    #[must_use]
    pub fn is_filled(&self) -> bool {
        match &self.value {
            Value::Nothing => false,
            Value::Text(text) => !text.trim().is_empty(),
            Value::List(items) => !items.is_empty(),
            Value::Table(entries) => !entries.is_empty(),
            Value::Number(_) | Value::Flag(_) => true,
        }
    }
}

/// Reads a file; the end of its name says what it is written in.
///
/// # Errors
///
/// The one [`Problem`] that keeps the file from being read at all.
pub fn parse(path: &str, bytes: &[u8]) -> Result<Node, Problem> {
    let problem = |line, message: String| Problem {
        path: path.to_owned(),
        line,
        message,
    };
    if bytes.len() > FILE_BYTES_MAX {
        let message = format!("The file has {} bytes; at most {FILE_BYTES_MAX} are read.", bytes.len());
        return Err(problem(0, message));
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Err(problem(0, "The file is not UTF-8.".to_owned()));
    };
    let read = if path.ends_with(".yaml") || path.ends_with(".yml") {
        yaml::parse(text)
    } else {
        toml::parse(text)
    };
    read.map_err(|unread| problem(unread.line, unread.message))
}

#[cfg(test)]
mod tests;

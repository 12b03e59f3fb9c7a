//! Reading a table field by field: what is missing or of the wrong type is noted and reading goes on, so that a person sees
//! all of it at once.

use super::{Key, Node, Value};
use crate::diagnostic::Problem;

/// The most problems that are noted in one file.
const PROBLEMS_MAX: usize = 100;

/// The fields of one table that were not read yet.
#[derive(Debug)]
pub struct Fields<'a> {
    path: &'a str,
    line: u32,
    left: Vec<&'a (Key, Node)>,
    problems: Vec<Problem>,
}

impl<'a> Fields<'a> {
    /// Starts to read a table of the file `path`. Anything else than a table is noted and read as an empty one.
    #[must_use]
    pub fn of(path: &'a str, node: &'a Node) -> Self {
        let mut fields = Self {
            path,
            line: node.line,
            left: Vec::new(),
            problems: Vec::new(),
        };
        match &node.value {
            Value::Table(entries) => fields.left = entries.iter().collect(),
            _ => fields.note(node.line, "Here belong fields with names.".to_owned()),
        }
        fields
    }

    /// Notes that something is wrong.
    pub fn note(&mut self, line: u32, message: String) {
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(Problem {
                path: self.path.to_owned(),
                line,
                message,
            });
        }
    }

    /// The line the table starts on.
    #[must_use]
    pub fn line(&self) -> u32 {
        self.line
    }

    /// Takes a field of any type, under the first of several names that is there.
    pub fn take(&mut self, names: &[&str]) -> Option<&'a Node> {
        let place = self
            .left
            .iter()
            .position(|(key, _)| names.contains(&key.name.as_str()))?;
        Some(&self.left.remove(place).1)
    }

    /// Takes a text; a number is as good.
    pub fn text(&mut self, names: &[&str]) -> Option<(String, u32)> {
        let node = self.take(names)?;
        let text = plain(node);
        if text.is_none() && node.is_filled() {
            self.note(node.line, format!("`{}` is a text.", names.first().unwrap_or(&"it")));
        }
        Some((text.filter(|text| !text.trim().is_empty())?, node.line))
    }

    /// Takes a list of texts; a single text is a list of one.
    pub fn texts(&mut self, names: &[&str]) -> Vec<(String, u32)> {
        let Some(node) = self.take(names) else {
            return Vec::new();
        };
        let items = match &node.value {
            Value::List(items) => items.as_slice(),
            _ => std::slice::from_ref(node),
        };
        let mut texts = Vec::new();
        for item in items {
            match plain(item) {
                Some(text) if !text.trim().is_empty() => texts.push((text, item.line)),
                None if item.is_filled() => {
                    self.note(
                        item.line,
                        format!("`{}` is a list of texts.", names.first().unwrap_or(&"it")),
                    );
                }
                _ => {}
            }
        }
        texts
    }

    /// Takes a list of tables; a single table is a list of one.
    pub fn tables(&mut self, names: &[&str]) -> Vec<&'a Node> {
        let Some(node) = self.take(names) else {
            return Vec::new();
        };
        match &node.value {
            Value::List(items) => items.iter().collect(),
            Value::Nothing => Vec::new(),
            _ => vec![node],
        }
    }

    /// What was not taken, in the order of the file.
    #[must_use]
    pub fn rest(&self) -> &[&'a (Key, Node)] {
        &self.left
    }

    /// Adds what another table of the file noted.
    pub fn absorb(&mut self, other: Fields<'_>) {
        for Problem { line, message, .. } in other.problems {
            self.note(line, message);
        }
    }

    /// Everything noted, from the top of the file to its end.
    #[must_use]
    pub fn into_problems(mut self) -> Vec<Problem> {
        self.problems.sort_by_key(|problem| problem.line);
        self.problems
    }
}

/// A scalar as a text.
fn plain(node: &Node) -> Option<String> {
    match &node.value {
        Value::Text(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::Flag(flag) => Some(flag.to_string()),
        Value::Nothing | Value::List(_) | Value::Table(_) => None,
    }
}

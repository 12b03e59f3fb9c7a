//! TOML into the tree.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{DEPTH_MAX, Key, NODES_MAX, Node, Unread, Value};

pub(super) fn parse(text: &str) -> Result<Node, Unread> {
    let lines = Lines::of(text);
    let table = DeTable::parse(text).map_err(|error| Unread {
        line: error.span().map_or(0, |span| lines.line(&span)),
        message: sentence(error.message()),
    })?;
    let mut growth = Growth { lines, nodes: 0 };
    let value = growth.table(table.get_ref(), 1)?;
    Ok(Node { line: 1, value })
}

/// The parser's words as a sentence.
fn sentence(words: &str) -> String {
    let line = words.lines().next().unwrap_or("it cannot be read");
    format!("This is no TOML: {line}.")
}

/// Where each line starts, in bytes.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        let starts = text
            .bytes()
            .enumerate()
            .filter(|(_, byte)| *byte == b'\n')
            .map(|(place, _)| place.saturating_add(1));
        Self(std::iter::once(0).chain(starts).collect())
    }

    fn line(&self, span: &Range<usize>) -> u32 {
        u32::try_from(self.0.partition_point(|start| *start <= span.start)).unwrap_or(u32::MAX)
    }
}

struct Growth {
    lines: Lines,
    nodes: usize,
}

impl Growth {
    fn table(&mut self, table: &DeTable<'_>, depth: usize) -> Result<Value, Unread> {
        let mut entries = Vec::new();
        for (key, value) in table {
            let key_line = self.lines.line(&key.span());
            let key = Key {
                name: key.get_ref().clone().into_owned(),
                line: key_line,
            };
            entries.push((key, self.node(value, depth)?));
        }
        // The parser sorts keys; people read files from the top.
        entries.sort_by_key(|(key, _)| key.line);
        Ok(Value::Table(entries))
    }

    fn node(&mut self, value: &Spanned<DeValue<'_>>, depth: usize) -> Result<Node, Unread> {
        let line = self.lines.line(&value.span());
        self.nodes = self.nodes.saturating_add(1);
        if depth > DEPTH_MAX || self.nodes > NODES_MAX {
            return Err(Unread {
                line,
                message: format!("The file has more than {DEPTH_MAX} levels or {NODES_MAX} values."),
            });
        }
        let below = depth.saturating_add(1);
        let value = match value.get_ref() {
            DeValue::String(text) => Value::Text(text.clone().into_owned()),
            DeValue::Boolean(flag) => Value::Flag(*flag),
            DeValue::Datetime(time) => Value::Text(time.to_string()),
            DeValue::Float(number) => Value::Text(number.to_string()),
            DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
                Ok(number) => Value::Number(number),
                Err(_) => Value::Text(number.to_string()),
            },
            DeValue::Array(items) => {
                let items = items.iter().map(|item| self.node(item, below));
                Value::List(items.collect::<Result<_, _>>()?)
            }
            DeValue::Table(table) => self.table(table, below)?,
        };
        Ok(Node { line, value })
    }
}

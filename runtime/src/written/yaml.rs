//! The plain part of YAML 1.2 into the tree.

use std::panic::{AssertUnwindSafe, catch_unwind};

use saphyr_parser::{Event, Parser, ScalarStyle};

use super::{DEPTH_MAX, Key, NODES_MAX, Node, Unread, Value};

pub(super) fn parse(text: &str) -> Result<Node, Unread> {
    // The parser reads hostile bytes: a bug in it must cost a sentence, not the review.
    catch_unwind(AssertUnwindSafe(|| grow(text))).unwrap_or_else(|_| {
        Err(Unread {
            line: 0,
            message: "This YAML cannot be read.".to_owned(),
        })
    })
}

/// A list or table that is not closed yet.
enum Open {
    List(u32, Vec<Node>),
    /// With the key whose value comes next.
    Table(u32, Vec<(Key, Node)>, Option<Key>),
}

fn grow(text: &str) -> Result<Node, Unread> {
    let mut growth = Growth {
        open: Vec::new(),
        root: None,
        events: 0,
    };
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| Unread {
            line: line(error.marker().line()),
            message: format!("This is no YAML: {}.", error.info()),
        })?;
        let line = line(span.start.line());
        growth.take(event, line).map_err(|message| Unread { line, message })?;
    }
    Ok(growth.root.unwrap_or(Node {
        line: 1,
        value: Value::Nothing,
    }))
}

/// The tree so far.
struct Growth {
    open: Vec<Open>,
    root: Option<Node>,
    events: usize,
}

impl Growth {
    /// Takes the next event; the error is a sentence on why the file is not read.
    fn take(&mut self, event: Event<'_>, line: u32) -> Result<(), String> {
        self.events = self.events.saturating_add(1);
        if self.events > NODES_MAX.saturating_mul(2) || self.open.len() > DEPTH_MAX {
            return Err(format!(
                "The file has more than {DEPTH_MAX} levels or {NODES_MAX} values."
            ));
        }
        match event {
            Event::Alias(_) => Err("Aliases (`*name`) are not read here; write the value itself.".to_owned()),
            Event::Scalar(_, _, _, Some(_)) | Event::SequenceStart(_, Some(_)) | Event::MappingStart(_, Some(_)) => {
                Err("Tags (`!name`) are not read here; write the plain value.".to_owned())
            }
            Event::DocumentStart(_) if self.root.is_some() => {
                Err("Only one document is read; write the second one into a file of its own.".to_owned())
            }
            Event::SequenceStart(..) | Event::MappingStart(..) if self.awaits_key() => {
                Err("A key is a plain text.".to_owned())
            }
            Event::SequenceStart(..) => {
                self.open.push(Open::List(line, Vec::new()));
                Ok(())
            }
            Event::MappingStart(..) => {
                self.open.push(Open::Table(line, Vec::new(), None));
                Ok(())
            }
            Event::Scalar(text, style, ..) => self.scalar(&text, style, line),
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => {
                Ok(())
            }
        }
    }

    fn awaits_key(&self) -> bool {
        matches!(self.open.last(), Some(Open::Table(_, _, None)))
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, line: u32) -> Result<(), String> {
        if let Some(Open::Table(_, entries, waiting @ None)) = self.open.last_mut() {
            if entries.iter().any(|(key, _)| key.name == text) {
                return Err(format!("The key `{}` stands twice.", cut(text)));
            }
            let name = text.to_owned();
            *waiting = Some(Key { name, line });
            return Ok(());
        }
        self.put(Node {
            line,
            value: scalar(text, style),
        })
    }

    fn close(&mut self) -> Result<(), String> {
        let (line, value) = match self.open.pop() {
            Some(Open::List(line, items)) => (line, Value::List(items)),
            Some(Open::Table(line, entries, _)) => (line, Value::Table(entries)),
            None => return Ok(()),
        };
        self.put(Node { line, value })
    }

    /// Puts a finished value where it belongs.
    fn put(&mut self, node: Node) -> Result<(), String> {
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open::List(_, items)) => items.push(node),
            Some(Open::Table(_, entries, key)) => match key.take() {
                Some(key) => entries.push((key, node)),
                None => return Err("A key is a plain text.".to_owned()),
            },
        }
        Ok(())
    }
}

/// The core schema of YAML 1.2, section 10.3.2, without numbers that are not whole.
fn scalar(text: &str, style: ScalarStyle) -> Value {
    if style != ScalarStyle::Plain {
        return Value::Text(text.to_owned());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Nothing,
        "true" | "True" | "TRUE" => Value::Flag(true),
        "false" | "False" | "FALSE" => Value::Flag(false),
        other => other
            .parse()
            .map_or_else(|_| Value::Text(other.to_owned()), Value::Number),
    }
}

fn cut(name: &str) -> &str {
    name.get(..name.floor_char_boundary(64)).unwrap_or_default()
}

fn line(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

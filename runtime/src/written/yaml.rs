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
    let mut open: Vec<Open> = Vec::new();
    let (mut root, mut nodes) = (None, 0_usize);
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| Unread {
            line: line(error.marker().line()),
            message: format!("This is no YAML: {}.", error.info()),
        })?;
        let line = line(span.start.line());
        let refuse = |message: &str| {
            Err(Unread {
                line,
                message: message.to_owned(),
            })
        };
        nodes = nodes.saturating_add(1);
        if nodes > NODES_MAX.saturating_mul(2) || open.len() > DEPTH_MAX {
            return refuse(&format!(
                "The file has more than {DEPTH_MAX} levels or {NODES_MAX} values."
            ));
        }
        let done = match event {
            Event::Alias(_) => return refuse("Aliases (`*name`) are not read here; write the value itself."),
            Event::Scalar(_, _, _, Some(_)) | Event::SequenceStart(_, Some(_)) | Event::MappingStart(_, Some(_)) => {
                return refuse("Tags (`!name`) are not read here; write the plain value.");
            }
            Event::DocumentStart(_) if root.is_some() => {
                return refuse("Only one document is read; write the second one into a file of its own.");
            }
            Event::SequenceStart(..) => {
                open.push(Open::List(line, Vec::new()));
                continue;
            }
            Event::MappingStart(..) => {
                if matches!(open.last(), Some(Open::Table(_, _, None))) {
                    return refuse("A key is a plain text.");
                }
                open.push(Open::Table(line, Vec::new(), None));
                continue;
            }
            Event::Scalar(text, style, ..) => {
                if let Some(Open::Table(_, entries, waiting @ None)) = open.last_mut() {
                    let name = text.into_owned();
                    if entries.iter().any(|(key, _)| key.name == name) {
                        return refuse(&format!("The key `{}` stands twice.", cut(&name)));
                    }
                    *waiting = Some(Key { name, line });
                    continue;
                }
                Node {
                    line,
                    value: scalar(&text, style),
                }
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(Open::List(line, items)) => Node {
                    line,
                    value: Value::List(items),
                },
                Some(Open::Table(line, entries, _)) => Node {
                    line,
                    value: Value::Table(entries),
                },
                None => continue,
            },
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => {
                continue;
            }
        };
        match open.last_mut() {
            None => root = Some(done),
            Some(Open::List(_, items)) => items.push(done),
            Some(Open::Table(_, entries, key)) => match key.take() {
                Some(key) => entries.push((key, done)),
                None => return refuse("A key is a plain text."),
            },
        }
    }
    Ok(root.unwrap_or(Node {
        line: 1,
        value: Value::Nothing,
    }))
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

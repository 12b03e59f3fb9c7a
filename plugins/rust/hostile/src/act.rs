//! One step: a verb and its arguments.
//!
//! | verb | arguments |
//! |---|---|
//! | `list` `read` `write` `remove` `rename` `search` `diff` | those of `workspace`, in its order |
//! | `get` `set` `keys` | those of `state`, `keys` being its `list` |
//! | `store` `fetch` | those of `artifacts`, `fetch` being its `get` |
//! | `run` | the words of a command, the folder it starts in, seconds |
//! | `send` | a method, an address, headers as `name: value`, a body, seconds |
//! | `log` | a message |
//! | `repeat` | a number (null: for ever) and a step; the answer is counted |
//! | `until-refused` | a number and a step; ends with the first refusal |
//! | `spin` `grow` `recurse` `trap` | nothing; `grow` may have a number of MiB |
//! | `output` `summary` | a text that replaces the report's |
//! | `fault` | a message |

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::answer::{self, bytes, list, of, output};
use crate::argument::Arguments;
use crate::brute;
use hostile_bindings::generated::assize::plugin::workspace::{Existing, Kind, Status};
use hostile_bindings::generated::assize::plugin::{artifacts, http, log, process, state, workspace};

/// How many different answers of a repeated step are told.
const KINDS_MAX: usize = 8;

/// What was done so far.
#[derive(Default)]
pub(crate) struct Done {
    /// The answers.
    pub(crate) answers: Vec<Value>,
    /// What to say instead of them.
    pub(crate) output: Option<String>,
    /// What the outcome says besides.
    pub(crate) summary: String,
}

/// Takes one step, for the time after `turn` times.
pub(crate) fn act(step: &Value, turn: u64, done: &mut Done) -> Result<Value, String> {
    let step = step.as_array().map(Vec::as_slice).unwrap_or_default();
    let Some((verb, rest)) = step.split_first() else {
        return Err("a step is a list of a verb and its arguments".to_owned());
    };
    let with = Arguments::new(rest, turn);
    let verb = verb.as_str().unwrap_or_default();
    match in_folder(verb, with)
        .or_else(|| in_store(verb, with))
        .or_else(|| outside(verb, with))
    {
        Some(answer) => Ok(answer),
        None => other(verb, with, done),
    }
}

fn in_folder(verb: &str, with: Arguments<'_>) -> Option<Value> {
    Some(match verb {
        "list" => of(
            workspace::list(&with.text(0), with.text_or_none(1).as_deref()),
            |page| {
                list(&page.entries, |entry| {
                    json!([entry.name, kind(entry.kind), entry.bytes])
                })
            },
        ),
        "read" => of(
            workspace::read(&with.text(0), with.number(1), with.small_number(2)),
            |read| bytes(&read),
        ),
        "write" => {
            let existing = match with.text(2).as_str() {
                "keep" => Existing::Keep,
                "append" => Existing::Append,
                _ => Existing::Replace,
            };
            of(
                workspace::write(&with.text(0), with.text(1).as_bytes(), existing),
                |()| Value::Null,
            )
        }
        "remove" => of(workspace::remove(&with.text(0)), |()| Value::Null),
        "rename" => of(workspace::rename(&with.text(0), &with.text(1)), |()| Value::Null),
        "search" => of(
            workspace::search(&with.text(0), &with.texts(1), with.small_number(2)),
            |found| list(&found, |each| json!([each.path, each.line, each.literal])),
        ),
        "diff" => of(workspace::diff(with.text_or_none(0).as_deref()), |page| {
            list(&page.changes, |change| {
                json!([change.path, status(change.status), bytes(change.hunks.as_bytes())])
            })
        }),
        _ => return None,
    })
}

fn in_store(verb: &str, with: Arguments<'_>) -> Option<Value> {
    Some(match verb {
        "get" => of(state::get(&with.text(0)), |item| match item {
            Some(item) => json!([item.key, item.version, bytes(&item.value)]),
            None => Value::Null,
        }),
        "set" => {
            let value = with.text_or_none(1);
            let value = value.as_ref().map(String::as_bytes);
            of(state::set(&with.text(0), value, with.number_or_none(2)), Value::from)
        }
        "keys" => of(state::list(&with.text(0), with.text_or_none(1).as_deref()), |page| {
            list(&page.keys, |key| Value::from(key.as_str()))
        }),
        "store" => of(
            artifacts::store(&with.text(0), &with.text(1), with.text(2).as_bytes()),
            |artifact| json!([artifact.digest, artifact.bytes]),
        ),
        "fetch" => of(
            artifacts::get(&with.text(0), with.number(1), with.small_number(2)),
            |read| bytes(&read),
        ),
        _ => return None,
    })
}

fn outside(verb: &str, with: Arguments<'_>) -> Option<Value> {
    Some(match verb {
        "run" => {
            let command = process::Command {
                arguments: with.texts(0),
                dir: with.text(1),
                seconds: with.number_or_none(2).map(|_| with.small_number(2)),
            };
            of(process::run(&command), |ended| {
                let end = match ended.end {
                    process::End::Exited(status) => json!(["exited", status]),
                    process::End::Signalled(signal) => json!(["signalled", signal]),
                    process::End::Stopped(why) => json!(["stopped", why]),
                };
                json!({
                    "end": end,
                    "stdout": output(&ended.stdout),
                    "stderr": output(&ended.stderr),
                    "dropped": ended.dropped,
                    "confined": ended.confined,
                })
            })
        }
        "send" => {
            let headers = with.texts(2);
            let header = |line: &String| {
                let (name, value) = line.split_once(": ").unwrap_or((line, ""));
                http::Header {
                    name: name.to_owned(),
                    value: value.to_owned(),
                }
            };
            let request = http::Request {
                method: with.text(0),
                url: with.text(1),
                headers: headers.iter().map(header).collect(),
                body: with.text(3).into_bytes(),
                seconds: with.number_or_none(4).map(|_| with.small_number(4)),
            };
            of(http::send(&request), |response| {
                let headers = list(&response.headers, |header| json!([header.name, header.value]));
                json!({ "status": response.status, "headers": headers, "body": output(&response.body) })
            })
        }
        _ => return None,
    })
}

fn other(verb: &str, with: Arguments<'_>, done: &mut Done) -> Result<Value, String> {
    match verb {
        "log" => log::write(log::Level::Info, &with.text(0)),
        "repeat" => return repeat(with, done, false),
        "until-refused" => return repeat(with, done, true),
        "spin" => brute::spin(),
        "grow" => return Ok(json!({ "ok": brute::grow(with.number_or_none(0)) })),
        "recurse" => return Ok(json!({ "ok": brute::recurse(0) })),
        "output" => done.output = Some(with.text(0)),
        "summary" => done.summary = with.text(0),
        "fault" => return Err(with.text(0)),
        // Also `trap`: what nobody knows must not pass for an answer.
        _ => std::process::abort(),
    }
    Ok(json!({ "ok": null }))
}

/// Takes a step many times; tells how often each kind of answer came, the first different ones, and the last one.
fn repeat(with: Arguments<'_>, done: &mut Done, until_refused: bool) -> Result<Value, String> {
    let step = with.value(1).unwrap_or(&Value::Null);
    let times = with.number_or_none(0).unwrap_or(u64::MAX);
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    let mut kinds: BTreeSet<String> = BTreeSet::new();
    let mut last = Value::Null;
    for turn in 0..times {
        last = act(step, turn, done)?;
        if kinds.len() < KINDS_MAX {
            kinds.insert(last.to_string());
        }
        let kind = answer::kind(&last);
        let refused = kind != "ok";
        let count = counts.entry(kind).or_default();
        *count = count.saturating_add(1);
        if refused && until_refused {
            break;
        }
    }
    let mut answer = json!({ "counts": counts, "last": last, "kinds": kinds });
    if let (Some(all), Some(kind)) = (answer.as_object_mut(), last.get("refused")) {
        all.insert("refused".to_owned(), kind.clone());
    }
    Ok(answer)
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::File => "file",
        Kind::Executable => "executable",
        Kind::Symlink => "symlink",
        Kind::Folder => "folder",
        Kind::Other => "other",
    }
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Added => "added",
        Status::Deleted => "deleted",
        Status::Modified => "modified",
    }
}

//! Calls host functions as a test asks for them, and gives their answers as JSON.
//!
//! Asked is `{"calls": [{"call": "workspace.read", "arguments": {...}, "times": 3}]}`: each call is made until its first
//! refusal, at most `times` times (once where nothing is said), and its last answer counts: `{"ok": VALUE}` or
//! `{"err": REFUSAL}`. Values stand as the contract names them; bytes stand as hex digits, and in answers above 1,024 of them
//! as their number.

use assize_agent::host::Level;
use assize_agent::http::{Header, Request, Response};
use assize_agent::process::{Command, End, Ended};
use assize_agent::state::Item;
use assize_agent::workspace::{Change, Entry, Existing, Kind, Match, Status};
use assize_agent::{Artifacts, Host, Http, Process, Refusal, State, Workspace};
use serde_json::{Value, json};

const SHOWN_BYTES_MAX: usize = 1_024;

/// The answers to all calls; nothing where they are not those of the contract.
pub(crate) fn answers(calls: &Value, host: &Host) -> Option<String> {
    let mut answers = Vec::new();
    for call in calls.as_array()? {
        let times = call.get("times").map_or(Some(1), Value::as_u64)?;
        let given = Given(call.get("arguments").unwrap_or(&Value::Null));
        let mut answer = Ok(Value::Null);
        for _ in 0..times {
            answer = made(call.get("call")?.as_str()?, &given, host)?;
            if answer.is_err() {
                break;
            }
        }
        answers.push(match answer {
            Ok(value) => json!({ "ok": value }),
            Err(refusal) => json!({ "err": refused(refusal) }),
        });
    }
    Some(json!({ "answers": answers }).to_string())
}

/// The arguments of a call.
struct Given<'a>(&'a Value);

impl Given<'_> {
    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.0.get(name)?.as_u64()
    }

    fn small(&self, name: &str) -> Option<u32> {
        u32::try_from(self.number(name)?).ok()
    }

    fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        let digits = self.text(name)?.as_bytes();
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
        digits.chunks(2).map(byte).collect()
    }

    fn texts(&self, name: &str) -> Option<Vec<String>> {
        let items = self.0.get(name)?.as_array()?.iter();
        items.map(|item| item.as_str().map(str::to_owned)).collect()
    }
}

/// Makes one call.
fn made(call: &str, given: &Given<'_>, host: &Host) -> Option<Result<Value, Refusal>> {
    let nothing = |done: Result<(), Refusal>| done.map(|()| Value::Null);
    let bytes = |read: Result<Vec<u8>, Refusal>| read.map(|bytes| shown(&bytes));
    Some(match call {
        "workspace.list" => host.list(given.text("path")?, given.text("after")).map(|page| {
            let entries: Vec<Value> = page.entries.iter().map(entry).collect();
            json!({ "entries": entries, "next": page.next })
        }),
        "workspace.read" => bytes(host.read(given.text("path")?, given.number("offset")?, given.small("length")?)),
        "workspace.write" => {
            let existing = existing(given.text("existing")?)?;
            nothing(host.write(given.text("path")?, &given.bytes("contents")?, existing))
        }
        "workspace.remove" => nothing(host.remove(given.text("path")?)),
        "workspace.rename" => nothing(host.rename(given.text("from")?, given.text("to")?)),
        "workspace.search" => {
            let found = host.search(given.text("path")?, &given.texts("literals")?, given.small("max")?);
            found.map(|found| found.iter().map(place).collect())
        }
        "workspace.diff" => host.diff(given.text("after")).map(|page| {
            let changes: Vec<Value> = page.changes.iter().map(change).collect();
            json!({ "changes": changes, "next": page.next })
        }),
        "state.get" => host.get(given.text("key")?).map(|held| held.map_or(Value::Null, item)),
        "state.set" => {
            let value = given.bytes("value");
            let version = host.set(given.text("key")?, value.as_deref(), given.number("expected"));
            version.map(Value::from)
        }
        "state.list" => {
            let page = host.keys(given.text("prefix")?, given.text("after"));
            page.map(|page| json!({ "keys": page.keys, "next": page.next }))
        }
        "artifacts.store" => {
            let stored = host.store(
                given.text("name")?,
                given.text("media-type")?,
                &given.bytes("contents")?,
            );
            stored.map(|artifact| json!({ "digest": artifact.digest, "bytes": artifact.bytes }))
        }
        "artifacts.get" => bytes(host.fetch(given.text("digest")?, given.number("offset")?, given.small("length")?)),
        "process.run" => host.run(&command(given)?).map(|ended| ended_as_json(&ended)),
        "http.send" => host.send(&request(given)?).map(|response| response_as_json(&response)),
        "log.write" => {
            host.log(level(given.text("level")?)?, given.text("message")?);
            Ok(Value::Null)
        }
        _ => return None,
    })
}

fn command(given: &Given<'_>) -> Option<Command> {
    Some(Command {
        arguments: given.texts("arguments")?,
        dir: given.text("dir")?.to_owned(),
        seconds: given.small("seconds"),
    })
}

fn ended_as_json(ended: &Ended) -> Value {
    let end = match &ended.end {
        End::Exited(status) => json!({ "exited": status }),
        End::Signalled(signal) => json!({ "signalled": signal }),
        End::Stopped(why) => json!({ "stopped": why }),
    };
    json!({
        "end": end,
        "stdout": shown(&ended.stdout),
        "stderr": shown(&ended.stderr),
        "dropped": ended.dropped,
        "confined": ended.confined,
    })
}

fn request(given: &Given<'_>) -> Option<Request> {
    let header = |header: &Value| {
        let text = |name: &str| Some(header.get(name)?.as_str()?.to_owned());
        let (name, value) = (text("name")?, text("value")?);
        Some(Header { name, value })
    };
    Some(Request {
        method: given.text("method")?.to_owned(),
        url: given.text("url")?.to_owned(),
        headers: given
            .0
            .get("headers")?
            .as_array()?
            .iter()
            .map(header)
            .collect::<Option<_>>()?,
        body: given.bytes("body")?,
        seconds: given.small("seconds"),
    })
}

fn response_as_json(response: &Response) -> Value {
    let header = |header: &Header| json!({ "name": header.name, "value": header.value });
    let headers: Vec<Value> = response.headers.iter().map(header).collect();
    json!({ "status": response.status, "headers": headers, "body": shown(&response.body) })
}

fn existing(name: &str) -> Option<Existing> {
    match name {
        "keep" => Some(Existing::Keep),
        "replace" => Some(Existing::Replace),
        "append" => Some(Existing::Append),
        _ => None,
    }
}

fn level(name: &str) -> Option<Level> {
    match name {
        "debug" => Some(Level::Debug),
        "info" => Some(Level::Info),
        "warn" => Some(Level::Warn),
        "error" => Some(Level::Error),
        _ => None,
    }
}

fn shown(bytes: &[u8]) -> Value {
    if bytes.len() > SHOWN_BYTES_MAX {
        return json!(bytes.len());
    }
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    json!(digits)
}

fn entry(entry: &Entry) -> Value {
    let kind = match entry.kind {
        Kind::File => "file",
        Kind::Executable => "executable",
        Kind::Symlink => "symlink",
        Kind::Folder => "folder",
        Kind::Other => "other",
    };
    json!({ "name": entry.name, "kind": kind, "bytes": entry.bytes })
}

fn place(found: &Match) -> Value {
    json!({ "path": found.path, "line": found.line, "literal": found.literal })
}

fn change(change: &Change) -> Value {
    let status = match change.status {
        Status::Added => "added",
        Status::Deleted => "deleted",
        Status::Modified => "modified",
    };
    json!({ "path": change.path, "status": status, "hunks": change.hunks })
}

fn item(item: Item) -> Value {
    json!({ "key": item.key, "version": item.version, "value": shown(&item.value) })
}

fn refused(refusal: Refusal) -> Value {
    match refusal {
        Refusal::Denied(denial) => json!({ "denied": { "permission": denial.permission, "needs": denial.needs } }),
        Refusal::Limit(text) => json!({ "limit": text }),
        Refusal::Invalid(text) => json!({ "invalid": text }),
        Refusal::NotFound(text) => json!({ "not-found": text }),
        Refusal::Conflict(text) => json!({ "conflict": text }),
        Refusal::Unavailable(text) => json!({ "unavailable": text }),
    }
}

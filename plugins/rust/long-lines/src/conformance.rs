//! Calls host functions as a test asks for them, and gives their answers as JSON.
//!
//! Asked is `{"calls": [{"call": "evidence.read", "arguments": {...}, "times": 3}]}`: each call is made until its first
//! refusal, at most `times` times (once where nothing is said), and its last answer counts: `{"ok": VALUE}` or
//! `{"err": REFUSAL}`. Values stand as the contract names them; bytes stand as hex digits, and in answers above 1,024 of them
//! as their number.

use assize_judge::bindings::assize::plugin::log::{self, Level};
use assize_judge::evidence::{Blob, Change, Entry, Evidence, Form, Hunk, Kind, Match, Status};
use assize_judge::{Refusal, Side};
use serde_json::{Value, json};

const SHOWN_BYTES_MAX: usize = 1_024;

/// The answers to all calls; nothing where they are not those of the contract.
pub(crate) fn answers(asked: &str, evidence: &dyn Evidence) -> Option<String> {
    let asked: Value = serde_json::from_str(asked).ok()?;
    let mut answers = Vec::new();
    for call in asked.get("calls")?.as_array()? {
        let times = call.get("times").map_or(Some(1), Value::as_u64)?;
        let given = Given(call.get("arguments").unwrap_or(&Value::Null));
        let mut answer = Ok(Value::Null);
        for _ in 0..times {
            answer = made(call.get("call")?.as_str()?, &given, evidence)?;
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

    fn side(&self) -> Option<Side> {
        match self.text("side")? {
            "base" => Some(Side::Base),
            "head" => Some(Side::Head),
            _ => None,
        }
    }

    fn texts(&self, name: &str) -> Option<Vec<String>> {
        let items = self.0.get(name)?.as_array()?.iter();
        items.map(|item| item.as_str().map(str::to_owned)).collect()
    }
}

/// Makes one call.
fn made(call: &str, given: &Given<'_>, evidence: &dyn Evidence) -> Option<Result<Value, Refusal>> {
    let bytes = |read: Result<Vec<u8>, Refusal>| read.map(|bytes| shown(&bytes));
    Some(match call {
        "evidence.changes" => evidence.changes(given.small("from")?).map(|page| {
            let changes: Vec<Value> = page.changes.iter().map(change).collect();
            json!({ "changes": changes, "next": page.next })
        }),
        "evidence.hunks" => evidence.hunks(given.text("path")?, given.small("from")?).map(|page| {
            let hunks: Vec<Value> = page.hunks.iter().map(hunk).collect();
            json!({ "hunks": hunks, "next": page.next })
        }),
        "evidence.read" => {
            let (offset, length) = (given.number("offset")?, given.small("length")?);
            bytes(evidence.read(given.side()?, given.text("path")?, offset, length))
        }
        "evidence.list" => {
            let page = evidence.list(given.side()?, given.text("path")?, given.small("from")?);
            page.map(|page| {
                let entries: Vec<Value> = page.entries.iter().map(entry).collect();
                json!({ "entries": entries, "next": page.next })
            })
        }
        "evidence.search" => {
            let found = evidence.search(given.side()?, &given.texts("literals")?, given.small("max")?);
            found.map(|found| found.iter().map(place).collect())
        }
        "evidence.document" => {
            let (offset, length) = (given.number("offset")?, given.small("length")?);
            bytes(evidence.document(given.text("name")?, offset, length))
        }
        "log.write" => {
            log::write(level(given.text("level")?)?, given.text("message")?);
            Ok(Value::Null)
        }
        _ => return None,
    })
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

fn change(change: &Change) -> Value {
    let status = match change.status {
        Status::Added => "added",
        Status::Deleted => "deleted",
        Status::Modified => "modified",
        Status::Renamed => "renamed",
    };
    let form = match change.form {
        Form::Text => "text",
        Form::Binary => "binary",
        Form::Oversized => "oversized",
    };
    json!({
        "path": change.path,
        "old-path": change.old_path,
        "status": status,
        "base": change.base.as_ref().map(blob),
        "head": change.head.as_ref().map(blob),
        "form": form,
        "added-lines": change.added_lines,
        "removed-lines": change.removed_lines,
    })
}

fn blob(blob: &Blob) -> Value {
    json!({ "kind": kind(blob.kind), "bytes": blob.bytes })
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::File => "file",
        Kind::Executable => "executable",
        Kind::Symlink => "symlink",
        Kind::Submodule => "submodule",
        Kind::Folder => "folder",
    }
}

fn hunk(hunk: &Hunk) -> Value {
    json!({
        "base-start": hunk.base_start,
        "removed": hunk.removed,
        "head-start": hunk.head_start,
        "added": hunk.added,
    })
}

fn entry(entry: &Entry) -> Value {
    json!({ "name": entry.name, "kind": kind(entry.kind) })
}

fn place(found: &Match) -> Value {
    json!({ "path": found.path, "line": found.line, "literal": found.literal })
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

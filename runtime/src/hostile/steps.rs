//! The steps of the hostile agent, as its input writes them. `plugins/rust/hostile/src/act.rs` takes them.

use serde_json::{Value, json};

/// How much of a file a step asks for.
const PIECE_BYTES: u32 = 4 << 10;

pub(super) fn list(path: &str) -> Value {
    json!(["list", path])
}

pub(super) fn read(path: &str) -> Value {
    json!(["read", path, 0, PIECE_BYTES])
}

pub(super) fn write(path: &str) -> Value {
    json!(["write", path, "written by the hostile agent\n", "replace"])
}

pub(super) fn append(path: &str) -> Value {
    json!(["write", path, "appended by the hostile agent\n", "append"])
}

pub(super) fn remove(path: &str) -> Value {
    json!(["remove", path])
}

pub(super) fn rename(from: &str, to: &str) -> Value {
    json!(["rename", from, to])
}

pub(super) fn search(path: &str, literal: &str) -> Value {
    json!(["search", path, [literal], 100])
}

/// Every way to use a path.
pub(super) fn every_way(path: &str) -> Vec<Value> {
    vec![
        read(path),
        write(path),
        append(path),
        remove(path),
        rename(path, "src/stolen"),
        rename("src/main.rs", path),
    ]
}

/// A text that is written down small.
pub(super) fn repeated(text: &str, times: u64) -> Value {
    json!({ "repeat": text, "times": times })
}

/// A step many times; for ever where there is no number.
pub(super) fn repeat(times: Option<u64>, step: Value) -> Value {
    json!(["repeat", times, step])
}

/// A step until it is refused, or as often as this.
pub(super) fn until_refused(times: u64, step: Value) -> Value {
    json!(["until-refused", times, step])
}

/// A command, started in the workspace itself.
pub(super) fn run(words: &[&str]) -> Value {
    json!(["run", words, "", null])
}

/// A request without headers and body.
pub(super) fn send(method: &str, url: &str) -> Value {
    json!(["send", method, url, [], "", null])
}

//! An agent that tries what WASI would give a program that nobody watches, and reports what it got.
//!
//! Its input is the name of one door; see [`doors::open`]. Whether the host held is told by whoever chose the door.

mod doors;

use hostile_bindings::generated::{Description, Fault, Outcome, Task};
use serde_json::Value;

/// What this agent says of itself.
#[must_use]
pub fn describe() -> Description {
    Description {
        name: "hostile-wasi".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        summary: "Tries the doors of WASI that lead out, and reports what it got.".to_owned(),
        requires: Vec::new(),
        wants: Vec::new(),
    }
}

/// Tries the door that the input names.
///
/// # Errors
///
/// An input that names no door.
pub fn run(task: Task) -> Result<Outcome, Fault> {
    let input = serde_json::from_str::<Value>(&task.input).unwrap_or_default();
    let answer = input.as_str().and_then(doors::open).ok_or_else(|| Fault {
        message: "the input names no door".to_owned(),
    })?;
    Ok(Outcome {
        summary: String::new(),
        output: answer.to_string(),
    })
}

hostile_bindings::export!(describe, run);

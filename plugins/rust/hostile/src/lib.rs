//! An agent that does whatever its input says, however wicked, and reports what the host answered.
//!
//! Its input is a list of steps, each a list of a verb and its arguments; see [`act`]. Its output is the list of answers, in
//! the same order. It judges nothing itself: whether the host held is told by whoever wrote the steps.

mod act;
mod answer;
mod argument;
mod brute;

use hostile_bindings::generated::{Description, Fault, Outcome, Task};
use serde_json::Value;

/// What this agent says of itself.
#[must_use]
pub fn describe() -> Description {
    Description {
        name: "hostile".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        summary: "Does whatever its input says and reports what the host answered.".to_owned(),
        requires: Vec::new(),
        wants: Vec::new(),
    }
}

/// Takes each step of the input, and answers with what the host answered.
///
/// # Errors
///
/// An input that is no list of steps, and the step `fault`.
pub fn run(task: Task) -> Result<Outcome, Fault> {
    let wrong = |message: String| Fault { message };
    let steps: Value = serde_json::from_str(&task.input).map_err(|error| wrong(error.to_string()))?;
    let steps = steps
        .as_array()
        .ok_or_else(|| wrong("the input is no list".to_owned()))?;
    let mut done = act::Done::default();
    for step in steps {
        let answer = act::act(step, 0, &mut done).map_err(wrong)?;
        done.answers.push(answer);
    }
    let output = done.output.unwrap_or_else(|| Value::from(done.answers).to_string());
    Ok(Outcome {
        summary: done.summary,
        output,
    })
}

hostile_bindings::export!(describe, run);

//! The small agent and the small judge in each guest language: under the same rules they do the same.

mod agents;
mod judges;
mod outside;

use serde_json::{Value, json};

/// Asks for one call of a host function, made up to `times` times or until it is refused.
fn asking(call: &str, arguments: &Value, times: u64) -> String {
    // A judge knows the request by these first letters.
    format!(
        "{{\"calls\":[{}]}}",
        json!({ "call": call, "arguments": arguments, "times": times })
    )
}

/// The one answer in what a guest says.
fn answer(said: &str, what: &str) -> Value {
    let said: Value = serde_json::from_str(said).unwrap_or_else(|error| panic!("{what}: {error} in {said}"));
    said["answers"][0].clone()
}

/// What a refusal names: the permission that is missing.
fn denied(answer: &Value) -> (&str, bool) {
    let denial = &answer["err"]["denied"];
    let says_what_to_do = denial["needs"].as_str().is_some_and(|needs| !needs.is_empty());
    (denial["permission"].as_str().unwrap_or_default(), says_what_to_do)
}

/// Whether a refusal names a limit.
fn is_limited_by(answer: &Value, limit: &str) -> bool {
    answer["err"]["limit"].as_str().is_some_and(|why| why.contains(limit))
}

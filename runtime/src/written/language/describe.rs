//! Pieces of JSON schemas, for editors: tables with known keys, tables whose keys are names, lists, numbers.

use super::section::Keys;
use serde_json::{Map, Value, json};

/// Describes a table with known keys; `describe` says what stands under each.
#[must_use]
pub fn object(description: &str, keys: &Keys, required: &[&str], describe: impl Fn(&str) -> Value) -> Value {
    let properties: Map<String, Value> = keys
        .known
        .iter()
        .map(|key| ((*key).to_owned(), describe(key)))
        .collect();
    json!({
        "description": description,
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false
    })
}

/// Describes a table whose keys are names of a pattern.
#[must_use]
pub fn named(description: &str, pattern: &str, entry: Value, max: usize) -> Value {
    json!({
        "description": description,
        "type": "object",
        "propertyNames": { "pattern": pattern },
        "additionalProperties": entry,
        "maxProperties": max
    })
}

/// Describes a text.
#[must_use]
pub fn text(description: &str) -> Value {
    json!({ "description": description, "type": "string" })
}

/// Describes a text of a pattern.
#[must_use]
pub fn patterned(description: &str, pattern: &str) -> Value {
    json!({ "description": description, "type": "string", "pattern": pattern })
}

/// Describes a whole number.
#[must_use]
pub fn number(description: &str, min: u64, max: u64) -> Value {
    json!({ "description": description, "type": "integer", "minimum": min, "maximum": max })
}

/// Describes a list of different items.
#[must_use]
pub fn list(description: &str, item: Value, max: usize) -> Value {
    json!({ "description": description, "type": "array", "items": item, "uniqueItems": true, "maxItems": max })
}

//! Diagnostics of rustc and clippy, as they print them or as cargo passes them on.

use serde_json::Value;

use super::{Reading, items, text};
use crate::suggestion::{Apart, Edit, Place, Reason, Suggestion};

/// Reads one line of output.
pub(super) fn read(value: &Value, reading: &mut Reading) {
    let diagnostic = match value.get("reason") {
        Some(reason) if reason == "compiler-message" => value.get("message").unwrap_or(&Value::Null),
        Some(_) => return,
        None => value,
    };
    let code = diagnostic.get("code").map_or("", |code| text(code, "code"));
    let rule = if code.is_empty() { "rustc" } else { code };
    parts(diagnostic, rule, reading);
}

/// Reads a diagnostic and what belongs to it. Those of its places that have a replacement are one suggestion.
fn parts(diagnostic: &Value, rule: &str, reading: &mut Reading) {
    let spans =
        || items(diagnostic, "spans").filter(|span| span.get("suggested_replacement").is_some_and(Value::is_string));
    if spans().next().is_some() {
        let edits: Option<Vec<Edit>> = spans().map(edit).collect();
        let is_sure = |span: &Value| text(span, "suggestion_applicability") == "MachineApplicable";
        let is_made = |span: &Value| span.get("expansion").is_some_and(|expansion| !expansion.is_null());
        let unfit = if edits.is_none() {
            Some(Reason::Unreadable)
        } else if !spans().all(is_sure) {
            Some(Reason::Unsure)
        } else if spans().any(is_made) {
            Some(Reason::Macro)
        } else {
            None
        };
        reading.add(Suggestion {
            rule: rule.to_owned(),
            edits: edits.unwrap_or_default(),
            unfit,
            apart: Apart::Characters,
        });
    }
    // As deep as the reader of JSON lets them lie in each other.
    for child in items(diagnostic, "children") {
        parts(child, rule, reading);
    }
}

fn edit(span: &Value) -> Option<Edit> {
    let number = |member: &str| span.get(member).and_then(Value::as_u64);
    let seen = items(span, "text").map(|line| line.get("text")?.as_str().map(str::to_owned));
    Some(Edit {
        file: span.get("file_name")?.as_str()?.to_owned(),
        place: Place::Bytes {
            start: number("byte_start")?,
            end: number("byte_end")?,
            line: number("line_start")?,
            column: number("column_start")?,
            seen: seen.collect::<Option<_>>()?,
        },
        with: text(span, "suggested_replacement").to_owned(),
    })
}

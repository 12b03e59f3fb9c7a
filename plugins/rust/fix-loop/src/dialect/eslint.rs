//! Messages of eslint.

use std::rc::Rc;

use serde_json::Value;

use super::{Reading, items, text};
use crate::suggestion::{Apart, Edit, Place, Reason, Suggestion};

/// Reads the messages for one file.
pub(super) fn read(value: &Value, reading: &mut Reading) {
    let file = text(value, "filePath");
    let seen: Option<Rc<str>> = value.get("source").and_then(Value::as_str).map(Rc::from);
    for message in items(value, "messages") {
        let rule = text(message, "ruleId");
        if let Some(fix) = message.get("fix") {
            let edit = edit(fix, file, seen.clone());
            let unfit = edit.is_none().then_some(Reason::Unreadable);
            reading.add(suggestion(rule, edit, unfit));
        } else if items(message, "suggestions").next().is_some() {
            reading.add(suggestion(rule, None, Some(Reason::Unsure)));
        }
    }
}

fn suggestion(rule: &str, edit: Option<Edit>, unfit: Option<Reason>) -> Suggestion {
    Suggestion {
        rule: rule.to_owned(),
        edits: edit.into_iter().collect(),
        unfit,
        apart: Apart::Characters,
    }
}

fn edit(fix: &Value, file: &str, seen: Option<Rc<str>>) -> Option<Edit> {
    let range = fix.get("range")?.as_array()?;
    let [start, end] = range.as_slice() else { return None };
    Some(Edit {
        file: file.to_owned(),
        place: Place::Units {
            start: start.as_i64()?,
            end: end.as_i64()?,
            seen,
        },
        with: fix.get("text")?.as_str()?.to_owned(),
    })
}

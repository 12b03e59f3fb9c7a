//! Diagnostics of ruff.

use serde_json::Value;

use super::{Reading, items, text};
use crate::suggestion::{Apart, Edit, Place, Reason, Suggestion};

/// Reads one diagnostic.
pub(super) fn read(value: &Value, reading: &mut Reading) {
    let Some(fix) = value.get("fix").filter(|fix| fix.is_object()) else {
        return;
    };
    let file = text(value, "filename");
    let edits: Option<Vec<Edit>> = items(fix, "edits").map(|item| edit(item, file)).collect();
    let unfit = if value.get("cell").is_some_and(|cell| !cell.is_null()) {
        Some(Reason::Notebook)
    } else if text(fix, "applicability") != "safe" {
        Some(Reason::Unsure)
    } else if edits.as_ref().is_none_or(Vec::is_empty) {
        Some(Reason::Unreadable)
    } else {
        None
    };
    reading.add(Suggestion {
        rule: text(value, "code").to_owned(),
        edits: edits.unwrap_or_default(),
        unfit,
        apart: Apart::Lines,
    });
}

fn edit(item: &Value, file: &str) -> Option<Edit> {
    let point = |member: &str| {
        let point = item.get(member)?;
        Some((point.get("row")?.as_u64()?, point.get("column")?.as_u64()?))
    };
    Some(Edit {
        file: file.to_owned(),
        place: Place::Points {
            start: point("location")?,
            end: point("end_location")?,
        },
        with: item.get("content").map_or(Some(""), Value::as_str)?.to_owned(),
    })
}

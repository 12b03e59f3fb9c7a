//! What an agent tells of its work: sentences and lists that fit into what the contract lets through.

use serde_json::{Value, json};

use crate::{Refusal, why};

/// At most so many bytes of a text.
#[must_use]
pub fn cut(text: &str, bytes_max: usize) -> String {
    if text.len() <= bytes_max {
        return text.to_owned();
    }
    let mut end = bytes_max.saturating_sub('…'.len_utf8());
    while !text.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    format!("{}…", text.get(..end).unwrap_or_default())
}

/// A number of things, with the plural where there is not one.
#[must_use]
pub fn count(number: usize, of: &str) -> String {
    format!("{number} {of}{}", if number == 1 { "" } else { "s" })
}

/// Room for lists, until it is used up; what is left out is counted.
#[derive(Debug)]
pub struct Room {
    bytes_left: usize,
    omitted: u64,
}

impl Room {
    /// Room for so many bytes of JSON.
    #[must_use]
    pub fn of(bytes: usize) -> Self {
        Self {
            bytes_left: bytes,
            omitted: 0,
        }
    }

    /// Those items for which there is room.
    pub fn fit(&mut self, items: impl Iterator<Item = Value>) -> Vec<Value> {
        let mut kept = Vec::new();
        for item in items {
            let bytes = item.to_string().len().saturating_add(1);
            match self.bytes_left.checked_sub(bytes) {
                Some(left) => {
                    self.bytes_left = left;
                    kept.push(item);
                }
                None => self.omitted = self.omitted.saturating_add(1),
            }
        }
        kept
    }

    /// How many items were left out.
    #[must_use]
    pub fn omitted(&self) -> u64 {
        self.omitted
    }
}

/// A refusal that concerns one file, as JSON: the permission, and what to add to the policy or why else it was refused.
#[must_use]
pub fn refused_item(path: &str, permission: &str, refusal: &Refusal) -> Value {
    match refusal {
        Refusal::Denied(denial) => json!({
            "path": path,
            "permission": denial.permission,
            "needs": denial.needs,
        }),
        other => json!({ "path": path, "permission": permission, "reason": why(other) }),
    }
}

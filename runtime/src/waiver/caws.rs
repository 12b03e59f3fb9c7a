//! Waiver files of CAWS, read so that they can be written as ours.
//!
//! A CAWS waiver names gates instead of rules, and no paths. Gates with a rule here become one waiver a rule; the paths are
//! for a person to fill in, so what is imported is only proposed.

use crate::diagnostic::Problem;
use crate::written::{self, Fields, Node, Value};

/// The gates of CAWS and the rules that ask the same.
const GATES: [(&str, &[&str]); 5] = [
    (
        "budget_limit",
        &["constitutional/budget-files", "constitutional/budget-lines"],
    ),
    ("spec_completeness", &["constitutional/spec-incomplete"]),
    ("scope_boundary", &["constitutional/scope"]),
    ("coverage_threshold", &["quality/coverage-low"]),
    ("security_scan", &["technical/secret"]),
];

/// One waiver to write: a rule and what the file says for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The rule.
    pub rule: String,
    /// Why, one of our reasons where the file has one.
    pub reason: String,
    /// The description.
    pub description: String,
    /// What keeps the harm small.
    pub mitigation: String,
    /// Who answers for the risk.
    pub owner: String,
    /// When it was made, as a date, if the file says so.
    pub created: Option<String>,
    /// When it ends, as a date.
    pub expires: String,
    /// Who approved it, and when.
    pub approvers: Vec<(String, Option<String>)>,
}

/// Reads a file: one waiver, a list of them, or a table `waivers`.
///
/// # Errors
///
/// The [`Problem`] that keeps the file from being read.
pub fn read(path: &str, bytes: &[u8]) -> Result<(Vec<Imported>, Vec<Problem>), Problem> {
    let node = written::parse(path, bytes)?;
    let (mut imported, mut problems) = (Vec::new(), Vec::new());
    for each in waivers(&node) {
        let mut fields = Fields::of(path, each);
        imported.extend(one(path, &mut fields));
        problems.extend(fields.into_problems());
    }
    Ok((imported, problems))
}

/// The waivers of a file, however they are put together.
fn waivers(node: &Node) -> Vec<&Node> {
    match &node.value {
        Value::List(items) => items.iter().collect(),
        Value::Table(entries) => match entries.iter().find(|(key, _)| key.name == "waivers") {
            Some((_, inner)) => match &inner.value {
                Value::List(items) => items.iter().collect(),
                // By their ids.
                Value::Table(entries) => entries.iter().map(|(_, waiver)| waiver).collect(),
                _ => Vec::new(),
            },
            None => vec![node],
        },
        _ => Vec::new(),
    }
}

fn one(path: &str, fields: &mut Fields<'_>) -> Vec<Imported> {
    let text = |fields: &mut Fields<'_>, names: &[&str]| fields.text(names).map(|(text, _)| text).unwrap_or_default();
    let gates = fields.texts(&["gates", "gate"]);
    if gates.is_empty() {
        fields.note(fields.line(), "This waiver names no `gates`.".to_owned());
    }
    let reason = text(fields, &["reason_code", "reason"]);
    let description = text(fields, &["description"]);
    let mitigation = text(fields, &["mitigation"]);
    let owner = text(fields, &["risk_owner", "owner"]);
    let created = fields.text(&["created_at", "created"]).map(|(text, _)| date(&text));
    let expires = date(&text(fields, &["expires_at", "expires"]));
    let mut approvers = Vec::new();
    for node in fields.tables(&["approvers", "approved_by"]) {
        if let Value::Text(handle) = &node.value {
            approvers.push((handle.clone(), None));
            continue;
        }
        let mut each = Fields::of(path, node);
        let handle = text(&mut each, &["handle", "name"]);
        let at = each.text(&["approved_at"]).map(|(text, _)| date(&text));
        approvers.push((handle, at));
        fields.absorb(each);
    }
    let mut imported = Vec::new();
    for (gate, line) in gates {
        let Some((_, rules)) = GATES.iter().find(|(known, _)| *known == gate) else {
            fields.note(
                line,
                format!("No rule here asks what the gate `{gate}` asks; it is left out."),
            );
            continue;
        };
        imported.extend(rules.iter().map(|rule| Imported {
            rule: (*rule).to_owned(),
            reason: reason.clone(),
            description: description.clone(),
            mitigation: mitigation.clone(),
            owner: owner.clone(),
            created: created.clone(),
            expires: expires.clone(),
            approvers: approvers.clone(),
        }));
    }
    imported
}

/// The day of a moment.
fn date(text: &str) -> String {
    text.get(..10).unwrap_or(text).to_owned()
}

//! From a file to a waiver as it was written. Whether it counts depends on the moment and the change; see `weigh`.

use std::collections::BTreeSet;

use assize_provenance::pattern::PathPattern;
use assize_provenance::time::Time;

use super::{DAYS_MAX, DESCRIPTION_CHARS_MIN, FOLDER};
use crate::diagnostic::Problem;
use crate::policy::rules::{KnownRule, SHIPPED_JUDGES};
use crate::written::{self, Fields};

/// The words that say why a rule may be broken.
pub const REASONS: [&str; 9] = [
    "emergency_hotfix",
    "legacy_integration",
    "experimental_feature",
    "third_party_constraint",
    "performance_critical",
    "security_patch",
    "infrastructure_limitation",
    "architectural_refactor",
    "other",
];

/// The rules whose findings have no place, so that a waiver of them has no paths.
pub(super) const PLACELESS: [&str; 2] = ["constitutional/budget-files", "constitutional/budget-lines"];

/// How many people, other than the owner, approve a waiver; one that raises a budget takes two.
const APPROVALS: usize = 1;
const BUDGET_APPROVALS: usize = 2;

pub(super) const DAY_SECONDS: i64 = 86_400;

/// What its authors say of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It waits for approval.
    Proposed,
    /// It is meant to count.
    Active,
    /// It was taken back.
    Revoked,
}

/// Somebody who approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approver {
    /// Who: a name, a handle or a mail address.
    pub handle: String,
    /// When.
    pub approved_at: Option<Time>,
    /// The line.
    pub line: u32,
}

/// A waiver as its file says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authored {
    /// The file.
    pub path: String,
    /// Its id.
    pub id: String,
    /// The rule it excuses.
    pub rule: String,
    /// The paths it is limited to.
    pub paths: Vec<PathPattern>,
    /// Why.
    pub description: String,
    /// Who answers for the risk.
    pub owner: String,
    /// When it was made.
    pub created: Option<Time>,
    /// The last moment it excuses anything.
    pub expires: Option<Time>,
    /// What its authors say of it.
    pub status: Status,
    /// Who approved it.
    pub approvers: Vec<Approver>,
    /// What is wrong with it, whoever looks and whenever.
    pub problems: Vec<Problem>,
}

impl Authored {
    /// A waiver of which nothing is known but what is wrong with its file.
    #[must_use]
    pub fn unread(problem: Problem) -> Self {
        Self {
            path: problem.path.clone(),
            problems: vec![problem],
            ..Self::empty("")
        }
    }

    fn empty(path: &str) -> Self {
        Self {
            path: path.to_owned(),
            id: String::new(),
            rule: String::new(),
            paths: Vec::new(),
            description: String::new(),
            owner: String::new(),
            created: None,
            expires: None,
            status: Status::Active,
            approvers: Vec::new(),
            problems: Vec::new(),
        }
    }
}

/// Reads one file. `judges` are the prefixes of rules whose judges do not come with Assize: their rules are not known here.
#[must_use]
pub fn read(path: &str, bytes: &[u8], judges: &BTreeSet<String>) -> Authored {
    let mut authored = Authored::empty(path);
    let node = match written::parse(path, bytes) {
        Ok(node) => node,
        Err(problem) => {
            authored.problems.push(problem);
            return authored;
        }
    };
    let mut fields = Fields::of(path, &node);
    authored.id = read_id(path, &mut fields);
    authored.rule = read_rule(judges, &mut fields);
    authored.paths = read_paths(&authored.rule, &mut fields);
    authored.status = read_status(&mut fields);
    authored.description = read_reasons(&mut fields);
    authored.owner = required(&mut fields, "owner", "who answers for the risk");
    authored.created = read_time(&mut fields, "created", false);
    authored.expires = read_time(&mut fields, "expires", true);
    check_span(&authored, &mut fields);
    authored.approvers = read_approvers(path, &mut fields);
    if authored.status == Status::Active {
        check_approvers(&authored, &mut fields);
    }
    for (key, _) in fields.rest().to_vec() {
        fields.note(key.line, format!("A waiver has no field `{}`.", key.name));
    }
    authored.problems = fields.into_problems();
    authored
}

fn required(fields: &mut Fields<'_>, name: &str, meaning: &str) -> String {
    match fields.text(&[name]) {
        Some((text, _)) => text,
        None => {
            fields.note(0, format!("A waiver names its `{name}`: {meaning}."));
            String::new()
        }
    }
}

fn read_id(path: &str, fields: &mut Fields<'_>) -> String {
    let Some((id, line)) = fields.text(&["id"]) else {
        fields.note(0, "A waiver has an `id`: WV- and four digits.".to_owned());
        return String::new();
    };
    let digits = id.strip_prefix("WV-").unwrap_or_default();
    if digits.len() != 4 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        fields.note(
            line,
            "A waiver's `id` is WV- and four digits, such as WV-0001.".to_owned(),
        );
    } else if path != format!("{FOLDER}/{id}.toml") {
        fields.note(line, format!("The waiver {id} lies in the file {FOLDER}/{id}.toml."));
    }
    id
}

/// Whether a judge has this rule, as far as that is known here.
pub(super) fn is_known_rule(rule: &str, judges: &BTreeSet<String>) -> bool {
    let prefix = rule.split_once('/').map_or("", |(prefix, _)| prefix);
    if SHIPPED_JUDGES.contains(&prefix) {
        KnownRule::named(rule).is_some()
    } else {
        judges.contains(prefix)
    }
}

fn read_rule(judges: &BTreeSet<String>, fields: &mut Fields<'_>) -> String {
    let Some((rule, line)) = fields.text(&["rule"]) else {
        fields.note(
            0,
            "A waiver names the one `rule` that it excuses, such as technical/placeholder.".to_owned(),
        );
        return String::new();
    };
    if !is_known_rule(&rule, judges) {
        fields.note(line, format!("No judge of this policy has the rule `{rule}`."));
    }
    rule
}

fn read_paths(rule: &str, fields: &mut Fields<'_>) -> Vec<PathPattern> {
    let texts = fields.texts(&["paths"]);
    if PLACELESS.contains(&rule) {
        if let Some((_, line)) = texts.first() {
            fields.note(
                *line,
                format!("The findings of {rule} have no place; leave out `paths`."),
            );
        }
        return Vec::new();
    }
    if texts.is_empty() {
        let message = "The waiver is over-broad: without `paths` it would excuse the rule everywhere.".to_owned();
        fields.note(0, message);
    }
    let mut paths = Vec::new();
    for (text, line) in texts {
        match text.parse::<PathPattern>() {
            Ok(pattern) => {
                if is_over_broad(&text) {
                    let message = format!("The waiver is over-broad: `{text}` is everywhere. Name a folder or a file.");
                    fields.note(line, message);
                }
                paths.push(pattern);
            }
            Err(error) => fields.note(line, format!("This is no path pattern: {error}.")),
        }
    }
    paths
}

/// Whether a pattern has no literal part at all, such as `**` or `*/*.*`.
pub(super) fn is_over_broad(pattern: &str) -> bool {
    !pattern.chars().any(char::is_alphanumeric)
}

fn read_status(fields: &mut Fields<'_>) -> Status {
    let Some((word, line)) = fields.text(&["status"]) else {
        return Status::Active;
    };
    match word.as_str() {
        "active" => Status::Active,
        "proposed" => Status::Proposed,
        "revoked" => Status::Revoked,
        _ => {
            let message =
                "`status` is proposed, active or revoked; whether a waiver has expired its date says.".to_owned();
            fields.note(line, message);
            Status::Proposed
        }
    }
}

/// Reads why, and returns the description.
fn read_reasons(fields: &mut Fields<'_>) -> String {
    match fields.text(&["reason"]) {
        Some((reason, _)) if REASONS.contains(&reason.as_str()) => {}
        Some((_, line)) => fields.note(line, format!("`reason` is one of {}.", REASONS.join(", "))),
        None => fields.note(0, format!("A waiver gives a `reason`, one of {}.", REASONS.join(", "))),
    }
    let description = fields.text(&["description"]);
    match &description {
        Some((text, _)) if text.chars().count() >= DESCRIPTION_CHARS_MIN => {}
        Some((_, line)) => {
            let message =
                format!("`description` takes at least {DESCRIPTION_CHARS_MIN} characters: say why and until when.");
            fields.note(*line, message);
        }
        None => fields.note(
            0,
            "A waiver has a `description`: why the rule may be broken here.".to_owned(),
        ),
    }
    required(fields, "mitigation", "what keeps the harm small meanwhile");
    description.map(|(text, _)| text).unwrap_or_default()
}

/// Reads `YYYY-MM-DD`, its last second where `is_end`, or a whole moment in UTC.
fn read_time(fields: &mut Fields<'_>, name: &str, is_end: bool) -> Option<Time> {
    let Some((text, line)) = fields.text(&[name]) else {
        fields.note(0, format!("A waiver has a date `{name}`, such as 2027-01-31."));
        return None;
    };
    let time = moment(&text, is_end);
    if time.is_none() {
        fields.note(
            line,
            format!("`{name}` is a date such as 2027-01-31, or a moment such as 2027-01-31T12:00:00Z."),
        );
    }
    time
}

/// The moment that a date or a whole moment means: of a date its first second, or its last.
pub(super) fn moment(text: &str, is_end: bool) -> Option<Time> {
    if text.len() == 10 {
        format!("{text}{}", if is_end { "T23:59:59Z" } else { "T00:00:00Z" })
            .parse()
            .ok()
    } else {
        text.parse().ok()
    }
}

fn check_span(authored: &Authored, fields: &mut Fields<'_>) {
    let (Some(created), Some(expires)) = (authored.created, authored.expires) else {
        return;
    };
    let seconds = expires.unix_seconds().saturating_sub(created.unix_seconds());
    if seconds < 0 {
        fields.note(0, "The waiver expires before it was created.".to_owned());
    } else if seconds > DAYS_MAX.saturating_add(1).saturating_mul(DAY_SECONDS) {
        fields.note(
            0,
            format!("A waiver lasts at most {DAYS_MAX} days; write a new one when it is over."),
        );
    }
}

fn read_approvers(path: &str, fields: &mut Fields<'_>) -> Vec<Approver> {
    let mut approvers = Vec::new();
    for node in fields.tables(&["approvers"]).into_iter().take(64) {
        let mut each = Fields::of(path, node);
        let handle = each.text(&["handle"]);
        if handle.is_none() {
            each.note(
                node.line,
                "An approver has a `handle`: a name, a handle or a mail address.".to_owned(),
            );
        }
        let approved_at = read_time(&mut each, "approved_at", false);
        fields.absorb(each);
        approvers.extend(handle.map(|(handle, line)| Approver {
            handle,
            approved_at,
            line,
        }));
    }
    approvers
}

fn check_approvers(authored: &Authored, fields: &mut Fields<'_>) {
    let mut others: BTreeSet<String> = BTreeSet::new();
    for approver in &authored.approvers {
        if is_same_person(&approver.handle, &authored.owner) {
            let message = "The waiver is self-approved: its owner does not approve it.".to_owned();
            fields.note(approver.line, message);
        } else {
            others.insert(approver.handle.to_lowercase());
        }
    }
    let needed = if PLACELESS.contains(&authored.rule.as_str()) {
        BUDGET_APPROVALS
    } else {
        APPROVALS
    };
    if others.len() < needed {
        let people = if needed == 1 {
            "somebody else approves"
        } else {
            "two others approve"
        };
        fields.note(
            0,
            format!("An active waiver counts once {people} it (`[[approvers]]`)."),
        );
    }
}

/// Whether two names are one person's: the same text, or the part of a mail address before the `@`, without a leading `@`.
#[must_use]
pub fn is_same_person(one: &str, other: &str) -> bool {
    let names = |text: &str| {
        let whole = text.trim().trim_start_matches('@').to_lowercase();
        let local = whole.split('@').next().unwrap_or_default().to_owned();
        (whole, local)
    };
    let ((one, one_local), (other, other_local)) = (names(one), names(other));
    !one.is_empty() && !other.is_empty() && (one == other || one_local == other || one == other_local)
}

//! A judge: notes added lines that are longer than `max_characters` of its rule (120 where policy says nothing).

mod conformance;

use assize_judge::settings::parameter;
use assize_judge::{
    Case, Changes, Description, Evidence, Finding, Form, Location, Opinion, Severity, Side, Vote, pages,
};

const RULE: &str = "long-lines/too-long";
const CHARACTERS_MAX: u64 = 120;
const FINDINGS_MAX: usize = 1_000;

/// What this judge says of itself.
#[must_use]
pub fn describe() -> Description {
    Description {
        name: "long-lines".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        summary: "Notes lines that are too long to read with ease.".to_owned(),
        // A judge would name here what it cannot do without. This one also serves tests of refusals, so it starts with nothing.
        requires: Vec::new(),
        wants: vec!["evidence.changes".to_owned(), "evidence.hunks".to_owned()],
    }
}

/// Judges one case.
#[must_use]
pub fn judge(case: &Case, evidence: &dyn Evidence) -> Opinion {
    let mut messages = case.messages.iter();
    if let Some(asked) = messages.find(|message| message.starts_with("{\"calls\"")) {
        return Opinion {
            vote: Vote::Approve,
            findings: Vec::new(),
            rationale: conformance::answers(asked, evidence).unwrap_or_default(),
        };
    }
    let characters_max = parameter(case, RULE, "max_characters", CHARACTERS_MAX);
    let changes = Changes::read(evidence);
    let (mut findings, mut unread) = (Vec::new(), 0_u32);
    let texts = changes
        .all
        .iter()
        .filter(|change| change.form == Form::Text && change.head.is_some());
    for change in texts {
        for hunk in pages::hunks(evidence, &change.path) {
            let Ok(hunk) = hunk else {
                unread += 1;
                continue;
            };
            for (line, text) in (hunk.head_start..).zip(&hunk.added) {
                let characters = text.strip_suffix('\r').unwrap_or(text).chars().count() as u64;
                if characters > characters_max && findings.len() < FINDINGS_MAX {
                    findings.push(finding(&change.path, line, characters, characters_max));
                }
            }
        }
    }
    let is_hidden = changes.cut_by.is_some();
    Opinion {
        vote: if is_hidden { Vote::Abstain } else { Vote::Approve },
        rationale: rationale(changes.all.len(), findings.len(), unread, is_hidden),
        findings,
    }
}

assize_judge::export!(describe, judge);

fn finding(path: &str, line: u32, characters: u64, characters_max: u64) -> Finding {
    Finding {
        rule: RULE.to_owned(),
        severity: Severity::Warning,
        message: format!("The line has {characters} characters; {characters_max} are enough."),
        location: Some(Location {
            side: Side::Head,
            path: path.to_owned(),
            start_line: line,
            end_line: line,
        }),
        suggestion: None,
    }
}

fn rationale(files: usize, lines: usize, unread: u32, is_hidden: bool) -> String {
    let mut why = format!("Looked at {files} changed files and found {lines} lines that are too long.");
    if unread > 0 {
        why.push_str(&format!(" {unread} files could not be read."));
    }
    if is_hidden {
        why.push_str(" The list of changes could not be read to its end.");
    }
    why
}

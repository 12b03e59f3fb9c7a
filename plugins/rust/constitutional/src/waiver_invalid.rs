//! `constitutional/waiver-invalid`: a waiver that excuses nothing is not left standing as if it did.
//!
//! What a change brings must be in order; what stood before is only pointed out, because whoever changes something else has
//! no part in it.

use assize_judge::findings::{finding, shown};
use assize_judge::{Case, Changes, Finding, Findings, Severity, Side, Waiver, WaiverState};

const RULE: &str = "constitutional/waiver-invalid";

/// Looks at every waiver of the case.
pub(crate) fn check(case: &Case, changes: &Changes, findings: &mut Findings) {
    for waiver in case
        .waivers
        .iter()
        .filter(|waiver| waiver.state != WaiverState::Revoked)
    {
        match waiver.side {
            Side::Head => check_brought(waiver, findings),
            Side::Base if !is_touched(waiver, changes) => check_standing(waiver, findings),
            Side::Base => {}
        }
    }
}

/// Tells whether the change mends, moves or removes the file of a waiver.
fn is_touched(waiver: &Waiver, changes: &Changes) -> bool {
    let is_its_file = |path: &str| path == waiver.path;
    changes
        .all
        .iter()
        .any(|change| is_its_file(&change.path) || change.old_path.as_deref().is_some_and(is_its_file))
}

/// A waiver that this change brings or alters. One that is only proposed is on its way.
fn check_brought(waiver: &Waiver, findings: &mut Findings) {
    for problem in &waiver.problems {
        let found = finding(RULE, Severity::Error, problem.message.as_str()).at(&problem.path, problem.line);
        findings.report(found.suggesting("Mend the waiver at this place; until then it excuses nothing."));
    }
    if waiver.problems.is_empty() && waiver.state != WaiverState::InForce {
        let severity = if waiver.state == WaiverState::Proposed {
            Severity::Note
        } else {
            Severity::Error
        };
        findings.report(of_state(waiver, severity).at(&waiver.path, 0));
    }
}

/// A waiver that stood before the change.
fn check_standing(waiver: &Waiver, findings: &mut Findings) {
    if let Some(problem) = waiver.problems.first() {
        let found = finding(RULE, Severity::Warning, problem.message.as_str()).at_base(&problem.path, problem.line);
        findings.report(found.suggesting("Mend or remove the waiver in a change of its own; it excuses nothing."));
    } else if waiver.state != WaiverState::InForce {
        findings.report(of_state(waiver, Severity::Warning).at_base(&waiver.path, 0));
    }
}

/// What a waiver's state says, where nothing else is wrong with it.
fn of_state(waiver: &Waiver, severity: Severity) -> Finding {
    let name = shown(&waiver.id);
    let (message, suggestion) = match waiver.state {
        WaiverState::Proposed => (
            format!("The waiver `{name}` is only proposed and excuses nothing."),
            "Have somebody approve it who is not its author.",
        ),
        WaiverState::Expired => (
            format!(
                "The waiver `{name}` ended at {} and excuses nothing.",
                shown(&waiver.expires)
            ),
            "Remove it, or ask again with a new date and for the reason that holds now.",
        ),
        WaiverState::InForce | WaiverState::Revoked | WaiverState::Invalid => (
            format!("The waiver `{name}` is not valid and excuses nothing."),
            "Mend it by what `assize waiver check` says, or remove it.",
        ),
    };
    finding(RULE, severity, message).suggesting(suggestion)
}

//! A guest's answer, held against the contract's bounds before anything else sees it.

use assize_provenance::opinion::{Finding, Location, Opinion, Severity, Side, Vote};

use super::agent::{Done, JSON_BYTES_MAX};
use super::bindings::{types as contract, work};
use crate::policy::is_name;

/// The most findings one opinion may carry.
const FINDINGS_MAX: usize = 10_000;
/// The longest message or suggestion, in bytes.
const MESSAGE_BYTES_MAX: usize = 1_024;
/// The longest rationale, in bytes.
const RATIONALE_BYTES_MAX: usize = 8_192;
/// The longest path, in bytes of its escaped form.
const PATH_BYTES_MAX: usize = 16_384;
/// The longest detail kept of a guest's failure, in bytes.
const DETAIL_BYTES_MAX: usize = 256;

/// Checks an opinion and turns it into ours. A judge may only find under rules that carry the name its component gave
/// itself, so that nobody's settings or waivers apply to another's findings.
pub(super) fn opinion(answer: contract::Opinion, plugin: &str) -> Result<Opinion, String> {
    let contract::Opinion {
        vote,
        findings,
        rationale,
    } = answer;
    if findings.len() > FINDINGS_MAX {
        return Err(format!(
            "it gave {} findings; at most {FINDINGS_MAX} are taken",
            findings.len()
        ));
    }
    text("rationale", &rationale, RATIONALE_BYTES_MAX)?;
    let findings = findings
        .into_iter()
        .map(|each| finding(each, plugin))
        .collect::<Result<_, _>>()?;
    let vote = match vote {
        contract::Vote::Approve => Vote::Approve,
        contract::Vote::Reject => Vote::Reject,
        contract::Vote::Abstain => Vote::Abstain,
    };
    Ok(Opinion {
        vote,
        findings,
        rationale,
    })
}

/// Checks what an agent says it did.
pub(super) fn done(outcome: work::Outcome) -> Result<Done, String> {
    let work::Outcome { summary, output } = outcome;
    text("summary", &summary, RATIONALE_BYTES_MAX)?;
    if output.len() > JSON_BYTES_MAX {
        return Err(format!(
            "its output has {} bytes; at most {JSON_BYTES_MAX} are taken",
            output.len()
        ));
    }
    // Read as whoever uses it will, so that what is nested too deeply ends here.
    serde_json::from_str::<serde_json::Value>(&output).map_err(|error| format!("its output is no JSON: {error}"))?;
    Ok(Done { summary, output })
}

/// Cuts a guest's text to what is worth keeping, on one line.
pub(super) fn bounded(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let end = line.floor_char_boundary(DETAIL_BYTES_MAX);
    line.get(..end).unwrap_or_default().to_owned()
}

fn finding(finding: contract::Finding, plugin: &str) -> Result<Finding, String> {
    let contract::Finding {
        rule,
        severity,
        message,
        location: place,
        suggestion,
    } = finding;
    let well_formed = rule.len() <= 64
        && rule
            .split_once('/')
            .is_some_and(|(judge, name)| judge == plugin && is_name(name));
    if !well_formed {
        return Err(format!(
            "it gave a finding under `{}`, which is no rule of `{plugin}`",
            bounded(&rule)
        ));
    }
    text("message of a finding", &message, MESSAGE_BYTES_MAX)?;
    if let Some(suggestion) = &suggestion {
        text("suggestion of a finding", suggestion, MESSAGE_BYTES_MAX)?;
    }
    let severity = match severity {
        contract::Severity::Note => Severity::Note,
        contract::Severity::Warning => Severity::Warning,
        contract::Severity::Error => Severity::Error,
        contract::Severity::Critical => Severity::Critical,
    };
    Ok(Finding {
        rule,
        severity,
        message,
        location: place.map(location).transpose()?,
        suggestion,
    })
}

fn location(place: contract::Location) -> Result<Location, String> {
    let contract::Location {
        side,
        path,
        start_line,
        end_line,
    } = place;
    if path.is_empty() || path.len() > PATH_BYTES_MAX || path.chars().any(char::is_control) {
        return Err("it gave a place whose path is empty, too long or holds control characters".into());
    }
    if end_line < start_line || (start_line == 0) != (end_line == 0) {
        return Err(format!("it gave a place with the lines {start_line} to {end_line}"));
    }
    let side = match side {
        contract::Side::Base => Side::Base,
        contract::Side::Head => Side::Head,
    };
    Ok(Location {
        side,
        path,
        start_line,
        end_line,
    })
}

/// A text of at most `bytes_max` bytes without control characters but line breaks and tabs.
fn text(what: &str, text: &str, bytes_max: usize) -> Result<(), String> {
    if text.len() > bytes_max {
        return Err(format!(
            "a {what} has {} bytes; at most {bytes_max} are taken",
            text.len()
        ));
    }
    if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        return Err(format!("a {what} holds control characters"));
    }
    Ok(())
}

//! Workflow commands of GitHub Actions: one annotation a finding.
//!
//! The form is that of GitHub's "Workflow commands": `::error file=…,line=…,title=…::message`. In a message `%`, CR and LF
//! are written as `%25`, `%0D` and `%0A`; in a property `:` and `,` as `%3A` and `%2C` as well. The runner takes a line for a
//! command where it begins with `::`, or holds `##[`; each line here is a command of ours or begins with the word `assize`
//! and holds nothing from outside.

use super::super::output::safe;
use super::super::review::count;
use super::excuse;
use crate::app::view::{FindingView, OpinionView, ReviewView};

/// Draws a review as lines for a step's log.
pub(in crate::cli) fn commands(view: &ReviewView) -> String {
    let mut lines = String::new();
    for opinion in &view.opinions {
        if let Some(command) = absence(opinion) {
            lines.push_str(&command);
        }
        lines.extend(opinion.findings.iter().map(annotation));
    }
    let findings: usize = view.opinions.iter().map(|opinion| opinion.findings.len()).sum();
    lines.push_str(&format!(
        "assize: {}, {}\n",
        view.verdict,
        count(findings as u64, "finding")
    ));
    lines
}

/// A judge without an opinion is worth an annotation: it may be why there is no verdict.
fn absence(opinion: &OpinionView) -> Option<String> {
    let absence = opinion.no_opinion.as_ref()?;
    let message = format!("no opinion ({}): {}", absence.reason, absence.detail);
    Some(command("warning", &[("title", opinion.judge.clone())], &message))
}

fn annotation(finding: &FindingView) -> String {
    let name = match (finding.severity, excuse(finding)) {
        ("error" | "critical", None) => "error",
        ("warning", None) => "warning",
        _ => "notice",
    };
    let mut properties = Vec::new();
    let mut message = finding.message.clone();
    if let Some(path) = &finding.path {
        // The annotation stands in the head, where a line of the base means nothing.
        properties.push(("file", path.clone()));
        if let (Some(line), false) = (finding.line, finding.in_base) {
            properties.push(("line", line.to_string()));
            properties.push(("endLine", finding.end_line.unwrap_or(line).to_string()));
        } else if let Some(line) = finding.line {
            message.push_str(&format!(" (line {line} of the base)"));
        }
    }
    properties.push(("title", finding.rule.clone()));
    if let Some(suggestion) = &finding.suggestion {
        message.push_str(&format!(" Help: {suggestion}"));
    }
    if let Some(excuse) = excuse(finding) {
        message.push_str(&format!(" (does not count: {excuse})"));
    }
    command(name, &properties, &message)
}

fn command(name: &str, properties: &[(&str, String)], message: &str) -> String {
    let properties: Vec<String> = properties
        .iter()
        .map(|(key, value)| format!("{key}={}", property(value)))
        .collect();
    format!("::{name} {}::{}\n", properties.join(","), text(message))
}

fn text(text: &str) -> String {
    safe(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(value: &str) -> String {
    text(value).replace(':', "%3A").replace(',', "%2C")
}

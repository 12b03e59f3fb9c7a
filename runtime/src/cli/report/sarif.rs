//! SARIF 2.1.0 (OASIS, Static Analysis Results Interchange Format), for code scanning and editors.
//!
//! One run. Its rules are those of the shipped judges, as `policies/RULES.md` has them, and behind them any other rule that
//! found something. A finding that a waiver or a setting excuses is a result with a suppression. Where SARIF has no word of
//! its own (critical, the verdict, the entry), it stands in a property bag.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::super::output::safe;
use super::{excuse, rejects, uri};
use crate::app::view::{FindingView, OpinionView, ReviewView};
use crate::policy::rulebook::{Page, Rulebook};

/// The name of the fingerprint, whose number grows when it is computed otherwise.
const FINGERPRINT: &str = "assizeRulePathLine/v1";
/// The folder that locations are relative to: the root of the work tree.
const ROOT: &str = "%SRCROOT%";
/// What code scanning sorts as "critical"; rules that can veto have it.
const SECURITY_SEVERITY: &str = "9.5";

/// Draws a review as one log file.
pub(in crate::cli) fn log(view: &ReviewView) -> Value {
    let rules = Rules::of(view);
    let findings = view.opinions.iter().flat_map(|opinion| &opinion.findings);
    let results: Vec<Value> = findings.map(|finding| result(finding, &rules)).collect();
    let notifications: Vec<Value> = view.opinions.iter().filter_map(notification).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "assize",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.descriptors,
            }},
            "automationDetails": { "id": format!("assize/{}/", safe(&view.council.name)) },
            "columnKind": "unicodeCodePoints",
            "invocations": [{
                "executionSuccessful": notifications.is_empty(),
                "toolExecutionNotifications": notifications,
            }],
            "results": results,
            "properties": properties(view),
        }],
    })
}

/// Descriptions of rules, and where each stands among them.
struct Rules {
    descriptors: Vec<Value>,
    places: BTreeMap<String, usize>,
}

impl Rules {
    fn of(view: &ReviewView) -> Self {
        let pages = Rulebook::shipped().pages();
        let mut rules = Self {
            descriptors: pages.iter().map(descriptor).collect(),
            places: pages.iter().map(|page| page.rule.to_owned()).zip(0..).collect(),
        };
        for finding in view.opinions.iter().flat_map(|opinion| &opinion.findings) {
            let next = rules.descriptors.len();
            let place = *rules.places.entry(finding.rule.clone()).or_insert(next);
            if place == next {
                rules.descriptors.push(json!({ "id": safe(&finding.rule) }));
            }
        }
        rules
    }
}

fn descriptor(page: &Page) -> Value {
    let mut descriptor = json!({
        "id": page.rule,
        "shortDescription": { "text": message(&page.summary) },
        "fullDescription": { "text": message(&page.summary) },
        "help": { "text": page.text, "markdown": page.text },
        "defaultConfiguration": { "level": level(page.worst()) },
    });
    if page.worst() == "critical" {
        add(
            &mut descriptor,
            "properties",
            json!({ "tags": ["security"], "security-severity": SECURITY_SEVERITY }),
        );
    }
    descriptor
}

fn result(finding: &FindingView, rules: &Rules) -> Value {
    let mut text = message(&finding.message);
    if let Some(suggestion) = &finding.suggestion {
        text.push_str("\nHelp: ");
        text.push_str(&message(suggestion));
    }
    let mut result = json!({
        "ruleId": safe(&finding.rule),
        "ruleIndex": rules.places.get(&finding.rule),
        "level": level(finding.severity),
        "message": { "text": text },
        "locations": [{ "physicalLocation": place(finding) }],
        "partialFingerprints": { FINGERPRINT: finding.fingerprint },
        "properties": {
            "severity": finding.severity,
            "rejects": rejects(finding),
            "side": if finding.in_base { "base" } else { "head" },
        },
    });
    if let Some(excuse) = excuse(finding) {
        let suppression = json!({ "kind": "external", "status": "accepted", "justification": safe(&excuse) });
        add(&mut result, "suppressions", json!([suppression]));
    }
    result
}

/// Where a finding stands. Code scanning takes no result without a place, so what is about the whole change stands at the
/// root.
fn place(finding: &FindingView) -> Value {
    let uri = finding.path.as_deref().map_or_else(|| ".".to_owned(), uri);
    let mut place = json!({ "artifactLocation": { "uri": uri, "uriBaseId": ROOT } });
    if let Some(line) = finding.line {
        let end = finding.end_line.unwrap_or(line).max(line);
        add(&mut place, "region", json!({ "startLine": line, "endLine": end }));
    }
    place
}

/// A judge without an opinion is a failure of the tool, not of the change.
fn notification(opinion: &OpinionView) -> Option<Value> {
    let absence = opinion.no_opinion.as_ref()?;
    let text = format!(
        "{} has no opinion ({}): {}",
        opinion.judge, absence.reason, absence.detail
    );
    Some(json!({ "level": "error", "message": { "text": message(&text) } }))
}

fn properties(view: &ReviewView) -> Value {
    let mut properties = json!({
        "verdict": view.verdict,
        "because": view.because,
        "case": view.case.digest,
        "base": view.case.base,
        "head": view.case.head,
        "policy": view.case.policy.digest,
        "council": safe(&view.council.name),
    });
    if let Some(entry) = &view.entry {
        add(&mut properties, "entry", json!(entry.id));
        add(&mut properties, "log", json!(entry.r#ref));
    }
    properties
}

/// SARIF has three levels for failures; critical is an error that the property bag tells apart.
fn level(severity: &str) -> &'static str {
    match severity {
        "critical" | "error" => "error",
        "warning" => "warning",
        _ => "note",
    }
}

/// A text as a plain message (SARIF, 3.11.5 and 3.11.6): where it could be taken for a link `[text](place)` its brackets
/// are escaped, and where for a placeholder `{0}` its braces are doubled.
fn message(text: &str) -> String {
    let mut text = safe(text);
    if text.contains("](") {
        text = text.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]");
    }
    let is_placeholder = |part: &str| part.starts_with(|first: char| first.is_ascii_digit());
    if text.split('{').skip(1).any(is_placeholder) {
        text = text.replace('{', "{{").replace('}', "}}");
    }
    text
}

fn add(value: &mut Value, key: &str, member: Value) {
    let members: Option<&mut Map<String, Value>> = value.as_object_mut();
    if let Some(members) = members {
        members.insert(key.to_owned(), member);
    }
}

//! JUnit XML, in the form that Jenkins, GitLab and others read (the xunit plugin's `junit-10.xsd`).
//!
//! A judge is a test suite. Its vote is a test case, and so is each rule that found something: a **failure** where a finding
//! speaks against the change, **skipped** where everything that would is excused, passed where there are only notes and
//! warnings. A judge without an opinion is an **error**, never a pass.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::super::output::safe;
use super::super::review::count;
use super::{excuse, rejects};
use crate::app::view::{FindingView, OpinionView, ReviewView};

/// How a test case ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Passed,
    Skipped,
    Failure,
    Error,
}

struct TestCase {
    name: String,
    ending: Ending,
    /// What happened, in a few words; the type for errors and failures.
    kind: String,
    message: String,
    /// Lines for whoever opens the case.
    text: String,
}

/// Draws a review as one document.
pub(in crate::cli) fn document(view: &ReviewView) -> String {
    let suites: Vec<(&OpinionView, Vec<TestCase>)> = view
        .opinions
        .iter()
        .map(|opinion| (opinion, test_cases(opinion)))
        .collect();
    let all: Vec<&TestCase> = suites.iter().flat_map(|(_, cases)| cases).collect();
    let mut page = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    line(
        &mut page,
        &format!(
            "<testsuites name=\"assize review\" tests=\"{}\" failures=\"{}\" errors=\"{}\">",
            all.len(),
            counted(&all, Ending::Failure),
            counted(&all, Ending::Error)
        ),
    );
    for (opinion, cases) in &suites {
        suite(&mut page, view, opinion, cases);
    }
    page.push_str("</testsuites>\n");
    page
}

fn counted(cases: &[&TestCase], ending: Ending) -> usize {
    cases.iter().filter(|case| case.ending == ending).count()
}

fn suite(page: &mut String, view: &ReviewView, opinion: &OpinionView, cases: &[TestCase]) {
    let all: Vec<&TestCase> = cases.iter().collect();
    let head = format!(
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">",
        escaped(&opinion.judge),
        all.len(),
        counted(&all, Ending::Failure),
        counted(&all, Ending::Error),
        counted(&all, Ending::Skipped)
    );
    line(page, &head);
    line(page, "    <properties>");
    let properties = [
        ("verdict", view.verdict),
        ("case", &view.case.digest),
        ("head", &view.case.head),
        ("component", &opinion.component),
    ];
    for (name, value) in properties {
        line(
            page,
            &format!("      <property name=\"{name}\" value=\"{}\"/>", escaped(value)),
        );
    }
    line(page, "    </properties>");
    for case in cases {
        test_case(page, &opinion.judge, case);
    }
    line(page, "  </testsuite>");
}

fn test_case(page: &mut String, judge: &str, case: &TestCase) {
    let head = format!(
        "    <testcase classname=\"assize.{}\" name=\"{}\"",
        escaped(judge),
        escaped(&case.name)
    );
    let (kind, message) = (escaped(&case.kind), escaped(&case.message));
    let text = lines(&case.text);
    match case.ending {
        Ending::Passed if text.is_empty() => return line(page, &format!("{head}/>")),
        Ending::Passed => line(page, &format!("{head}>\n      <system-out>{text}</system-out>")),
        Ending::Skipped => line(
            page,
            &format!("{head}>\n      <skipped message=\"{message}\"/>\n      <system-out>{text}</system-out>"),
        ),
        Ending::Failure => line(
            page,
            &format!("{head}>\n      <failure type=\"{kind}\" message=\"{message}\">{text}</failure>"),
        ),
        Ending::Error => line(
            page,
            &format!("{head}>\n      <error type=\"{kind}\" message=\"{message}\">{text}</error>"),
        ),
    }
    line(page, "    </testcase>");
}

fn test_cases(opinion: &OpinionView) -> Vec<TestCase> {
    let mut rules: BTreeMap<&str, Vec<&FindingView>> = BTreeMap::new();
    for finding in &opinion.findings {
        rules.entry(&finding.rule).or_default().push(finding);
    }
    let of_rules = rules.iter().map(|(rule, findings)| rule_case(rule, findings));
    std::iter::once(vote(opinion)).chain(of_rules).collect()
}

fn vote(opinion: &OpinionView) -> TestCase {
    let (ending, kind, message) = match (&opinion.no_opinion, opinion.effective) {
        (Some(absence), _) => (Ending::Error, absence.reason, absence.detail.clone()),
        (None, "reject") => (Ending::Failure, "reject", "the judge rejects".to_owned()),
        (None, "approve") => (Ending::Passed, "approve", String::new()),
        (None, _) => (Ending::Skipped, "abstain", "the judge takes no side".to_owned()),
    };
    TestCase {
        name: "vote".to_owned(),
        ending,
        kind: kind.to_owned(),
        message,
        text: opinion.rationale.clone(),
    }
}

fn rule_case(rule: &str, findings: &[&FindingView]) -> TestCase {
    let against = findings.iter().filter(|each| rejects(each)).count();
    let excused = findings.iter().find_map(|each| match each.severity {
        "error" | "critical" => excuse(each),
        _ => None,
    });
    let (ending, message) = match (against, excused) {
        (0, None) => (Ending::Passed, String::new()),
        (0, Some(excuse)) => (Ending::Skipped, format!("does not count: {excuse}")),
        (against, _) => (
            Ending::Failure,
            format!("{} against the change", count(against as u64, "finding")),
        ),
    };
    let is_critical = findings.iter().any(|each| rejects(each) && each.severity == "critical");
    TestCase {
        name: rule.to_owned(),
        ending,
        kind: if is_critical { "critical" } else { "error" }.to_owned(),
        message,
        text: findings.iter().map(|each| told(each)).collect::<Vec<_>>().join("\n"),
    }
}

/// One finding as one line.
fn told(finding: &FindingView) -> String {
    let side = if finding.in_base { " (in the base)" } else { "" };
    let place = match (&finding.path, finding.line) {
        (Some(path), Some(line)) => format!("{}:{line}{side}: ", safe(path)),
        (Some(path), None) => format!("{}{side}: ", safe(path)),
        (None, _) => String::new(),
    };
    let mut told = format!("{place}{}: {}", finding.severity, safe(&finding.message));
    if let Some(suggestion) = &finding.suggestion {
        let _ = write!(told, " Help: {}", safe(suggestion));
    }
    if let Some(excuse) = excuse(finding) {
        let _ = write!(told, " (does not count: {})", safe(&excuse));
    }
    told
}

fn line(page: &mut String, text: &str) {
    page.push_str(text);
    page.push('\n');
}

/// Text of several lines, each made safe.
fn lines(text: &str) -> String {
    text.lines().map(escaped).collect::<Vec<_>>().join("\n")
}

/// A text for an attribute or between tags (XML 1.0, sections 2.2 and 2.4). The two characters that no document may hold,
/// besides the controls that [`safe`] takes out, become the sign for a character that cannot be shown.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in safe(text).chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
    }
    escaped
}

//! `quality/tests-failed`: what a report of a test run says.
//!
//! Nothing is run here: the rule reads the JUnit reports that come with the case as documents named `tests…` or `junit…`.
//! Without one it says that tests were not evaluated, never that they passed.

use assize_judge::file::exists;
use assize_judge::findings::{count, finding, shown};
use assize_judge::settings::parameter;
use assize_judge::{Case, Evidence, Finding, Findings, Severity, Side};

use crate::reports::Report;
use crate::reports::junit::{Failure, TestReport};

pub(crate) const RULE: &str = "quality/tests-failed";

/// How the documents are named that are read as test reports.
pub(crate) const PREFIXES: [&str; 2] = ["tests", "junit"];

/// Reports what failed. Answers a sentence for the rationale.
pub(crate) fn check(
    case: &Case,
    reports: &[Report<TestReport>],
    evidence: &dyn Evidence,
    findings: &mut Findings,
) -> String {
    if reports.is_empty() {
        if parameter(case, RULE, "required", 0) > 0 {
            let found = finding(
                RULE,
                Severity::Error,
                "No test report came with the case, and policy requires one.",
            );
            findings.report(found.suggesting("Run the tests and hand over their JUnit report: --document tests=FILE."));
        }
        return "Test results were not evaluated: no report came with the case.".to_owned();
    }
    let mut tests = 0_u64;
    let mut failed = 0_u64;
    for report in reports {
        match &report.contents {
            Ok(contents) => {
                tests = tests.saturating_add(contents.tests);
                failed = failed.saturating_add(contents.failed);
                look_at(&report.name, contents, evidence, findings);
            }
            Err(why) => {
                let message = format!("The test report `{}` tells nothing: {why}.", shown(&report.name));
                let found = finding(RULE, Severity::Error, message);
                findings.report(found.suggesting("Hand over a JUnit XML report of the whole run."));
            }
        }
    }
    format!(
        "The test reports list {}, of which {failed} failed.",
        count(tests, "test")
    )
}

fn look_at(name: &str, report: &TestReport, evidence: &dyn Evidence, findings: &mut Findings) {
    for failure in &report.failures {
        findings.report(failed(failure, evidence));
    }
    let unlisted = report.failed.saturating_sub(report.failures.len() as u64);
    let name = shown(name);
    if unlisted > 0 {
        let message = format!(
            "The test report `{name}` counts {} more that it does not show here.",
            count(unlisted, "failure")
        );
        let found = finding(RULE, Severity::Error, message);
        findings.report(found.suggesting("Look into the report itself, and mend what failed."));
    }
    if report.tests == 0 && report.failed == 0 {
        let found = finding(
            RULE,
            Severity::Error,
            format!("The test report `{name}` lists no test: nothing ran."),
        );
        findings.report(found.suggesting("See why the run found no tests, and hand over the report of one that did."));
    } else if report.tests > 0 && report.tests == report.skipped {
        let found = finding(
            RULE,
            Severity::Warning,
            format!("Every test that the report `{name}` lists was skipped."),
        );
        findings.report(found.suggesting("Run the tests where they are not skipped."));
    }
}

/// A failure, at the place the report names where the head has such a file.
fn failed(failure: &Failure, evidence: &dyn Evidence) -> Finding {
    let message = if failure.name.is_empty() {
        "A test without a name failed.".to_owned()
    } else {
        format!("The test `{}` failed.", shown(&failure.name))
    };
    let found =
        finding(RULE, Severity::Error, message).suggesting("Mend the code or the test; the report says what failed.");
    let file = failure.file.as_deref().map(|file| file.replace('\\', "/"));
    let place = file
        .as_deref()
        .map(|file| file.trim_start_matches("./"))
        .filter(|file| !file.is_empty() && !file.starts_with('/') && exists(evidence, Side::Head, file));
    match place {
        Some(file) => found.at(file, failure.line),
        None => found,
    }
}

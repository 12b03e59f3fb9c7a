//! `quality/coverage-low`: what a report of coverage says.
//!
//! It reads lcov tracefiles and Cobertura reports that come with the case as documents named `coverage…`. Without one it
//! says that coverage was not evaluated.

use assize_judge::evidence::Change;
use assize_judge::findings::{count, finding, shown};
use assize_judge::language::Language;
use assize_judge::patch::Patch;
use assize_judge::settings::parameter;
use assize_judge::{Case, Changes, Evidence, Findings, Severity, path};

use crate::coverage::Coverage;
use crate::reports::{cobertura, lcov, named};

const RULE: &str = "quality/coverage-low";

/// How the documents are named that are read as reports of coverage.
const PREFIXES: [&str; 1] = ["coverage"];

/// The reports of a case, put together.
pub(crate) struct CoverageLow {
    coverage: Coverage,
    /// What the rule says of itself in the rationale.
    summary: String,
}

impl CoverageLow {
    /// Reads the reports, and compares the sum with what the tier asks for.
    pub(crate) fn read(case: &Case, changes: &Changes, evidence: &dyn Evidence, findings: &mut Findings) -> Self {
        let files = changes
            .all
            .iter()
            .map(|change| change.path.as_str())
            .filter(|file| is_product(file));
        let mut coverage = Coverage::of(files);
        let reports = named(case, evidence, &PREFIXES, |text| parse(text, &mut coverage));
        for report in &reports {
            if let Err(why) = &report.contents {
                let message = format!("The report of coverage `{}` tells nothing: {why}.", shown(&report.name));
                let found = finding(RULE, Severity::Error, message);
                findings
                    .report(found.suggesting("Hand over an lcov tracefile or a Cobertura report of the whole run."));
            }
        }
        let is_read = reports.iter().any(|report| report.contents.is_ok());
        if reports.is_empty() && parameter(case, RULE, "required", 0) > 0 {
            let message = "No report of coverage came with the case, and policy requires one.";
            let found = finding(RULE, Severity::Error, message);
            findings.report(found.suggesting("Measure it and hand over the report: --document coverage=FILE."));
        }
        let summary = if is_read {
            compare(case, &coverage, findings)
        } else if reports.is_empty() {
            "Coverage was not evaluated: no report of it came with the case.".to_owned()
        } else {
            "Coverage was not evaluated: no report of it could be read.".to_owned()
        };
        Self { coverage, summary }
    }

    /// Looks for added lines of one file that never ran.
    pub(crate) fn look_at(&self, change: &Change, patch: &Patch, findings: &mut Findings) {
        if !is_product(&change.path) {
            return;
        }
        let mut never = patch
            .added
            .iter()
            .filter(|line| self.coverage.never_ran(&change.path, line.number));
        let Some(first) = never.next() else { return };
        let lines = (never.count() as u64).saturating_add(1);
        let message = format!("No test ran {} that this change adds here.", count(lines, "line"));
        let found = finding(RULE, Severity::Warning, message).at(&change.path, first.number);
        findings.report(found.suggesting("Add a test that runs them, or take out what nothing needs."));
    }

    /// A sentence for the rationale.
    pub(crate) fn summary(&self) -> &str {
        &self.summary
    }
}

fn is_product(file: &str) -> bool {
    Language::of(file).is_some() && !path::is_test(file) && !path::is_foreign(file) && !path::is_example(file)
}

fn parse(text: &str, coverage: &mut Coverage) -> Result<(), String> {
    if lcov::is_one(text) {
        lcov::parse(text, coverage)
    } else if cobertura::is_one(text) {
        cobertura::parse(text, coverage)
    } else {
        Err("it is neither an lcov tracefile nor a Cobertura report".to_owned())
    }
}

/// Compares the sum with the part that policy or else the tier asks for. Answers a sentence for the rationale.
fn compare(case: &Case, coverage: &Coverage, findings: &mut Findings) -> String {
    let Some((what, part)) = coverage.part() else {
        let found = finding(
            RULE,
            Severity::Error,
            "The report of coverage counts not a single line.",
        );
        findings
            .report(found.suggesting("See why the run measured nothing, and hand over the report of one that did."));
        return "The report of coverage counts nothing.".to_owned();
    };
    let of_tier = match case.budget.tier {
        1 => 90,
        2 => 80,
        _ => 70,
    };
    let wanted = match parameter(case, RULE, "min_percent", 0) {
        0 => of_tier,
        percent => percent.min(100),
    };
    let covered = format!("{}.{:02} % of all {what}", part / 100, part % 100);
    if part < wanted.saturating_mul(100) {
        let message = format!("Tests reach {covered}; {wanted} % are asked for.");
        let found = finding(RULE, Severity::Error, message);
        findings.report(found.suggesting("Test what is not reached, first what this change adds."));
    }
    format!("Tests reach {covered}.")
}

//! The quality judge: does code come with tests, do tests stay and run, and does what was promised hold?
//!
//! It reads the hunks of each source file once and hands them to its rules; reports of tests and coverage are read where
//! they come with the case.

mod acceptance_uncovered;
mod coverage;
mod coverage_low;
mod definitions;
mod docs_missing;
mod reports;
mod test_case;
mod test_removed;
mod test_skipped;
mod tests_failed;
mod tests_missing;

use assize_judge::findings::count;
use assize_judge::language::Language;
use assize_judge::patch::Patch;
use assize_judge::stopwatch::{READING, timed};
use assize_judge::{Case, Changes, Description, Evidence, Findings, Opinion, path};

/// What this judge says of itself.
#[must_use]
pub fn describe() -> Description {
    Description {
        name: "quality".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        summary: "Asks whether code comes with tests, whether tests stay and run, and what reports say of them."
            .to_owned(),
        requires: vec!["evidence.changes".to_owned()],
        // Without one of these the judge still looks at the rest, and says what it could not see.
        wants: vec![
            "evidence.hunks".to_owned(),
            "evidence.read".to_owned(),
            "evidence.search".to_owned(),
            "evidence.document".to_owned(),
        ],
    }
}

/// Judges one case.
#[must_use]
pub fn judge(case: &Case, evidence: &dyn Evidence) -> Opinion {
    let changes = timed(READING, || Changes::read(evidence));
    let mut findings = Findings::default();
    let mut missing = timed("tests-missing", || tests_missing::TestsMissing::new(&changes));
    let mut removed = test_removed::TestsRemoved::default();
    let mut docs = timed("docs-missing", || docs_missing::DocsMissing::new(&changes));
    let coverage = timed("coverage-low", || {
        coverage_low::CoverageLow::read(case, &changes, evidence, &mut findings)
    });
    for change in changes.all.iter().filter(|change| Language::of(&change.path).is_some()) {
        match timed(READING, || Patch::read(evidence, change)) {
            Ok(patch) => {
                timed("tests-missing", || {
                    missing.look_at(change, &patch, evidence, &mut findings);
                });
                timed("test-removed", || removed.look_at(change, &patch, &mut findings));
                timed("test-skipped", || {
                    test_skipped::check(case, change, &patch, evidence, &mut findings);
                });
                timed("docs-missing", || docs.look_at(change, &patch));
                timed("coverage-low", || coverage.look_at(change, &patch, &mut findings));
            }
            Err(refusal) => findings.report_unseen(test_removed::RULE, &change.path, &refusal),
        }
    }
    timed("tests-missing", || missing.settle(case, &mut findings));
    timed("test-removed", || removed.settle(&changes, evidence, &mut findings));
    timed("docs-missing", || docs.settle(evidence, &mut findings));
    let reports = timed("tests-failed", || {
        reports::named(case, evidence, &tests_failed::PREFIXES, reports::junit::parse)
    });
    let tests = timed("tests-failed", || {
        tests_failed::check(case, &reports, evidence, &mut findings)
    });
    timed("acceptance-uncovered", || {
        acceptance_uncovered::check(case, &changes, &reports, evidence, &mut findings);
    });
    let rationale = format!("{} {tests} {}", what_changed(&changes), coverage.summary());
    findings.into_opinion(&changes, rationale)
}

fn what_changed(changes: &Changes) -> String {
    let tests = changes.all.iter().filter(|change| path::is_test(&change.path)).count() as u64;
    let others = (changes.all.len() as u64).saturating_sub(tests);
    match (tests, others) {
        (0, 0) => "No file changed.".to_owned(),
        (0, others) => format!("{} changed, none of tests.", count(others, "file")),
        (tests, 0) => format!("{} of tests changed, and nothing else.", count(tests, "file")),
        (tests, others) => format!(
            "{} of tests and {} changed.",
            count(tests, "file"),
            count(others, "other file")
        ),
    }
}

assize_judge::export!(describe, judge);

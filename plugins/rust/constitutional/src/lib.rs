//! The constitutional judge: is the change allowed to be what it is, whatever it contains?
//!
//! It asks whether policy and code stand in one change, whether the change is within the budget of its risk tier and the
//! scope and mode of its working spec, and whether specs and waivers say what they must.

mod budget;
mod mode;
mod policy_and_code;
mod scope;
mod spec_budget;
mod spec_incomplete;
mod waiver_invalid;
mod working_spec;

use assize_judge::findings::{count, grouped};
use assize_judge::stopwatch::{READING, timed};
use assize_judge::{Case, Changes, Description, Evidence, Findings, Opinion};

/// What this judge says of itself.
#[must_use]
pub fn describe() -> Description {
    Description {
        name: "constitutional".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        summary:
            "Asks whether a change keeps to its tier's budget and its working spec, apart from policy and waivers."
                .to_owned(),
        requires: vec!["evidence.changes".to_owned()],
        // Lines are read only where the spec's mode says what they may be.
        wants: vec![
            "evidence.list".to_owned(),
            "evidence.hunks".to_owned(),
            "evidence.read".to_owned(),
        ],
    }
}

/// Two rules that count the same.
const BUDGET: &str = "budget-files and budget-lines";

/// Judges one case.
#[must_use]
pub fn judge(case: &Case, evidence: &dyn Evidence) -> Opinion {
    let changes = timed(READING, || Changes::read(evidence));
    let mut findings = Findings::default();
    timed("policy-and-code", || {
        policy_and_code::check(&changes, evidence, &mut findings);
    });
    let size = timed(BUDGET, || budget::Size::of(&changes));
    timed(BUDGET, || budget::check(case, size, &changes, &mut findings));
    timed("spec-incomplete", || spec_incomplete::check(case, &mut findings));
    timed("spec-budget", || spec_budget::check(case, &mut findings));
    timed("scope", || scope::check(case, &changes, &mut findings));
    timed("mode", || mode::check(case, &changes, evidence, &mut findings));
    timed("waiver-invalid", || {
        waiver_invalid::check(case, &changes, &mut findings);
    });
    findings.into_opinion(&changes, rationale(case, size))
}

fn rationale(case: &Case, size: budget::Size) -> String {
    let budget = &case.budget;
    let is_within = size.files <= u64::from(budget.files_max) && size.lines <= u64::from(budget.lines_max);
    format!(
        "{}, {}: {} the budget of tier {} ({} files, {} lines).",
        count(size.files, "file"),
        count(size.lines, "line"),
        if is_within { "within" } else { "above" },
        budget.tier,
        grouped(u64::from(budget.files_max)),
        grouped(u64::from(budget.lines_max)),
    )
}

assize_judge::export!(describe, judge);

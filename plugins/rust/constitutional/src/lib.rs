//! The constitutional judge: is the change allowed to be what it is, whatever it contains?
//!
//! It asks whether policy and code stand in one change, and whether the change is within the budget of its risk tier.

mod budget;
mod policy_and_code;

use assize_judge::findings::{count, grouped};
use assize_judge::{Case, Changes, Description, Evidence, Findings, Opinion};

/// What this judge says of itself.
#[must_use]
pub fn describe() -> Description {
    Description {
        name: "constitutional".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        summary: "Asks whether policy and code stand in one change, and whether it is within its tier's budget."
            .to_owned(),
        requires: vec!["evidence.changes".to_owned()],
        wants: vec!["evidence.list".to_owned()],
    }
}

/// Judges one case.
#[must_use]
pub fn judge(case: &Case, evidence: &dyn Evidence) -> Opinion {
    let changes = Changes::read(evidence);
    let mut findings = Findings::default();
    policy_and_code::check(&changes, evidence, &mut findings);
    let size = budget::Size::of(&changes);
    budget::check(case, size, &changes, &mut findings);
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

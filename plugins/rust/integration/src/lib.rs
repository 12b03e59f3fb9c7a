//! The integration judge: does the change fit the rest of the repository?
//!
//! It compares manifests with their lock files, and looks for copies of files that stand beside what they should replace.

mod lock_out_of_step;
mod shadow_copy;

use assize_judge::findings::count;
use assize_judge::{Case, Changes, Description, Evidence, Findings, Opinion};

/// What this judge says of itself.
#[must_use]
pub fn describe() -> Description {
    Description {
        name: "integration".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        summary: "Compares manifests with lock files, and looks for copies beside what they should replace.".to_owned(),
        requires: vec!["evidence.changes".to_owned()],
        // Without one of these the judge still looks at the rest, and says what it could not see.
        wants: vec!["evidence.read".to_owned(), "evidence.list".to_owned()],
    }
}

/// Judges one case.
#[must_use]
pub fn judge(_case: &Case, evidence: &dyn Evidence) -> Opinion {
    let changes = Changes::read(evidence);
    let mut findings = Findings::default();
    let manifests = lock_out_of_step::check(&changes, evidence, &mut findings);
    shadow_copy::check(&changes, evidence, &mut findings);
    let rationale = format!(
        "Compared {} with lock files and looked at {} for copies.",
        count(manifests, "changed manifest"),
        count(changes.all.len() as u64, "changed file"),
    );
    findings.into_opinion(&changes, rationale)
}

assize_judge::export!(describe, judge);

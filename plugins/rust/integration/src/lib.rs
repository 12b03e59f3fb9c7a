//! The integration judge: does the change fit the rest of the repository?
//!
//! It compares manifests with their lock files and with what they asked for before, looks for copies beside what they
//! should replace and for names of files that are gone, and reads new migrations and definitions of checks.

mod broken_reference;
mod ci_changed;
mod dependencies;
mod lock_out_of_step;
mod migration_one_way;
mod new_dependency;
mod shadow_copy;
mod unpinned_dependency;

use assize_judge::findings::count;
use assize_judge::stopwatch::{READING, timed};
use assize_judge::{Case, Changes, Description, Evidence, Findings, Opinion};

/// What this judge says of itself.
#[must_use]
pub fn describe() -> Description {
    Description {
        name: "integration".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        summary: "Looks at manifests, migrations, definitions of checks, copies, and names of files that are gone."
            .to_owned(),
        requires: vec!["evidence.changes".to_owned()],
        // Without one of these the judge still looks at the rest, and says what it could not see.
        wants: vec![
            "evidence.read".to_owned(),
            "evidence.list".to_owned(),
            "evidence.hunks".to_owned(),
            "evidence.search".to_owned(),
        ],
    }
}

/// Two rules that read the same manifests.
const DEPENDENCIES: &str = "unpinned-dependency and new-dependency";

/// Judges one case.
#[must_use]
pub fn judge(_case: &Case, evidence: &dyn Evidence) -> Opinion {
    let changes = timed(READING, || Changes::read(evidence));
    let mut findings = Findings::default();
    let manifests = timed("lock-out-of-step", || {
        lock_out_of_step::check(&changes, evidence, &mut findings)
    });
    timed(DEPENDENCIES, || {
        for manifest in dependencies::changed(&changes, evidence) {
            match manifest {
                Ok(manifest) => {
                    unpinned_dependency::check(&manifest, &mut findings);
                    new_dependency::check(&manifest, &mut findings);
                }
                Err((change, refusal)) => findings.report_unseen(unpinned_dependency::RULE, &change.path, &refusal),
            }
        }
    });
    timed("migration-one-way", || {
        migration_one_way::check(&changes, evidence, &mut findings);
    });
    timed("ci-changed", || ci_changed::check(&changes, evidence, &mut findings));
    timed("shadow-copy", || shadow_copy::check(&changes, evidence, &mut findings));
    let gone = timed("broken-reference", || {
        broken_reference::check(&changes, evidence, &mut findings)
    });
    let rationale = format!(
        "Compared {} with lock files and looked at {} for copies. {gone}",
        count(manifests, "changed manifest"),
        count(changes.all.len() as u64, "changed file"),
    );
    findings.into_opinion(&changes, rationale)
}

assize_judge::export!(describe, judge);

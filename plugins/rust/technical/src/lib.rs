//! The technical judge: is something in the change that must never land, whatever the change is for?
//!
//! It reads the lines of each changed file once and hands them to its rules: unfinished code, conflict markers, secrets,
//! dangerous code; and it looks at sizes: long, large and binary files, mass deletions.

mod binary_file;
mod conflict_marker;
mod dangerous;
mod god_file;
mod large_file;
mod mass_deletion;
mod moved;
mod place;
mod placeholder;
mod reading;
mod secret;

use assize_judge::findings::count;
use assize_judge::stopwatch::{READING, timed};
use assize_judge::{Case, Changes, Description, Evidence, Findings, Opinion};

use reading::Reading;

/// What this judge says of itself.
#[must_use]
pub fn describe() -> Description {
    Description {
        name: "technical".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        summary:
            "Looks for unfinished and dangerous code, conflicts, secrets, long, large and binary files, deletions."
                .to_owned(),
        requires: vec!["evidence.changes".to_owned()],
        // Without one of these the judge still looks at the rest, and says what it could not see.
        wants: vec![
            "evidence.hunks".to_owned(),
            "evidence.read".to_owned(),
            "evidence.list".to_owned(),
            "evidence.search".to_owned(),
        ],
    }
}

/// Judges one case.
#[must_use]
pub fn judge(case: &Case, evidence: &dyn Evidence) -> Opinion {
    let changes = timed(READING, || Changes::read(evidence));
    let mut findings = Findings::default();
    let mut placeholders = placeholder::Placeholders::new(evidence);
    let mut secrets = secret::Secrets::default();
    let mut dangers = dangerous::Dangers::default();
    timed("secret", || secrets.look_at_messages(&case.messages, &mut findings));
    let mut lines = 0_u64;
    for change in &changes.all {
        match timed(READING, || Reading::of(change, evidence)) {
            Ok(reading) => {
                lines = lines.saturating_add(reading.patch.added.len() as u64);
                timed("placeholder", || placeholders.look_at(&reading, &mut findings));
                timed("secret", || secrets.look_at(&reading, &mut findings));
                timed("dangerous", || dangers.look_at(&reading, &mut findings));
                timed("conflict-marker", || {
                    conflict_marker::check(change, &reading.patch, evidence, &mut findings);
                });
                timed("god-file", || god_file::check(case, &reading, evidence, &mut findings));
                timed("mass-deletion", || {
                    mass_deletion::stubs::check(case, &reading, &mut findings);
                });
            }
            Err(refusal) => findings.report_unseen(secret::RULE, &change.path, &refusal),
        }
        timed("secret", || secrets.look_at_oversized(change, evidence, &mut findings));
        timed("large-file", || large_file::check(case, change, &mut findings));
        timed("binary-file", || binary_file::check(change, evidence, &mut findings));
    }
    timed("placeholder", || placeholders.settle(&mut findings));
    timed("secret", || secrets.settle(&mut findings));
    timed("dangerous", || dangers.settle(&mut findings));
    timed("mass-deletion", || {
        mass_deletion::check(case, &changes, evidence, &mut findings);
    });
    let seen = format!(
        "Looked at {} in {}: {}.",
        count(lines, "added line"),
        count(changes.all.len() as u64, "changed file"),
        count(findings.as_slice().len() as u64, "finding"),
    );
    findings.into_opinion(&changes, seen)
}

assize_judge::export!(describe, judge);

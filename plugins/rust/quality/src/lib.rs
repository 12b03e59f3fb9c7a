//! The quality judge: does code come with tests, and do tests stay?

mod definitions;
mod test_case;
mod test_removed;
mod tests_missing;

use assize_judge::findings::count;
use assize_judge::{Case, Changes, Description, Evidence, Findings, Opinion, path};

/// What this judge says of itself.
#[must_use]
pub fn describe() -> Description {
    Description {
        name: "quality".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        summary: "Asks whether code comes with tests, and whether tests stay as long as what they test.".to_owned(),
        requires: vec!["evidence.changes".to_owned()],
        // Without one of these the judge still looks at the rest, and says what it could not see.
        wants: vec!["evidence.hunks".to_owned(), "evidence.read".to_owned()],
    }
}

/// Judges one case.
#[must_use]
pub fn judge(case: &Case, evidence: &dyn Evidence) -> Opinion {
    let changes = Changes::read(evidence);
    let mut findings = Findings::default();
    tests_missing::check(case, &changes, evidence, &mut findings);
    test_removed::check(&changes, evidence, &mut findings);
    let tests = changes.all.iter().filter(|change| path::is_test(&change.path)).count() as u64;
    let others = (changes.all.len() as u64).saturating_sub(tests);
    let rationale = match (tests, others) {
        (0, 0) => "No file changed.".to_owned(),
        (0, others) => format!("{} changed, none of tests.", count(others, "file")),
        (tests, 0) => format!("{} of tests changed, and nothing else.", count(tests, "file")),
        (tests, others) => format!(
            "{} of tests and {} changed.",
            count(tests, "file"),
            count(others, "other file")
        ),
    };
    findings.into_opinion(&changes, rationale)
}

assize_judge::export!(describe, judge);

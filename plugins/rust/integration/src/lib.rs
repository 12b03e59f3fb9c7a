//! The integration judge.

use assize_judge::{Case, Description, Evidence, Opinion, Vote};

fn describe() -> Description {
    Description {
        name: "integration".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        summary: "Says nothing yet.".to_owned(),
        requires: vec!["evidence.changes".to_owned()],
        wants: Vec::new(),
    }
}

/// Judges one case.
#[must_use]
pub fn judge(_case: &Case, evidence: &dyn Evidence) -> Opinion {
    let rationale = match evidence.changes(0) {
        Ok(page) => format!("{} files on the first page.", page.changes.len()),
        Err(_) => "The changes could not be read.".to_owned(),
    };
    Opinion {
        vote: Vote::Abstain,
        findings: Vec::new(),
        rationale,
    }
}

assize_judge::export!(describe, judge);

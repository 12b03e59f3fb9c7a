//! Answers "is this change approved?" from the chain alone.

use assize_provenance::digest::Digest;
use assize_provenance::entry::v1::word;
use assize_provenance::report::DecidedCase;
use assize_provenance::verdict::Outcome;

use super::verify::checked;
use crate::app::review::{components, policy_for, terms_of};
use crate::app::view::{CheckView, DecidedView};
use crate::app::{App, Fault, TrustFiles};
use crate::case::{self, message::Authors};
use crate::driver::compose::{self, DocketFault};

impl App {
    /// Looks for a verdict of a council on exactly this change, under the policy and the judges of its base.
    ///
    /// Where there are several, the newest of each log counts, and one log that rejects outweighs others that approve.
    ///
    /// # Errors
    ///
    /// [`Fault`] when the change or the chain cannot be read.
    pub fn audit_check(
        &self,
        revision: &str,
        council: Option<&str>,
        files: TrustFiles<'_>,
    ) -> Result<CheckView, Fault> {
        let repository = self.repository()?;
        let range = repository.range(revision)?;
        let (policy, _) = policy_for(&repository, &self.dir, range, None)?;
        let terms = terms_of(&policy, council)?;
        let authors = match policy.council(&terms.council.name) {
            Some(council) if council.show_author => Authors::Shown,
            _ => Authors::Hidden,
        };
        let case = case::build(repository.objects().as_ref(), range, authors)?;
        let components: Vec<Digest> = components(&repository, range, &policy, &terms)?
            .iter()
            .map(|component| Digest::of(component.as_deref().unwrap_or_default()))
            .collect();
        let manifest = Digest::of(&case::digest::manifest(&case).map_err(DocketFault::from)?);
        let digest = compose::case_digest(&case, manifest, &policy, &terms, &components)?;

        let home = self.home_if_there(&repository)?;
        let trusted = self.trusted(home.as_ref(), files)?;
        let (report, _) = checked(&repository, home.as_ref(), &trusted)?;
        let on_head: Vec<_> = report
            .decided()
            .filter(|(_, decided)| decided.subject.head.commit == case.head.commit)
            .collect();
        let mut newest: Vec<(String, &DecidedCase)> = Vec::new();
        for (log, decided) in on_head.iter().filter(|(_, decided)| decided.subject.case == digest) {
            let log = log.to_string();
            newest.retain(|(other, _)| *other != log);
            newest.push((log, decided));
        }
        let outcomes: Vec<Outcome> = newest.iter().map(|(_, decided)| decided.outcome).collect();
        let answer = if outcomes.contains(&Outcome::Rejected) {
            "rejected"
        } else if outcomes.contains(&Outcome::Approved) {
            "approved"
        } else {
            "no verdict"
        };
        let why = (answer == "no verdict").then(|| why_none(&newest, on_head.len(), &report, &terms.council.name));
        Ok(CheckView {
            schema: "assize.check/1",
            answer,
            why,
            case: digest.to_string(),
            head: case.head.commit.to_string(),
            base: case.base.map(|state| state.commit.to_string()),
            council: terms.council.name,
            verdicts: newest.into_iter().map(|(log, decided)| view(log, decided)).collect(),
        })
    }
}

fn why_none(
    newest: &[(String, &DecidedCase)],
    on_head: usize,
    report: &assize_provenance::report::Report,
    council: &str,
) -> String {
    if !newest.is_empty() {
        return format!("The council `{council}` heard this change and came to no verdict.");
    }
    if on_head > 0 {
        return "There are verdicts on this commit, but under another policy, council, base or other judges than its base \
                has now."
            .into();
    }
    if report.logs.iter().any(|log| !log.is_proved()) {
        return "No log that is proved holds a verdict on this change; `assize audit verify` says what ails the others."
            .into();
    }
    "Nobody judged this change; `assize review` does.".into()
}

fn view(log: String, decided: &DecidedCase) -> DecidedView {
    DecidedView {
        entry: decided.verdict.to_string(),
        log,
        index: decided.index,
        time: decided.time.to_string(),
        outcome: word(&decided.outcome),
        ground: word(&decided.ground),
    }
}

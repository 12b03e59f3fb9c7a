//! Answers "is this change approved?" from the chain alone.

use std::collections::BTreeMap;

use assize_provenance::digest::Digest;
use assize_provenance::entry::Document;
use assize_provenance::entry::v1::word;
use assize_provenance::report::{DecidedCase, Overridden};
use assize_provenance::verdict::{Outcome, Terms};
use assize_provenance::verify::Keep;

use super::verify::checked;
use crate::app::prepare::policy_for;
use crate::app::view::decided::{AppealView, CheckView, DecidedView, OverriddenView, SaidView};
use crate::app::{App, Fault, TrustFiles};
use crate::case;
use crate::chain::waivers::{WaiverReader, own_log};
use crate::driver::compose::{DocketFault, Given};
use crate::driver::prepare::{authors_for, terms_of};
use crate::driver::roster::components;
use crate::driver::told;
use crate::waiver::Outlook;

impl App {
    /// Looks for a verdict of a council on exactly this change, under the policy and the judges of its base.
    ///
    /// Where there are several, the newest of each log counts, and one log that rejects outweighs others that approve. A verdict
    /// that a person overrides counts as the person's, and an approval that a person refuses as refused.
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
        let objects = repository.objects().as_ref();
        let (policy, _) = policy_for(objects, &self.dir, range, None)?;
        let terms = terms_of(&policy, council)?;
        let case = case::build(objects, range, authors_for(&policy, &terms))?;
        let components: Vec<Digest> = components(objects, range, &policy, &terms)?
            .iter()
            .map(|component| Digest::of(component.as_deref().unwrap_or_default()))
            .collect();
        let manifest = Digest::of(&case::digest::manifest(&case).map_err(DocketFault::from)?);
        let now = self.now()?;
        // What waivers are worth now counts, not what they were worth when the council heard the case.
        let digest_of = |outlook: &Outlook, documents: &[Document]| -> Result<Digest, Fault> {
            let told = told::gather(objects, range, &case, &policy, &BTreeMap::new(), now, outlook)?;
            let given = Given {
                case: &case,
                policy: policy.digest(),
                terms: &Terms {
                    waivers: told.in_force(),
                    ..terms.clone()
                },
                components: &components,
                briefing: told.digest().map_err(DocketFault::from)?,
                documents,
            };
            Ok(given.digest(manifest)?)
        };

        let home = self.home_if_there(&repository)?;
        let trusted = self.trusted(&repository, home.as_ref(), files)?;
        let (report, _) = checked(
            &repository,
            home.as_ref(),
            &trusted,
            Keep::Those(&|decided| decided.subject.head.commit == case.head.commit),
        )?;
        let waivers = WaiverReader::new(self.held_trust(home.as_ref(), trusted)?);
        let digest = digest_of(&waivers.outlook(objects, own_log(&repository)?)?, &[])?;
        let on_head: Vec<_> = report
            .decided()
            .filter(|(_, decided)| decided.subject.head.commit == case.head.commit)
            .collect();
        let mut newest: Vec<(String, &DecidedCase)> = Vec::new();
        for (log, decided) in &on_head {
            // A waiver that holds up to a position holds for the cases before it.
            let outlook = Outlook {
                position: decided.opened,
                files_count: waivers.files_count(objects, *log, decided.opened)?,
                ..waivers.outlook(objects, Some(*log))?
            };
            // Documents are no part of the change; those that the council had are those that count.
            if decided.subject.case != digest_of(&outlook, &decided.documents)? {
                continue;
            }
            let log = log.to_string();
            newest.retain(|(other, _)| *other != log);
            newest.push((log, decided));
        }
        let answer = answer_of(&newest);
        let why = (answer == "no verdict").then(|| why_none(&newest, on_head.len(), &report, &terms.council.name));
        Ok(CheckView {
            schema: "assize.check/1",
            answer,
            why,
            case: digest.to_string(),
            head: case.head.commit.to_string(),
            base: case.base.map(|state| state.commit.to_string()),
            council: terms.council.name,
            verdicts: newest
                .into_iter()
                .map(|(log, decided)| view(log, decided, on_head.iter().map(|(_, other)| *other)))
                .collect(),
        })
    }
}

/// What the newest verdicts of the logs say together.
fn answer_of(newest: &[(String, &DecidedCase)]) -> &'static str {
    let outcomes: Vec<Outcome> = newest.iter().map(|(_, decided)| decided.answer()).collect();
    if outcomes.contains(&Outcome::Rejected) {
        "rejected"
    } else if outcomes.contains(&Outcome::Approved) {
        "approved"
    } else {
        "no verdict"
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
        return "There are verdicts on this commit, but under another policy, council or base, or with other judges or \
                waivers than count now."
            .into();
    }
    if report.is_root_refuted() {
        return "Something is wrong with the root of trust, so nobody is believed; `assize audit verify` says what."
            .into();
    }
    if report.logs.iter().any(|log| !log.is_proved()) {
        return "No log that is proved holds a verdict on this change; `assize audit verify` says what ails the others."
            .into();
    }
    "Nobody judged this change; `assize review` does.".into()
}

/// One verdict, with what people said of it. `all` are those on the same commit.
fn view<'a>(log: String, decided: &DecidedCase, mut all: impl Iterator<Item = &'a DecidedCase>) -> DecidedView {
    let before = all.find(|other| other.superseded_by() == Some(decided.verdict));
    let appeal = before.and_then(|before| {
        let appealed = before.appealed.as_ref()?;
        Some(AppealView {
            entry: appealed.entry.to_string(),
            by: appealed.by.name.clone(),
            supersedes: before.verdict.to_string(),
            outcome: word(&before.outcome),
        })
    });
    let approvals = decided.approvals.iter().map(|said| SaidView {
        entry: said.entry.to_string(),
        index: said.index,
        time: said.time.to_string(),
        by: said.by.name.clone(),
        key: said.key.to_string(),
        said: word(&said.answer),
        reason: said.reason.as_ref().map(ToString::to_string),
    });
    DecidedView {
        entry: decided.verdict.to_string(),
        log,
        index: decided.index,
        time: decided.time.to_string(),
        outcome: word(&decided.outcome),
        ground: word(&decided.ground),
        overridden: decided.overridden.as_ref().map(overridden),
        approvals: approvals.collect(),
        appealed: decided.appealed.as_ref().map(|appealed| SaidView {
            entry: appealed.entry.to_string(),
            index: appealed.index,
            time: appealed.time.to_string(),
            by: appealed.by.name.clone(),
            key: appealed.key.to_string(),
            said: "appealed",
            reason: Some(appealed.reason.to_string()),
        }),
        appeal,
    }
}

fn overridden(overridden: &Overridden) -> OverriddenView {
    OverriddenView {
        entry: overridden.entry.to_string(),
        index: overridden.index,
        time: overridden.time.to_string(),
        by: overridden.by.name.clone(),
        key: overridden.key.map(|key| key.to_string()),
        reason: overridden.reason.to_string(),
        shown: overridden.shown.to_string(),
    }
}

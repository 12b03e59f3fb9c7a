//! From a finished review to its view.

use std::collections::BTreeMap;

use assize_provenance::entry::EntryId;
use assize_provenance::entry::v1::word;
use assize_provenance::opinion::{Finding, Side};
use assize_provenance::verdict::{Counted, Excuse, Ground, Rule, Verdict};

use super::source_lines::{SourceLines, fingerprint};
use super::{AbsenceView, CaseView, CouncilView, EntryView, FindingView, OpinionView, PolicyView, ReviewView};
use crate::app::Fault;
use crate::case::evidence::Evidence;
use crate::case::history;
use crate::driver::hearing::{Sitting, Testimony};
use crate::driver::prepare::Prepared;
use crate::secret::{Suspicion, mask_line};

/// How many lines of source are shown for one judge; people do not read more.
const SOURCES_MAX: usize = 20;

/// Draws up the view of a review.
pub(in crate::app) fn draw(
    parts: &Prepared,
    verdict: &Verdict,
    testimonies: Vec<Testimony>,
    entry: Option<EntryView>,
) -> Result<ReviewView, Fault> {
    let council = &parts.docket.terms.council;
    let given = parts.told.given();
    let opinions = parts
        .sittings
        .iter()
        .zip(testimonies)
        .zip(&verdict.seats)
        .map(|((sitting, testimony), counted)| opinion(&parts.evidence, &given, sitting, testimony, counted))
        .collect();
    Ok(ReviewView {
        schema: "assize.review/1",
        verdict: word(&verdict.outcome),
        because: because(verdict),
        case: case(parts)?,
        entry,
        council: CouncilView {
            name: council.name.clone(),
            rule: match council.rule {
                Rule::Unanimous => "unanimous",
                Rule::Majority => "majority",
                Rule::Weighted { .. } => "weighted",
            },
            quorum: council.quorum,
            heard: verdict.tally.heard(),
        },
        opinions,
        appeal: None,
    })
}

fn because(verdict: &Verdict) -> String {
    let tally = &verdict.tally;
    let counts = format!(
        "{} approve, {} reject, {} abstain, {} without an opinion",
        tally.approve, tally.reject, tally.abstain, tally.absent
    );
    format!("{}: {counts}.", ground(verdict.ground))
}

/// What decided, in words.
fn ground(ground: Ground) -> &'static str {
    match ground {
        Ground::CriticalFinding => "A critical finding stands, which is a veto",
        Ground::Veto => "A judge that may veto rejects",
        Ground::QuorumMissed => "Too few judges were heard for the quorum",
        Ground::UnanimityBroken => "The council must be unanimous and somebody rejects",
        Ground::Unanimity => "Nobody rejects",
        Ground::NoSideTaken => "Nobody takes a side",
        Ground::Tie => "Both sides are equal",
        Ground::MajorityApproves => "The majority approves",
        Ground::MajorityRejects => "The majority rejects",
        Ground::ThresholdReached => "The approving weight reaches the threshold",
        Ground::ThresholdMissed => "The approving weight stays below the threshold",
    }
}

fn case(parts: &Prepared) -> Result<CaseView, Fault> {
    let case = &parts.case;
    let commit =
        history::read_commit(parts.objects.as_ref(), &case.head.commit).map_err(|error| Fault::Case(error.into()))?;
    let message = String::from_utf8_lossy(&commit.message).into_owned();
    let budget = parts.policy.budget(parts.told.tier);
    Ok(CaseView {
        digest: parts.docket.digest.to_string(),
        base: case.base.map(|state| state.commit.to_string()),
        head: case.head.commit.to_string(),
        title: mask_line(message.lines().next().unwrap_or_default(), Suspicion::Ordinary),
        files: case.changes.len() as u64,
        added_lines: case.added_lines(),
        removed_lines: case.removed_lines(),
        policy: PolicyView {
            source: parts.source.word(),
            path: parts.source.path().map(str::to_owned),
            digest: parts.policy.digest().to_string(),
            tier: budget.tier.number(),
        },
    })
}

fn opinion(
    evidence: &Evidence,
    given: &BTreeMap<String, EntryId>,
    sitting: &Sitting,
    testimony: Testimony,
    counted: &Counted,
) -> OpinionView {
    let (vote_word, no_opinion, rationale, findings) = match testimony.heard {
        Ok(opinion) => (Some(word(&opinion.vote)), None, opinion.rationale, opinion.findings),
        Err(reason) => {
            let absence = AbsenceView {
                reason: word(&reason),
                detail: testimony.detail,
            };
            (None, Some(absence), String::new(), Vec::new())
        }
    };
    let mut lines = SourceLines::of(evidence);
    let findings = findings
        .into_iter()
        .enumerate()
        .map(|(position, each)| {
            let excuse = counted.excuses.get(position).and_then(Option::as_ref);
            let line = lines.line(&each);
            let fingerprint = fingerprint(&each, line.as_deref());
            let source = line.filter(|_| position < SOURCES_MAX);
            let mut shown = finding(each, excuse);
            let entry = shown.waived.as_ref().and_then(|waiver| given.get(waiver));
            shown.waiver_entry = entry.map(ToString::to_string);
            FindingView {
                source,
                fingerprint,
                ..shown
            }
        })
        .collect();
    let mut log: Vec<String> = testimony
        .log
        .into_iter()
        .map(|line| format!("{}: {}", line.level, line.message))
        .collect();
    if testimony.log_dropped > 0 {
        log.push(format!("{} lines were dropped", testimony.log_dropped));
    }
    OpinionView {
        judge: sitting.brief.judge.clone(),
        component: sitting.component.to_string(),
        vote: vote_word,
        no_opinion,
        effective: counted.effective.map_or("none", |vote| word(&vote)),
        rationale,
        findings,
        fuel: testimony.fuel_spent,
        log,
    }
}

/// A finding without what takes the source to know.
fn finding(finding: Finding, excuse: Option<&Excuse>) -> FindingView {
    let Finding {
        rule,
        severity,
        message,
        location,
        suggestion,
    } = finding;
    let in_base = location.as_ref().is_some_and(|place| place.side == Side::Base);
    let line = location.as_ref().map(|place| place.start_line).filter(|line| *line > 0);
    let end_line = line.and(location.as_ref().map(|place| place.end_line));
    FindingView {
        rule,
        severity: word(&severity),
        message,
        path: location.map(|place| place.path),
        line,
        end_line,
        in_base,
        waived: match excuse {
            Some(Excuse::Waived(id)) => Some(id.clone()),
            _ => None,
        },
        waiver_entry: None,
        setting: match excuse {
            Some(Excuse::Warn) => Some("warn"),
            Some(Excuse::Off) => Some("off"),
            _ => None,
        },
        suggestion,
        source: None,
        fingerprint: String::new(),
    }
}

//! [`decide`], the rule by which every verdict was reached and can be reached again.

use super::{Counted, Excuse, Ground, Mode, Outcome, Rule, Seat, Tally, Terms, Verdict, VerdictError, Voice};
use crate::opinion::{Finding, Severity, Vote};
use crate::pattern::PathPattern;
use crate::verdict::Heard;

/// Reaches the verdict, version `v1` of the rule.
///
/// First each seat's **effective vote**. Judges report everything; a finding is *excused* where the first rule setting that
/// fits it says `warn` or `off`, or else where a waiver fits it. *Blocking* findings are those of severity error and
/// critical.
///
/// | the judge | effective vote |
/// |---|---|
/// | voted reject and has blocking findings, all of them excused | approve |
/// | voted anything else, or has no such finding, or one that is not excused | its own vote |
/// | has no opinion, or nothing was handed in | none |
///
/// Then the first line that fits:
///
/// | rule | when | outcome | ground |
/// |---|---|---|---|
/// | any | a critical finding is not excused, whoever found it and however that judge voted | rejected | [`CriticalFinding`](Ground::CriticalFinding) |
/// | any | the effective vote of a veto seat is reject | rejected | [`Veto`](Ground::Veto) |
/// | any | fewer seats were heard than the quorum; abstain is heard, no opinion is not | undecided | [`QuorumMissed`](Ground::QuorumMissed) |
/// | unanimous | a seat rejects | rejected | [`UnanimityBroken`](Ground::UnanimityBroken) |
/// | unanimous | a seat approves | approved | [`Unanimity`](Ground::Unanimity) |
/// | unanimous | all abstain | undecided | [`NoSideTaken`](Ground::NoSideTaken) |
/// | majority | nobody approves or rejects | undecided | [`NoSideTaken`](Ground::NoSideTaken) |
/// | majority | as many approve as reject | undecided | [`Tie`](Ground::Tie) |
/// | majority | more approve | approved | [`MajorityApproves`](Ground::MajorityApproves) |
/// | majority | more reject | rejected | [`MajorityRejects`](Ground::MajorityRejects) |
/// | weighted | no weight approves or rejects | undecided | [`NoSideTaken`](Ground::NoSideTaken) |
/// | weighted | as much weight approves as rejects | undecided | [`Tie`](Ground::Tie) |
/// | weighted | approving weight x 100 >= threshold x (approving + rejecting weight) | approved | [`ThresholdReached`](Ground::ThresholdReached) |
/// | weighted | anything else | rejected | [`ThresholdMissed`](Ground::ThresholdMissed) |
///
/// # Errors
///
/// [`VerdictError`] where the council means nothing, or somebody unknown or twice the same was heard.
pub fn decide(terms: &Terms, heard: &[(String, Heard)]) -> Result<Verdict, VerdictError> {
    terms.council.check()?;
    for (position, (judge, _)) in heard.iter().enumerate() {
        if !terms.council.seats.iter().any(|seat| seat.judge == *judge) {
            return Err(VerdictError::UnknownJudge(judge.clone()));
        }
        if heard.iter().take(position).any(|(earlier, _)| earlier == judge) {
            return Err(VerdictError::HeardTwice(judge.clone()));
        }
    }
    let mut tally = Tally::default();
    let mut seats = Vec::with_capacity(terms.council.seats.len());
    let (mut critical, mut veto) = (false, false);
    for seat in &terms.council.seats {
        let said = heard
            .iter()
            .find(|(judge, _)| *judge == seat.judge)
            .map(|(_, said)| said);
        let (counted, has_critical) = count(terms, seat, said);
        critical |= has_critical;
        veto |= seat.veto && counted.effective == Some(Vote::Reject);
        add(&mut tally, seat, counted.effective);
        seats.push(counted);
    }
    let (outcome, ground) = if critical {
        (Outcome::Rejected, Ground::CriticalFinding)
    } else if veto {
        (Outcome::Rejected, Ground::Veto)
    } else if tally.heard() < terms.council.quorum {
        (Outcome::Undecided, Ground::QuorumMissed)
    } else {
        by_rule(terms.council.rule, &tally)
    };
    Ok(Verdict {
        outcome,
        ground,
        seats,
        tally,
    })
}

/// Tells why a finding does not count, if so. The first setting that fits decides; a setting to `block` still leaves the
/// finding to the waivers. A finding without a place is only reached by settings and waivers that are not limited to paths.
#[must_use]
pub fn excuse(terms: &Terms, finding: &Finding) -> Option<Excuse> {
    let path = finding.location.as_ref().map(|location| location.path.as_str());
    let fits = |rule: &str, paths: &[PathPattern]| {
        rule == finding.rule
            && (paths.is_empty() || path.is_some_and(|path| paths.iter().any(|pattern| pattern.matches(path))))
    };
    match terms
        .settings
        .iter()
        .find(|setting| fits(&setting.rule, &setting.paths))
        .map(|setting| setting.mode)
    {
        Some(Mode::Warn) => Some(Excuse::Warn),
        Some(Mode::Off) => Some(Excuse::Off),
        Some(Mode::Block) | None => {
            let waiver = terms.waivers.iter().find(|waiver| fits(&waiver.rule, &waiver.paths));
            waiver.map(|waiver| Excuse::Waived(waiver.id.clone()))
        }
    }
}

/// Counts one seat, and tells whether it has a critical finding that nothing excuses.
fn count(terms: &Terms, seat: &Seat, said: Option<&Heard>) -> (Counted, bool) {
    let judge = seat.judge.clone();
    let opinion = match said {
        Some(Ok(opinion)) => opinion,
        Some(Err(absence)) => {
            let raw = Voice::NoOpinion(*absence);
            return (
                Counted {
                    judge,
                    raw,
                    effective: None,
                    excuses: Vec::new(),
                },
                false,
            );
        }
        None => {
            return (
                Counted {
                    judge,
                    raw: Voice::NotHeard,
                    effective: None,
                    excuses: Vec::new(),
                },
                false,
            );
        }
    };
    let excuses: Vec<Option<Excuse>> = opinion.findings.iter().map(|finding| excuse(terms, finding)).collect();
    let weighed = || {
        opinion
            .findings
            .iter()
            .zip(&excuses)
            .filter(|(finding, _)| finding.severity.is_blocking())
    };
    let has_critical = weighed().any(|(finding, excuse)| finding.severity == Severity::Critical && excuse.is_none());
    let all_excused = weighed().next().is_some() && weighed().all(|(_, excuse)| excuse.is_some());
    let effective = if opinion.vote == Vote::Reject && all_excused {
        Vote::Approve
    } else {
        opinion.vote
    };
    (
        Counted {
            judge,
            raw: Voice::Vote(opinion.vote),
            effective: Some(effective),
            excuses,
        },
        has_critical,
    )
}

fn add(tally: &mut Tally, seat: &Seat, effective: Option<Vote>) {
    let weight = u64::from(seat.weight);
    match effective {
        Some(Vote::Approve) => {
            tally.approve = tally.approve.saturating_add(1);
            tally.approve_weight = tally.approve_weight.saturating_add(weight);
        }
        Some(Vote::Reject) => {
            tally.reject = tally.reject.saturating_add(1);
            tally.reject_weight = tally.reject_weight.saturating_add(weight);
        }
        Some(Vote::Abstain) => tally.abstain = tally.abstain.saturating_add(1),
        None => tally.absent = tally.absent.saturating_add(1),
    }
}

fn by_rule(rule: Rule, tally: &Tally) -> (Outcome, Ground) {
    match rule {
        Rule::Unanimous if tally.reject > 0 => (Outcome::Rejected, Ground::UnanimityBroken),
        Rule::Unanimous if tally.approve > 0 => (Outcome::Approved, Ground::Unanimity),
        Rule::Unanimous => (Outcome::Undecided, Ground::NoSideTaken),
        Rule::Majority => match tally.approve.cmp(&tally.reject) {
            std::cmp::Ordering::Equal if tally.approve == 0 => (Outcome::Undecided, Ground::NoSideTaken),
            std::cmp::Ordering::Equal => (Outcome::Undecided, Ground::Tie),
            std::cmp::Ordering::Greater => (Outcome::Approved, Ground::MajorityApproves),
            std::cmp::Ordering::Less => (Outcome::Rejected, Ground::MajorityRejects),
        },
        Rule::Weighted { threshold_percent } => {
            // At most 64 seats of 32-bit weights: the products stay far below 2^64.
            let approving = tally.approve_weight.saturating_mul(100);
            let both = tally.approve_weight.saturating_add(tally.reject_weight);
            if both == 0 {
                (Outcome::Undecided, Ground::NoSideTaken)
            } else if tally.approve_weight == tally.reject_weight {
                (Outcome::Undecided, Ground::Tie)
            } else if approving >= both.saturating_mul(u64::from(threshold_percent)) {
                (Outcome::Approved, Ground::ThresholdReached)
            } else {
                (Outcome::Rejected, Ground::ThresholdMissed)
            }
        }
    }
}

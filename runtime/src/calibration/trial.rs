//! One judge before one case, and the sums over many.

use std::collections::BTreeMap;
use std::sync::Arc;

use assize_provenance::opinion::Opinion;
use assize_provenance::verdict::decide;

use super::case::{CaseFault, Labelled, Sighting, sightings, vote_word};
use super::contents::put_state;
use crate::case::evidence::{Evidence, Objects};
use crate::case::message::Authors;
use crate::case::{self, BuildError, Range, RangeKind};
use crate::council::{Brief, Told};
use crate::outcome::Outcome;
use crate::policy::Policy;
use crate::policy::grant::{Grants, Request};
use crate::repository::overlay::Overlay;
use crate::sandbox::{HostFault, Judge, Sandbox};

/// Why a trial says nothing about a judge.
#[derive(Debug, thiserror::Error)]
pub enum TrialFault {
    /// The case is none.
    #[error(transparent)]
    Case(#[from] CaseFault),
    /// The case's change cannot be built.
    #[error("the case cannot be laid down: {0}")]
    Build(#[from] BuildError),
    /// The case sets something that no policy holds.
    #[error("the case sets something that no policy holds: {0}")]
    Policy(String),
    /// The host could not do its part.
    #[error(transparent)]
    Host(#[from] HostFault),
}

/// What one judge said of one case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// Its vote; why there is none otherwise.
    pub vote: Result<&'static str, String>,
    /// How the vote counts under the case's settings and waivers.
    pub effective: &'static str,
    /// Its findings, sorted.
    pub found: Vec<Sighting>,
}

/// A trial held against what the case expects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Score {
    /// Expected findings that came.
    pub hits: Vec<Sighting>,
    /// Expected findings that did not.
    pub misses: Vec<Sighting>,
    /// Findings that nobody expected.
    pub false_alarms: Vec<Sighting>,
    /// What is wrong with the vote, as a sentence.
    pub vote: Option<String>,
}

/// Sums over many cases for one rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Expected findings that came.
    pub hits: u64,
    /// Expected findings that did not.
    pub misses: u64,
    /// Findings that nobody expected.
    pub false_alarms: u64,
}

impl Score {
    /// Whether everything is as expected.
    #[must_use]
    pub fn is_right(&self) -> bool {
        self.misses.is_empty() && self.false_alarms.is_empty() && self.vote.is_none()
    }
}

impl Trial {
    /// Holds the trial against its case.
    #[must_use]
    pub fn score(&self, case: &Labelled) -> Score {
        let mut left = self.found.clone();
        let (mut hits, mut misses) = (Vec::new(), Vec::new());
        for expected in case.expected() {
            match left.iter().position(|found| *found == expected) {
                Some(place) => hits.push(left.remove(place)),
                None => misses.push(expected),
            }
        }
        let vote = match &self.vote {
            Err(reason) => Some(format!("no opinion ({reason}) instead of {}", case.vote())),
            Ok(vote) if *vote != case.vote() => Some(format!("{vote} instead of {}", case.vote())),
            Ok(_) if self.effective != case.effective() => Some(format!(
                "the vote counts as {} instead of {}",
                self.effective,
                case.effective()
            )),
            Ok(_) => None,
        };
        Score {
            hits,
            misses,
            false_alarms: left,
            vote,
        }
    }
}

/// Sums scores up, rule by rule.
#[must_use]
pub fn tallies<'a>(scores: impl IntoIterator<Item = &'a Score>) -> BTreeMap<String, Tally> {
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    for score in scores {
        let mut add = |sightings: &[Sighting], count: fn(&mut Tally) -> &mut u64| {
            for sighting in sightings {
                let sum = count(tallies.entry(sighting.rule.clone()).or_default());
                *sum = sum.saturating_add(1);
            }
        };
        add(&score.hits, |tally| &mut tally.hits);
        add(&score.misses, |tally| &mut tally.misses);
        add(&score.false_alarms, |tally| &mut tally.false_alarms);
    }
    tallies
}

/// Lets a judge hear a case.
///
/// # Errors
///
/// [`TrialFault`]; then nothing is known of the judge.
pub fn try_case(sandbox: &Sandbox, judge: &Judge, labelled: &Labelled) -> Result<Trial, TrialFault> {
    let name = &judge.description().name;
    let policy = Policy::parse("case.toml", &labelled.policy_text(name)).map_err(|problems| {
        let first = problems.into_iter().next();
        TrialFault::Policy(first.map_or_else(String::new, |problem| problem.message))
    })?;
    let told = labelled.told(&policy)?;
    let (objects, range) = lay_down(labelled)?;
    let objects: Arc<Objects> = Arc::new(objects);
    let case = Arc::new(case::build(objects.as_ref(), range, Authors::Hidden)?);
    let evidence = Arc::new(Evidence::new(Arc::clone(&case), objects, labelled.documents()?));
    let Some(appointment) = policy.judge(name) else {
        return Err(TrialFault::Policy(format!("no judge `{name}`")));
    };
    let brief = Brief::of(&policy, "default", appointment, &case, &told);
    // A judge does not sit without what it requires. What it does when it is refused is told by asking it all the same.
    let request = Request {
        plugin: name,
        requires: &[],
        wants: &judge.description().requires,
        imports: judge.imports(),
    };
    let grants =
        Grants::resolve(&policy, &appointment.role, request).map_err(|fault| TrialFault::Policy(fault.to_string()))?;
    let account = sandbox.hear(judge, &brief, evidence, grants)?;
    Ok(match account.outcome {
        Outcome::Finished(opinion) => Trial {
            vote: Ok(vote_word(opinion.vote)),
            found: sightings(&opinion),
            effective: effective(&policy, &told, name, opinion),
        },
        Outcome::Ended(absence, detail) => Trial {
            vote: Err(format!("{absence:?}: {detail}")),
            found: Vec::new(),
            effective: "nothing",
        },
    })
}

/// Puts both states and a commit for each message into memory.
fn lay_down(labelled: &Labelled) -> Result<(Overlay, Range), CaseFault> {
    let mut objects = Overlay::over(None);
    let (before, after) = labelled.states()?;
    let before = put_state(&before, &mut objects)?;
    let base = objects.put_commit(before, None, "Begin");
    let after = put_state(&after, &mut objects)?;
    let mut head = base;
    for message in labelled.messages() {
        head = objects.put_commit(after, Some(head), message);
    }
    let range = Range {
        kind: RangeKind::TwoDot,
        base: Some(base),
        head,
    };
    Ok((objects, range))
}

/// How the vote of the only judge of a council counts.
fn effective(policy: &Policy, told: &Told, judge: &str, opinion: Opinion) -> &'static str {
    let terms = policy.terms("default", told.in_force());
    let verdict = terms.and_then(|terms| decide(&terms, &[(judge.to_owned(), Ok(opinion))]).ok());
    let seat = verdict.and_then(|verdict| verdict.seats.into_iter().next());
    seat.and_then(|seat| seat.effective).map_or("nothing", vote_word)
}

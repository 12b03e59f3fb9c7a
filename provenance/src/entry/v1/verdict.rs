//! A verdict's own fields.

use serde::{Deserialize, Serialize};

use super::FormError;
use super::statement::{ActorV1, CommonV1, Predicate};
use super::text::{Bounded, Text, Word};
use crate::entry::{Content, EntryId, TEXT_BYTES_MAX, VerdictRecord, VerdictSeat};
use crate::log_id::LogId;
use crate::opinion::{Absence, Vote};
use crate::time::Time;
use crate::verdict::{Ground, Outcome, Tally, Voice};

/// The version of `decide` that this form records.
const RULE_VERSION: &str = "v1";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VerdictV1 {
    actor: ActorV1,
    case: Text<EntryId>,
    decide: String,
    ground: Word<Ground>,
    log: Text<LogId>,
    outcome: Word<Outcome>,
    prev: Text<EntryId>,
    seats: Vec<VerdictSeatV1>,
    tally: TallyV1,
    time: Text<Time>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct VerdictSeatV1 {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    effective: Option<Word<Vote>>,
    judge: Bounded<TEXT_BYTES_MAX>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    no_opinion: Option<Word<Absence>>,
    opinion: Text<EntryId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    vote: Option<Word<Vote>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TallyV1 {
    absent: u32,
    abstain: u32,
    approve: u32,
    approve_weight: u64,
    reject: u32,
    reject_weight: u64,
}

impl VerdictV1 {
    pub(super) fn of(common: CommonV1, verdict: &VerdictRecord) -> Self {
        let Tally {
            approve,
            reject,
            abstain,
            absent,
            approve_weight,
            reject_weight,
        } = verdict.tally;
        Self {
            actor: common.actor,
            case: Text(verdict.case),
            decide: RULE_VERSION.to_owned(),
            ground: Word(verdict.ground),
            log: common.log,
            outcome: Word(verdict.outcome),
            prev: Text(verdict.previous),
            seats: verdict.seats.iter().map(VerdictSeatV1::from).collect(),
            tally: TallyV1 {
                absent,
                abstain,
                approve,
                approve_weight,
                reject,
                reject_weight,
            },
            time: common.time,
        }
    }
}

impl Predicate for VerdictV1 {
    fn into_domain(self) -> Result<(CommonV1, Content), FormError> {
        let common = CommonV1 {
            actor: self.actor,
            log: self.log,
            time: self.time,
        };
        let TallyV1 {
            absent,
            abstain,
            approve,
            approve_weight,
            reject,
            reject_weight,
        } = self.tally;
        let record = VerdictRecord {
            previous: self.prev.0,
            case: self.case.0,
            outcome: self.outcome.0,
            ground: self.ground.0,
            seats: self
                .seats
                .into_iter()
                .map(VerdictSeat::try_from)
                .collect::<Result<_, _>>()?,
            tally: Tally {
                approve,
                reject,
                abstain,
                absent,
                approve_weight,
                reject_weight,
            },
        };
        Ok((common, Content::Verdict(Box::new(record))))
    }
}

impl From<&VerdictSeat> for VerdictSeatV1 {
    fn from(seat: &VerdictSeat) -> Self {
        let (vote, no_opinion) = match seat.raw {
            Voice::Vote(vote) => (Some(Word(vote)), None),
            Voice::NoOpinion(absence) => (None, Some(Word(absence))),
            Voice::NotHeard => (None, None),
        };
        Self {
            effective: seat.effective.map(Word),
            judge: Bounded(seat.judge.clone()),
            no_opinion,
            opinion: Text(seat.opinion),
            vote,
        }
    }
}

impl TryFrom<VerdictSeatV1> for VerdictSeat {
    type Error = FormError;

    fn try_from(seat: VerdictSeatV1) -> Result<Self, FormError> {
        let raw = match (seat.vote, seat.no_opinion) {
            (Some(vote), None) => Voice::Vote(vote.0),
            (None, Some(absence)) => Voice::NoOpinion(absence.0),
            _ => {
                return Err(FormError::Field(
                    "a seat holds either `vote` or `no_opinion`".to_owned(),
                ));
            }
        };
        let effective = seat.effective.map(|vote| vote.0);
        Ok(Self {
            judge: seat.judge.0,
            opinion: seat.opinion.0,
            raw,
            effective,
        })
    }
}

//! The verdict rule: what a council makes of its judges' opinions.

use crate::opinion::{Absence, Opinion, Vote};
use crate::pattern::PathPattern;

pub use decide::{decide, excuse};

mod decide;

/// How many seats a council may have.
pub const SEATS_MAX: usize = 64;

/// How a rule counts when the votes are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// Findings count as they are.
    Block,
    /// Findings are shown and never count.
    Warn,
    /// Findings never count.
    Off,
}

/// What policy says of one rule. Where several settings fit a finding, the first one counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleSetting {
    /// The rule's id, `judge/rule`.
    pub rule: String,
    /// How it counts.
    pub mode: Mode,
    /// Limits the setting to findings in these paths; empty means everywhere.
    pub paths: Vec<PathPattern>,
}

/// An excuse for one rule, in one scope, that is in force for this case. Whether it is in force is decided by the host,
/// before the case is sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// Its id, such as `WV-0001`.
    pub id: String,
    /// The rule it excuses.
    pub rule: String,
    /// Limits it to findings in these paths; empty means everywhere.
    pub paths: Vec<PathPattern>,
}

/// One seat of a council.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// The judge's name on this council.
    pub judge: String,
    /// What its vote weighs under [`Rule::Weighted`].
    pub weight: u32,
    /// Whether its standing reject alone rejects the change.
    pub veto: bool,
}

/// How votes become a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rule {
    /// Nobody may reject, somebody must approve.
    Unanimous,
    /// More approve than reject.
    Majority,
    /// The weight that approves is at least so many percent of the weight that approves or rejects.
    Weighted {
        /// 51 to 100.
        threshold_percent: u8,
    },
}

/// Who decides, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Council {
    /// Its name in the policy.
    pub name: String,
    /// Who sits, in the policy's order; names are distinct.
    pub seats: Vec<Seat>,
    /// How many must be heard for a verdict.
    pub quorum: u32,
    /// How votes become a verdict.
    pub rule: Rule,
}

/// Everything that decides besides the opinions; sealed with the case before any judge runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Who decides.
    pub council: Council,
    /// What policy says of the rules.
    pub settings: Vec<RuleSetting>,
    /// The waivers in force.
    pub waivers: Vec<Waiver>,
}

/// What came of one seat: an opinion, or none and why.
pub type Heard = Result<Opinion, Absence>;

/// What a seat contributed before policy was applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Voice {
    /// The judge's own vote.
    Vote(Vote),
    /// The judge was asked and has no opinion.
    NoOpinion(Absence),
    /// Nothing was handed in for this seat.
    NotHeard,
}

/// Why one finding does not count.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Excuse {
    /// The waiver with this id excuses it.
    Waived(String),
    /// Policy only warns of it.
    Warn,
    /// Policy has the rule off.
    Off,
}

/// One seat after counting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// The judge's name on the council.
    pub judge: String,
    /// What the judge said.
    pub raw: Voice,
    /// The vote that was counted, if any.
    pub effective: Option<Vote>,
    /// For each finding of the judge, in its order, why it does not count.
    pub excuses: Vec<Option<Excuse>>,
}

/// The sums over the effective votes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// How many seats approve.
    pub approve: u32,
    /// How many seats reject.
    pub reject: u32,
    /// How many seats were heard and take no side.
    pub abstain: u32,
    /// How many seats have no opinion.
    pub absent: u32,
    /// The weight that approves; counted under every rule, decisive under [`Rule::Weighted`].
    pub approve_weight: u64,
    /// The weight that rejects.
    pub reject_weight: u64,
}

impl Tally {
    /// Returns how many seats were heard: an abstention counts, a missing opinion does not.
    #[must_use]
    pub fn heard(&self) -> u32 {
        self.approve.saturating_add(self.reject).saturating_add(self.abstain)
    }
}

/// The three answers of a council.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// The change may land.
    Approved,
    /// The change may not land.
    Rejected,
    /// The council has no answer. Never an approval.
    Undecided,
}

/// What decided, in the order in which it is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ground {
    /// A critical finding that nothing excuses.
    CriticalFinding,
    /// The standing reject of a judge that may veto.
    Veto,
    /// Fewer were heard than the quorum asks.
    QuorumMissed,
    /// Unanimous: somebody rejects.
    UnanimityBroken,
    /// Unanimous: nobody rejects and somebody approves.
    Unanimity,
    /// Nobody approves and nobody rejects, or only seats without weight do.
    NoSideTaken,
    /// Majority or weighted: both sides are equal.
    Tie,
    /// Majority: more approve.
    MajorityApproves,
    /// Majority: more reject.
    MajorityRejects,
    /// Weighted: the approving share reaches the threshold.
    ThresholdReached,
    /// Weighted: the approving share stays below the threshold.
    ThresholdMissed,
}

/// What the rule makes of the opinions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The answer.
    pub outcome: Outcome,
    /// What decided.
    pub ground: Ground,
    /// Every seat, in the council's order.
    pub seats: Vec<Counted>,
    /// The sums.
    pub tally: Tally,
}

/// Why a council or what it heard cannot be counted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerdictError {
    /// There are no seats, or too many.
    #[error("a council has between 1 and {SEATS_MAX} seats, this one has {0}")]
    Seats(usize),
    /// Two seats have one name.
    #[error("`{0}` sits on the council twice")]
    SeatTwice(String),
    /// The quorum cannot be reached or asks for nobody.
    #[error("a quorum of {quorum} means nothing for {seats} seats")]
    Quorum {
        /// What the council asks for.
        quorum: u32,
        /// How many seats it has.
        seats: usize,
    },
    /// The threshold would let a minority approve or nobody.
    #[error("a threshold lies between 51 and 100 percent, not at {0}")]
    Threshold(u8),
    /// Somebody spoke who does not sit on the council.
    #[error("`{0}` was heard and does not sit on the council")]
    UnknownJudge(String),
    /// Somebody spoke twice.
    #[error("`{0}` was heard twice")]
    HeardTwice(String),
}

impl Council {
    /// Checks what a verdict needs: at least one seat, distinct names, a quorum that can be reached and a threshold above
    /// one half.
    ///
    /// # Errors
    ///
    /// The first [`VerdictError`] found.
    pub fn check(&self) -> Result<(), VerdictError> {
        let seats = self.seats.len();
        if seats == 0 || seats > SEATS_MAX {
            return Err(VerdictError::Seats(seats));
        }
        for (position, seat) in self.seats.iter().enumerate() {
            if self
                .seats
                .iter()
                .take(position)
                .any(|earlier| earlier.judge == seat.judge)
            {
                return Err(VerdictError::SeatTwice(seat.judge.clone()));
            }
        }
        if self.quorum == 0 || usize::try_from(self.quorum).is_ok_and(|quorum| quorum > seats) {
            return Err(VerdictError::Quorum {
                quorum: self.quorum,
                seats,
            });
        }
        match self.rule {
            Rule::Weighted { threshold_percent } if !(51..=100).contains(&threshold_percent) => {
                Err(VerdictError::Threshold(threshold_percent))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;

//! The verdict rule: what a council makes of its judges' opinions.

use crate::opinion::{Absence, Opinion};
use crate::pattern::PathPattern;

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

//! What people decide besides overrides: confirmations, appeals and waivers. Each is signed with the person's own key.

use super::v1::{self, FormError};
use super::{EntryId, Reason};
use crate::digest::Digest;
use crate::pattern::PathPattern;
use crate::time::Time;
use crate::verdict::Outcome;

/// A person confirms or refuses what a council approved, before it lands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalRecord {
    /// The verdict.
    pub previous: EntryId,
    /// The council whose verdict that is.
    pub council: String,
    /// What the person says. `undecided` is never stored.
    pub answer: PersonsAnswer,
    /// SHA-256 of exactly what the person was shown.
    pub shown: Digest,
    /// Why; a refusal has one.
    pub reason: Option<Reason>,
}

/// What a person says of a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PersonsAnswer {
    /// The change may land.
    Approved,
    /// It may not.
    Rejected,
}

impl PersonsAnswer {
    /// The same as an outcome.
    #[must_use]
    pub const fn outcome(self) -> Outcome {
        match self {
            Self::Approved => Outcome::Approved,
            Self::Rejected => Outcome::Rejected,
        }
    }
}

/// A person asks for another hearing. The verdict stays in the log; the case of the new hearing names this entry, and its
/// verdict supersedes the old one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppealRecord {
    /// The verdict that is appealed against.
    pub previous: EntryId,
    /// The council whose verdict that is.
    pub council: String,
    /// Why.
    pub reason: Reason,
    /// SHA-256 of exactly what the person was shown.
    pub shown: Digest,
}

/// The rules of budgets, whose waivers take two approvals.
const BUDGET_RULES: [&str; 2] = ["constitutional/budget-files", "constitutional/budget-lines"];

/// The terms of a waiver: leave to break one rule, in one place, until one position of its log and one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaiverTerms {
    /// Its id, such as `WV-0001`.
    pub id: String,
    /// The rule that it excuses.
    pub rule: String,
    /// The paths that it is limited to; none means everywhere.
    pub paths: Vec<PathPattern>,
    /// The last position of a case in this log that it excuses anything in. Positions cannot be backdated.
    pub until: u64,
    /// The last moment at which it excuses anything, by the host's clock.
    pub expires: Time,
    /// Why.
    pub reason: Reason,
}

impl WaiverTerms {
    /// Computes the digest of the terms, which the waiver's entries have as their subject: SHA-256 of their canonical form.
    ///
    /// # Errors
    ///
    /// [`FormError`] where they have no stored form: a text that is empty or too long, a position beyond 2^53 - 1.
    pub fn digest(&self) -> Result<Digest, FormError> {
        v1::waiver_bytes(self).map(|bytes| Digest::of(&bytes))
    }

    /// Returns how many people, other than whoever proposed it, must approve it: two where it lets a change be larger than its
    /// budget, else one.
    #[must_use]
    pub fn approvals(&self) -> usize {
        let is_of_budget = BUDGET_RULES.contains(&self.rule.as_str());
        if is_of_budget { 2 } else { 1 }
    }
}

/// What a person says of a waiver. A waiver is in force behind as many [approvals](WaiverTerms::approvals) as it takes, by
/// different people and none by who proposed it, until it is revoked or over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WaiverRecord {
    /// Somebody asks for it.
    Proposed(WaiverTerms),
    /// Somebody else gives it.
    Approved {
        /// The proposal.
        previous: EntryId,
    },
    /// Somebody takes it back, whoever gave it.
    Revoked {
        /// The proposal.
        previous: EntryId,
        /// Why.
        reason: Reason,
    },
}

impl WaiverRecord {
    /// Returns the word for this step.
    #[must_use]
    pub const fn step(&self) -> &'static str {
        match self {
            Self::Proposed(_) => "proposed",
            Self::Approved { .. } => "approved",
            Self::Revoked { .. } => "revoked",
        }
    }

    /// Returns the proposal that this is about; none where it is one.
    #[must_use]
    pub const fn previous(&self) -> Option<EntryId> {
        match self {
            Self::Proposed(_) => None,
            Self::Approved { previous } | Self::Revoked { previous, .. } => Some(*previous),
        }
    }
}

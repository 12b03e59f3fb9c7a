//! What a verdict entry says: the answer, and everything it was made of.

use super::EntryId;
use crate::opinion::Vote;
use crate::verdict::{Ground, Outcome, Tally, Verdict, Voice};

/// One seat as it was counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct VerdictSeat {
    /// The judge's name on the council.
    pub judge: String,
    /// The entry with the judge's opinion, or with why there is none.
    pub opinion: EntryId,
    /// What the judge said.
    pub raw: Voice,
    /// The vote that was counted, if any.
    pub effective: Option<Vote>,
}

/// A council's answer, reached by version `v1` of [`decide`](crate::verdict::decide).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerdictRecord {
    /// The last opinion.
    pub previous: EntryId,
    /// The case.
    pub case: EntryId,
    /// The answer.
    pub outcome: Outcome,
    /// What decided.
    pub ground: Ground,
    /// Every seat, in the council's order.
    pub seats: Vec<VerdictSeat>,
    /// The sums.
    pub tally: Tally,
}

impl VerdictRecord {
    /// Records a verdict over the opinions of all seats, whose entries are given in the council's order. `None` where the
    /// numbers differ or there are none: every seat has an entry, also one that says why there is no opinion.
    #[must_use]
    pub fn new(verdict: &Verdict, case: EntryId, opinions: &[EntryId]) -> Option<Self> {
        let previous = *opinions.last().filter(|_| opinions.len() == verdict.seats.len())?;
        let seats = verdict
            .seats
            .iter()
            .zip(opinions)
            .map(|(counted, opinion)| VerdictSeat {
                judge: counted.judge.clone(),
                opinion: *opinion,
                raw: counted.raw,
                effective: counted.effective,
            });
        Some(Self {
            previous,
            case,
            outcome: verdict.outcome,
            ground: verdict.ground,
            seats: seats.collect(),
            tally: verdict.tally,
        })
    }

    /// Tells whether a verdict that was reached again is this one.
    #[must_use]
    pub fn agrees_with(&self, verdict: &Verdict) -> bool {
        let opinions: Vec<EntryId> = self.seats.iter().map(|seat| seat.opinion).collect();
        Self::new(verdict, self.case, &opinions).is_some_and(|again| {
            Self {
                previous: self.previous,
                ..again
            } == *self
        })
    }
}

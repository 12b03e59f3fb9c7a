//! The entries of each case, gathered while a log is read: what a verdict rests on.
//!
//! Nothing is checked here but that each entry names the one before it. Whoever needs to believe what is gathered verifies the
//! log first.

use std::collections::HashMap;

use crate::entry::{Case, Content, EntryId, OpinionRecord, SignedEntry, VerdictRecord};

/// An entry with its position in the log, counted from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// The position.
    pub index: u64,
    /// The entry.
    pub entry: SignedEntry,
}

/// A case that came to a verdict, with everything that was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeardCase {
    case: Placed,
    opinions: Vec<Placed>,
    verdict: Placed,
}

impl HeardCase {
    /// Returns the case's entry.
    #[must_use]
    pub const fn case_entry(&self) -> &Placed {
        &self.case
    }

    /// Returns what the case says; `None` never happens to a gathered one.
    #[must_use]
    pub fn case(&self) -> Option<&Case> {
        match &self.case.entry.entry().content {
            Content::Case(case) => Some(case),
            _ => None,
        }
    }

    /// Returns the opinions' entries, in the order of the log.
    #[must_use]
    pub fn opinion_entries(&self) -> &[Placed] {
        &self.opinions
    }

    /// Returns the opinions with their positions, in the order of the log.
    pub fn opinions(&self) -> impl Iterator<Item = (u64, &OpinionRecord)> {
        self.opinions
            .iter()
            .filter_map(|placed| match &placed.entry.entry().content {
                Content::Opinion(opinion) => Some((placed.index, opinion.as_ref())),
                _ => None,
            })
    }

    /// Returns the verdict's entry.
    #[must_use]
    pub const fn verdict_entry(&self) -> &Placed {
        &self.verdict
    }

    /// Returns what the verdict says; `None` never happens to a gathered one.
    #[must_use]
    pub fn verdict(&self) -> Option<&VerdictRecord> {
        match &self.verdict.entry.entry().content {
            Content::Verdict(verdict) => Some(verdict),
            _ => None,
        }
    }
}

/// Gathers cases from the entries of one log. It holds what has no verdict yet, and nothing else.
#[derive(Debug, Default)]
pub struct Cases {
    /// By the newest entry of each, which the next one names.
    open: HashMap<EntryId, (Placed, Vec<Placed>)>,
}

impl Cases {
    /// Nothing is gathered yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next entry of the log; gives the whole case with its verdict. What continues nothing that is open is left out.
    pub fn take(&mut self, index: u64, entry: SignedEntry) -> Option<HeardCase> {
        let (id, said) = (entry.id(), &entry.entry().content);
        match said {
            Content::Case(_) => {
                self.open.insert(id, (Placed { index, entry }, Vec::new()));
                None
            }
            Content::Opinion(opinion) => {
                if let Some((case, mut opinions)) = self.open.remove(&opinion.previous) {
                    opinions.push(Placed { index, entry });
                    self.open.insert(id, (case, opinions));
                }
                None
            }
            Content::Verdict(verdict) => {
                let (case, opinions) = self.open.remove(&verdict.previous)?;
                Some(HeardCase {
                    case,
                    opinions,
                    verdict: Placed { index, entry },
                })
            }
            Content::Override(_) | Content::Approval(_) | Content::Appeal(_) | Content::Waiver(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::opinion::{Absence, Opinion, Vote};
    use crate::testing::{TestLog, sample_case};

    #[test]
    fn cases_that_were_heard_at_the_same_time_are_told_apart() {
        let mut log = TestLog::start(1, 2, 3, &[]);
        let approve = || {
            Ok(Opinion {
                vote: Vote::Approve,
                findings: vec![],
                rationale: String::new(),
            })
        };
        let heard = [approve(), Err(Absence::Trapped), approve(), approve()];
        let (one, two) = (log.hear(1, &sample_case(), &heard), log.hear(2, &sample_case(), &heard));
        let unheard = log.hear(3, &sample_case(), &heard[..2]);
        let woven = one.iter().zip(&two).flat_map(|(one, two)| [one, two]).chain(&unheard);
        let mut cases = Cases::new();
        let gathered: Vec<HeardCase> = (0..)
            .zip(woven)
            .filter_map(|(index, entry)| cases.take(index, entry.clone()))
            .collect();
        assert_eq!(gathered.len(), 2);
        for (entries, case) in [one, two].iter().zip(&gathered) {
            assert_eq!(case.case_entry().entry, entries[0]);
            let opinions: Vec<SignedEntry> = case.opinion_entries().iter().map(|one| one.entry.clone()).collect();
            assert_eq!(opinions, entries[1..5]);
            assert_eq!(case.opinions().count(), 4);
            assert_eq!(case.verdict_entry().entry, entries[5]);
            assert!(case.case().is_some() && case.verdict().is_some());
        }
    }
}

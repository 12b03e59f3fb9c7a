//! What an opinion entry says: the vote, the findings that weigh, and what the judge was shown.

use super::{EntryId, Salt, Stored};
use crate::digest::Digest;
use crate::opinion::{Absence, Finding, Location, Opinion, Severity, Side, Vote};
use crate::verdict::{Excuse, Heard, Terms, excuse};

/// How many findings an entry lists.
pub const LISTED_MAX: usize = 100;

/// How many bytes the listed findings may have together, so that the entry always fits its line.
pub const LISTED_BYTES_MAX: usize = 48 << 10;

/// How many bytes a path may have to be listed itself; of a longer one the digest is listed.
pub const PATH_BYTES_MAX: usize = 1024;

/// How many bytes the detail of a missing opinion may have.
pub const DETAIL_BYTES_MAX: usize = 256;

/// What the host told the judge, and what that cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Transcript {
    /// SHA-256 over every answer of the host.
    pub digest: Digest,
    /// How many calls of the host there were.
    pub host_calls: u64,
}

/// How many findings of one severity there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Amount {
    /// All of them.
    pub all: u64,
    /// Those that policy or a waiver excuses.
    pub excused: u64,
}

/// Findings by severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Amounts {
    /// Of severity note.
    pub note: Amount,
    /// Of severity warning.
    pub warning: Amount,
    /// Of severity error.
    pub error: Amount,
    /// Of severity critical.
    pub critical: Amount,
}

impl Amounts {
    /// Returns how many findings can reject.
    #[must_use]
    pub fn blocking(&self) -> u64 {
        self.error.all.saturating_add(self.critical.all)
    }

    fn of(&mut self, severity: Severity) -> &mut Amount {
        match severity {
            Severity::Note => &mut self.note,
            Severity::Warning => &mut self.warning,
            Severity::Error => &mut self.error,
            Severity::Critical => &mut self.critical,
        }
    }
}

/// Where a listed finding is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// At a place whose path can be listed.
    Path(Location),
    /// In a file whose path has more than [`PATH_BYTES_MAX`] bytes, or none, or control characters: only its digest
    /// under the salt of the whole opinion is listed, and whether a path pattern fits can only be told with the whole opinion.
    PathDigest {
        /// The state the file is in.
        side: Side,
        /// The path's digest, under the salt.
        path: Digest,
    },
}

/// One blocking finding, as the entry lists it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Listed {
    /// The rule's id.
    pub rule: String,
    /// Error or critical.
    pub severity: Severity,
    /// Where, when there is one place.
    pub place: Option<Place>,
    /// Why it does not count, if so.
    pub excuse: Option<Excuse>,
    /// The message's digest under the salt of the whole opinion, in which the message itself stands.
    pub message: Digest,
}

/// What a judge said, as far as an entry holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spoken {
    /// The judge's own vote.
    pub vote: Vote,
    /// How many findings there are.
    pub amounts: Amounts,
    /// The blocking findings that weigh most: at most [`LISTED_MAX`] of them in at most [`LISTED_BYTES_MAX`] bytes, those
    /// without excuse first, then critical before error, then by rule and place.
    pub listed: Vec<Listed>,
    /// The whole opinion behind its salt, on the evidence ref.
    pub document: Stored,
}

/// An opinion or why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The judge was heard.
    Spoken(Box<Spoken>),
    /// The judge has no opinion.
    NoOpinion {
        /// Why.
        reason: Absence,
        /// What happened, in at most [`DETAIL_BYTES_MAX`] bytes. Never a secret, never what a guest wrote freely.
        detail: String,
    },
}

/// One seat's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpinionRecord {
    /// The case, or the opinion of the seat before.
    pub previous: EntryId,
    /// The judge's name on the council.
    pub judge: String,
    /// SHA-256 of the component that was asked.
    pub component: Digest,
    /// The name of the way it was run.
    pub engine_profile: String,
    /// What it said.
    pub answer: Answer,
    /// What it was shown.
    pub transcript: Transcript,
    /// The fuel it used, in the engine's units.
    pub fuel: u64,
}

/// What the entry alone tells of an opinion, for counting it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Countable {
    /// Counting this gives the verdict's seat.
    Heard(Heard),
    /// Only the whole opinion tells: findings are left out and all that are listed are excused, or a path is too long.
    NeedsDocument,
}

impl Spoken {
    /// Shortens an opinion to what an entry holds. `document` is the whole opinion's stored form, behind `salt`.
    #[must_use]
    pub fn of(opinion: &Opinion, terms: &Terms, salt: &Salt, document: Stored) -> Self {
        let mut amounts = Amounts::default();
        let mut blocking = Vec::new();
        for finding in &opinion.findings {
            let excuse = excuse(terms, finding);
            let amount = amounts.of(finding.severity);
            amount.all = amount.all.saturating_add(1);
            amount.excused = amount.excused.saturating_add(u64::from(excuse.is_some()));
            if finding.severity.is_blocking() {
                blocking.push(Listed::of(finding, excuse, salt));
            }
        }
        blocking.sort_by(|left, right| left.order().cmp(&right.order()));
        let mut room = LISTED_BYTES_MAX;
        let fits = |listed: &Listed| {
            let rest = room.checked_sub(super::v1::listed_bytes(listed));
            room = rest.unwrap_or(room);
            rest.is_some()
        };
        let listed = blocking.into_iter().take(LISTED_MAX).take_while(fits).collect();
        Self {
            vote: opinion.vote,
            amounts,
            listed,
            document,
        }
    }

    /// Returns what can be counted without the whole opinion.
    ///
    /// Findings are listed with those first that nothing excuses, so where one of those is listed, the ones left out change
    /// nothing.
    #[must_use]
    pub fn countable(&self, terms: &Terms) -> Countable {
        let Some(findings) = self
            .listed
            .iter()
            .map(Listed::finding)
            .collect::<Option<Vec<Finding>>>()
        else {
            return Countable::NeedsDocument;
        };
        let all_listed = u64::try_from(self.listed.len()).is_ok_and(|listed| listed == self.amounts.blocking());
        let some_count = findings.iter().any(|finding| excuse(terms, finding).is_none());
        if !all_listed && !some_count {
            return Countable::NeedsDocument;
        }
        Countable::Heard(Ok(Opinion {
            vote: self.vote,
            findings,
            rationale: String::new(),
        }))
    }

    /// Tells whether the summary can be true as far as it tells by itself: the list is in order, holds no more than there
    /// are, and every excuse is the one the terms give.
    #[must_use]
    pub fn is_coherent(&self, terms: &Terms) -> bool {
        let ordered = self.listed.is_sorted_by(|left, right| left.order() <= right.order());
        let excuses_hold = self.listed.iter().all(|listed| match listed.finding() {
            Some(finding) => excuse(terms, &finding) == listed.excuse,
            None => true,
        });
        let each = [
            self.amounts.note,
            self.amounts.warning,
            self.amounts.error,
            self.amounts.critical,
        ];
        let sums_hold = each.iter().all(|amount| amount.excused <= amount.all);
        ordered && excuses_hold && sums_hold && self.lists_what_it_counts()
    }

    /// Tells whether the list holds no more of any class than the sums say, and the most weighty ones first: nothing may be
    /// left out of a class while a lighter class is listed.
    fn lists_what_it_counts(&self) -> bool {
        let Amounts { error, critical, .. } = self.amounts;
        let classes = [
            (Severity::Critical, false, critical.all.saturating_sub(critical.excused)),
            (Severity::Error, false, error.all.saturating_sub(error.excused)),
            (Severity::Critical, true, critical.excused),
            (Severity::Error, true, error.excused),
        ];
        let mut left_out = false;
        classes.into_iter().all(|(severity, excused, all)| {
            let of_class = |listed: &&Listed| listed.severity == severity && listed.excuse.is_some() == excused;
            let listed = u64::try_from(self.listed.iter().filter(of_class).count()).unwrap_or(u64::MAX);
            let fits = listed <= all && !(left_out && listed > 0);
            left_out |= listed < all;
            fits
        })
    }
}

impl Listed {
    fn of(finding: &Finding, excuse: Option<Excuse>, salt: &Salt) -> Self {
        let place = finding.location.as_ref().map(|location| {
            let is_listable = (1..=PATH_BYTES_MAX).contains(&location.path.len());
            if is_listable && !location.path.chars().any(char::is_control) {
                Place::Path(location.clone())
            } else {
                Place::PathDigest {
                    side: location.side,
                    path: salt.digest(location.path.as_bytes()),
                }
            }
        });
        let message = salt.digest(finding.message.as_bytes());
        Self {
            rule: finding.rule.clone(),
            severity: finding.severity,
            place,
            excuse,
            message,
        }
    }

    /// Returns the finding as far as counting needs it, or `None` where its path is not listed.
    fn finding(&self) -> Option<Finding> {
        let location = match &self.place {
            Some(Place::Path(location)) => Some(location.clone()),
            Some(Place::PathDigest { .. }) => return None,
            None => None,
        };
        let (rule, severity) = (self.rule.clone(), self.severity);
        Some(Finding {
            rule,
            severity,
            message: String::new(),
            location,
            suggestion: None,
        })
    }

    fn order(&self) -> impl Ord + '_ {
        (
            self.excuse.is_some(),
            std::cmp::Reverse(self.severity),
            &self.rule,
            self.place_order(),
            self.message,
        )
    }

    fn place_order(&self) -> impl Ord + '_ {
        match &self.place {
            None => (0, "", None),
            Some(Place::Path(location)) => (1, location.path.as_str(), self.place.as_ref()),
            Some(Place::PathDigest { .. }) => (2, "", self.place.as_ref()),
        }
    }
}

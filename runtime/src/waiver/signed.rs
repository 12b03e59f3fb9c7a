//! Waivers that people gave with keys of their own, gathered from the entries of one log.
//!
//! What the verifier would refute has no effect here either: a step that follows no proposal, that speaks of other terms, or by
//! which somebody approves what they proposed.

use std::sync::Arc;

use assize_provenance::entry::{Content, EntryId, Reason, SignedEntry, WaiverRecord, WaiverTerms};
use assize_provenance::key::KeyId;
use assize_provenance::pattern::PathPattern;
use assize_provenance::time::Time;

use super::read::is_same_person;
use super::{WAIVERS_MAX, Worth};

/// Tells how many people are behind some keys.
pub type People<'a> = &'a dyn Fn(&[KeyId]) -> usize;

/// What one person said of a waiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The entry.
    pub entry: EntryId,
    /// Its position in the log, counted from 0.
    pub index: u64,
    /// When, by the host's clock.
    pub time: Time,
    /// Who, as the host says.
    pub by: String,
    /// The key that signed.
    pub key: KeyId,
    /// Why, where that is said.
    pub reason: Option<Reason>,
}

/// A waiver from its proposal on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedWaiver {
    /// What it allows.
    pub terms: WaiverTerms,
    /// Who asked for it.
    pub proposed: Step,
    /// Who gave it: different people, none of whom asked for it.
    pub approved: Vec<Step>,
    /// Who took it back.
    pub revoked: Option<Step>,
}

/// From where waivers are looked at.
#[derive(Debug, Clone, Copy)]
pub struct Sight<'a> {
    /// How many entries of the log are known: what stands behind them is not looked at.
    pub known: u64,
    /// The position of the case.
    pub position: u64,
    /// The time of the case.
    pub now: Time,
    /// Names and mail addresses of those who made the change: they cannot have approved their own leave.
    pub authors: &'a [String],
}

impl SignedWaiver {
    /// Says what the waiver is worth, looked at from somewhere.
    #[must_use]
    pub fn worth(&self, sight: &Sight<'_>) -> Worth {
        let is_known = |step: &&Step| step.index < sight.known;
        let is_author = |step: &Step| sight.authors.iter().any(|author| is_same_person(author, &step.by));
        let given = self.approved.iter().filter(is_known).filter(|step| !is_author(step));
        if self.revoked.iter().any(|step| is_known(&step)) {
            Worth::Revoked
        } else if sight.position > self.terms.until || sight.now > self.terms.expires {
            Worth::Expired
        } else if is_known(&&self.proposed) && given.count() >= self.terms.approvals() {
            Worth::InForce
        } else {
            Worth::Proposed
        }
    }
}

/// A waiver that is in force for a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    /// Its id.
    pub id: String,
    /// The rule it excuses.
    pub rule: String,
    /// The paths it is limited to; empty means everywhere.
    pub paths: Vec<PathPattern>,
    /// The entry in which it was proposed.
    pub proposal: EntryId,
    /// The last position of a case that it excuses anything in.
    pub until: u64,
}

/// The waivers of one log, in its order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Register {
    waivers: Vec<SignedWaiver>,
}

impl Register {
    /// Takes the next entry of the log. Whoever calls has checked its signature, and believes the key.
    pub fn take(&mut self, index: u64, entry: &SignedEntry, people: People<'_>) {
        let said = entry.entry();
        let Content::Waiver(record) = &said.content else {
            return;
        };
        let reason = match record.as_ref() {
            WaiverRecord::Proposed(terms) => Some(terms.reason.clone()),
            WaiverRecord::Approved { .. } => None,
            WaiverRecord::Revoked { reason, .. } => Some(reason.clone()),
        };
        let step = Step {
            entry: entry.id(),
            index,
            time: said.time,
            by: said.actor.name.clone(),
            key: *entry.key_id(),
            reason,
        };
        let is_about = |terms: &WaiverTerms| terms.digest() == Ok(said.subject.case);
        match record.as_ref() {
            WaiverRecord::Proposed(terms) => {
                if is_about(terms) && self.at(&step.entry).is_none() {
                    self.waivers.push(SignedWaiver {
                        terms: terms.clone(),
                        proposed: step,
                        approved: Vec::new(),
                        revoked: None,
                    });
                }
            }
            WaiverRecord::Approved { previous } => {
                if let Some(waiver) = self.open(previous).filter(|waiver| is_about(&waiver.terms)) {
                    let said_already = [&waiver.proposed].into_iter().chain(&waiver.approved);
                    if said_already.into_iter().all(|one| people(&[one.key, step.key]) > 1) {
                        waiver.approved.push(step);
                    }
                }
            }
            WaiverRecord::Revoked { previous, .. } => {
                if let Some(waiver) = self.open(previous).filter(|waiver| is_about(&waiver.terms)) {
                    waiver.revoked = Some(step);
                }
            }
        }
    }

    /// Every waiver, in the order of their proposals.
    #[must_use]
    pub fn all(&self) -> &[SignedWaiver] {
        &self.waivers
    }

    /// The waiver that an entry proposed.
    #[must_use]
    pub fn at(&self, proposal: &EntryId) -> Option<&SignedWaiver> {
        self.waivers.iter().find(|waiver| waiver.proposed.entry == *proposal)
    }

    fn open(&mut self, proposal: &EntryId) -> Option<&mut SignedWaiver> {
        let mut waivers = self.waivers.iter_mut();
        waivers.find(|waiver| waiver.proposed.entry == *proposal && waiver.revoked.is_none())
    }

    /// The waivers that are in force, seen from somewhere: of several with one id the newest, in the order of their ids.
    #[must_use]
    pub fn in_force(&self, sight: &Sight<'_>) -> Vec<Granted> {
        let mut granted: Vec<Granted> = Vec::new();
        for waiver in self.waivers.iter().rev() {
            let is_known = granted.iter().any(|other| other.id == waiver.terms.id);
            if is_known || waiver.worth(sight) != Worth::InForce {
                continue;
            }
            granted.push(Granted {
                id: waiver.terms.id.clone(),
                rule: waiver.terms.rule.clone(),
                paths: waiver.terms.paths.clone(),
                proposal: waiver.proposed.entry,
                until: waiver.terms.until,
            });
        }
        granted.sort_by(|one, other| one.id.cmp(&other.id));
        granted.truncate(WAIVERS_MAX);
        granted
    }
}

/// What excuses findings besides the files of the base.
#[derive(Debug, Clone)]
pub struct Outlook {
    /// The signed waivers of the log that the case goes into.
    pub register: Arc<Register>,
    /// How many entries of the log were looked at.
    pub known: u64,
    /// The position of the case, or the first one that it can have.
    pub position: u64,
    /// Whether files excuse anything: where people sign with their own keys, only what they sign does.
    pub files_count: bool,
}

impl Default for Outlook {
    /// No signed waivers: the files alone count.
    fn default() -> Self {
        Self {
            register: Arc::default(),
            known: 0,
            position: 0,
            files_count: true,
        }
    }
}

//! What people say: of verdicts, and of waivers. Only what nothing stands against has an effect.

use std::collections::HashMap;

use super::claims::Claims;
use crate::digest::{Digest, Hasher};
use crate::entry::ActorKind;
use crate::entry::{
    AppealRecord, ApprovalRecord, Case, Entry, EntryId, OverrideRecord, SignedEntry, Subject, WaiverRecord, WaiverTerms,
};
use crate::key::{KeyId, Role};
use crate::log_id::LogId;
use crate::report::{Appealed, DecidedCase, FaultCode, Overridden, PersonSaid, Place};
use crate::root::Trust;
use crate::time::Time;
use crate::verdict::Outcome;

/// An entry of a person, with what is known of it.
pub(super) struct Spoken<'entry> {
    pub(super) entry: &'entry SignedEntry,
    /// The role of the key that signed.
    pub(super) role: Role,
    pub(super) index: u64,
    pub(super) place: Place,
}

impl Spoken<'_> {
    fn said(&self) -> &Entry {
        self.entry.entry()
    }
}

/// What may stand against an entry: whether it does, the code, and what the entry does wrong.
type Objection = (bool, FaultCode, &'static str);

/// Notes everything that stands against an entry, and tells whether nothing does.
fn stands(spoken: &Spoken<'_>, what: &str, objections: &[Objection], claims: &mut Claims) -> bool {
    let mut stands = true;
    for (_, code, sentence) in objections.iter().filter(|(is_so, ..)| *is_so) {
        let index = spoken.index;
        claims.fault(*code, spoken.place, format!("the {what} of entry {index} {sentence}"));
        stands = false;
    }
    stands
}

fn answers_nothing(what: &str, index: u64) -> String {
    format!("the {what} of entry {index} answers no appeal that stands before it and is open")
}

/// What later entries about a verdict are held against.
pub(super) struct Ruled {
    /// SHA-256 of the subject and the council.
    about: Digest,
    outcome: Outcome,
    is_overridden: bool,
    is_appealed: bool,
    /// The keys of those who confirmed or refused it.
    answered_by: Vec<KeyId>,
    /// Where among the cases that are kept it is.
    pub(super) kept: Option<usize>,
}

impl Ruled {
    pub(super) fn new(subject: Subject, council: &str, outcome: Outcome) -> Self {
        Self {
            about: about(subject, council),
            outcome,
            is_overridden: false,
            is_appealed: false,
            answered_by: Vec::new(),
            kept: None,
        }
    }

    fn is_about(&self, subject: Subject, council: &str) -> bool {
        self.about == about(subject, council)
    }

    /// The council's answer, or that of the person who overrides it.
    const fn answer(&self) -> Outcome {
        match self.is_overridden {
            true => OverrideRecord::OUTCOME,
            false => self.outcome,
        }
    }
}

fn about(subject: Subject, council: &str) -> Digest {
    let mut hasher = Hasher::new();
    hasher.update(subject.case.as_bytes());
    hasher.update(subject.head.commit.as_bytes());
    hasher.update(subject.head.tree.as_bytes());
    hasher.update(council.as_bytes());
    hasher.finish()
}

/// A verdict that somebody speaks of, and the case it decided where that is kept.
type Verdict<'docket> = (&'docket mut Ruled, Option<&'docket mut DecidedCase>);

/// A waiver, from its proposal on.
struct Waiver {
    terms: WaiverTerms,
    proposed_by: KeyId,
    /// By different people, none of whom proposed it.
    approved_by: Vec<KeyId>,
    is_revoked: bool,
}

/// What people said in one log.
pub(super) struct People<'run> {
    trust: &'run Trust<'run>,
    /// By their proposals.
    waivers: HashMap<EntryId, Waiver>,
    /// Appeals that no verdict has answered yet, and the verdicts they are against.
    appeals: HashMap<EntryId, EntryId>,
}

impl<'run> People<'run> {
    pub(super) fn new(trust: &'run Trust<'run>) -> Self {
        Self {
            trust,
            waivers: HashMap::new(),
            appeals: HashMap::new(),
        }
    }

    /// Takes a person's verdict in the place of a council's.
    pub(super) fn overrule(
        &self,
        spoken: &Spoken<'_>,
        record: &OverrideRecord,
        (ruled, kept): Verdict<'_>,
        claims: &mut Claims,
    ) {
        let said = spoken.said();
        let objections = [
            (
                !ruled.is_about(said.subject, &record.council),
                FaultCode::OverrideCase,
                "speaks of another case or council than the verdict it follows",
            ),
            (
                ruled.is_overridden,
                FaultCode::OverrideTwice,
                "follows a verdict that is overridden already",
            ),
            (
                said.actor.kind != ActorKind::Person,
                FaultCode::OverrideActor,
                "is not said to be a person's",
            ),
            (
                spoken.role != Role::Person && self.trust.asks_people(said.log, spoken.index),
                FaultCode::OverrideUnsigned,
                "is not signed by a person, and the root of trust lets people sign for themselves here",
            ),
            (
                ruled.outcome == Outcome::Approved,
                FaultCode::OverrideNeedless,
                "follows a verdict that approves",
            ),
        ];
        if !stands(spoken, "override", &objections, claims) {
            return;
        }
        ruled.is_overridden = true;
        if let Some(decided) = kept {
            decided.overridden = Some(Overridden {
                entry: spoken.entry.id(),
                index: spoken.index,
                time: said.time,
                by: said.actor.clone(),
                key: (spoken.role == Role::Person).then(|| *spoken.entry.key_id()),
                reason: record.reason.clone(),
                shown: record.shown,
            });
        }
    }

    /// Takes a person's confirmation or refusal.
    pub(super) fn approve(
        &self,
        spoken: &Spoken<'_>,
        record: &ApprovalRecord,
        (ruled, kept): Verdict<'_>,
        claims: &mut Claims,
    ) {
        let said = spoken.said();
        let key = *spoken.entry.key_id();
        let is_again = |known: &KeyId| self.trust.people(&[*known, key]) < 2;
        let objections = [
            (
                !ruled.is_about(said.subject, &record.council),
                FaultCode::ApprovalCase,
                "speaks of another case or council than the verdict it follows",
            ),
            (
                ruled.answer() != Outcome::Approved,
                FaultCode::ApprovalNeedless,
                "follows a verdict that does not approve",
            ),
            (
                ruled.answered_by.iter().any(is_again),
                FaultCode::ApprovalTwice,
                "is by somebody who has spoken of this verdict already",
            ),
        ];
        if !stands(spoken, "approval", &objections, claims) {
            return;
        }
        ruled.answered_by.push(key);
        if let Some(decided) = kept {
            decided.approvals.push(PersonSaid {
                entry: spoken.entry.id(),
                index: spoken.index,
                time: said.time,
                by: said.actor.clone(),
                key,
                answer: record.answer,
                reason: record.reason.clone(),
                shown: record.shown,
            });
        }
    }

    /// Takes a person's wish for another hearing.
    pub(super) fn appeal(
        &mut self,
        spoken: &Spoken<'_>,
        record: &AppealRecord,
        (ruled, kept): Verdict<'_>,
        claims: &mut Claims,
    ) {
        let said = spoken.said();
        let objections = [
            (
                !ruled.is_about(said.subject, &record.council),
                FaultCode::AppealCase,
                "speaks of another case or council than the verdict it follows",
            ),
            (
                ruled.is_appealed,
                FaultCode::AppealTwice,
                "follows a verdict that is appealed against already",
            ),
        ];
        if !stands(spoken, "appeal", &objections, claims) {
            return;
        }
        ruled.is_appealed = true;
        self.appeals.insert(spoken.entry.id(), record.previous);
        if let Some(decided) = kept {
            decided.appealed = Some(Appealed {
                entry: spoken.entry.id(),
                index: spoken.index,
                time: said.time,
                by: said.actor.clone(),
                key: *spoken.entry.key_id(),
                reason: record.reason.clone(),
                superseded_by: None,
            });
        }
    }

    /// Whether a case may say that it answers an appeal: that stands before it, and no verdict has answered it. A hearing that was
    /// killed has no verdict, so another one may answer in its place.
    pub(super) fn may_answer(&self, appeal: EntryId, index: u64, place: Place, claims: &mut Claims) -> bool {
        let is_open = self.appeals.contains_key(&appeal);
        if !is_open {
            claims.fault(FaultCode::AppealAnswer, place, answers_nothing("case", index));
        }
        is_open
    }

    /// Gives the verdict whose appeal a new one answers, once.
    pub(super) fn answered(
        &mut self,
        appeal: EntryId,
        index: u64,
        place: Place,
        claims: &mut Claims,
    ) -> Option<EntryId> {
        let verdict = self.appeals.remove(&appeal);
        if verdict.is_none() {
            claims.fault(FaultCode::AppealAnswer, place, answers_nothing("verdict", index));
        }
        verdict
    }

    /// Takes a step of a waiver.
    pub(super) fn waive(&mut self, spoken: &Spoken<'_>, record: &WaiverRecord, claims: &mut Claims) {
        let key = *spoken.entry.key_id();
        let subject = spoken.said().subject.case;
        let proposal = match record {
            WaiverRecord::Proposed(terms) => {
                let is_known = self.waivers.contains_key(&spoken.entry.id());
                let objections = [
                    (
                        terms.digest() != Ok(subject),
                        FaultCode::WaiverTerms,
                        "has other terms than its subject says",
                    ),
                    (is_known, FaultCode::EntryTwice, "stands in the log twice"),
                ];
                if stands(spoken, "waiver", &objections, claims) {
                    let waiver = Waiver {
                        terms: terms.clone(),
                        proposed_by: key,
                        approved_by: Vec::new(),
                        is_revoked: false,
                    };
                    self.waivers.insert(spoken.entry.id(), waiver);
                }
                return;
            }
            WaiverRecord::Approved { previous } | WaiverRecord::Revoked { previous, .. } => previous,
        };
        let Some(waiver) = self.waivers.get_mut(proposal) else {
            let objection = (
                true,
                FaultCode::WaiverOrder,
                "follows no proposal that stands before it",
            );
            stands(spoken, "waiver", &[objection], claims);
            return;
        };
        let is_approval = matches!(record, WaiverRecord::Approved { .. });
        let is_again = |known: &KeyId| self.trust.people(&[*known, key]) < 2;
        let objections = [
            (
                waiver.terms.digest() != Ok(subject),
                FaultCode::WaiverTerms,
                "speaks of another waiver than the proposal it follows",
            ),
            (
                waiver.is_revoked || (is_approval && waiver.approved_by.iter().any(is_again)),
                FaultCode::WaiverOrder,
                "approves or revokes what they approved, or somebody revoked, already",
            ),
            (
                is_approval && is_again(&waiver.proposed_by),
                FaultCode::WaiverSelf,
                "is approved by whoever proposed it",
            ),
        ];
        if stands(spoken, "waiver", &objections, claims) {
            waiver.approved_by.extend(is_approval.then_some(key));
            waiver.is_revoked |= !is_approval;
        }
    }

    /// Holds the waivers of a case against what people said of them before.
    pub(super) fn weigh(&self, (log, time): (LogId, Time), case: &Case, index: u64, place: Place, claims: &mut Claims) {
        for used in &case.waivers {
            let objection = match case.given.get(&used.id).map(|proposal| self.waivers.get(proposal)) {
                // In force by the host's word, which the report says, and which is not enough where people sign.
                None if self.trust.asks_people(log, index) => Some((
                    FaultCode::WaiverUnsigned,
                    "is signed by nobody, and the root of trust lets people sign here",
                )),
                None => None,
                Some(None) => Some((FaultCode::WaiverOrder, "was not proposed before it")),
                Some(Some(waiver)) => {
                    let terms = &waiver.terms;
                    let is_same = (&terms.id, &terms.rule, &terms.paths) == (&used.id, &used.rule, &used.paths);
                    if !is_same {
                        Some((FaultCode::WaiverTerms, "has other terms than those that were proposed"))
                    } else if waiver.approved_by.len() < terms.approvals() {
                        Some((
                            FaultCode::WaiverUnapproved,
                            "was not approved before it by as many people as it takes",
                        ))
                    } else if waiver.is_revoked {
                        Some((FaultCode::WaiverRevoked, "was revoked before it"))
                    } else if index > terms.until || time > terms.expires {
                        Some((FaultCode::WaiverExpired, "was over before it"))
                    } else {
                        None
                    }
                }
            };
            if let Some((code, what)) = objection {
                let sentence = format!("the waiver `{}` of the case of entry {index} {what}", used.id);
                claims.fault(code, place, sentence);
            }
        }
    }
}

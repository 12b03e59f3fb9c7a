//! What was decided: a case with its verdict, and what people say of it.

use crate::digest::Digest;
use crate::entry::{Actor, Document, EntryId, OverrideRecord, PersonsAnswer, Reason, Revision, Subject};
use crate::key::KeyId;
use crate::time::Time;
use crate::verdict::{Ground, Outcome};

/// One case with its verdict, as somebody needs it who asks whether a change was approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecidedCase {
    /// The case entry.
    pub case: EntryId,
    /// The case entry's position in the log, counted from 0.
    pub opened: u64,
    /// The verdict entry.
    pub verdict: EntryId,
    /// The verdict entry's position in the log, counted from 0.
    pub index: u64,
    /// When the verdict was made, by the host's clock.
    pub time: Time,
    /// What was judged.
    pub subject: Subject,
    /// The state before the change.
    pub base: Option<Revision>,
    /// The council's name.
    pub council: String,
    /// SHA-256 of the policy.
    pub policy: Digest,
    /// The documents given.
    pub documents: Vec<Document>,
    /// Each seat's judge with SHA-256 of its component.
    pub components: Vec<(String, Digest)>,
    /// The council's answer. Whether the change is approved is [`DecidedCase::answer`].
    pub outcome: Outcome,
    /// What decided.
    pub ground: Ground,
    /// The person's verdict that stands in the place of the council's, where there is one.
    pub overridden: Option<Overridden>,
    /// What persons said of the approval, each once.
    pub approvals: Vec<PersonSaid>,
    /// The person's wish for another hearing, where there is one.
    pub appealed: Option<Appealed>,
    /// The waivers that are in force by the host's word alone, without a person's signature.
    pub unsigned_waivers: Vec<String>,
}

impl DecidedCase {
    /// Returns what holds of this case: the person's verdict where one overrides the council's, a person's refusal where one
    /// refuses what the council approved, else the council's.
    #[must_use]
    pub fn answer(&self) -> Outcome {
        let is_refused = self.approvals.iter().any(|said| said.answer == PersonsAnswer::Rejected);
        match self.answer_of_council() {
            Outcome::Approved if is_refused => Outcome::Rejected,
            answer => answer,
        }
    }

    /// Returns the council's verdict, or that of the person who overrides it.
    #[must_use]
    pub const fn answer_of_council(&self) -> Outcome {
        match self.overridden {
            Some(_) => OverrideRecord::OUTCOME,
            None => self.outcome,
        }
    }

    /// Returns the verdict of the hearing that somebody appealed for, which supersedes this one.
    #[must_use]
    pub fn superseded_by(&self) -> Option<EntryId> {
        self.appealed.as_ref().and_then(|appealed| appealed.superseded_by)
    }
}

/// A person's verdict in the place of a council's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overridden {
    /// The override entry.
    pub entry: EntryId,
    /// Its position in the log, counted from 0.
    pub index: u64,
    /// When it was made, by the host's clock.
    pub time: Time,
    /// Who overrides. A statement of the host, not an identity that was proved.
    pub by: Actor,
    /// The person's own key that signed; none where it is the host's word.
    pub key: Option<KeyId>,
    /// Why.
    pub reason: Reason,
    /// SHA-256 of what the person was shown.
    pub shown: Digest,
}

/// What a person said of an approval, with a key of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonSaid {
    /// The entry.
    pub entry: EntryId,
    /// Its position in the log, counted from 0.
    pub index: u64,
    /// When it was made, by the host's clock.
    pub time: Time,
    /// Who, as the host says.
    pub by: Actor,
    /// The key that signed.
    pub key: KeyId,
    /// What.
    pub answer: PersonsAnswer,
    /// Why, where a reason is given.
    pub reason: Option<Reason>,
    /// SHA-256 of what the person was shown.
    pub shown: Digest,
}

/// A person's wish for another hearing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appealed {
    /// The entry.
    pub entry: EntryId,
    /// Its position in the log, counted from 0.
    pub index: u64,
    /// When it was made, by the host's clock.
    pub time: Time,
    /// Who, as the host says.
    pub by: Actor,
    /// The key that signed.
    pub key: KeyId,
    /// Why.
    pub reason: Reason,
    /// The verdict of the other hearing, once there is one.
    pub superseded_by: Option<EntryId>,
}

//! The own fields of what people decide.

use serde::{Deserialize, Serialize};

use super::FormError;
use super::statement::{ActorV1, CommonV1, Predicate};
use super::text::{Bounded, Text, Word, words};
use crate::canonical;
use crate::digest::Digest;
use crate::entry::{
    AppealRecord, ApprovalRecord, Content, EntryId, PersonsAnswer, Reason, TEXT_BYTES_MAX, WaiverRecord, WaiverTerms,
};
use crate::log_id::LogId;
use crate::pattern::PathPattern;
use crate::time::Time;

words!(PersonsAnswer { Approved = "approved", Rejected = "rejected" });

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ApprovalV1 {
    actor: ActorV1,
    council: Bounded<TEXT_BYTES_MAX>,
    log: Text<LogId>,
    outcome: Word<PersonsAnswer>,
    prev: Text<EntryId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<Text<Reason>>,
    shown: Text<Digest>,
    time: Text<Time>,
}

impl ApprovalV1 {
    pub(super) fn of(common: CommonV1, record: &ApprovalRecord) -> Self {
        Self {
            actor: common.actor,
            council: Bounded(record.council.clone()),
            log: common.log,
            outcome: Word(record.answer),
            prev: Text(record.previous),
            reason: record.reason.clone().map(Text),
            shown: Text(record.shown),
            time: common.time,
        }
    }
}

impl Predicate for ApprovalV1 {
    fn into_domain(self) -> Result<(CommonV1, Content), FormError> {
        let common = CommonV1 {
            actor: self.actor,
            log: self.log,
            time: self.time,
        };
        let (answer, reason) = (self.outcome.0, self.reason.map(|reason| reason.0));
        if answer == PersonsAnswer::Rejected && reason.is_none() {
            return Err(FormError::Field("a refusal has a reason".to_owned()));
        }
        let record = ApprovalRecord {
            previous: self.prev.0,
            council: self.council.0,
            answer,
            shown: self.shown.0,
            reason,
        };
        Ok((common, Content::Approval(Box::new(record))))
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AppealV1 {
    actor: ActorV1,
    council: Bounded<TEXT_BYTES_MAX>,
    log: Text<LogId>,
    prev: Text<EntryId>,
    reason: Text<Reason>,
    shown: Text<Digest>,
    time: Text<Time>,
}

impl AppealV1 {
    pub(super) fn of(common: CommonV1, record: &AppealRecord) -> Self {
        Self {
            actor: common.actor,
            council: Bounded(record.council.clone()),
            log: common.log,
            prev: Text(record.previous),
            reason: Text(record.reason.clone()),
            shown: Text(record.shown),
            time: common.time,
        }
    }
}

impl Predicate for AppealV1 {
    fn into_domain(self) -> Result<(CommonV1, Content), FormError> {
        let common = CommonV1 {
            actor: self.actor,
            log: self.log,
            time: self.time,
        };
        let record = AppealRecord {
            previous: self.prev.0,
            council: self.council.0,
            reason: self.reason.0,
            shown: self.shown.0,
        };
        Ok((common, Content::Appeal(Box::new(record))))
    }
}

/// One form for the three steps: which fields there are follows from `step`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WaiverStepV1 {
    actor: ActorV1,
    log: Text<LogId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    prev: Option<Text<EntryId>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<Text<Reason>>,
    step: String,
    time: Text<Time>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    waiver: Option<WaiverTermsV1>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WaiverTermsV1 {
    expires: Text<Time>,
    id: Bounded<TEXT_BYTES_MAX>,
    paths: Vec<Text<PathPattern>>,
    rule: Bounded<TEXT_BYTES_MAX>,
    until: u64,
}

impl From<&WaiverTerms> for WaiverTermsV1 {
    fn from(terms: &WaiverTerms) -> Self {
        Self {
            expires: Text(terms.expires),
            id: Bounded(terms.id.clone()),
            paths: terms.paths.iter().cloned().map(Text).collect(),
            rule: Bounded(terms.rule.clone()),
            until: terms.until,
        }
    }
}

/// Writes the terms of a waiver, of which its subject is the digest. The reason is not part of what it allows.
pub(super) fn terms_bytes(terms: &WaiverTerms) -> Result<Vec<u8>, FormError> {
    let mut bytes = Vec::new();
    canonical::write_typed(&WaiverTermsV1::from(terms), &mut bytes)?;
    Ok(bytes)
}

impl WaiverStepV1 {
    pub(super) fn of(common: CommonV1, record: &WaiverRecord) -> Self {
        let (waiver, reason) = match record {
            WaiverRecord::Proposed(terms) => (Some(WaiverTermsV1::from(terms)), Some(&terms.reason)),
            WaiverRecord::Approved { .. } => (None, None),
            WaiverRecord::Revoked { reason, .. } => (None, Some(reason)),
        };
        Self {
            actor: common.actor,
            log: common.log,
            prev: record.previous().map(Text),
            reason: reason.cloned().map(Text),
            step: record.step().to_owned(),
            time: common.time,
            waiver,
        }
    }
}

impl Predicate for WaiverStepV1 {
    fn into_domain(self) -> Result<(CommonV1, Content), FormError> {
        let common = CommonV1 {
            actor: self.actor,
            log: self.log,
            time: self.time,
        };
        let previous = self.prev.map(|prev| prev.0);
        let record = match (self.step.as_str(), self.waiver, self.reason, previous) {
            ("proposed", Some(waiver), Some(reason), None) => WaiverRecord::Proposed(WaiverTerms {
                id: waiver.id.0,
                rule: waiver.rule.0,
                paths: waiver.paths.into_iter().map(|path| path.0).collect(),
                until: waiver.until,
                expires: waiver.expires.0,
                reason: reason.0,
            }),
            ("approved", None, None, Some(previous)) => WaiverRecord::Approved { previous },
            ("revoked", None, Some(reason), Some(previous)) => WaiverRecord::Revoked {
                previous,
                reason: reason.0,
            },
            _ => {
                return Err(FormError::Field(
                    "a waiver is `proposed` with its terms and a reason, or `approved`, or `revoked` with a reason, the latter \
                     two behind the proposal"
                        .to_owned(),
                ));
            }
        };
        Ok((common, Content::Waiver(Box::new(record))))
    }
}

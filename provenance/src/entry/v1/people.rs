//! The own fields of what people decide.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::FormError;
use super::text::{Bounded, Text, Word, words};
use crate::digest::Digest;
use crate::entry::{
    AppealRecord, ApprovalRecord, EntryId, PersonsAnswer, Reason, TEXT_BYTES_MAX, WaiverRecord, WaiverTerms,
};
use crate::pattern::PathPattern;
use crate::time::Time;

words!(PersonsAnswer { Approved = "approved", Rejected = "rejected" });

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ApprovalV1 {
    council: Bounded<TEXT_BYTES_MAX>,
    outcome: Word<PersonsAnswer>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<Text<Reason>>,
    shown: Text<Digest>,
}

impl From<&ApprovalRecord> for ApprovalV1 {
    fn from(record: &ApprovalRecord) -> Self {
        Self {
            council: Bounded(record.council.clone()),
            outcome: Word(record.answer),
            reason: record.reason.clone().map(Text),
            shown: Text(record.shown),
        }
    }
}

impl ApprovalV1 {
    pub(super) fn into_domain(self, previous: EntryId) -> Result<ApprovalRecord, FormError> {
        let (answer, reason) = (self.outcome.0, self.reason.map(|reason| reason.0));
        if answer == PersonsAnswer::Rejected && reason.is_none() {
            return Err(FormError::Field("a refusal has a reason".to_owned()));
        }
        Ok(ApprovalRecord {
            previous,
            council: self.council.0,
            answer,
            shown: self.shown.0,
            reason,
        })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AppealV1 {
    council: Bounded<TEXT_BYTES_MAX>,
    reason: Text<Reason>,
    shown: Text<Digest>,
}

impl From<&AppealRecord> for AppealV1 {
    fn from(record: &AppealRecord) -> Self {
        Self {
            council: Bounded(record.council.clone()),
            reason: Text(record.reason.clone()),
            shown: Text(record.shown),
        }
    }
}

impl AppealV1 {
    pub(super) fn into_domain(self, previous: EntryId) -> AppealRecord {
        AppealRecord {
            previous,
            council: self.council.0,
            reason: self.reason.0,
            shown: self.shown.0,
        }
    }
}

/// One form for the three steps: which fields there are follows from `step`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WaiverStepV1 {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<Text<Reason>>,
    step: String,
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
pub(super) fn terms_value(terms: &WaiverTerms) -> Result<Value, FormError> {
    serde_json::to_value(WaiverTermsV1::from(terms)).map_err(FormError::field)
}

impl From<&WaiverRecord> for WaiverStepV1 {
    fn from(record: &WaiverRecord) -> Self {
        let (waiver, reason) = match record {
            WaiverRecord::Proposed(terms) => (Some(WaiverTermsV1::from(terms)), Some(&terms.reason)),
            WaiverRecord::Approved { .. } => (None, None),
            WaiverRecord::Revoked { reason, .. } => (None, Some(reason)),
        };
        Self {
            reason: reason.cloned().map(Text),
            step: record.step().to_owned(),
            waiver,
        }
    }
}

impl WaiverStepV1 {
    pub(super) fn into_domain(self, previous: Option<EntryId>) -> Result<WaiverRecord, FormError> {
        match (self.step.as_str(), self.waiver, self.reason, previous) {
            ("proposed", Some(waiver), Some(reason), None) => Ok(WaiverRecord::Proposed(WaiverTerms {
                id: waiver.id.0,
                rule: waiver.rule.0,
                paths: waiver.paths.into_iter().map(|path| path.0).collect(),
                until: waiver.until,
                expires: waiver.expires.0,
                reason: reason.0,
            })),
            ("approved", None, None, Some(previous)) => Ok(WaiverRecord::Approved { previous }),
            ("revoked", None, Some(reason), Some(previous)) => Ok(WaiverRecord::Revoked {
                previous,
                reason: reason.0,
            }),
            _ => Err(FormError::Field(
                "a waiver is `proposed` with its terms and a reason, or `approved`, or `revoked` with a reason, the latter two \
                 behind the proposal"
                    .to_owned(),
            )),
        }
    }
}

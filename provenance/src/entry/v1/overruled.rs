//! An override's own fields.

use serde::{Deserialize, Serialize};

use super::FormError;
use super::text::{Bounded, Text, Word};
use crate::digest::Digest;
use crate::entry::{EntryId, OverrideRecord, Reason, TEXT_BYTES_MAX};
use crate::verdict::Outcome;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OverrideV1 {
    council: Bounded<TEXT_BYTES_MAX>,
    outcome: Word<Outcome>,
    reason: Text<Reason>,
    shown: Text<Digest>,
}

impl From<&OverrideRecord> for OverrideV1 {
    fn from(record: &OverrideRecord) -> Self {
        Self {
            council: Bounded(record.council.clone()),
            outcome: Word(OverrideRecord::OUTCOME),
            reason: Text(record.reason.clone()),
            shown: Text(record.shown),
        }
    }
}

impl OverrideV1 {
    pub(super) fn into_domain(self, previous: EntryId) -> Result<OverrideRecord, FormError> {
        if self.outcome.0 != OverrideRecord::OUTCOME {
            return Err(FormError::Field("an override says `approved`".to_owned()));
        }
        Ok(OverrideRecord {
            previous,
            council: self.council.0,
            reason: self.reason.0,
            shown: self.shown.0,
        })
    }
}

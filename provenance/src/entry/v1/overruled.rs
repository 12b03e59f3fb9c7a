//! An override's own fields.

use serde::{Deserialize, Serialize};

use super::FormError;
use super::statement::{ActorV1, CommonV1, Predicate};
use super::text::{Bounded, Text, Word};
use crate::digest::Digest;
use crate::entry::{Content, EntryId, OverrideRecord, Reason, TEXT_BYTES_MAX};
use crate::log_id::LogId;
use crate::time::Time;
use crate::verdict::Outcome;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OverrideV1 {
    actor: ActorV1,
    council: Bounded<TEXT_BYTES_MAX>,
    log: Text<LogId>,
    outcome: Word<Outcome>,
    prev: Text<EntryId>,
    reason: Text<Reason>,
    shown: Text<Digest>,
    time: Text<Time>,
}

impl OverrideV1 {
    pub(super) fn of(common: CommonV1, record: &OverrideRecord) -> Self {
        Self {
            actor: common.actor,
            council: Bounded(record.council.clone()),
            log: common.log,
            outcome: Word(OverrideRecord::OUTCOME),
            prev: Text(record.previous),
            reason: Text(record.reason.clone()),
            shown: Text(record.shown),
            time: common.time,
        }
    }
}

impl Predicate for OverrideV1 {
    fn into_domain(self) -> Result<(CommonV1, Content), FormError> {
        let common = CommonV1 {
            actor: self.actor,
            log: self.log,
            time: self.time,
        };
        if self.outcome.0 != OverrideRecord::OUTCOME {
            return Err(FormError::Field("an override says `approved`".to_owned()));
        }
        let record = OverrideRecord {
            previous: self.prev.0,
            council: self.council.0,
            reason: self.reason.0,
            shown: self.shown.0,
        };
        Ok((common, Content::Override(Box::new(record))))
    }
}

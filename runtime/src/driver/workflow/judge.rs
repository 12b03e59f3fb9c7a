//! Letting a council judge what a task made.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use assize_provenance::digest::Digest;
use assize_provenance::entry::EntryId;
use assize_provenance::entry::v1::word;
use assize_provenance::reader::ObjectId;
use assize_provenance::verdict::Outcome;

use super::fault::DriveFault;
use super::host::Host;
use super::recovery::Recorded;
use crate::case::{Range, RangeKind};
use crate::driver::prepare::{Given, Matter, Prepared, prepare, terms_of};
use crate::driver::recorded::{self, RecordFault};
use crate::event::RunId;

/// How often a case is prepared anew because somebody revoked a waiver that it uses, just before it was sealed.
const TRIES_MAX: u32 = 8;

/// What is to be judged, and by whom.
#[derive(Debug, Clone)]
pub(super) struct Hearing {
    pub(super) council: String,
    pub(super) base: ObjectId,
    pub(super) commit: ObjectId,
    /// The call that made it.
    pub(super) call: RunId,
    /// When the run was submitted, in milliseconds since 1970.
    pub(super) since_ms: u64,
    /// Where this may have been judged before a kill: the entries of those verdicts of the run that are on record.
    pub(super) again: Option<BTreeSet<Digest>>,
}

/// What came of it.
#[derive(Debug, Clone)]
pub(super) struct Judgement {
    pub(super) decision: &'static str,
    pub(super) case: Digest,
    pub(super) entry: EntryId,
}

impl Host {
    /// Hears a council about exactly this commit. The verdict is in the chain when this returns.
    pub(super) fn judge(&self, hearing: &Hearing) -> Result<Judgement, DriveFault> {
        let mut tries = 0_u32;
        loop {
            match self.judge_once(hearing) {
                Err(DriveFault::Record(fault)) if fault.is_overtaken() && tries < TRIES_MAX => {
                    // What waits is read where it is sealed.
                    self.clerk.seal()?;
                }
                outcome => return outcome,
            }
            tries = tries.saturating_add(1);
        }
    }

    fn judge_once(&self, hearing: &Hearing) -> Result<Judgement, DriveFault> {
        let prepared = self.prepare(hearing.base, hearing.commit, hearing.call, &hearing.council, None)?;
        let case = prepared.docket.digest;
        if let Some(used) = &hearing.again
            && let Some(Recorded { entry, outcome, .. }) = self.recorded_verdict(&case, hearing.since_ms, used)?
        {
            return Ok(Judgement {
                decision: decision(outcome),
                case,
                entry,
            });
        }
        let concluded = recorded::hear(
            self.roster.sandbox(),
            &prepared,
            self.clerk.chain(),
            &Self::actor(),
            &|| self.now(),
            &|sheaf, reliance| self.clerk.append_relying(sheaf, reliance),
        )?;
        self.clerk.append(concluded.sheaf)?;
        Ok(Judgement {
            decision: decision(concluded.verdict.outcome),
            case,
            entry: concluded.entry,
        })
    }
}

impl Host {
    /// Reads everything that decides about a change that a call made: for its next case, or for one that stands in the log at
    /// `position` already.
    pub(super) fn prepare(
        &self,
        base: ObjectId,
        commit: ObjectId,
        call: RunId,
        council: &str,
        position: Option<u64>,
    ) -> Result<Prepared, DriveFault> {
        let ruling = self.ruling(base)?;
        let (policy, source) = &*ruling;
        let objects = self.repository.objects().as_ref();
        let mut outlook = self
            .waivers
            .outlook(objects, Some(self.clerk.chain().log()))
            .map_err(RecordFault::from)?;
        outlook.position = position.unwrap_or(outlook.position);
        let given = Given {
            policy: Arc::clone(policy),
            source: source.clone(),
            terms: terms_of(policy, Some(council))?,
            documents: self.documents(call)?,
            keeps_documents: true,
            now: self.now()?,
            outlook,
        };
        // A call that changed nothing is judged by what it did and said.
        let kind = match base == commit {
            true => RangeKind::TwoDot,
            false => RangeKind::FirstParent,
        };
        let matter = Matter {
            objects: Arc::<assize_provenance::git::GitObjects>::clone(self.repository.objects()),
            range: Range {
                kind,
                base: Some(base),
                head: commit,
            },
        };
        Ok(prepare(&matter, &self.roster, given)?)
    }

    /// What the council may read besides the change: what the call asked of the host.
    fn documents(&self, call: RunId) -> Result<BTreeMap<String, Vec<u8>>, DriveFault> {
        let ending = self.store.journal(call)?.ending;
        let transcript = ending.map(|ending| ("transcript".to_owned(), ending.transcript.to_bytes()));
        Ok(transcript.into_iter().collect())
    }
}

fn decision(outcome: Outcome) -> &'static str {
    word(&outcome)
}

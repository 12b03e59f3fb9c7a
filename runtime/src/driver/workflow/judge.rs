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
use crate::driver::recorded;
use crate::event::RunId;

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
        let prepared = self.prepare(hearing.base, hearing.commit, hearing.call, &hearing.council)?;
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
            &|sheaf| self.clerk.append(sheaf),
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
    /// Reads everything that decides about a change that a call made.
    pub(super) fn prepare(
        &self,
        base: ObjectId,
        commit: ObjectId,
        call: RunId,
        council: &str,
    ) -> Result<Prepared, DriveFault> {
        let ruling = self.ruling(base)?;
        let (policy, source) = &*ruling;
        let given = Given {
            policy: Arc::clone(policy),
            source: source.clone(),
            terms: terms_of(policy, Some(council))?,
            documents: self.documents(call)?,
            keeps_documents: true,
            now: self.now()?,
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

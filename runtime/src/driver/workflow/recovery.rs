//! What a driver that was killed left behind: verdicts that are in the chain already, and worktrees that nobody is in.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use assize_provenance::digest::Digest;
use assize_provenance::entry::{Content, EntryId};
use assize_provenance::log_reader::LogReader;
use assize_provenance::reader::ObjectReader as _;
use assize_provenance::verdict::Outcome;

use super::fault::DriveFault;
use super::host::Host;
use crate::repository::landing;

/// How many of the newest entries are looked through.
const ENTRIES_MAX: u64 = 1_000_000;

/// A verdict that is in the chain.
#[derive(Debug, Clone, Copy)]
pub(super) struct Recorded {
    pub(super) entry: EntryId,
    pub(super) outcome: Outcome,
}

impl Host {
    /// Finishes landings that were begun, and removes the worktrees of drivers that have died.
    pub(super) fn clear_up(&self) -> Result<(), DriveFault> {
        let unfinished = |reason: String, is_machine: bool| DriveFault::Repository {
            what: "what a killed process left cannot be finished",
            is_machine,
            reason,
        };
        landing::finish(&self.repository, &self.state_dir).map_err(|error| {
            let is_machine = error.is_machine();
            unfinished(error.to_string(), is_machine)
        })?;
        self.worktrees
            .sweep(&[])
            .map_err(|error| unfinished(error.to_string(), error.is_machine()))?;
        Ok(())
    }

    /// The verdict that this clone's own log holds about a case, as it stood when this was first asked for: only what a driver
    /// before this one recorded is looked for.
    pub(super) fn recorded_verdict(&self, case: &Digest) -> Result<Option<Recorded>, DriveFault> {
        let mut known = self.recorded.lock().unwrap_or_else(PoisonError::into_inner);
        if known.is_none() {
            *known = Some(self.recorded_verdicts()?);
        }
        Ok(known.as_ref().and_then(|verdicts| verdicts.get(case).copied()))
    }

    fn recorded_verdicts(&self) -> Result<BTreeMap<Digest, Recorded>, DriveFault> {
        // What was acknowledged and not sealed is read where it is sealed.
        self.clerk.seal()?;
        let chain = self.clerk.chain();
        let unread = |reason: String| DriveFault::Repository {
            what: "the chain cannot be read",
            is_machine: false,
            reason,
        };
        let reader = self.repository.objects().as_ref();
        let name = chain.log().log_ref();
        let refs = reader.refs(&name).map_err(|error| unread(error.to_string()))?;
        let Some((_, tip)) = refs.into_iter().find(|(found, _)| *found == name) else {
            return Ok(BTreeMap::new());
        };
        let mut log = LogReader::open(reader, tip).map_err(|error| unread(error.to_string()))?;
        let mut verdicts = BTreeMap::new();
        let first = log.size().saturating_sub(ENTRIES_MAX);
        for index in first..log.size() {
            let entry = log.entry(index).map_err(|error| unread(error.to_string()))?;
            let said = entry.entry();
            let Content::Verdict(verdict) = &said.content else {
                continue;
            };
            // Only what this clone signed itself counts.
            if entry.verify(&chain.council_key()).is_err() {
                continue;
            }
            let recorded = Recorded {
                entry: entry.id(),
                outcome: verdict.outcome,
            };
            verdicts.insert(said.subject.case, recorded);
        }
        Ok(verdicts)
    }
}

//! What a driver that was killed left behind: verdicts that are in the chain already, and worktrees that nobody is in.

use std::collections::{BTreeMap, BTreeSet};
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
    at_seconds: u64,
}

/// Verdicts by their cases, in the order of the log.
pub(super) type Verdicts = BTreeMap<Digest, Vec<Recorded>>;

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

    /// A verdict about a case that this clone's own log holds since a run began, and that no step of the run names: a driver
    /// before this one recorded it and was killed before it could say so. Each is given once.
    pub(super) fn recorded_verdict(
        &self,
        case: &Digest,
        since_ms: u64,
        used: &BTreeSet<Digest>,
    ) -> Result<Option<Recorded>, DriveFault> {
        let mut known = self.recorded.lock().unwrap_or_else(PoisonError::into_inner);
        let verdicts = match &mut *known {
            Some(verdicts) => verdicts,
            None => known.insert(self.recorded_verdicts()?),
        };
        let Some(about) = verdicts.get_mut(case) else {
            return Ok(None);
        };
        let place = about.iter().position(|recorded| {
            recorded.at_seconds.saturating_mul(1_000).saturating_add(999) >= since_ms
                && !used.contains(recorded.entry.leaf_hash())
        });
        Ok(place.map(|place| about.remove(place)))
    }

    /// Where the newest case with this digest stands in this clone's own log.
    pub(super) fn position_of(&self, case: &Digest) -> Result<Option<u64>, DriveFault> {
        let Some(mut log) = self.sealed_log()? else {
            return Ok(None);
        };
        for index in (0..log.size()).rev() {
            let entry = log.entry(index).map_err(|error| unread(error.to_string()))?;
            let said = entry.entry();
            if said.subject.case == *case && matches!(said.content, Content::Case(_)) {
                return Ok(Some(index));
            }
        }
        Ok(None)
    }

    /// This clone's own log; none where nothing was sealed yet.
    fn sealed_log(&self) -> Result<Option<LogReader<'_>>, DriveFault> {
        // What was acknowledged and not sealed is read where it is sealed.
        self.clerk.seal()?;
        let reader = self.repository.objects().as_ref();
        let name = self.clerk.chain().log().log_ref();
        let refs = reader.refs(&name).map_err(|error| unread(error.to_string()))?;
        let tip = refs.into_iter().find(|(found, _)| *found == name);
        let log = tip.map(|(_, tip)| LogReader::open(reader, tip)).transpose();
        log.map_err(|error| unread(error.to_string()))
    }

    fn recorded_verdicts(&self) -> Result<Verdicts, DriveFault> {
        let chain = self.clerk.chain();
        let Some(mut log) = self.sealed_log()? else {
            return Ok(BTreeMap::new());
        };
        let mut verdicts = Verdicts::new();
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
                at_seconds: u64::try_from(said.time.unix_seconds()).unwrap_or(0),
            };
            verdicts.entry(said.subject.case).or_default().push(recorded);
        }
        Ok(verdicts)
    }
}

fn unread(reason: String) -> DriveFault {
    DriveFault::Repository {
        what: "the chain cannot be read",
        is_machine: false,
        reason,
    }
}

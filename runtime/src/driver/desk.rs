//! The desk of one run: what an agent remembers, stores and uses, kept in the store under the run's name.

use std::sync::Arc;

use assize_provenance::time::Time;

use crate::clock::Clock;
use crate::event::{Event, RunId};
use crate::outcome::Access;
use crate::sandbox::{Declined, Desk, Item};
use crate::store::{ArtifactDraft, StateChange, StateRefusal, Store, StoreError};

/// Who works at a desk.
#[derive(Debug, Clone)]
pub struct Worker {
    /// The run.
    pub run: RunId,
    /// The agent, as it is recorded.
    pub agent: String,
    /// Its role.
    pub role: String,
}

/// The desk of one run.
#[derive(Debug)]
pub struct StoreDesk {
    store: Arc<Store>,
    clock: Clock,
    worker: Worker,
}

impl StoreDesk {
    /// Opens the desk of `worker`. Times are taken from `clock`.
    #[must_use]
    pub fn new(store: Arc<Store>, clock: Clock, worker: Worker) -> Self {
        Self { store, clock, worker }
    }

    fn now(&self) -> Result<Time, Declined> {
        moment(self.clock).map_err(Declined::Unavailable)
    }
}

/// The time of a clock.
///
/// # Errors
///
/// A sentence when the clock is set to an impossible time.
pub fn moment(clock: Clock) -> Result<Time, String> {
    Time::from_unix_seconds(clock.unix_seconds()).map_err(|_| "the machine's clock is set to an impossible time".to_owned())
}

impl Desk for StoreDesk {
    fn state_get(&mut self, key: &str) -> Result<Option<Item>, Declined> {
        let item = self.store.state_get(&self.worker.agent, key).map_err(unavailable)?;
        Ok(item.map(|item| Item {
            version: item.version,
            value: item.value,
        }))
    }

    fn state_set(
        &mut self,
        key: &str,
        value: Option<&[u8]>,
        expected: Option<u64>,
        bytes_max: u64,
    ) -> Result<u64, Declined> {
        let change = StateChange {
            run: self.worker.run,
            agent: self.worker.agent.clone(),
            key: key.to_owned(),
            value: value.map(<[u8]>::to_vec),
            expected,
            bytes_max,
        };
        match self.store.state_set(self.now()?, change).map_err(unavailable)? {
            Ok(version) => Ok(version),
            Err(refusal @ StateRefusal::Conflict { .. }) => Err(Declined::Conflict(refusal.to_string())),
            Err(refusal @ StateRefusal::OverQuota { .. }) => {
                Err(Declined::Limit(format!("the role's `state_kib` is used up: {refusal}")))
            }
        }
    }

    fn state_list(&mut self, prefix: &str, after: Option<&str>, max: usize) -> Result<Vec<String>, Declined> {
        let mut keys = Vec::new();
        let mut after = after.map(ToOwned::to_owned);
        while keys.len() < max {
            let left = max.saturating_sub(keys.len());
            let page = self
                .store
                .state_list(&self.worker.agent, prefix, after.as_deref(), left)
                .map_err(unavailable)?;
            keys.extend(page.keys);
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        Ok(keys)
    }

    fn artifact_store(&mut self, name: &str, media_type: &str, contents: &[u8]) -> Result<String, Declined> {
        let draft = ArtifactDraft {
            run: self.worker.run,
            agent: self.worker.agent.clone(),
            name: name.to_owned(),
            media_type: media_type.to_owned(),
            contents: contents.to_vec(),
        };
        let digest = self.store.artifact_store(self.now()?, draft).map_err(unavailable)?;
        Ok(digest.to_string())
    }

    fn artifact_get(&mut self, digest: &str, offset: u64, length: u32) -> Result<Vec<u8>, Declined> {
        let digest = digest
            .parse()
            .map_err(|_| Declined::Invalid("a digest has 64 lower-case hex digits".into()))?;
        let contents = self.store.artifact_get(&digest, offset, length as usize).map_err(unavailable)?;
        contents.ok_or_else(|| Declined::NotFound(format!("there is no artifact {digest}")))
    }

    fn record(&mut self, accesses: &[Access]) -> Result<(), String> {
        let at = moment(self.clock)?;
        for some in accesses.chunks(crate::store::EVENTS_APPENDED_MAX) {
            let events: Vec<Event> = some.iter().map(|access| self.event(access)).collect();
            self.store.append(at, &events).map_err(|error| error.to_string())?;
        }
        Ok(())
    }
}

impl StoreDesk {
    fn event(&self, access: &Access) -> Event {
        Event::AccessChecked {
            run: self.worker.run,
            agent: self.worker.agent.clone(),
            role: self.worker.role.clone(),
            permission: access.permission.name().to_owned(),
            resource: access.resource.clone(),
            granted: access.granted,
            reason: access.reason.clone(),
            times: access.times,
        }
    }
}

/// The guest learns that something failed; what failed is for the person at the machine.
fn unavailable(error: StoreError) -> Declined {
    tracing::warn!(%error, "the store did not do what an agent asked");
    Declined::Unavailable("the host's store cannot be used now".into())
}

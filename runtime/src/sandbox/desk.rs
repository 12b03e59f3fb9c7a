//! What outlives a call: the agent's state, its artifacts, the board that agents share, and the record of what it used and
//! called.

use std::sync::Arc;

use assize_provenance::digest::Digest;
use assize_provenance::time::Time;

use super::board::Board;
use super::journal::Noting;
use crate::clock::Clock;
use crate::event::{Event, RunId};
use crate::host_call::{Ending, Note};
use crate::outcome::{Access, CommandUse, Outing, RequestUse};
use crate::store::{
    ArtifactDraft, EVENTS_APPENDED_MAX, Entries, KeyPage, StateChange, StateItem, StateRefusal, Store, StoreError,
};

/// How many events are recorded at once, so that the entries of a journal go with the last of them.
const EVENTS_AT_ONCE: usize = EVENTS_APPENDED_MAX / 2;

/// Why the desk did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Declined {
    /// It would be more than the role may keep.
    Limit(String),
    /// The arguments mean nothing.
    Invalid(String),
    /// There is no such thing.
    NotFound(String),
    /// Somebody else changed it first.
    Conflict(String),
    /// The machine failed.
    Unavailable(String),
}

impl Declined {
    /// What it says.
    #[must_use]
    pub fn text(&self) -> &str {
        let (Self::Limit(text)
        | Self::Invalid(text)
        | Self::NotFound(text)
        | Self::Conflict(text)
        | Self::Unavailable(text)) = self;
        text
    }
}

impl From<StoreError> for Declined {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unfit(reason) => Self::Invalid(reason),
            // What failed, and where, is for the person at the machine: a guest learns no path of the host.
            error => {
                tracing::warn!(%error, "the store did not do what an agent asked");
                Self::Unavailable("the host's store cannot be used now".to_owned())
            }
        }
    }
}

/// The desk of one run: it knows whose run it is. What it did is on disk when a function returns.
///
/// The one implementation that people use is [`StoreDesk`]; others let tests fail at every step.
pub trait Desk: Board + Send {
    /// The value under `key`.
    ///
    /// # Errors
    ///
    /// When the machine failed.
    fn state_get(&mut self, key: &str) -> Result<Option<StateItem>, Declined>;

    /// Sets or clears the value under `key` if its version is `expected`, where that is given, and returns the new version. All
    /// values of the agent together may have `bytes_max` bytes. The notes of `noting` are recorded with it.
    ///
    /// # Errors
    ///
    /// `Conflict` when the version is another, `Limit` when it is too much, or when the machine failed.
    fn state_set(
        &mut self,
        key: &str,
        value: Option<Vec<u8>>,
        expected: Option<u64>,
        bytes_max: u64,
        noting: Noting<u64>,
    ) -> Result<u64, Declined>;

    /// At most `max` keys that have a value and start with `prefix`, in byte order, behind `after`.
    ///
    /// # Errors
    ///
    /// When the machine failed.
    fn state_list(&mut self, prefix: &str, after: Option<&str>, max: usize) -> Result<KeyPage, Declined>;

    /// Stores contents and returns their digest. The notes of `noting` are recorded with it.
    ///
    /// # Errors
    ///
    /// When the machine failed.
    fn artifact_store(
        &mut self,
        name: &str,
        media_type: &str,
        contents: Vec<u8>,
        noting: Noting<Digest>,
    ) -> Result<Digest, Declined>;

    /// At most `length` bytes of an artifact's contents from `offset`.
    ///
    /// # Errors
    ///
    /// `NotFound` when there is no such artifact, or when the machine failed.
    fn artifact_get(&mut self, digest: &Digest, offset: u64, length: u32) -> Result<Vec<u8>, Declined>;

    /// Records what the call did. The entries of its journal come last.
    ///
    /// # Errors
    ///
    /// What kept it from being recorded. The call ends then: nothing is used that is not recorded.
    fn record(&mut self, record: Record<'_>) -> Result<(), Declined>;
}

/// What is to be recorded of a call.
#[derive(Debug, Clone, Default)]
pub struct Record<'a> {
    /// Uses of powers.
    pub accesses: &'a [Access],
    /// What was done outside.
    pub outings: &'a [Outing],
    /// Entries of its journal.
    pub notes: Vec<Note>,
    /// The end of its journal.
    pub ending: Option<Ending>,
}

impl Record<'_> {
    /// Whether there is nothing to record.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.accesses.is_empty() && self.outings.is_empty() && self.notes.is_empty() && self.ending.is_none()
    }
}

/// A desk in the store of a clone.
#[derive(Debug, Clone)]
pub struct StoreDesk {
    pub(super) store: Arc<Store>,
    clock: Clock,
    pub(super) run: RunId,
    pub(super) agent: String,
    pub(super) role: String,
}

impl StoreDesk {
    /// The desk of the run `run` of `agent`, which holds `role`.
    #[must_use]
    pub fn new(store: Arc<Store>, clock: Clock, run: RunId, agent: &str, role: &str) -> Self {
        Self {
            store,
            clock,
            run,
            agent: agent.to_owned(),
            role: role.to_owned(),
        }
    }

    pub(super) fn now(&self) -> Result<Time, Declined> {
        Time::from_unix_seconds(self.clock.unix_seconds())
            .map_err(|error| Declined::Unavailable(format!("the machine's clock cannot be right: {error}")))
    }

    fn event_of(&self, outing: &Outing) -> Event {
        match outing.clone() {
            Outing::Command(CommandUse {
                command,
                dir,
                confined,
                outcome,
                wall_ms,
                output_bytes,
            }) => Event::CommandRun {
                run: self.run,
                agent: self.agent.clone(),
                command,
                dir,
                confined,
                outcome,
                wall_ms,
                output_bytes,
            },
            Outing::Request(RequestUse {
                method,
                origin,
                path,
                secrets,
                status,
                outcome,
                sent_bytes,
                received_bytes,
            }) => Event::RequestSent {
                run: self.run,
                agent: self.agent.clone(),
                method,
                origin,
                path,
                secrets: secrets.join(","),
                status: status.map_or(0, u64::from),
                outcome,
                sent_bytes,
                received_bytes,
            },
        }
    }
}

impl Desk for StoreDesk {
    fn state_get(&mut self, key: &str) -> Result<Option<StateItem>, Declined> {
        Ok(self.store.state_get(&self.agent, key)?)
    }

    fn state_set(
        &mut self,
        key: &str,
        value: Option<Vec<u8>>,
        expected: Option<u64>,
        bytes_max: u64,
        noting: Noting<u64>,
    ) -> Result<u64, Declined> {
        let change = StateChange {
            run: self.run,
            agent: self.agent.clone(),
            key: key.to_owned(),
            value,
            expected,
            bytes_max,
        };
        let notes = move |done: &Result<u64, StateRefusal>| noting.notes(&done.map_err(refused));
        self.store.state_set_noted(self.now()?, change, notes)?.map_err(refused)
    }

    fn state_list(&mut self, prefix: &str, after: Option<&str>, max: usize) -> Result<KeyPage, Declined> {
        Ok(self.store.state_list(&self.agent, prefix, after, max)?)
    }

    fn artifact_store(
        &mut self,
        name: &str,
        media_type: &str,
        contents: Vec<u8>,
        noting: Noting<Digest>,
    ) -> Result<Digest, Declined> {
        let draft = ArtifactDraft {
            run: self.run,
            agent: self.agent.clone(),
            name: name.to_owned(),
            media_type: media_type.to_owned(),
            contents,
        };
        let notes = move |digest: &Digest| noting.notes(&Ok(*digest));
        Ok(self.store.artifact_store_noted(self.now()?, draft, notes)?)
    }

    fn artifact_get(&mut self, digest: &Digest, offset: u64, length: u32) -> Result<Vec<u8>, Declined> {
        self.store
            .artifact_get(digest, offset, length as usize)?
            .ok_or_else(|| Declined::NotFound(format!("there is no artifact {digest}")))
    }

    fn record(&mut self, record: Record<'_>) -> Result<(), Declined> {
        let now = self.now()?;
        let accesses = record.accesses.iter().map(|access| Event::AccessChecked {
            run: self.run,
            agent: self.agent.clone(),
            role: self.role.clone(),
            permission: access.permission.name().to_owned(),
            resource: access.resource.clone(),
            granted: access.granted,
            reason: access.reason.clone(),
            times: access.times,
        });
        let mut events: Vec<Event> = accesses.collect();
        events.extend(record.outings.iter().map(|outing| self.event_of(outing)));
        // Nobody but the person at the machine reads why this failed: the call ends with it.
        let failed = |error: StoreError| Declined::Unavailable(error.to_string());
        let mut last = events.as_slice();
        while let Some((some, more)) = last.split_at_checked(EVENTS_AT_ONCE) {
            self.store.append(now, some).map_err(failed)?;
            last = more;
        }
        let entries = Entries {
            run: self.run,
            agent: self.agent.clone(),
            notes: record.notes,
            ending: record.ending,
        };
        self.store.append_with(now, last, entries).map_err(failed)
    }
}

/// What the guest is told where its state is not changed.
fn refused(refusal: StateRefusal) -> Declined {
    match refusal {
        StateRefusal::Conflict { .. } => Declined::Conflict(refusal.to_string()),
        StateRefusal::OverQuota { .. } => Declined::Limit(format!(
            "the role's `state_kib` is used up: {refusal}; clear values or raise the limit"
        )),
    }
}

//! The store: what agents did and what they remember, in one SQLite file in the clone's own state folder.
//!
//! ```text
//! append, append_steps, board_act, state_set, artifact_store ─▶ writer ─▶ events (only ever appended to) ─▶ listings
//! events, runs, workflow_runs, accesses, usage, state_get, … ◀─ pages ◀──────────────────────────┘
//! ```
//!
//! Whatever is recorded is on disk when the call returns. The **events** are the truth; every listing is made from them and
//! can be made again ([`Store::rebuild`]). Beside them stand only contents, under their digests, and [leases](Lease), which say
//! who may go on with a run. Several threads and several processes may use one store at once: each process has one thread that writes, and they take turns.
//!
//! Times are arguments: nothing in here reads a clock. Nothing is ever held in memory whole: answers come in pages.
//!
//! [`Store`] is the whole contract. `tests/e2e/store` holds what must be true of it, whichever database is behind.

mod artifacts;
mod board;
mod check;
mod contents;
mod fault;
mod holders;
mod journal;
mod leases;
mod listings;
mod log;
mod place;
mod query;
mod rebuild;
mod schema;
mod state;
mod steps;
pub mod wake;
mod workflows;
mod writer;

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use assize_provenance::digest::Digest;
use assize_provenance::time::Time;
use rusqlite::Connection;

pub use artifacts::{ARTIFACT_BYTES_MAX, Artifact, ArtifactDraft};
pub use board::{
    Act, Author, BOARD_ROWS_MAX, BoardDecision, BoardMessage, BoardRefusal, BoardTask, BoardWorkflow, DecisionState,
    Known, Proposal, TASK_NEEDS_MAX, TASKS_OPEN_MAX, TaskDraft, TeamMember, VOTERS_MAX, WORKFLOW_TASKS_MAX,
};
pub use check::{Checked, PROBLEMS_MAX};
pub use fault::StoreError;
pub use holders::Holder;
pub use journal::{ANSWER_BYTES_MAX, Entries, JOURNAL_BYTES_MAX};
pub use leases::{Fenced, Held, HeldLease, Lease, run_lease};
pub use log::EventFilter;
pub use query::{AccessFilter, PAGE_ROWS_MAX, Run, RunEnd, RunFilter, Usage};
pub use rebuild::{Difference, Rebuilt};
pub use state::{KeyPage, StateChange, StateItem, StateRefusal};
pub use steps::{Bundle, StepRefusal};
pub use workflows::{
    RequestFilter, WorkflowAnswer, WorkflowEnd, WorkflowRequest, WorkflowRun, WorkflowRunFilter, WorkflowTask,
};

use crate::event::{Event, KEY_BYTES_MAX, Kind, NAME_BYTES_MAX, Recorded, RunId, VALUE_BYTES_MAX, text};
use crate::host_call::Note;
use fault::Failure;
use log::Prepared;
use place::Place;
use writer::Writer;

/// How long a process waits for another that holds the store, in milliseconds, unless it is told otherwise.
pub const PATIENCE_MILLIS: u64 = 10_000;
/// How many events are appended at once.
pub const EVENTS_APPENDED_MAX: usize = 10_000;

/// The store of one clone, open.
#[derive(Debug)]
pub struct Store {
    place: Place,
    reader: Mutex<Connection>,
    writer: Writer,
}

impl Store {
    /// Opens the store in the state folder of a clone (`<git common dir>/assize`), making both where there are none.
    ///
    /// # Errors
    ///
    /// Every [`StoreError`].
    pub fn open(state_dir: &Path) -> Result<Self, StoreError> {
        Self::open_patiently(state_dir, Duration::from_millis(PATIENCE_MILLIS))
    }

    /// Opens the store, and waits as long as this, every time, for another process that holds it.
    ///
    /// # Errors
    ///
    /// Every [`StoreError`].
    pub fn open_patiently(state_dir: &Path, patience: Duration) -> Result<Self, StoreError> {
        Self::at(Place::make(state_dir, patience)?)
    }

    /// Opens the store if there is one. Nothing is made.
    ///
    /// # Errors
    ///
    /// Every [`StoreError`].
    pub fn open_existing(state_dir: &Path) -> Result<Option<Self>, StoreError> {
        Place::find(state_dir, Duration::from_millis(PATIENCE_MILLIS))?
            .map(Self::at)
            .transpose()
    }

    fn at(place: Place) -> Result<Self, StoreError> {
        place.prepare(schema::MIGRATIONS)?;
        let identity = place.identity()?.ok_or_else(|| StoreError::Moved(place.file.clone()))?;
        let reader = place.open()?;
        reader
            .pragma_update(None, "query_only", true)
            .map_err(|error| place.fault(error))?;
        let writer = Writer::start(&place, place.open()?, identity)?;
        Ok(Self {
            place,
            reader: Mutex::new(reader),
            writer,
        })
    }

    /// Appends events in their order, made [recordable](Event::recordable), all or none; gives the number of each. What
    /// agents remember and store is recorded by [`state_set`](Self::state_set) and [`artifact_store`](Self::artifact_store),
    /// their host calls by [`append_with`](Self::append_with), steps of workflows by [`append_steps`](Self::append_steps), and what
    /// they do on the board by [`board_act`](Self::board_act).
    ///
    /// # Errors
    ///
    /// [`StoreError::Unfit`] for events of those kinds and for more than [`EVENTS_APPENDED_MAX`]; every other
    /// [`StoreError`].
    pub fn append(&self, at: Time, events: &[Event]) -> Result<Vec<u64>, StoreError> {
        if events.len() > EVENTS_APPENDED_MAX {
            return Err(unfit(format!(
                "{} events at once, and {EVENTS_APPENDED_MAX} are the most",
                events.len()
            )));
        }
        let prepared = Self::prepared(at, events)?;
        if prepared.is_empty() {
            return Ok(Vec::new());
        }
        let count = prepared.len() as u64;
        let last = self
            .writer
            .write(move |connection| log::append(connection, &prepared))?;
        Ok((last.saturating_sub(count).saturating_add(1)..=last).collect())
    }

    fn prepared(at: Time, events: &[Event]) -> Result<Vec<Prepared>, StoreError> {
        let prepared = events.iter().map(|event| match event.kind() {
            Kind::StateSet
            | Kind::ArtifactStored
            | Kind::HostCalled
            | Kind::Transcribed
            | Kind::Workflow
            | Kind::Board => Err(unfit(format!("a `{}` event by itself", event.kind().name()))),
            Kind::RunStarted | Kind::AccessChecked | Kind::CommandRun | Kind::RequestSent | Kind::RunEnded => {
                Prepared::of(at, event.clone()).map_err(unfit)
            }
        });
        prepared.collect()
    }

    /// Reads at most `rows_max` events behind the number `after`, in order. A page may be shorter than asked for; an empty
    /// one is the end.
    ///
    /// # Errors
    ///
    /// Every [`StoreError`].
    pub fn events(&self, filter: &EventFilter<'_>, after: u64, rows_max: usize) -> Result<Vec<Recorded>, StoreError> {
        self.read(|connection| log::events(connection, filter, after, rows_max))
    }

    /// Sets or clears what an agent remembers under a key, and records it; gives the key's new version.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unfit`] for a name, key or value that the contract with agents does not allow; every other
    /// [`StoreError`].
    pub fn state_set(&self, at: Time, change: StateChange) -> Result<Result<u64, StateRefusal>, StoreError> {
        self.state_set_noted(at, change, |_| Vec::new())
    }

    /// Sets or clears what an agent remembers, as [`state_set`](Self::state_set) does, and adds what `notes` makes of the answer to
    /// the journal of the run, in the same transaction.
    ///
    /// # Errors
    ///
    /// As for [`state_set`](Self::state_set).
    pub fn state_set_noted(
        &self,
        at: Time,
        change: StateChange,
        notes: impl Fn(&Result<u64, StateRefusal>) -> Vec<Note> + Send + 'static,
    ) -> Result<Result<u64, StateRefusal>, StoreError> {
        insist_on_name("agent", &change.agent, NAME_BYTES_MAX)?;
        insist_on_name("key", &change.key, KEY_BYTES_MAX)?;
        let bytes = change.value.as_ref().map_or(0, Vec::len);
        if bytes > VALUE_BYTES_MAX {
            return Err(unfit(format!(
                "a value of {bytes} bytes, and {VALUE_BYTES_MAX} are the most"
            )));
        }
        self.writer.write(move |connection| {
            let done = state::set(connection, at, &change)?;
            journal::note(connection, at, change.run, &change.agent, &notes(&done))?;
            Ok(done)
        })
    }

    /// Reads what an agent remembers under a key.
    ///
    /// # Errors
    ///
    /// Every [`StoreError`].
    pub fn state_get(&self, agent: &str, key: &str) -> Result<Option<StateItem>, StoreError> {
        self.read(|connection| state::get(connection, agent, key))
    }

    /// Reads at most `rows_max` of the keys under which an agent remembers something: those that start with `prefix` and come
    /// behind `after`.
    ///
    /// # Errors
    ///
    /// Every [`StoreError`].
    pub fn state_list(
        &self,
        agent: &str,
        prefix: &str,
        after: Option<&str>,
        rows_max: usize,
    ) -> Result<KeyPage, StoreError> {
        self.read(|connection| state::keys(connection, agent, prefix, after, rows_max))
    }

    /// Stores an artifact and records it; gives the digest of its contents.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unfit`] for a name or contents that the contract with agents does not allow; every other
    /// [`StoreError`].
    pub fn artifact_store(&self, at: Time, draft: ArtifactDraft) -> Result<Digest, StoreError> {
        self.artifact_store_noted(at, draft, |_| Vec::new())
    }

    /// Stores an artifact, as [`artifact_store`](Self::artifact_store) does, and adds what `notes` makes of its digest to the
    /// journal of the run, in the same transaction.
    ///
    /// # Errors
    ///
    /// As for [`artifact_store`](Self::artifact_store).
    pub fn artifact_store_noted(
        &self,
        at: Time,
        draft: ArtifactDraft,
        notes: impl Fn(&Digest) -> Vec<Note> + Send + 'static,
    ) -> Result<Digest, StoreError> {
        insist_on_name("agent", &draft.agent, NAME_BYTES_MAX)?;
        insist_on_name("name", &draft.name, NAME_BYTES_MAX)?;
        insist_on_name("media type", &draft.media_type, NAME_BYTES_MAX)?;
        let bytes = draft.contents.len();
        if bytes > ARTIFACT_BYTES_MAX {
            return Err(unfit(format!(
                "an artifact of {bytes} bytes, and {ARTIFACT_BYTES_MAX} are the most"
            )));
        }
        let digest = Digest::of(&draft.contents);
        self.writer.write(move |connection| {
            artifacts::store(connection, at, &draft, digest)?;
            journal::note(connection, at, draft.run, &draft.agent, &notes(&digest))
        })?;
        Ok(digest)
    }

    /// Reads at most `length` bytes of an artifact from `offset`; nothing at its end, and none where there is no such
    /// artifact. The contents are held against the digest every time.
    ///
    /// # Errors
    ///
    /// Every [`StoreError`].
    pub fn artifact_get(&self, digest: &Digest, offset: u64, length: usize) -> Result<Option<Vec<u8>>, StoreError> {
        let contents = self.read(|connection| contents::get(connection, digest))?;
        Ok(contents.map(|contents| {
            let start = usize::try_from(offset).unwrap_or(usize::MAX).min(contents.len());
            let end = start.saturating_add(length).min(contents.len());
            contents.get(start..end).unwrap_or_default().to_vec()
        }))
    }

    /// Reads at most `rows_max` of the artifacts that were stored, by one run or by any, behind the event `after`, in order.
    ///
    /// # Errors
    ///
    /// Every [`StoreError`].
    pub fn artifacts(&self, run: Option<RunId>, after: u64, rows_max: usize) -> Result<Vec<Artifact>, StoreError> {
        self.read(|connection| artifacts::list(connection, run, after, rows_max))
    }

    /// Reads at most `rows_max` runs, the newest first; those that were started before the event `before`, if it is given.
    ///
    /// # Errors
    ///
    /// Every [`StoreError`].
    pub fn runs(&self, filter: &RunFilter<'_>, before: Option<u64>, rows_max: usize) -> Result<Vec<Run>, StoreError> {
        self.read(|connection| query::runs(connection, filter, before, rows_max))
    }

    /// Reads at most `rows_max` accesses, the newest first; those before time and number of the last one of the page before,
    /// if they are given.
    ///
    /// # Errors
    ///
    /// Every [`StoreError`].
    pub fn accesses(
        &self,
        filter: &AccessFilter<'_>,
        before: Option<(Time, u64)>,
        rows_max: usize,
    ) -> Result<Vec<Recorded>, StoreError> {
        self.read(|connection| query::accesses(connection, filter, before, rows_max))
    }

    /// Reads at most `rows_max` rows of who used what, of one agent or of all, by agent and permission; those behind the last
    /// one of the page before, if it is given.
    ///
    /// # Errors
    ///
    /// Every [`StoreError`].
    pub fn usage(
        &self,
        agent: Option<&str>,
        after: Option<(&str, &str)>,
        rows_max: usize,
    ) -> Result<Vec<Usage>, StoreError> {
        self.read(|connection| query::usage(connection, agent, after, rows_max))
    }

    /// Makes every listing again from the events, in one transaction, and says which were not what the events say. Others
    /// that want to write wait meanwhile.
    ///
    /// # Errors
    ///
    /// Every [`StoreError`]; the listings are as they were.
    pub fn rebuild(&self) -> Result<Rebuilt, StoreError> {
        self.writer.write(rebuild::rebuild)
    }

    /// Looks whether the file is whole, no event was changed or removed, and every artifact is what it was.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when it cannot be looked at. Damage that is found is no error.
    pub fn check(&self) -> Result<Checked, StoreError> {
        self.read(check::check)
    }

    fn read<T>(&self, reading: impl FnOnce(&Connection) -> Result<T, Failure>) -> Result<T, StoreError> {
        let reader: MutexGuard<'_, Connection> = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        reading(&reader).map_err(|failure| self.place.fault(failure))
    }
}

fn insist_on_name(what: &str, name: &str, bytes_max: usize) -> Result<(), StoreError> {
    if name.is_empty() || !text::is_plain(name, bytes_max) {
        return Err(unfit(format!(
            "the {what} has not 1 to {bytes_max} bytes of printable characters"
        )));
    }
    Ok(())
}

fn unfit(reason: impl std::fmt::Display) -> StoreError {
    StoreError::Unfit(reason.to_string())
}

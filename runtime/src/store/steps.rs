//! Steps of runs: appended only by who holds the run's lease, and only where they fit.

use std::collections::BTreeMap;

use assize_provenance::digest::Digest;
use assize_provenance::time::Time;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::fault::Failure;
use super::leases::{self, Fenced, Lease, run_lease};
use super::log::{self, Prepared};
use super::query::as_signed;
use super::{ARTIFACT_BYTES_MAX, EVENTS_APPENDED_MAX, Store, StoreError, contents, unfit, wake};
use crate::event::{Event, RunId, Step};

/// Why steps are not appended. None of them was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StepRefusal {
    /// Another process has taken the run over.
    #[error(transparent)]
    Fenced(#[from] Fenced),
    /// The run was started already.
    #[error("the run {0} was started already")]
    Known(RunId),
    /// There is no such run.
    #[error("there is no run {0}; `assize task list` shows those that there are")]
    Unknown(RunId),
    /// The run has ended.
    #[error("the run {0} has ended; nothing happens in it any more")]
    Ended(RunId),
    /// What is to be answered was not asked in this run, or is answered already.
    #[error("event {asked} is no open request of the run {run}")]
    NotOpen {
        /// The run.
        run: RunId,
        /// The event.
        asked: u64,
    },
}

/// How far a run has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Unknown,
    Open,
    Ended,
}

impl Store {
    /// Appends steps in their order, all or none, and keeps the contents that they name; gives the number of each.
    ///
    /// `Started` and `Asked` may be appended by anybody. Every other step needs the lease of its run ([`run_lease`]), and is
    /// refused when somebody else has taken that since. `Started` and `Asked` wake those who drive runs.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unfit`] for a step without the lease it needs, for contents that a step names and nobody gave, for more
    /// than [`EVENTS_APPENDED_MAX`] steps, and for contents of more than [`ARTIFACT_BYTES_MAX`] bytes; every other
    /// [`StoreError`].
    pub fn append_steps(
        &self,
        at: Time,
        lease: Option<&Lease>,
        steps: Vec<Step>,
        contents: Vec<Vec<u8>>,
    ) -> Result<Result<Vec<u64>, StepRefusal>, StoreError> {
        let wakes = steps.iter().any(is_open_to_all);
        let (prepared, contents) = prepare(at, lease, Bundle { steps, contents })?;
        let lease = lease.cloned();
        let appended = self
            .writer
            .write(move |connection| append(connection, lease.as_ref(), &prepared, &contents))?;
        if wakes && appended.is_ok() {
            wake::ring(&self.place.folder);
        }
        Ok(appended)
    }
}

/// Steps of one run, to be appended together, and the contents that they name.
#[derive(Debug, Clone, Default)]
pub struct Bundle {
    /// The steps.
    pub steps: Vec<Step>,
    /// The contents.
    pub contents: Vec<Vec<u8>>,
}

impl Store {
    /// Appends the steps of several runs in one transaction, each bundle under the lease of its run, all or none of it; what
    /// is refused of one run is no matter to the others.
    ///
    /// # Errors
    ///
    /// As [`append_steps`](Self::append_steps); then nothing of any run is appended.
    pub fn append_bundles(
        &self,
        at: Time,
        bundles: Vec<(Lease, Bundle)>,
    ) -> Result<Vec<Result<Vec<u64>, StepRefusal>>, StoreError> {
        let mut prepared = Vec::with_capacity(bundles.len());
        for (lease, bundle) in bundles {
            prepared.push((lease.clone(), prepare(at, Some(&lease), bundle)?));
        }
        self.writer.write(move |connection| {
            let bundles = prepared.iter();
            bundles
                .map(|(lease, (prepared, contents))| append(connection, Some(lease), prepared, contents))
                .collect()
        })
    }
}

/// Looks whether steps may be appended at all, and writes them down.
fn prepare(at: Time, lease: Option<&Lease>, bundle: Bundle) -> Result<Ready, StoreError> {
    let Bundle { steps, contents } = bundle;
    if steps.len() > EVENTS_APPENDED_MAX {
        let count = steps.len();
        return Err(unfit(format!(
            "{count} steps at once, and {EVENTS_APPENDED_MAX} are the most"
        )));
    }
    if let Some(large) = contents.iter().find(|bytes| bytes.len() > ARTIFACT_BYTES_MAX) {
        let bytes = large.len();
        return Err(unfit(format!(
            "contents of {bytes} bytes, and {ARTIFACT_BYTES_MAX} are the most"
        )));
    }
    steps.iter().try_for_each(|step| insist_on_lease(step, lease))?;
    let prepared: Result<Vec<Prepared>, _> = steps
        .into_iter()
        .map(|step| Prepared::of(at, Event::Workflow(step)).map_err(unfit))
        .collect();
    let contents = contents.into_iter().map(|bytes| (Digest::of(&bytes), bytes)).collect();
    Ok((prepared?, contents))
}

/// Steps in stored form, and contents by their digests.
type Ready = (Vec<Prepared>, Vec<(Digest, Vec<u8>)>);

/// Whether anybody may append it.
fn is_open_to_all(step: &Step) -> bool {
    matches!(step, Step::Started { .. } | Step::Asked { .. })
}

fn insist_on_lease(step: &Step, lease: Option<&Lease>) -> Result<(), StoreError> {
    if is_open_to_all(step) {
        return Ok(());
    }
    match lease {
        Some(lease) if lease.name == run_lease(step.run()) => Ok(()),
        Some(lease) => Err(unfit(format!(
            "a step of the run {} under the lease {}",
            step.run(),
            lease.name
        ))),
        None => Err(unfit(format!("a step of the run {} without its lease", step.run()))),
    }
}

fn append(
    connection: &Connection,
    lease: Option<&Lease>,
    prepared: &[Prepared],
    contents: &[(Digest, Vec<u8>)],
) -> Result<Result<Vec<u64>, StepRefusal>, Failure> {
    // Everything is asked before anything is written: what is refused shares its transaction with others.
    if let Some(lease) = lease
        && !leases::is_current(connection, lease)?
    {
        return Ok(Err(Fenced.into()));
    }
    let given: Vec<Digest> = contents.iter().map(|(digest, _)| *digest).collect();
    let mut stages = BTreeMap::new();
    for Prepared { event, .. } in prepared {
        let Event::Workflow(step) = event else { continue };
        insist_on_contents(connection, step, &given)?;
        if let Err(refusal) = follow(connection, &mut stages, step)? {
            return Ok(Err(refusal));
        }
    }
    for (digest, bytes) in contents {
        contents::put(connection, digest, bytes)?;
    }
    if prepared.is_empty() {
        return Ok(Ok(Vec::new()));
    }
    let last = log::append(connection, prepared)?;
    let first = last.saturating_sub(prepared.len() as u64).saturating_add(1);
    Ok(Ok((first..=last).collect()))
}

/// Goes one step further, or says why there is none.
fn follow(
    connection: &Connection,
    stages: &mut BTreeMap<RunId, Stage>,
    step: &Step,
) -> Result<Result<(), StepRefusal>, Failure> {
    let run = step.run();
    let before = match stages.get(&run) {
        Some(stage) => *stage,
        None => stage(connection, run)?,
    };
    let after = match (before, step) {
        (Stage::Unknown, Step::Started { .. }) => Stage::Open,
        (Stage::Open | Stage::Ended, Step::Started { .. }) => return Ok(Err(StepRefusal::Known(run))),
        (Stage::Unknown, _) => return Ok(Err(StepRefusal::Unknown(run))),
        (Stage::Ended, _) => return Ok(Err(StepRefusal::Ended(run))),
        (Stage::Open, Step::Ended { .. }) => Stage::Ended,
        (Stage::Open, Step::Answered { asked, .. }) if !is_open_request(connection, run, *asked)? => {
            return Ok(Err(StepRefusal::NotOpen { run, asked: *asked }));
        }
        (Stage::Open, _) => Stage::Open,
    };
    stages.insert(run, after);
    Ok(Ok(()))
}

fn stage(connection: &Connection, run: RunId) -> Result<Stage, Failure> {
    let ended: Option<bool> = connection
        .prepare_cached("SELECT ended_ms IS NOT NULL FROM workflow_runs WHERE run = ?1")?
        .query_row([run.as_bytes()], |row| row.get(0))
        .optional()?;
    Ok(match ended {
        None => Stage::Unknown,
        Some(false) => Stage::Open,
        Some(true) => Stage::Ended,
    })
}

fn is_open_request(connection: &Connection, run: RunId, asked: u64) -> Result<bool, Failure> {
    let found: Option<i64> = connection
        .prepare_cached("SELECT 1 FROM workflow_requests WHERE sequence = ?1 AND run = ?2 AND answered_ms IS NULL")?
        .query_row(params![as_signed(asked), run.as_bytes()], |row| row.get(0))
        .optional()?;
    Ok(found.is_some())
}

/// A step names no contents that are not kept.
fn insist_on_contents(connection: &Connection, step: &Step, given: &[Digest]) -> Result<(), Failure> {
    let named = match step {
        Step::Started { plan, .. } => Some(plan),
        Step::AttemptEnded { output, .. } => output.as_ref(),
        Step::Asked { signed, .. } => signed.as_ref(),
        _ => None,
    };
    match named {
        Some(digest) if !given.contains(digest) && !contents::has(connection, digest)? => {
            Err(unfit(format!("a step that names the contents {digest}, which nobody gave")).into())
        }
        _ => Ok(()),
    }
}

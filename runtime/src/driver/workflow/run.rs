//! One run in the hands of this driver.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use assize_provenance::digest::Digest;
use assize_provenance::reader::ObjectId;

use super::Driver;
use super::board::Board;
use super::dispatch::Deed;
use super::fault::DriveFault;
use super::input::Outputs;
use super::record;
use crate::event::{RunId, Step};
use crate::plan::{Plan, Source, Work};
use crate::repository::WriteError;
use crate::schedule::State;
use crate::stop::Stop;
use crate::store::{Holder, Lease, PAGE_ROWS_MAX, WorkflowRun, run_lease};

/// What a thread is busy with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Errand {
    /// An attempt of a task.
    Attempt(usize),
    /// A hearing of a council about a task.
    Judge(usize, String),
    /// The landing of a task's change.
    Land(usize),
    /// What a person said of an approved change, by the number of the request.
    Confirm(u64),
}

/// One run in the hands of this driver.
pub(super) struct Driven {
    pub(super) plan: Arc<Plan>,
    pub(super) state: State,
    pub(super) lease: Lease,
    pub(super) branch: String,
    pub(super) base: ObjectId,
    pub(super) actor: String,
    pub(super) started_ms: u64,
    /// What threads have done and is not recorded yet.
    pub(super) done: Vec<Deed>,
    /// What threads are busy with, and what ends it before its time.
    pub(super) busy: BTreeMap<Errand, Stop>,
    /// Tasks that were under way when this driver took the run over: what they did may be on record already.
    pub(super) inherited: BTreeSet<usize>,
    /// The tasks on the board that it does, if agents made it.
    pub(super) board: Option<Board>,
}

impl Driven {
    /// Takes in a step.
    pub(super) fn apply(&mut self, run: RunId, sequence: u64, step: &Step) -> Result<(), DriveFault> {
        self.state
            .apply(sequence, step)
            .map_err(|illegal| nonsense(run, illegal.to_string()))
    }
}

/// Outputs as they stood when a task was given out.
pub(super) struct Given(BTreeMap<usize, (String, Option<Digest>)>);

impl Given {
    /// The outputs that a task may look at: those of what it is given something from, and of what it joins.
    pub(super) fn of(plan: &Plan, state: &State, task: usize) -> Self {
        let mut given = BTreeMap::new();
        let Some(node) = plan.tasks.get(task) else {
            return Self(given);
        };
        let mut wanted: BTreeSet<usize> = node
            .inputs
            .values()
            .filter_map(|source| match source {
                Source::Output { task, .. } => Some(*task),
                Source::Value(_) | Source::History => None,
            })
            .collect();
        if node.work == Work::Join {
            wanted.extend(node.needs.iter().map(|need| need.task));
        }
        for task in wanted {
            if let Some(view) = state.view(task) {
                given.insert(task, (view.name.to_owned(), view.output));
            }
        }
        Self(given)
    }
}

impl Outputs for Given {
    fn of(&self, task: usize) -> (String, Option<Digest>) {
        self.0.get(&task).cloned().unwrap_or_default()
    }
}

impl Driver {
    /// Takes a run, if nobody drives it, and reads what happened in it.
    pub(super) fn take_run(&mut self, open: WorkflowRun) -> Result<bool, DriveFault> {
        let run = open.run;
        let reserved = self.reserved.remove(&run);
        let lease = match reserved {
            Some(lease) => lease,
            None => match self.lease(run)? {
                Some(lease) => lease,
                None => return Ok(false),
            },
        };
        match self.read_in(&open, lease.clone()) {
            Ok(driven) => {
                self.runs.insert(run, driven);
                self.taken.push(run);
                Ok(true)
            }
            Err(fault) => {
                let _ = self.host.store.lease_release(&lease)?;
                self.set_aside(run, fault).map(|()| false)
            }
        }
    }

    /// The lease of a run, if nobody else drives it.
    pub(super) fn lease(&self, run: RunId) -> Result<Option<Lease>, DriveFault> {
        let state_dir = self.host.state_dir.clone();
        let taken = self.host.store.lease_take(
            &run_lease(run),
            self.holder.id(),
            self.host.clock.unix_millis(),
            // While the process lives nobody else drives the run, and its death is seen at once.
            FOR_EVER_MS,
            move |holder| Holder::is_dead(&state_dir, holder),
        )?;
        Ok(taken.ok())
    }

    fn read_in(&self, open: &WorkflowRun, lease: Lease) -> Result<Driven, DriveFault> {
        let plan = record::plan_of(&self.host.store, open)?;
        self.begin_branch(open)?;
        let mut driven = self.read_run(open, plan, lease)?;
        driven.state.recover();
        Ok(driven)
    }

    /// Gives back the leases of drivers that have died: also of runs that ended before their driver could do it.
    pub(super) fn free_leases(&self) -> Result<(), DriveFault> {
        let (store, mut after) = (&self.host.store, None::<String>);
        loop {
            let page = store.leases(after.as_deref(), PAGE_ROWS_MAX)?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.lease.name.clone());
            for held in page {
                if !Holder::is_dead(&self.host.state_dir, &held.lease.holder) {
                    continue;
                }
                let (state_dir, now_ms) = (self.host.state_dir.clone(), self.host.clock.unix_millis());
                let is_dead = move |holder: &str| Holder::is_dead(&state_dir, holder);
                let taken = store.lease_take(&held.lease.name, self.holder.id(), now_ms, FOR_EVER_MS, is_dead)?;
                // Whoever was faster looks after it.
                if let Ok(lease) = taken {
                    let _ = store.lease_release(&lease)?;
                }
            }
        }
    }

    /// A branch that does not exist yet begins where the run does.
    fn begin_branch(&self, open: &WorkflowRun) -> Result<(), DriveFault> {
        if self.host.tip(&open.branch)?.is_some() {
            return Ok(());
        }
        let base = commit(open.run, &open.base)?;
        match self.host.repository.update_ref(&open.branch, None, base) {
            // Somebody was faster.
            Ok(()) | Err(WriteError::Moved { .. }) => Ok(()),
            Err(error) => Err(DriveFault::Repository {
                what: "the branch cannot be made",
                is_machine: matches!(error, WriteError::Io { .. }),
                reason: error.to_string(),
            }),
        }
    }

    fn read_run(&self, open: &WorkflowRun, plan: Arc<Plan>, lease: Lease) -> Result<Driven, DriveFault> {
        let run = open.run;
        // What comes behind is read with the news. A run that was submitted just now begins behind what was read of them.
        let state = record::read(&self.host.store, open, &plan, self.cursor.max(open.sequence))?;
        let inherited = (0..plan.tasks.len())
            .filter(|task| {
                state
                    .view(*task)
                    .is_some_and(|view| view.attempt > 0 && !view.state.is_final())
            })
            .collect();
        Ok(Driven {
            board: self.host.board_of(run, &plan)?,
            state,
            plan,
            lease,
            branch: open.branch.clone(),
            base: commit(run, &open.base)?,
            actor: open.actor.clone(),
            started_ms: open.started_ms,
            done: Vec::new(),
            busy: BTreeMap::new(),
            inherited,
        })
    }
}

/// The end of leases that nobody has to wait for.
const FOR_EVER_MS: u64 = assize_provenance::canonical::INTEGER_MAX;

/// Reads a commit's id of the record.
pub(super) fn commit(run: RunId, text: &str) -> Result<ObjectId, DriveFault> {
    text.parse()
        .map_err(|_| nonsense(run, format!("`{text}` is no commit")))
}

pub(super) fn nonsense(run: RunId, reason: String) -> DriveFault {
    DriveFault::Nonsense {
        run: run.to_string(),
        reason,
    }
}

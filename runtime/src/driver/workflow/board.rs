//! Telling the board what came of its tasks, when a run does a workflow that agents made.
//!
//! The host says it in its own name, in deeds like those of agents: what has succeeded as soon as it has, before anything starts
//! that needs it, and what has not succeeded when the run ends, for until then a person may have it tried again. All of it is on
//! record before the run's end is. A driver that was killed in between is made good for by the next one.

use std::collections::BTreeSet;

use super::fault::DriveFault;
use super::host::Host;
use super::run::Driven;
use crate::event::{BOARD_TEXT_BYTES_MAX, RESOURCE_BYTES_MAX, RunId, text};
use crate::plan::{Plan, TaskState, drafted};
use crate::schedule::View;
use crate::store::{Act, Author};

/// The name under which the host does something on the board.
const HOST: &str = "assize";

/// The tasks on the board that a run does.
#[derive(Debug)]
pub(super) struct Board {
    /// Their numbers, in the order of the plan.
    tasks: Vec<u64>,
    /// Those that the board was told of, as places in the plan.
    told: BTreeSet<usize>,
}

impl Host {
    /// The board's side of a run; none where the run does no workflow that agents made.
    pub(super) fn board_of(&self, run: RunId, plan: &Plan) -> Result<Option<Board>, DriveFault> {
        let Some((workflow, tasks)) = drafted::origin(plan) else {
            return Ok(None);
        };
        // A workflow file may be called as it likes; the name of the run is what no file gives.
        let is_its = self.run_of(workflow)? == Some(run);
        Ok(is_its.then(|| Board {
            tasks,
            told: BTreeSet::new(),
        }))
    }

    /// Tells the board what came of a task. What has come to an end there stays as it is.
    pub(super) fn end_board_task(&self, run: RunId, task: u64, end: Result<String, String>) -> Result<(), DriveFault> {
        let author = Author {
            run,
            agent: HOST.to_owned(),
            role: String::new(),
        };
        let done = self.store.board_act(self.now()?, author, Act::EndTask { task, end })?;
        if let Err(refusal) = done {
            tracing::debug!(task, %refusal, "the board knows already");
        }
        Ok(())
    }

    /// What a task has come to, as the board keeps it.
    fn output_for_board(&self, run: RunId, view: &View<'_>) -> Result<String, DriveFault> {
        let bytes = match view.output {
            Some(digest) => self.store.contents(&digest)?.unwrap_or_default(),
            None => Vec::new(),
        };
        if bytes.len() > BOARD_TEXT_BYTES_MAX {
            let length = bytes.len();
            return Ok(format!("{length} bytes, which the run {run} holds"));
        }
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

impl Driven {
    /// Tells the board what it does not know yet: what has succeeded, and, where the run `is_over`, everything else.
    pub(super) fn tell_board(&mut self, host: &Host, run: RunId, is_over: bool) -> Result<(), DriveFault> {
        let Some(board) = &mut self.board else { return Ok(()) };
        for (place, number) in board.tasks.iter().enumerate() {
            let Some(view) = self.state.view(place) else { continue };
            let is_success = view.state == TaskState::Success;
            if board.told.contains(&place) || !(is_success || is_over) {
                continue;
            }
            let end = if is_success {
                Ok(host.output_for_board(run, &view)?)
            } else {
                Err(reason(run, &view))
            };
            host.end_board_task(run, *number, end)?;
            board.told.insert(place);
        }
        Ok(())
    }
}

/// Why a task has not succeeded, in a line.
fn reason(run: RunId, view: &View<'_>) -> String {
    let cause = view.cause.map_or(view.state.name(), |cause| cause.name());
    let said = if view.detail.is_empty() {
        format!("{cause} in the run {run}")
    } else {
        format!("{cause} in the run {run}: {}", view.detail)
    };
    text::recordable(&said, RESOURCE_BYTES_MAX)
}

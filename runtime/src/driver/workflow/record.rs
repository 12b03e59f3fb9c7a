//! Reading a run from the record, for whoever looks at it or takes it over.

use std::sync::Arc;

use super::fault::DriveFault;
use super::run::nonsense;
use crate::event::{Event, Kind, RunId};
use crate::plan::{self, Plan};
use crate::schedule::{Illegal, State};
use crate::store::{EventFilter, PAGE_ROWS_MAX, Store, WorkflowRun, WorkflowRunFilter};

/// A run as the record has it.
#[derive(Debug, Clone)]
pub struct Looked {
    /// How it was started, and how it ended.
    pub row: WorkflowRun,
    /// Its plan.
    pub plan: Arc<Plan>,
    /// Where it stands.
    pub state: State,
}

/// Reads a run; none where there is no such run.
///
/// # Errors
///
/// [`DriveFault`] when the record cannot be read or makes no sense.
pub fn look(store: &Store, run: RunId) -> Result<Option<Looked>, DriveFault> {
    let filter = WorkflowRunFilter {
        run: Some(run),
        ..WorkflowRunFilter::default()
    };
    let Some(row) = store.workflow_runs(&filter, None, 1)?.into_iter().next() else {
        return Ok(None);
    };
    let plan = plan_of(store, &row)?;
    let state = read(store, &row, &plan, u64::MAX)?;
    Ok(Some(Looked { row, plan, state }))
}

/// The plan of a run.
pub(super) fn plan_of(store: &Store, row: &WorkflowRun) -> Result<Arc<Plan>, DriveFault> {
    let bytes = store
        .contents(&row.plan)?
        .ok_or_else(|| nonsense(row.run, "its plan is missing".to_owned()))?;
    let plan = plan::form::decode(&bytes).map_err(|error| nonsense(row.run, error.to_string()))?;
    Ok(Arc::new(plan))
}

/// The state of a run up to the event `until`.
pub(super) fn read(store: &Store, row: &WorkflowRun, plan: &Arc<Plan>, until: u64) -> Result<State, DriveFault> {
    let filter = EventFilter {
        run: Some(row.run),
        kind: Some(Kind::Workflow),
        ..EventFilter::default()
    };
    let illegal = |illegal: Illegal| nonsense(row.run, illegal.to_string());
    let (mut after, mut state): (u64, Option<State>) = (0, None);
    while after < until {
        let page = store.events(&filter, after, PAGE_ROWS_MAX)?;
        let Some(last) = page.last() else { break };
        after = last.sequence;
        for recorded in page.into_iter().filter(|recorded| recorded.sequence <= until) {
            let Event::Workflow(step) = recorded.event else {
                continue;
            };
            match &mut state {
                None => state = Some(State::open(recorded.sequence, &step, Arc::clone(plan)).map_err(illegal)?),
                Some(state) => state.apply(recorded.sequence, &step).map_err(illegal)?,
            }
        }
    }
    state.ok_or_else(|| nonsense(row.run, "nothing says how it was started".to_owned()))
}

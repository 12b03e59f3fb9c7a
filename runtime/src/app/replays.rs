//! Looking at what an agent did in a task, and letting it do it again.

use std::path::Path;

use super::scratch::Scratch;
use super::view::runs::{HostCallView, LogsView, ReplayView};
use super::workflows::{named, split};
use super::{App, Fault, read_named};
use crate::driver::workflow::{LOG_NAME, Looked, look};
use crate::event::RunId;
use crate::plan::graph::layers;
use crate::store::{ARTIFACT_BYTES_MAX, PAGE_ROWS_MAX, RunFilter, Store};

/// The largest component that is replayed, in bytes.
const COMPONENT_BYTES_MAX: u64 = 64 << 20;

impl App {
    /// What the agent of a task logged, and what it asked of the host.
    ///
    /// # Errors
    ///
    /// [`Fault`] when there is no such task.
    pub fn task_logs(&self, target: &str) -> Result<LogsView, Fault> {
        let (_, store) = self.store_that_is_there()?;
        let (looked, task) = found(&store, target)?;
        let (name, call) = call_of(&looked, task)?;
        let journal = store.journal(call)?;
        let transcript = journal.ending.map(|ending| ending.transcript).unwrap_or_default();
        Ok(LogsView {
            schema: "assize.task-logs/1",
            task: name,
            call: call.to_string(),
            lines: log_lines(&store, call)?,
            left_out: transcript.dropped(),
            host_calls: transcript
                .list()
                .iter()
                .map(|call| HostCallView {
                    number: call.number,
                    permission: call.permission.name().to_owned(),
                    resource: call.resource.clone(),
                    granted: call.granted,
                })
                .collect(),
        })
    }

    /// Lets the agent of a task do it again.
    ///
    /// # Errors
    ///
    /// [`Fault`] when there is no such task, or the machine failed.
    pub fn replay_task(&self, target: &str, component: Option<&Path>) -> Result<ReplayView, Fault> {
        let host = self.host(&mut |_| ())?;
        let (looked, task) = found(&host.store, target)?;
        let (name, call) = call_of(&looked, task)?;
        let component = match component {
            Some(file) => Some(read_named(&self.dir.join(file), COMPONENT_BYTES_MAX)?),
            None => None,
        };
        let scratch = Scratch::make()?;
        let retold = host.replay(&looked, task, component.as_deref(), scratch.path())?;
        let recorded = recorded_component(&host.store, call)?;
        Ok(ReplayView {
            schema: "assize.task-replay/1",
            task: name,
            call: call.to_string(),
            answer: match retold.is_same {
                Some(true) => "same",
                Some(false) => "diverged",
                None => "unknown",
            },
            detail: retold.detail,
            component: retold.component.to_string(),
            recorded_component: recorded.unwrap_or_default(),
            host_calls: retold.host_calls,
        })
    }

    /// The tasks of a run, each as far to the right as it has others before it.
    ///
    /// # Errors
    ///
    /// [`Fault`] when there is no such run.
    pub fn draw_run(&self, run: &str) -> Result<String, Fault> {
        let (_, store) = self.store_that_is_there()?;
        let run = named(&store, run)?;
        let looked = look(&store, run)?.ok_or_else(|| Fault::Bug("a run that was found is gone".into()))?;
        let layers = layers(&looked.plan);
        let mut drawn = String::new();
        for (view, layer) in looked.state.views().zip(layers) {
            let indent = "  ".repeat(layer);
            let waits = if view.waits.is_empty() {
                String::new()
            } else {
                format!(" (waits {})", view.waits)
            };
            drawn.push_str(&format!("{indent}{} {}{waits}\n", view.name, view.state));
        }
        Ok(drawn)
    }
}

fn found(store: &Store, target: &str) -> Result<(Looked, usize), Fault> {
    let (run, task) = split(target);
    let run = named(store, run)?;
    let looked = look(store, run)?.ok_or_else(|| Fault::Bug("a run that was found is gone".into()))?;
    let name = task.ok_or_else(|| Fault::wrong(format!("`{target}` names no task"), "write RUN/TASK"))?;
    match looked.state.task_named(name) {
        Some(task) => Ok((looked, task)),
        None => Err(Fault::wrong(
            format!("the run has no task `{name}`"),
            "`assize task show RUN` lists them",
        )),
    }
}

fn call_of(looked: &Looked, task: usize) -> Result<(String, RunId), Fault> {
    let view = looked.state.view(task);
    match view {
        Some(view) if view.attempt > 0 => Ok((view.name.to_owned(), view.call)),
        Some(view) => Err(Fault::wrong(
            format!("the task `{}` was never tried", view.name),
            "`assize task show` says what it waits for",
        )),
        None => Err(Fault::Bug("a task that was found is gone".into())),
    }
}

/// What the host kept of an agent's log: the newest artifact of that name, which the host stores after the call.
fn log_lines(store: &Store, call: RunId) -> Result<Vec<String>, Fault> {
    let (mut after, mut newest) = (0, None);
    loop {
        let page = store.artifacts(Some(call), after, PAGE_ROWS_MAX)?;
        let Some(last) = page.last() else { break };
        after = last.sequence;
        newest = page.into_iter().rfind(|artifact| artifact.name == LOG_NAME).or(newest);
    }
    let Some(log) = newest else { return Ok(Vec::new()) };
    let bytes = store
        .artifact_get(&log.digest, 0, ARTIFACT_BYTES_MAX)?
        .unwrap_or_default();
    Ok(String::from_utf8_lossy(&bytes).lines().map(ToOwned::to_owned).collect())
}

fn recorded_component(store: &Store, call: RunId) -> Result<Option<String>, Fault> {
    let filter = RunFilter {
        run: Some(call),
        ..RunFilter::default()
    };
    let runs = store.runs(&filter, None, 1)?;
    Ok(runs.into_iter().next().map(|run| run.component.to_string()))
}

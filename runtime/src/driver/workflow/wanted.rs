//! Workflows that agents made of tasks on the board, and want to be started: each becomes a run, once.
//!
//! The name of the run follows from the request to start it. So a driver that was killed after it put the run on record does not
//! do it twice, and of several drivers one does it.

use assize_provenance::digest::Digest;

use super::Driver;
use super::fault::DriveFault;
use super::host::Host;
use crate::event::{Event, Kind, RESOURCE_BYTES_MAX, RunId, Step, text};
use crate::plan::drafted::{self, Draft};
use crate::plan::{Mode, TaskState, form};
use crate::policy::Policy;
use crate::repository::Head;
use crate::store::{
    ARTIFACT_BYTES_MAX, BOARD_ROWS_MAX, BoardTask, BoardWorkflow, EventFilter, StepRefusal, WorkflowRunFilter,
};

/// What the names of such runs are made of, besides what each follows from.
const RUN_DOMAIN: &[u8] = b"assize: the run of a workflow on the board\0";

/// Who stands behind a run that agents asked for.
const NOBODY: &str = "assize";

/// Where the wish to start a workflow comes from.
struct Wish {
    run: RunId,
    actor: String,
}

impl Driver {
    /// Puts a run on record for each workflow that is wanted and has none, and takes it. Gives whether there was one.
    pub(super) fn take_wanted(&mut self) -> Result<bool, DriveFault> {
        let begun = self.begin_wanted()?;
        for run in &begun {
            let filter = WorkflowRunFilter {
                run: Some(*run),
                open: true,
                ..WorkflowRunFilter::default()
            };
            for row in self.host.store.workflow_runs(&filter, None, 1)? {
                self.take_run(row)?;
            }
        }
        Ok(!begun.is_empty())
    }

    /// Puts a run on record for each workflow that is wanted and has none. Each is looked at once.
    pub(super) fn begin_wanted(&mut self) -> Result<Vec<RunId>, DriveFault> {
        let mut begun = Vec::new();
        loop {
            let page = self.host.store.wanted_workflows(self.wanted, BOARD_ROWS_MAX)?;
            let Some(last) = page.last() else { return Ok(begun) };
            self.wanted = last.wanted.unwrap_or(u64::MAX);
            for workflow in page {
                begun.extend(self.host.begin(&workflow)?);
            }
        }
    }
}

impl Host {
    /// The run of a workflow on the board; none where nobody asked for it.
    pub(super) fn run_of(&self, workflow: u64) -> Result<Option<RunId>, DriveFault> {
        let found = self.store.board_workflow(workflow)?;
        let wish = found.map(|workflow| self.wish(&workflow)).transpose()?;
        Ok(wish.flatten().map(|wish| wish.run))
    }

    fn wish(&self, workflow: &BoardWorkflow) -> Result<Option<Wish>, DriveFault> {
        let Some(wanted) = workflow.wanted else { return Ok(None) };
        let any = EventFilter::default();
        let Some(asked) = self.store.events(&any, wanted.saturating_sub(1), 1)?.pop() else {
            return Ok(None);
        };
        let call = asked.event.run();
        let name = Digest::of(&[RUN_DOMAIN, call.as_bytes(), &workflow.id.to_be_bytes()].concat());
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(name.as_bytes()).for_each(|(to, from)| *to = *from);
        // Whoever had the agent called is behind what it asks for, and overrides no verdict about that.
        let calls = EventFilter {
            run: Some(call),
            kind: Some(Kind::RunStarted),
            ..EventFilter::default()
        };
        let actor = match self.store.events(&calls, 0, 1)?.pop().map(|started| started.event) {
            Some(Event::RunStarted { actor, .. }) => actor,
            _ => NOBODY.to_owned(),
        };
        Ok(Some(Wish {
            run: RunId::from_bytes(bytes),
            actor,
        }))
    }

    /// Puts the run of a workflow on record, on the branch that is checked out and under the policy of its tip. Where none can be
    /// made, its tasks have failed, and say why.
    fn begin(&self, workflow: &BoardWorkflow) -> Result<Option<RunId>, DriveFault> {
        let Some(Wish { run, actor }) = self.wish(workflow)? else {
            return Ok(None);
        };
        let filter = WorkflowRunFilter {
            run: Some(run),
            ..WorkflowRunFilter::default()
        };
        let mut tasks = Vec::new();
        for (task, state) in &workflow.tasks {
            if !state.is_final() && *state != TaskState::Blocked {
                tasks.extend(self.store.board_task(*task)?);
            }
        }
        if tasks.is_empty() || !self.store.workflow_runs(&filter, None, 1)?.is_empty() {
            return Ok(None);
        }
        let head = self.repository.head().map_err(|error| DriveFault::Repository {
            what: "the branch that is checked out cannot be read",
            is_machine: error.is_machine(),
            reason: error.to_string(),
        })?;
        let Head::Branch {
            name: branch,
            commit: Some(base),
        } = head
        else {
            tracing::warn!(workflow = workflow.id, "no branch is checked out that it could land on");
            return Ok(None);
        };
        let ruling = self.ruling(base)?;
        let plan = match self.planned(workflow, &tasks, &ruling.0) {
            Ok(plan) => plan,
            Err(Unplannable::Drive(fault)) => return Err(fault),
            Err(Unplannable::Tasks(reason)) => {
                let reason = format!("the workflow {} cannot be run: {reason}", workflow.id);
                for task in &tasks {
                    self.end_board_task(run, task.id, Err(text::recordable(&reason, RESOURCE_BYTES_MAX)))?;
                }
                return Ok(None);
            }
        };
        let digest = Digest::of(&plan.1);
        let step = Step::Started {
            run,
            workflow: plan.0,
            plan: digest,
            mode: Mode::Auto.name().to_owned(),
            base: base.to_string(),
            branch,
            policy: ruling.0.digest(),
            actor,
            at_ms: self.clock.unix_millis(),
        };
        match self.store.append_steps(self.now()?, None, vec![step], vec![plan.1])? {
            Ok(_) => Ok(Some(run)),
            // Another driver was faster.
            Err(StepRefusal::Known(_)) => Ok(None),
            Err(refusal) => Err(DriveFault::Bug(refusal.to_string())),
        }
    }

    /// The name of the plan, and the plan in stored form.
    fn planned(
        &self,
        workflow: &BoardWorkflow,
        tasks: &[BoardTask],
        policy: &Policy,
    ) -> Result<(String, Vec<u8>), Unplannable> {
        let mut drafts = Vec::with_capacity(tasks.len());
        for task in tasks {
            drafts.push(Draft {
                number: task.id,
                title: task.draft.title.clone(),
                description: task.draft.description.clone(),
                kind: task.draft.task_type.clone(),
                priority: task.draft.priority,
                agent: agent_of(task, policy).map_err(Unplannable::Tasks)?,
                needs: self.open_needs(task)?,
                parent: task.draft.parent,
            });
        }
        let tasks = |reason: String| Unplannable::Tasks(reason);
        let plan = drafted::plan(workflow.id, &workflow.name, policy.default_council(), drafts)
            .map_err(|unplanned| tasks(unplanned.to_string()))?;
        let bytes = form::encode(&plan).map_err(|error| tasks(error.to_string()))?;
        if bytes.len() > ARTIFACT_BYTES_MAX {
            let mib_max = ARTIFACT_BYTES_MAX >> 20;
            return Err(tasks(format!("its plan has more than {mib_max} MiB")));
        }
        Ok((plan.workflow, bytes))
    }

    /// What a task needs and has not succeeded.
    fn open_needs(&self, task: &BoardTask) -> Result<Vec<u64>, DriveFault> {
        let mut open = Vec::new();
        for need in &task.draft.needs {
            let needed = self.store.board_task(*need)?;
            if needed.is_none_or(|needed| needed.state != TaskState::Success) {
                open.push(*need);
            }
        }
        Ok(open)
    }
}

/// Why a workflow on the board makes no run.
#[derive(Debug, thiserror::Error)]
enum Unplannable {
    /// Its tasks make no plan.
    #[error("{0}")]
    Tasks(String),
    /// The machine or the record failed.
    #[error(transparent)]
    Drive(#[from] DriveFault),
}

/// The agent that a task was given to, or the first one of the role that it is for.
fn agent_of(task: &BoardTask, policy: &Policy) -> Result<String, String> {
    let id = task.id;
    let role = task.draft.role.as_deref();
    let file = policy.file_name();
    match (&task.holder, role) {
        (Some(holder), role) => match (policy.agent(holder), role) {
            (None, _) => Err(format!(
                "task {id} was given to `{holder}`, and {file} has no such agent"
            )),
            (Some(agent), Some(role)) if agent.role != role => Err(format!(
                "task {id} is for the role `{role}`, and {file} gives `{holder}` the role `{}`",
                agent.role
            )),
            (Some(agent), _) => Ok(agent.name.clone()),
        },
        (None, Some(role)) => {
            let found = policy.agents().find(|agent| agent.role == role);
            found
                .map(|agent| agent.name.clone())
                .ok_or_else(|| format!("task {id} is for the role `{role}`, and {file} has no agent of that role"))
        }
        (None, None) => Err(format!(
            "task {id} was given to nobody, and is for no role; `tasks.assign` gives it to an agent"
        )),
    }
}

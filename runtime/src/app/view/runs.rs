//! Runs of workflows and their tasks, as screens and JSON show them.

use serde::Serialize;

use super::durability::DurabilityView;
use crate::clock;
use crate::driver::workflow::Looked;
use crate::event::RunId;
use crate::plan::Plan;
use crate::schedule::{State, View};
use crate::store::{WorkflowRequest, WorkflowRun};

/// A run of a workflow.
#[derive(Debug, Clone, Serialize)]
pub struct RunView {
    /// `assize.run/1`.
    pub schema: &'static str,
    /// The run.
    pub run: String,
    /// The workflow.
    pub workflow: String,
    /// The digest of the plan.
    pub plan: String,
    /// `strict` or `auto`; `dry-run` where nothing of it is kept.
    pub mode: String,
    /// The commit that it starts from.
    pub base: String,
    /// The branch that results land on.
    pub branch: String,
    /// Where that branch is now; none where it does not exist.
    pub tip: Option<String>,
    /// Who submitted it.
    pub actor: String,
    /// When it was submitted.
    pub started: String,
    /// `success`, `failed` or `cancelled` where it has ended; else `running`, `waiting` for a person, or `paused`.
    pub outcome: String,
    /// More about how it ended.
    pub detail: String,
    /// Its tasks, in the order of the plan.
    pub tasks: Vec<TaskView>,
    /// What people asked for and nobody answered yet.
    pub requests: Vec<RequestView>,
    /// What the run would have changed; dry runs only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
    /// How safe what the chain holds of it is; only where it was driven just now, and something is recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub durability: Option<DurabilityView>,
}

/// A task of a run.
#[derive(Debug, Clone, Serialize)]
pub struct TaskView {
    /// Its name.
    pub task: String,
    /// What it is for.
    pub summary: String,
    /// The agent; none for a task that only joins others.
    pub agent: Option<String>,
    /// `pending`, `ready`, `running`, `waiting`, `review`, `paused`, `blocked`, `success`, `failed` or `cancelled`.
    pub state: String,
    /// The number of the newest attempt; 0 before the first.
    pub attempt: u64,
    /// Since when it is in that state, in milliseconds since 1970-01-01T00:00:00Z.
    pub since_ms: u64,
    /// What the agent said, or why it came to nothing.
    pub detail: String,
    /// What it waits for.
    pub waits: String,
    /// Why the newest attempt came to nothing.
    pub cause: Option<&'static str>,
    /// The run of the agent in that attempt, for `assize audit access --run` and the like.
    pub call: Option<String>,
    /// The commit that its worktree showed.
    pub base: Option<String>,
    /// The commit of its change.
    pub commit: Option<String>,
    /// What councils said of it.
    pub verdicts: Vec<VerdictOfTaskView>,
    /// What a person said of what they approved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmation: Option<ConfirmationView>,
    /// The digest of what a person would decide on now: for `assize task approve`, `reject` and `override`.
    pub shown: Option<String>,
}

/// What a council said of a task's change.
#[derive(Debug, Clone, Serialize)]
pub struct VerdictOfTaskView {
    /// The council.
    pub council: String,
    /// `approved`, `rejected` or `undecided`.
    pub decision: &'static str,
    /// Whether a person's verdict stands for the council's.
    pub by_person: bool,
    /// The digest of the case.
    pub case: String,
    /// The entry in the chain.
    pub entry: String,
}

/// What a person said of what a council approved.
#[derive(Debug, Clone, Serialize)]
pub struct ConfirmationView {
    /// Who.
    pub person: String,
    /// `approved` or `rejected`.
    pub answer: &'static str,
    /// The entry in the chain, signed by that person; none where the person signs nothing.
    pub entry: Option<String>,
}

/// Something that somebody asked for.
#[derive(Debug, Clone, Serialize)]
pub struct RequestView {
    /// Its number.
    pub number: u64,
    /// The task; none for the whole run.
    pub task: Option<String>,
    /// What was asked for.
    pub request: String,
    /// By whom.
    pub author: String,
    /// Why.
    pub text: String,
    /// Whether it was done; none while nobody answered.
    pub accepted: Option<bool>,
    /// Why it was not.
    pub reason: Option<String>,
}

/// Some runs.
#[derive(Debug, Clone, Serialize)]
pub struct RunListView {
    /// `assize.runs/1`.
    pub schema: &'static str,
    /// The runs, the newest first.
    pub runs: Vec<RunLineView>,
}

/// One run in a list.
#[derive(Debug, Clone, Serialize)]
pub struct RunLineView {
    /// The run.
    pub run: String,
    /// The workflow.
    pub workflow: String,
    /// When it was submitted.
    pub started: String,
    /// How it ended, or `open`.
    pub outcome: String,
    /// How many attempts there were.
    pub attempts: u64,
    /// How many changes landed.
    pub landed: u64,
}

/// What became of a request.
#[derive(Debug, Clone, Serialize)]
pub struct AnswerView {
    /// `assize.answer/1`.
    pub schema: &'static str,
    /// The number of the request.
    pub asked: u64,
    /// Whether it was done; none where no driver has answered yet.
    pub accepted: Option<bool>,
    /// Why not.
    pub reason: String,
    /// The run as it stands now.
    pub run: RunView,
}

/// Draws up a run.
pub(in crate::app) fn run(looked: &Looked, tip: Option<String>, requests: Vec<WorkflowRequest>) -> RunView {
    let Looked { row, plan, state } = looked;
    let (outcome, detail) = match state.ended() {
        Some((outcome, detail)) => (outcome.to_owned(), detail.to_owned()),
        None if state.is_paused() => ("paused".to_owned(), String::new()),
        None if is_waiting(state) => ("waiting".to_owned(), String::new()),
        None => ("running".to_owned(), String::new()),
    };
    RunView {
        schema: "assize.run/1",
        run: row.run.to_string(),
        workflow: row.workflow.clone(),
        plan: row.plan.to_string(),
        mode: row.mode.clone(),
        base: row.base.clone(),
        branch: row.branch.clone(),
        tip,
        actor: row.actor.clone(),
        started: moment(row.started_ms),
        outcome,
        detail,
        tasks: (0..plan.tasks.len())
            .filter_map(|index| task(plan, state, index))
            .collect(),
        requests: requests.into_iter().map(request).collect(),
        diff: None,
        durability: None,
    }
}

/// Whether nothing happens until a person does something.
fn is_waiting(state: &State) -> bool {
    use crate::plan::TaskState::{Blocked, Cancelled, Failed, Paused, Pending, Success, Waiting};
    let counts = state.counts();
    let quiet = [Blocked, Cancelled, Failed, Paused, Pending, Success, Waiting];
    counts.keys().all(|state| quiet.contains(state)) && counts.contains_key(&Waiting)
}

/// Draws up a task.
pub(in crate::app) fn task(plan: &Plan, state: &State, index: usize) -> Option<TaskView> {
    let (view, node) = state.view(index).zip(plan.tasks.get(index))?;
    let View { name, attempt, .. } = view;
    let begun = attempt > 0;
    let is_call = begun && view.call != RunId::from_bytes([0; 16]);
    Some(TaskView {
        task: name.to_owned(),
        summary: node.summary.clone(),
        agent: match &node.work {
            crate::plan::Work::Agent(agent) => Some(agent.clone()),
            crate::plan::Work::Join => None,
        },
        state: view.state.to_string(),
        attempt,
        since_ms: view.since_ms,
        detail: view.detail.to_owned(),
        waits: view.waits.clone(),
        cause: view.cause.map(crate::plan::Cause::name),
        call: is_call.then(|| view.call.to_string()),
        base: begun.then(|| view.base.to_owned()),
        commit: view.commit.map(ToOwned::to_owned),
        verdicts: view
            .judgements
            .iter()
            .map(|(council, judgement)| VerdictOfTaskView {
                council: (*council).to_owned(),
                decision: assize_provenance::entry::v1::word(&judgement.decision),
                by_person: judgement.by_person,
                case: judgement.case.to_string(),
                entry: judgement.entry.to_string(),
            })
            .collect(),
        confirmation: view.confirmation.map(|confirmation| ConfirmationView {
            person: confirmation.person.clone(),
            answer: if confirmation.is_approved {
                "approved"
            } else {
                "rejected"
            },
            entry: None,
        }),
        shown: state.shown(index).map(|digest| digest.to_string()),
    })
}

fn request(request: WorkflowRequest) -> RequestView {
    let (accepted, reason) = match request.answer {
        Some(answer) => (Some(answer.accepted), Some(answer.reason)),
        None => (None, None),
    };
    RequestView {
        number: request.sequence,
        task: request.task,
        request: request.request,
        author: request.author,
        text: request.text,
        accepted,
        reason: reason.filter(|reason| !reason.is_empty()),
    }
}

/// Draws up a line of a list.
pub(in crate::app) fn line(row: WorkflowRun) -> RunLineView {
    RunLineView {
        run: row.run.to_string(),
        workflow: row.workflow,
        started: moment(row.started_ms),
        outcome: row.end.map_or_else(|| "open".to_owned(), |end| end.outcome),
        attempts: row.attempts,
        landed: row.landed,
    }
}

fn moment(at_ms: u64) -> String {
    clock::rfc3339(i64::try_from(at_ms / 1_000).unwrap_or(i64::MAX))
}

/// What an agent of a task logged and asked of the host.
#[derive(Debug, Clone, Serialize)]
pub struct LogsView {
    /// `assize.task-logs/1`.
    pub schema: &'static str,
    /// The task.
    pub task: String,
    /// The call.
    pub call: String,
    /// What it logged.
    pub lines: Vec<String>,
    /// What it asked of the host, in order.
    pub host_calls: Vec<HostCallView>,
    /// How many host calls were left out because there were too many.
    pub left_out: u64,
}

/// One host call.
#[derive(Debug, Clone, Serialize)]
pub struct HostCallView {
    /// Its number.
    pub number: u64,
    /// The function, as a permission.
    pub permission: String,
    /// What it was used on.
    pub resource: String,
    /// Whether it was granted.
    pub granted: bool,
}

/// What came of a replay.
#[derive(Debug, Clone, Serialize)]
pub struct ReplayView {
    /// `assize.task-replay/1`.
    pub schema: &'static str,
    /// The task.
    pub task: String,
    /// The call that was replayed.
    pub call: String,
    /// `same`, `diverged`, or `unknown` where the record does not hold enough.
    pub answer: &'static str,
    /// Where it departs, or why it is unknown.
    pub detail: String,
    /// The component that was replayed.
    pub component: String,
    /// The component of the record.
    pub recorded_component: String,
    /// How many host calls were held against the record.
    pub host_calls: u64,
}

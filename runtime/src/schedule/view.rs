//! What can be seen of a run.

use std::collections::BTreeMap;

use assize_provenance::digest::Digest;

use super::state::State;
use super::task::{Confirmation, Judgement, Phase, Standing, Task};
use crate::event::RunId;
use crate::plan::{Cause, Mode, Node, Plan, TaskState};

/// How many tasks are named where some are.
const NAMED_MAX: usize = 3;

/// One task, for screens and for the driver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View<'a> {
    /// Its name.
    pub name: &'a str,
    /// Where it stands.
    pub state: TaskState,
    /// Since when, in milliseconds since 1970-01-01T00:00:00Z.
    pub since_ms: u64,
    /// The number of the newest attempt; 0 before the first.
    pub attempt: u64,
    /// The run of the agent in that attempt; all zeros where there is none.
    pub call: RunId,
    /// The commit that the worktree of that attempt shows; empty before the first.
    pub base: &'a str,
    /// What the change stands on now: the base, or the tip of the branch that it was joined with.
    pub onto: &'a str,
    /// The change that is judged, lands or landed.
    pub commit: Option<&'a str>,
    /// The output, by the digest of its contents.
    pub output: Option<Digest>,
    /// What the councils said about that commit, in the order of the plan.
    pub judgements: Vec<(&'a str, &'a Judgement)>,
    /// What a person said of what the councils approved.
    pub confirmation: Option<&'a Confirmation>,
    /// Whether a person has to say something before the change lands.
    pub is_confirmed_by_person: bool,
    /// Why the newest attempt came to nothing.
    pub cause: Option<Cause>,
    /// What the agent said, or why it came to nothing.
    pub detail: &'a str,
    /// What it waits for, in words; empty where it waits for nothing.
    pub waits: String,
    /// The guidance that people gave for the newest attempt, or for the first one.
    pub guidance: &'a [String],
}

impl State {
    /// The run.
    #[must_use]
    pub const fn run(&self) -> RunId {
        self.run
    }

    /// The plan.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The number of the newest step.
    #[must_use]
    pub const fn newest(&self) -> u64 {
        self.newest
    }

    /// Whether a person paused the run.
    #[must_use]
    pub const fn is_paused(&self) -> bool {
        self.paused
    }

    /// How the run ended, and more about it; none while it goes on.
    #[must_use]
    pub fn ended(&self) -> Option<(&str, &str)> {
        self.ended
            .as_ref()
            .map(|(outcome, detail)| (outcome.as_str(), detail.as_str()))
    }

    /// The task of that name.
    #[must_use]
    pub fn task_named(&self, name: &str) -> Option<usize> {
        self.graph.named(name)
    }

    /// Where a task stands; pending if there is no such task. What waits for a time is waiting until it is begun, also when
    /// the time is over.
    #[must_use]
    pub fn task_state(&self, index: usize) -> TaskState {
        let Some((task, node)) = self.task(index).zip(self.node(index)) else {
            return TaskState::Pending;
        };
        let paused = (task.paused || self.paused) && self.ended.is_none();
        match task.phase {
            Phase::Idle if task.standing() == Standing::Blocked => TaskState::Blocked,
            Phase::Idle if node.is_undo && self.undo_turn != Some(index) => TaskState::Pending,
            Phase::Idle if task.missing > 0 && !node.is_undo => TaskState::Pending,
            Phase::Idle if paused => TaskState::Paused,
            Phase::Idle => TaskState::Ready,
            Phase::Interrupted { .. } | Phase::Landing if paused => TaskState::Paused,
            Phase::Interrupted { .. } | Phase::Running | Phase::Landing => TaskState::Running,
            Phase::Judging | Phase::Delayed { .. } if paused => TaskState::Paused,
            Phase::Judging => TaskState::Review,
            Phase::Confirming | Phase::Appealing | Phase::Delayed { .. } => TaskState::Waiting,
            Phase::Success => TaskState::Success,
            Phase::Failed => TaskState::Failed,
            Phase::Cancelled => TaskState::Cancelled,
        }
    }

    /// How many tasks are in each state.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<TaskState, usize> {
        let mut counts = BTreeMap::new();
        for index in 0..self.tasks.len() {
            let count: &mut usize = counts.entry(self.task_state(index)).or_default();
            *count = count.saturating_add(1);
        }
        counts
    }

    /// One task.
    #[must_use]
    pub fn view(&self, index: usize) -> Option<View<'_>> {
        let (task, node) = self.task(index).zip(self.node(index))?;
        let seats = node.councils.iter().zip(&task.seats);
        let told = if task.attempt == 0 {
            task.guidance.len()
        } else {
            task.guided
        };
        Some(View {
            name: &node.name,
            state: self.task_state(index),
            since_ms: task.since_ms,
            attempt: task.attempt,
            call: task.call,
            base: &task.base,
            onto: &task.onto,
            commit: task.commit.as_deref(),
            output: task.output,
            judgements: seats
                .filter_map(|(council, seat)| Some((council.as_str(), seat.judgement.as_ref()?)))
                .collect(),
            confirmation: task.confirmation.as_ref(),
            is_confirmed_by_person: node.confirm && self.plan.mode == Mode::Strict,
            cause: task.cause,
            detail: &task.detail,
            waits: self.waits(task, node),
            guidance: task.guidance.get(..told).unwrap_or_default(),
        })
    }

    /// Every task, in the order of the plan.
    pub fn views(&self) -> impl Iterator<Item = View<'_>> {
        (0..self.tasks.len()).filter_map(|index| self.view(index))
    }

    fn waits(&self, task: &Task, node: &Node) -> String {
        let paused = if self.paused {
            "until the run is resumed"
        } else {
            "until the task is resumed"
        };
        match task.phase {
            _ if task.cancelling => "until it is stopped".to_owned(),
            Phase::Success | Phase::Failed | Phase::Cancelled => String::new(),
            Phase::Idle if node.is_undo && !task.given => "until the run is undone".to_owned(),
            Phase::Idle if task.missing > 0 && !node.is_undo => self.needs(node),
            Phase::Confirming => "for a person who approves or rejects it".to_owned(),
            Phase::Appealing => {
                "for a person who overrides the council, rejects the change, or retries the task".to_owned()
            }
            Phase::Idle | Phase::Interrupted { .. } | Phase::Delayed { .. } | Phase::Judging | Phase::Landing
                if task.paused || self.paused =>
            {
                paused.to_owned()
            }
            Phase::Delayed { .. } if task.woken && !task.given => {
                "for room among the tasks that run at once".to_owned()
            }
            Phase::Delayed { .. } if task.woken => String::new(),
            Phase::Delayed { due_ms, .. } => {
                let wait_ms = due_ms.saturating_sub(task.since_ms);
                format!("{wait_ms} ms before the next attempt")
            }
            Phase::Idle | Phase::Interrupted { .. } if !task.given => {
                "for room among the tasks that run at once".to_owned()
            }
            Phase::Landing if !task.given => "for its turn to land".to_owned(),
            Phase::Idle | Phase::Interrupted { .. } | Phase::Running | Phase::Judging | Phase::Landing => String::new(),
        }
    }

    /// The first need that cannot be met, or else the first ones that are not met yet.
    fn needs(&self, node: &Node) -> String {
        let mut open = Vec::new();
        for need in &node.needs {
            let Some(needed) = self.node(need.task) else { continue };
            match (self.task_state(need.task), &need.gate) {
                (TaskState::Success, Some(gate)) if !self.gate_is_open(need.task, Some(gate)) => {
                    return format!(
                        "for `{}`, whose change the council `{gate}` did not approve",
                        needed.name
                    );
                }
                (TaskState::Success, _) => {}
                (TaskState::Failed, _) => return format!("for `{}`, which failed", needed.name),
                (TaskState::Cancelled, _) => return format!("for `{}`, which was cancelled", needed.name),
                (TaskState::Blocked, _) => return format!("for `{}`, which is blocked", needed.name),
                _ => open.push(needed.name.as_str()),
            }
        }
        format!("for {}", some(&open))
    }

    /// Whether everything succeeded, or what did not.
    pub(super) fn succeeded_all(&self) -> Result<(), String> {
        match (self.unsettled, self.failed, self.cancelled_tasks, self.blocked) {
            (0, 0, 0, 0) => Ok(()),
            (0, ..) => Err("not every task succeeded".to_owned()),
            _ => Err("not every task is over".to_owned()),
        }
    }

    /// How the run ends, as things stand.
    pub(super) fn outcome(&self, late: bool) -> (&'static str, String) {
        let mut parts = Vec::new();
        let outcome = if self.succeeded_all().is_ok() {
            return ("success", String::new());
        } else if self.cancelled {
            "cancelled"
        } else if late || self.timed_out || self.unsettled > 0 {
            let seconds = self.plan.timeout_seconds.unwrap_or_default();
            parts.push(format!("the run took longer than {seconds} s"));
            "failed"
        } else if self.failed == 0 && self.cancelled_tasks > 0 && !self.has_shut_gate() {
            "cancelled"
        } else {
            "failed"
        };
        let tell = |state: TaskState, is_undo: bool| {
            let stands = |index: &usize| self.node(*index).is_some_and(|node| node.is_undo == is_undo);
            let tasks = (0..self.tasks.len()).filter(|index| self.task_state(*index) == state && stands(index));
            let names: Vec<&str> = tasks
                .filter_map(|index| Some(self.node(index)?.name.as_str()))
                .collect();
            (!names.is_empty()).then(|| some(&names))
        };
        parts.extend(tell(TaskState::Failed, false).map(|names| format!("failed: {names}")));
        parts.extend(tell(TaskState::Blocked, false).map(|names| format!("blocked: {names}")));
        if !self.cancelled {
            parts.extend(tell(TaskState::Cancelled, false).map(|names| format!("cancelled: {names}")));
        }
        parts.extend(tell(TaskState::Success, true).map(|names| format!("undone by: {names}")));
        parts.extend(tell(TaskState::Failed, true).map(|names| format!("could not be undone by: {names}")));
        parts.extend(tell(TaskState::Cancelled, true).map(|names| format!("not undone by: {names}")));
        (outcome, parts.join("; "))
    }

    fn has_shut_gate(&self) -> bool {
        let shut = |task: usize, gate: &Option<String>| {
            self.task_state(task) == TaskState::Success && !self.gate_is_open(task, gate.as_deref())
        };
        self.plan
            .tasks
            .iter()
            .flat_map(|node| &node.needs)
            .any(|need| shut(need.task, &need.gate))
    }
}

/// The first of some names, and how many more there are.
fn some(names: &[&str]) -> String {
    let named: Vec<String> = names.iter().take(NAMED_MAX).map(|name| format!("`{name}`")).collect();
    match names.len().saturating_sub(NAMED_MAX) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

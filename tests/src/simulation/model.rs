//! What the rules say, worked out slowly and plainly: for each task the list of what happened to it, read anew from its
//! beginning whenever something is asked.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use assize::event::Step;
use assize::plan::{Plan, TaskState, Work};
use assize::schedule::{Action, State};

use super::story::{Fact, Stand, Story};
use super::world::{ACTOR, BRANCH};

/// Larger plans are compared now and then.
const COMPARED_TASKS_MAX: usize = 64;
const COMPARED_EVERY: u64 = 509;

pub(super) struct Model {
    plan: Arc<Plan>,
    facts: Vec<Vec<Fact>>,
    stories: Vec<Story>,
    asked: BTreeMap<u64, Step>,
    states: Vec<TaskState>,
    started_ms: u64,
    paused: bool,
    cancelled: bool,
    late: bool,
    winding: bool,
    ended: Option<String>,
    at_work: BTreeSet<usize>,
    successes: Vec<usize>,
    undoing: Vec<usize>,
    newest: u64,
    looked: u64,
}

impl Model {
    pub(super) fn new(plan: Arc<Plan>) -> Self {
        let tasks = plan.tasks.len();
        let mut model = Self {
            facts: vec![Vec::new(); tasks],
            stories: vec![Story::default(); tasks],
            asked: BTreeMap::new(),
            states: Vec::new(),
            started_ms: 0,
            paused: false,
            cancelled: false,
            late: false,
            winding: false,
            ended: None,
            at_work: BTreeSet::new(),
            successes: Vec::new(),
            undoing: Vec::new(),
            newest: 0,
            looked: 0,
            plan,
        };
        model.states = model.task_states();
        model
    }

    pub(super) fn is_over(&self) -> bool {
        self.ended.is_some() && self.asked.is_empty()
    }

    /// Takes in a step.
    ///
    /// # Errors
    ///
    /// Why it may not be.
    pub(super) fn see(&mut self, number: u64, step: &Step) -> Result<(), String> {
        if number <= self.newest {
            return Err("events go backwards".to_owned());
        }
        self.newest = number;
        if let Step::Started { at_ms, .. } = step {
            self.started_ms = *at_ms;
        }
        let seconds = self.plan.timeout_seconds;
        self.late |= seconds.is_some_and(|seconds| step.at_ms() >= self.started_ms + seconds * 1_000);
        if self.ended.is_some() && !matches!(step, Step::Asked { .. } | Step::Answered { .. }) {
            return Err("the run has ended".to_owned());
        }
        let index = step
            .task()
            .and_then(|name| self.plan.tasks.iter().position(|node| node.name == name));
        let is_late = self.late && index.is_some_and(|index| !self.plan.tasks[index].is_undo);
        match (step, index) {
            (Step::Started { .. }, _) => Ok(()),
            (Step::Asked { .. }, _) => {
                self.asked.insert(number, step.clone());
                Ok(())
            }
            (Step::Answered { asked, accepted, .. }, _) => self.see_answer(*asked, *accepted),
            (Step::Ended { outcome, .. }, _) => self.see_end(outcome),
            (Step::AttemptStarted { attempt, base, .. }, Some(index)) => self.see_start(index, *attempt, base),
            (
                Step::AttemptEnded {
                    attempt,
                    outcome,
                    commit,
                    ..
                },
                Some(index),
            ) => {
                self.holds(self.stories[index].attempt == *attempt, "the attempt is another")?;
                let stand = self.stories[index].stand;
                let in_hand = matches!(stand, Stand::Working | Stand::Stopped | Stand::Review | Stand::Land);
                self.holds(in_hand, "nothing of it is under way")?;
                match outcome.as_str() {
                    "finished" => {
                        self.holds(stand == Stand::Working, "nobody works on it")?;
                        self.tell(index, Fact::Finished(commit.clone()))
                    }
                    "stopped" => self.tell(index, Fact::Stopped { late: is_late }),
                    cause => self.tell(
                        index,
                        Fact::Nothing {
                            cause: cause.to_owned(),
                            late: is_late,
                        },
                    ),
                }
            }
            (Step::Judged { .. }, Some(index)) => self.see_judged(index, step, is_late),
            (Step::Joined { onto, commit, .. }, Some(index)) => {
                self.holds(self.stories[index].stand == Stand::Land, "it does not land")?;
                match commit {
                    Some(commit) => self.tell(index, Fact::Joined(onto.clone(), commit.clone())),
                    None => self.tell(
                        index,
                        Fact::Nothing {
                            cause: "conflict".to_owned(),
                            late: is_late,
                        },
                    ),
                }
            }
            (Step::Landed { branch, commit, .. }, Some(index)) => {
                self.holds(branch == BRANCH, "another branch")?;
                self.may_land(index, commit)?;
                self.tell(index, Fact::Landed)
            }
            (_, None) => Err("no such task".to_owned()),
        }
    }

    fn holds(&self, condition: bool, otherwise: &str) -> Result<(), String> {
        condition.then_some(()).ok_or_else(|| otherwise.to_owned())
    }

    fn tell(&mut self, index: usize, fact: Fact) -> Result<(), String> {
        let before = self.stories[index].stand;
        self.facts[index].push(fact);
        let story = Story::of(&self.plan.tasks[index], self.plan.mode, &self.facts[index]);
        if before != Stand::Success && story.stand == Stand::Success && !self.plan.tasks[index].is_undo {
            self.successes.push(index);
        }
        self.stories[index] = story;
        Ok(())
    }

    /// The first invariant: a dependant never starts before everything it needs succeeded and its gates opened.
    fn needs_are_met(&self, index: usize) -> bool {
        self.plan.tasks[index].needs.iter().all(|need| {
            let needed = &self.stories[need.task];
            let open = need.gate.as_ref().is_none_or(|gate| needed.approved(gate));
            needed.stand == Stand::Success && open
        })
    }

    fn see_start(&mut self, index: usize, attempt: u64, base: &str) -> Result<(), String> {
        let node = &self.plan.tasks[index];
        let story = &self.stories[index];
        let goes_on = matches!(story.stand, Stand::Working | Stand::Stopped);
        if goes_on {
            self.holds(attempt == story.attempt, "an attempt that goes on has another number")?;
            self.holds(base == story.base, "an attempt that goes on has another base")?;
        } else {
            self.holds(attempt == story.attempt + 1, "an attempt was left out")?;
            self.holds(
                matches!(story.stand, Stand::Fresh | Stand::Delayed),
                "it is not waiting to be tried",
            )?;
            self.holds(
                story.tried < u64::from(node.retry.attempts),
                "it was tried often enough",
            )?;
        }
        if node.is_undo {
            self.may_undo(index)?;
            self.winding = true;
            if self.undoing.last() != Some(&index) {
                self.undoing.push(index);
            }
        } else if !goes_on {
            self.holds(self.needs_are_met(index), "it starts before what it needs succeeded")?;
            self.holds(!self.winding && !self.cancelled, "the run is being undone")?;
        }
        self.at_work.insert(index);
        self.tell(index, Fact::Started(base.to_owned()))?;
        self.limits_are_kept(index)
    }

    fn may_undo(&self, index: usize) -> Result<(), String> {
        let others = self.stories.iter().enumerate().filter(|(other, _)| *other != index);
        let busy = |story: &Story| matches!(story.stand, Stand::Working | Stand::Review | Stand::Land);
        self.holds(
            !others.into_iter().any(|(_, story)| busy(story)),
            "something else is under way",
        )?;
        let undone = self
            .successes
            .iter()
            .any(|task| self.plan.tasks[*task].undo == Some(index));
        self.holds(undone, "nothing that it undoes succeeded")?;
        let in_vain = self.cancelled || self.winding || self.plan.timeout_seconds.is_some() || self.is_lost();
        self.holds(in_vain, "the run has not failed")
    }

    /// Whether nothing more can come of the run, and not everything succeeded.
    fn is_lost(&self) -> bool {
        let states = self.task_states();
        let regular = || {
            states
                .iter()
                .zip(&self.plan.tasks)
                .filter(|(_, node)| !node.is_undo)
                .map(|(state, _)| *state)
        };
        let over = regular().all(|state| state.is_final() || state == TaskState::Blocked);
        over && regular().any(|state| state != TaskState::Success)
    }

    /// The driver was killed, and its agents with it. No step says so.
    pub(super) fn all_agents_are_gone(&mut self) {
        self.at_work.clear();
    }

    fn limits_are_kept(&self, index: usize) -> Result<(), String> {
        let working = self
            .at_work
            .iter()
            .filter(|task| self.stories[**task].stand == Stand::Working);
        let nodes = working
            .map(|task| &self.plan.tasks[*task])
            .filter(|node| node.work != Work::Join);
        let agents = nodes.clone().count();
        let most = usize::try_from(self.plan.concurrency).expect("a small number");
        self.holds(agents <= most, "more run at once than may")?;
        if let Some(key) = &self.plan.tasks[index].key {
            let holders = nodes
                .filter(|node| node.key.as_ref() == Some(key) && !node.is_undo)
                .count();
            let most = self.plan.keys.get(key).copied().unwrap_or(1);
            self.holds(
                holders <= usize::try_from(most).expect("a small number"),
                "more run with one key than may",
            )?;
        }
        Ok(())
    }

    fn see_judged(&mut self, index: usize, step: &Step, late: bool) -> Result<(), String> {
        let Step::Judged {
            attempt,
            council,
            decision,
            commit,
            ..
        } = step
        else {
            return Err("no verdict".to_owned());
        };
        let story = &self.stories[index];
        self.holds(story.attempt == *attempt, "the attempt is another")?;
        self.holds(story.commit.as_ref() == Some(commit), "another commit was judged")?;
        let first = self.plan.tasks[index].councils.first() == Some(council);
        let by_person = story.stand != Stand::Review;
        if by_person {
            let Some((
                _,
                Step::Asked {
                    task,
                    request,
                    author,
                    text,
                    ..
                },
            )) = self.asked.first_key_value()
            else {
                return Err("nobody asked for an override".to_owned());
            };
            let right = request == "override" && author != ACTOR && !text.is_empty() && decision == "approved";
            let name = &self.plan.tasks[index].name;
            self.holds(right && task.as_ref() == Some(name), "no person may override that")?;
            self.holds(story.turned_down(council), "the council did not turn it down")?;
        } else {
            self.holds(!story.said.contains_key(council), "the council judged it before")?;
            let deciding = self.plan.tasks[index].councils.first().cloned().unwrap_or_default();
            self.holds(first || story.approved(&deciding), "the first council has not approved")?;
        }
        self.tell(
            index,
            Fact::Judged {
                council: council.clone(),
                decision: decision.clone(),
                by_person,
                late,
            },
        )
    }

    fn see_answer(&mut self, number: u64, accepted: bool) -> Result<(), String> {
        let Some((first, step)) = self.asked.pop_first() else {
            return Err("nothing was asked".to_owned());
        };
        self.holds(first == number, "something else was asked before")?;
        let Step::Asked {
            task, request, text, ..
        } = step
        else {
            return Err("no request".to_owned());
        };
        let index = task
            .as_ref()
            .map(|name| self.plan.tasks.iter().position(|node| node.name == *name));
        match index {
            None => match (request.as_str(), accepted) {
                ("pause", true) => self.holds(!self.paused, "it is paused already")?,
                ("pause", false) => self.holds(self.paused || self.ended.is_some(), "it could be paused")?,
                ("resume", true) => self.holds(self.paused, "it is not paused")?,
                ("resume", false) => self.holds(!self.paused || self.ended.is_some(), "it could be resumed")?,
                ("cancel", true) => self.holds(!self.cancelled && !self.winding, "it is cancelled already")?,
                (_, false) => {}
                _ => return Err(format!("a run cannot `{request}`")),
            },
            Some(None) => self.holds(!accepted, "there is no such task")?,
            Some(Some(_)) => {}
        }
        if !accepted {
            return Ok(());
        }
        self.holds(self.ended.is_none(), "the run has ended")?;
        match (index, request.as_str()) {
            (None, "pause") => self.paused = true,
            (None, "resume") => self.paused = false,
            (None, "cancel") => {
                self.cancelled = true;
                for index in 0..self.plan.tasks.len() {
                    if !self.plan.tasks[index].is_undo && !self.stories[index].stand.is_final() {
                        self.tell(index, Fact::Cancel)?;
                    }
                }
            }
            (Some(Some(index)), request) => self.grant(index, request, &text)?,
            _ => return Err("it cannot be done".to_owned()),
        }
        Ok(())
    }

    fn grant(&mut self, index: usize, request: &str, text: &str) -> Result<(), String> {
        let story = &self.stories[index];
        let stand = story.stand;
        let dead = self.cancelled || self.winding;
        match request {
            "pause" => {
                self.holds(!stand.is_final() && !story.paused, "it cannot be paused")?;
                self.tell(index, Fact::Pause)
            }
            "resume" => {
                self.holds(story.paused, "it is not paused")?;
                self.tell(index, Fact::Resume)
            }
            "cancel" => {
                self.holds(!stand.is_final() && !story.cancelling, "it cannot be cancelled")?;
                self.tell(index, Fact::Cancel)
            }
            "approve" => {
                self.holds(stand == Stand::Confirm, "it waits for no confirmation")?;
                self.tell(index, Fact::Approve)
            }
            "reject" => {
                let waits = matches!(stand, Stand::Confirm | Stand::Appeal);
                self.holds(waits && !text.is_empty(), "it cannot be rejected")?;
                self.tell(index, Fact::Reject)
            }
            "retry" => {
                let again = matches!(stand, Stand::Failed | Stand::Cancelled | Stand::Appeal | Stand::Delayed);
                self.holds(again && !dead, "it cannot be tried again")?;
                self.tell(index, Fact::Retry)
            }
            "override" | "answer" => Ok(()),
            _ => Err("no such request".to_owned()),
        }
    }

    fn see_end(&mut self, outcome: &str) -> Result<(), String> {
        let states = self.task_states();
        let regular = || {
            states
                .iter()
                .zip(&self.plan.tasks)
                .filter(|(_, node)| !node.is_undo)
                .map(|(state, _)| *state)
        };
        let all = regular().all(|state| state == TaskState::Success);
        self.holds(all == (outcome == "success"), "the outcome is another")?;
        let over = regular().all(|state| state.is_final() || state == TaskState::Blocked);
        let may_be_late = self.plan.timeout_seconds.is_some();
        self.holds(over || may_be_late || self.winding, "something can still come of it")?;
        let busy = |story: &Story| matches!(story.stand, Stand::Working | Stand::Review | Stand::Land);
        self.holds(!self.stories.iter().any(busy), "something is under way")?;
        self.holds(!self.paused, "the run is paused")?;
        if outcome != "success" {
            self.everything_is_undone()?;
        }
        self.ended = Some(outcome.to_owned());
        for index in 0..self.plan.tasks.len() {
            let stand = self.stories[index].stand;
            if !stand.is_final() && stand != Stand::Fresh {
                self.tell(index, Fact::RunEnded)?;
            }
        }
        Ok(())
    }

    fn everything_is_undone(&self) -> Result<(), String> {
        let mut expected: Vec<usize> = Vec::new();
        for task in self.successes.iter().rev() {
            expected.extend(self.plan.tasks[*task].undo);
        }
        self.holds(
            self.undoing == expected,
            "not everything was undone in the reverse order of success",
        )?;
        let all = expected.iter().all(|task| self.stories[*task].stand.is_final());
        self.holds(all, "an undoing task is not over")
    }

    /// Only what the council approved, and where the plan says so a person, comes onto the branch.
    pub(super) fn may_land(&self, index: usize, commit: &str) -> Result<(), String> {
        let (story, node) = (&self.stories[index], &self.plan.tasks[index]);
        self.holds(story.commit.as_deref() == Some(commit), "another commit lands")?;
        self.holds(story.stand == Stand::Land, "it is not to land")?;
        let council = node.councils.first().ok_or("nobody judges it")?;
        self.holds(story.approved(council), "the council did not approve it")?;
        let asks = node.confirm && self.plan.mode == assize::plan::Mode::Strict;
        self.holds(!asks || story.confirmed, "no person confirmed it")
    }

    /// Whether a step that cannot be written any more may be left out.
    pub(super) fn may_drop(&self, step: &Step) -> Result<(), String> {
        let index = step
            .task()
            .and_then(|name| self.plan.tasks.iter().position(|node| node.name == name));
        let stand = index.map(|index| self.stories[index].stand);
        let may = match step {
            Step::AttemptStarted { .. } => {
                let elsewhere = !matches!(stand, Some(Stand::Fresh | Stand::Delayed));
                elsewhere || self.ended.is_some() || self.winding
            }
            Step::AttemptEnded { outcome, .. } => outcome == "stopped",
            // A person's verdict that came too late, or one of a council that was overtaken by a stop.
            Step::Judged { .. } => stand != Some(Stand::Review),
            // What became of a request, and how the run ends, may change while it is in hand: it is given anew then.
            Step::Answered { .. } | Step::Ended { .. } => true,
            _ => false,
        };
        self.holds(may, "a step was refused that should not be")
    }

    /// Where each task stands by the rules.
    fn task_states(&self) -> Vec<TaskState> {
        let mut states: Vec<TaskState> = Vec::with_capacity(self.plan.tasks.len());
        for (node, story) in self.plan.tasks.iter().zip(&self.stories) {
            let paused = (self.paused || story.paused) && self.ended.is_none();
            let unless_paused = |state| if paused { TaskState::Paused } else { state };
            let cannot = |need: &assize::plan::Need| match states[need.task] {
                TaskState::Failed | TaskState::Cancelled | TaskState::Blocked => true,
                TaskState::Success => need
                    .gate
                    .as_ref()
                    .is_some_and(|gate| !self.stories[need.task].approved(gate)),
                _ => false,
            };
            let state = match story.stand {
                Stand::Fresh if node.is_undo => TaskState::Pending,
                Stand::Fresh if node.needs.iter().any(cannot) => TaskState::Blocked,
                Stand::Fresh if node.needs.iter().any(|need| states[need.task] != TaskState::Success) => {
                    TaskState::Pending
                }
                Stand::Fresh => unless_paused(TaskState::Ready),
                Stand::Delayed => unless_paused(TaskState::Waiting),
                Stand::Confirm | Stand::Appeal => TaskState::Waiting,
                Stand::Working => TaskState::Running,
                Stand::Stopped | Stand::Land => unless_paused(TaskState::Running),
                Stand::Review => unless_paused(TaskState::Review),
                Stand::Success => TaskState::Success,
                Stand::Failed => TaskState::Failed,
                Stand::Cancelled => TaskState::Cancelled,
            };
            states.push(state);
        }
        states
    }

    /// Holds what the driver's state shows against the rules, and each change against the one state machine.
    pub(super) fn compare(&mut self, state: &State, _now_ms: u64) -> Result<(), String> {
        self.looked += 1;
        let large = self.plan.tasks.len() > COMPARED_TASKS_MAX;
        if large && !self.looked.is_multiple_of(COMPARED_EVERY) {
            return Ok(());
        }
        let states = self.task_states();
        for (index, rule) in states.iter().copied().enumerate() {
            let shown = state.task_state(index);
            let name = &self.plan.tasks[index].name;
            // That nobody does an interrupted attempt, and whose turn it is to undo, is no step: the rules do not know it.
            let interrupted = rule == TaskState::Running && shown == TaskState::Paused;
            let turn = self.plan.tasks[index].is_undo
                && rule == TaskState::Pending
                && matches!(shown, TaskState::Ready | TaskState::Paused);
            if shown != rule && !interrupted && !turn {
                return Err(format!("`{name}` is {shown} and should be {rule}"));
            }
            let before = self.states[index];
            let undo_begins = self.plan.tasks[index].is_undo && before == TaskState::Pending;
            if !large && before != rule && !before.may_become(rule) && !undo_begins {
                return Err(format!("`{name}` went from {before} to {rule}"));
            }
        }
        let ended = state.ended().map(|(outcome, _)| outcome);
        self.holds(ended == self.ended.as_deref(), "it ended otherwise")?;
        self.states = states;
        Ok(())
    }

    /// Holds what is to be done against the rules.
    pub(super) fn check_actions(&self, actions: &[Action], now_ms: u64) -> Result<(), String> {
        actions.iter().try_for_each(|action| self.check_action(action, now_ms))
    }

    fn check_action(&self, action: &Action, now_ms: u64) -> Result<(), String> {
        let story = |task: &usize| &self.stories[*task];
        let held = |task: &usize| self.paused || story(task).paused || story(task).cancelling;
        match action {
            Action::Start { task, attempt, again } => {
                self.holds(!held(task), "what is paused starts")?;
                let stand = story(task).stand;
                let begun = matches!(stand, Stand::Working | Stand::Stopped);
                self.holds(*again == begun, "it is not clear whether it goes on")?;
                self.holds(
                    begun || matches!(stand, Stand::Fresh | Stand::Delayed),
                    "it cannot start",
                )?;
                let right = story(task).attempt + u64::from(!*again);
                self.holds(*attempt == right, "the number of the attempt is another")?;
                let undo = self.plan.tasks[*task].is_undo;
                self.holds(
                    undo || begun || self.needs_are_met(*task),
                    "it starts before what it needs",
                )
            }
            Action::Judge { task, council, .. } => {
                let node = &self.plan.tasks[*task];
                let first = node.councils.first().cloned().unwrap_or_default();
                let open = !story(task).said.contains_key(council);
                self.holds(
                    !held(task) && story(task).stand == Stand::Review && open,
                    "it is not to be judged",
                )?;
                self.holds(
                    *council == first || story(task).approved(&first),
                    "the first council comes first",
                )
            }
            Action::Land { task, .. } => {
                self.holds(!held(task), "what is paused lands")?;
                self.may_land(*task, story(task).commit.as_deref().unwrap_or_default())
            }
            Action::Stop { task, .. } => {
                let story = story(task);
                let paused = (self.paused || story.paused) && story.stand == Stand::Working;
                let seconds = self.plan.timeout_seconds;
                let late = self.late || seconds.is_some_and(|seconds| now_ms >= self.started_ms + seconds * 1_000);
                self.holds(paused || story.cancelling || late, "there is no reason to stop it")
            }
            Action::Abandon { task, .. } => self.holds(story(task).stand == Stand::Working, "it is not under way"),
            Action::Answer { asked, .. } | Action::Override { asked, .. } => {
                let first = self.asked.first_key_value().map(|(number, _)| number);
                self.holds(first == Some(asked), "something else was asked before")
            }
            Action::End { .. } => self.holds(self.asked.is_empty() && !self.paused, "it is too early to end"),
        }
    }

    /// What must hold when a run is over.
    pub(super) fn check_the_end(&self) -> Result<(), String> {
        self.holds(self.asked.is_empty(), "a request was never answered")?;
        let late = |story: &Story| !story.stand.is_final() && story.stand != Stand::Fresh;
        self.holds(!self.stories.iter().any(late), "a task is under way after the end")
    }
}

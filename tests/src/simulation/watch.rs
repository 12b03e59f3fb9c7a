//! Holds what a driver shows and wants against the rules.

use assize::event::Step;
use assize::plan::TaskState;
use assize::schedule::{Action, State};

use super::model::Model;
use super::story::{Stand, Story};

/// Larger plans are compared now and then.
const COMPARED_TASKS_MAX: usize = 64;
const COMPARED_EVERY: u64 = 509;

impl Model {
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

//! The one state machine of every task, and the names that other systems have for its states.
//!
//! ```text
//! pending ─▶ ready ─▶ running ─▶ { waiting | review | paused } ─▶ running ─▶ success | failed | cancelled
//! pending ─▶ blocked (a dependency or a gate failed) ─▶ pending (it is retried)
//! ```
//!
//! # The names of other systems
//!
//! | here | [`Board`](Names::Board) | [`Worker`](Names::Worker) | [`Queue`](Names::Queue) | [`A2a`](Names::A2a) |
//! |---|---|---|---|---|
//! | pending | pending | PENDING | queued | SUBMITTED |
//! | ready | ready | PENDING | queued | SUBMITTED |
//! | running | running | RUNNING | running | WORKING |
//! | waiting | blocked | RUNNING | waiting_input | INPUT_REQUIRED |
//! | review | review | RUNNING | running | WORKING |
//! | paused | running | RUNNING | running | WORKING |
//! | blocked | blocked | PENDING | queued | SUBMITTED |
//! | success | success | COMPLETED | completed | COMPLETED |
//! | failed | failed | FAILED | failed | FAILED |
//! | cancelled | cancelled | CANCELED | cancelled | CANCELED |
//!
//! Those names say less: a view leads from a state to a name, and from a name to every state that has it.

use std::fmt;
use std::str::FromStr;

/// Where a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TaskState {
    /// Not everything it needs has succeeded yet.
    Pending,
    /// It may start, as soon as there is room.
    Ready,
    /// An attempt is under way.
    Running,
    /// It waits for a person, or for a time.
    Waiting,
    /// A council looks at its change.
    Review,
    /// A person stopped it for a while.
    Paused,
    /// Something that it needs has failed, or a gate did not open.
    Blocked,
    /// It is done, judged and landed, as far as its plan asks for that.
    Success,
    /// It could not be done.
    Failed,
    /// A person ended it.
    Cancelled,
}

impl TaskState {
    /// Every state, in the order of a task's life.
    pub const ALL: &[Self] = &[
        Self::Pending,
        Self::Ready,
        Self::Running,
        Self::Waiting,
        Self::Review,
        Self::Paused,
        Self::Blocked,
        Self::Success,
        Self::Failed,
        Self::Cancelled,
    ];

    /// The state's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Ready => "ready",
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Review => "review",
            Self::Paused => "paused",
            Self::Blocked => "blocked",
            Self::Success => "success",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing happens to the task any more, unless a person asks for it again.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Success | Self::Failed | Self::Cancelled)
    }

    /// Whether a task may go from this state to that one, in one step.
    ///
    /// A task that waits goes on where it stopped: the retry's time is over, a person approves, a person's verdict stands
    /// for that of a council. What failed or was cancelled moves only because a person asks for it, and success is for ever.
    #[must_use]
    pub const fn may_become(self, next: Self) -> bool {
        use TaskState::{Blocked, Cancelled, Failed, Paused, Pending, Ready, Review, Running, Success, Waiting};
        match self {
            Pending => matches!(next, Ready | Blocked | Paused | Cancelled),
            Ready => matches!(next, Running | Paused | Cancelled),
            Running => matches!(next, Waiting | Review | Paused | Success | Failed | Cancelled),
            Waiting => matches!(next, Ready | Running | Review | Paused | Success | Failed | Cancelled),
            Review => matches!(next, Running | Waiting | Paused | Success | Failed | Cancelled),
            Paused => matches!(next, Ready | Running | Waiting | Review | Success | Failed | Cancelled),
            Blocked => matches!(next, Pending | Ready | Paused | Cancelled),
            Failed => matches!(next, Ready | Running | Waiting | Review | Paused | Success),
            Cancelled => matches!(next, Pending | Ready | Paused | Blocked),
            Success => false,
        }
    }
}

/// The names that another kind of system has for the states of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Names {
    /// A board that a team of agents shares: seven names, and cancelled.
    Board,
    /// A service that hands tasks to workers. It keeps approvals apart from the task.
    Worker,
    /// A queue of sessions with a person in front.
    Queue,
    /// The A2A protocol, in which agents call each other.
    A2a,
}

impl Names {
    /// Every kind.
    pub const ALL: &[Self] = &[Self::Board, Self::Worker, Self::Queue, Self::A2a];

    /// The name of a state.
    #[must_use]
    pub const fn of(self, state: TaskState) -> &'static str {
        use TaskState::{Blocked, Cancelled, Failed, Paused, Pending, Ready, Review, Running, Success, Waiting};
        match (self, state) {
            (Self::Board, Waiting) => "blocked",
            (Self::Board, Paused) => "running",
            (Self::Board, _) => state.name(),
            (Self::Worker, Pending | Ready | Blocked) => "PENDING",
            (Self::Worker, Running | Waiting | Review | Paused) => "RUNNING",
            (Self::Queue, Pending | Ready | Blocked) => "queued",
            (Self::Queue, Running | Review | Paused) => "running",
            (Self::Queue, Waiting) => "waiting_input",
            (Self::Queue, Success) => "completed",
            (Self::Queue, Failed) => "failed",
            (Self::Queue, Cancelled) => "cancelled",
            (Self::A2a, Pending | Ready | Blocked) => "SUBMITTED",
            (Self::A2a, Running | Review | Paused) => "WORKING",
            (Self::A2a, Waiting) => "INPUT_REQUIRED",
            (Self::Worker | Self::A2a, Success) => "COMPLETED",
            (Self::Worker | Self::A2a, Failed) => "FAILED",
            (Self::Worker | Self::A2a, Cancelled) => "CANCELED",
        }
    }

    /// The states of that name; none where no state has it.
    pub fn states(self, name: &str) -> impl Iterator<Item = TaskState> {
        let states = TaskState::ALL.iter().copied();
        states.filter(move |state| self.of(*state) == name)
    }
}

impl fmt::Display for TaskState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text is no name of a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a task is pending, ready, running, waiting, review, paused, blocked, success, failed or cancelled")]
pub struct TaskStateError;

impl FromStr for TaskState {
    type Err = TaskStateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|state| state.name() == text)
            .ok_or(TaskStateError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the documentation says, read from it: the table and the code cannot part.
    #[test]
    fn the_table_of_names_is_what_the_code_says() {
        let source = include_str!("state.rs");
        let mut rows = 0;
        for line in source.lines().filter_map(|line| line.strip_prefix("//! | ")) {
            let cells: Vec<&str> = line.trim_end_matches(" |").split(" | ").collect();
            let Some(state) = cells.first().and_then(|name| name.parse::<TaskState>().ok()) else {
                continue;
            };
            let names: Vec<&str> = Names::ALL.iter().map(|names| names.of(state)).collect();
            assert_eq!(cells.get(1..), Some(names.as_slice()), "{state}");
            rows += 1;
        }
        assert_eq!(rows, TaskState::ALL.len());
    }

    #[test]
    fn a_name_leads_back_to_every_state_that_has_it() {
        for names in Names::ALL {
            for state in TaskState::ALL {
                assert!(names.states(names.of(*state)).any(|found| found == *state));
            }
            assert_eq!(names.states("asleep").count(), 0);
        }
        let queued: Vec<TaskState> = Names::Queue.states("queued").collect();
        assert_eq!(queued, [TaskState::Pending, TaskState::Ready, TaskState::Blocked]);
    }

    #[test]
    fn success_is_for_ever_and_what_is_final_moves_only_when_asked() {
        for next in TaskState::ALL {
            assert!(!TaskState::Success.may_become(*next));
            assert!(!next.may_become(*next), "a state follows another one");
        }
        assert!(!TaskState::Pending.may_become(TaskState::Running));
        assert!(!TaskState::Blocked.may_become(TaskState::Running));
        assert!(!TaskState::Cancelled.may_become(TaskState::Success));
    }
}

//! The one state machine of every task, and the names that other systems have for its states.
//!
//! ```text
//! pending ─▶ ready ─▶ running ─▶ { waiting | review | paused } ─▶ running ─▶ success | failed | cancelled
//! pending ─▶ blocked (a dependency or a gate failed) ─▶ pending (it is retried)
//! ```

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

//! What is to be done next in a run: data, for the driver.

/// Something to be done. The driver does it, and what came of it is a [`Step`](crate::event::Step).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Try a task. Recorded as `AttemptStarted` before anything is done.
    Start {
        /// The task.
        task: usize,
        /// The number of the attempt; one that was interrupted keeps its number.
        attempt: u64,
        /// Whether that attempt was begun before and was interrupted by a kill.
        again: bool,
    },
    /// Let a council look at the change of a task: ends in `Judged`.
    Judge {
        /// The task.
        task: usize,
        /// The number of the attempt.
        attempt: u64,
        /// The council.
        council: String,
    },
    /// Bring the approved change to the branch: ends in `Landed`, or in `Joined` where the branch moved.
    Land {
        /// The task.
        task: usize,
        /// The number of the attempt.
        attempt: u64,
    },
    /// Stop the call of a task that was paused, cancelled, or took too long: ends in `AttemptEnded`.
    Stop {
        /// The task.
        task: usize,
        /// The number of the attempt.
        attempt: u64,
    },
    /// Answer what somebody asked for.
    Answer {
        /// The number of the event that asked.
        asked: u64,
        /// Whether it is done.
        accepted: bool,
        /// Why not.
        reason: String,
    },
    /// End the run.
    End {
        /// `success`, `failed` or `cancelled`.
        outcome: String,
        /// More about it.
        detail: String,
    },
}

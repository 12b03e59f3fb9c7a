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
        /// Whether that attempt was begun before, and a kill or a pause interrupted it. It goes on under the same call and
        /// base.
        again: bool,
    },
    /// Give up an attempt that was interrupted too often: ends in `AttemptEnded` with the outcome `broken`.
    Abandon {
        /// The task.
        task: usize,
        /// The number of the attempt.
        attempt: u64,
        /// Why, for the step.
        detail: String,
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
    /// Stop what is under way for a task that was paused or cancelled, or whose run took too long: ends in `AttemptEnded`
    /// with the outcome `stopped`. What cannot be stopped any more is waited for, and ends in its own step instead; if
    /// something is still to be stopped then, it is given again.
    Stop {
        /// The task.
        task: usize,
        /// The number of the attempt.
        attempt: u64,
    },
    /// Answer what somebody asked for: ends in `Answered`.
    Answer {
        /// The number of the event that asked.
        asked: u64,
        /// Whether it is done.
        accepted: bool,
        /// Why not.
        reason: String,
    },
    /// Sign a person's verdict instead of a council's: ends in `Judged` with the decision `approved`, and the answer follows;
    /// or in `Answered` with the reason why it was not signed.
    Override {
        /// The number of the event that asked.
        asked: u64,
        /// The task.
        task: usize,
        /// The number of the attempt.
        attempt: u64,
        /// The council that is overridden.
        council: String,
    },
    /// End the run.
    End {
        /// `success`, `failed` or `cancelled`.
        outcome: String,
        /// More about it.
        detail: String,
    },
}

//! Steps that cannot follow.

use crate::event::Step;
use crate::plan::TaskState;

/// A step that cannot happen in this state. The state is as before.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the step `{step}` cannot follow: {why}")]
pub struct Illegal {
    /// The step's name.
    pub step: &'static str,
    /// Why.
    pub why: Why,
}

/// Why a step cannot follow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// The plan is none that binding makes.
    #[error("the plan is broken: {0}")]
    Plan(String),
    /// It is the first step of every run, and of no other place.
    #[error("a run starts once, with its first step")]
    Start,
    /// It belongs to another run.
    #[error("it belongs to another run")]
    OtherRun,
    /// Its number is not larger than that of the step before.
    #[error("its number is {sequence}, and number {newest} was applied before")]
    Old {
        /// The step's number.
        sequence: u64,
        /// The number of the newest step.
        newest: u64,
    },
    /// The run is over.
    #[error("the run has ended")]
    Ended,
    /// The plan has no such task.
    #[error("no task is called `{0}`")]
    NoTask(String),
    /// The task is elsewhere.
    #[error("`{task}` is {state}")]
    State {
        /// The task.
        task: String,
        /// Where it stands.
        state: TaskState,
    },
    /// The number of the attempt is another.
    #[error("`{task}` is at attempt {expected}, not {attempt}")]
    Attempt {
        /// The task.
        task: String,
        /// The number in the step.
        attempt: u64,
        /// The number that it may have.
        expected: u64,
    },
    /// An attempt that goes on has the call and the base that it began with.
    #[error("attempt {attempt} of `{task}` goes on with the call and the base that it began with")]
    Resumed {
        /// The task.
        task: String,
        /// The attempt.
        attempt: u64,
    },
    /// The step is about a commit that is not the change of the task.
    #[error("`{commit}` is not what is to be judged or landed of `{task}`")]
    Commit {
        /// The task.
        task: String,
        /// The commit in the step.
        commit: String,
    },
    /// The branch is not the one that results land on.
    #[error("`{0}` is not the branch that this run lands on")]
    Branch(String),
    /// The council does not judge this now.
    #[error("the council `{council}` does not judge `{task}` now")]
    Council {
        /// The task.
        task: String,
        /// The council.
        council: String,
    },
    /// A word that no step of this kind has.
    #[error("`{0}` is none of the words that such a step has")]
    Word(String),
    /// Nothing was asked under that number, or it is not its turn.
    #[error("number {0} is not what is answered next")]
    Asked(u64),
    /// What was asked for cannot be done.
    #[error("what was asked for cannot be accepted: {0}")]
    Refused(String),
    /// There is still something to do.
    #[error("the run cannot end so, since {0}")]
    Unfinished(String),
}

impl Illegal {
    pub(super) const fn new(step: &'static str, why: Why) -> Self {
        Self { step, why }
    }
}

/// The name of a step, as it is shown.
pub(super) const fn name(step: &Step) -> &'static str {
    match step {
        Step::Started { .. } => "started",
        Step::AttemptStarted { .. } => "attempt-started",
        Step::AttemptEnded { .. } => "attempt-ended",
        Step::Judged { .. } => "judged",
        Step::Joined { .. } => "joined",
        Step::Landed { .. } => "landed",
        Step::Asked { .. } => "asked",
        Step::Answered { .. } => "answered",
        Step::Ended { .. } => "ended",
    }
}

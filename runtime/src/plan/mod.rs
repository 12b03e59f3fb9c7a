//! A plan: the checked graph of one run's tasks. Pure.
//!
//! ```text
//! workflow file ─▶ Workflow (checked, spans kept) ─▶ bind(parameters) ─▶ Plan ─▶ stored form, digest
//! ```
//!
//! Everything is decided here that can be decided before anything runs: sub-workflows and repeated tasks are laid out as
//! plain tasks, parameters have their values, and what a task is given is a value, or comes from an ancestor.

#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::string_slice,
        clippy::unreachable,
        clippy::unwrap_used
    )
)]

mod ancestors;
mod authored;
mod bind;
pub mod branch;
mod check;
pub mod code;
pub mod drafted;
pub mod form;
pub mod graph;
pub mod shipped;
pub mod state;
#[cfg(test)]
mod tests;
pub mod timing;
pub mod value;
mod workflow;

use std::collections::BTreeMap;

use serde_json::Value;

pub use authored::schema;
use bind::copies;

pub use bind::{EDGES_MAX, INPUT_BYTES_MAX, Library, Setting, TASK_NAME_BYTES_MAX, WORKFLOW_DEPTH_MAX};
pub use state::TaskState;
pub use workflow::{BYTES_MAX, CONCURRENCY, Parameter, Refused, Workflow};

/// Tells whether something of a workflow may be called so: 1 to 64 lower-case letters, digits and hyphens, no hyphen first.
#[must_use]
pub fn is_name(text: &str) -> bool {
    check::is_name(text)
}

/// The most tasks of one plan.
pub const TASKS_MAX: usize = 10_000;

/// How much a run does by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Every task is judged, and a person confirms where the workflow says so.
    Strict,
    /// It runs while verdicts approve.
    Auto,
    /// Nothing leaves the worktrees: the repository and the store stay as they are.
    DryRun,
}

impl Mode {
    /// Every mode, in the order of the reference.
    pub const ALL: [Self; 3] = [Self::Strict, Self::Auto, Self::DryRun];

    /// The mode's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Auto => "auto",
            Self::DryRun => "dry-run",
        }
    }
}

/// The tasks of one run. Made by binding a workflow, and never changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The workflow's name.
    pub workflow: String,
    /// How much the run does by itself.
    pub mode: Mode,
    /// The branch that results land on, such as `main`; none for the one that is checked out.
    pub branch: Option<String>,
    /// How many tasks run at once, at most.
    pub concurrency: u32,
    /// How long the run may take, in seconds.
    pub timeout_seconds: Option<u64>,
    /// How many tasks with one key run at once; 1 for keys that do not stand here.
    pub keys: BTreeMap<String, u32>,
    /// The tasks, each behind everything that it needs. An index into this list is what tasks are called by inside a run.
    pub tasks: Vec<Node>,
}

/// One task of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Its name, unique in the plan: `build`, `investigate-2`, or `release/build` for a task of a sub-workflow.
    pub name: String,
    /// What it is for, in a sentence; empty where the workflow does not say.
    pub summary: String,
    /// The type of the task, such as `code` or `test`; roles may be limited to some.
    pub kind: Option<String>,
    /// Who does it.
    pub work: Work,
    /// What must have succeeded before.
    pub needs: Vec<Need>,
    /// What the agent is given: the members of its input.
    pub inputs: BTreeMap<String, Source>,
    /// Who judges its change. The first council decides about the landing; the others are asked because gates name them.
    /// Empty: nobody judges it, and nothing of it lands.
    pub councils: Vec<String>,
    /// Whether a person confirms before its change lands, where the run is strict.
    pub confirm: bool,
    /// When it is tried again.
    pub retry: Retry,
    /// How long one attempt may take, in seconds; the role's limit otherwise.
    pub timeout_seconds: Option<u64>,
    /// What goes first where not everything can start: the larger number.
    pub priority: i64,
    /// Tasks with one key do not run at once.
    pub key: Option<String>,
    /// The task that makes good for this one, if the run fails after this one succeeded. It starts for no other reason.
    pub undo: Option<usize>,
    /// Whether it is such a task.
    pub is_undo: bool,
    /// How long it takes, in seconds, as its author thinks.
    pub estimate_seconds: Option<u64>,
}

/// Who does a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    /// The agent of that name in the policy.
    Agent(String),
    /// Nobody: it succeeds when everything that it needs has succeeded. The end of a sub-workflow and of a repeated task.
    /// Its output holds the outputs of what it needs, by name.
    Join,
}

/// One edge: what a task needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// The task.
    pub task: usize,
    /// The council that must have approved that task's change, besides its success.
    pub gate: Option<String>,
}

/// Where a member of an input comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// It is known before the run.
    Value(Value),
    /// A part of the output of an ancestor, by names and positions from the outside in; the whole output where there are none.
    Output {
        /// The ancestor.
        task: usize,
        /// The way into its output.
        path: Vec<String>,
    },
    /// The commits since the newest tag that lies behind the base, and that tag.
    History,
}

/// When a task is tried again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retry {
    /// How often it is tried in all; at least 1.
    pub attempts: u32,
    /// How long is waited before the second attempt, in milliseconds.
    pub delay_ms: u64,
    /// What each further wait is longer by, as a factor in hundredths: 200 doubles it.
    pub factor_percent: u32,
    /// The longest wait, in milliseconds.
    pub delay_ms_max: u64,
    /// By how much a wait differs by chance, as a part of it in hundredths.
    pub jitter_percent: u32,
    /// After what it is tried again.
    pub on: Vec<Cause>,
}

impl Default for Retry {
    /// One attempt. Where there are more, the first wait takes 100 ms and each further one twice as long as the one before, up
    /// to a minute, after everything that may go better by itself.
    fn default() -> Self {
        Self {
            attempts: 1,
            delay_ms: 100,
            factor_percent: 200,
            delay_ms_max: 60_000,
            jitter_percent: 0,
            on: vec![Cause::Faulted, Cause::Broken, Cause::TimedOut],
        }
    }
}

/// Why an attempt came to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// The agent said that it cannot do it.
    Faulted,
    /// The agent broke down: a trap, fuel, memory, host calls, an answer that breaks the contract.
    Broken,
    /// It took too long.
    TimedOut,
    /// The council rejected its change.
    Rejected,
    /// The council came to no verdict.
    Undecided,
    /// Its change could not be joined with what landed meanwhile.
    Conflict,
}

impl Cause {
    /// Every cause, in the order of the reference.
    pub const ALL: &[Self] = &[
        Self::Faulted,
        Self::Broken,
        Self::TimedOut,
        Self::Rejected,
        Self::Undecided,
        Self::Conflict,
    ];

    /// The causes' names.
    pub const NAMES: [&str; 6] = ["faulted", "broken", "timed-out", "rejected", "undecided", "conflict"];

    /// The cause's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Faulted => "faulted",
            Self::Broken => "broken",
            Self::TimedOut => "timed-out",
            Self::Rejected => "rejected",
            Self::Undecided => "undecided",
            Self::Conflict => "conflict",
        }
    }

    /// What has happened, as a sentence.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Faulted => "The agent said that it cannot do it.",
            Self::Broken => "The agent broke down: a trap, a limit, an answer that breaks the contract.",
            Self::TimedOut => "It took too long.",
            Self::Rejected => "The council rejected its change.",
            Self::Undecided => "The council came to no verdict.",
            Self::Conflict => "Its change could not be joined with what landed meanwhile.",
        }
    }

    /// The cause of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|cause| cause.name() == name)
    }
}

//! The board that the agents of a clone share: tasks, messages, knowledge, decisions, workflows. What one does is checked and
//! recorded in one transaction, so that of many who try the same at once one succeeds.

mod act;
mod read;

use assize_provenance::digest::Digest;
use assize_provenance::opinion::Vote;
use assize_provenance::time::Time;
use rusqlite::Connection;

use super::fault::Failure;
use super::log::{self, Prepared};
use super::{Store, StoreError, contents, insist_on_name, journal, unfit, wake};
use crate::event::{Event, NAME_BYTES_MAX, RunId};
use crate::host_call::Note;
use crate::plan::TaskState;

/// The most tasks on the board that have not come to an end.
pub const TASKS_OPEN_MAX: u64 = 10_000;
/// The most tasks that one task needs.
pub const TASK_NEEDS_MAX: usize = 100;
/// The most tasks of one workflow that agents made.
pub const WORKFLOW_TASKS_MAX: usize = 1_000;
/// The most agents, and the most roles, that vote on one decision.
pub const VOTERS_MAX: usize = 100;
/// The longest page of the board, in rows.
pub const BOARD_ROWS_MAX: usize = 100;

/// Who does something on the board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// The run.
    pub run: RunId,
    /// The agent.
    pub agent: String,
    /// Its role.
    pub role: String,
}

/// What an agent wants to do on the board, or the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// To create a task.
    CreateTask(TaskDraft),
    /// To take a task.
    ClaimTask {
        /// The task.
        task: u64,
        /// How many it may hold at once.
        claimed_max: u64,
    },
    /// To say that a task is done.
    CompleteTask {
        /// The task.
        task: u64,
        /// What came of it.
        output: String,
    },
    /// To say that a task cannot be done.
    FailTask {
        /// The task.
        task: u64,
        /// Why.
        reason: String,
    },
    /// To say what came of a task of a workflow that the host does. No agent can do that.
    EndTask {
        /// The task.
        task: u64,
        /// What came of it, or why it could not be done.
        end: Result<String, String>,
    },
    /// To change a task; what is none stays.
    UpdateTask {
        /// The task.
        task: u64,
        /// What it is.
        title: Option<String>,
        /// What is to be done.
        description: Option<String>,
        /// What goes first.
        priority: Option<i64>,
    },
    /// To give a task to an agent.
    AssignTask {
        /// The task.
        task: u64,
        /// The agent.
        to: String,
        /// Whether a task that another agent holds may be given away.
        can_reassign: bool,
    },
    /// To say something.
    Post {
        /// What it is about.
        topic: String,
        /// What.
        body: String,
        /// The message that it answers.
        reply_to: Option<u64>,
    },
    /// To write down what nobody has written down.
    Share {
        /// The key.
        key: String,
        /// The text.
        value: String,
    },
    /// To write anew what is known.
    Revise {
        /// The key.
        key: String,
        /// The text.
        value: String,
        /// The version that it must have.
        expected: Option<u64>,
    },
    /// To propose a decision.
    Propose(Proposal),
    /// To vote.
    Vote {
        /// The decision.
        decision: u64,
        /// What it says.
        vote: Vote,
        /// Why.
        reason: String,
    },
    /// To make a workflow of tasks.
    DraftWorkflow {
        /// Its name.
        name: String,
        /// Its tasks.
        tasks: Vec<u64>,
    },
    /// To ask that a workflow be started.
    StartWorkflow {
        /// The workflow.
        workflow: u64,
    },
    /// To say what it is doing.
    SayStatus {
        /// What.
        text: String,
    },
}

/// A task that is to be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TaskDraft {
    /// What it is, in a line.
    pub title: String,
    /// What is to be done.
    pub description: String,
    /// Its type.
    pub task_type: Option<String>,
    /// The role that has to do it.
    pub role: Option<String>,
    /// What goes first: the larger number.
    pub priority: i64,
    /// The task that it is a part of.
    pub parent: Option<u64>,
    /// The tasks that must have succeeded before.
    pub needs: Vec<u64>,
}

/// A decision that is to be voted on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Proposal {
    /// What it is, in a line.
    pub title: String,
    /// What is proposed.
    pub body: String,
    /// The agents that vote.
    pub agents: Vec<String>,
    /// The roles whose agents vote.
    pub roles: Vec<String>,
    /// How many votes close it.
    pub quorum: u64,
    /// How many of those that do not abstain have to approve, in percent.
    pub threshold_percent: u64,
}

/// Why something was not done on the board. Each is a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BoardRefusal {
    /// It would be more than there may be.
    #[error("{0}")]
    Limit(String),
    /// It means nothing.
    #[error("{0}")]
    Invalid(String),
    /// There is no such thing.
    #[error("{0}")]
    NotFound(String),
    /// Things are not so that it can be done.
    #[error("{0}")]
    Conflict(String),
}

/// A task on the board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoardTask {
    /// Its number.
    pub id: u64,
    /// What it was made of.
    pub draft: TaskDraft,
    /// Where it stands.
    pub state: TaskState,
    /// Why it failed or is blocked.
    pub reason: String,
    /// The agent that created it.
    pub creator: String,
    /// The agent that has it.
    pub holder: Option<String>,
    /// What came of it.
    pub output: Option<String>,
}

/// A message on the board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoardMessage {
    /// Its number.
    pub id: u64,
    /// What it is about.
    pub topic: String,
    /// Who said it.
    pub agent: String,
    /// What was said.
    pub body: String,
    /// The message that it answers.
    pub reply_to: Option<u64>,
}

/// What is known under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The key.
    pub key: String,
    /// How often it was written.
    pub version: u64,
    /// The text.
    pub value: String,
    /// Who wrote it last.
    pub agent: String,
}

/// Where a decision stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecisionState {
    /// Votes are missing.
    Open,
    /// Enough approved.
    Approved,
    /// Too few approved.
    Rejected,
}

/// A decision on the board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoardDecision {
    /// Its number.
    pub id: u64,
    /// Who proposed it.
    pub agent: String,
    /// What was proposed; those who vote stand in the order of their names.
    pub proposal: Proposal,
    /// Where it stands.
    pub state: DecisionState,
    /// The votes so far: who, what, and why.
    pub ballots: Vec<(String, Vote, String)>,
}

/// A workflow that agents made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoardWorkflow {
    /// Its number.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Who made it.
    pub agent: String,
    /// The event that asked for its start.
    pub wanted: Option<u64>,
    /// Its tasks, and where each stands. It is done when all of them have succeeded.
    pub tasks: Vec<(u64, TaskState)>,
}

/// What one agent is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamMember {
    /// The agent.
    pub agent: String,
    /// What it said last.
    pub text: String,
    /// How many tasks it holds.
    pub claimed_tasks: u64,
}

impl Store {
    /// Does something on the board and records it, or says why not. Gives the number of what was created, the version of what
    /// was written, and the number of the event otherwise. A workflow that is to be started wakes those who drive runs.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unfit`] where the author has no fit name; every other [`StoreError`].
    pub fn board_act(&self, at: Time, author: Author, act: Act) -> Result<Result<u64, BoardRefusal>, StoreError> {
        self.board_act_noted(at, author, act, |_| Vec::new())
    }

    /// Does something on the board, as [`board_act`](Self::board_act) does, and adds what `notes` makes of the answer to the
    /// journal of the run, in the same transaction.
    ///
    /// # Errors
    ///
    /// As for [`board_act`](Self::board_act).
    pub fn board_act_noted(
        &self,
        at: Time,
        author: Author,
        act: Act,
        notes: impl Fn(&Result<u64, BoardRefusal>) -> Vec<Note> + Send + 'static,
    ) -> Result<Result<u64, BoardRefusal>, StoreError> {
        insist_on_name("agent", &author.agent, NAME_BYTES_MAX)?;
        let wakes = matches!(act, Act::StartWorkflow { .. });
        let done = self.writer.write(move |connection| {
            let checked = act::check(connection, &author, &act)?;
            let done = match checked {
                Ok(checked) => Ok(record(connection, at, &author, checked)?),
                Err(refusal) => Err(refusal),
            };
            journal::note(connection, at, author.run, &author.agent, &notes(&done))?;
            Ok(done)
        })?;
        if wakes && done.is_ok() {
            wake::ring(&self.place.folder);
        }
        Ok(done)
    }

    /// Reads a task of the board.
    ///
    /// # Errors
    ///
    /// Every [`StoreError`].
    pub fn board_task(&self, id: u64) -> Result<Option<BoardTask>, StoreError> {
        self.read(|connection| read::task(connection, id))
    }

    /// Reads at most `rows_max` tasks, and at most [`BOARD_ROWS_MAX`], in the order of their numbers: those behind `after`, in
    /// one state or in any.
    ///
    /// # Errors
    ///
    /// Every [`StoreError`].
    pub fn board_tasks(
        &self,
        state: Option<TaskState>,
        after: u64,
        rows_max: usize,
    ) -> Result<Vec<BoardTask>, StoreError> {
        self.read(|connection| read::tasks(connection, state, after, rows_max))
    }

    /// Reads at most `rows_max` messages of a topic, and at most [`BOARD_ROWS_MAX`], in order: those behind `after`.
    ///
    /// # Errors
    ///
    /// Every [`StoreError`].
    pub fn board_messages(&self, topic: &str, after: u64, rows_max: usize) -> Result<Vec<BoardMessage>, StoreError> {
        self.read(|connection| read::messages(connection, topic, after, rows_max))
    }

    /// Reads what is known under a key.
    ///
    /// # Errors
    ///
    /// Every [`StoreError`].
    pub fn board_knowledge(&self, key: &str) -> Result<Option<Known>, StoreError> {
        self.read(|connection| read::knowledge(connection, key))
    }

    /// Reads a decision.
    ///
    /// # Errors
    ///
    /// Every [`StoreError`].
    pub fn board_decision(&self, id: u64) -> Result<Option<BoardDecision>, StoreError> {
        self.read(|connection| read::decision(connection, id))
    }

    /// Reads at most `rows_max` of the workflows that agents want to be started, in the order in which they asked; those that
    /// were asked for behind the event `after`.
    ///
    /// # Errors
    ///
    /// Every [`StoreError`].
    pub fn wanted_workflows(&self, after: u64, rows_max: usize) -> Result<Vec<BoardWorkflow>, StoreError> {
        self.read(|connection| read::wanted(connection, after, rows_max))
    }

    /// Reads a workflow that agents made.
    ///
    /// # Errors
    ///
    /// Every [`StoreError`].
    pub fn board_workflow(&self, id: u64) -> Result<Option<BoardWorkflow>, StoreError> {
        self.read(|connection| read::workflow(connection, id))
    }

    /// Reads at most `rows_max` of the agents that said what they are doing, or hold a task, by name.
    ///
    /// # Errors
    ///
    /// Every [`StoreError`].
    pub fn board_team(&self, rows_max: usize) -> Result<Vec<TeamMember>, StoreError> {
        self.read(|connection| read::team(connection, rows_max))
    }
}

/// Records what was checked; gives its number, or the version that it gives something.
fn record(connection: &Connection, at: Time, author: &Author, checked: act::Checked) -> Result<u64, Failure> {
    for text in checked.texts {
        contents::put(connection, &Digest::of(text.as_bytes()), text.as_bytes())?;
    }
    let event = Event::Board {
        run: author.run,
        agent: author.agent.clone(),
        deed: checked.deed,
    };
    let prepared = Prepared::of(at, event).map_err(unfit)?;
    let sequence = log::append(connection, &[prepared])?;
    Ok(checked.version.unwrap_or(sequence))
}

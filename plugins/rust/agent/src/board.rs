//! The board that the agents of a repository share, as traits: tasks, messages, knowledge, decisions, workflows and what each is
//! doing.

use crate::Refusal;
pub use crate::bindings::assize::plugin::decisions::{Ballot, Decision, Proposal, State as DecisionState};
pub use crate::bindings::assize::plugin::knowledge::Item as Known;
pub use crate::bindings::assize::plugin::messages::Message;
pub use crate::bindings::assize::plugin::status::Member;
pub use crate::bindings::assize::plugin::tasks::{Change, Draft, State as TaskState, Task as BoardTask};
pub use crate::bindings::assize::plugin::types::Vote;

/// The interface `tasks` of the contract, one method per function; see `wit/tasks.wit` for what each does.
pub trait Tasks {
    /// Creates a task, and gives its number.
    ///
    /// # Errors
    ///
    /// The host's refusal.
    fn create(&self, draft: &Draft) -> Result<u64, Refusal>;

    /// Takes a task that is ready.
    ///
    /// # Errors
    ///
    /// The host's refusal; `conflict` where another was faster.
    fn claim(&self, id: u64) -> Result<(), Refusal>;

    /// Says that a task is done, and what came of it.
    ///
    /// # Errors
    ///
    /// The host's refusal.
    fn complete(&self, id: u64, output: &str) -> Result<(), Refusal>;

    /// Says that a task cannot be done, and why.
    ///
    /// # Errors
    ///
    /// The host's refusal.
    fn fail(&self, id: u64, reason: &str) -> Result<(), Refusal>;

    /// Changes a task.
    ///
    /// # Errors
    ///
    /// The host's refusal.
    fn change(&self, id: u64, change: &Change) -> Result<(), Refusal>;

    /// Gives a task to an agent.
    ///
    /// # Errors
    ///
    /// The host's refusal.
    fn assign(&self, id: u64, agent: &str) -> Result<(), Refusal>;

    /// One task.
    ///
    /// # Errors
    ///
    /// The host's refusal.
    fn task(&self, id: u64) -> Result<BoardTask, Refusal>;

    /// Some of the tasks, those behind `after`, in one state or in any.
    ///
    /// # Errors
    ///
    /// The host's refusal.
    fn tasks(&self, state: Option<TaskState>, after: u64) -> Result<Vec<BoardTask>, Refusal>;
}

/// The interface `messages` of the contract; see `wit/messages.wit`.
pub trait Messages {
    /// Posts a message, and gives its number.
    ///
    /// # Errors
    ///
    /// The host's refusal.
    fn post(&self, topic: &str, body: &str, reply_to: Option<u64>) -> Result<u64, Refusal>;

    /// Some of the messages of a topic, those behind `after`.
    ///
    /// # Errors
    ///
    /// The host's refusal.
    fn messages(&self, topic: &str, after: u64) -> Result<Vec<Message>, Refusal>;
}

/// The interface `knowledge` of the contract; see `wit/knowledge.wit`.
pub trait Knowledge {
    /// Writes under a key that nobody has written under, and gives the version.
    ///
    /// # Errors
    ///
    /// The host's refusal.
    fn share(&self, key: &str, value: &str) -> Result<u64, Refusal>;

    /// What is known under a key, or nothing.
    ///
    /// # Errors
    ///
    /// The host's refusal.
    fn known(&self, key: &str) -> Result<Option<Known>, Refusal>;

    /// Writes anew under a key, and gives the new version.
    ///
    /// # Errors
    ///
    /// The host's refusal; `conflict` where the version is not the expected one.
    fn revise(&self, key: &str, value: &str, expected: Option<u64>) -> Result<u64, Refusal>;
}

/// The interface `decisions` of the contract; see `wit/decisions.wit`.
pub trait Decisions {
    /// Proposes a decision, and gives its number.
    ///
    /// # Errors
    ///
    /// The host's refusal.
    fn propose(&self, proposal: &Proposal) -> Result<u64, Refusal>;

    /// Votes, and says why.
    ///
    /// # Errors
    ///
    /// The host's refusal.
    fn vote(&self, id: u64, vote: Vote, reason: &str) -> Result<(), Refusal>;

    /// One decision.
    ///
    /// # Errors
    ///
    /// The host's refusal.
    fn decision(&self, id: u64) -> Result<Decision, Refusal>;
}

/// The interface `workflows` of the contract; see `wit/workflows.wit`.
pub trait Workflows {
    /// Makes a workflow of tasks that there are, and gives its number.
    ///
    /// # Errors
    ///
    /// The host's refusal.
    fn draft(&self, name: &str, tasks: &[u64]) -> Result<u64, Refusal>;

    /// Asks that a workflow be started.
    ///
    /// # Errors
    ///
    /// The host's refusal.
    fn start(&self, id: u64) -> Result<(), Refusal>;
}

/// The interface `status` of the contract; see `wit/status.wit`.
pub trait Status {
    /// Says what the agent is doing.
    ///
    /// # Errors
    ///
    /// The host's refusal.
    fn say(&self, text: &str) -> Result<(), Refusal>;

    /// The agents that said something or hold a task.
    ///
    /// # Errors
    ///
    /// The host's refusal.
    fn team(&self) -> Result<Vec<Member>, Refusal>;
}

//! What agents do on the board that they share: tasks, messages, knowledge, decisions, workflows.

use assize_provenance::digest::Digest;

use super::{KEY_BYTES_MAX, NAME_BYTES_MAX, Part, RESOURCE_BYTES_MAX};

/// The longest title, in bytes.
pub const TITLE_BYTES_MAX: usize = 256;
/// The longest text that is kept under its digest, in bytes: descriptions, messages, what is known, what came of a task.
pub const BOARD_TEXT_BYTES_MAX: usize = 64 << 10;

/// One thing that an agent did on the board. What it made is called by the number of the event: tasks, messages, decisions and
/// workflows alike. Long texts are among the contents, by their digests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// It created a task.
    TaskCreated {
        /// What it is, in a line.
        title: String,
        /// What is to be done.
        description: Digest,
        /// Its type.
        task_type: Option<String>,
        /// The role that has to do it.
        role: Option<String>,
        /// What goes first: the larger number.
        priority: i64,
        /// The task that it is a part of.
        parent: Option<u64>,
        /// The tasks that must have succeeded before.
        needs: Vec<u64>,
    },
    /// It took a task.
    TaskClaimed {
        /// The task.
        task: u64,
    },
    /// It said that a task is done.
    TaskCompleted {
        /// The task.
        task: u64,
        /// What came of it.
        output: Digest,
    },
    /// It said that a task cannot be done.
    TaskFailed {
        /// The task.
        task: u64,
        /// Why.
        reason: String,
    },
    /// It changed a task; what is none stays.
    TaskUpdated {
        /// The task.
        task: u64,
        /// What it is, in a line.
        title: Option<String>,
        /// What is to be done.
        description: Option<Digest>,
        /// What goes first.
        priority: Option<i64>,
    },
    /// It gave a task to an agent.
    TaskAssigned {
        /// The task.
        task: u64,
        /// The agent that has it now.
        to: String,
    },
    /// It said something.
    MessagePosted {
        /// What it is about.
        topic: String,
        /// What it said.
        body: Digest,
        /// The message that it answers.
        reply_to: Option<u64>,
    },
    /// It wrote down what it knows.
    KnowledgeSet {
        /// The key.
        key: String,
        /// How often the key was written, with this time.
        version: u64,
        /// The text.
        value: Digest,
    },
    /// It proposed a decision.
    DecisionProposed {
        /// What it is, in a line.
        title: String,
        /// What is proposed.
        body: Digest,
        /// The agents that vote.
        agents: Vec<String>,
        /// The roles whose agents vote.
        roles: Vec<String>,
        /// How many votes close it.
        quorum: u64,
        /// How many of those that do not abstain have to approve, in percent.
        threshold_percent: u64,
    },
    /// It voted.
    Voted {
        /// The decision.
        decision: u64,
        /// `approve`, `reject` or `abstain`.
        vote: String,
        /// Why.
        reason: String,
    },
    /// It made a workflow of tasks.
    WorkflowDrafted {
        /// Its name.
        name: String,
        /// Its tasks.
        tasks: Vec<u64>,
    },
    /// It asked that a workflow be started.
    WorkflowWanted {
        /// The workflow.
        workflow: u64,
    },
    /// It said what it is doing.
    StatusSaid {
        /// What.
        text: String,
    },
}

impl Deed {
    /// The long texts that it names.
    #[must_use]
    pub fn contents(&self) -> Option<&Digest> {
        match self {
            Self::TaskCreated { description: text, .. }
            | Self::TaskCompleted { output: text, .. }
            | Self::MessagePosted { body: text, .. }
            | Self::KnowledgeSet { value: text, .. }
            | Self::DecisionProposed { body: text, .. } => Some(text),
            Self::TaskUpdated { description, .. } => description.as_ref(),
            _ => None,
        }
    }

    pub(super) fn each_text(&mut self, each: &mut dyn FnMut(&mut String, usize, Part)) {
        match self {
            Self::TaskCreated {
                title, task_type, role, ..
            } => {
                each(title, TITLE_BYTES_MAX, Part::Told);
                for name in task_type.iter_mut().chain(role) {
                    each(name, NAME_BYTES_MAX, Part::Name);
                }
            }
            Self::TaskUpdated { title, .. } => {
                for title in title.iter_mut() {
                    each(title, TITLE_BYTES_MAX, Part::Told);
                }
            }
            Self::TaskAssigned { to, .. } => each(to, NAME_BYTES_MAX, Part::Name),
            Self::MessagePosted { topic, .. } => each(topic, NAME_BYTES_MAX, Part::Name),
            Self::KnowledgeSet { key, .. } => each(key, KEY_BYTES_MAX, Part::Name),
            Self::DecisionProposed {
                title, agents, roles, ..
            } => {
                each(title, TITLE_BYTES_MAX, Part::Told);
                for name in agents.iter_mut().chain(roles) {
                    each(name, NAME_BYTES_MAX, Part::Name);
                }
            }
            Self::Voted { vote, reason, .. } => {
                each(vote, NAME_BYTES_MAX, Part::Name);
                each(reason, RESOURCE_BYTES_MAX, Part::Told);
            }
            Self::WorkflowDrafted { name, .. } => each(name, NAME_BYTES_MAX, Part::Name),
            Self::TaskFailed { reason: text, .. } | Self::StatusSaid { text } => {
                each(text, RESOURCE_BYTES_MAX, Part::Told);
            }
            Self::TaskClaimed { .. } | Self::TaskCompleted { .. } | Self::WorkflowWanted { .. } => {}
        }
    }

    pub(super) fn each_count(&mut self, each: &mut dyn FnMut(&mut u64)) {
        match self {
            Self::TaskCreated { parent, needs, .. } => parent.iter_mut().chain(needs).for_each(each),
            Self::TaskClaimed { task: count }
            | Self::TaskCompleted { task: count, .. }
            | Self::TaskFailed { task: count, .. }
            | Self::TaskUpdated { task: count, .. }
            | Self::TaskAssigned { task: count, .. }
            | Self::KnowledgeSet { version: count, .. }
            | Self::Voted { decision: count, .. }
            | Self::WorkflowWanted { workflow: count } => each(count),
            Self::MessagePosted { reply_to, .. } => reply_to.iter_mut().for_each(each),
            Self::DecisionProposed {
                quorum,
                threshold_percent,
                ..
            } => {
                each(quorum);
                each(threshold_percent);
            }
            Self::WorkflowDrafted { tasks, .. } => tasks.iter_mut().for_each(each),
            Self::StatusSaid { .. } => {}
        }
    }
}

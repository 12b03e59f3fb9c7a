//! Host calls of agents, as they are kept: what was asked and what was answered.
//!
//! An agent's calls go to its own folder (*inside*), or to something that outlives the call or lies beyond it (*outside*). What
//! came of a call inside follows from the folder, which is made anew from its commit; so it is done again. What came of a call
//! outside is kept whole, in the **journal**: a call that a kill interrupted goes on from it and repeats no effect, and a replay is
//! answered from it and reaches nothing else. The **transcript** has one line for each call, of both kinds, for whoever judges what
//! the agent did.

mod transcript;

use std::collections::BTreeMap;

use assize_provenance::digest::Digest;

use crate::policy::permission::{Interface, Permission};

pub use transcript::{LINE_BYTES_MAX, TRANSCRIPT_BYTES_MAX, TRANSCRIPT_CALLS_MAX, Transcript, TranscriptError};

/// One host call of an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostCall {
    /// Its number: 1 for the first call, and one more for each.
    pub number: u64,
    /// The function that was called.
    pub permission: Permission,
    /// What it was used on, without secrets, escaped and cut. Empty where the function has no such thing.
    pub resource: String,
    /// Whether the policy let it through.
    pub granted: bool,
    /// The digest of its arguments.
    pub arguments: Digest,
    /// The digest of its answer.
    pub answer: Digest,
}

/// One call outside, as the journal keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Its number among all host calls of the agent.
    pub number: u64,
    /// The function that was called.
    pub permission: Permission,
    /// The digest of its arguments.
    pub arguments: Digest,
    /// The digest of all calls before it, with their arguments and answers.
    pub before: Digest,
    /// The whole answer, in the sandbox's stored form. Without one the call was begun, and nobody knows whether it was done.
    pub answer: Option<Vec<u8>>,
}

/// How a call ended whose transcript is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// What it called.
    pub transcript: Transcript,
    /// The digest of what came of it: its result, or why there is none.
    pub result: Digest,
}

/// Everything that is kept of one call of an agent. An empty one is that of a call which begins.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Journal {
    /// Its calls outside, by their numbers.
    pub notes: BTreeMap<u64, Note>,
    /// How many uses of powers are recorded already.
    pub accesses: u64,
    /// How it ended; nothing where it was interrupted, and where it called nothing.
    pub ending: Option<Ending>,
}

impl Journal {
    /// The number of the last call that is known; 0 where none is.
    #[must_use]
    pub fn last(&self) -> u64 {
        let noted = self.notes.keys().next_back().copied().unwrap_or(0);
        let told = self.ending.as_ref().map_or(0, |ending| ending.transcript.calls());
        noted.max(told)
    }
}

/// Whether a function reaches beyond the call's own folder, so that its answers are kept whole.
#[must_use]
pub fn is_outside(permission: Permission) -> bool {
    !matches!(
        permission.interface(),
        Interface::Workspace | Interface::Log | Interface::Evidence
    )
}

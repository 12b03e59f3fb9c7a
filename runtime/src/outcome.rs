//! How a call into a guest ended. A guest's failure is a fact about the guest, never an error of ours.

use assize_provenance::opinion::Absence;

use crate::policy::permission::Permission;

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome<T> {
    /// The guest answered.
    Finished(T),
    /// There is no answer; why, and the detail for the person who debugs the guest.
    Ended(Absence, String),
}

/// One line a guest wrote through `log.write`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// How loud: `debug`, `info`, `warn` or `error`.
    pub level: &'static str,
    /// The text, control characters escaped.
    pub message: String,
}

/// One use of a power, or one refusal of it. Uses that are alike and follow one another are one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// The power.
    pub permission: Permission,
    /// What it was used on, such as a path; control characters escaped. Empty where the function has no such thing.
    pub resource: String,
    /// Whether the policy let it through.
    pub granted: bool,
    /// Why: the line of the policy, the limit, or what else came of it. Empty where it did what was asked.
    pub reason: String,
    /// How often.
    pub times: u64,
}

/// One command that was run, or that could not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandUse {
    /// The program and its arguments, for people to read.
    pub command: String,
    /// The folder it started in, in the workspace; empty for the workspace itself.
    pub dir: String,
    /// Whether the kernel confined it.
    pub confined: bool,
    /// How it ended, in a few words.
    pub outcome: String,
    /// How long it took, in milliseconds.
    pub wall_ms: u64,
    /// How many bytes it wrote on standard output and standard error.
    pub output_bytes: u64,
}

/// One request that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestUse {
    /// The method.
    pub method: String,
    /// The origin.
    pub origin: String,
    /// The path, without the query.
    pub path: String,
    /// The names of the secrets that were put into it.
    pub secrets: Vec<String>,
    /// The status of the answer; none where there was no answer.
    pub status: Option<u16>,
    /// What came of it, in a few words.
    pub outcome: String,
    /// How many bytes of the body were sent.
    pub sent_bytes: u64,
    /// How many bytes of the answer's body were received.
    pub received_bytes: u64,
}

/// Something that an agent did outside of its sandbox, through the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outing {
    /// It ran a command.
    Command(CommandUse),
    /// It sent a request.
    Request(RequestUse),
}

impl Outing {
    /// The same, with every text that came from outside put through `mask`.
    #[must_use]
    pub fn masked(self, mask: impl Fn(&str) -> String) -> Self {
        match self {
            Self::Command(used) => Self::Command(CommandUse {
                command: mask(&used.command),
                dir: mask(&used.dir),
                outcome: mask(&used.outcome),
                ..used
            }),
            Self::Request(used) => Self::Request(RequestUse {
                method: mask(&used.method),
                origin: mask(&used.origin),
                path: mask(&used.path),
                outcome: mask(&used.outcome),
                ..used
            }),
        }
    }
}

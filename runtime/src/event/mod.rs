//! What happened: the closed list of events.
//!
//! An event is a fact, written down once and never changed. Everything a person can list about runs, accesses, state and
//! artifacts is made from events, and can be made from them again. The stored form is [`v1`].
//!
//! Texts in events come from guests and from the surroundings. [`Event::recordable`] makes them fit to be kept and shown;
//! whatever is stored went through it, and whatever is read back is held against the same bounds.

mod board;
mod run;
pub mod text;
pub mod v1;
mod workflow;

use assize_provenance::canonical::INTEGER_MAX;
use assize_provenance::digest::Digest;
use assize_provenance::time::Time;

pub use board::{BOARD_TEXT_BYTES_MAX, Deed, TITLE_BYTES_MAX};
pub use run::{RunId, RunIdError};
pub use workflow::Step;

/// The longest name in an event, in bytes: agents, plugins, roles, permissions, artifacts, media types, outcomes.
pub const NAME_BYTES_MAX: usize = 128;
/// The longest key of an agent's state, in bytes.
pub const KEY_BYTES_MAX: usize = 256;
/// The longest resource and the longest reason, in bytes.
pub const RESOURCE_BYTES_MAX: usize = 512;
/// The longest detail of how a run ended, and the longest name of a folder, in bytes.
pub const DETAIL_BYTES_MAX: usize = 1024;
/// The largest value of an agent's state, in bytes.
pub const VALUE_BYTES_MAX: usize = 64 << 10;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// An agent was started.
    RunStarted {
        /// The run.
        run: RunId,
        /// The agent, as the policy calls it.
        agent: String,
        /// The plugin it is.
        plugin: String,
        /// The digest of the component.
        component: Digest,
        /// The role whose grants it holds.
        role: String,
        /// The digest of the policy.
        policy: Digest,
        /// The agent on whose behalf it runs.
        on_behalf_of: Option<String>,
        /// Who started it.
        actor: String,
        /// The folder it works in.
        dir: String,
    },
    /// A host function was called, and its permission was checked.
    AccessChecked {
        /// The run.
        run: RunId,
        /// The agent.
        agent: String,
        /// Its role.
        role: String,
        /// The permission, `interface.function`.
        permission: String,
        /// What it was used on.
        resource: String,
        /// Whether it was granted.
        granted: bool,
        /// By which line of the policy, or which one is missing.
        reason: String,
        /// How many such calls followed each other.
        times: u64,
    },
    /// An agent remembered a value, or forgot it.
    StateSet {
        /// The run.
        run: RunId,
        /// The agent.
        agent: String,
        /// The key.
        key: String,
        /// How often the key was set or cleared, with this time.
        version: u64,
        /// The value; none where it was cleared.
        value: Option<Vec<u8>>,
    },
    /// An agent stored an artifact.
    ArtifactStored {
        /// The run.
        run: RunId,
        /// The agent.
        agent: String,
        /// The artifact's name.
        name: String,
        /// Its media type.
        media_type: String,
        /// The digest of its contents.
        digest: Digest,
        /// Their size in bytes.
        bytes: u64,
    },
    /// A command of the machine was run for an agent.
    CommandRun {
        /// The run.
        run: RunId,
        /// The agent.
        agent: String,
        /// The program and its arguments.
        command: String,
        /// The folder it started in, in the workspace; empty for the workspace itself.
        dir: String,
        /// Whether the kernel confined it.
        confined: bool,
        /// How it ended, in a few words.
        outcome: String,
        /// How long it took, in milliseconds.
        wall_ms: u64,
        /// How many bytes it wrote on standard output and standard error.
        output_bytes: u64,
    },
    /// A request was sent for an agent.
    RequestSent {
        /// The run.
        run: RunId,
        /// The agent.
        agent: String,
        /// The method.
        method: String,
        /// The origin.
        origin: String,
        /// The path, without the query.
        path: String,
        /// The names of the secrets that were put into it, with commas between them.
        secrets: String,
        /// The status of the answer; 0 where there was none.
        status: u64,
        /// What came of it, in a few words.
        outcome: String,
        /// How many bytes of the body were sent.
        sent_bytes: u64,
        /// How many bytes of the answer's body were received.
        received_bytes: u64,
    },
    /// A host function that reaches outside was called: its entry in the journal.
    HostCalled {
        /// The run.
        run: RunId,
        /// The agent.
        agent: String,
        /// The number of the call among all host calls of the run.
        number: u64,
        /// The permission, `interface.function`.
        permission: String,
        /// The digest of its arguments.
        arguments: Digest,
        /// The digest of all host calls before it.
        before: Digest,
        /// The whole answer, by the digest of its contents; none where the call was only begun.
        answer: Option<Digest>,
    },
    /// The transcript of all host calls of a run was kept.
    Transcribed {
        /// The run.
        run: RunId,
        /// The agent.
        agent: String,
        /// How many calls there were.
        calls: u64,
        /// How many of them the transcript leaves out.
        dropped: u64,
        /// The transcript, by the digest of its contents.
        transcript: Digest,
        /// The digest of what came of the run.
        result: Digest,
    },
    /// A run came to its end.
    RunEnded {
        /// The run.
        run: RunId,
        /// The agent.
        agent: String,
        /// How it ended: `finished`, `faulted`, `trapped` and the like.
        outcome: String,
        /// More about it, for the person who looks after the agent.
        detail: String,
        /// The fuel it spent.
        fuel_spent: u64,
        /// How many host functions it called.
        host_calls: u64,
        /// How many log lines it wrote.
        log_lines: u64,
        /// How many log lines were dropped because they were too many.
        log_dropped: u64,
    },
    /// A run of a workflow went a step further.
    Workflow(Step),
    /// An agent did something on the board that agents share.
    Board {
        /// The run.
        run: RunId,
        /// The agent.
        agent: String,
        /// What it did.
        deed: Deed,
    },
}

/// The kind of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// [`Event::RunStarted`].
    RunStarted,
    /// [`Event::AccessChecked`].
    AccessChecked,
    /// [`Event::StateSet`].
    StateSet,
    /// [`Event::ArtifactStored`].
    ArtifactStored,
    /// [`Event::CommandRun`].
    CommandRun,
    /// [`Event::RequestSent`].
    RequestSent,
    /// [`Event::HostCalled`].
    HostCalled,
    /// [`Event::Transcribed`].
    Transcribed,
    /// [`Event::RunEnded`].
    RunEnded,
    /// [`Event::Workflow`].
    Workflow,
    /// [`Event::Board`].
    Board,
}

impl Kind {
    /// Every kind.
    pub const ALL: &[Self] = &[
        Self::RunStarted,
        Self::AccessChecked,
        Self::StateSet,
        Self::ArtifactStored,
        Self::CommandRun,
        Self::RequestSent,
        Self::HostCalled,
        Self::Transcribed,
        Self::RunEnded,
        Self::Workflow,
        Self::Board,
    ];

    /// Returns the kind's name in the stored form.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RunStarted => "run-started",
            Self::AccessChecked => "access-checked",
            Self::StateSet => "state-set",
            Self::ArtifactStored => "artifact-stored",
            Self::CommandRun => "command-run",
            Self::RequestSent => "request-sent",
            Self::HostCalled => "host-called",
            Self::Transcribed => "transcribed",
            Self::RunEnded => "run-ended",
            Self::Workflow => "workflow",
            Self::Board => "board",
        }
    }
}

/// An event in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Its number: 1 for the first, and one more for each.
    pub sequence: u64,
    /// When it was recorded.
    pub at: Time,
    /// What happened.
    pub event: Event,
}

/// What a text in an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// By which something is found again: it is never masked.
    Name,
    /// What a guest or the surroundings said.
    Told,
}

impl Event {
    /// Returns its kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::RunStarted { .. } => Kind::RunStarted,
            Self::AccessChecked { .. } => Kind::AccessChecked,
            Self::StateSet { .. } => Kind::StateSet,
            Self::ArtifactStored { .. } => Kind::ArtifactStored,
            Self::CommandRun { .. } => Kind::CommandRun,
            Self::RequestSent { .. } => Kind::RequestSent,
            Self::HostCalled { .. } => Kind::HostCalled,
            Self::Transcribed { .. } => Kind::Transcribed,
            Self::RunEnded { .. } => Kind::RunEnded,
            Self::Workflow(_) => Kind::Workflow,
            Self::Board { .. } => Kind::Board,
        }
    }

    /// Returns the run it belongs to.
    #[must_use]
    pub fn run(&self) -> RunId {
        match self {
            Self::RunStarted { run, .. }
            | Self::AccessChecked { run, .. }
            | Self::StateSet { run, .. }
            | Self::ArtifactStored { run, .. }
            | Self::CommandRun { run, .. }
            | Self::RequestSent { run, .. }
            | Self::HostCalled { run, .. }
            | Self::Transcribed { run, .. }
            | Self::RunEnded { run, .. }
            | Self::Board { run, .. } => *run,
            Self::Workflow(step) => step.run(),
        }
    }

    /// Returns the agent it is about; nothing where it is about none.
    #[must_use]
    pub fn agent(&self) -> &str {
        match self {
            Self::RunStarted { agent, .. }
            | Self::AccessChecked { agent, .. }
            | Self::StateSet { agent, .. }
            | Self::ArtifactStored { agent, .. }
            | Self::CommandRun { agent, .. }
            | Self::RequestSent { agent, .. }
            | Self::HostCalled { agent, .. }
            | Self::Transcribed { agent, .. }
            | Self::RunEnded { agent, .. }
            | Self::Board { agent, .. } => agent,
            Self::Workflow(_) => "",
        }
    }

    /// Returns whether an access was granted; none for other events.
    #[must_use]
    pub fn granted(&self) -> Option<bool> {
        match self {
            Self::AccessChecked { granted, .. } => Some(*granted),
            _ => None,
        }
    }

    /// Makes the event fit to be stored: every text masked, escaped and cut, every count as large as JSON carries exactly.
    #[must_use]
    pub fn recordable(mut self) -> Self {
        self.each_text(&mut |text, bytes_max, part| {
            *text = match part {
                Part::Name => text::bounded(text, bytes_max),
                Part::Told => text::recordable(text, bytes_max),
            };
        });
        self.each_count(&mut |count| *count = (*count).min(INTEGER_MAX));
        self
    }

    /// Whether every text has the form in which texts are stored. Masking is not asked for: it learns of new secrets, and
    /// old events stay readable.
    fn is_plain(&mut self) -> bool {
        let mut plain = true;
        self.each_text(&mut |text, bytes_max, _| plain &= text::is_plain(text, bytes_max));
        plain
    }

    fn each_text(&mut self, each: &mut dyn FnMut(&mut String, usize, Part)) {
        match self {
            Self::RunStarted {
                agent,
                plugin,
                role,
                on_behalf_of,
                actor,
                dir,
                ..
            } => {
                each(agent, NAME_BYTES_MAX, Part::Name);
                for name in [plugin, role, actor].into_iter().chain(on_behalf_of) {
                    each(name, NAME_BYTES_MAX, Part::Told);
                }
                each(dir, DETAIL_BYTES_MAX, Part::Told);
            }
            Self::AccessChecked {
                agent,
                role,
                permission,
                resource,
                reason,
                ..
            } => {
                each(agent, NAME_BYTES_MAX, Part::Name);
                for name in [role, permission] {
                    each(name, NAME_BYTES_MAX, Part::Told);
                }
                for text in [resource, reason] {
                    each(text, RESOURCE_BYTES_MAX, Part::Told);
                }
            }
            Self::StateSet { agent, key, .. } => {
                each(agent, NAME_BYTES_MAX, Part::Name);
                each(key, KEY_BYTES_MAX, Part::Name);
            }
            Self::ArtifactStored {
                agent,
                name,
                media_type,
                ..
            } => {
                each(agent, NAME_BYTES_MAX, Part::Name);
                for name in [name, media_type] {
                    each(name, NAME_BYTES_MAX, Part::Told);
                }
            }
            Self::CommandRun { .. } | Self::RequestSent { .. } => self.each_text_outside(each),
            Self::HostCalled { agent, permission, .. } => {
                each(agent, NAME_BYTES_MAX, Part::Name);
                each(permission, NAME_BYTES_MAX, Part::Name);
            }
            Self::Transcribed { agent, .. } => each(agent, NAME_BYTES_MAX, Part::Name),
            Self::Workflow(step) => step.each_text(each),
            Self::Board { agent, deed, .. } => {
                each(agent, NAME_BYTES_MAX, Part::Name);
                deed.each_text(each);
            }
            Self::RunEnded {
                agent, outcome, detail, ..
            } => {
                each(agent, NAME_BYTES_MAX, Part::Name);
                each(outcome, NAME_BYTES_MAX, Part::Told);
                each(detail, DETAIL_BYTES_MAX, Part::Told);
            }
        }
    }

    /// The texts of what was done outside.
    fn each_text_outside(&mut self, each: &mut dyn FnMut(&mut String, usize, Part)) {
        match self {
            Self::CommandRun {
                agent,
                command,
                dir,
                outcome,
                ..
            } => {
                each(agent, NAME_BYTES_MAX, Part::Name);
                each(command, DETAIL_BYTES_MAX, Part::Told);
                for text in [dir, outcome] {
                    each(text, RESOURCE_BYTES_MAX, Part::Told);
                }
            }
            Self::RequestSent {
                agent,
                method,
                origin,
                path,
                secrets,
                outcome,
                ..
            } => {
                each(agent, NAME_BYTES_MAX, Part::Name);
                each(method, NAME_BYTES_MAX, Part::Told);
                for text in [origin, path, secrets, outcome] {
                    each(text, RESOURCE_BYTES_MAX, Part::Told);
                }
            }
            _ => {}
        }
    }

    fn each_count(&mut self, each: &mut dyn FnMut(&mut u64)) {
        match self {
            Self::RunStarted { .. } => {}
            Self::AccessChecked { times: count, .. }
            | Self::StateSet { version: count, .. }
            | Self::ArtifactStored { bytes: count, .. }
            | Self::HostCalled { number: count, .. } => each(count),
            Self::Transcribed { calls, dropped, .. } => {
                each(calls);
                each(dropped);
            }
            Self::CommandRun {
                wall_ms, output_bytes, ..
            } => {
                each(wall_ms);
                each(output_bytes);
            }
            Self::RequestSent {
                status,
                sent_bytes,
                received_bytes,
                ..
            } => {
                for count in [status, sent_bytes, received_bytes] {
                    each(count);
                }
            }
            Self::RunEnded {
                fuel_spent,
                host_calls,
                log_lines,
                log_dropped,
                ..
            } => {
                for count in [fuel_spent, host_calls, log_lines, log_dropped] {
                    each(count);
                }
            }
            Self::Workflow(step) => step.each_count(each),
            Self::Board { deed, .. } => deed.each_count(each),
        }
    }
}

#[cfg(test)]
mod tests;

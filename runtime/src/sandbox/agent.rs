//! Agents: a component does a task in a folder of its own.

use assize_provenance::digest::Digest;
use assize_provenance::opinion::Absence;

use super::answer;
use super::bindings::work;
use super::call::Account;
use super::component::{Description, Plugin, Unusable};
use super::engine::Sandbox;
use super::fault::HostFault;
use super::journal::{Keeper, Purpose};
use super::limits::CallLimits;
use super::state::{Errand, Powers};
use super::surroundings::Surroundings;
use super::world::{Run, World};
use crate::outcome::Outcome;
use crate::policy::grant::Grants;
use crate::secret::Masker;

/// The longest input and output of a task, in bytes.
pub const JSON_BYTES_MAX: usize = 1 << 20;

/// A component that fits the world `agent`: compiled, linked, described. Cheap to clone; each call has its own store.
#[derive(Debug, Clone)]
pub struct Agent(Plugin);

impl Agent {
    /// The SHA-256 of the component's bytes: its identity.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.0.digest()
    }

    /// What it says of itself.
    #[must_use]
    pub fn description(&self) -> &Description {
        self.0.description()
    }

    /// The host functions it imports, as permissions: `interface.function`.
    #[must_use]
    pub fn imports(&self) -> &[String] {
        self.0.imports()
    }

    /// Whether it can do anything with files: it imports functions of the workspace, or of commands, which work in it.
    #[must_use]
    pub fn works_on_files(&self) -> bool {
        let is_about_files = |import: &String| import.starts_with("workspace.") || import.starts_with("process.");
        self.imports().iter().any(is_about_files)
    }
}

/// What an agent is asked to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// The name under which policy knows the agent, or the plugin's name.
    agent: String,
    /// The input as JSON text, `null` where there is none; at most [`JSON_BYTES_MAX`].
    input: String,
}

/// Why a task cannot be given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TaskError {
    /// The input is too long.
    #[error("the input has {0} bytes; at most {JSON_BYTES_MAX} are given to an agent")]
    TooLong(usize),
    /// The input is no JSON.
    #[error("the input is no JSON: {0}")]
    NotJson(String),
}

impl Task {
    /// A task for `agent`, whose input somebody wrote.
    ///
    /// # Errors
    ///
    /// When the input is longer than [`JSON_BYTES_MAX`], or no JSON.
    pub fn new(agent: &str, input: &str) -> Result<Self, TaskError> {
        if input.len() > JSON_BYTES_MAX {
            return Err(TaskError::TooLong(input.len()));
        }
        serde_json::from_str::<serde::de::IgnoredAny>(input).map_err(|error| TaskError::NotJson(error.to_string()))?;
        Ok(Self {
            agent: agent.to_owned(),
            input: input.to_owned(),
        })
    }
}

/// What an agent says it did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// What was done, in a few sentences.
    pub summary: String,
    /// The result as JSON text.
    pub output: String,
}

impl Sandbox {
    /// Checks, compiles and links a component as an agent, and asks it what it is.
    ///
    /// [`Unusable`] is what is known of a component that does not fit. It never ran but for `describe`, under small limits and
    /// without powers.
    ///
    /// # Errors
    ///
    /// [`HostFault`] when the machine failed; that says nothing about the component.
    pub fn load_agent(&self, bytes: &[u8]) -> Result<Result<Agent, Unusable>, HostFault> {
        Ok(self.load_plugin(World::Agent, bytes)?.map(Agent))
    }

    /// Lets an agent do a task, in a fresh store, with what `grants` gives it and nothing else.
    ///
    /// Without a workspace every path is refused as unavailable, and without a desk so are state and artifacts, and the uses of
    /// powers stand in the account only. Whatever the guest does, this returns: its failures are outcomes.
    ///
    /// With the journal of a call that was interrupted it goes on: in a workspace as it was when the call began, and at the same
    /// moment, the agent is told what it was told, nothing is done again that is recorded, and where the journal ends the call goes
    /// on live.
    ///
    /// # Errors
    ///
    /// [`HostFault`] when the host could not do its part, such as to record a use of a power; that says nothing about the agent.
    /// [`HostFault::Departed`] when a call that is to go on does something else than before.
    pub fn run(
        &self,
        agent: &Agent,
        task: &Task,
        grants: Grants,
        surroundings: Surroundings<'_>,
    ) -> Result<Account<Done>, HostFault> {
        self.run_for(Purpose::GoOn, agent, task, grants, surroundings)
    }

    /// Lets an agent do a task, to go on or to replay.
    pub(super) fn run_for(
        &self,
        purpose: Purpose,
        agent: &Agent,
        task: &Task,
        grants: Grants,
        surroundings: Surroundings<'_>,
    ) -> Result<Account<Done>, HostFault> {
        let limits = CallLimits::of(grants.limits());
        let asked = work::Task {
            agent: task.agent.clone(),
            input: task.input.clone(),
        };
        let Surroundings {
            workspace,
            desk,
            journal,
            moment,
            outside,
            stop,
        } = surroundings;
        let masker = outside.secrets.masker().clone();
        let powers = Powers {
            plugin: agent.description().name.clone(),
            environment: environment(&grants, &masker),
            visit: workspace.map(|workspace| workspace.visit(grants.files().clone(), limits.write_bytes_max)),
            desk,
            outside,
            stop,
            grants,
            keeper: journal.map(|past| Box::new(Keeper::new(past, purpose))),
            moment,
        };
        let account = self.call(&agent.0, &limits, Errand::Task(Box::new(powers)), Run(&asked))?;
        Ok(account.map(|answer| match answer {
            Ok(outcome) => match answer::done(outcome) {
                Ok(done) => Outcome::Finished(masked(done, &masker)),
                Err(reason) => Outcome::Ended(Absence::Malformed, masker.mask_text(&reason)),
            },
            Err(fault) => Outcome::Ended(Absence::Faulted, answer::bounded(&masker.mask_text(&fault.message))),
        }))
    }
}

/// What an agent says it did, without secrets. An output that is no JSON any more, because a secret stood in it outside of a
/// text, becomes one text.
fn masked(done: Done, masker: &Masker) -> Done {
    let Done { summary, output } = done;
    let shown = masker.mask_text(&output);
    let is_json = shown == output || serde_json::from_str::<serde::de::IgnoredAny>(&shown).is_ok();
    Done {
        summary: masker.mask_text(&summary),
        output: if is_json {
            shown
        } else {
            serde_json::Value::String(shown).to_string()
        },
    }
}

/// What the agent sees of the environment: what its role names, with the values of whoever started Assize. A variable with
/// the value of a secret shows its name only.
fn environment(grants: &Grants, masker: &Masker) -> Vec<(String, String)> {
    let inherited = |name: &str| std::env::var(name).ok();
    grants
        .environment()
        .seen(inherited)
        .map(|(name, value)| (name.to_owned(), masker.mask_text(&value)))
        .collect()
}

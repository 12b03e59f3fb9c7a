//! The two worlds of the contract: what a component of each may import, and how its functions are called.

use wasmtime::component::{ComponentNamedList, HasSelf, InstancePre, Lift, Linker, Lower};

use super::bindings::{agent, judge, types};
use super::state::CallState;

/// What a component is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum World {
    /// It gives an opinion on a case.
    Judge,
    /// It does a task.
    Agent,
}

impl World {
    /// The world's name in the contract.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Judge => "judge",
            Self::Agent => "agent",
        }
    }

    /// The interfaces of the contract that its components may import.
    #[must_use]
    pub fn interfaces(self) -> &'static [&'static str] {
        match self {
            Self::Judge => &["types", "evidence", "log"],
            Self::Agent => &[
                "types",
                "work",
                "workspace",
                "state",
                "artifacts",
                "process",
                "http",
                "tasks",
                "messages",
                "knowledge",
                "decisions",
                "workflows",
                "status",
                "log",
            ],
        }
    }

    /// Links every function of those interfaces. What a role does not grant is refused by the function itself, so that a
    /// component meets a refusal there and never a missing import.
    pub(super) fn link(self, linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
        match self {
            Self::Judge => judge::Judge::add_to_linker::<_, HasSelf<_>>(linker, |state| state),
            Self::Agent => agent::Agent::add_to_linker::<_, HasSelf<_>>(linker, |state| state),
        }
    }

    /// Checks that a linked component has the exports of the world, with their types.
    pub(super) fn check(self, linked: InstancePre<CallState>) -> wasmtime::Result<()> {
        match self {
            Self::Judge => judge::JudgePre::new(linked).map(drop),
            Self::Agent => agent::AgentPre::new(linked).map(drop),
        }
    }
}

/// An exported function of a component, with what it is asked.
pub(super) trait Question {
    /// The export's name.
    const EXPORT: &'static str;
    /// Its parameters.
    type Parameters: ComponentNamedList + Lower + Send + Sync;
    /// Its answer.
    type Answer: Lift + Send + Sync + 'static;
    /// What it is asked.
    fn parameters(self) -> Self::Parameters;
    /// Tells the parts of an answer that make a call the same as another. Only of tasks is it ever asked.
    fn tell(_answer: &Self::Answer, _each: &mut dyn FnMut(&[u8])) {}
}

/// What is this plugin?
pub(super) struct Describe;

impl Question for Describe {
    const EXPORT: &'static str = "describe";
    type Parameters = ();
    type Answer = types::Description;

    fn parameters(self) -> Self::Parameters {}
}

/// What does the judge say to this case?
pub(super) struct Hear<'a>(pub(super) &'a types::Case);

impl<'a> Question for Hear<'a> {
    const EXPORT: &'static str = "judge";
    type Parameters = (&'a types::Case,);
    type Answer = Result<types::Opinion, types::Fault>;

    fn parameters(self) -> Self::Parameters {
        (self.0,)
    }
}

/// What came of this task?
pub(super) struct Run<'a>(pub(super) &'a super::bindings::work::Task);

impl<'a> Question for Run<'a> {
    const EXPORT: &'static str = "run";
    type Parameters = (&'a super::bindings::work::Task,);
    type Answer = Result<super::bindings::work::Outcome, types::Fault>;

    fn parameters(self) -> Self::Parameters {
        (self.0,)
    }

    fn tell(answer: &Self::Answer, each: &mut dyn FnMut(&[u8])) {
        match answer {
            Ok(outcome) => {
                each(b"done");
                each(outcome.summary.as_bytes());
                each(outcome.output.as_bytes());
            }
            Err(fault) => {
                each(b"fault");
                each(fault.message.as_bytes());
            }
        }
    }
}

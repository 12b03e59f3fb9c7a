//! A checked workflow: every name of its own file in it leads somewhere. What it takes from other files, the policy and other
//! workflows, is checked where those are known.

use super::code::Code;
use super::value::Type;
use super::{Mode, Retry, authored, check};
use crate::diagnostic::Diagnostic;
use crate::written::language::problems::Problems;
use crate::written::language::{Language, opening};
use assize_provenance::digest::Digest;
use serde_json::Value;
use std::collections::BTreeMap;
use std::ops::Range;
use toml::Spanned;

/// The largest workflow file, in bytes.
pub const BYTES_MAX: usize = 256 * 1024;

/// How many tasks run at once where a workflow does not say.
pub const CONCURRENCY: u32 = 4;

/// The language, with its codes of what every language checks.
pub(super) static LANGUAGE: Language = Language {
    name: "workflow",
    version: 1,
    bytes_max: BYTES_MAX,
    too_large: Code::TooLarge.id(),             // W001
    not_utf8: Code::NotUtf8.id(),               // W002
    not_toml: Code::NotToml.id(),               // W003
    unknown_version: Code::UnknownVersion.id(), // W004
    unknown_key: Code::UnknownKey.id(),         // W005
    later_key: Code::LaterKey.id(),             // W006
    missing_key: Code::MissingKey.id(),         // W007
    wrong_type: Code::WrongType.id(),           // W008
    out_of_range: Code::OutOfRange.id(),        // W009
    too_many: Code::TooMany.id(),               // W011
};

/// A checked workflow file.
#[derive(Debug, Clone)]
pub struct Workflow {
    pub(super) name: String,
    pub(super) file_name: String,
    pub(super) text: String,
    pub(super) summary: String,
    pub(super) mode: Mode,
    pub(super) branch: Option<String>,
    pub(super) concurrency: u32,
    pub(super) timeout_seconds: Option<u64>,
    pub(super) parameters: Vec<Parameter>,
    pub(super) keys: BTreeMap<String, u32>,
    pub(super) tasks: Vec<Task>,
    /// The places of the tasks in `tasks`, each behind everything that it needs, else in the order of the file.
    pub(super) order: Vec<usize>,
}

/// A parameter of a workflow.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// The type of its values.
    pub kind: Type,
    /// What it is for, in a sentence; empty where the workflow does not say.
    pub summary: String,
    /// Its value where nothing is given; a parameter without one must be given.
    pub default: Option<Value>,
    /// What a text may be; anything where there are none.
    pub choices: Vec<String>,
    pub(super) place: Range<usize>,
}

/// One task as written.
#[derive(Debug, Clone)]
pub(super) struct Task {
    pub(super) name: String,
    pub(super) place: Range<usize>,
    pub(super) summary: String,
    pub(super) kind: Option<Spanned<String>>,
    pub(super) doer: Doer,
    pub(super) needs: Vec<Edge>,
    pub(super) inputs: Vec<Input>,
    pub(super) inputs_place: Range<usize>,
    pub(super) judged: Judged,
    pub(super) confirm: bool,
    pub(super) retry: Retry,
    pub(super) timeout_seconds: Option<u64>,
    pub(super) priority: i64,
    pub(super) key: Option<String>,
    /// The task that makes good for this one.
    pub(super) undo: Option<usize>,
    /// The task that this one makes good for.
    pub(super) undoes: Option<usize>,
    pub(super) estimate_seconds: Option<u64>,
    pub(super) repeat: Option<Repeat>,
    pub(super) when: Option<When>,
}

impl Task {
    /// Tells whether another workflow does the task.
    pub(super) fn is_workflow(&self) -> bool {
        matches!(self.doer, Doer::Workflow(_))
    }
}

/// Who does a task as written.
#[derive(Debug, Clone)]
pub(super) enum Doer {
    /// The agent of that name in the policy.
    Agent(Spanned<String>),
    /// The tasks of another workflow.
    Workflow(Spanned<String>),
}

/// A task that another needs.
#[derive(Debug, Clone)]
pub(super) struct Edge {
    pub(super) task: usize,
    pub(super) gate: Option<Spanned<String>>,
    pub(super) place: Range<usize>,
}

/// A member of a task's input.
#[derive(Debug, Clone)]
pub(super) struct Input {
    pub(super) name: Spanned<String>,
    /// Where its value stands.
    pub(super) place: Range<usize>,
    pub(super) given: Given,
}

/// Where a member of an input comes from. Parameters and tasks are places in the lists of the workflow.
#[derive(Debug, Clone)]
pub(super) enum Given {
    Value(Value),
    Parameter(usize),
    Output {
        task: usize,
        /// The task inside of that one, which is a workflow.
        inner: Option<String>,
        path: Vec<String>,
    },
    History,
    /// The copy's number, from 1.
    Number,
    /// The item of the list that the task is repeated for.
    Item,
}

/// Who judges a task's change.
#[derive(Debug, Clone)]
pub(super) enum Judged {
    /// The policy's default council.
    ByDefault,
    /// The council of that name.
    By(Spanned<String>),
    /// Nobody, and nothing of it lands.
    ByNobody,
}

/// How many copies a task has.
#[derive(Debug, Clone)]
pub(super) enum Repeat {
    Times(u64),
    /// As many as the parameter says, which is a number, or one for each of its items, which is a list.
    Parameter(usize, Range<usize>),
}

/// When a task is done at all.
#[derive(Debug, Clone)]
pub(super) struct When {
    pub(super) parameter: usize,
    pub(super) is: Value,
    pub(super) place: Range<usize>,
}

/// A workflow that cannot be used: the problems of one file, with its text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the workflow {file_name} cannot be used")]
pub struct Refused {
    /// What messages call the file.
    pub file_name: String,
    /// Its text.
    pub text: String,
    /// Everything that is wrong with it, from its top to its end.
    pub problems: Vec<Diagnostic>,
}

impl Workflow {
    /// Parses and checks the bytes of a workflow file. `name` is what the workflow is called, `file_name` what messages call
    /// the file.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the file, from its top to its end, at most 100 problems; of mistakes of TOML's syntax
    /// only the first.
    pub fn parse_bytes(name: &str, file_name: &str, bytes: &[u8]) -> Result<Self, Refused> {
        let mut problems = Problems::new(file_name, &LANGUAGE);
        match opening::text(bytes, &mut problems) {
            Some(text) => Self::parse(name, file_name, text),
            None => Err(Refused {
                file_name: file_name.to_owned(),
                text: String::from_utf8_lossy(bytes).into_owned(),
                problems: problems.into_diagnostics(),
            }),
        }
    }

    /// Parses and checks the text of a workflow file, like [`Workflow::parse_bytes`].
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the file.
    pub fn parse(name: &str, file_name: &str, text: &str) -> Result<Self, Refused> {
        let mut problems = Problems::new(file_name, &LANGUAGE);
        let table = opening::table(text, &mut problems);
        let checked = table
            .and_then(|table| authored::read(table.get_ref(), &mut problems))
            .and_then(|authored| check::check(authored, &mut problems));
        match checked {
            Some(mut workflow) if problems.is_empty() => {
                name.clone_into(&mut workflow.name);
                file_name.clone_into(&mut workflow.file_name);
                text.clone_into(&mut workflow.text);
                Ok(workflow)
            }
            _ => Err(Refused {
                file_name: file_name.to_owned(),
                text: text.to_owned(),
                problems: problems.into_diagnostics(),
            }),
        }
    }

    /// What the workflow is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What messages call the file.
    #[must_use]
    pub fn file_name(&self) -> &str {
        &self.file_name
    }

    /// The text of the file.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The SHA-256 digest of the file's bytes.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(self.text.as_bytes())
    }

    /// What it is for, in a sentence; empty where the file does not say.
    #[must_use]
    pub fn summary(&self) -> &str {
        &self.summary
    }

    /// How much a run of it does by itself.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// What it is given, in the order of the file.
    #[must_use]
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// How many tasks the file has, each repeated one and each workflow counted once.
    #[must_use]
    pub fn task_count(&self) -> usize {
        self.tasks.len()
    }

    /// The workflows that do tasks of this one, in the order of the file.
    pub fn workflows(&self) -> impl Iterator<Item = &str> {
        self.tasks.iter().filter_map(|task| match &task.doer {
            Doer::Workflow(name) => Some(name.get_ref().as_str()),
            Doer::Agent(_) => None,
        })
    }

    /// Makes the refusal of this file, if there are problems.
    pub(super) fn refuse(&self, problems: Problems<'_>) -> Result<(), Refused> {
        if problems.is_empty() {
            return Ok(());
        }
        Err(Refused {
            file_name: self.file_name.clone(),
            text: self.text.clone(),
            problems: problems.into_diagnostics(),
        })
    }
}

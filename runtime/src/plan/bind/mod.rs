//! From a workflow to a plan: parameters get their values, repeated tasks and workflows are laid out as plain tasks.

mod given;
mod layout;
mod links;
mod resolve;

use super::authored::COPIES_MAX;
use super::code::Code;
use super::workflow::{LANGUAGE, Refused, Workflow};
use super::{Mode, Plan};
use crate::written::language::problems::Problems;
use layout::Layout;
use serde_json::Value;
use std::collections::BTreeMap;
use std::ops::Range;

/// How deep workflows may lie in each other.
pub const WORKFLOW_DEPTH_MAX: usize = 8;

/// The longest whole name of a task, in bytes.
pub const TASK_NAME_BYTES_MAX: usize = 255;

/// The most edges of one plan.
pub const EDGES_MAX: usize = 200_000;

/// How many bytes the inputs and summaries of a plan may have together.
pub const INPUT_BYTES_MAX: usize = 4 << 20;

/// Workflows by name, which others may contain.
#[derive(Debug, Clone, Default)]
pub struct Library(BTreeMap<String, Workflow>);

impl Library {
    /// Adds a workflow under its name.
    pub fn add(&mut self, workflow: Workflow) {
        self.0.insert(workflow.name.clone(), workflow);
    }

    /// Returns the workflow of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Workflow> {
        self.0.get(name)
    }

    /// Returns every name, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// What a workflow is bound in.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// The council that judges where a task does not name one.
    pub default_council: &'a str,
    /// How much the run does by itself; what the workflow says otherwise.
    pub mode: Option<Mode>,
    /// The workflows that this one may contain.
    pub library: &'a Library,
}

impl Workflow {
    /// Lays out the plan of a run. `given` are the values of parameters; see [`Workflow::read_inputs`] for what people type.
    ///
    /// # Errors
    ///
    /// What is wrong with the values, or with this workflow and those it contains.
    pub fn bind(&self, given: &BTreeMap<String, Value>, setting: &Setting<'_>) -> Result<Plan, Refused> {
        self.check_links(setting.library, None)?;
        let sources = self.take(given)?;
        let (tasks, keys) = Layout::of(setting, self, sources)?;
        Ok(Plan {
            workflow: self.name.clone(),
            mode: setting.mode.unwrap_or(self.mode),
            branch: self.branch.clone(),
            concurrency: self.concurrency,
            timeout_seconds: self.timeout_seconds,
            keys,
            tasks,
        })
    }

    /// Makes the refusal of this file for one problem.
    fn problem(&self, code: Code, message: impl Into<String>, place: Range<usize>, hint: impl Into<String>) -> Refused {
        let mut problems = Problems::new(&self.file_name, &LANGUAGE);
        problems.report(code, message).at(place, "").hint(hint);
        Refused {
            file_name: self.file_name.clone(),
            text: self.text.clone(),
            problems: problems.into_diagnostics(),
        }
    }
}

/// Returns how many copies a value makes of a task: as many as a number says, or one for each item of a list. None where that
/// is not from 1 to 9,999.
pub(super) fn copies(value: &Value) -> Option<u64> {
    let copies = match value {
        Value::Array(items) => u64::try_from(items.len()).ok(),
        other => other.as_u64(),
    };
    copies.filter(|copies| (1..=COPIES_MAX).contains(copies))
}

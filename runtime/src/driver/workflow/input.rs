//! What the agent of a task is given: the members of its input, from values, outputs of ancestors and the history.

use assize_provenance::digest::Digest;
use serde_json::{Map, Value};

use super::fault::DriveFault;
use super::host::Host;
use crate::plan::{Node, Source};
use crate::repository::history;
use assize_provenance::reader::ObjectId;

/// The member of an input that holds what people said to the task.
const GUIDANCE: &str = "guidance";

/// Why an input cannot be put together. It costs the attempt, not the run.
#[derive(Debug, thiserror::Error)]
pub(super) enum InputFault {
    /// An ancestor's output does not have what is wanted.
    #[error("the input `{member}` wants `{path}` of the output of `{task}`, which has no such part")]
    NoPart { member: String, path: String, task: String },
    /// The machine or the record failed.
    #[error(transparent)]
    Drive(#[from] DriveFault),
}

/// Outputs of the tasks of a run, by what stands in the record.
pub(super) trait Outputs {
    /// The name of a task and the digest of its output.
    fn of(&self, task: usize) -> (String, Option<Digest>);
}

impl Host {
    /// Puts the input of a task together.
    pub(super) fn input(
        &self,
        node: &Node,
        outputs: &dyn Outputs,
        base: ObjectId,
        guidance: &[String],
    ) -> Result<String, InputFault> {
        let mut input = Map::new();
        if !guidance.is_empty() {
            input.insert(GUIDANCE.to_owned(), guidance.into());
        }
        for (member, source) in &node.inputs {
            let value = match source {
                Source::Value(value) => value.clone(),
                Source::Output { task, path } => self.part(member, outputs.of(*task), path)?,
                Source::History => self.history(base)?,
            };
            input.insert(member.clone(), value);
        }
        Ok(Value::Object(input).to_string())
    }

    /// The outputs of everything that a joining task needs, by the names of the tasks.
    pub(super) fn joined(&self, node: &Node, outputs: &dyn Outputs) -> Result<String, InputFault> {
        let mut joined = Map::new();
        for need in &node.needs {
            let (name, digest) = outputs.of(need.task);
            joined.insert(name, self.output(digest)?);
        }
        Ok(Value::Object(joined).to_string())
    }

    fn part(
        &self,
        member: &str,
        (task, digest): (String, Option<Digest>),
        path: &[String],
    ) -> Result<Value, InputFault> {
        let whole = self.output(digest)?;
        let mut part = &whole;
        for step in path {
            let next = match part {
                Value::Array(items) => step.parse::<usize>().ok().and_then(|index| items.get(index)),
                Value::Object(members) => members.get(step),
                _ => None,
            };
            part = next.ok_or_else(|| InputFault::NoPart {
                member: member.to_owned(),
                path: path.join("."),
                task: task.clone(),
            })?;
        }
        Ok(part.clone())
    }

    fn output(&self, digest: Option<Digest>) -> Result<Value, DriveFault> {
        let Some(digest) = digest else { return Ok(Value::Null) };
        let bytes = self.store.contents(&digest)?.ok_or_else(|| DriveFault::Nonsense {
            run: digest.to_string(),
            reason: "the output of a task is missing".to_owned(),
        })?;
        serde_json::from_slice(&bytes).map_err(|error| DriveFault::Nonsense {
            run: digest.to_string(),
            reason: format!("the output of a task is no JSON: {error}"),
        })
    }

    fn history(&self, base: ObjectId) -> Result<Value, DriveFault> {
        match history::since_newest_tag(self.repository.objects(), base) {
            Ok(history) => Ok(history.to_json()),
            Err(error) => Err(DriveFault::Repository {
                what: "the history cannot be read",
                is_machine: error.is_machine(),
                reason: error.to_string(),
            }),
        }
    }
}

//! One workflow while it is laid out: what its parameters are, and where its tasks are found.

use super::copies;
use crate::plan::code::Code;
use crate::plan::value::shown;
use crate::plan::workflow::{Given, Refused, Repeat, Task, Workflow};
use crate::plan::{Need, Source};
use crate::written::language::problems::quoted;
use serde_json::Value;
use std::collections::BTreeMap;
use std::ops::Range;

/// A workflow that is being laid out.
pub(super) struct Frame<'a> {
    pub(super) workflow: &'a Workflow,
    /// What stands before the names of its tasks.
    pub(super) prefix: String,
    /// How many workflows are around it, with itself.
    pub(super) depth: usize,
    /// What its tasks need that need nothing inside of it.
    pub(super) roots: Vec<Need>,
    /// What has become of its tasks, by their places in the workflow.
    pub(super) laid: BTreeMap<usize, Laid>,
    sources: Vec<Source>,
}

/// What has become of a task.
pub(super) enum Laid {
    /// It is there.
    Done {
        /// What stands for it.
        end: usize,
        /// Its copies, where it is repeated.
        copies: Vec<usize>,
    },
    /// It is left out: who needs it needs these instead.
    LeftOut {
        /// What it would have needed.
        needs: Vec<Need>,
    },
}

/// One copy of a repeated task.
pub(super) struct Copy {
    /// Its number, from 1.
    pub(super) number: u64,
    /// The item that it is for.
    item: Option<Value>,
}

impl<'a> Frame<'a> {
    pub(super) fn outermost(workflow: &'a Workflow, sources: Vec<Source>) -> Self {
        Self {
            workflow,
            prefix: String::new(),
            depth: 1,
            roots: Vec::new(),
            laid: BTreeMap::new(),
            sources,
        }
    }

    /// A workflow inside of this one.
    pub(super) fn within(
        &self,
        workflow: &'a Workflow,
        prefix: String,
        sources: Vec<Source>,
        roots: Vec<Need>,
    ) -> Self {
        Self {
            workflow,
            prefix,
            depth: self.depth.saturating_add(1),
            roots,
            laid: BTreeMap::new(),
            sources,
        }
    }

    /// What a task needs. Of one task with several gates each stands there, and without a gate only where there is none.
    pub(super) fn needs(&self, task: &Task) -> Vec<Need> {
        let mut needs: Vec<Need> = Vec::new();
        for edge in &task.needs {
            let gate = edge.gate.as_ref().map(|gate| gate.get_ref().clone());
            match self.laid.get(&edge.task) {
                Some(Laid::Done { end, copies }) => {
                    // A gate stands on each copy, for nobody judges what joins them.
                    if let Some(gate) = gate.as_ref().filter(|_| !copies.is_empty()) {
                        let gated = copies.iter().map(|task| Need {
                            task: *task,
                            gate: Some(gate.clone()),
                        });
                        needs.extend(gated);
                    }
                    let gate = gate.filter(|_| copies.is_empty());
                    needs.push(Need { task: *end, gate });
                }
                Some(Laid::LeftOut { needs: inherited }) => needs.extend(inherited.iter().cloned()),
                None => {}
            }
        }
        if task.needs.is_empty() {
            needs.clone_from(&self.roots);
        }
        // A gate sorts behind none, and no gate is no more than any gate.
        needs.sort_by(|one, other| (one.task, &one.gate).cmp(&(other.task, &other.gate)));
        needs.dedup();
        let gated: Vec<usize> = needs
            .iter()
            .filter(|need| need.gate.is_some())
            .map(|need| need.task)
            .collect();
        needs.retain(|need| need.gate.is_some() || gated.binary_search(&need.task).is_err());
        needs
    }

    /// Tells whether a task is left out.
    pub(super) fn is_left_out(&self, task: &Task) -> Result<bool, Refused> {
        match &task.when {
            Some(when) => Ok(self.known(when.parameter, &when.place)? != &when.is),
            None => Ok(false),
        }
    }

    /// Lists the copies of a task, if it is repeated (W304).
    pub(super) fn copies(&self, task: &Task) -> Result<Option<Vec<Copy>>, Refused> {
        let copy = |number| Copy { number, item: None };
        let (parameter, place) = match &task.repeat {
            None => return Ok(None),
            Some(Repeat::Times(times)) => return Ok(Some((1..=*times).map(copy).collect())),
            Some(Repeat::Parameter(parameter, place)) => (*parameter, place),
        };
        let value = self.known(parameter, place)?;
        let Some(times) = copies(value) else {
            return Err(self.workflow.problem(
                Code::Width,
                format!("{} cannot be repeated by {}", quoted(&task.name), shown(value)),
                place.clone(),
                "a repeated task has 1 to 9,999 copies",
            ));
        };
        Ok(Some(match value.as_array() {
            Some(items) => (1..=times)
                .zip(items)
                .map(|(number, item)| Copy {
                    number,
                    item: Some(item.clone()),
                })
                .collect(),
            None => (1..=times).map(copy).collect(),
        }))
    }

    /// The value of a parameter that decides about the shape of the plan (W307).
    fn known(&self, parameter: usize, place: &Range<usize>) -> Result<&Value, Refused> {
        match self.sources.get(parameter) {
            Some(Source::Value(value)) => Ok(value),
            _ => Err(self.workflow.problem(
                Code::KnownLate,
                "this parameter is given the output of a task, which is known too late",
                place.clone(),
                "what decides how many tasks there are is given as a value or by a parameter",
            )),
        }
    }

    /// What an agent is given. What would come from a task that is left out is left out too.
    pub(super) fn inputs(
        &self,
        task: &Task,
        copy: Option<&Copy>,
        names: &BTreeMap<String, usize>,
    ) -> BTreeMap<String, Source> {
        let inputs = task.inputs.iter().filter_map(|input| {
            let source = self.source(&input.given, copy, names)?;
            Some((input.name.get_ref().clone(), source))
        });
        inputs.collect()
    }

    /// What the parameters of a workflow are that does a task of this one (W301, W303).
    pub(super) fn sources_of(
        &self,
        inner: &Workflow,
        task: &Task,
        copy: Option<&Copy>,
        names: &BTreeMap<String, usize>,
    ) -> Result<Vec<Source>, Refused> {
        let given = self.inputs(task, copy, names);
        let mut sources = Vec::with_capacity(inner.parameters.len());
        for parameter in &inner.parameters {
            let input = task.inputs.iter().find(|input| *input.name.get_ref() == parameter.name);
            let place = input.map_or_else(|| task.inputs_place.clone(), |input| input.place.clone());
            let source = given.get(&parameter.name).cloned();
            let Some(source) = source.or_else(|| parameter.default.clone().map(Source::Value)) else {
                return Err(self.workflow.problem(
                    Code::MissingInput,
                    format!(
                        "the workflow {} gets no {}",
                        quoted(&inner.name),
                        quoted(&parameter.name)
                    ),
                    place,
                    "it comes from a task that is left out, and the parameter has no default",
                ));
            };
            if let Source::Value(value) = &source
                && let Some(objection) = parameter.objection(value)
            {
                return Err(self
                    .workflow
                    .problem(Code::WrongInput, objection, place, parameter.advice()));
            }
            sources.push(source);
        }
        Ok(sources)
    }

    fn source(&self, given: &Given, copy: Option<&Copy>, names: &BTreeMap<String, usize>) -> Option<Source> {
        match given {
            Given::Value(value) => Some(Source::Value(value.clone())),
            Given::Parameter(place) => self.sources.get(*place).cloned(),
            Given::History => Some(Source::History),
            Given::Number => copy.map(|copy| Source::Value(copy.number.into())),
            Given::Item => copy.and_then(|copy| copy.item.clone()).map(Source::Value),
            Given::Output { task, inner, path } => {
                let Some(Laid::Done { end, .. }) = self.laid.get(task) else {
                    return None;
                };
                let end = match inner {
                    None => *end,
                    Some(inner) => {
                        let outer = &self.workflow.tasks.get(*task)?.name;
                        *names.get(&format!("{}{outer}/{inner}", self.prefix))?
                    }
                };
                Some(Source::Output {
                    task: end,
                    path: path.clone(),
                })
            }
        }
    }
}

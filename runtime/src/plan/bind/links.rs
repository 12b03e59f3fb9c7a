//! What a workflow takes from elsewhere: agents and councils of the policy, and other workflows.

use super::Library;
use crate::plan::code::Code;
use crate::plan::workflow::{Doer, Given, Input, Judged, LANGUAGE, Refused, Task, Workflow};
use crate::policy::{self, Policy};
use crate::written::language::nearest::nearest;
use crate::written::language::problems::{Problems, listed, quoted};
use std::collections::BTreeSet;
use std::ops::Range;
use toml::Spanned;

impl Workflow {
    /// Checks what this workflow, and every one that it contains, takes from elsewhere: other workflows from the library,
    /// agents and councils from the policy, if one is given.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the first file in which anything is.
    pub fn check_links(&self, library: &Library, policy: Option<&Policy>) -> Result<(), Refused> {
        let mut walk = Walk {
            library,
            policy,
            above: Vec::new(),
            done: BTreeSet::new(),
            missing: BTreeSet::new(),
        };
        walk.check(self)
    }

    /// Tells whether a task of the workflow can be called so: `build`, or `release/build` inside of a workflow of it.
    fn has_inner(&self, library: &Library, inner: &str) -> bool {
        let (name, deeper) = match inner.split_once('/') {
            Some((name, deeper)) => (name, Some(deeper)),
            None => (inner, None),
        };
        let Some(task) = self.tasks.iter().find(|task| task.name == name) else {
            return false;
        };
        match (deeper, &task.doer) {
            (None, _) => task.undoes.is_none(),
            (Some(deeper), Doer::Workflow(workflow)) if task.repeat.is_none() => library
                .get(workflow.get_ref())
                .is_some_and(|workflow| workflow.has_inner(library, deeper)),
            (Some(_), _) => false,
        }
    }
}

/// A walk through a workflow and those that it contains.
struct Walk<'a> {
    library: &'a Library,
    policy: Option<&'a Policy>,
    /// The workflows around the one that is looked at, the outermost first.
    above: Vec<&'a Workflow>,
    /// The files that were looked at.
    done: BTreeSet<&'a str>,
    /// The agents of the file that is looked at which the policy does not have: each is told once.
    missing: BTreeSet<&'a str>,
}

impl<'a> Walk<'a> {
    fn check(&mut self, workflow: &'a Workflow) -> Result<(), Refused> {
        if !self.done.insert(&workflow.file_name) {
            return Ok(());
        }
        self.above.push(workflow);
        self.missing.clear();
        let mut problems = Problems::new(&workflow.file_name, &LANGUAGE);
        for task in &workflow.tasks {
            match &task.doer {
                Doer::Agent(agent) => self.check_agent(agent, task, &mut problems),
                Doer::Workflow(name) => self.check_workflow(name, workflow, task, &mut problems),
            }
            self.check_inner(workflow, task, &mut problems);
            for gate in task.needs.iter().filter_map(|edge| edge.gate.as_ref()) {
                self.check_council(gate, &mut problems);
            }
        }
        workflow.refuse(problems)?;
        for name in workflow.workflows() {
            if let Some(inner) = self.library.get(name) {
                self.check(inner)?;
            }
        }
        self.above.pop();
        Ok(())
    }

    /// Checks the agent, its task's type and its council (W404, W406, W405).
    fn check_agent(&mut self, name: &'a Spanned<String>, task: &Task, problems: &mut Problems<'_>) {
        let Some(policy) = self.policy else { return };
        if let Judged::By(council) = &task.judged {
            self.check_council(council, problems);
        }
        let Some(agent) = policy.agent(name.get_ref()) else {
            if !self.missing.insert(name.get_ref()) {
                return;
            }
            let known = || policy.agents().map(|agent| agent.name.as_str());
            let names = match listed(known()) {
                names if names.is_empty() => {
                    format!("appoint it: add [agents.{}] to {}", name.get_ref(), policy::PATH)
                }
                names => format!("the agents of {} are {names}", policy.file_name()),
            };
            problems
                .report(
                    Code::UnknownAgent,
                    format!("the policy has no agent {}", quoted(name.get_ref())),
                )
                .at(name.span(), "")
                .mean(nearest(name.get_ref(), known()), names);
            return;
        };
        let role = policy.role(&agent.role);
        let kind = task.kind.as_ref();
        if role.is_some_and(|role| !role.tasks.takes(kind.map(|kind| kind.get_ref().as_str()))) {
            let of_type = kind.map_or_else(
                || "without a type".to_owned(),
                |kind| format!("of type {}", quoted(kind.get_ref())),
            );
            let types = role.and_then(|role| role.tasks.types.as_ref());
            problems
                .report(
                    Code::TypeRefused,
                    format!(
                        "the role {} of {} takes no tasks {of_type}",
                        quoted(&agent.role),
                        quoted(name.get_ref())
                    ),
                )
                .at(kind.map_or_else(|| name.span(), Spanned::span), "")
                .hint(format!(
                    "give the task a `type` that the role takes: {}",
                    listed(types.into_iter().flat_map(|types| types.keys()))
                ));
        }
    }

    /// Checks that a council exists (W405).
    fn check_council(&self, name: &Spanned<String>, problems: &mut Problems<'_>) {
        let Some(policy) = self.policy else { return };
        if policy.council(name.get_ref()).is_none() {
            let known = || policy.councils().map(|council| council.terms.name.as_str());
            problems
                .report(
                    Code::UnknownCouncil,
                    format!("the policy has no council {}", quoted(name.get_ref())),
                )
                .at(name.span(), "")
                .mean(
                    nearest(name.get_ref(), known()),
                    format!("the councils of {} are {}", policy.file_name(), listed(known())),
                );
        }
    }

    /// Checks a task that is a workflow: that there is such a one (W401), that it does not contain itself (W402), and what it
    /// is given.
    fn check_workflow(&self, name: &Spanned<String>, outer: &Workflow, task: &Task, problems: &mut Problems<'_>) {
        let Some(inner) = self.library.get(name.get_ref()) else {
            problems
                .report(
                    Code::UnknownWorkflow,
                    format!("there is no workflow {}", quoted(name.get_ref())),
                )
                .at(name.span(), "")
                .mean(
                    nearest(name.get_ref(), self.library.names()),
                    format!("write it: .assize/workflows/{}.toml", name.get_ref()),
                );
            return;
        };
        if let Some(first) = self.above.iter().position(|above| above.file_name == inner.file_name) {
            let circle = self.above.iter().skip(first).map(|above| above.name.as_str());
            let names: Vec<&str> = circle.chain([inner.name.as_str()]).collect();
            problems
                .report(
                    Code::WorkflowCycle,
                    format!("workflows contain each other in a circle: {}", names.join(" → ")),
                )
                .at(name.span(), "")
                .hint("an arrow points at what is contained: take one of these tasks away");
            return;
        }
        self.check_given(outer, inner, task, problems);
    }

    /// Checks what a workflow is given (W301, W302, W303).
    fn check_given(&self, outer: &Workflow, inner: &Workflow, task: &Task, problems: &mut Problems<'_>) {
        for input in &task.inputs {
            let name = input.name.get_ref();
            let known = || inner.parameters.iter().map(|parameter| parameter.name.as_str());
            let Some(parameter) = inner.parameters.iter().find(|parameter| parameter.name == *name) else {
                problems
                    .report(
                        Code::UnknownInput,
                        format!("the workflow {} has no parameter {}", quoted(&inner.name), quoted(name)),
                    )
                    .at(input.name.span(), "")
                    .mean(
                        nearest(name, known()),
                        format!("its parameters are {}", listed(known())),
                    );
                continue;
            };
            let objection = match &input.given {
                Given::Value(value) => parameter.objection(value),
                Given::Parameter(place) => outer.parameters.get(*place).and_then(|from| {
                    (from.kind != parameter.kind).then(|| {
                        let (own, other) = (parameter.kind.article(), from.kind.article());
                        format!(
                            "the parameter {} is {own}, and {} is {other}",
                            quoted(name),
                            quoted(&from.name)
                        )
                    })
                }),
                _ => None,
            };
            if let Some(objection) = objection {
                problems
                    .report(Code::WrongInput, objection)
                    .at(input.place.clone(), "")
                    .hint(parameter.advice());
            }
        }
        let is_given = |name: &str| task.inputs.iter().any(|input| input.name.get_ref() == name);
        for parameter in &inner.parameters {
            if parameter.default.is_none() && !is_given(&parameter.name) {
                problems
                    .report(
                        Code::MissingInput,
                        format!(
                            "the workflow {} gets no {}",
                            quoted(&inner.name),
                            quoted(&parameter.name)
                        ),
                    )
                    .at(task.inputs_place.clone(), "")
                    .hint(format!("add it to `inputs` of [tasks.{}]", task.name));
            }
        }
    }

    /// Checks that an output inside of a workflow is one of its tasks' (W407).
    fn check_inner(&self, workflow: &Workflow, task: &Task, problems: &mut Problems<'_>) {
        for input in &task.inputs {
            let Some((from, inner)) = inner_output(workflow, input) else {
                continue;
            };
            let place: Range<usize> = input.place.clone();
            let name = quoted(&from.name);
            let (message, hint) = match &from.doer {
                Doer::Agent(_) => (
                    format!("{name} is no workflow"),
                    "name the task without a slash".to_owned(),
                ),
                Doer::Workflow(_) if from.repeat.is_some() => (
                    format!("{name} is repeated, so nothing inside of it is one task"),
                    format!("take the whole output of {name}: it holds those of all copies, by name"),
                ),
                Doer::Workflow(other) => match self.library.get(other.get_ref()) {
                    Some(other) if !other.has_inner(self.library, inner) => (
                        format!("the workflow {} has no task {}", quoted(&other.name), quoted(inner)),
                        format!("its tasks are {}", listed(other.tasks.iter().map(|task| &task.name))),
                    ),
                    _ => continue,
                },
            };
            problems.report(Code::UnknownInner, message).at(place, "").hint(hint);
        }
    }
}

/// Returns the task and the name inside of it that an input takes its value from, if it does.
fn inner_output<'w>(workflow: &'w Workflow, input: &'w Input) -> Option<(&'w Task, &'w str)> {
    match &input.given {
        Given::Output {
            task,
            inner: Some(inner),
            ..
        } => Some((workflow.tasks.get(*task)?, inner)),
        _ => None,
    }
}

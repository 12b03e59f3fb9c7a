//! The tasks of a plan, one after the other: each behind everything that it needs.

use super::resolve::{Copy, Frame, Laid};
use super::{EDGES_MAX, INPUT_BYTES_MAX, Setting, TASK_NAME_BYTES_MAX, WORKFLOW_DEPTH_MAX};
use crate::plan::code::Code;
use crate::plan::value::weight;
use crate::plan::workflow::{Doer, Judged, Refused, Task, Workflow};
use crate::plan::{Need, Node, Retry, Source, TASKS_MAX, Work};
use crate::written::language::problems::quoted;
use std::collections::{BTreeMap, BTreeSet};
use toml::Spanned;

/// A plan that grows.
pub(super) struct Layout<'a> {
    setting: &'a Setting<'a>,
    nodes: Vec<Node>,
    /// The tasks by their whole names.
    names: BTreeMap<String, usize>,
    keys: BTreeMap<String, u32>,
    edges: usize,
    bytes: usize,
}

impl<'a> Layout<'a> {
    /// Lays out the tasks of a workflow, with the limits of their keys.
    pub(super) fn of(
        setting: &'a Setting<'a>,
        workflow: &'a Workflow,
        sources: Vec<Source>,
    ) -> Result<(Vec<Node>, BTreeMap<String, u32>), Refused> {
        let mut layout = Self {
            setting,
            nodes: Vec::new(),
            names: BTreeMap::new(),
            keys: BTreeMap::new(),
            edges: 0,
            bytes: 0,
        };
        layout.lay(&mut Frame::outermost(workflow, sources))?;
        if layout.nodes.is_empty() {
            // W305.
            return Err(workflow.problem(
                Code::NothingLeft,
                "with these values every task is left out",
                0..0,
                "give other values to the parameters that `when` looks at",
            ));
        }
        layout.open_gates();
        Ok((layout.nodes, layout.keys))
    }

    /// Lays out one workflow, and returns its ends: what nobody inside of it needs.
    fn lay(&mut self, frame: &mut Frame<'a>) -> Result<Vec<Need>, Refused> {
        let workflow = frame.workflow;
        for (key, most) in &workflow.keys {
            let most = self.keys.get(key).map_or(*most, |other| *most.min(other));
            self.keys.insert(key.clone(), most);
        }
        let first = self.nodes.len();
        for place in &workflow.order {
            if let Some(task) = workflow.tasks.get(*place) {
                let laid = self.lay_task(frame, task)?;
                frame.laid.insert(*place, laid);
            }
        }
        let own = self.nodes.get(first..).unwrap_or_default();
        let needed: BTreeSet<usize> = own.iter().flat_map(|node| &node.needs).map(|need| need.task).collect();
        let ends = workflow.order.iter().filter_map(|place| match frame.laid.get(place)? {
            Laid::Done { end, .. } if !needed.contains(end) => Some(*end),
            _ => None,
        });
        let ends: Vec<Need> = ends
            .filter(|end| self.nodes.get(*end).is_some_and(|node| !node.is_undo))
            .map(|task| Need { task, gate: None })
            .collect();
        Ok(if ends.is_empty() { frame.roots.clone() } else { ends })
    }

    fn lay_task(&mut self, frame: &Frame<'a>, task: &'a Task) -> Result<Laid, Refused> {
        let needs = frame.needs(task);
        if frame.is_left_out(task)? {
            // Who comes behind takes these over, so they count.
            self.edges = self.edges.saturating_add(needs.len());
            self.check_size(frame.workflow, task)?;
            return Ok(Laid::LeftOut { needs });
        }
        if let Some(undone) = task.undoes {
            return self.lay_undo(frame, task, undone);
        }
        let copies = frame.copies(task)?;
        let Some(copies) = copies else {
            let name = format!("{}{}", frame.prefix, task.name);
            let end = self.lay_copy(frame, task, name, needs, None)?;
            return Ok(Laid::Done {
                end,
                copies: Vec::new(),
            });
        };
        let mut ends = Vec::new();
        for copy in &copies {
            let name = format!("{}{}-{}", frame.prefix, task.name, copy.number);
            ends.push(self.lay_copy(frame, task, name, needs.clone(), Some(copy))?);
        }
        let joined = ends.iter().map(|end| Need { task: *end, gate: None }).collect();
        let end = self.join(frame, task, format!("{}{}", frame.prefix, task.name), joined)?;
        Ok(Laid::Done { end, copies: ends })
    }

    /// Lays out a task, or one copy of it, and returns the place of what stands for it.
    fn lay_copy(
        &mut self,
        frame: &Frame<'a>,
        task: &'a Task,
        name: String,
        needs: Vec<Need>,
        copy: Option<&Copy>,
    ) -> Result<usize, Refused> {
        match &task.doer {
            Doer::Agent(agent) => {
                let mut node = self.node(task, agent, name);
                node.needs = needs;
                node.inputs = frame.inputs(task, copy, &self.names);
                self.push(frame.workflow, task, node)
            }
            Doer::Workflow(inner) => {
                let Some(workflow) = self.setting.library.get(inner.get_ref()) else {
                    // Found with the links.
                    return Err(frame.workflow.problem(
                        Code::UnknownWorkflow,
                        "there is no such workflow",
                        inner.span(),
                        "",
                    ));
                };
                // W403.
                if frame.depth >= WORKFLOW_DEPTH_MAX {
                    return Err(frame.workflow.problem(
                        Code::TooDeep,
                        format!("workflows lie more than {WORKFLOW_DEPTH_MAX} deep in each other"),
                        inner.span(),
                        "write some of their tasks in one file",
                    ));
                }
                let sources = frame.sources_of(workflow, task, copy, &self.names)?;
                let mut within = frame.within(workflow, format!("{name}/"), sources, needs);
                let ends = self.lay(&mut within)?;
                self.join(frame, task, name, ends)
            }
        }
    }

    /// Lays out the task that makes good for another one, unless that one is left out.
    fn lay_undo(&mut self, frame: &Frame<'a>, task: &'a Task, undone: usize) -> Result<Laid, Refused> {
        let (Some(Laid::Done { end: undone, .. }), Doer::Agent(agent)) = (frame.laid.get(&undone), &task.doer) else {
            return Ok(Laid::LeftOut { needs: Vec::new() });
        };
        let undone = *undone;
        let mut node = self.node(task, agent, format!("{}{}", frame.prefix, task.name));
        node.is_undo = true;
        node.inputs = frame.inputs(task, None, &self.names);
        let end = self.push(frame.workflow, task, node)?;
        if let Some(node) = self.nodes.get_mut(undone) {
            node.undo = Some(end);
        }
        Ok(Laid::Done {
            end,
            copies: Vec::new(),
        })
    }

    /// Adds a task that nobody does.
    fn join(&mut self, frame: &Frame<'a>, task: &Task, name: String, needs: Vec<Need>) -> Result<usize, Refused> {
        let node = Node {
            name,
            summary: task.summary.clone(),
            kind: None,
            work: Work::Join,
            needs,
            inputs: BTreeMap::new(),
            councils: Vec::new(),
            confirm: false,
            retry: Retry::default(),
            timeout_seconds: None,
            priority: 0,
            key: None,
            undo: None,
            is_undo: false,
            estimate_seconds: None,
        };
        self.push(frame.workflow, task, node)
    }

    /// A task of an agent, without needs and inputs.
    fn node(&self, task: &Task, agent: &Spanned<String>, name: String) -> Node {
        Node {
            name,
            summary: task.summary.clone(),
            kind: task.kind.as_ref().map(|kind| kind.get_ref().clone()),
            work: Work::Agent(agent.get_ref().clone()),
            needs: Vec::new(),
            inputs: BTreeMap::new(),
            councils: match &task.judged {
                Judged::ByDefault => vec![self.setting.default_council.to_owned()],
                Judged::By(council) => vec![council.get_ref().clone()],
                Judged::ByNobody => Vec::new(),
            },
            confirm: task.confirm,
            retry: task.retry.clone(),
            timeout_seconds: task.timeout_seconds,
            priority: task.priority,
            key: task.key.clone(),
            undo: None,
            is_undo: false,
            estimate_seconds: task.estimate_seconds,
        }
    }

    /// Holds the plan to its limits (W306).
    fn check_size(&self, workflow: &Workflow, task: &Task) -> Result<(), Refused> {
        let most = |what: &str| {
            workflow.problem(
                Code::TooManyTasks,
                format!("the plan gets more than {what}"),
                task.place.clone(),
                "repeat fewer tasks, or give them less",
            )
        };
        if self.nodes.len() >= TASKS_MAX {
            return Err(most("10,000 tasks"));
        }
        if self.edges > EDGES_MAX {
            return Err(most("200,000 edges"));
        }
        if self.bytes > INPUT_BYTES_MAX {
            return Err(most("4 MiB of inputs and summaries"));
        }
        Ok(())
    }

    /// Adds a task and returns its place (W403).
    fn push(&mut self, workflow: &Workflow, task: &Task, node: Node) -> Result<usize, Refused> {
        let inputs = node.inputs.iter().map(|(name, source)| match source {
            Source::Value(value) => weight(value).saturating_add(name.len()),
            Source::Output { path, .. } => path.iter().map(String::len).fold(name.len(), usize::saturating_add),
            Source::History => name.len(),
        });
        self.bytes = inputs
            .chain([node.summary.len()])
            .fold(self.bytes, usize::saturating_add);
        self.edges = self.edges.saturating_add(node.needs.len());
        self.check_size(workflow, task)?;
        if node.name.len() > TASK_NAME_BYTES_MAX {
            return Err(workflow.problem(
                Code::TooDeep,
                format!(
                    "the task {} has a name of more than {TASK_NAME_BYTES_MAX} bytes",
                    quoted(&node.name)
                ),
                task.place.clone(),
                "call tasks and workflows shorter",
            ));
        }
        let place = self.nodes.len();
        self.names.insert(node.name.clone(), place);
        self.nodes.push(node);
        Ok(place)
    }

    /// Lets the councils that gates name look at the tasks that the gates stand on.
    fn open_gates(&mut self) {
        let gates: BTreeSet<(usize, String)> = self
            .nodes
            .iter()
            .flat_map(|node| &node.needs)
            .filter_map(|need| Some((need.task, need.gate.clone()?)))
            .collect();
        for (task, gate) in gates {
            if let Some(node) = self.nodes.get_mut(task).filter(|node| !node.councils.contains(&gate)) {
                node.councils.push(gate);
            }
        }
    }
}

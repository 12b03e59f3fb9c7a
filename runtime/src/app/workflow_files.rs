//! Workflow files: finding one, checking it, and what its plan is. Running is another matter.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use assize_provenance::digest::Digest;

use super::view::policies::PolicyFileView;
use super::view::workflows::{
    BrokenWorkflowView, NeedView, ParameterView, PlannedTaskView, WorkflowCheckView, WorkflowFileView,
    WorkflowGraphView, WorkflowListView, WorkflowPlanView,
};
use super::{App, Fault, read_named};
use crate::driver::prepare::default_policy;
use crate::plan::graph::{layers, svg, text};
use crate::plan::shipped::{SHIPPED, Shipped};
use crate::plan::timing::{Timing, timing};
use crate::plan::{self, Library, Plan, Refused, Setting, Work, Workflow, form};
use crate::policy;
use crate::repository::{DiscoverError, OpenError, Repository};
use crate::written::language::nearest::nearest;

/// Where a repository keeps its workflows, from the root of the work tree.
pub const FOLDER: &str = ".assize/workflows";

/// How many files of the folder are looked at.
const FILES_MAX: usize = 1_000;

/// A workflow that was found, with those that it contains.
pub(super) struct Found {
    pub(super) workflow: Workflow,
    /// `work-tree`, `shipped` or `file`.
    pub(super) source: &'static str,
    pub(super) library: Library,
}

/// How a plan is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drawing {
    /// Layer by layer, one line for each task.
    Text,
    /// SVG.
    Svg,
}

impl App {
    /// Checks workflows, by name or file: each by itself, with those that it contains, and against the policy that holds here.
    ///
    /// # Errors
    ///
    /// [`Fault::Workflow`] with every mistake of the first file that has any.
    pub fn check_workflows(&self, names: &[String], policy: Option<&Path>) -> Result<WorkflowCheckView, Fault> {
        let (asked, source) = match (policy, self.repository_if_there()?) {
            (None, None) => (None, "default"),
            (Some(_), _) => (Some(self.role_policy(policy)?), "file"),
            (None, Some(_)) => (Some(self.role_policy(None)?), "head"),
        };
        let council = match &asked {
            Some(policy) => policy.default_council().to_owned(),
            None => default_policy()?.default_council().to_owned(),
        };
        let names = match names {
            [] => self.own_workflows()?,
            names => names.to_vec(),
        };
        let mut workflows = Vec::new();
        for name in &names {
            let found = self.find_workflow(name)?;
            found.workflow.check_links(&found.library, asked.as_ref())?;
            // Where every parameter has a value already, what comes of it is known as well.
            if found
                .workflow
                .parameters()
                .iter()
                .all(|parameter| parameter.default.is_some())
            {
                bind(&found, &BTreeMap::new(), &council)?;
            }
            workflows.push(file_view(&found.workflow, found.source));
        }
        Ok(WorkflowCheckView {
            schema: "assize.workflow-check/1",
            workflows,
            policy: asked.map(|policy| PolicyFileView {
                source: if policy.file_name() == policy::default::FILE_NAME {
                    "default"
                } else {
                    source
                },
                file: policy.file_name().to_owned(),
                digest: policy.digest().to_string(),
            }),
        })
    }

    /// Lists the workflows that can be named here.
    ///
    /// # Errors
    ///
    /// [`Fault`] when the work tree cannot be read.
    pub fn list_workflows(&self) -> Result<WorkflowListView, Fault> {
        let mut names: BTreeSet<String> = SHIPPED.iter().map(|shipped| shipped.name.to_owned()).collect();
        names.extend(self.own_workflows()?);
        let (mut workflows, mut broken) = (Vec::new(), Vec::new());
        for name in &names {
            match self.named_workflow(name) {
                Ok(Some((workflow, source))) => workflows.push(file_view(&workflow, source)),
                Ok(None) => {}
                Err(Fault::Workflow(refused)) => broken.push(BrokenWorkflowView {
                    problem: refused
                        .problems
                        .first()
                        .map(|first| first.message.clone())
                        .unwrap_or_default(),
                    problems: refused.problems.len(),
                    file: refused.file_name,
                }),
                Err(fault) => return Err(fault),
            }
        }
        Ok(WorkflowListView {
            schema: "assize.workflow-list/1",
            workflows,
            broken,
        })
    }

    /// Lays out the plan of a workflow and says how long it takes.
    ///
    /// # Errors
    ///
    /// [`Fault::Workflow`] with what is wrong with the file or with the values.
    pub fn plan_workflow(&self, name: &str, typed: &[(String, String)]) -> Result<WorkflowPlanView, Fault> {
        let (found, plan) = self.planned(name, typed)?;
        let timing = timing(&plan, &BTreeMap::new());
        let bytes = form::encode(&plan).map_err(|error| Fault::Bug(error.to_string()))?;
        Ok(plan_view(&found, &plan, &timing, Digest::of(&bytes)))
    }

    /// Draws the plan of a workflow.
    ///
    /// # Errors
    ///
    /// [`Fault::Workflow`] with what is wrong with the file or with the values.
    pub fn draw_workflow(
        &self,
        name: &str,
        typed: &[(String, String)],
        drawing: Drawing,
    ) -> Result<WorkflowGraphView, Fault> {
        let (_, plan) = self.planned(name, typed)?;
        let (form, drawn) = match drawing {
            Drawing::Text => ("text", text::text(&plan)),
            Drawing::Svg => ("svg", svg::svg(&plan, &timing(&plan, &BTreeMap::new()))),
        };
        Ok(WorkflowGraphView {
            schema: "assize.workflow-graph/1",
            workflow: plan.workflow,
            form,
            drawing: drawn,
        })
    }

    /// Finds a workflow and lays out its plan for somebody who looks at it. Agents and councils are not looked up.
    fn planned(&self, name: &str, typed: &[(String, String)]) -> Result<(Found, Plan), Fault> {
        let found = self.find_workflow(name)?;
        let given = found.workflow.read_inputs(typed)?;
        let policy = match self.repository_if_there()? {
            Some(_) => self.role_policy(None)?,
            None => default_policy()?,
        };
        let plan = bind(&found, &given, policy.default_council())?;
        Ok((found, plan))
    }

    /// Finds a workflow: by its path, where the name holds a `/` or ends in `.toml`, else by its name in the work tree, else
    /// among those that come with Assize. Every workflow that it contains is found with it.
    pub(super) fn find_workflow(&self, name: &str) -> Result<Found, Fault> {
        let (workflow, source) = if name.contains('/') || name.ends_with(".toml") {
            (self.workflow_file(name)?, "file")
        } else {
            self.named_workflow(name)?.ok_or_else(|| self.no_workflow(name))?
        };
        let mut library = Library::default();
        let mut wanted: Vec<String> = workflow.workflows().map(str::to_owned).collect();
        let mut is_whole = true;
        while let Some(name) = wanted.pop() {
            if library.get(&name).is_some() {
                continue;
            }
            match self.named_workflow(&name)? {
                Some((inner, _)) => {
                    wanted.extend(inner.workflows().map(str::to_owned));
                    library.add(inner);
                }
                None => is_whole = false,
            }
        }
        if !is_whole {
            // Whatever there is may have been meant.
            for name in self.own_workflows()? {
                if let (None, Ok(Some((other, _)))) = (library.get(&name), self.named_workflow(&name)) {
                    library.add(other);
                }
            }
        }
        Ok(Found {
            workflow,
            source,
            library,
        })
    }

    /// Reads a workflow by its path. It is called as the file is, without `.toml`.
    fn workflow_file(&self, path: &str) -> Result<Workflow, Fault> {
        let stem = Path::new(path)
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned());
        let Some(name) = stem.filter(|stem| plan::is_name(stem)) else {
            return Err(Fault::wrong(
                format!("the file {path} is not called as a workflow can be"),
                "call it by 1 to 64 lower-case letters, digits and hyphens, with `.toml` behind them",
            ));
        };
        let bytes = read_named(&self.dir.join(path), plan::BYTES_MAX as u64)?;
        Ok(Workflow::parse_bytes(&name, path, &bytes)?)
    }

    /// Reads a workflow by its name, and says where it was.
    fn named_workflow(&self, name: &str) -> Result<Option<(Workflow, &'static str)>, Fault> {
        if !plan::is_name(name) {
            return Ok(None);
        }
        if let Some(work_tree) = self.work_tree_if_there()? {
            let shown = format!("{FOLDER}/{name}.toml");
            let path = work_tree.join(&shown);
            if path.symlink_metadata().is_ok() {
                keep_from_links(&path, &shown)?;
                let bytes = read_named(&path, plan::BYTES_MAX as u64)?;
                return Ok(Some((Workflow::parse_bytes(name, &shown, &bytes)?, "work-tree")));
            }
        }
        match Shipped::named(name) {
            Some(shipped) => Ok(Some((shipped.parse()?, "shipped"))),
            None => Ok(None),
        }
    }

    /// Lists the names of the work tree's own workflows.
    fn own_workflows(&self) -> Result<Vec<String>, Fault> {
        let Some(work_tree) = self.work_tree_if_there()? else {
            return Ok(Vec::new());
        };
        let folder = work_tree.join(FOLDER);
        if !folder.is_dir() {
            return Ok(Vec::new());
        }
        keep_from_links(&folder, FOLDER)?;
        let io = |source| Fault::Io {
            path: folder.clone(),
            source,
        };
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&folder).map_err(io)?.take(FILES_MAX) {
            let file = entry.map_err(io)?.file_name();
            let name = file.to_str().and_then(|file| file.strip_suffix(".toml"));
            names.extend(name.filter(|name| plan::is_name(name)).map(str::to_owned));
        }
        names.sort();
        Ok(names)
    }

    /// The repository; none outside of any.
    fn repository_if_there(&self) -> Result<Option<Repository>, Fault> {
        match self.repository() {
            Ok(repository) => Ok(Some(repository)),
            Err(Fault::Repository(OpenError::Discover(DiscoverError::NotFound(_)))) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// The root of the work tree; none outside of a repository, and in one that has none.
    fn work_tree_if_there(&self) -> Result<Option<PathBuf>, Fault> {
        Ok(self
            .repository_if_there()?
            .and_then(|repository| repository.places().work_tree.clone()))
    }

    fn no_workflow(&self, name: &str) -> Fault {
        let own = self.own_workflows().unwrap_or_default();
        let known: Vec<&str> = own
            .iter()
            .map(String::as_str)
            .chain(SHIPPED.iter().map(|shipped| shipped.name))
            .collect();
        let hint = match nearest(name, known) {
            Some(near) => format!("did you mean `{near}`? `assize workflow list` lists them all"),
            None => format!(
                "write it as {FOLDER}/{name}.toml, or name a file; `assize workflow list` lists those there are"
            ),
        };
        Fault::wrong(format!("there is no workflow `{name}`"), hint)
    }
}

/// Refuses a link in a work tree from somebody else: it must not choose what is read.
fn keep_from_links(path: &Path, shown: &str) -> Result<(), Fault> {
    if path.canonicalize().is_ok_and(|real| real != path) {
        return Err(Fault::wrong(
            format!("{shown} is a link or lies behind one"),
            "put the file itself there, or name the file that is meant",
        ));
    }
    Ok(())
}

fn bind(found: &Found, given: &BTreeMap<String, serde_json::Value>, default_council: &str) -> Result<Plan, Refused> {
    found.workflow.bind(
        given,
        &Setting {
            default_council,
            mode: None,
            library: &found.library,
        },
    )
}

fn file_view(workflow: &Workflow, source: &'static str) -> WorkflowFileView {
    let parameters = workflow.parameters().iter().map(|parameter| ParameterView {
        name: parameter.name.clone(),
        kind: parameter.kind.name(),
        summary: parameter.summary.clone(),
        default: parameter.default.clone(),
        choices: parameter.choices.clone(),
    });
    WorkflowFileView {
        name: workflow.name().to_owned(),
        source,
        file: workflow.file_name().to_owned(),
        digest: workflow.digest().to_string(),
        summary: workflow.summary().to_owned(),
        mode: workflow.mode().name(),
        tasks: workflow.task_count(),
        parameters: parameters.collect(),
    }
}

fn plan_view(found: &Found, plan: &Plan, timing: &Timing, digest: Digest) -> WorkflowPlanView {
    let name = |place: usize| plan.tasks.get(place).map(|node| node.name.clone()).unwrap_or_default();
    let critical: BTreeSet<usize> = timing.critical.iter().copied().collect();
    let is_work = |place: &usize| plan.tasks.get(*place).is_some_and(|node| node.work != Work::Join);
    let tasks = plan.tasks.iter().zip(&timing.tasks).zip(layers(plan)).enumerate();
    let tasks = tasks.map(|(place, ((node, time), layer))| PlannedTaskView {
        name: node.name.clone(),
        summary: node.summary.clone(),
        agent: match &node.work {
            Work::Agent(agent) => Some(agent.clone()),
            Work::Join => None,
        },
        kind: node.kind.clone(),
        needs: node
            .needs
            .iter()
            .map(|need| NeedView {
                task: name(need.task),
                gate: need.gate.clone(),
            })
            .collect(),
        inputs: node.inputs.keys().cloned().collect(),
        councils: node.councils.clone(),
        layer: layer.saturating_add(1),
        seconds: time.seconds,
        start_seconds: time.start,
        slack_seconds: time.slack,
        critical: critical.contains(&place),
        undo: node.undo.map(name),
        undoes: node.is_undo,
    });
    WorkflowPlanView {
        schema: "assize.workflow-plan/1",
        workflow: file_view(&found.workflow, found.source),
        plan: digest.to_string(),
        mode: plan.mode.name(),
        branch: plan.branch.clone(),
        concurrency: plan.concurrency,
        timeout_seconds: plan.timeout_seconds,
        critical_path: timing.critical.iter().copied().filter(is_work).map(name).collect(),
        critical_seconds: timing.seconds,
        limited_seconds: timing.limited_seconds,
        work_seconds: timing.work_seconds,
        width: timing.width,
        unknown: timing.unknown,
        tasks: tasks.collect(),
    }
}

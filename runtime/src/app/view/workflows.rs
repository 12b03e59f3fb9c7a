//! Workflows and their plans, as every surface shows them.

use serde::Serialize;
use serde_json::Value;

use super::policies::PolicyFileView;

/// One parameter of a workflow.
#[derive(Debug, Clone, Serialize)]
pub struct ParameterView {
    /// Its name.
    pub name: String,
    /// `text`, `number`, `boolean` or `list`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// What it is for; empty where the workflow does not say.
    pub summary: String,
    /// Its value where nothing is given; absent where something must be given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// What a text may be; empty where it may be anything.
    pub choices: Vec<String>,
}

/// One workflow.
#[derive(Debug, Clone, Serialize)]
pub struct WorkflowFileView {
    /// Its name.
    pub name: String,
    /// `work-tree`, `shipped` or `file`.
    pub source: &'static str,
    /// What messages call the file.
    pub file: String,
    /// SHA-256 of its text, in hex.
    pub digest: String,
    /// What it is for; empty where the file does not say.
    pub summary: String,
    /// `strict`, `auto` or `dry-run`.
    pub mode: &'static str,
    /// How many tasks the file has.
    pub tasks: usize,
    /// What it is given.
    pub parameters: Vec<ParameterView>,
}

/// Workflow files without mistakes.
#[derive(Debug, Clone, Serialize)]
pub struct WorkflowCheckView {
    /// `assize.workflow-check/1`.
    pub schema: &'static str,
    /// The workflows, as they were named.
    pub workflows: Vec<WorkflowFileView>,
    /// The policy that agents and councils were looked up in; none outside of a repository.
    pub policy: Option<PolicyFileView>,
}

/// A file that is no workflow.
#[derive(Debug, Clone, Serialize)]
pub struct BrokenWorkflowView {
    /// The file.
    pub file: String,
    /// What is wrong first.
    pub problem: String,
    /// How many problems there are in all.
    pub problems: usize,
}

/// The workflows that can be named here.
#[derive(Debug, Clone, Serialize)]
pub struct WorkflowListView {
    /// `assize.workflow-list/1`.
    pub schema: &'static str,
    /// The workflows, by name. One of the work tree hides one of the same name that comes with Assize.
    pub workflows: Vec<WorkflowFileView>,
    /// Files among them that are none.
    pub broken: Vec<BrokenWorkflowView>,
}

/// One edge: what a task needs.
#[derive(Debug, Clone, Serialize)]
pub struct NeedView {
    /// The task.
    pub task: String,
    /// The council that must have approved its change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gate: Option<String>,
}

/// One task of a plan.
#[derive(Debug, Clone, Serialize)]
pub struct PlannedTaskView {
    /// Its name.
    pub name: String,
    /// What it is for; empty where the workflow does not say.
    pub summary: String,
    /// The agent; none where the task only joins others.
    pub agent: Option<String>,
    /// The task's type.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// What it needs.
    pub needs: Vec<NeedView>,
    /// The names of what it is given.
    pub inputs: Vec<String>,
    /// Who judges its change.
    pub councils: Vec<String>,
    /// The layer that it stands in, from 1: whatever stands in one layer can run at once.
    pub layer: usize,
    /// How long it takes, in seconds; none where nobody knows.
    pub seconds: Option<u64>,
    /// When it can start, in seconds from the start of the run.
    pub start_seconds: u64,
    /// How much later it may start without making the run later, in seconds.
    pub slack_seconds: u64,
    /// Whether it lies on the critical path.
    pub critical: bool,
    /// The task that makes good for it, if the run fails later.
    pub undo: Option<String>,
    /// Whether it only undoes.
    pub undoes: bool,
}

/// The plan of a run.
#[derive(Debug, Clone, Serialize)]
pub struct WorkflowPlanView {
    /// `assize.workflow-plan/1`.
    pub schema: &'static str,
    /// The workflow.
    pub workflow: WorkflowFileView,
    /// SHA-256 of the plan in stored form, in hex: what a run with these values is identified by.
    pub plan: String,
    /// `strict`, `auto` or `dry-run`.
    pub mode: &'static str,
    /// The branch that results land on; none for the one that is checked out.
    pub branch: Option<String>,
    /// How many tasks run at once, at most.
    pub concurrency: u32,
    /// How long the run may take, in seconds.
    pub timeout_seconds: Option<u64>,
    /// The tasks of the critical path, in order.
    pub critical_path: Vec<String>,
    /// How long it takes: the plan cannot be done in less.
    pub critical_seconds: u64,
    /// How long the plan takes with as many tasks at once as it allows.
    pub limited_seconds: u64,
    /// How long all tasks take one after the other.
    pub work_seconds: u64,
    /// How many tasks run at once, at most, where each starts as early as it can.
    pub width: usize,
    /// Of how many tasks nobody knows how long they take.
    pub unknown: usize,
    /// The tasks, each behind everything that it needs.
    pub tasks: Vec<PlannedTaskView>,
}

/// A plan as a drawing.
#[derive(Debug, Clone, Serialize)]
pub struct WorkflowGraphView {
    /// `assize.workflow-graph/1`.
    pub schema: &'static str,
    /// The workflow's name.
    pub workflow: String,
    /// `text` or `svg`.
    #[serde(rename = "as")]
    pub form: &'static str,
    /// The drawing.
    pub drawing: String,
}

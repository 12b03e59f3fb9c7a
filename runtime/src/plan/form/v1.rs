//! Version 1 of the stored form. Frozen: the fields never change, else it is a new version beside this one.
//!
//! A plan is canonical JSON (RFC 8785):
//!
//! ```text
//! {"concurrency":4,"mode":"auto","tasks":[{"agent":"builder","confirm":true,"councils":["default"],"name":"build",…}],"v":1,…}
//! ```
//!
//! The fields are those of [`Plan`] and [`Node`]. A task without `agent` is a join. A field without a value, an empty list or
//! table, a priority of 0, `is_undo` where it is false and the retry of a task that is tried once are absent, and unknown fields
//! are refused. A source is `{"value":…}`, `{"task":0,"path":[…]}` or `{"history":true}`.

use super::FormError;
use crate::plan::{Cause, Mode, Need, Node, Plan, Retry, Source, Work};
use assize_provenance::canonical;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

const VERSION: u64 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlanV1 {
    workflow: String,
    mode: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    branch: Option<String>,
    concurrency: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    timeout_seconds: Option<u64>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    keys: BTreeMap<String, u32>,
    tasks: Vec<NodeV1>,
    v: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NodeV1 {
    name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    summary: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    agent: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    needs: Vec<NeedV1>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    inputs: BTreeMap<String, SourceV1>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    councils: Vec<String>,
    confirm: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retry: Option<RetryV1>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    timeout_seconds: Option<u64>,
    #[serde(default, skip_serializing_if = "is_unset")]
    priority: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    undo: Option<usize>,
    #[serde(default, skip_serializing_if = "is_unset")]
    is_undo: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    estimate_seconds: Option<u64>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NeedV1 {
    task: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gate: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceV1 {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    task: Option<usize>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    path: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    history: Option<bool>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RetryV1 {
    attempts: u32,
    delay_ms: u64,
    factor_percent: u32,
    delay_ms_max: u64,
    jitter_percent: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    on: Vec<String>,
}

pub(super) fn encode(plan: &Plan) -> Result<Vec<u8>, FormError> {
    let plan = PlanV1 {
        workflow: plan.workflow.clone(),
        mode: plan.mode.name().to_owned(),
        branch: plan.branch.clone(),
        concurrency: plan.concurrency,
        timeout_seconds: plan.timeout_seconds,
        keys: plan.keys.clone(),
        tasks: plan.tasks.iter().map(write_node).collect(),
        v: VERSION,
    };
    let value = serde_json::to_value(plan).map_err(|error| FormError::Field(error.to_string()))?;
    Ok(canonical::to_bytes(&value)?)
}

pub(super) fn decode(value: Value) -> Result<Plan, FormError> {
    let plan: PlanV1 = serde_json::from_value(value).map_err(|error| FormError::Field(error.to_string()))?;
    if plan.v != VERSION {
        return Err(FormError::Field(format!("it is of version {}", plan.v)));
    }
    let mode = Mode::ALL.into_iter().find(|mode| mode.name() == plan.mode);
    Ok(Plan {
        workflow: plan.workflow,
        mode: mode.ok_or_else(|| FormError::Field("`mode` is unknown".to_owned()))?,
        branch: plan.branch,
        concurrency: plan.concurrency,
        timeout_seconds: plan.timeout_seconds,
        keys: plan.keys,
        tasks: plan.tasks.into_iter().map(read_node).collect::<Result<_, _>>()?,
    })
}

fn write_node(node: &Node) -> NodeV1 {
    NodeV1 {
        name: node.name.clone(),
        summary: node.summary.clone(),
        kind: node.kind.clone(),
        agent: match &node.work {
            Work::Agent(agent) => Some(agent.clone()),
            Work::Join => None,
        },
        needs: node.needs.iter().map(write_need).collect(),
        inputs: node
            .inputs
            .iter()
            .map(|(name, source)| (name.clone(), write_source(source)))
            .collect(),
        councils: node.councils.clone(),
        confirm: node.confirm,
        retry: (node.retry != once()).then(|| write_retry(&node.retry)),
        timeout_seconds: node.timeout_seconds,
        priority: node.priority,
        key: node.key.clone(),
        undo: node.undo,
        is_undo: node.is_undo,
        estimate_seconds: node.estimate_seconds,
    }
}

/// The retry that a field without a value stands for.
fn once() -> Retry {
    Retry {
        attempts: 1,
        delay_ms: 100,
        factor_percent: 200,
        delay_ms_max: 60_000,
        jitter_percent: 0,
        on: vec![Cause::Faulted, Cause::Broken, Cause::TimedOut],
    }
}

/// Tells whether a field has the value that stands for none.
fn is_unset<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn write_retry(retry: &Retry) -> RetryV1 {
    RetryV1 {
        attempts: retry.attempts,
        delay_ms: retry.delay_ms,
        factor_percent: retry.factor_percent,
        delay_ms_max: retry.delay_ms_max,
        jitter_percent: retry.jitter_percent,
        on: retry.on.iter().map(|cause| cause.name().to_owned()).collect(),
    }
}

fn read_retry(retry: RetryV1) -> Result<Retry, FormError> {
    let on = retry
        .on
        .iter()
        .map(|name| Cause::named(name).ok_or_else(|| FormError::Field("`on` names an unknown cause".to_owned())));
    Ok(Retry {
        attempts: retry.attempts,
        delay_ms: retry.delay_ms,
        factor_percent: retry.factor_percent,
        delay_ms_max: retry.delay_ms_max,
        jitter_percent: retry.jitter_percent,
        on: on.collect::<Result<_, _>>()?,
    })
}

fn write_need(need: &Need) -> NeedV1 {
    NeedV1 {
        task: need.task,
        gate: need.gate.clone(),
    }
}

fn write_source(source: &Source) -> SourceV1 {
    let mut written = SourceV1 {
        value: None,
        task: None,
        path: Vec::new(),
        history: None,
    };
    match source {
        Source::Value(value) => written.value = Some(value.clone()),
        Source::Output { task, path } => {
            written.task = Some(*task);
            written.path.clone_from(path);
        }
        Source::History => written.history = Some(true),
    }
    written
}

fn read_node(node: NodeV1) -> Result<Node, FormError> {
    let inputs = node
        .inputs
        .into_iter()
        .map(|(name, source)| Ok((name, read_source(source)?)));
    let need = |need: NeedV1| Need {
        task: need.task,
        gate: need.gate,
    };
    Ok(Node {
        name: node.name,
        summary: node.summary,
        kind: node.kind,
        work: node.agent.map_or(Work::Join, Work::Agent),
        needs: node.needs.into_iter().map(need).collect(),
        inputs: inputs.collect::<Result<_, FormError>>()?,
        councils: node.councils,
        confirm: node.confirm,
        retry: node.retry.map_or_else(|| Ok(once()), read_retry)?,
        timeout_seconds: node.timeout_seconds,
        priority: node.priority,
        key: node.key,
        undo: node.undo,
        is_undo: node.is_undo,
        estimate_seconds: node.estimate_seconds,
    })
}

fn read_source(source: SourceV1) -> Result<Source, FormError> {
    match (source.value, source.task, source.history) {
        (Some(value), None, None) if source.path.is_empty() => Ok(Source::Value(value)),
        (None, Some(task), None) => Ok(Source::Output {
            task,
            path: source.path,
        }),
        (None, None, Some(true)) if source.path.is_empty() => Ok(Source::History),
        _ => Err(FormError::Field("an input has not exactly one source".to_owned())),
    }
}

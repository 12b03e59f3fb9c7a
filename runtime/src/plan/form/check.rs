//! What is true of every plan, wherever it came from.

use super::FormError;
use crate::plan::ancestors::Ancestors;
use crate::plan::authored::{
    ATTEMPTS_MAX, COPIES_MAX, DELAY_MS_MAX, ESTIMATE_MINUTES_MAX, FACTOR_PERCENT_MAX, PATH_MAX, PRIORITY_MAX,
    SECONDS_MAX,
};
use crate::plan::branch::is_branch;
use crate::plan::check::{NOBODY, is_input_name, is_name};
use crate::plan::value::is_plain;
use crate::plan::{EDGES_MAX, Node, Plan, Retry, Source, TASK_NAME_BYTES_MAX, TASKS_MAX, Work};
use std::collections::BTreeSet;

/// Checks everything that is true of every plan that a workflow is bound to.
///
/// # Errors
///
/// The first rule that it breaks.
pub fn check(plan: &Plan) -> Result<(), FormError> {
    check_whole(plan)?;
    let mut names = BTreeSet::new();
    for (place, node) in plan.tasks.iter().enumerate() {
        let fault = |fault| FormError::Task {
            task: node.name.clone(),
            fault,
        };
        check_names(node).map_err(fault)?;
        if !names.insert(node.name.as_str()) {
            return Err(fault("is there twice"));
        }
        check_numbers(node).map_err(fault)?;
        check_needs(plan, place, node).map_err(fault)?;
        check_work(node).map_err(fault)?;
        check_undo(plan, place, node).map_err(fault)?;
    }
    check_undone(plan)?;
    check_sources(plan)
}

fn check_whole(plan: &Plan) -> Result<(), FormError> {
    let is_most = |number: u32| (1..=TASKS_MAX).contains(&usize::try_from(number).unwrap_or(usize::MAX));
    let is_key = |(name, most): (&String, &u32)| is_name(name) && is_most(*most);
    let edges: usize = plan.tasks.iter().map(|node| node.needs.len()).sum();
    let fault = if !is_name(&plan.workflow) {
        "has no proper name"
    } else if !plan.branch.as_deref().is_none_or(is_branch) {
        "lands on a branch that git does not allow"
    } else if !is_most(plan.concurrency) {
        "runs too many tasks at once, or none"
    } else if !plan
        .timeout_seconds
        .is_none_or(|seconds| (1..=SECONDS_MAX).contains(&seconds))
    {
        "takes too long, or no time"
    } else if !plan.keys.iter().all(is_key) {
        "has a key out of range"
    } else if !(1..=TASKS_MAX).contains(&plan.tasks.len()) {
        "has too many tasks, or none"
    } else if edges > EDGES_MAX {
        "has too many edges"
    } else {
        return Ok(());
    };
    Err(FormError::Plan(fault))
}

/// Tells whether a part of a whole name is one: a task's own, which may have the number of a copy behind it.
fn is_part(part: &str) -> bool {
    let copy = part.rsplit_once('-').filter(|(_, number)| {
        number
            .parse::<u64>()
            .is_ok_and(|number| (1..=COPIES_MAX).contains(&number))
    });
    is_name(part) || copy.is_some_and(|(name, _)| is_name(name))
}

fn check_names(node: &Node) -> Result<(), &'static str> {
    let is_whole = node.name.len() <= TASK_NAME_BYTES_MAX && node.name.split('/').all(is_part);
    let councils: BTreeSet<&String> = node.councils.iter().collect();
    if !is_whole {
        Err("has no proper name")
    } else if !node.kind.as_deref().is_none_or(is_name) {
        Err("has a type without a proper name")
    } else if !node.key.as_deref().is_none_or(is_name) {
        Err("has a key without a proper name")
    } else if !node
        .councils
        .iter()
        .all(|council| is_name(council) && council != NOBODY)
    {
        Err("is judged by a council without a proper name")
    } else if councils.len() != node.councils.len() {
        Err("is judged by one council twice")
    } else if !node.inputs.keys().all(|name| is_input_name(name)) {
        Err("has an input without a proper name")
    } else {
        Ok(())
    }
}

fn check_numbers(node: &Node) -> Result<(), &'static str> {
    let Retry {
        attempts,
        delay_ms,
        factor_percent,
        delay_ms_max,
        jitter_percent,
        on,
    } = &node.retry;
    let causes: BTreeSet<_> = on.iter().collect();
    let estimate_max = ESTIMATE_MINUTES_MAX.saturating_mul(60);
    let is_retry = (1..=ATTEMPTS_MAX).contains(&u64::from(*attempts))
        && delay_ms <= delay_ms_max
        && *delay_ms_max <= DELAY_MS_MAX
        && (100..=FACTOR_PERCENT_MAX).contains(&u64::from(*factor_percent))
        && *jitter_percent <= 100
        && causes.len() == on.len();
    if !is_retry {
        Err("is tried again in a way that no workflow says")
    } else if !node
        .timeout_seconds
        .is_none_or(|seconds| (1..=SECONDS_MAX).contains(&seconds))
    {
        Err("has a time that is out of range")
    } else if !node
        .estimate_seconds
        .is_none_or(|seconds| (1..=estimate_max).contains(&seconds))
    {
        Err("has an estimate that is out of range")
    } else if !(-PRIORITY_MAX..=PRIORITY_MAX).contains(&node.priority) {
        Err("has a priority that is out of range")
    } else {
        Ok(())
    }
}

/// Checks that a task stands behind what it needs, that each edge stands there once, and that gates are looked at.
fn check_needs(plan: &Plan, place: usize, node: &Node) -> Result<(), &'static str> {
    let is_sorted = node
        .needs
        .windows(2)
        .all(|pair| matches!(pair, [one, other] if (one.task, &one.gate) < (other.task, &other.gate)));
    if !is_sorted {
        return Err("does not need what it needs once and in order");
    }
    for need in &node.needs {
        let Some(needed) = plan.tasks.get(need.task).filter(|_| need.task < place) else {
            return Err("needs a task that does not stand before it");
        };
        if needed.is_undo {
            return Err("needs a task that only undoes");
        }
        if need.gate.as_ref().is_some_and(|gate| !needed.councils.contains(gate)) {
            return Err("needs a verdict that nobody comes to");
        }
    }
    Ok(())
}

/// Checks that a task of nobody has nothing that belongs to agents.
fn check_work(node: &Node) -> Result<(), &'static str> {
    match &node.work {
        Work::Agent(agent) if !is_name(agent) => Err("is done by an agent without a proper name"),
        Work::Agent(_) if node.confirm && node.councils.is_empty() => Err("is confirmed, and nobody judges it"),
        Work::Agent(_) => Ok(()),
        Work::Join => {
            let is_bare = node.inputs.is_empty()
                && node.councils.is_empty()
                && !node.confirm
                && node.kind.is_none()
                && node.retry == Retry::default()
                && node.timeout_seconds.is_none()
                && node.priority == 0
                && node.key.is_none()
                && node.undo.is_none()
                && !node.is_undo
                && node.estimate_seconds.is_none();
            if is_bare {
                Ok(())
            } else {
                Err("is done by nobody and says how")
            }
        }
    }
}

fn check_undo(plan: &Plan, place: usize, node: &Node) -> Result<(), &'static str> {
    if node.is_undo && (!node.needs.is_empty() || node.undo.is_some()) {
        return Err("undoes, and needs something or is undone itself");
    }
    match node.undo {
        Some(undo) if undo <= place || !plan.tasks.get(undo).is_some_and(|undo| undo.is_undo) => {
            Err("is undone by a task that does not undo")
        }
        _ => Ok(()),
    }
}

/// Checks that each undo task belongs to exactly one task.
fn check_undone(plan: &Plan) -> Result<(), FormError> {
    let undoing: Vec<usize> = plan.tasks.iter().filter_map(|node| node.undo).collect();
    let distinct: BTreeSet<usize> = undoing.iter().copied().collect();
    let count = plan.tasks.iter().filter(|node| node.is_undo).count();
    if distinct.len() == undoing.len() && distinct.len() == count {
        Ok(())
    } else {
        Err(FormError::Plan("has an undo task that belongs to no task, or to two"))
    }
}

/// Checks that values are plain, and that outputs come from before.
fn check_sources(plan: &Plan) -> Result<(), FormError> {
    let mut undoes: Vec<Option<usize>> = vec![None; plan.tasks.len()];
    for (place, node) in plan.tasks.iter().enumerate() {
        if let Some(slot) = node.undo.and_then(|undo| undoes.get_mut(undo)) {
            *slot = Some(place);
        }
    }
    let earlier = Ancestors::of(plan.tasks.len(), 0..plan.tasks.len(), |place| {
        let needs = plan
            .tasks
            .get(place)
            .map(|node| node.needs.as_slice())
            .unwrap_or_default();
        let undone = undoes.get(place).copied().flatten();
        needs.iter().map(|need| need.task).chain(undone).collect()
    });
    for (place, node) in plan.tasks.iter().enumerate() {
        let is_right = |source: &Source| match source {
            Source::Value(value) => is_plain(value),
            Source::Output { task, path } => earlier.has(place, *task) && path.len() <= PATH_MAX,
            Source::History => true,
        };
        if !node.inputs.values().all(is_right) {
            return Err(FormError::Task {
                task: node.name.clone(),
                fault: "is given something that is no plain value, or is not done before it",
            });
        }
    }
    Ok(())
}

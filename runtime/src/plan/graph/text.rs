//! A plan as text: layer by layer, one line for each task.

use super::layers;
use crate::plan::{Node, Plan, Work};

/// How many needs of a task are named; the others are counted.
const NEEDS_SHOWN_MAX: usize = 4;

/// Draws a plan layer by layer: what stands in one layer can run at once. Plain ASCII but for the arrows; every name of a plan
/// is.
#[must_use]
pub fn text(plan: &Plan) -> String {
    let layers = layers(plan);
    let mut order: Vec<(usize, usize)> = layers.iter().copied().zip(0..).collect();
    order.sort_unstable();
    let width = |text: &dyn Fn(&Node) -> usize| plan.tasks.iter().map(text).max().unwrap_or(0);
    let names = width(&|node| node.name.len());
    let doers = width(&|node| doer(node).len());
    let numbers = order
        .last()
        .map_or(1, |(layer, _)| layer.saturating_add(1).to_string().len());
    let mut drawn = String::new();
    let mut last = None;
    for (layer, place) in order {
        let Some(node) = plan.tasks.get(place) else { continue };
        let number = match last.replace(layer) {
            Some(last) if last == layer => String::new(),
            _ => layer.saturating_add(1).to_string(),
        };
        let line = format!(
            "{number:>numbers$}  {:names$}  {:doers$}  {}",
            node.name,
            doer(node),
            behind(plan, place, node)
        );
        drawn.push_str(line.trim_end());
        drawn.push('\n');
    }
    drawn
}

/// Who does a task.
fn doer(node: &Node) -> String {
    match &node.work {
        Work::Agent(agent) => agent.clone(),
        Work::Join => "-".to_owned(),
    }
}

/// What a task stands behind.
fn behind(plan: &Plan, place: usize, node: &Node) -> String {
    let name = |place: usize| plan.tasks.get(place).map(|node| node.name.as_str()).unwrap_or_default();
    if node.is_undo {
        let undone = plan.tasks.iter().find(|other| other.undo == Some(place));
        return format!("undoes {}", undone.map(|node| node.name.as_str()).unwrap_or_default());
    }
    let named = node.needs.iter().take(NEEDS_SHOWN_MAX).map(|need| match &need.gate {
        Some(gate) => format!("{} [{gate}]", name(need.task)),
        None => name(need.task).to_owned(),
    });
    let mut named: Vec<String> = named.collect();
    let more = node.needs.len().saturating_sub(NEEDS_SHOWN_MAX);
    if more > 0 {
        named.push(format!("and {more} more"));
    }
    if named.is_empty() {
        String::new()
    } else {
        format!("← {}", named.join(", "))
    }
}

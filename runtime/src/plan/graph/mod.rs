//! A plan as a drawing: its tasks in layers, each behind everything that it needs.

mod rows;
pub mod svg;
pub mod text;

use super::Plan;

/// Returns the layer of each task, from 0: one more than the last of what it needs. What only undoes stands one layer behind
/// the task that it undoes.
#[must_use]
pub fn layers(plan: &Plan) -> Vec<usize> {
    let mut layers: Vec<usize> = vec![0; plan.tasks.len()];
    for (place, node) in plan.tasks.iter().enumerate() {
        let needs = node.needs.iter().filter_map(|need| layers.get(need.task));
        let behind = needs.max().map_or(0, |layer| layer.saturating_add(1));
        // An undo task needs nothing, and its layer was set when the task was met that it undoes.
        let own = behind.max(layers.get(place).copied().unwrap_or(0));
        if let Some(slot) = layers.get_mut(place) {
            *slot = own;
        }
        if let Some(slot) = node.undo.and_then(|undo| layers.get_mut(undo)) {
            *slot = own.saturating_add(1);
        }
    }
    layers
}

//! Where the tasks of each layer stand, so that few edges cross: each beside the middle of what it needs.

use super::layers;
use crate::plan::Plan;

/// How often the layers are put in order, forwards and backwards.
const SWEEPS: usize = 4;

/// The most places that are kept free for edges which pass a layer. In larger drawings edges pass behind tasks.
const PASSES_MAX: usize = 20_000;

/// A drawing without measures: who stands in which layer, and in which row of it.
pub(super) struct Rows {
    /// The layers, each from top to bottom.
    pub(super) layers: Vec<Vec<Place>>,
    /// For each edge the places that it leads over, from its first to its last: layers and rows.
    pub(super) edges: Vec<Route>,
}

/// What stands in a row of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A task.
    Task(usize),
    /// An edge that passes.
    Pass,
}

/// An edge and the way that it takes.
pub(super) struct Route {
    /// The task it starts from: what is needed, or what is undone.
    pub(super) from: usize,
    /// The task it ends at.
    pub(super) to: usize,
    /// Whether it leads to a task that undoes.
    pub(super) is_undo: bool,
    /// The council whose verdict opens it.
    pub(super) gate: Option<String>,
    /// Layers and rows, the ends with it.
    pub(super) over: Vec<(usize, usize)>,
}

/// A task or a passing edge while the rows are put in order.
struct Item {
    place: Place,
    layer: usize,
    row: usize,
    before: Vec<usize>,
    behind: Vec<usize>,
}

impl Rows {
    /// Puts the tasks of a plan in layers and rows.
    pub(super) fn of(plan: &Plan) -> Self {
        let task_layers = layers(plan);
        let mut items: Vec<Item> = task_layers
            .iter()
            .enumerate()
            .map(|(task, layer)| Item::new(Place::Task(task), *layer))
            .collect();
        let mut routes = edges(plan);
        let passes = |route: &Route| {
            let layer = |task: usize| task_layers.get(task).copied().unwrap_or(0);
            layer(route.to).saturating_sub(layer(route.from)).saturating_sub(1)
        };
        let all: usize = routes.iter().map(passes).fold(0, usize::saturating_add);
        let mut ways: Vec<Vec<usize>> = Vec::with_capacity(routes.len());
        for route in &routes {
            let mut way = vec![route.from];
            let first = task_layers.get(route.from).copied().unwrap_or(0);
            if all <= PASSES_MAX {
                for step in 1..=passes(route) {
                    way.push(items.len());
                    items.push(Item::new(Place::Pass, first.saturating_add(step)));
                }
            }
            way.push(route.to);
            ways.push(way);
        }
        for pair in ways.iter().flat_map(|way| way.windows(2)) {
            if let [one, other] = pair {
                link(&mut items, *one, *other);
            }
        }
        let columns = order(&mut items);
        for (route, way) in routes.iter_mut().zip(&ways) {
            let spots = way.iter().filter_map(|item| items.get(*item));
            route.over = spots.map(|item| (item.layer, item.row)).collect();
        }
        let layers = columns.iter().map(|column| {
            let places = column.iter().filter_map(|item| items.get(*item));
            places.map(|item| item.place).collect()
        });
        Self {
            layers: layers.collect(),
            edges: routes,
        }
    }
}

impl Item {
    fn new(place: Place, layer: usize) -> Self {
        Self {
            place,
            layer,
            row: 0,
            before: Vec::new(),
            behind: Vec::new(),
        }
    }
}

/// The edges of a plan: needs, and what undoes what.
fn edges(plan: &Plan) -> Vec<Route> {
    let mut edges = Vec::new();
    for (place, node) in plan.tasks.iter().enumerate() {
        edges.extend(node.needs.iter().map(|need| Route {
            from: need.task,
            to: place,
            is_undo: false,
            gate: need.gate.clone(),
            over: Vec::new(),
        }));
        edges.extend(node.undo.map(|undo| Route {
            from: place,
            to: undo,
            is_undo: true,
            gate: None,
            over: Vec::new(),
        }));
    }
    edges
}

fn link(items: &mut [Item], one: usize, other: usize) {
    if let Some(item) = items.get_mut(one) {
        item.behind.push(other);
    }
    if let Some(item) = items.get_mut(other) {
        item.before.push(one);
    }
}

/// Puts every layer in order by the middle of what each item is linked to, forwards and backwards by turns; returns the layers.
fn order(items: &mut [Item]) -> Vec<Vec<usize>> {
    let count = items.iter().map(|item| item.layer.saturating_add(1)).max().unwrap_or(0);
    let mut columns: Vec<Vec<usize>> = vec![Vec::new(); count];
    for (place, item) in items.iter_mut().enumerate() {
        if let Some(column) = columns.get_mut(item.layer) {
            item.row = column.len();
            column.push(place);
        }
    }
    for sweep in 0..SWEEPS {
        let forwards = sweep.is_multiple_of(2);
        let turns: Vec<usize> = if forwards {
            (0..count).collect()
        } else {
            (0..count).rev().collect()
        };
        for turn in turns {
            let Some(column) = columns.get_mut(turn) else { continue };
            let middle = |place: &usize| {
                let item = items.get(*place)?;
                let linked = if forwards { &item.before } else { &item.behind };
                let rows = linked.iter().filter_map(|other| Some(items.get(*other)?.row));
                let (sum, count) = rows.fold((0_usize, 0_usize), |(sum, count), row| {
                    (sum.saturating_add(row), count.saturating_add(1))
                });
                // In thousandths of a row; what is linked to nothing stays where it is.
                let middle = sum.saturating_mul(1_000).checked_div(count);
                Some(middle.unwrap_or_else(|| item.row.saturating_mul(1_000)))
            };
            column.sort_by_cached_key(middle);
            for (row, place) in column.iter().enumerate() {
                if let Some(item) = items.get_mut(*place) {
                    item.row = row;
                }
            }
        }
    }
    columns
}

//! What of a plan is looked up again and again.

use std::collections::{BTreeMap, HashMap};

use super::illegal::{Illegal, Why};
use crate::plan::Plan;

/// How long a task takes that nobody estimated, in seconds.
const ESTIMATE_SECONDS: u64 = 1;

#[derive(Debug, Clone)]
pub(super) struct Graph {
    names: HashMap<String, usize>,
    /// Who needs a task, and by which of its needs.
    dependants: Vec<Vec<(usize, usize)>>,
    /// How long the longest way from the start of a task to the end of the run is, in seconds.
    paths: Vec<u64>,
    /// The tasks that an undoing task makes good for.
    undone: BTreeMap<usize, Vec<usize>>,
}

impl Graph {
    /// Reads a plan. Plans come from storage too, so that what binding promises is held once more.
    pub(super) fn of(plan: &Plan) -> Result<Self, Illegal> {
        let tasks = plan.tasks.len();
        let wrong = |why: String| Illegal::new("started", Why::Plan(why));
        let mut names = HashMap::with_capacity(tasks);
        let mut dependants = vec![Vec::new(); tasks];
        let mut undone: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (index, node) in plan.tasks.iter().enumerate() {
            if names.insert(node.name.clone(), index).is_some() {
                return Err(wrong(format!("two tasks are called `{}`", node.name)));
            }
            // What a task needs does not hold up the one that makes good for it.
            let needs = node.needs.iter().enumerate().filter(|_| !node.is_undo);
            for (need, task) in needs.map(|(need, edge)| (need, edge.task)) {
                match dependants.get_mut(task) {
                    Some(list) if task < index => list.push((index, need)),
                    _ => {
                        return Err(wrong(format!(
                            "`{}` needs a task that does not stand before it",
                            node.name
                        )));
                    }
                }
                if plan.tasks.get(task).is_some_and(|needed| needed.is_undo) {
                    return Err(wrong(format!("`{}` needs a task that only undoes another", node.name)));
                }
            }
            if let Some(undo) = node.undo {
                if !plan.tasks.get(undo).is_some_and(|undo| undo.is_undo) {
                    return Err(wrong(format!("what undoes `{}` is no task for that", node.name)));
                }
                undone.entry(undo).or_default().push(index);
            }
        }
        let mut paths = vec![0; tasks];
        for (index, node) in plan.tasks.iter().enumerate().rev() {
            let behind = dependants.get(index).into_iter().flatten();
            let longest = behind
                .filter_map(|(task, _)| paths.get(*task).copied())
                .max()
                .unwrap_or(0);
            if let Some(path) = paths.get_mut(index) {
                *path = node
                    .estimate_seconds
                    .unwrap_or(ESTIMATE_SECONDS)
                    .saturating_add(longest);
            }
        }
        Ok(Self {
            names,
            dependants,
            paths,
            undone,
        })
    }

    pub(super) fn named(&self, name: &str) -> Option<usize> {
        self.names.get(name).copied()
    }

    pub(super) fn dependants(&self, task: usize) -> &[(usize, usize)] {
        self.dependants.get(task).map_or(&[], Vec::as_slice)
    }

    pub(super) fn path(&self, task: usize) -> u64 {
        self.paths.get(task).copied().unwrap_or(0)
    }

    pub(super) fn undone_by(&self, undo: usize) -> &[usize] {
        self.undone.get(&undo).map_or(&[], Vec::as_slice)
    }
}

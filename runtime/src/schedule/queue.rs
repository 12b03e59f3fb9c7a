//! What may start, in the order in which it does.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// The place of a task in the queue; the smaller one starts first: what was interrupted before what is new, then the larger
/// priority, then what most work hangs on, then the order of the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    pub(super) fresh: bool,
    pub(super) priority: Reverse<i64>,
    pub(super) path: Reverse<u64>,
    pub(super) task: usize,
}

/// The queue. A task with a key stands in front only while its key has room, so that looking at the front never means
/// looking at everything that shares a key.
#[derive(Debug, Clone, Default)]
pub(super) struct Queue {
    front: BTreeSet<Rank>,
    keys: BTreeMap<String, Line>,
}

/// The tasks with one key.
#[derive(Debug, Clone, Default)]
struct Line {
    /// Those that stand in the front of the queue.
    front: BTreeSet<Rank>,
    /// Those for which there is no room.
    behind: BTreeSet<Rank>,
}

impl Queue {
    /// The task that starts next.
    pub(super) fn first(&self) -> Option<usize> {
        self.front.first().map(|rank| rank.task)
    }

    /// Puts a task into the queue; `free` is how many permits of its key are free.
    pub(super) fn insert(&mut self, rank: Rank, key: Option<&str>, free: u32) {
        match key {
            None => {
                self.front.insert(rank);
            }
            Some(key) => {
                self.keys.entry(key.to_owned()).or_default().behind.insert(rank);
                self.settle(key, free);
            }
        }
    }

    /// Takes a task out of the queue.
    pub(super) fn remove(&mut self, rank: Rank, key: Option<&str>, free: u32) {
        self.front.remove(&rank);
        if let Some(key) = key {
            if let Some(line) = self.keys.get_mut(key) {
                line.front.remove(&rank);
                line.behind.remove(&rank);
            }
            self.settle(key, free);
        }
    }

    /// Lets as many tasks of a key stand in front as permits are free, the first of them.
    pub(super) fn settle(&mut self, key: &str, free: u32) {
        let room = usize::try_from(free).unwrap_or(usize::MAX);
        let Some(line) = self.keys.get_mut(key) else { return };
        while line.front.len() > room || line.overtaken() {
            let Some(rank) = line.front.pop_last() else { break };
            self.front.remove(&rank);
            line.behind.insert(rank);
        }
        while line.front.len() < room {
            let Some(rank) = line.behind.pop_first() else { break };
            self.front.insert(rank);
            line.front.insert(rank);
        }
        if line.front.is_empty() && line.behind.is_empty() {
            self.keys.remove(key);
        }
    }
}

impl Line {
    /// Whether somebody behind goes before the last one in front.
    fn overtaken(&self) -> bool {
        match (self.front.last(), self.behind.first()) {
            (Some(last), Some(first)) => first < last,
            (None, _) | (_, None) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rank(priority: i64, task: usize) -> Rank {
        Rank {
            fresh: true,
            priority: Reverse(priority),
            path: Reverse(0),
            task,
        }
    }

    fn drained(mut queue: Queue) -> Vec<usize> {
        std::iter::from_fn(|| queue.front.pop_first().map(|rank| rank.task)).collect()
    }

    #[test]
    fn a_key_lets_as_many_through_as_it_has_room() {
        let mut queue = Queue::default();
        queue.insert(rank(0, 3), Some("changelog"), 1);
        queue.insert(rank(0, 1), Some("changelog"), 1);
        queue.insert(rank(9, 2), Some("changelog"), 1);
        queue.insert(rank(0, 4), None, 0);
        assert_eq!(drained(queue.clone()), [2, 4]);
        queue.settle("changelog", 2);
        assert_eq!(drained(queue.clone()), [2, 1, 4]);
        queue.remove(rank(9, 2), Some("changelog"), 1);
        assert_eq!(drained(queue.clone()), [1, 4]);
        queue.settle("changelog", 0);
        assert_eq!(drained(queue), [4]);
    }
}

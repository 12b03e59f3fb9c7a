//! How long a plan takes: its critical path, the slack of each task, and how many tasks run at once.

use super::{Node, Plan, Work};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

/// How long a plan takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timing {
    /// Each task of the plan, in its order.
    pub tasks: Vec<TaskTime>,
    /// The tasks of a longest way through the plan, in order. Whatever is late here makes the run late.
    pub critical: Vec<usize>,
    /// How long that way takes: the plan cannot be done in less.
    pub seconds: u64,
    /// How long the plan takes with as many tasks at once as it allows.
    pub limited_seconds: u64,
    /// How long all tasks take one after the other.
    pub work_seconds: u64,
    /// How many tasks run at once, at most, where each starts as early as it can. A task of unknown length counts as one second.
    pub width: usize,
    /// Of how many tasks nobody knows how long they take; they count as taking no time.
    pub unknown: usize,
}

/// How long one task takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TaskTime {
    /// How long it takes; none where nobody knows.
    pub seconds: Option<u64>,
    /// When it can start, in seconds from the start of the run.
    pub start: u64,
    /// How much later it may start without making the run later.
    pub slack: u64,
    /// How long it takes from its start to the end of the longest way behind it.
    pub tail: u64,
}

/// Works out how long a plan takes, from the lengths of tasks that were measured, and else from what their authors think. Tasks
/// that only undo take no part.
#[must_use]
pub fn timing(plan: &Plan, measured: &BTreeMap<String, u64>) -> Timing {
    let lengths: Vec<Option<u64>> = plan.tasks.iter().map(|node| length(node, measured)).collect();
    let known: Vec<u64> = lengths.iter().map(|seconds| seconds.unwrap_or(0)).collect();
    let ways = Ways::into_each(plan, &known);
    let tails = tails(plan, &known);
    let starts: Vec<u64> = ways
        .0
        .iter()
        .zip(&known)
        .map(|(way, own)| way.seconds.saturating_sub(*own))
        .collect();
    let seconds = ways.0.iter().map(|way| way.seconds).max().unwrap_or(0);
    let tasks = lengths
        .iter()
        .zip(&starts)
        .zip(&tails)
        .map(|((seconds_of, start), tail)| TaskTime {
            seconds: *seconds_of,
            start: *start,
            slack: seconds.saturating_sub(start.saturating_add(*tail)),
            tail: *tail,
        });
    Timing {
        tasks: tasks.collect(),
        critical: ways.longest(plan),
        seconds,
        limited_seconds: limited(plan, &known, &tails),
        work_seconds: known.iter().copied().fold(0, u64::saturating_add),
        width: width(plan, &lengths),
        unknown: lengths.iter().filter(|seconds| seconds.is_none()).count(),
    }
}

/// How long a task takes; nothing where nobody knows.
fn length(node: &Node, measured: &BTreeMap<String, u64>) -> Option<u64> {
    match node.work {
        Work::Agent(_) if !node.is_undo => measured.get(&node.name).copied().or(node.estimate_seconds),
        Work::Agent(_) | Work::Join => Some(0),
    }
}

/// Tells whether a task takes part, and somebody does it.
fn is_done_by_somebody(node: &Node) -> bool {
    !node.is_undo && node.work != Work::Join
}

/// A way through the plan that ends with a task: how long, and over how many tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
struct Way {
    seconds: u64,
    tasks: usize,
}

/// The longest way that ends with each task.
struct Ways(Vec<Way>);

impl Ways {
    fn into_each(plan: &Plan, known: &[u64]) -> Self {
        let mut ways: Vec<Way> = Vec::with_capacity(plan.tasks.len());
        for (node, own) in plan.tasks.iter().zip(known) {
            let before = node.needs.iter().filter_map(|need| ways.get(need.task));
            let longest = before.copied().max().unwrap_or_default();
            ways.push(Way {
                seconds: longest.seconds.saturating_add(*own),
                tasks: longest.tasks.saturating_add(usize::from(is_done_by_somebody(node))),
            });
        }
        Self(ways)
    }

    /// The tasks of the longest way of all; of several the one that is first in the plan.
    fn longest(&self, plan: &Plan) -> Vec<usize> {
        let best = |places: &mut dyn Iterator<Item = usize>| {
            let ways = places.filter_map(|place| Some((*self.0.get(place)?, Reverse(place))));
            ways.max().map(|(_, Reverse(place))| place)
        };
        let mut here = best(&mut (0..plan.tasks.len()));
        let mut longest = Vec::new();
        while let Some(node) = here.and_then(|place| plan.tasks.get(place)) {
            longest.extend(here);
            here = best(&mut node.needs.iter().map(|need| need.task));
        }
        longest.reverse();
        longest
    }
}

/// How long it takes from the start of each task to the end of the longest way behind it.
fn tails(plan: &Plan, known: &[u64]) -> Vec<u64> {
    let mut behind: Vec<u64> = vec![0; plan.tasks.len()];
    for (place, node) in plan.tasks.iter().enumerate().rev() {
        let own = known.get(place).copied().unwrap_or(0);
        let tail = behind.get(place).copied().unwrap_or(0).saturating_add(own);
        if let Some(slot) = behind.get_mut(place) {
            *slot = tail;
        }
        for need in &node.needs {
            if let Some(slot) = behind.get_mut(need.task) {
                *slot = tail.max(*slot);
            }
        }
    }
    behind
}

/// How many tasks run at once, at most, where each starts as early as it can.
fn width(plan: &Plan, lengths: &[Option<u64>]) -> usize {
    let counted: Vec<u64> = plan
        .tasks
        .iter()
        .zip(lengths)
        .map(|(node, seconds)| match seconds {
            _ if !is_done_by_somebody(node) => 0,
            Some(seconds) => *seconds,
            None => 1,
        })
        .collect();
    let ends = Ways::into_each(plan, &counted).0;
    // An end comes before a start at the same time.
    let mut changes: Vec<(u64, bool)> = Vec::new();
    for (way, own) in ends.iter().zip(&counted).filter(|(_, own)| **own > 0) {
        changes.push((way.seconds.saturating_sub(*own), true));
        changes.push((way.seconds, false));
    }
    changes.sort_unstable();
    let (mut running, mut most) = (0_usize, 0_usize);
    for (_, starts) in changes {
        running = if starts {
            running.saturating_add(1)
        } else {
            running.saturating_sub(1)
        };
        most = most.max(running);
    }
    most
}

/// How long the plan takes with as many tasks at once as it allows, in all and by key. What goes first is the same as in a run:
/// the larger priority, then the longer way behind a task, then the order of the plan.
fn limited(plan: &Plan, known: &[u64], tails: &[u64]) -> u64 {
    let mut floor = Floor::of(plan, tails);
    let mut running: BinaryHeap<Reverse<(u64, usize)>> = BinaryHeap::new();
    let mut now: u64 = 0;
    loop {
        while let Some(place) = floor.start(running.len()) {
            let own = known.get(place).copied().unwrap_or(0);
            running.push(Reverse((now.saturating_add(own), place)));
        }
        let Some(Reverse((end, place))) = running.pop() else {
            return now;
        };
        now = end;
        floor.end(place);
    }
}

/// The tasks that are ready, and those that wait.
struct Floor<'a> {
    plan: &'a Plan,
    tails: &'a [u64],
    /// How many tasks each one still waits for.
    waits: Vec<usize>,
    behind: Vec<Vec<usize>>,
    ready: BTreeSet<Turn>,
    /// How many tasks with a key run.
    held: BTreeMap<&'a str, u32>,
    /// What is ready but for its key.
    kept: BTreeMap<&'a str, BTreeSet<Turn>>,
}

/// When it is a task's turn: the smallest goes first.
type Turn = (Reverse<i64>, Reverse<u64>, usize);

impl<'a> Floor<'a> {
    fn of(plan: &'a Plan, tails: &'a [u64]) -> Self {
        let mut behind = vec![Vec::new(); plan.tasks.len()];
        let mut waits = Vec::with_capacity(plan.tasks.len());
        for (place, node) in plan.tasks.iter().enumerate() {
            let needs: BTreeSet<usize> = node.needs.iter().map(|need| need.task).collect();
            waits.push(needs.len());
            for need in needs {
                if let Some(behind) = behind.get_mut(need) {
                    behind.push(place);
                }
            }
        }
        let free: Vec<usize> = waits
            .iter()
            .enumerate()
            .filter_map(|(place, waits)| (*waits == 0).then_some(place))
            .collect();
        let mut floor = Self {
            plan,
            tails,
            waits,
            behind,
            ready: BTreeSet::new(),
            held: BTreeMap::new(),
            kept: BTreeMap::new(),
        };
        floor.free(free);
        floor
    }

    /// Lets tasks onto the floor that wait for nothing any more. What nobody does is done at once.
    fn free(&mut self, mut free: Vec<usize>) {
        while let Some(place) = free.pop() {
            let Some(node) = self.plan.tasks.get(place).filter(|node| !node.is_undo) else {
                continue;
            };
            if node.work == Work::Join {
                free.extend(self.release(place));
            } else {
                let tail = self.tails.get(place).copied().unwrap_or(0);
                self.ready.insert((Reverse(node.priority), Reverse(tail), place));
            }
        }
    }

    /// Counts a task as done, and returns what waited for nothing else.
    fn release(&mut self, place: usize) -> Vec<usize> {
        let behind = self.behind.get(place).cloned().unwrap_or_default();
        behind
            .into_iter()
            .filter(|next| match self.waits.get_mut(*next) {
                Some(waits) => {
                    *waits = waits.saturating_sub(1);
                    *waits == 0
                }
                None => false,
            })
            .collect()
    }

    /// Starts the next task, if there is room beside those that run.
    fn start(&mut self, running: usize) -> Option<usize> {
        let most = usize::try_from(self.plan.concurrency).unwrap_or(usize::MAX);
        if running >= most {
            return None;
        }
        loop {
            let turn = self.ready.pop_first()?;
            let plan = self.plan;
            let Some(key) = plan.tasks.get(turn.2).and_then(|node| node.key.as_deref()) else {
                return Some(turn.2);
            };
            let held = self.held.entry(key).or_default();
            if *held < plan.keys.get(key).copied().unwrap_or(1) {
                *held = held.saturating_add(1);
                return Some(turn.2);
            }
            self.kept.entry(key).or_default().insert(turn);
        }
    }

    /// Ends a task that was started.
    fn end(&mut self, place: usize) {
        if let Some(key) = self.plan.tasks.get(place).and_then(|node| node.key.as_deref()) {
            if let Some(held) = self.held.get_mut(key) {
                *held = held.saturating_sub(1);
            }
            let next = self.kept.get_mut(key).and_then(BTreeSet::pop_first);
            self.ready.extend(next);
        }
        let free = self.release(place);
        self.free(free);
    }
}

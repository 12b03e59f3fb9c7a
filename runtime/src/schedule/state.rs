//! Where a run stands.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use assize_provenance::digest::Digest;
use assize_provenance::verdict::Outcome;

use super::action::Action;
use super::bulkhead::Bulkhead;
use super::graph::Graph;
use super::illegal::{Illegal, Why};
use super::queue::Queue;
use super::request::Asked;
use super::task::{Phase, Place, Standing, Task, rank};
use crate::event::{RunId, Step};
use crate::plan::{Node, Plan};

/// The state of one run. Made of the steps of the run alone, in order; whoever applies the same steps has the same state.
///
/// ```text
/// Started ─▶ open ─▶ apply(step)… ─▶ recover ─▶ next(now) ─▶ actions, done by the driver ─▶ steps ─▶ apply …
/// ```
///
/// Every list that [`next`](Self::next) looks at is kept up to date as steps come in, so that no step costs more in a plan of
/// 10,000 tasks than in one of ten.
#[derive(Debug, Clone)]
pub struct State {
    pub(super) run: RunId,
    pub(super) plan: Arc<Plan>,
    pub(super) graph: Arc<Graph>,
    pub(super) plan_digest: Digest,
    pub(super) branch: String,
    pub(super) actor: String,
    pub(super) started_ms: u64,
    pub(super) newest: u64,
    pub(super) tasks: Vec<Task>,

    pub(super) queue: Queue,
    pub(super) keys: Bulkhead,
    pub(super) joins: BTreeSet<usize>,
    pub(super) worn_out: BTreeSet<usize>,
    pub(super) judging: BTreeSet<usize>,
    pub(super) landing: BTreeSet<(u64, usize)>,
    /// The task whose turn it is to land. One after the other: whoever has to be joined and judged again would otherwise
    /// lose the race for the branch again and again.
    pub(super) lander: Option<usize>,
    pub(super) stopping: BTreeSet<usize>,
    /// When waits are over, and since when they last.
    pub(super) due: BTreeSet<(u64, usize)>,
    pub(super) since: BTreeSet<(u64, usize)>,
    pub(super) active: BTreeSet<usize>,

    /// How many tasks the driver is about to start.
    pub(super) starting: usize,
    /// How many tasks hold a place of the concurrency limit.
    pub(super) slots: usize,
    /// How many tasks can still come to something. Undoing tasks are not counted here and below.
    pub(super) unsettled: usize,
    pub(super) failed: usize,
    pub(super) cancelled_tasks: usize,
    pub(super) blocked: usize,
    /// The tasks that succeeded, in that order.
    pub(super) succeeded: Vec<usize>,
    /// How many of them, from the last one on, have nothing left to undo.
    pub(super) undone: usize,
    pub(super) undo_turn: Option<usize>,

    pub(super) asked: BTreeMap<u64, Asked>,
    pub(super) answering: Option<Action>,
    pub(super) paused: bool,
    pub(super) cancelled: bool,
    pub(super) timed_out: bool,
    pub(super) winding: bool,
    pub(super) ended: Option<(String, String)>,
    pub(super) end_given: bool,
}

impl State {
    /// Begins with the first step of a run, `Started`, and the plan that it names.
    ///
    /// # Errors
    ///
    /// [`Illegal`] when the step is another, or when the plan is none that binding makes.
    pub fn open(sequence: u64, started: &Step, plan: Arc<Plan>) -> Result<Self, Illegal> {
        let Step::Started {
            run,
            plan: plan_digest,
            branch,
            actor,
            at_ms,
            ..
        } = started
        else {
            return Err(Illegal::new(super::illegal::name(started), Why::Start));
        };
        let graph = Graph::of(&plan)?;
        let tasks = plan.tasks.iter().map(|node| Task::new(node, *at_ms));
        let mut state = Self {
            run: *run,
            tasks: tasks.collect(),
            keys: Bulkhead::new(plan.keys.clone(), 1),
            graph: Arc::new(graph),
            plan_digest: *plan_digest,
            branch: branch.clone(),
            actor: actor.clone(),
            started_ms: *at_ms,
            newest: sequence,
            queue: Queue::default(),
            joins: BTreeSet::new(),
            worn_out: BTreeSet::new(),
            judging: BTreeSet::new(),
            landing: BTreeSet::new(),
            lander: None,
            stopping: BTreeSet::new(),
            due: BTreeSet::new(),
            since: BTreeSet::new(),
            active: BTreeSet::new(),
            starting: 0,
            slots: 0,
            unsettled: 0,
            failed: 0,
            cancelled_tasks: 0,
            blocked: 0,
            succeeded: Vec::new(),
            undone: 0,
            undo_turn: None,
            asked: BTreeMap::new(),
            answering: None,
            paused: false,
            cancelled: false,
            timed_out: plan.timeout_seconds == Some(0),
            winding: false,
            ended: None,
            end_given: false,
            plan,
        };
        for index in 0..state.tasks.len() {
            if let Some(place) = state.place(index) {
                state.enter(index, place);
            }
        }
        Ok(state)
    }

    /// A new driver takes over: what the one before had in hand is given anew, and attempts that were under way are begun
    /// again under their number.
    pub fn recover(&mut self) {
        for index in 0..self.tasks.len() {
            self.change(index, |task| {
                if task.phase == Phase::Running {
                    let since_ms = task.since_ms;
                    task.interruptions = task.interruptions.saturating_add(1);
                    task.go(Phase::Interrupted { killed: true }, since_ms);
                }
                // What was given to the driver before is given again.
                let (phase, since_ms) = (task.phase, task.since_ms);
                task.go(phase, since_ms);
            });
        }
        let turns = |index: &usize| {
            self.task(*index)
                .is_some_and(|task| task.joined && self.may_hold_turn(*index))
        };
        self.lander = (0..self.tasks.len()).find(turns);
        self.answering = None;
        self.end_given = false;
        self.undone = 0;
        self.undo_turn = None;
    }

    pub(super) fn task(&self, index: usize) -> Option<&Task> {
        self.tasks.get(index)
    }

    pub(super) fn node(&self, index: usize) -> Option<&Node> {
        self.plan.tasks.get(index)
    }

    pub(super) fn place(&self, index: usize) -> Option<Place> {
        Some(Place::of(self.task(index)?, self.node(index)?))
    }

    /// Changes a task, and whatever follows from it for the lists and for its dependants.
    pub(super) fn change(&mut self, index: usize, change: impl FnOnce(&mut Task)) {
        let Some((before, after)) = self.change_alone(index, change) else {
            return;
        };
        let mut changed = vec![(index, before, after)];
        while let Some((index, before, after)) = changed.pop() {
            if before == after {
                continue;
            }
            for edge in 0..self.graph.dependants(index).len() {
                let Some((dependant, need)) = self.graph.dependants(index).get(edge).copied() else {
                    continue;
                };
                let (met_before, broken_before) = self.edge(index, before, dependant, need);
                let (met, broken) = self.edge(index, after, dependant, need);
                let moved = self.change_alone(dependant, |task| {
                    task.missing = recount(task.missing, !met_before, !met);
                    task.broken = recount(task.broken, broken_before, broken);
                });
                changed.extend(moved.map(|(before, after)| (dependant, before, after)));
            }
        }
    }

    /// Whether a need is met, and whether it cannot be met, by a task that stands so.
    fn edge(&self, needed: usize, standing: Standing, dependant: usize, need: usize) -> (bool, bool) {
        match standing {
            Standing::Open => (false, false),
            Standing::Blocked | Standing::Failed | Standing::Cancelled => (false, true),
            Standing::Success => {
                let gate = self.node(dependant).and_then(|node| node.needs.get(need));
                let open = gate.is_some_and(|need| self.gate_is_open(needed, need.gate.as_deref()));
                (open, !open)
            }
        }
    }

    /// Whether the council approved the change of a task.
    pub(super) fn gate_is_open(&self, task: usize, gate: Option<&str>) -> bool {
        let Some(gate) = gate else { return true };
        let councils = self.node(task).map_or(&[][..], |node| node.councils.as_slice());
        let seat = councils.iter().position(|council| council == gate);
        seat.is_some_and(|seat| self.task(task).is_some_and(|task| task.approved_by(seat)))
    }

    fn change_alone(&mut self, index: usize, change: impl FnOnce(&mut Task)) -> Option<(Standing, Standing)> {
        let before = self.place(index)?;
        let task = self.tasks.get_mut(index)?;
        change(task);
        let after = self.place(index)?;
        if before != after {
            self.leave(index, before);
            self.enter(index, after);
        }
        if self.lander == Some(index) && !self.may_hold_turn(index) {
            self.lander = None;
        }
        Some((before.standing, after.standing))
    }

    /// Whether a task that has the turn to land keeps it: while it lands, or is judged again on top of the branch.
    fn may_hold_turn(&self, index: usize) -> bool {
        self.task(index).is_some_and(|task| {
            let under_way = task.phase == Phase::Landing || (task.phase == Phase::Judging && task.joined);
            under_way && !task.paused && !task.cancelling
        })
    }

    fn enter(&mut self, index: usize, place: Place) {
        self.list(index, place, true);
        self.count(index, place, true);
    }

    fn leave(&mut self, index: usize, place: Place) {
        self.list(index, place, false);
        self.count(index, place, false);
    }

    fn list(&mut self, index: usize, place: Place, enters: bool) {
        let put = |list: &mut BTreeSet<usize>, listed: bool| {
            if listed && enters {
                list.insert(index);
            } else if listed {
                list.remove(&index);
            }
        };
        put(&mut self.joins, place.join);
        put(&mut self.worn_out, place.abandon);
        put(&mut self.judging, place.judge);
        put(&mut self.stopping, place.stop);
        put(&mut self.active, place.active);
        let put = |list: &mut BTreeSet<(u64, usize)>, at: u64| {
            if enters {
                list.insert((at, index));
            } else {
                list.remove(&(at, index));
            }
        };
        if let Some(turn) = place.land {
            put(&mut self.landing, turn);
        }
        if let Some((since_ms, due_ms)) = place.timer {
            put(&mut self.since, since_ms);
            put(&mut self.due, due_ms);
        }
        self.enqueue(index, place, enters);
    }

    fn enqueue(&mut self, index: usize, place: Place, enters: bool) {
        let plan = Arc::clone(&self.plan);
        let Some(node) = plan.tasks.get(index) else { return };
        let key = node.key.as_deref();
        if let (true, Some(key)) = (place.key, key) {
            if enters {
                self.keys.count(key);
            } else {
                self.keys.give_back(key);
            }
            self.queue.settle(key, self.keys.free(key));
        }
        let Some(needs_key) = place.start else { return };
        let rank = rank(index, node, self.graph.path(index), place.fresh);
        // What was interrupted holds its key already.
        let key = key.filter(|_| needs_key);
        let free = key.map_or(0, |key| self.keys.free(key));
        if enters {
            self.queue.insert(rank, key, free);
        } else {
            self.queue.remove(rank, key, free);
        }
    }

    fn count(&mut self, index: usize, place: Place, enters: bool) {
        let count = |number: &mut usize, counted: bool| {
            if counted && enters {
                *number = number.saturating_add(1);
            } else if counted {
                *number = number.saturating_sub(1);
            }
        };
        count(&mut self.starting, place.starting);
        count(&mut self.slots, place.slot);
        if self.plan.tasks.get(index).is_none_or(|node| node.is_undo) {
            return;
        }
        count(&mut self.unsettled, place.standing == Standing::Open);
        count(&mut self.failed, place.standing == Standing::Failed);
        count(&mut self.cancelled_tasks, place.standing == Standing::Cancelled);
        count(&mut self.blocked, place.standing == Standing::Blocked);
    }

    /// A person approved what a council did not: whoever waits at that gate of a task that succeeded goes on.
    pub(super) fn open_gate(&mut self, index: usize, seat: usize) {
        let council = self.node(index).and_then(|node| node.councils.get(seat)).cloned();
        for edge in 0..self.graph.dependants(index).len() {
            let Some((dependant, need)) = self.graph.dependants(index).get(edge).copied() else {
                continue;
            };
            let gate = self
                .node(dependant)
                .and_then(|node| node.needs.get(need))
                .and_then(|need| need.gate.clone());
            if gate.is_some() && gate == council {
                self.change(dependant, |task| {
                    task.missing = task.missing.saturating_sub(1);
                    task.broken = task.broken.saturating_sub(1);
                });
            }
        }
    }

    /// The decision of a council, by its name in a step.
    pub(super) fn decision(name: &str) -> Option<Outcome> {
        [
            ("approved", Outcome::Approved),
            ("rejected", Outcome::Rejected),
            ("undecided", Outcome::Undecided),
        ]
        .into_iter()
        .find_map(|(known, outcome)| (known == name).then_some(outcome))
    }
}

/// A count of what is true, after one thing in it changed.
const fn recount(count: usize, was: bool, is: bool) -> usize {
    match (was, is) {
        (false, true) => count.saturating_add(1),
        (true, false) => count.saturating_sub(1),
        (true, true) | (false, false) => count,
    }
}

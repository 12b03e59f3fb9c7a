//! One task of a run, and what follows from it alone.

use std::cmp::Reverse;

use assize_provenance::digest::Digest;
use assize_provenance::verdict::Outcome;

use super::queue::Rank;
use crate::event::RunId;
use crate::plan::{Cause, Node, Work};

/// How often one attempt may be interrupted. A task that kills its host must not do so for ever.
pub const INTERRUPTIONS_MAX: u32 = 8;

/// What a council found about a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// What it decided.
    pub decision: Outcome,
    /// The digest of the case.
    pub case: Digest,
    /// The verdict's entry in the chain.
    pub entry: Digest,
    /// Whether it is a person's, who overrode the council.
    pub by_person: bool,
    /// When, in milliseconds since 1970-01-01T00:00:00Z.
    pub at_ms: u64,
}

/// What a person said of what a council approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmation {
    /// Who.
    pub person: String,
    /// Whether it may land.
    pub is_approved: bool,
    /// What the person signed, by the digest of its contents; none where the person signs nothing.
    pub signed: Option<Digest>,
}

/// Where a task is between two steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// No attempt is under way: it is pending, ready or blocked.
    Idle,
    /// An attempt was begun and is not over, but nobody does it: it is begun again. Whether a kill did that, of which nothing
    /// is recorded: for whoever reads the steps, it is still running.
    Interrupted { killed: bool },
    /// The agent works.
    Running,
    /// The councils look at the change.
    Judging,
    /// The council approved, and a person is to confirm it.
    Confirming,
    /// The council did not approve, and a person is to say what happens.
    Appealing,
    /// The change may go onto the branch.
    Landing,
    /// It is tried again after a while. That the while is over is no step, so the task stays here until it is begun.
    Delayed { since_ms: u64, due_ms: u64 },
    /// Done.
    Success,
    /// It could not be done.
    Failed,
    /// A person ended it.
    Cancelled,
}

/// What dependants see of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Open,
    Blocked,
    Success,
    Failed,
    Cancelled,
}

/// A council of a task.
#[derive(Debug, Clone, Default)]
pub(super) struct Seat {
    pub(super) judgement: Option<Judgement>,
    /// Whether it was given to the driver.
    pub(super) given: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Task {
    pub(super) phase: Phase,
    pub(super) since_ms: u64,
    /// Needs that are not met.
    pub(super) missing: usize,
    /// Those of them that cannot be met as things stand.
    pub(super) broken: usize,
    /// The number of the newest attempt; 0 before the first.
    pub(super) attempt: u64,
    /// The attempt after which somebody asked for it to be tried again: earlier ones do not count any more.
    pub(super) forgiven: u64,
    /// How often the newest attempt was interrupted.
    pub(super) interruptions: u32,
    pub(super) call: RunId,
    /// The commit that the worktree of the newest attempt shows.
    pub(super) base: String,
    /// The commit that the change stands on: the base, or the tip of the branch that it was joined with.
    pub(super) onto: String,
    pub(super) commit: Option<String>,
    pub(super) output: Option<Digest>,
    /// The councils, in the order of the plan.
    pub(super) seats: Vec<Seat>,
    pub(super) joined: bool,
    pub(super) confirmed: bool,
    /// Who confirmed or refused it.
    pub(super) confirmation: Option<Confirmation>,
    pub(super) paused: bool,
    pub(super) cancelling: bool,
    /// Why the last attempt came to nothing.
    pub(super) cause: Option<Cause>,
    pub(super) detail: String,
    pub(super) guidance: Vec<String>,
    /// How much of the guidance the newest attempt is given.
    pub(super) guided: usize,
    /// The number of the step since which it may land: who came first, lands first.
    pub(super) turn: u64,
    /// Whether the wait is over.
    pub(super) woken: bool,
    /// Whether what the phase asks of the driver was given to it.
    pub(super) given: bool,
    pub(super) stop_given: bool,
}

impl Task {
    pub(super) fn new(node: &Node, at_ms: u64) -> Self {
        Self {
            phase: Phase::Idle,
            since_ms: at_ms,
            missing: node.needs.len(),
            broken: 0,
            attempt: 0,
            forgiven: 0,
            interruptions: 0,
            call: RunId::from_bytes([0; 16]),
            base: String::new(),
            onto: String::new(),
            commit: None,
            output: None,
            seats: vec![Seat::default(); node.councils.len()],
            joined: false,
            confirmed: false,
            confirmation: None,
            paused: false,
            cancelling: false,
            cause: None,
            detail: String::new(),
            guidance: Vec::new(),
            guided: 0,
            turn: 0,
            woken: false,
            given: false,
            stop_given: false,
        }
    }

    /// Enters a phase: what was given to the driver for the one before counts no more.
    pub(super) fn go(&mut self, phase: Phase, at_ms: u64) {
        self.phase = phase;
        self.since_ms = at_ms;
        self.woken = false;
        self.given = false;
        self.stop_given = false;
        for seat in &mut self.seats {
            seat.given = false;
        }
    }

    /// Forgets what the councils said: it was about another commit.
    pub(super) fn clear_seats(&mut self) {
        self.seats.iter_mut().for_each(|seat| *seat = Seat::default());
        self.confirmed = false;
        self.confirmation = None;
    }

    /// Whether something of it is under way, as far as the steps tell: a step has to end it.
    pub(super) const fn is_active(&self) -> bool {
        matches!(
            self.phase,
            Phase::Running | Phase::Interrupted { killed: true } | Phase::Judging | Phase::Landing
        )
    }

    pub(super) const fn is_final(&self) -> bool {
        matches!(self.phase, Phase::Success | Phase::Failed | Phase::Cancelled)
    }

    pub(super) const fn standing(&self) -> Standing {
        match self.phase {
            Phase::Idle if self.broken > 0 => Standing::Blocked,
            Phase::Success => Standing::Success,
            Phase::Failed => Standing::Failed,
            Phase::Cancelled => Standing::Cancelled,
            _ => Standing::Open,
        }
    }

    /// Whether the change differs from what it stands on.
    pub(super) fn differs(&self) -> bool {
        self.commit.as_ref().is_some_and(|commit| *commit != self.onto)
    }

    /// Whether a council of that position may judge now: the first one alone, and the others when it approved.
    pub(super) fn may_judge(&self, seat: usize) -> bool {
        let open = |seat: Option<&Seat>| seat.is_some_and(|seat| seat.judgement.is_none());
        self.phase == Phase::Judging && open(self.seats.get(seat)) && (seat == 0 || !open(self.seats.first()))
    }

    /// Whether every council approved or said something else.
    pub(super) fn is_judged(&self) -> bool {
        self.seats.iter().all(|seat| seat.judgement.is_some())
    }

    /// Which council a person may override: the first one that did not approve.
    pub(super) fn overridable(&self) -> Option<usize> {
        let turned_down = |seat: &Seat| {
            seat.judgement
                .as_ref()
                .is_some_and(|said| said.decision != Outcome::Approved)
        };
        let verdict_stands = match self.phase {
            Phase::Success | Phase::Appealing => true,
            Phase::Failed | Phase::Delayed { .. } => matches!(self.cause, Some(Cause::Rejected | Cause::Undecided)),
            _ => false,
        };
        self.seats.iter().position(turned_down).filter(|_| verdict_stands)
    }

    pub(super) fn approved_by(&self, seat: usize) -> bool {
        let judgement = self.seats.get(seat).and_then(|seat| seat.judgement.as_ref());
        judgement.is_some_and(|said| said.decision == Outcome::Approved)
    }
}

/// Everything in which a task is counted or listed, so that a change of a task is a difference of two places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) standing: Standing,
    /// It may start; whether its key must have room.
    pub(super) start: Option<bool>,
    pub(super) fresh: bool,
    /// The same, where nobody does it: no limit holds it.
    pub(super) join: bool,
    pub(super) abandon: bool,
    pub(super) judge: bool,
    pub(super) land: Option<u64>,
    pub(super) stop: bool,
    pub(super) timer: Option<(u64, u64)>,
    pub(super) active: bool,
    /// It was given to be started, and no step says yet that it was.
    pub(super) starting: bool,
    pub(super) slot: bool,
    pub(super) key: bool,
}

impl Place {
    pub(super) fn of(task: &Task, node: &Node) -> Self {
        let held = task.paused || task.cancelling;
        let interrupted = matches!(task.phase, Phase::Interrupted { .. });
        let busy = matches!(task.phase, Phase::Running | Phase::Judging | Phase::Landing);
        let worn_out = interrupted && task.interruptions >= INTERRUPTIONS_MAX;
        let waited = matches!(task.phase, Phase::Delayed { .. }) && task.woken;
        let ready = (waited || (task.phase == Phase::Idle && task.missing == 0)) && !node.is_undo;
        let start = !held && !task.given && (ready || (interrupted && !worn_out && !node.is_undo));
        let is_join = node.work == Work::Join;
        let starting = task.given && (waited || matches!(task.phase, Phase::Idle | Phase::Interrupted { .. }));
        let under_way = interrupted || matches!(task.phase, Phase::Confirming | Phase::Appealing) || task.is_active();
        let seats = 0..task.seats.len();
        let asks = |seat: usize| task.may_judge(seat) && task.seats.get(seat).is_some_and(|seat| !seat.given);
        Self {
            standing: task.standing(),
            start: (start && !is_join).then_some(ready),
            fresh: !interrupted,
            join: start && is_join,
            abandon: worn_out && !task.given,
            judge: !held && seats.into_iter().any(asks),
            land: (task.phase == Phase::Landing && !held && !task.given).then_some(task.turn),
            stop: !task.stop_given
                && ((task.phase == Phase::Running && task.paused) || (task.is_active() && task.cancelling)),
            timer: match task.phase {
                Phase::Delayed { since_ms, due_ms } if !task.woken => Some((since_ms, due_ms)),
                _ => None,
            },
            active: task.is_active(),
            starting,
            slot: !is_join && (busy || starting),
            key: !is_join && node.key.is_some() && (under_way || starting),
        }
    }
}

/// The place in the queue.
pub(super) fn rank(index: usize, node: &Node, path: u64, fresh: bool) -> Rank {
    Rank {
        fresh,
        priority: Reverse(node.priority),
        path: Reverse(path),
        task: index,
    }
}

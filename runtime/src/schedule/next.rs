//! What is to be done next.

use super::action::Action;
use super::request::Granted;
use super::state::State;
use super::task::{INTERRUPTIONS_MAX, Phase, Task};

impl State {
    /// What is to be done now. Every action is given once: it is in the driver's hands until it came to a step, or until
    /// [`recover`](Self::recover) is called. An answer is given alone, since whatever else is done depends on it: it is
    /// written down, and `next` asked again. The order is always the same: answers, what must stop, what is judged, what
    /// lands, what starts; among those that start, the larger priority first, then what most work hangs on, then the order
    /// of the plan.
    ///
    /// How many tasks run at once, and how many with one key, is held here: what was given counts as running.
    pub fn next(&mut self, now_ms: u64) -> Vec<Action> {
        let mut actions = Vec::new();
        self.give_answer(&mut actions);
        let answers = matches!(actions.first(), Some(Action::Answer { .. }));
        if answers || self.ended.is_some() {
            return actions;
        }
        let too_late = self.is_too_late(now_ms);
        self.wake(now_ms);
        self.give_stops(too_late, &mut actions);
        if self.paused {
            return actions;
        }
        if !too_late {
            self.give_abandoned(&mut actions);
            self.give_judging(&mut actions);
            self.give_landing(&mut actions);
        }
        if !too_late && !self.winding && !self.cancelled {
            self.give_starts(&mut actions);
        }
        self.give_end(now_ms, &mut actions);
        actions
    }

    /// Whether an action that was given is still to be done. What a driver does not begin at once may have become pointless
    /// meanwhile: somebody cancelled the task.
    #[must_use]
    pub fn is_due(&self, action: &Action) -> bool {
        let at = |task: usize, attempt: u64| self.task(task).filter(|state| state.attempt == attempt);
        match action {
            Action::Start { task, again, .. } => {
                let begun = |state: &&Task| matches!(state.phase, Phase::Interrupted { .. });
                let state = self.task(*task).filter(|state| state.given && begun(state) == *again);
                state.is_some_and(|state| begun(&state) || state.phase == Phase::Idle || state.woken)
            }
            Action::Abandon { task, attempt, .. } => {
                at(*task, *attempt).is_some_and(|state| state.given && matches!(state.phase, Phase::Interrupted { .. }))
            }
            Action::Judge { task, attempt, council } => {
                let councils = self.node(*task).map_or(&[][..], |node| node.councils.as_slice());
                let seat = councils.iter().position(|known| known == council);
                let state = at(*task, *attempt).zip(seat);
                state.is_some_and(|(state, seat)| state.may_judge(seat))
            }
            Action::Land { task, attempt } => {
                at(*task, *attempt).is_some_and(|state| state.given && state.phase == Phase::Landing)
            }
            Action::Stop { task, attempt } => at(*task, *attempt).is_some_and(|state| state.stop_given),
            Action::Answer { .. } | Action::Override { .. } => self.answering.as_ref() == Some(action),
            Action::End { .. } => self.end_given,
        }
    }

    /// When something is to be done next by time alone, after `now_ms`: a wait is over, or the run has taken too long.
    #[must_use]
    pub fn wake_at(&self, now_ms: u64) -> Option<u64> {
        if self.ended.is_some() {
            return None;
        }
        let later = (now_ms.saturating_add(1), 0);
        let due = self.due.range(later..).next().map(|(due_ms, _)| *due_ms);
        let deadline = self
            .deadline_ms()
            .filter(|deadline| *deadline > now_ms && !self.winding);
        due.filter(|_| !self.paused).into_iter().chain(deadline).min()
    }

    /// Whether the run has taken too long. Undoing is not held by that.
    fn is_too_late(&self, now_ms: u64) -> bool {
        let late = self.timed_out || self.deadline_ms().is_some_and(|deadline| now_ms >= deadline);
        late && !self.winding
    }

    /// Ends the waits that are over, and those that began in the future: the clock was set back.
    fn wake(&mut self, now_ms: u64) {
        let over = |(at_ms, task): &(u64, usize)| (*at_ms <= now_ms).then_some(*task);
        while let Some(task) = self.due.first().and_then(over) {
            self.end_wait(task);
        }
        let ahead = |(at_ms, task): &(u64, usize)| (*at_ms > now_ms).then_some(*task);
        while let Some(task) = self.since.last().and_then(ahead) {
            self.end_wait(task);
        }
    }

    fn end_wait(&mut self, index: usize) {
        self.change(index, |task| task.woken = true);
    }

    /// One request at a time: what becomes of the next one depends on this one. If that changes while the driver has it in
    /// hand, it is given once more.
    fn give_answer(&mut self, actions: &mut Vec<Action>) {
        let Some((number, asked)) = self.asked.first_key_value() else {
            return;
        };
        let asked_number = *number;
        let action = match self.weigh(asked) {
            Ok(Granted::Override(task, seat)) => Action::Override {
                asked: asked_number,
                task,
                attempt: self.task(task).map_or(0, |task| task.attempt),
                council: self.council(task, seat),
            },
            Ok(_) => Action::Answer {
                asked: asked_number,
                accepted: true,
                reason: String::new(),
            },
            Err(reason) => Action::Answer {
                asked: asked_number,
                accepted: false,
                reason,
            },
        };
        if self.answering.as_ref() != Some(&action) {
            actions.push(action.clone());
            self.answering = Some(action);
        }
    }

    fn give_stops(&mut self, too_late: bool, actions: &mut Vec<Action>) {
        let running = |index: &usize| self.task(*index).is_some_and(|task| task.phase == Phase::Running);
        if too_late {
            self.stopping.extend(self.active.iter());
        } else if self.paused {
            let running: Vec<usize> = self.active.iter().copied().filter(running).collect();
            self.stopping.extend(running);
        }
        for task in std::mem::take(&mut self.stopping) {
            let Some(state) = self.task(task).filter(|task| !task.stop_given) else {
                continue;
            };
            let attempt = state.attempt;
            actions.push(Action::Stop { task, attempt });
            self.change(task, |task| task.stop_given = true);
        }
    }

    fn give_abandoned(&mut self, actions: &mut Vec<Action>) {
        while let Some(task) = self.worn_out.first().copied() {
            actions.push(Action::Abandon {
                task,
                attempt: self.task(task).map_or(0, |task| task.attempt),
                detail: format!("the attempt was interrupted {INTERRUPTIONS_MAX} times; it may be what ends its host"),
            });
            self.change(task, |task| task.given = true);
        }
    }

    fn give_judging(&mut self, actions: &mut Vec<Action>) {
        while let Some(task) = self.judging.first().copied() {
            let Some(state) = self.task(task) else { break };
            let attempt = state.attempt;
            let asks = |seat: &usize| state.may_judge(*seat) && state.seats.get(*seat).is_some_and(|seat| !seat.given);
            let seats: Vec<usize> = (0..state.seats.len()).filter(asks).collect();
            actions.extend(seats.iter().map(|seat| Action::Judge {
                task,
                attempt,
                council: self.council(task, *seat),
            }));
            self.change(task, |task| {
                for seat in seats {
                    if let Some(seat) = task.seats.get_mut(seat) {
                        seat.given = true;
                    }
                }
            });
        }
    }

    fn council(&self, task: usize, seat: usize) -> String {
        let council = self.node(task).and_then(|node| node.councils.get(seat));
        council.cloned().unwrap_or_default()
    }

    fn give_landing(&mut self, actions: &mut Vec<Action>) {
        let turn = match self.lander {
            Some(task) => self.task(task).map(|state| (state.turn, task)),
            None => self.landing.first().copied(),
        };
        let Some((turn, task)) = turn.filter(|turn| self.landing.contains(turn)) else {
            return;
        };
        debug_assert!(turn <= self.newest, "a turn is the number of a step");
        let attempt = self.task(task).map_or(0, |task| task.attempt);
        actions.push(Action::Land { task, attempt });
        self.lander = Some(task);
        self.change(task, |task| task.given = true);
    }

    fn give_starts(&mut self, actions: &mut Vec<Action>) {
        while let Some(task) = self.joins.first().copied() {
            actions.push(self.start_action(task));
            self.change(task, |task| task.given = true);
        }
        let room = usize::try_from(self.plan.concurrency.max(1)).unwrap_or(usize::MAX);
        while self.slots < room {
            let Some(task) = self.queue.first() else { break };
            actions.push(self.start_action(task));
            self.change(task, |task| task.given = true);
        }
    }

    fn start_action(&self, task: usize) -> Action {
        let state = self.task(task);
        let again = state.is_some_and(|state| matches!(state.phase, Phase::Interrupted { .. }));
        let attempt = state.map_or(0, |state| state.attempt);
        Action::Start {
            task,
            attempt: if again { attempt } else { attempt.saturating_add(1) },
            again,
        }
    }

    /// Ends the run where nothing can happen in it any more, after what succeeded in vain was undone.
    fn give_end(&mut self, now_ms: u64, actions: &mut Vec<Action>) {
        let late = self.is_too_late(now_ms);
        let settled = self.unsettled == 0 || late || self.winding;
        // While a run is undone, only what undoes it is under way.
        let quiet = self.winding || (self.active.is_empty() && self.starting == 0);
        if !settled || !quiet || self.end_given || !self.asked.is_empty() {
            return;
        }
        let (outcome, detail) = self.outcome(late);
        if outcome != "success" && !self.undo(actions) {
            return;
        }
        actions.push(Action::End {
            outcome: outcome.to_owned(),
            detail,
        });
        self.end_given = true;
    }

    /// Makes good for what succeeded, the last success first, one after the other. Tells whether nothing is left.
    fn undo(&mut self, actions: &mut Vec<Action>) -> bool {
        loop {
            let last = self.succeeded.len().checked_sub(self.undone.saturating_add(1));
            let Some(succeeded) = last.and_then(|last| self.succeeded.get(last)).copied() else {
                self.undo_turn = None;
                return true;
            };
            let undo = self.node(succeeded).and_then(|node| node.undo);
            let state = undo.and_then(|undo| Some((undo, self.task(undo)?)));
            let Some((undo, state)) = state.filter(|(_, state)| !state.is_final()) else {
                self.undone = self.undone.saturating_add(1);
                continue;
            };
            let begins = matches!(state.phase, Phase::Idle | Phase::Interrupted { .. }) || state.woken;
            let starts = begins && !state.given && !state.paused && !state.cancelling;
            let worn_out = matches!(state.phase, Phase::Interrupted { .. }) && state.interruptions >= INTERRUPTIONS_MAX;
            self.undo_turn = Some(undo);
            if starts && !worn_out {
                actions.push(self.start_action(undo));
                self.change(undo, |task| task.given = true);
            }
            return false;
        }
    }
}

//! What a step changes.

use assize_provenance::verdict::Outcome;

use super::check::{FINISHED, STOPPED};
use super::illegal::Illegal;
use super::request::{Asked, Granted};
use super::retry;
use super::state::State;
use super::task::{Judgement, Phase};
use crate::event::Step;
use crate::plan::{Cause, Mode};

impl State {
    /// Takes in what happened. `sequence` is the number of the event.
    ///
    /// # Errors
    ///
    /// [`Illegal`] when the step cannot follow, and the state is as before.
    pub fn apply(&mut self, sequence: u64, step: &Step) -> Result<(), Illegal> {
        self.allows(sequence, step)?;
        self.newest = sequence;
        if self.deadline_ms().is_some_and(|deadline| step.at_ms() >= deadline) {
            self.timed_out = true;
        }
        if !matches!(step, Step::Asked { .. }) {
            self.end_given = false;
        }
        let at_ms = step.at_ms();
        let index = step.task().and_then(|task| self.graph.named(task));
        match (step, index) {
            (Step::Asked { .. }, _) => self.ask(sequence, step),
            (Step::Answered { asked, accepted, .. }, _) => self.answer(*asked, *accepted, at_ms),
            (Step::Ended { outcome, detail, .. }, _) => self.end(outcome, detail, at_ms),
            (Step::AttemptStarted { .. }, Some(index)) => self.start(index, step),
            (Step::AttemptEnded { .. }, Some(index)) => self.end_attempt(index, step),
            (Step::Judged { .. }, Some(index)) => self.judge(index, step),
            (
                Step::Joined {
                    onto, commit, detail, ..
                },
                Some(index),
            ) => match commit {
                Some(commit) => self.change(index, |task| {
                    task.onto.clone_from(onto);
                    task.commit = Some(commit.clone());
                    task.joined = true;
                    task.clear_seats();
                    task.go(Phase::Judging, at_ms);
                }),
                None => self.come_to_nothing(index, Cause::Conflict, detail, at_ms),
            },
            (Step::Landed { .. }, Some(index)) => self.succeed(index, at_ms),
            _ => {}
        }
        Ok(())
    }

    fn start(&mut self, index: usize, step: &Step) {
        let Step::AttemptStarted {
            attempt,
            call,
            base,
            at_ms,
            ..
        } = step
        else {
            return;
        };
        if self.node(index).is_some_and(|node| node.is_undo) {
            self.winding = true;
        }
        self.change(index, |task| {
            match task.phase {
                // Read from the record of a driver that was killed: its successor began the attempt again.
                Phase::Running => task.interruptions = task.interruptions.saturating_add(1),
                Phase::Interrupted { .. } => {}
                _ => {
                    task.attempt = *attempt;
                    task.interruptions = 0;
                    task.call = *call;
                    task.base.clone_from(base);
                    task.onto.clone_from(base);
                    task.commit = None;
                    task.output = None;
                    task.joined = false;
                    task.guided = task.guidance.len();
                    task.cause = None;
                    task.detail.clear();
                    task.clear_seats();
                }
            }
            task.go(Phase::Running, *at_ms);
        });
    }

    fn end_attempt(&mut self, index: usize, step: &Step) {
        let Step::AttemptEnded {
            outcome,
            detail,
            output,
            commit,
            at_ms,
            ..
        } = step
        else {
            return;
        };
        match outcome.as_str() {
            FINISHED => {
                self.change(index, |task| {
                    task.detail.clone_from(detail);
                    task.output = *output;
                    task.commit = Some(commit.clone().unwrap_or_else(|| task.base.clone()));
                    task.go(Phase::Judging, *at_ms);
                });
                self.go_on(index, *at_ms);
            }
            STOPPED => self.stop(index, *at_ms),
            cause => {
                if let Some(cause) = Cause::named(cause) {
                    self.come_to_nothing(index, cause, detail, *at_ms);
                }
            }
        }
    }

    /// What was under way is stopped, and nobody has it in hand any more.
    fn stop(&mut self, index: usize, at_ms: u64) {
        let Some(task) = self.task(index) else { return };
        if task.cancelling {
            self.finish(index, Phase::Cancelled, at_ms);
        } else if self.timed_out && !self.winding {
            self.change(index, |task| "the run took too long".clone_into(&mut task.detail));
            self.fail(index, Cause::TimedOut, at_ms);
        } else {
            self.change(index, |task| match task.phase {
                Phase::Running | Phase::Interrupted { .. } => task.go(Phase::Interrupted { killed: false }, at_ms),
                // What was judged or landed is judged or landed anew.
                phase => task.go(phase, task.since_ms),
            });
        }
    }

    /// An attempt came to nothing: it is tried again, or a person is asked, or the task has failed.
    fn come_to_nothing(&mut self, index: usize, cause: Cause, detail: &str, at_ms: u64) {
        let Some((task, node)) = self.task(index).zip(self.node(index)) else {
            return;
        };
        let tried = task.attempt.saturating_sub(task.forgiven);
        let (attempt, cancelling) = (task.attempt, task.cancelling);
        let asks = self.plan.mode == Mode::Strict && node.confirm && !node.is_undo;
        let may_go_on = !self.timed_out || node.is_undo;
        let again = may_go_on && retry::again(&node.retry, cause, tried);
        let wait_ms = retry::delay_ms(&node.retry, tried, retry::chance(self.run, &node.name, attempt));
        self.change(index, |task| {
            task.cause = Some(cause);
            detail.clone_into(&mut task.detail);
        });
        if cancelling {
            self.finish(index, Phase::Cancelled, at_ms);
        } else if again {
            let due_ms = at_ms.saturating_add(wait_ms);
            let delayed = Phase::Delayed {
                since_ms: at_ms,
                due_ms,
            };
            self.change(index, |task| task.go(delayed, at_ms));
        } else if may_go_on && asks && matches!(cause, Cause::Rejected | Cause::Undecided) {
            self.change(index, |task| task.go(Phase::Appealing, at_ms));
        } else {
            self.fail(index, cause, at_ms);
        }
    }

    fn fail(&mut self, index: usize, cause: Cause, at_ms: u64) {
        self.change(index, |task| task.cause = Some(cause));
        self.finish(index, Phase::Failed, at_ms);
    }

    fn succeed(&mut self, index: usize, at_ms: u64) {
        self.finish(index, Phase::Success, at_ms);
        if self.node(index).is_some_and(|node| !node.is_undo) {
            self.succeeded.push(index);
        }
    }

    /// A task is over. Nobody holds it any more.
    fn finish(&mut self, index: usize, phase: Phase, at_ms: u64) {
        self.change(index, |task| {
            task.paused = false;
            task.cancelling = false;
            task.go(phase, at_ms);
        });
    }

    fn judge(&mut self, index: usize, step: &Step) {
        let Step::Judged {
            council,
            decision,
            case,
            entry,
            at_ms,
            ..
        } = step
        else {
            return;
        };
        let councils = self.node(index).map_or(&[][..], |node| node.councils.as_slice());
        let Some(seat) = councils.iter().position(|known| known == council) else {
            return;
        };
        let Some(decision) = Self::decision(decision) else {
            return;
        };
        let by_person = self.overriding(index) == Some(seat);
        let judgement = Judgement {
            decision,
            case: *case,
            entry: *entry,
            by_person,
            at_ms: *at_ms,
        };
        self.change(index, |task| {
            if let Some(seat) = task.seats.get_mut(seat) {
                seat.judgement = Some(judgement);
            }
        });
        if by_person {
            self.override_council(index, seat, *at_ms);
            return;
        }
        match decision {
            Outcome::Approved => self.go_on(index, *at_ms),
            _ if seat > 0 => self.go_on(index, *at_ms),
            Outcome::Rejected => self.come_to_nothing(index, Cause::Rejected, "the council rejected it", *at_ms),
            Outcome::Undecided => {
                self.come_to_nothing(index, Cause::Undecided, "the council came to no verdict", *at_ms);
            }
        }
    }

    /// A person's verdict stands for that of a council. It confirms the change, too.
    fn override_council(&mut self, index: usize, seat: usize, at_ms: u64) {
        if let Some(mut asked) = self.asked.first_entry() {
            asked.get_mut().done = true;
        }
        self.answering = None;
        if self.task(index).is_some_and(|task| task.phase == Phase::Success) {
            self.open_gate(index, seat);
            return;
        }
        self.change(index, |task| {
            task.confirmed = true;
            task.cause = None;
            task.detail.clear();
            task.go(Phase::Judging, at_ms);
        });
        self.go_on(index, at_ms);
    }

    /// Goes from judging to what follows, if every council has spoken.
    fn go_on(&mut self, index: usize, at_ms: u64) {
        let Some((task, node)) = self.task(index).zip(self.node(index)) else {
            return;
        };
        if task.phase != Phase::Judging || !task.is_judged() {
            return;
        }
        let lands = task.differs() && !node.councils.is_empty() && self.plan.mode != Mode::DryRun;
        let confirm = node.confirm && self.plan.mode == Mode::Strict && !task.confirmed;
        match (lands, confirm, task.cancelling) {
            (false, _, _) => self.succeed(index, at_ms),
            // Nobody has it in hand while a person is waited for.
            (true, true, true) => self.finish(index, Phase::Cancelled, at_ms),
            (true, true, false) => self.change(index, |task| task.go(Phase::Confirming, at_ms)),
            (true, false, _) => self.land(index, at_ms),
        }
    }

    fn land(&mut self, index: usize, at_ms: u64) {
        let turn = self.newest;
        self.change(index, |task| {
            task.turn = turn;
            task.go(Phase::Landing, at_ms);
        });
    }

    fn ask(&mut self, sequence: u64, step: &Step) {
        if let Some(asked) = Asked::of(step) {
            self.asked.insert(sequence, asked);
        }
    }

    fn answer(&mut self, number: u64, accepted: bool, at_ms: u64) {
        let Some(asked) = self.asked.get(&number).cloned() else {
            return;
        };
        let granted = self.weigh(&asked);
        self.asked.remove(&number);
        self.answering = None;
        if let (true, Ok(granted)) = (accepted, granted) {
            self.grant(granted, &asked, at_ms);
        }
    }

    fn grant(&mut self, granted: Granted, asked: &Asked, at_ms: u64) {
        match granted {
            Granted::PauseRun => self.paused = true,
            Granted::ResumeRun => self.paused = false,
            Granted::CancelRun => self.cancel_run(at_ms),
            Granted::Pause(index) => self.change(index, |task| task.paused = true),
            Granted::Resume(index) => self.change(index, |task| task.paused = false),
            Granted::Cancel(index) => self.cancel(index, &asked.text, at_ms),
            Granted::Approve(index) => {
                self.change(index, |task| {
                    task.confirmed = true;
                    task.confirmation = Some(asked.confirmation(true));
                });
                self.land(index, at_ms);
            }
            Granted::Reject(index) => {
                let detail = format!("{} rejected it: {}", asked.author, asked.text);
                self.change(index, |task| {
                    task.detail = detail;
                    task.confirmation = (task.phase == Phase::Confirming).then(|| asked.confirmation(false));
                });
                self.fail(index, Cause::Rejected, at_ms);
            }
            Granted::Override(..) | Granted::Overridden => {}
            Granted::Answer(index) => self.change(index, |task| task.guidance.push(asked.text.clone())),
            Granted::Retry(index) => self.change(index, |task| {
                // What the driver is about to start is the same attempt.
                let given = task.given && task.woken;
                task.forgiven = task.attempt;
                task.go(Phase::Idle, at_ms);
                task.given = given;
            }),
        }
    }

    fn cancel_run(&mut self, at_ms: u64) {
        self.cancelled = true;
        for index in 0..self.tasks.len() {
            if self.node(index).is_some_and(|node| !node.is_undo) {
                self.cancel(index, "the run was cancelled", at_ms);
            }
        }
    }

    fn cancel(&mut self, index: usize, why: &str, at_ms: u64) {
        let Some(task) = self.task(index) else { return };
        if task.is_final() {
            return;
        }
        let active = task.is_active();
        self.change(index, |task| why.clone_into(&mut task.detail));
        if active {
            self.change(index, |task| task.cancelling = true);
        } else {
            self.finish(index, Phase::Cancelled, at_ms);
        }
    }

    /// The run is over, and whatever was not is given up.
    fn end(&mut self, outcome: &str, detail: &str, at_ms: u64) {
        self.ended = Some((outcome.to_owned(), detail.to_owned()));
        for index in 0..self.tasks.len() {
            let begun = self
                .task(index)
                .is_some_and(|task| !task.is_final() && task.phase != Phase::Idle);
            if begun {
                self.change(index, |task| "the run ended before".clone_into(&mut task.detail));
                self.finish(index, Phase::Cancelled, at_ms);
            }
        }
    }

    /// When the run has taken too long.
    pub(super) fn deadline_ms(&self) -> Option<u64> {
        let seconds = self.plan.timeout_seconds?;
        Some(self.started_ms.saturating_add(seconds.saturating_mul(1_000)))
    }
}

//! Which steps can follow.

use super::illegal::{Illegal, Why, name};
use super::request::Granted;
use super::state::State;
use super::task::{Phase, Task};
use crate::event::Step;
use crate::plan::Cause;

/// The outcome of an attempt that came to an end by itself, with an output.
pub const FINISHED: &str = "finished";
/// The outcome of what was stopped: it was paused or cancelled, or the run took too long, or its driver shuts down.
pub const STOPPED: &str = "stopped";

impl State {
    /// Whether [`apply`](Self::apply) takes the step. A driver asks before it appends a step: what is written down once is
    /// read for ever.
    ///
    /// # Errors
    ///
    /// [`Illegal`], with the reason.
    pub fn allows(&self, sequence: u64, step: &Step) -> Result<(), Illegal> {
        self.why_not(sequence, step)
            .map_err(|why| Illegal::new(name(step), why))
    }

    fn why_not(&self, sequence: u64, step: &Step) -> Result<(), Why> {
        if step.run() != self.run {
            return Err(Why::OtherRun);
        }
        if sequence <= self.newest {
            return Err(Why::Old {
                sequence,
                newest: self.newest,
            });
        }
        // Anybody may ask at any time; what a run that is over answers is no.
        let after_the_end = matches!(step, Step::Asked { .. } | Step::Answered { .. });
        if self.ended.is_some() && !after_the_end {
            return Err(Why::Ended);
        }
        match step {
            Step::Started { .. } => Err(Why::Start),
            Step::Asked { .. } => Ok(()),
            Step::AttemptStarted { .. } => self.may_start(step),
            Step::AttemptEnded {
                task, attempt, outcome, ..
            } => self.may_end_attempt(task, *attempt, outcome),
            Step::Judged { .. } => self.may_be_judged(step),
            Step::Joined { task, attempt, .. } => self.may_be_joined(task, *attempt),
            Step::Landed {
                task, branch, commit, ..
            } => self.may_land(task, branch, commit),
            Step::Answered { asked, accepted, .. } => self.may_answer(*asked, *accepted),
            Step::Ended { outcome, .. } => self.may_end(outcome),
        }
    }

    fn find(&self, name: &str) -> Result<(usize, &Task), Why> {
        let index = self.graph.named(name);
        let found = index.and_then(|index| Some((index, self.task(index)?)));
        found.ok_or_else(|| Why::NoTask(name.to_owned()))
    }

    fn elsewhere(&self, index: usize, name: &str) -> Why {
        Why::State {
            task: name.to_owned(),
            state: self.task_state(index),
        }
    }

    fn may_start(&self, step: &Step) -> Result<(), Why> {
        let Step::AttemptStarted {
            task: name,
            attempt,
            call,
            base,
            ..
        } = step
        else {
            return Err(Why::Start);
        };
        let (index, task) = self.find(name)?;
        let goes_on = matches!(task.phase, Phase::Running | Phase::Interrupted { .. });
        let fresh = match task.phase {
            Phase::Idle if self.node(index).is_some_and(|node| node.is_undo) => self.may_undo(index),
            Phase::Idle => task.missing == 0 && !self.winding,
            Phase::Delayed { .. } => !self.winding || self.node(index).is_some_and(|node| node.is_undo),
            _ => false,
        };
        if !goes_on && !fresh {
            return Err(self.elsewhere(index, name));
        }
        let expected = if goes_on {
            task.attempt
        } else {
            task.attempt.saturating_add(1)
        };
        if *attempt != expected {
            return Err(Why::Attempt {
                task: name.clone(),
                attempt: *attempt,
                expected,
            });
        }
        if goes_on && (task.call != *call || task.base != *base) {
            return Err(Why::Resumed {
                task: name.clone(),
                attempt: *attempt,
            });
        }
        Ok(())
    }

    /// Whether an undoing task may start: the run comes to nothing, nothing else is under way, and something succeeded that
    /// is to be made good for.
    ///
    /// Whether the run took too long is not asked here but when actions are made: the clock may have been set back between
    /// the two, and a step that was written down must be one that can be read.
    fn may_undo(&self, index: usize) -> bool {
        let comes_to_nothing = self.winding
            || self.cancelled
            || self.plan.timeout_seconds.is_some()
            || (self.unsettled == 0 && self.succeeded_all().is_err());
        let succeeded = |task: &usize| self.task(*task).is_some_and(|task| task.phase == Phase::Success);
        comes_to_nothing && self.active.is_empty() && self.graph.undone_by(index).iter().any(succeeded)
    }

    fn may_end_attempt(&self, name: &str, attempt: u64, outcome: &str) -> Result<(), Why> {
        let (index, task) = self.find(name)?;
        let in_hand = task.is_active() || matches!(task.phase, Phase::Interrupted { .. });
        let fits = match outcome {
            FINISHED => task.phase == Phase::Running,
            STOPPED => in_hand,
            other if Cause::named(other).is_some() => in_hand,
            other => return Err(Why::Word(other.to_owned())),
        };
        if !fits {
            return Err(self.elsewhere(index, name));
        }
        at_attempt(name, task, attempt)
    }

    fn may_be_judged(&self, step: &Step) -> Result<(), Why> {
        let Step::Judged {
            task: name,
            attempt,
            council,
            decision,
            commit,
            ..
        } = step
        else {
            return Err(Why::Start);
        };
        let (index, task) = self.find(name)?;
        if Self::decision(decision).is_none() {
            return Err(Why::Word(decision.clone()));
        }
        at_attempt(name, task, *attempt)?;
        if task.commit.as_ref() != Some(commit) {
            return Err(Why::Commit {
                task: name.clone(),
                commit: commit.clone(),
            });
        }
        let councils = self.node(index).map_or(&[][..], |node| node.councils.as_slice());
        let seat = councils.iter().position(|known| known == council);
        let overridden = self.overriding(index);
        let judges = seat.is_some_and(|seat| task.may_judge(seat));
        let overrides = seat.is_some() && seat == overridden && decision == "approved";
        if judges || overrides {
            Ok(())
        } else if task.phase == Phase::Judging || overridden.is_some() {
            Err(Why::Council {
                task: name.clone(),
                council: council.clone(),
            })
        } else {
            Err(self.elsewhere(index, name))
        }
    }

    /// The council of the task that a person's verdict may stand for now, because that is what is answered next.
    pub(super) fn overriding(&self, index: usize) -> Option<usize> {
        let (_, asked) = self.asked.first_key_value()?;
        match self.weigh(asked) {
            Ok(Granted::Override(task, seat)) if task == index => Some(seat),
            Ok(_) | Err(_) => None,
        }
    }

    fn may_be_joined(&self, name: &str, attempt: u64) -> Result<(), Why> {
        let (index, task) = self.find(name)?;
        if task.phase != Phase::Landing {
            return Err(self.elsewhere(index, name));
        }
        at_attempt(name, task, attempt)
    }

    fn may_land(&self, name: &str, branch: &str, commit: &String) -> Result<(), Why> {
        let (index, task) = self.find(name)?;
        if task.phase != Phase::Landing {
            return Err(self.elsewhere(index, name));
        }
        if branch != self.branch {
            return Err(Why::Branch(branch.to_owned()));
        }
        if task.commit.as_ref() != Some(commit) {
            return Err(Why::Commit {
                task: name.to_owned(),
                commit: commit.clone(),
            });
        }
        Ok(())
    }

    fn may_answer(&self, number: u64, accepted: bool) -> Result<(), Why> {
        let next = self.asked.first_key_value();
        let Some((_, asked)) = next.filter(|(next, _)| **next == number) else {
            return Err(Why::Asked(number));
        };
        match self.weigh(asked) {
            // What came about cannot be refused any more, and what is still to be signed cannot be accepted yet.
            Ok(Granted::Overridden) if !accepted => Err(Why::Refused("it came about already".to_owned())),
            Ok(Granted::Override(..)) if accepted => Err(Why::Refused("no verdict was signed for it".to_owned())),
            Err(reason) if accepted => Err(Why::Refused(reason)),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    fn may_end(&self, outcome: &str) -> Result<(), Why> {
        match outcome {
            "success" => self.succeeded_all().map_err(Why::Unfinished),
            "failed" | "cancelled" if self.succeeded_all().is_ok() => {
                Err(Why::Unfinished("every task succeeded".to_owned()))
            }
            "failed" | "cancelled" if self.active.is_empty() => Ok(()),
            "failed" | "cancelled" => Err(Why::Unfinished("a task is under way".to_owned())),
            other => Err(Why::Word(other.to_owned())),
        }
    }
}

fn at_attempt(name: &str, task: &Task, attempt: u64) -> Result<(), Why> {
    if attempt == task.attempt {
        return Ok(());
    }
    Err(Why::Attempt {
        task: name.to_owned(),
        attempt,
        expected: task.attempt,
    })
}

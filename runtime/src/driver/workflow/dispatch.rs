//! From actions to what threads do, and to the steps that record it.

use std::sync::Arc;

use super::attempt::Attempted;
use super::fault::DriveFault;
use super::host::Host;
use super::run::{Driven, Errand};
use super::{Driver, Screen, Word};
use crate::event::{RunId, Step};
use crate::plan::Cause;
use crate::schedule::Action;
use crate::stop::Stop;
use crate::store::{Bundle, StepRefusal, wake};

/// What a thread did, for the record.
pub(super) type Deed = (Step, Vec<Vec<u8>>);

/// Something for a thread to do.
type Job = Box<dyn FnOnce(&Host) -> Result<Deed, DriveFault> + Send>;

/// What is recorded at once in one run, and what is given out after that.
#[derive(Default)]
pub(super) struct Round {
    pub(super) bundle: Bundle,
    pub(super) jobs: Vec<(Errand, Stop, Job)>,
}

impl Driver {
    /// Does everything that follows from the states, until nothing does any more.
    pub(super) fn dispatch(&mut self, screen: &mut dyn Screen) -> Result<(), DriveFault> {
        loop {
            let mut rounds = Vec::new();
            for run in self.runs.keys().copied().collect::<Vec<_>>() {
                match self.round(run) {
                    Ok(Some(round)) => rounds.push((run, round)),
                    Ok(None) => {}
                    Err(fault) => self.set_aside(run, fault)?,
                }
            }
            if rounds.is_empty() || !self.record(rounds)? {
                return Ok(());
            }
            self.read_news(screen)?;
        }
    }

    /// Everything that is to be done in one run now.
    fn round(&mut self, run: RunId) -> Result<Option<Round>, DriveFault> {
        let host = Arc::clone(&self.host);
        let is_draining = self.is_draining;
        let now_ms = host.clock.unix_millis();
        let Some(driven) = self.runs.get_mut(&run) else {
            return Ok(None);
        };
        let mut round = Round::default();
        driven.take_done(&mut round);
        driven.tell_board(&host, run, false)?;
        for action in driven.state.next(now_ms) {
            match action {
                Action::Start { task, attempt, again } if !is_draining => {
                    driven.start(&host, run, task, (attempt, again), now_ms, &mut round)?;
                }
                // It stays as it is; the next driver starts it.
                Action::Start { .. } => {}
                Action::Judge { task, attempt, council } => {
                    driven.judge(run, task, attempt, &council, &mut round)?;
                }
                Action::Land { task, attempt } => driven.land(run, task, attempt, &mut round)?,
                Action::Stop { task, .. } => driven.stop(task),
                Action::Abandon { task, attempt, detail } => {
                    let attempted = Attempted::failed(Cause::Broken, detail);
                    let step = driven.ended(run, task, attempt, attempted, now_ms);
                    round.bundle.steps.push(step);
                }
                Action::Answer {
                    asked,
                    accepted,
                    reason,
                } => driven.answer(run, (asked, accepted, reason), now_ms, &mut round),
                Action::Override {
                    asked,
                    task,
                    attempt,
                    council,
                } => driven.overrule(run, asked, (task, attempt), &council, &mut round)?,
                Action::End { outcome, detail } => {
                    // What was decided in the run stands in the chain before the run is over.
                    host.clerk.seal()?;
                    driven.tell_board(&host, run, true)?;
                    round.bundle.steps.push(Step::Ended {
                        run,
                        outcome,
                        detail,
                        at_ms: now_ms,
                    });
                }
            }
        }
        let is_empty = round.bundle.steps.is_empty() && round.jobs.is_empty();
        Ok((!is_empty).then_some(round))
    }

    /// Records what several runs have come to, in one transaction, and gives out what is to be done. Gives whether there is
    /// something to be taken in.
    fn record(&mut self, rounds: Vec<(RunId, Round)>) -> Result<bool, DriveFault> {
        let (mut bundles, mut jobs) = (Vec::new(), Vec::new());
        let mut is_answered = false;
        for (run, round) in rounds {
            if let Some(driven) = self.runs.get(&run) {
                is_answered |= round
                    .bundle
                    .steps
                    .iter()
                    .any(|step| matches!(step, Step::Answered { .. }));
                bundles.push((driven.lease.clone(), round.bundle));
                jobs.push((run, round.jobs));
            }
        }
        let is_news = bundles.iter().any(|(_, bundle)| !bundle.steps.is_empty());
        let appended = if is_news {
            self.host.store.append_bundles(self.host.now()?, bundles)?
        } else {
            Vec::new()
        };
        if is_answered {
            // Whoever asked is waiting.
            wake::ring(&self.host.state_dir);
        }
        for (place, (run, jobs)) in jobs.into_iter().enumerate() {
            match appended.get(place) {
                None | Some(Ok(_)) => self.give_out(run, jobs)?,
                // Somebody else has it now: what this process still does of it is refused wherever it counts.
                Some(Err(StepRefusal::Fenced(_) | StepRefusal::Ended(_))) => self.forget(run),
                Some(Err(refusal)) => return Err(DriveFault::Bug(refusal.to_string())),
            }
        }
        Ok(is_news)
    }

    fn give_out(&mut self, run: RunId, jobs: Vec<(Errand, Stop, Job)>) -> Result<(), DriveFault> {
        let Some(driven) = self.runs.get_mut(&run) else {
            return Ok(());
        };
        for (errand, stop, job) in jobs {
            driven.busy.insert(errand.clone(), stop);
            let (host, outbox) = (Arc::clone(&self.host), self.outbox.clone());
            let work = move || {
                // Also where it breaks down the loop hears of it.
                let mut said = Said {
                    outbox: &outbox,
                    word: Some((run, errand)),
                };
                let result = job(&host);
                said.say(result);
            };
            self.crew.give(work).map_err(DriveFault::Thread)?;
        }
        Ok(())
    }
}

/// Tells the loop what came of an errand, whatever happens.
struct Said<'a> {
    outbox: &'a std::sync::mpsc::Sender<Word>,
    word: Option<(RunId, Errand)>,
}

impl Said<'_> {
    fn say(&mut self, result: Result<Deed, DriveFault>) {
        if let Some((run, errand)) = self.word.take() {
            // A driver that is gone needs no telling.
            let result = Box::new(result);
            let _ = self.outbox.send(Word::Done { run, errand, result });
        }
    }
}

impl Drop for Said<'_> {
    fn drop(&mut self) {
        self.say(Err(DriveFault::Bug("a task of the driver broke down".to_owned())));
    }
}

impl Driven {
    /// Takes what threads have done, as far as it fits the state: at most one step of each task at once. What does not fit any
    /// more is dropped: the state gave it out anew, or does not want it.
    fn take_done(&mut self, round: &mut Round) {
        let mut later = Vec::new();
        for (step, contents) in std::mem::take(&mut self.done) {
            let is_taken = round.bundle.steps.iter().any(|taken| taken.task() == step.task());
            if is_taken {
                later.push((step, contents));
            } else if self.state.allows(self.state.newest().saturating_add(1), &step).is_ok() {
                round.bundle.steps.push(step);
                round.bundle.contents.extend(contents);
            } else {
                tracing::debug!(?step, "what a thread did is not wanted any more");
            }
        }
        self.done = later;
    }

    /// Answers a request. What a person says of an approved change comes to stand in the chain first.
    fn answer(&mut self, run: RunId, (asked, accepted, reason): (u64, bool, String), at_ms: u64, round: &mut Round) {
        match self.plea(asked).filter(|_| accepted) {
            Some(plea) => self.confirm(run, asked, plea, round),
            None => round.bundle.steps.push(Step::Answered {
                run,
                asked,
                accepted,
                reason,
                at_ms,
            }),
        }
    }

    /// Asks what is under way for a task to end. A hearing and a landing are short, and end by themselves.
    fn stop(&self, task: usize) {
        if let Some(stop) = self.busy.get(&Errand::Attempt(task)) {
            stop.stop();
        }
    }

    fn ended(&self, run: RunId, task: usize, attempt: u64, attempted: Attempted, at_ms: u64) -> Step {
        Step::AttemptEnded {
            run,
            task: self
                .plan
                .tasks
                .get(task)
                .map(|node| node.name.clone())
                .unwrap_or_default(),
            attempt,
            outcome: attempted.outcome.to_owned(),
            detail: attempted.detail,
            output: None,
            commit: None,
            at_ms,
        }
    }
}

//! What is given out to threads: attempts, hearings, landings and what persons decide, each with the step that records what came
//! of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use assize_provenance::digest::Digest;

use super::attempt::{self, Attempted, Order};
use super::dispatch::Round;
use super::fault::DriveFault;
use super::host::Host;
use super::judge::Hearing;
use super::landing::{Cargo, Landing};
use super::pleas::Plea;
use super::run::{Driven, Errand, Given, commit};
use crate::driver::calls;
use crate::driver::prepare::PrepareFault;
use crate::event::{RunId, Step};
use crate::plan::{Cause, Work};
use crate::schedule::STOPPED;
use crate::stop::Stop;
use crate::store::Lease;

/// The call of a task that nobody does.
const NOBODY: RunId = RunId::from_bytes([0; 16]);

impl Driven {
    /// Records that a task is tried, and gives it out.
    pub(super) fn start(
        &mut self,
        host: &Arc<Host>,
        run: RunId,
        task: usize,
        (attempt, again): (u64, bool),
        at_ms: u64,
        round: &mut Round,
    ) -> Result<(), DriveFault> {
        let Some((view, node)) = self.state.view(task).zip(self.plan.tasks.get(task)) else {
            return Err(DriveFault::Bug("an action about no task".to_owned()));
        };
        let (call, base) = if again {
            (view.call, commit(run, view.base)?)
        } else {
            let call = match node.work {
                Work::Agent(_) => calls::draw_run()?,
                Work::Join => NOBODY,
            };
            (call, host.tip(&self.branch)?.unwrap_or(self.base))
        };
        round.bundle.steps.push(Step::AttemptStarted {
            run,
            task: node.name.clone(),
            attempt,
            call,
            base: base.to_string(),
            at_ms,
        });
        let order = Order {
            run,
            node: node.clone(),
            attempt,
            call,
            base,
            actor: self.actor.clone(),
            started_ms: self.started_ms,
            guidance: view.guidance.to_vec(),
        };
        let (outputs, stop) = (Given::of(&self.plan, &self.state, task), Stop::default());
        let handle = stop.clone();
        let job = move |host: &Host| {
            let attempted = host.attempt(&order, &outputs, &stop)?;
            let attempted = if stop.is_asked() && attempted.outcome != "finished" {
                Attempted::stopped(STOPPED)
            } else {
                attempted
            };
            Ok(attempt::ended(&order, attempted, host.clock.unix_millis()))
        };
        round.jobs.push((Errand::Attempt(task), handle, Box::new(job)));
        Ok(())
    }

    pub(super) fn judge(
        &mut self,
        run: RunId,
        task: usize,
        attempt: u64,
        council: &str,
        round: &mut Round,
    ) -> Result<(), DriveFault> {
        let Some(view) = self.state.view(task) else {
            return Err(DriveFault::Bug("an action about no task".to_owned()));
        };
        let hearing = Hearing {
            council: council.to_owned(),
            base: commit(run, view.onto)?,
            commit: commit(run, view.commit.unwrap_or(view.onto))?,
            call: view.call,
            since_ms: self.started_ms,
            again: self.inherited.contains(&task).then(|| self.verdicts()),
        };
        let name = view.name.to_owned();
        let council = council.to_owned();
        let errand = Errand::Judge(task, council.clone());
        let job = move |host: &Host| {
            let judgement = match host.judge(&hearing) {
                Ok(judgement) => judgement,
                // The policy of the branch has changed since the run was submitted. That costs the attempt, not the driver.
                Err(DriveFault::Prepare(fault @ (PrepareFault::NoCouncil { .. } | PrepareFault::Policy { .. }))) => {
                    let step = Step::AttemptEnded {
                        run,
                        task: name,
                        attempt,
                        outcome: Cause::Broken.name().to_owned(),
                        detail: fault.to_string(),
                        output: None,
                        commit: None,
                        at_ms: host.clock.unix_millis(),
                    };
                    return Ok((step, Vec::new()));
                }
                Err(fault) => return Err(fault),
            };
            let step = Step::Judged {
                run,
                task: name,
                attempt,
                council,
                decision: judgement.decision.to_owned(),
                commit: hearing.commit.to_string(),
                case: judgement.case,
                entry: *judgement.entry.leaf_hash(),
                at_ms: host.clock.unix_millis(),
            };
            Ok((step, Vec::new()))
        };
        round.jobs.push((errand, Stop::default(), Box::new(job)));
        Ok(())
    }

    pub(super) fn land(&mut self, run: RunId, task: usize, attempt: u64, round: &mut Round) -> Result<(), DriveFault> {
        let Some(view) = self.state.view(task) else {
            return Err(DriveFault::Bug("an action about no task".to_owned()));
        };
        let Some((council, judgement)) = view.judgements.first() else {
            return Err(DriveFault::Bug("a landing without a verdict".to_owned()));
        };
        let onto = commit(run, view.onto)?;
        let cargo = Cargo {
            run,
            task: view.name.to_owned(),
            branch: self.branch.clone(),
            onto,
            commit: commit(run, view.commit.unwrap_or(view.onto))?,
            call: view.call,
            council: (*council).to_owned(),
            case: judgement.case,
            verdict: judgement.entry,
            asks_person: view.is_confirmed_by_person,
            by_person: judgement.by_person,
        };
        let lease: Lease = self.lease.clone();
        let job = move |host: &Host| {
            let landing = host.land(&lease, &cargo)?;
            let at_ms = host.clock.unix_millis();
            let (task, run) = (cargo.task.clone(), cargo.run);
            let step = match landing {
                Landing::Landed => Step::Landed {
                    run,
                    task,
                    branch: cargo.branch.clone(),
                    commit: cargo.commit.to_string(),
                    at_ms,
                },
                Landing::Moved { onto, commit } => Step::Joined {
                    run,
                    task,
                    attempt,
                    onto: onto.to_string(),
                    commit: Some(commit.to_string()),
                    detail: String::new(),
                    at_ms,
                },
                Landing::Refused { onto, why } => Step::Joined {
                    run,
                    task,
                    attempt,
                    onto: onto.to_string(),
                    commit: None,
                    detail: why,
                    at_ms,
                },
            };
            Ok((step, Vec::new()))
        };
        round.jobs.push((Errand::Land(task), Stop::default(), Box::new(job)));
        Ok(())
    }

    /// The entries of every verdict that is on record in the run.
    fn verdicts(&self) -> BTreeSet<Digest> {
        let views = self.state.views();
        views
            .flat_map(|view| view.judgements.into_iter().map(|(_, judgement)| judgement.entry))
            .collect()
    }

    /// Has a person's verdict entered in the place of a council's.
    pub(super) fn overrule(
        &mut self,
        run: RunId,
        asked: u64,
        (task, attempt): (usize, u64),
        council: &str,
        round: &mut Round,
    ) -> Result<(), DriveFault> {
        let (Some(plea), Some(view)) = (self.plea(asked), self.state.view(task)) else {
            return Err(DriveFault::Bug("an override of no verdict".to_owned()));
        };
        let name = view.name.to_owned();
        let commit = view.commit.unwrap_or(view.onto).to_owned();
        let job = move |host: &Host| {
            let decided = host.decide(&plea)?;
            let at_ms = host.clock.unix_millis();
            let step = match decided {
                Ok(Some(entry)) => Step::Judged {
                    run,
                    task: name,
                    attempt,
                    council: plea.council.clone(),
                    decision: "approved".to_owned(),
                    commit,
                    case: plea.case,
                    entry: *entry.leaf_hash(),
                    at_ms,
                },
                Ok(None) => return Err(DriveFault::Bug("an override without an entry".to_owned())),
                Err(reason) => Step::Answered {
                    run,
                    asked,
                    accepted: false,
                    reason,
                    at_ms,
                },
            };
            Ok((step, Vec::new()))
        };
        let errand = Errand::Judge(task, council.to_owned());
        round.jobs.push((errand, Stop::default(), Box::new(job)));
        Ok(())
    }

    /// Has what a person said of an approved change entered, and answers then.
    pub(super) fn confirm(&mut self, run: RunId, asked: u64, plea: Plea, round: &mut Round) {
        let errand = Errand::Confirm(asked);
        let job = move |host: &Host| {
            let decided = host.decide(&plea)?;
            let step = Step::Answered {
                run,
                asked,
                accepted: decided.is_ok(),
                reason: decided.err().unwrap_or_default(),
                at_ms: host.clock.unix_millis(),
            };
            Ok((step, Vec::new()))
        };
        round.jobs.push((errand, Stop::default(), Box::new(job)));
    }

    /// What a person decides of a verdict with a request; none where the request decides about none.
    pub(super) fn plea(&self, asked: u64) -> Option<Plea> {
        let wanted = self.state.asked(asked)?;
        let decision = self.state.decided_by(wanted)?;
        Some(Plea {
            request: decision.request,
            case: decision.judgement.case,
            verdict: decision.judgement.entry,
            council: decision.council.to_owned(),
            person: wanted.author.clone(),
            reason: wanted.text.clone(),
            shown: decision.shown,
            signed: wanted.signed,
            submitter: self.actor.clone(),
        })
    }
}

//! Steps of workflows for the store: single ones, and histories by chance with the dullest model of what must be listed after
//! them.

use std::collections::BTreeMap;

use assize::event::{RunId, Step};
use assize::store::{Lease, RequestFilter, StepRefusal, Store, WorkflowRunFilter, run_lease};
use assize_provenance::digest::Digest;
use assize_provenance::time::Time;

use crate::dice::Dice;
use crate::happenings::run;

/// What stands for the plan of a run.
pub const PLAN: &[u8] = b"plan";
/// What stands for the output of a task.
pub const OUTPUT: &[u8] = b"\"output\"";

/// The start of a run of a workflow, whose plan is [`PLAN`].
#[must_use]
pub fn submitted(number: u64) -> Step {
    Step::Started {
        run: run(number),
        workflow: "release".to_owned(),
        plan: Digest::of(PLAN),
        mode: "auto".to_owned(),
        base: "0".repeat(40),
        branch: "refs/heads/main".to_owned(),
        policy: Digest::of(b"policy"),
        actor: "someone".to_owned(),
        at_ms: 1000 + number,
    }
}

/// A task of a run is tried.
#[must_use]
pub fn tried(number: u64, task: &str, attempt: u64) -> Step {
    Step::AttemptStarted {
        run: run(number),
        task: task.to_owned(),
        attempt,
        call: run(1_000_000 + attempt),
        base: "0".repeat(40),
        at_ms: 2000 + attempt,
    }
}

/// A task of a run is done, and its output is [`OUTPUT`].
#[must_use]
pub fn done(number: u64, task: &str, attempt: u64) -> Step {
    Step::AttemptEnded {
        run: run(number),
        task: task.to_owned(),
        attempt,
        outcome: "finished".to_owned(),
        detail: "done".to_owned(),
        output: Some(Digest::of(OUTPUT)),
        commit: Some("1".repeat(40)),
        at_ms: 3000 + attempt,
    }
}

/// The change of a task is on the branch.
#[must_use]
pub fn landed(number: u64, task: &str) -> Step {
    Step::Landed {
        run: run(number),
        task: task.to_owned(),
        branch: "refs/heads/main".to_owned(),
        commit: "2".repeat(40),
        at_ms: 4000,
    }
}

/// Somebody asks for something.
#[must_use]
pub fn asked(number: u64, request: &str) -> Step {
    Step::Asked {
        run: run(number),
        task: None,
        request: request.to_owned(),
        author: "someone".to_owned(),
        shown: None,
        text: "because".to_owned(),
        signed: None,
        at_ms: 5000,
    }
}

/// What was asked is answered.
#[must_use]
pub fn answered(number: u64, asked: u64, accepted: bool) -> Step {
    Step::Answered {
        run: run(number),
        asked,
        accepted,
        reason: String::new(),
        at_ms: 6000,
    }
}

/// The end of a run of a workflow.
#[must_use]
pub fn finished(number: u64) -> Step {
    Step::Ended {
        run: run(number),
        outcome: "success".to_owned(),
        detail: "all of it".to_owned(),
        at_ms: 7000,
    }
}

/// Takes the lease of a run, whoever held it.
///
/// # Panics
///
/// When the store fails.
#[must_use]
pub fn lease(store: &Store, number: u64, holder: &str) -> Lease {
    let taken = store.lease_take(&run_lease(run(number)), holder, 0, 10, |_| true);
    taken.expect("takes").expect("every other holder is dead")
}

/// A run in the model.
#[derive(Debug, Default, PartialEq, Eq)]
struct Flow {
    attempts: u64,
    landed: u64,
    // The last attempt of each task, whether it ended, and the name of its last step.
    tasks: BTreeMap<String, (u64, bool, &'static str)>,
    open: Vec<u64>,
    has_ended: bool,
}

/// What must be listed of runs of workflows, kept in plain maps.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Flows(BTreeMap<RunId, Flow>);

impl Flows {
    /// Lets one thing happen, by chance, in the store and in the model; gives how many events that made.
    ///
    /// # Panics
    ///
    /// When the store fails, or answers otherwise than the model.
    pub fn step(&mut self, store: &Store, at: Time, number: u64, dice: &mut Dice) -> u64 {
        let run = run(number);
        let task = format!("task-{}", dice.below(3));
        let (known, ended) = (
            self.0.contains_key(&run),
            self.0.get(&run).is_some_and(|flow| flow.has_ended),
        );
        let flow = self.0.entry(run).or_default();
        let attempt = flow.tasks.get(&task).map_or(1, |(attempt, ..)| attempt + 1);
        let step = match dice.below(16) {
            0..3 => submitted(number),
            3..7 => tried(number, &task, attempt),
            7..10 => done(number, &task, attempt - 1),
            10 | 11 => landed(number, &task),
            12 | 13 => asked(number, "pause"),
            14 if flow.open.is_empty() => finished(number),
            _ => answered(number, flow.open.first().copied().unwrap_or(1), true),
        };
        let lease = lease(store, number, "driver");
        let contents = vec![PLAN.to_vec(), OUTPUT.to_vec()];
        let answer = store.append_steps(at, Some(&lease), vec![step.clone()], contents);
        let answer = answer.expect("appends");
        let refusal = match &step {
            Step::Started { .. } => known.then_some(StepRefusal::Known(run)),
            _ if !known => Some(StepRefusal::Unknown(run)),
            _ if ended => Some(StepRefusal::Ended(run)),
            Step::Answered { asked, .. } if flow.open.is_empty() => Some(StepRefusal::NotOpen { run, asked: *asked }),
            _ => None,
        };
        if let Some(refusal) = refusal {
            assert_eq!(answer, Err(refusal));
            if !known {
                self.0.remove(&run);
            }
            return 0;
        }
        let sequences = answer.expect("fits");
        assert_eq!(sequences.len(), 1);
        flow.follow(&step, sequences[0]);
        1
    }

    /// Insists that the store lists what the model holds.
    ///
    /// # Panics
    ///
    /// When it does not.
    pub fn agree(&self, store: &Store) {
        let runs = store
            .workflow_runs(&WorkflowRunFilter::default(), None, 1000)
            .expect("lists");
        assert_eq!(runs.len(), self.0.len());
        for listed in runs {
            let flow = &self.0[&listed.run];
            let found = (listed.attempts, listed.landed, listed.end.is_some());
            assert_eq!(found, (flow.attempts, flow.landed, flow.has_ended), "{listed:?}");
            let tasks = store.workflow_tasks(listed.run, 0, 1000).expect("lists");
            let tasks = tasks
                .into_iter()
                .map(|task| (task.task, (task.attempt, task.ended_ms.is_some(), task.step)));
            let expected = flow
                .tasks
                .iter()
                .map(|(task, (attempt, ended, step))| (task.clone(), (*attempt, *ended, (*step).to_owned())));
            assert_eq!(tasks.collect::<BTreeMap<_, _>>(), expected.collect());
            let filter = RequestFilter {
                run: Some(listed.run),
                open: true,
            };
            let open = store.requests(&filter, 0, 1000).expect("lists");
            let open: Vec<u64> = open.into_iter().map(|request| request.sequence).collect();
            assert_eq!(open, flow.open);
        }
        let open = store.open_runs(0, 1000).expect("lists");
        assert_eq!(open.len(), self.0.values().filter(|flow| !flow.has_ended).count());
    }
}

impl Flow {
    fn follow(&mut self, step: &Step, sequence: u64) {
        match step {
            Step::AttemptStarted { task, attempt, .. } => {
                self.attempts += 1;
                self.tasks.insert(task.clone(), (*attempt, false, "attempt-started"));
            }
            Step::AttemptEnded { task, attempt, .. } => {
                if let Some(known) = self.tasks.get_mut(task) {
                    *known = (*attempt, true, "attempt-ended");
                }
            }
            Step::Landed { task, .. } => {
                self.landed += 1;
                if let Some(known) = self.tasks.get_mut(task) {
                    known.2 = "landed";
                }
            }
            Step::Asked { .. } => self.open.push(sequence),
            Step::Answered { asked, .. } => self.open.retain(|open| open != asked),
            Step::Ended { .. } => self.has_ended = true,
            _ => {}
        }
    }
}

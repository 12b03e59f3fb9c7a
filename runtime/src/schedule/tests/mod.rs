//! What the rules of a run are, one by one. Whole runs by chance are simulated in the tests of the workspace.

mod chaos;
mod dependencies;
mod ends;
mod interruptions;
mod landing;
mod limits;
mod requests;
mod retries;

use std::collections::BTreeMap;
use std::sync::Arc;

use assize_provenance::digest::Digest;

use super::{Action, FINISHED, Illegal, State};
use crate::event::{RunId, Step};
use crate::plan::{Cause, Mode, Need, Node, Plan, Retry, TaskState, Work};

/// A task that an agent does, judged by nobody, tried once.
fn task(name: &str, needs: &[usize]) -> Node {
    Node {
        name: name.to_owned(),
        summary: String::new(),
        kind: None,
        work: Work::Agent("scribe".to_owned()),
        needs: needs
            .iter()
            .map(|task| Need {
                task: *task,
                gate: None,
            })
            .collect(),
        inputs: BTreeMap::new(),
        councils: Vec::new(),
        confirm: false,
        retry: Retry {
            attempts: 1,
            delay_ms: 100,
            factor_percent: 200,
            delay_ms_max: 60_000,
            jitter_percent: 0,
            on: Vec::new(),
        },
        timeout_seconds: None,
        priority: 0,
        key: None,
        undo: None,
        is_undo: false,
        estimate_seconds: None,
    }
}

/// The same, judged by a council.
fn judged(name: &str, needs: &[usize]) -> Node {
    Node {
        councils: vec!["default".to_owned()],
        ..task(name, needs)
    }
}

/// The same, tried again after some causes.
fn retried(node: Node, attempts: u32, on: &[Cause]) -> Node {
    let retry = Retry {
        attempts,
        on: on.to_vec(),
        ..node.retry
    };
    Node { retry, ..node }
}

fn plan(tasks: Vec<Node>) -> Plan {
    Plan {
        workflow: "release".to_owned(),
        mode: Mode::Auto,
        branch: None,
        concurrency: 100,
        timeout_seconds: None,
        keys: BTreeMap::new(),
        tasks,
    }
}

fn digest(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

/// A run in which the test does what a driver does.
#[derive(Clone)]
struct Bench {
    state: State,
    steps: Vec<(u64, Step)>,
    now_ms: u64,
}

const RUN: [u8; 16] = [7; 16];

impl Bench {
    fn new(plan: Plan) -> Self {
        let started = Step::Started {
            run: RunId::from_bytes(RUN),
            workflow: plan.workflow.clone(),
            plan: digest("plan"),
            mode: plan.mode.name().to_owned(),
            base: "base".to_owned(),
            branch: "refs/heads/main".to_owned(),
            policy: digest("policy"),
            actor: "ada".to_owned(),
            at_ms: 1_000,
        };
        Self {
            state: State::open(1, &started, Arc::new(plan)).expect("a plan as binding makes it"),
            steps: vec![(1, started)],
            now_ms: 1_000,
        }
    }

    fn try_step(&mut self, step: Step) -> Result<(), Illegal> {
        let number = self.state.newest() + 1;
        self.state.apply(number, &step)?;
        self.steps.push((number, step));
        Ok(())
    }

    fn step(&mut self, step: Step) -> &mut Self {
        self.try_step(step).unwrap_or_else(|illegal| panic!("{illegal}"));
        self
    }

    fn next(&mut self) -> Vec<Action> {
        self.state.next(self.now_ms)
    }

    /// The names of the tasks that are started now, in order.
    fn starts(&mut self) -> Vec<String> {
        let names = |action| match action {
            Action::Start { task, .. } => Some(self.state.plan().tasks[task].name.clone()),
            _ => None,
        };
        let actions = self.state.clone().next(self.now_ms);
        let names = actions.into_iter().filter_map(names).collect();
        self.next();
        names
    }

    fn view(&self, name: &str) -> super::View<'_> {
        let task = self.state.task_named(name).expect("a task");
        self.state.view(task).expect("a task")
    }

    fn is(&self, name: &str) -> TaskState {
        self.view(name).state
    }

    fn start_step(&self, name: &str) -> Step {
        let view = self.view(name);
        let goes_on = !view.base.is_empty() && matches!(view.state, TaskState::Running | TaskState::Paused);
        Step::AttemptStarted {
            run: self.state.run(),
            task: name.to_owned(),
            attempt: view.attempt + u64::from(!goes_on),
            call: RunId::from_bytes([1; 16]),
            base: "base".to_owned(),
            at_ms: self.now_ms,
        }
    }

    fn start(&mut self, name: &str) -> &mut Self {
        let step = self.start_step(name);
        self.step(step)
    }

    fn end_step(&self, name: &str, outcome: &str, commit: Option<&str>) -> Step {
        Step::AttemptEnded {
            run: self.state.run(),
            task: name.to_owned(),
            attempt: self.view(name).attempt,
            outcome: outcome.to_owned(),
            detail: "as it went".to_owned(),
            output: None,
            commit: commit.map(ToOwned::to_owned),
            at_ms: self.now_ms,
        }
    }

    fn end(&mut self, name: &str, outcome: &str) -> &mut Self {
        let step = self.end_step(name, outcome, None);
        self.step(step)
    }

    /// Starts a task and finishes it without a change.
    fn does(&mut self, name: &str) -> &mut Self {
        self.start(name).end(name, FINISHED)
    }

    /// Starts a task and finishes it with a change.
    fn changes(&mut self, name: &str, commit: &str) -> &mut Self {
        self.start(name);
        let step = self.end_step(name, FINISHED, Some(commit));
        self.step(step)
    }

    fn judge_step(&self, name: &str, council: &str, decision: &str) -> Step {
        let view = self.view(name);
        let commit = view.commit.expect("a change").to_owned();
        Step::Judged {
            run: self.state.run(),
            task: name.to_owned(),
            attempt: view.attempt,
            council: council.to_owned(),
            decision: decision.to_owned(),
            case: digest(&commit),
            entry: digest(&format!("{council} {decision} {commit}")),
            commit,
            at_ms: self.now_ms,
        }
    }

    fn judge(&mut self, name: &str, decision: &str) -> &mut Self {
        let step = self.judge_step(name, "default", decision);
        self.step(step)
    }

    fn land_step(&self, name: &str, commit: &str) -> Step {
        Step::Landed {
            run: self.state.run(),
            task: name.to_owned(),
            branch: "refs/heads/main".to_owned(),
            commit: commit.to_owned(),
            at_ms: self.now_ms,
        }
    }

    fn land(&mut self, name: &str) -> &mut Self {
        let commit = self.view(name).commit.expect("a change").to_owned();
        let step = self.land_step(name, &commit);
        self.step(step)
    }

    fn join(&mut self, name: &str, onto: &str, commit: Option<&str>) -> &mut Self {
        self.step(Step::Joined {
            run: self.state.run(),
            task: name.to_owned(),
            attempt: self.view(name).attempt,
            onto: onto.to_owned(),
            commit: commit.map(ToOwned::to_owned),
            detail: String::new(),
            at_ms: self.now_ms,
        })
    }

    fn ask(&mut self, name: Option<&str>, request: &str, author: &str, shown: Option<Digest>, text: &str) -> u64 {
        self.step(Step::Asked {
            run: self.state.run(),
            task: name.map(ToOwned::to_owned),
            request: request.to_owned(),
            author: author.to_owned(),
            shown,
            text: text.to_owned(),
            signed: None,
            at_ms: self.now_ms,
        });
        self.state.newest()
    }

    /// Asks for something and lets it be answered: the reason where it is refused.
    fn request(&mut self, name: Option<&str>, request: &str, shown: Option<Digest>, text: &str) -> Result<(), String> {
        let number = self.ask(name, request, "grace", shown, text);
        let answer = self.next().into_iter().find_map(|action| match action {
            Action::Answer {
                asked,
                accepted,
                reason,
            } => Some((asked, accepted, reason)),
            _ => None,
        });
        let (asked, accepted, reason) = answer.expect("an answer");
        assert_eq!(asked, number);
        self.step(Step::Answered {
            run: self.state.run(),
            asked,
            accepted,
            reason: reason.clone(),
            at_ms: self.now_ms,
        });
        if accepted { Ok(()) } else { Err(reason) }
    }

    fn shown(&self, name: &str) -> Option<Digest> {
        self.state.shown(self.state.task_named(name).expect("a task"))
    }

    /// A kill: the state is made again from the steps, by a new driver.
    fn kill(&mut self) -> &mut Self {
        let mut steps = self.steps.iter();
        let (number, started) = steps.next().expect("a first step");
        let plan = Arc::new(self.state.plan().clone());
        let mut state = State::open(*number, started, plan).expect("as before");
        for (number, step) in steps {
            state.apply(*number, step).expect("what was written can be read");
        }
        state.recover();
        self.state = state;
        self
    }
}

//! One attempt of a task: a worktree of its own, a call of the agent, and a commit of what came of it.

use assize_provenance::opinion::Absence;
use assize_provenance::reader::ObjectId;

use super::change::Fresh;
use super::fault::DriveFault;
use super::host::Host;
use super::input::{InputFault, Outputs};
use crate::case::RepositoryPath;
use crate::driver::calls;
use crate::driver::prepare::PrepareFault;
use crate::event::{Event, RunId, Step};
use crate::outcome::{LogLine, Outcome};
use crate::plan::{Cause, Node, Work};
use crate::policy::grant::{Grants, Request};
use crate::policy::process::{CommandGrant, Confinement};
use crate::repository::Checkout;
use crate::repository::snapshot;
use crate::sandbox::{Account, Agent, Done, HostFault, Moment, Outside, StoreDesk, Surroundings, Task};
use crate::stop::Stop;
use crate::store::ArtifactDraft;
use crate::vault::Vault;
use crate::workspace::Workspace;

/// The name under which the host stores what an agent logged, as an artifact of its call.
pub const LOG_NAME: &str = "assize.log";

/// What is to be tried.
#[derive(Debug, Clone)]
pub(super) struct Order {
    pub(super) run: RunId,
    pub(super) node: Node,
    pub(super) attempt: u64,
    pub(super) call: RunId,
    pub(super) base: ObjectId,
    pub(super) actor: String,
    /// When the run was submitted, in milliseconds since 1970: what the agent's clock shows.
    pub(super) started_ms: u64,
    /// What people said to the task meanwhile.
    pub(super) guidance: Vec<String>,
}

/// What came of it, for the record.
#[derive(Debug, Clone)]
pub(super) struct Attempted {
    pub(super) outcome: &'static str,
    pub(super) detail: String,
    pub(super) output: Option<Vec<u8>>,
    pub(super) commit: Option<ObjectId>,
}

impl Attempted {
    pub(super) fn failed(cause: Cause, detail: impl Into<String>) -> Self {
        Self {
            outcome: cause.name(),
            detail: detail.into(),
            output: None,
            commit: None,
        }
    }

    /// It was ended before its time.
    pub(super) fn stopped(outcome: &'static str) -> Self {
        Self {
            outcome,
            detail: String::new(),
            output: None,
            commit: None,
        }
    }
}

/// An agent with what it holds.
pub(super) struct Seat {
    pub(super) agent: Agent,
    pub(super) grants: Grants,
    agent_name: String,
    plugin: String,
    role: String,
}

impl Host {
    /// Tries a task. Whatever the agent does, this gives an outcome; only failures of the machine are faults.
    pub(super) fn attempt(&self, order: &Order, outputs: &dyn Outputs, stop: &Stop) -> Result<Attempted, DriveFault> {
        let Work::Agent(name) = &order.node.work else {
            return Ok(match self.joined(&order.node, outputs) {
                Ok(output) => Attempted {
                    outcome: "finished",
                    detail: String::new(),
                    output: Some(output.into_bytes()),
                    commit: None,
                },
                Err(InputFault::Drive(fault)) => return Err(fault),
                Err(fault) => Attempted::failed(Cause::Broken, fault.to_string()),
            });
        };
        let seat = match self.seat(order, name)? {
            Ok(seat) => seat,
            Err(reason) => return Ok(Attempted::failed(Cause::Broken, reason)),
        };
        let input = match self.input(&order.node, outputs, order.base, &order.guidance) {
            Ok(input) => input,
            Err(InputFault::Drive(fault)) => return Err(fault),
            Err(fault) => return Ok(Attempted::failed(Cause::Broken, fault.to_string())),
        };
        let task = match Task::new(name, &input) {
            Ok(task) => task,
            Err(error) => return Ok(Attempted::failed(Cause::Broken, error.to_string())),
        };
        self.call(order, &seat, &task, stop)
    }

    /// Finds the agent, its role and what it holds, in the policy of the base.
    pub(super) fn seat(&self, order: &Order, name: &str) -> Result<Result<Seat, String>, DriveFault> {
        let ruling = match self.ruling(order.base) {
            Ok(ruling) => ruling,
            // The policy of the branch has changed since the run was submitted. That costs the attempt, not the driver.
            Err(DriveFault::Prepare(fault @ PrepareFault::Policy { .. })) => return Ok(Err(fault.to_string())),
            Err(fault) => return Err(fault),
        };
        let (policy, _) = &*ruling;
        let Some(appointed) = policy.agent(name) else {
            return Ok(Err(format!("the policy {} has no agent `{name}`", policy.file_name())));
        };
        let objects = self.repository.objects().as_ref();
        let seated = self
            .roster
            .agent(objects, order.base, &appointed.plugin)
            .map_err(PrepareFault::from)?;
        let agent = match &*seated {
            Ok(agent) => agent.clone(),
            Err(reason) => return Ok(Err(reason.clone())),
        };
        let description = agent.description();
        let asked = Request {
            plugin: &description.name,
            requires: &description.requires,
            wants: &description.wants,
            imports: agent.imports(),
        };
        let grants = match Grants::resolve(policy, &appointed.role, asked) {
            Ok(grants) => grants,
            Err(error) => return Ok(Err(error.to_string())),
        };
        if !grants.tasks().takes(order.node.kind.as_deref()) {
            let kind = order.node.kind.as_deref().unwrap_or("none");
            return Ok(Err(format!(
                "the role `{}` takes no tasks of the type `{kind}`; its `types` in {} say which",
                appointed.role,
                policy.file_name()
            )));
        }
        let grants = match order.node.timeout_seconds {
            Some(seconds) => grants.within_wall_seconds(seconds),
            None => grants,
        };
        Ok(Ok(Seat {
            agent_name: appointed.name.clone(),
            plugin: description.name.clone(),
            role: appointed.role.clone(),
            agent,
            grants,
        }))
    }

    /// Lets the agent do the task; if it can do anything with files, in a worktree that is made for it and removed, whatever came
    /// of it.
    fn call(&self, order: &Order, seat: &Seat, task: &Task, stop: &Stop) -> Result<Attempted, DriveFault> {
        if !seat.agent.works_on_files() {
            // The worktree would be most of what the task costs.
            return self.work_in(None, order, seat, task, stop);
        }
        let worktree = order.call.to_string();
        let unusable = |reason: String| DriveFault::Repository {
            what: "the worktree of a task cannot be made or removed",
            is_machine: true,
            reason,
        };
        let made = self
            .worktrees
            .make(self.repository.objects().as_ref(), &order.base, &worktree);
        let checkout = match made {
            Ok(checkout) => checkout,
            Err(error) if error.is_machine() => return Err(unusable(error.to_string())),
            Err(error) => return Ok(Attempted::failed(Cause::Broken, error.to_string())),
        };
        let attempted = self.work_in(Some(&checkout), order, seat, task, stop);
        drop(checkout);
        let removed = self.worktrees.remove(&worktree);
        let attempted = attempted?;
        removed.map_err(|error| unusable(error.to_string()))?;
        Ok(attempted)
    }

    /// Lets the agent do the task, in a worktree if it can do anything with files, with its beginning and its end on record.
    fn work_in(
        &self,
        checkout: Option<&Checkout>,
        order: &Order,
        seat: &Seat,
        task: &Task,
        stop: &Stop,
    ) -> Result<Attempted, DriveFault> {
        let workspace = checkout.map(|checkout| Workspace::open(checkout.dir())).transpose();
        let workspace = workspace.map_err(|error| DriveFault::Repository {
            what: "the worktree of a task cannot be opened",
            is_machine: true,
            reason: error.to_string(),
        })?;
        self.store.append(self.now()?, &[self.started(order, seat)?])?;
        let desk = StoreDesk::new(self.store.clone(), self.clock, order.call, &seat.agent_name, &seat.role);
        let surroundings = Surroundings {
            workspace: workspace.as_ref(),
            desk: Some(Box::new(desk)),
            journal: Some(self.store.journal(order.call)?),
            moment: Moment::Set {
                unix_ms: order.started_ms,
                seed: *order.call.as_bytes(),
            },
            outside: self.outside(seat)?,
            stop: stop.clone(),
        };
        let sandbox = self.roster.sandbox();
        let ran = sandbox.run(&seat.agent, task, seat.grants.clone(), surroundings);
        let end = match &ran {
            Ok(account) => calls::ended(order.call, &seat.agent_name, account),
            Err(fault) => calls::failed(order.call, &seat.agent_name, fault),
        };
        self.store.append(self.now()?, &[end])?;
        let account = match ran {
            Ok(account) => account,
            // It does not do again what it did before a kill. That is the agent's doing.
            Err(fault @ (HostFault::Departed(_) | HostFault::Journal(_))) => {
                return Ok(Attempted::failed(Cause::Broken, fault.to_string()));
            }
            Err(fault) => return Err(fault.into()),
        };
        self.keep_log(order, &seat.agent_name, &account.log)?;
        self.conclude(order, seat, account, checkout)
    }

    fn started(&self, order: &Order, seat: &Seat) -> Result<Event, DriveFault> {
        Ok(Event::RunStarted {
            run: order.call,
            agent: seat.agent_name.clone(),
            plugin: seat.plugin.clone(),
            component: seat.agent.digest(),
            role: seat.role.clone(),
            policy: self.ruling(order.base)?.0.digest(),
            on_behalf_of: None,
            actor: order.actor.clone(),
            dir: format!("{} of the run {}", order.node.name, order.run),
        })
    }

    /// The ways out that the agent has. In a dry run nothing is sent, and no command runs that might send something.
    fn outside(&self, seat: &Seat) -> Result<Outside, DriveFault> {
        let names = seat.grants.secrets().iter().map(|grant| grant.name.as_str()).collect();
        let secrets = Vault::new(&self.home).load(&names);
        let secrets = secrets.map_err(|fault| DriveFault::Repository {
            what: "the secrets of a task cannot be read",
            is_machine: fault.is_machine(),
            reason: fault.to_string(),
        })?;
        let mut outside = calls::outside(&self.home, secrets)?;
        if self.is_dry {
            outside.egress = None;
            let is_open = |grant: &CommandGrant| grant.confinement != Confinement::Full;
            if seat.grants.commands().iter().any(is_open) {
                outside.commands = None;
            }
        }
        Ok(outside)
    }

    /// Stores what an agent logged, for the person who looks after it. Its lines are masked already.
    fn keep_log(&self, order: &Order, agent: &str, log: &[LogLine]) -> Result<(), DriveFault> {
        if log.is_empty() {
            return Ok(());
        }
        let lines: String = log
            .iter()
            .map(|line| format!("{} {}\n", line.level, line.message))
            .collect();
        let draft = ArtifactDraft {
            run: order.call,
            agent: agent.to_owned(),
            name: LOG_NAME.to_owned(),
            media_type: "text/plain".to_owned(),
            contents: lines.into_bytes(),
        };
        self.store.artifact_store(self.now()?, draft)?;
        Ok(())
    }

    /// Makes a commit of what the agent changed, and keeps it.
    fn conclude(
        &self,
        order: &Order,
        seat: &Seat,
        account: Account<Done>,
        checkout: Option<&Checkout>,
    ) -> Result<Attempted, DriveFault> {
        let done = match account.outcome {
            Outcome::Finished(done) => done,
            Outcome::Ended(absence, detail) => return Ok(Attempted::failed(cause_of(absence), detail)),
        };
        let Some(checkout) = checkout else {
            return Ok(finished(done, order.base));
        };
        // A command changes what it likes within its grants; without one, only the workspace's functions changed anything.
        let commands_ran = !account.outings.is_empty();
        let paths: Result<Vec<RepositoryPath>, _> = account.changes.iter().map(|(path, _)| path.parse()).collect();
        let hint = paths.as_deref().ok().filter(|_| !commands_ran);
        let objects = self.repository.objects().as_ref();
        let change = match snapshot::snapshot(objects, checkout, seat.grants.files(), hint) {
            Ok(change) => change,
            Err(error) if error.is_machine() => {
                return Err(DriveFault::Repository {
                    what: "what a task changed cannot be read",
                    is_machine: true,
                    reason: error.to_string(),
                });
            }
            Err(error) => return Ok(Attempted::failed(Cause::Broken, error.to_string())),
        };
        let commit = match change.changed.is_empty() {
            true => order.base,
            false => {
                let fresh = Fresh {
                    tree: change.tree,
                    objects: change.objects,
                };
                self.commit_attempt(order, &seat.agent_name, &done.summary, fresh)?
            }
        };
        Ok(finished(done, commit))
    }
}

fn finished(done: Done, commit: ObjectId) -> Attempted {
    Attempted {
        outcome: "finished",
        detail: done.summary,
        output: Some(done.output.into_bytes()),
        commit: Some(commit),
    }
}

/// The record of an attempt that has ended.
pub(super) fn ended(order: &Order, attempted: Attempted, at_ms: u64) -> (Step, Vec<Vec<u8>>) {
    let contents: Vec<Vec<u8>> = attempted.output.into_iter().collect();
    let step = Step::AttemptEnded {
        run: order.run,
        task: order.node.name.clone(),
        attempt: order.attempt,
        outcome: attempted.outcome.to_owned(),
        detail: attempted.detail,
        output: contents
            .first()
            .map(|bytes| assize_provenance::digest::Digest::of(bytes)),
        commit: attempted.commit.map(|commit| commit.to_string()),
        at_ms,
    };
    (step, contents)
}

fn cause_of(absence: Absence) -> Cause {
    match absence {
        Absence::Faulted => Cause::Faulted,
        Absence::TimedOut => Cause::TimedOut,
        Absence::Unusable
        | Absence::Trapped
        | Absence::FuelExhausted
        | Absence::MemoryExhausted
        | Absence::HostLimit
        | Absence::Malformed => Cause::Broken,
    }
}

//! Doing a task again from its record, with no outside world.

use std::path::Path;

use assize_provenance::digest::Digest;

use super::attempt::{Order, Seat};
use super::fault::DriveFault;
use super::host::Host;
use super::input::InputFault;
use super::record::Looked;
use super::run::{Given, commit};
use crate::case::history;
use crate::outcome::Outcome;
use crate::plan::Work;
use crate::repository::{Checkout, Worktrees, snapshot};
use crate::sandbox::{Account, Done, Moment, Replayed, Surroundings, Task};
use crate::workspace::Workspace;

/// What came of doing a task again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retold {
    /// Whether it did the same; none where that cannot be told.
    pub is_same: Option<bool>,
    /// Where it departs, or why it cannot be told.
    pub detail: String,
    /// The component that did it now.
    pub component: Digest,
    /// How many host calls were held against the record.
    pub host_calls: u64,
}

impl Retold {
    fn unknown(component: Digest, detail: impl Into<String>) -> Self {
        Self {
            is_same: None,
            detail: detail.into(),
            component,
            host_calls: 0,
        }
    }

    fn other(component: Digest, detail: impl Into<String>) -> Self {
        Self {
            is_same: Some(false),
            ..Self::unknown(component, detail)
        }
    }
}

impl Host {
    /// Lets the agent of a task, or another component, do the newest attempt again in a worktree below `scratch`. Nothing is
    /// recorded, and nothing but that folder is written.
    ///
    /// # Errors
    ///
    /// [`DriveFault`] when the record or the repository cannot be read, or the machine failed.
    pub fn replay(
        &self,
        looked: &Looked,
        task: usize,
        component: Option<&[u8]>,
        scratch: &Path,
    ) -> Result<Retold, DriveFault> {
        let prompt = match self.prompt(looked, task, component)? {
            Ok(prompt) => prompt,
            Err(retold) => return Ok(retold),
        };
        let unusable = |reason: String| DriveFault::Repository {
            what: "a worktree for the replay cannot be made",
            is_machine: true,
            reason,
        };
        let worktrees = Worktrees::open(scratch).map_err(|error| unusable(error.to_string()))?;
        let objects = self.repository.objects().as_ref();
        let checkout = worktrees
            .make(objects, &prompt.order.base, &prompt.order.call.to_string())
            .map_err(|error| unusable(error.to_string()))?;
        let workspace = Workspace::open(checkout.dir()).map_err(|error| unusable(error.to_string()))?;
        let surroundings = Surroundings {
            workspace: Some(&workspace),
            journal: Some(self.store.journal(prompt.order.call)?),
            moment: Moment::Set {
                unix_ms: prompt.order.started_ms,
                seed: *prompt.order.call.as_bytes(),
            },
            ..Surroundings::default()
        };
        let (seat, digest) = (&prompt.seat, prompt.seat.agent.digest());
        let replayed = self
            .roster
            .sandbox()
            .replay(&seat.agent, &prompt.input, seat.grants.clone(), surroundings)?;
        match replayed {
            Replayed::Same(account) => self.compare(looked, task, &prompt, &account, &checkout),
            Replayed::Diverged(departure) => Ok(Retold::other(digest, departure.to_string())),
            Replayed::Unknown(reason) => Ok(Retold::unknown(digest, reason)),
        }
    }

    /// Everything that the agent is given again, or why it cannot be.
    fn prompt(
        &self,
        looked: &Looked,
        task: usize,
        component: Option<&[u8]>,
    ) -> Result<Result<Prompt, Retold>, DriveFault> {
        let nothing = Digest::of(&[]);
        let Some((view, node)) = looked.state.view(task).zip(looked.plan.tasks.get(task)) else {
            return Ok(Err(Retold::unknown(nothing, "there is no such task")));
        };
        let Work::Agent(name) = &node.work else {
            return Ok(Err(Retold::unknown(
                nothing,
                "nobody does this task; it only joins others",
            )));
        };
        if view.attempt == 0 {
            return Ok(Err(Retold::unknown(nothing, "it was never tried")));
        }
        let order = Order {
            run: looked.row.run,
            node: node.clone(),
            attempt: view.attempt,
            call: view.call,
            base: commit(looked.row.run, view.base)?,
            actor: looked.row.actor.clone(),
            started_ms: looked.row.started_ms,
            guidance: view.guidance.to_vec(),
        };
        let mut seat = match self.seat(&order, name)? {
            Ok(seat) => seat,
            Err(reason) => return Ok(Err(Retold::unknown(nothing, reason))),
        };
        if let Some(bytes) = component {
            seat.agent = match self.roster.sandbox().load_agent(bytes)? {
                Ok(agent) => agent,
                Err(unusable) => return Ok(Err(Retold::unknown(Digest::of(bytes), unusable.to_string()))),
            };
        }
        let digest = seat.agent.digest();
        let outputs = Given::of(&looked.plan, &looked.state, task);
        let input = match self.input(node, &outputs, order.base, &order.guidance) {
            Ok(input) => Task::new(name, &input).map_err(|error| error.to_string()),
            Err(InputFault::Drive(fault)) => return Err(fault),
            Err(fault) => Err(fault.to_string()),
        };
        Ok(match input {
            Ok(input) => Ok(Prompt { order, seat, input }),
            Err(reason) => Err(Retold::unknown(digest, reason)),
        })
    }

    /// Holds the output and the files against the record; every host call was the same.
    fn compare(
        &self,
        looked: &Looked,
        task: usize,
        prompt: &Prompt,
        account: &Account<Done>,
        checkout: &Checkout,
    ) -> Result<Retold, DriveFault> {
        let digest = prompt.seat.agent.digest();
        let told = Retold {
            is_same: Some(true),
            detail: String::new(),
            component: digest,
            host_calls: account.host_calls,
        };
        let (Outcome::Finished(done), Some(view)) = (&account.outcome, looked.state.view(task)) else {
            return Ok(told);
        };
        let output = Digest::of(done.output.as_bytes());
        if view.output.is_some_and(|recorded| recorded != output) {
            return Ok(Retold::other(
                digest,
                "every host call was the same, but the output is another one",
            ));
        }
        // A change that was joined with others is not what the agent left.
        let (Some(recorded), true) = (view.commit, view.onto == view.base) else {
            return Ok(told);
        };
        let objects = self.repository.objects().as_ref();
        let files = prompt.seat.grants.files();
        let change = match snapshot::snapshot(objects, checkout, files, None) {
            Ok(change) => change,
            Err(error) => return Ok(Retold::unknown(digest, error.to_string())),
        };
        let recorded = history::read_commit(objects, &commit(prompt.order.run, recorded)?);
        Ok(match recorded {
            Ok(recorded) if recorded.tree == change.tree => told,
            Ok(_) if account.unkept > 0 => Retold::unknown(
                digest,
                "not everything that its commands changed was kept, so the files cannot be compared",
            ),
            Ok(_) => Retold::other(digest, "every host call was the same, but the files are others"),
            Err(error) => Retold::unknown(digest, error.to_string()),
        })
    }
}

/// What an agent is given again.
struct Prompt {
    order: Order,
    seat: Seat,
    input: Task,
}

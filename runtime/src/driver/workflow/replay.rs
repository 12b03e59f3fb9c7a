//! Doing a task again from its record, with no outside world.

use assize_provenance::digest::Digest;

use super::attempt::Order;
use super::fault::DriveFault;
use super::host::Host;
use super::input::InputFault;
use super::record::Looked;
use super::run::{Given, commit};
use crate::case::history;
use crate::outcome::Outcome;
use crate::plan::Work;
use crate::repository::{Worktrees, snapshot};
use crate::sandbox::{Moment, Outside, Replayed, Surroundings, Task};
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
        scratch: &std::path::Path,
    ) -> Result<Retold, DriveFault> {
        let nothing = Digest::of(&[]);
        let Some((view, node)) = looked.state.view(task).zip(looked.plan.tasks.get(task)) else {
            return Ok(Retold::unknown(nothing, "there is no such task"));
        };
        let Work::Agent(name) = &node.work else {
            return Ok(Retold::unknown(nothing, "nobody does this task; it only joins others"));
        };
        if view.attempt == 0 {
            return Ok(Retold::unknown(nothing, "it was never tried"));
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
            Err(reason) => return Ok(Retold::unknown(nothing, reason)),
        };
        if let Some(bytes) = component {
            seat.agent = match self.roster.sandbox().load_agent(bytes)? {
                Ok(agent) => agent,
                Err(unusable) => return Ok(Retold::unknown(Digest::of(bytes), unusable.to_string())),
            };
        }
        let digest = seat.agent.digest();
        let outputs = Given::of(&looked.plan, &looked.state, task);
        let input = match self.input(node, &outputs, order.base, &order.guidance) {
            Ok(input) => input,
            Err(InputFault::Drive(fault)) => return Err(fault),
            Err(fault) => return Ok(Retold::unknown(digest, fault.to_string())),
        };
        let input = match Task::new(name, &input) {
            Ok(input) => input,
            Err(error) => return Ok(Retold::unknown(digest, error.to_string())),
        };
        let unusable = |reason: String| DriveFault::Repository {
            what: "a worktree for the replay cannot be made",
            is_machine: true,
            reason,
        };
        let worktrees = Worktrees::open(scratch).map_err(|error| unusable(error.to_string()))?;
        let objects = self.repository.objects().as_ref();
        let checkout = worktrees
            .make(objects, &order.base, &order.call.to_string())
            .map_err(|error| unusable(error.to_string()))?;
        let workspace = Workspace::open(checkout.dir()).map_err(|error| unusable(error.to_string()))?;
        let surroundings = Surroundings {
            workspace: Some(&workspace),
            journal: Some(self.store.journal(order.call)?),
            moment: Moment::Set {
                unix_ms: order.started_ms,
                seed: *order.call.as_bytes(),
            },
            outside: Outside::default(),
            ..Surroundings::default()
        };
        let files = seat.grants.files().clone();
        let account = match self
            .roster
            .sandbox()
            .replay(&seat.agent, &input, seat.grants, surroundings)?
        {
            Replayed::Same(account) => account,
            Replayed::Diverged(departure) => return Ok(Retold::other(digest, departure.to_string())),
            Replayed::Unknown(reason) => return Ok(Retold::unknown(digest, reason)),
        };
        let told = Retold {
            is_same: Some(true),
            detail: String::new(),
            component: digest,
            host_calls: account.host_calls,
        };
        let Outcome::Finished(done) = &account.outcome else {
            return Ok(told);
        };
        if view
            .output
            .is_some_and(|output| output != Digest::of(done.output.as_bytes()))
        {
            return Ok(Retold::other(
                digest,
                "every host call was the same, but the output is another one",
            ));
        }
        let change =
            snapshot::snapshot(objects, &checkout, &files, None).map_err(|error| unusable(error.to_string()))?;
        let (Some(commit_of_change), false) = (view.commit, view.onto != view.base) else {
            return Ok(told);
        };
        let recorded = history::read_commit(objects, &commit(order.run, commit_of_change)?);
        Ok(match recorded {
            Ok(recorded) if recorded.tree == change.tree => told,
            Ok(_) => Retold::other(digest, "every host call was the same, but the files are others"),
            Err(error) => Retold::unknown(digest, error.to_string()),
        })
    }
}

//! Replay: an agent does a task again from its journal, with no outside world, and what it does is held against what it did.

use assize_provenance::opinion::Absence;

use super::agent::{Agent, Done, Task};
use super::call::{Account, result_of_absence};
use super::engine::Sandbox;
use super::fault::HostFault;
use super::journal::{Departure, Purpose};
use super::surroundings::{Outside, Surroundings};
use crate::policy::grant::Grants;

/// What came of a replay.
#[derive(Debug)]
pub enum Replayed {
    /// Every call, every answer and the result are the recorded ones. The folder holds what it held then, but for files of commands
    /// that are [not kept](Account::unkept).
    Same(Box<Account<Done>>),
    /// Where it does something else first.
    Diverged(Departure),
    /// The journal does not hold enough to tell, and why.
    Unknown(String),
}

impl Sandbox {
    /// Lets an agent do a task again in a workspace that is as it was when the recorded call began, at the same moment. What it called
    /// outside is answered from the journal of `surroundings`; their desk and ways out are left aside, whatever `grants` says, and
    /// nothing is recorded. With another component this tells where its behaviour departs.
    ///
    /// `grants` are those of the recorded call. A call of which nothing is kept is one that called nothing, and its result is not held
    /// against anything.
    ///
    /// # Errors
    ///
    /// [`HostFault`] when the host could not do its part.
    pub fn replay(
        &self,
        agent: &Agent,
        task: &Task,
        grants: Grants,
        surroundings: Surroundings<'_>,
    ) -> Result<Replayed, HostFault> {
        let journal = surroundings.journal.unwrap_or_default();
        match &journal.ending {
            Some(ending) if ending.transcript.dropped() > 0 => {
                return Ok(Replayed::Unknown(format!(
                    "its transcript leaves out {} of {} host calls, because there were too many; it cannot be told whether these \
                     would be the same",
                    ending.transcript.dropped(),
                    ending.transcript.calls()
                )));
            }
            Some(ending) if ending.result == result_of_absence(Absence::TimedOut) => {
                return Ok(Replayed::Unknown(
                    "it was stopped by its wall time, and on no machine does that happen at the same place again"
                        .to_owned(),
                ));
            }
            None if !journal.notes.is_empty() => {
                return Ok(Replayed::Unknown(
                    "it was interrupted, so that its journal has no end; let it go on first".to_owned(),
                ));
            }
            Some(_) | None => {}
        }
        let surroundings = Surroundings {
            workspace: surroundings.workspace,
            desk: None,
            journal: Some(journal),
            moment: surroundings.moment,
            outside: Outside {
                commands: None,
                egress: None,
                secrets: surroundings.outside.secrets,
            },
            stop: surroundings.stop,
        };
        match self.run_for(Purpose::Replay, agent, task, grants, surroundings) {
            Ok(account) => Ok(Replayed::Same(Box::new(account))),
            Err(HostFault::Departed(departure)) => Ok(Replayed::Diverged(departure)),
            Err(HostFault::Journal(reason)) => Ok(Replayed::Unknown(reason)),
            Err(fault) => Err(fault),
        }
    }
}

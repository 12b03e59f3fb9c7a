//! What every call of an agent needs besides the agent: a name, ways out, and its beginning and end on record.

use std::io;

use assize_provenance::entry::v1::word;

use crate::egress::Egress;
use crate::event::{Event, RunId};
use crate::outcome::Outcome;
use crate::process::Commands;
use crate::sandbox::{Account, Done, HostFault, Outside};
use crate::secret::Secrets;
use crate::settings::Home;

/// The machine does not give what a call needs.
#[derive(Debug, thiserror::Error)]
#[error("{what}: {source}")]
pub struct CallFault {
    /// What is needed.
    pub what: &'static str,
    /// What the system said.
    pub source: io::Error,
}

/// Draws the name of a run.
///
/// # Errors
///
/// [`CallFault`] when the system gives no randomness.
pub fn draw_run() -> Result<RunId, CallFault> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| CallFault {
        what: "the machine's randomness",
        source: io::Error::other(error.to_string()),
    })?;
    Ok(RunId::from_bytes(bytes))
}

/// The ways out of this machine's sandboxes.
///
/// # Errors
///
/// [`CallFault`] when the program does not know its own file, which keeps the commands of agents.
pub fn outside(home: &Home, secrets: Secrets) -> Result<Outside, CallFault> {
    let program = std::env::current_exe().map_err(|source| CallFault {
        what: "the program itself",
        source,
    })?;
    Ok(Outside {
        commands: Some(Commands::new(program, home.commands())),
        egress: Some(Egress::default()),
        secrets,
    })
}

/// The end of a call.
#[must_use]
pub fn ended(run: RunId, agent: &str, account: &Account<Done>) -> Event {
    let (outcome, detail) = match &account.outcome {
        Outcome::Finished(_) => ("finished", ""),
        Outcome::Ended(absence, detail) => (word(absence), detail.as_str()),
    };
    Event::RunEnded {
        run,
        agent: agent.to_owned(),
        outcome: outcome.to_owned(),
        detail: detail.to_owned(),
        fuel_spent: account.fuel_spent,
        host_calls: account.host_calls,
        log_lines: account.log.len() as u64,
        log_dropped: account.log_dropped,
    }
}

/// The end of a call in which the host could not do its part.
#[must_use]
pub fn failed(run: RunId, agent: &str, fault: &HostFault) -> Event {
    Event::RunEnded {
        run,
        agent: agent.to_owned(),
        outcome: "host-failed".to_owned(),
        detail: fault.to_string(),
        fuel_spent: 0,
        host_calls: 0,
        log_lines: 0,
        log_dropped: 0,
    }
}

//! Why a call could not be made through no fault of the guest: then there is no outcome, and nothing is recorded of it.

use std::error::Error;
use std::io;

use super::journal::{Departed, Departure, Unkept};
use super::state::Unrecorded;
use crate::case::BuildError;

/// The host could not do its part of a call. Nobody knows what the guest would have said.
#[derive(Debug, thiserror::Error)]
pub enum HostFault {
    /// The machine did not give what every call needs: memory, mostly.
    #[error("the machine cannot run a component now: {0}")]
    Machine(String),
    /// What the judge asked for is missing from this clone, or cannot be read.
    #[error(transparent)]
    Evidence(#[from] BuildError),
    /// What an agent used could not be recorded, so that it could not go on.
    #[error("the uses of powers cannot be recorded: {0}")]
    Record(String),
    /// An interrupted call did something else than before when it was to go on. Nothing was done outside that its journal does not
    /// hold.
    #[error("the interrupted call cannot go on: {0}; try the task anew")]
    Departed(Departure),
    /// The journal does not hold what is needed to go on, or to replay.
    #[error("{0}")]
    Journal(String),
}

/// Finds the host's fault behind an error of the engine. Whatever a guest does ends in errors of the engine's own; only a
/// system call that failed leaves the system's error there.
pub(super) fn of(error: &wasmtime::Error) -> Option<HostFault> {
    if let Some(Lost(unreadable)) = error.downcast_ref::<Lost>() {
        return Some(HostFault::Evidence(unreadable.clone()));
    }
    if let Some(Unrecorded(reason)) = error.downcast_ref::<Unrecorded>() {
        return Some(HostFault::Record(reason.clone()));
    }
    if let Some(Departed(departure)) = error.downcast_ref::<Departed>() {
        return Some(HostFault::Departed(departure.clone()));
    }
    if let Some(Unkept(reason)) = error.downcast_ref::<Unkept>() {
        return Some(HostFault::Journal(reason.clone()));
    }
    let by_system = |cause: &(dyn Error + 'static)| cause.is::<io::Error>() || cause.is::<rustix::io::Errno>();
    error
        .chain()
        .any(by_system)
        .then(|| HostFault::Machine(format!("{error:#}")))
}

/// Ends a call whose evidence cannot be read.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(super) struct Lost(pub(super) BuildError);

//! One call into a judge: a fresh store, its limits, and how it ended.

use std::sync::Arc;

use assize_provenance::digest::Digest;
use assize_provenance::opinion::{Absence, Opinion};
use wasmtime::{Store, Trap, UpdateDeadline};

use super::answer;
use super::bindings;
use super::component::Judge;
use super::engine::{Sandbox, TICK_MS};
use super::fault::{self, HostFault};
use super::limits::{CROSSING_BYTES_MAX, CallLimits};
use super::question::case_of;
use super::state::{CallState, HostLimitReached};
use super::transcript::Transcript;
use crate::case::evidence::Evidence;
use crate::council::Brief;
use crate::outcome::{LogLine, Outcome};
use crate::policy::grant::Grants;

/// What came of one call.
#[derive(Debug)]
pub struct Account<T> {
    /// How it ended.
    pub outcome: Outcome<T>,
    /// Units of fuel it used.
    pub fuel_spent: u64,
    /// The digest of every answer the host gave.
    pub transcript: Digest,
    /// How many host calls it made.
    pub host_calls: u64,
    /// What it logged.
    pub log: Vec<LogLine>,
    /// How many log lines were dropped.
    pub log_dropped: u64,
}

impl<T> Account<T> {
    /// The account of a call that was never made.
    #[must_use]
    pub fn never(outcome: Outcome<T>) -> Self {
        let transcript = Transcript::new().finish();
        Self {
            outcome,
            fuel_spent: 0,
            transcript,
            host_calls: 0,
            log: Vec::new(),
            log_dropped: 0,
        }
    }
}

impl Sandbox {
    /// Lets a judge hear a case, in a fresh store.
    ///
    /// Whatever the guest does, this returns: its failures are outcomes. The opinion is checked against the contract's
    /// bounds; one that breaks them is [`Absence::Malformed`].
    ///
    /// # Errors
    ///
    /// [`HostFault`] when the host could not do its part; that says nothing about the judge.
    pub fn hear(
        &self,
        judge: &Judge,
        brief: &Brief,
        evidence: Arc<Evidence>,
        grants: Grants,
    ) -> Result<Account<Opinion>, HostFault> {
        let limits = CallLimits::of(grants.limits());
        let case = case_of(brief);
        let account = self.call(judge, &limits, Some(grants), Some(evidence), |guest, store| {
            guest.call_judge(store, &case)
        })?;
        let Account {
            outcome,
            fuel_spent,
            transcript,
            host_calls,
            log,
            log_dropped,
        } = account;
        let outcome = match outcome {
            Outcome::Finished(Ok(opinion)) => match answer::opinion(opinion, &brief.rules_under) {
                Ok(opinion) => Outcome::Finished(opinion),
                Err(reason) => Outcome::Ended(Absence::Malformed, reason),
            },
            Outcome::Finished(Err(fault)) => Outcome::Ended(Absence::Faulted, answer::bounded(&fault.message)),
            Outcome::Ended(absence, detail) => Outcome::Ended(absence, detail),
        };
        Ok(Account {
            outcome,
            fuel_spent,
            transcript,
            host_calls,
            log,
            log_dropped,
        })
    }

    /// Makes one call of `export` in a store of its own.
    pub(super) fn call<T>(
        &self,
        judge: &Judge,
        limits: &CallLimits,
        grants: Option<Grants>,
        evidence: Option<Arc<Evidence>>,
        export: impl FnOnce(&bindings::Judge, &mut Store<CallState>) -> wasmtime::Result<T>,
    ) -> Result<Account<T>, HostFault> {
        let mut store = Store::new(self.engine(), CallState::new(limits, grants, evidence));
        store.limiter(|state| &mut state.meter);
        store.set_hostcall_fuel(CROSSING_BYTES_MAX);
        let guest = arm(&mut store, limits).and_then(|()| judge.pre.instantiate(&mut store));
        let started = guest.is_ok();
        let result = guest.and_then(|guest| export(&guest, &mut store));
        let fuel_spent = limits.fuel_max.saturating_sub(store.get_fuel().unwrap_or(0));
        let state = store.into_data();
        let outcome = match result {
            Ok(answer) => Outcome::Finished(answer),
            Err(error) => match fault::of(&error) {
                Some(fault) => return Err(fault),
                None => end(&error, state.meter.memory_refused, started),
            },
        };
        Ok(Account {
            outcome,
            fuel_spent,
            host_calls: state.transcript.calls(),
            transcript: state.transcript.finish(),
            log: state.log.lines,
            log_dropped: state.log.dropped,
        })
    }
}

/// Sets fuel and the epoch deadline, right before the call: compilation does not count.
fn arm(store: &mut Store<CallState>, limits: &CallLimits) -> wasmtime::Result<()> {
    store.set_fuel(limits.fuel_max)?;
    // One tick more: the current one may end at once.
    store.set_epoch_deadline(limits.wall_ms_max.div_ceil(TICK_MS).saturating_add(1));
    store.epoch_deadline_callback(|_| Ok(UpdateDeadline::Interrupt));
    Ok(())
}

/// Names the reason why a call gave no answer.
fn end<T>(error: &wasmtime::Error, memory_refused: bool, started: bool) -> Outcome<T> {
    if let Some(limit) = error.downcast_ref::<HostLimitReached>() {
        return Outcome::Ended(Absence::HostLimit, limit.0.clone());
    }
    let (absence, detail) = match error.downcast_ref::<Trap>() {
        Some(Trap::OutOfFuel) => (Absence::FuelExhausted, "it used up its fuel".to_owned()),
        Some(Trap::Interrupt) => (Absence::TimedOut, "it ran longer than its wall time".to_owned()),
        // A guest that was refused memory gives up in its own way; one whose first memory does not fit never starts.
        trap if memory_refused && (trap.is_some() || !started) => (
            Absence::MemoryExhausted,
            "it needed more memory than its role allows".to_owned(),
        ),
        Some(trap) => (Absence::Trapped, trap.to_string()),
        // Not a trap: a value that could not be read, such as a string that is not UTF-8 or a pointer out of bounds.
        None => (Absence::Malformed, error.root_cause().to_string()),
    };
    Outcome::Ended(absence, answer::bounded(&detail))
}

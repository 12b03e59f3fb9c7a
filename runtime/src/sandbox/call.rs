//! One call into a guest: a fresh store, its limits, and how it ended.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use assize_provenance::digest::{Digest, Hasher};
use assize_provenance::opinion::Absence;
use wasmtime::{Store, Trap, UpdateDeadline};
use wasmtime_wasi::I32Exit;

use super::answer;
use super::component::Plugin;
use super::engine::{Sandbox, TICK_MS};
use super::fault::{self, HostFault};
use super::limits::{CROSSING_BYTES_MAX, CallLimits};
use super::state::{CallState, Errand, HostLimitReached};
use super::transcript::Transcript;
use super::world::Question;
use crate::host_call;
use crate::outcome::{Access, LogLine, Outcome, Outing};
use crate::stop::Stop;
use crate::workspace::Status;

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
    /// Its host calls, where a journal is kept of them: what those are shown who judge the work.
    pub journal: Option<host_call::Transcript>,
    /// How many files that its commands changed are too many or too large to be kept, so that a replay does not make them again.
    pub unkept: u64,
    /// Which powers it used, and which it was refused.
    pub accesses: Vec<Access>,
    /// What it did outside, in order.
    pub outings: Vec<Outing>,
    /// Which files of its workspace it changed, in byte order of their paths.
    pub changes: Vec<(String, Status)>,
    /// What it logged and printed.
    pub log: Vec<LogLine>,
    /// How many log lines were dropped.
    pub log_dropped: u64,
    /// How many bytes of its output were dropped.
    pub output_bytes_dropped: u64,
}

impl<T> Account<T> {
    /// The account of a call that was never made.
    #[must_use]
    pub fn never(outcome: Outcome<T>) -> Self {
        Self {
            outcome,
            fuel_spent: 0,
            transcript: Transcript::new().finish(),
            host_calls: 0,
            journal: None,
            unkept: 0,
            accesses: Vec::new(),
            outings: Vec::new(),
            changes: Vec::new(),
            log: Vec::new(),
            log_dropped: 0,
            output_bytes_dropped: 0,
        }
    }

    /// Takes the answer further, with what it is made into; the rest of the account stays.
    pub(super) fn map<U>(self, then: impl FnOnce(T) -> Outcome<U>) -> Account<U> {
        Account {
            outcome: match self.outcome {
                Outcome::Finished(answer) => then(answer),
                Outcome::Ended(absence, detail) => Outcome::Ended(absence, detail),
            },
            fuel_spent: self.fuel_spent,
            transcript: self.transcript,
            host_calls: self.host_calls,
            journal: self.journal,
            unkept: self.unkept,
            accesses: self.accesses,
            outings: self.outings,
            changes: self.changes,
            log: self.log,
            log_dropped: self.log_dropped,
            output_bytes_dropped: self.output_bytes_dropped,
        }
    }
}

/// How often a call looks whether it is to end, in ticks.
const STOP_TICKS: u64 = 10;
/// The same for a call that waits.
const STOP_LOOK: Duration = Duration::from_millis(STOP_TICKS * TICK_MS);

/// How far a call came.
struct Reached<T> {
    started: bool,
    result: wasmtime::Result<T>,
}

impl Sandbox {
    /// Asks a plugin one question, in a store of its own. Whatever the guest does, this returns.
    pub(super) fn call<Q: Question>(
        &self,
        plugin: &Plugin,
        limits: &CallLimits,
        errand: Errand,
        question: Q,
    ) -> Result<Account<Q::Answer>, HostFault> {
        let mut store = Store::new(self.engine(), CallState::new(limits, errand));
        store.limiter(|state| &mut state.meter);
        store.set_hostcall_fuel(CROSSING_BYTES_MAX);
        let waits = plugin.waits();
        let under_way = self.begin_call();
        // A host function that panics is a bug of ours. It must cost this call and no other: the store is not used again.
        let reached = catch_unwind(AssertUnwindSafe(|| {
            if waits {
                ask_waiting(&mut store, plugin, limits, question)
            } else {
                Ok(ask(&mut store, plugin, limits, question))
            }
        }));
        let fuel_spent = limits.fuel_max.saturating_sub(store.get_fuel().unwrap_or(0));
        let mut state = store.into_data();
        // Now what it held of the pool is free.
        drop(under_way);
        let outcome = match reached {
            Ok(reached) => {
                let Reached { started, result } = reached?;
                match result {
                    Ok(answer) => Outcome::Finished(answer),
                    Err(error) => match fault::of(&error) {
                        Some(HostFault::Record(reason)) => return Err(HostFault::Record(reason)),
                        Some(fault) => {
                            state.note_requests();
                            // Why the host failed matters more than that this could not be recorded either.
                            let _ = state.record_now();
                            return Err(fault);
                        }
                        None => end(&error, state.meter.memory_refused, started),
                    },
                }
            }
            Err(_) => Outcome::Ended(
                Absence::Trapped,
                "a bug in Assize ended the call while the host served it; please report it with the plugin".into(),
            ),
        };
        let outcome = match outcome {
            Outcome::Ended(absence, detail) => Outcome::Ended(absence, state.masker.mask_text(&detail)),
            finished @ Outcome::Finished(_) => finished,
        };
        state.settle(result_of::<Q>(&outcome))?;
        let output_bytes_dropped = state.take_output();
        let changes = state.changes();
        Ok(Account {
            outcome,
            fuel_spent,
            host_calls: state.transcript.calls(),
            journal: state.take_calls(),
            unkept: state.unkept,
            transcript: state.transcript.finish(),
            changes,
            accesses: state.accesses.into_list(),
            outings: state.outings,
            log: state.log.lines,
            log_dropped: state.log.dropped,
            output_bytes_dropped,
        })
    }
}

/// What the digest of every result starts with.
const RESULT: &[u8] = b"assize-result-v1\n";

/// The digest of what came of a call.
fn result_of<Q: Question>(outcome: &Outcome<Q::Answer>) -> Digest {
    match outcome {
        Outcome::Finished(answer) => {
            let mut parts = Hasher::new();
            parts.update(RESULT);
            Q::tell(answer, &mut |part| {
                parts.update(&(part.len() as u64).to_be_bytes());
                parts.update(part);
            });
            parts.finish()
        }
        Outcome::Ended(absence, _) => result_of_absence(*absence),
    }
}

/// The digest of a call that gave no answer.
pub(super) fn result_of_absence(absence: Absence) -> Digest {
    Digest::of(&[RESULT, format!("{absence:?}").as_bytes()].concat())
}

/// Asks a guest that never waits: nothing it can call takes longer than the work it does.
fn ask<Q: Question>(
    store: &mut Store<CallState>,
    plugin: &Plugin,
    limits: &CallLimits,
    question: Q,
) -> Reached<Q::Answer> {
    let instance = match arm(store, limits).and_then(|()| plugin.linked().instantiate(&mut *store)) {
        Ok(instance) => instance,
        Err(error) => {
            return Reached {
                started: false,
                result: Err(error),
            };
        }
    };
    let result = instance
        .get_typed_func::<Q::Parameters, (Q::Answer,)>(&mut *store, Q::EXPORT)
        .and_then(|function| function.call(&mut *store, question.parameters()))
        .map(|(answer,)| answer);
    Reached { started: true, result }
}

/// Asks a guest that may wait for the clock. Its wall time ends it also while it waits: the call is dropped where it stands.
fn ask_waiting<Q: Question>(
    store: &mut Store<CallState>,
    plugin: &Plugin,
    limits: &CallLimits,
    question: Q,
) -> Result<Reached<Q::Answer>, HostFault> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()
        .map_err(|error| HostFault::Machine(error.to_string()))?;
    let mut started = false;
    let stop = store.data().stop().cloned();
    let wall = Duration::from_millis(limits.wall_ms_max.saturating_add(TICK_MS));
    let result = runtime.block_on(async {
        let asked = async {
            arm(store, limits)?;
            let instance = plugin.linked().instantiate_async(&mut *store).await?;
            started = true;
            let function = instance.get_typed_func::<Q::Parameters, (Q::Answer,)>(&mut *store, Q::EXPORT)?;
            let (answer,) = function.call_async(&mut *store, question.parameters()).await?;
            Ok(answer)
        };
        let mut asked = std::pin::pin!(asked);
        let end = tokio::time::Instant::now() + wall;
        loop {
            let next = stop
                .as_ref()
                .map_or(end, |_| end.min(tokio::time::Instant::now() + STOP_LOOK));
            match tokio::time::timeout_at(next, &mut asked).await {
                Ok(result) => break result,
                // A guest that waits for the clock does not look by itself.
                Err(_) if stop.as_ref().is_some_and(Stop::is_asked) => break Err(Trap::Interrupt.into()),
                Err(_) if tokio::time::Instant::now() >= end => break Err(Trap::Interrupt.into()),
                Err(_) => {}
            }
        }
    });
    Ok(Reached { started, result })
}

/// Sets fuel and the epoch deadline, right before the call: compilation does not count.
fn arm(store: &mut Store<CallState>, limits: &CallLimits) -> wasmtime::Result<()> {
    store.set_fuel(limits.fuel_max)?;
    // One tick more: the current one may end at once.
    let ticks = limits.wall_ms_max.div_ceil(TICK_MS).saturating_add(1);
    let first = if store.data().stop().is_some() {
        ticks.min(STOP_TICKS)
    } else {
        ticks
    };
    store.set_epoch_deadline(first);
    let mut ticks_left = ticks.saturating_sub(first);
    store.epoch_deadline_callback(move |store| {
        let is_stopped = store.data().stop().is_some_and(Stop::is_asked);
        if is_stopped || ticks_left == 0 {
            return Ok(UpdateDeadline::Interrupt);
        }
        let next = ticks_left.min(STOP_TICKS);
        ticks_left = ticks_left.saturating_sub(next);
        Ok(UpdateDeadline::Continue(next))
    });
    Ok(())
}

/// Names the reason why a call gave no answer.
fn end<T>(error: &wasmtime::Error, memory_refused: bool, started: bool) -> Outcome<T> {
    if let Some(limit) = error.downcast_ref::<HostLimitReached>() {
        return Outcome::Ended(Absence::HostLimit, limit.0.clone());
    }
    if let Some(exit) = error.downcast_ref::<I32Exit>() {
        return Outcome::Ended(Absence::Trapped, format!("it left with status {}", exit.0));
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

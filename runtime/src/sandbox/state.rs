//! What belongs to one call: its meter, its grants, what it may still use, what it was told.

use std::sync::Arc;
use std::time::{Duration, Instant};

use assize_provenance::digest::Digest;

use super::access::Accesses;
use super::desk::{Desk, Record};
use super::fault::HostFault;
use super::journal::Keeper;
use super::limits::{CallLimits, Meter};
use super::requests::Requests;
use super::surroundings::Outside;
use super::transcript::Transcript;
use super::wasi::{Clock, Moment, Wasi};
use crate::case::evidence::Evidence;
use crate::event::text;
use crate::host_call;
use crate::outcome::{LogLine, Outing};
use crate::policy::grant::Grants;
use crate::policy::limits::Limits;
use crate::policy::permission::Permission;
use crate::secret::Masker;
use crate::stop::Stop;
use crate::workspace::{Status, Visit};

/// How many uses of powers are gathered before they are recorded.
const GATHERED_ACCESSES_MAX: usize = 256;

/// How many times over one call may set all that its agent may remember.
const STATE_TURNOVER: u64 = 16;

/// What a guest is called for, and with which powers.
pub(super) enum Errand {
    /// To say what it is: without any.
    Describe,
    /// To judge a case.
    Case {
        /// What it holds.
        grants: Box<Grants>,
        /// What it may read.
        evidence: Arc<Evidence>,
    },
    /// To do a task.
    Task(Box<Powers>),
}

impl Errand {
    /// The limits of the role, where there is a task.
    fn role_limits(&self) -> Option<&Limits> {
        match self {
            Self::Task(powers) => Some(powers.grants.limits()),
            Self::Describe | Self::Case { .. } => None,
        }
    }
}

/// What an agent's call may use.
pub(super) struct Powers {
    /// The plugin's name.
    pub(super) plugin: String,
    /// The variables of the environment that it sees.
    pub(super) environment: Vec<(String, String)>,
    /// What it holds.
    pub(super) grants: Grants,
    /// Its folder.
    pub(super) visit: Option<Visit>,
    /// What outlives the call.
    pub(super) desk: Option<Box<dyn Desk>>,
    /// The ways out.
    pub(super) outside: Outside,
    /// Ends the call before its time.
    pub(super) stop: Stop,
    /// What is kept of its host calls.
    pub(super) keeper: Option<Box<Keeper>>,
    /// The time and randomness that it finds.
    pub(super) moment: Moment,
}

/// The state of one call, dropped with its store.
pub(super) struct CallState {
    pub(super) meter: Meter,
    pub(super) transcript: Transcript,
    pub(super) log: Log,
    pub(super) accesses: Accesses,
    pub(super) outings: Vec<Outing>,
    /// How many files that commands changed are not kept.
    pub(super) unkept: u64,
    /// How many outings stand with the desk already.
    outings_recorded: usize,
    pub(super) keeper: Option<Box<Keeper>>,
    pub(super) requests: Requests,
    pub(super) limits: CallLimits,
    /// Finds the call's secrets in whatever goes on record or is shown.
    pub(super) masker: Masker,
    pub(super) errand: Errand,
    wasi: Option<Box<Wasi>>,
    started: Instant,
    host_calls_left: u64,
    answer_bytes_left: u64,
    pub(super) artifact_bytes_left: u64,
    /// Bytes that it may still set, counting also what replaces what was there: the record keeps every value.
    pub(super) state_bytes_left: u64,
}

/// The guest used up what the host does for it. Ends the call: a guest that ignores refusals would go on for ever.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct HostLimitReached(pub(super) String);

/// Uses of powers could not be recorded. Ends the call.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Unrecorded(pub(super) String);

impl CallState {
    pub(super) fn new(limits: &CallLimits, mut errand: Errand) -> Self {
        let (masker, keeper) = match &mut errand {
            Errand::Task(powers) => (powers.outside.secrets.masker().clone(), powers.keeper.take()),
            Errand::Describe | Errand::Case { .. } => (Masker::default(), None),
        };
        Self {
            meter: Meter::new(limits.memory_bytes_max),
            transcript: Transcript::new(),
            log: Log::new(limits.log_bytes_max, masker.clone()),
            accesses: Accesses::new(limits.audit_events_max, masker.clone()),
            outings: Vec::new(),
            unkept: 0,
            outings_recorded: 0,
            keeper,
            requests: Requests::new(errand.role_limits()),
            limits: *limits,
            masker,
            errand,
            wasi: None,
            started: Instant::now(),
            host_calls_left: limits.host_calls_max,
            answer_bytes_left: limits.evidence_bytes_max,
            artifact_bytes_left: limits.artifact_bytes_max,
            state_bytes_left: limits.state_bytes_max.saturating_mul(STATE_TURNOVER),
        }
    }

    /// What ends the call before its time; nothing for calls that nobody ends.
    pub(super) fn stop(&self) -> Option<&Stop> {
        match &self.errand {
            Errand::Task(powers) => Some(&powers.stop),
            Errand::Describe | Errand::Case { .. } => None,
        }
    }

    /// Counts one host call and starts its record in the transcript.
    pub(super) fn enter(&mut self, permission: Permission) -> Result<(), HostLimitReached> {
        self.spend_calls(1)?;
        self.transcript.begin(permission.name());
        Ok(())
    }

    /// Counts work that weighs as much as `calls` host calls.
    pub(super) fn spend_calls(&mut self, calls: u64) -> Result<(), HostLimitReached> {
        match self.host_calls_left.checked_sub(calls) {
            Some(left) => {
                self.host_calls_left = left;
                Ok(())
            }
            None => Err(HostLimitReached(
                "it made more host calls than its role's `host_calls` allows".into(),
            )),
        }
    }

    /// What the call has left of its wall time.
    pub(super) fn time_left(&self) -> Duration {
        Duration::from_millis(self.limits.wall_ms_max).saturating_sub(self.started.elapsed())
    }

    /// Counts `bytes` of an answer. `false`: they are more than the role has left, and nothing was counted.
    pub(super) fn spend_answer(&mut self, bytes: u64) -> bool {
        match self.answer_bytes_left.checked_sub(bytes) {
            Some(left) => {
                self.answer_bytes_left = left;
                true
            }
            None => false,
        }
    }

    /// Counts `bytes` that the guest has already.
    pub(super) fn spend_all_answer(&mut self, bytes: u64) {
        self.answer_bytes_left = self.answer_bytes_left.saturating_sub(bytes);
    }

    /// Whether the host has answered as much as the role allows.
    pub(super) fn is_answered_out(&self) -> bool {
        self.answer_bytes_left == 0
    }

    /// What the guest holds; nothing while it describes itself.
    pub(super) fn grants(&self) -> Option<&Grants> {
        match &self.errand {
            Errand::Describe => None,
            Errand::Case { grants, .. } => Some(grants),
            Errand::Task(powers) => Some(&powers.grants),
        }
    }

    pub(super) fn evidence(&self) -> Option<Arc<Evidence>> {
        match &self.errand {
            Errand::Case { evidence, .. } => Some(Arc::clone(evidence)),
            Errand::Describe | Errand::Task(_) => None,
        }
    }

    /// What a language runtime finds. Made when it is first asked for: most guests have none.
    pub(super) fn wasi(&mut self) -> &mut Wasi {
        let output_bytes_max = self.limits.output_bytes_max;
        let (errand, under_way) = (&self.errand, self.requests.under_way());
        self.wasi.get_or_insert_with(|| {
            let (name, environment, clock) = match errand {
                Errand::Describe => ("plugin", [].as_slice(), Clock::of_judges()),
                Errand::Case { .. } => ("judge", [].as_slice(), Clock::of_judges()),
                Errand::Task(powers) => {
                    let clock = Clock::of(powers.moment);
                    (powers.plugin.as_str(), powers.environment.as_slice(), clock)
                }
            };
            Box::new(Wasi::new(name, environment, clock, output_bytes_max, under_way))
        })
    }

    /// Turns what the guest printed into log lines and returns how many bytes of it were dropped.
    pub(super) fn take_output(&mut self) -> u64 {
        let Some(wasi) = self.wasi.take() else { return 0 };
        let (lines, dropped) = wasi.into_output();
        for (level, line) in lines {
            self.log.keep(level, &line);
        }
        dropped
    }

    /// Records gathered uses of powers when there are many.
    pub(super) fn record_some(&mut self) -> Result<(), Unrecorded> {
        if self.accesses.unrecorded().len() < GATHERED_ACCESSES_MAX {
            return Ok(());
        }
        self.write(true, None)
    }

    /// Records everything so far, before something is done that no restart undoes.
    pub(super) fn record_now(&mut self) -> Result<(), Unrecorded> {
        self.write(true, None)
    }

    /// Notes what was done outside, without secrets. It is recorded with what comes next.
    pub(super) fn note_outing(&mut self, outing: Outing) {
        self.outings.push(outing.masked(|text| self.masker.mask_text(text)));
    }

    /// Records what was done outside and what it was answered.
    pub(super) fn record_outside(&mut self) -> Result<(), Unrecorded> {
        self.write(false, None)
    }

    /// Records what is not recorded yet, at the end of the call, of which this came.
    pub(super) fn settle(&mut self, result: Digest) -> Result<(), HostFault> {
        self.note_requests();
        // Who was stopped has not ended: the call may go on later.
        let is_stopped = self.stop().is_some_and(Stop::is_asked);
        let ends = match is_stopped {
            true => Ok(()),
            false => self.must_end(result),
        };
        let ending = match (&self.keeper, &ends) {
            (Some(keeper), Ok(())) if !is_stopped => keeper.ending(result),
            _ => None,
        };
        self.write(true, ending)
            .map_err(|Unrecorded(reason)| HostFault::Record(reason))?;
        ends.map_err(HostFault::Departed)
    }

    /// What the call has called, where a journal is kept.
    pub(super) fn take_calls(&mut self) -> Option<host_call::Transcript> {
        self.keeper.take().map(|keeper| keeper.into_calls())
    }

    /// Which files the call has changed.
    pub(super) fn changes(&self) -> Vec<(String, Status)> {
        match &self.errand {
            Errand::Task(powers) => {
                let changed = powers.visit.as_ref().map(Visit::changed).unwrap_or_default();
                changed
                    .into_iter()
                    .map(|(path, status)| (self.masker.mask_text(&path), status))
                    .collect()
            }
            Errand::Describe | Errand::Case { .. } => Vec::new(),
        }
    }

    /// Records what was done outside and the journal's entries, and uses of powers where `accesses` says so. When these are recorded
    /// depends on nothing but what the guest calls, so that a call which goes on knows which of them are recorded already.
    fn write(&mut self, accesses: bool, ending: Option<host_call::Ending>) -> Result<(), Unrecorded> {
        let Errand::Task(powers) = &mut self.errand else {
            return Ok(());
        };
        let unrecorded = if accesses { self.accesses.unrecorded() } else { &[] };
        let (mut known, mut notes) = (0, Vec::new());
        if let Some(keeper) = &mut self.keeper {
            known = keeper.pass_over(unrecorded.len());
            notes = keeper.take_waiting();
        }
        let record = Record {
            accesses: unrecorded.get(known..).unwrap_or_default(),
            outings: self.outings.get(self.outings_recorded..).unwrap_or_default(),
            notes,
            ending,
        };
        if let Some(desk) = &mut powers.desk
            && !record.is_empty()
        {
            desk.record(record)
                .map_err(|declined| Unrecorded(declined.text().to_owned()))?;
        }
        self.outings_recorded = self.outings.len();
        if accesses {
            self.accesses.all_recorded();
        }
        Ok(())
    }
}

/// The lines of one call, bounded.
#[derive(Debug)]
pub(super) struct Log {
    pub(super) lines: Vec<LogLine>,
    /// How many lines were dropped because the log was full.
    pub(super) dropped: u64,
    bytes_left: u64,
    masker: Masker,
}

/// The longest line that is kept, in bytes.
const LINE_BYTES_MAX: usize = 4 << 10;

impl Log {
    fn new(bytes_max: u64, masker: Masker) -> Self {
        Self {
            lines: Vec::new(),
            dropped: 0,
            bytes_left: bytes_max,
            masker,
        }
    }

    /// Keeps a line that was printed: its bytes were counted where it was printed.
    fn keep(&mut self, level: &'static str, message: &str) {
        let message = self.fit(message);
        self.lines.push(LogLine { level, message });
    }

    /// Keeps a line, or counts it as dropped. The call's secrets and those of a known shape are masked, and a terminal never obeys a guest.
    pub(super) fn write(&mut self, level: &'static str, message: &str) {
        let message = self.fit(message);
        // The line's own overhead counts too: a flood of empty lines is a flood.
        let bytes = message.len() as u64 + 64;
        match self.bytes_left.checked_sub(bytes) {
            Some(left) => {
                self.bytes_left = left;
                self.lines.push(LogLine { level, message });
            }
            None => self.dropped = self.dropped.saturating_add(1),
        }
    }

    /// The whole message is masked before it is cut: a part of a secret is not found.
    fn fit(&self, message: &str) -> String {
        text::recordable(&self.masker.mask_text(message), LINE_BYTES_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_log_drops_and_counts() {
        let mut log = Log::new(200, Masker::default());
        for _ in 0..5 {
            log.write("info", "");
        }
        assert_eq!((log.lines.len(), log.dropped), (3, 2));
    }

    #[test]
    fn control_characters_never_reach_a_terminal() {
        let mut log = Log::new(1000, Masker::default());
        log.write("info", "a\u{1b}[31mb");
        assert_eq!(log.lines[0].message, "a\\x1b[31mb");
    }
}

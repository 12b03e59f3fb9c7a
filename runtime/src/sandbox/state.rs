//! What belongs to one call: its meter, its grants, what it may still use, what it was told.

use std::sync::Arc;

use super::limits::{CallLimits, Meter};
use super::transcript::Transcript;
use crate::case::evidence::Evidence;
use crate::outcome::LogLine;
use crate::policy::grant::Grants;
use crate::policy::permission::Permission;

/// The state of one call, dropped with its store.
pub(super) struct CallState {
    pub(super) meter: Meter,
    pub(super) transcript: Transcript,
    pub(super) log: Log,
    grants: Option<Grants>,
    evidence: Option<Arc<Evidence>>,
    host_calls_left: u64,
    evidence_bytes_left: u64,
}

/// The guest used up what the host does for it. Ends the call: a guest that ignores refusals would go on for ever.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct HostLimitReached(pub(super) String);

impl CallState {
    pub(super) fn new(limits: &CallLimits, grants: Option<Grants>, evidence: Option<Arc<Evidence>>) -> Self {
        Self {
            meter: Meter::new(limits.memory_bytes_max),
            transcript: Transcript::new(),
            log: Log::new(limits.log_bytes_max),
            grants,
            evidence,
            host_calls_left: limits.host_calls_max,
            evidence_bytes_left: limits.evidence_bytes_max,
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

    /// Counts `bytes` of evidence. `false`: they are more than the role has left, and nothing was counted.
    pub(super) fn spend_evidence(&mut self, bytes: u64) -> bool {
        match self.evidence_bytes_left.checked_sub(bytes) {
            Some(left) => {
                self.evidence_bytes_left = left;
                true
            }
            None => false,
        }
    }

    /// What the guest holds; nothing while it describes itself.
    pub(super) fn grants(&self) -> Option<&Grants> {
        self.grants.as_ref()
    }

    pub(super) fn evidence(&self) -> Option<Arc<Evidence>> {
        self.evidence.clone()
    }
}

/// The lines of one call, bounded.
#[derive(Debug)]
pub(super) struct Log {
    pub(super) lines: Vec<LogLine>,
    /// How many lines were dropped because the log was full.
    pub(super) dropped: u64,
    bytes_left: u64,
}

/// The longest line that is kept, in bytes.
const LINE_BYTES_MAX: usize = 4 << 10;

impl Log {
    fn new(bytes_max: u64) -> Self {
        Self {
            lines: Vec::new(),
            dropped: 0,
            bytes_left: bytes_max,
        }
    }

    /// Keeps a line, or counts it as dropped.
    pub(super) fn write(&mut self, level: &'static str, message: &str) {
        let end = message.floor_char_boundary(LINE_BYTES_MAX);
        let message: String = message
            .get(..end)
            .unwrap_or_default()
            .chars()
            .flat_map(printable)
            .collect();
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
}

/// A terminal must never obey a guest.
fn printable(character: char) -> impl Iterator<Item = char> {
    let escaped = character.is_control().then(|| character.escape_default());
    let plain = escaped.is_none().then_some(character);
    escaped.into_iter().flatten().chain(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_log_drops_and_counts() {
        let mut log = Log::new(200);
        for _ in 0..5 {
            log.write("info", "");
        }
        assert_eq!((log.lines.len(), log.dropped), (3, 2));
    }

    #[test]
    fn control_characters_never_reach_a_terminal() {
        let mut log = Log::new(1000);
        log.write("info", "a\u{1b}[31mb");
        assert_eq!(log.lines[0].message, "a\\u{1b}[31mb");
    }
}

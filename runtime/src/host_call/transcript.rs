//! The transcript of a call: one line of canonical JSON for each host call, bounded.
//!
//! ```text
//! {"answer":"…","arguments":"…","granted":true,"number":1,"permission":"workspace.read","resource":"src/a.rs"}
//! {"dropped":12}
//! ```
//!
//! The last line stands there only where calls were left out. Digests are lower-case hex. No line holds contents: what was read and
//! written stands there as digests, and the resources are without secrets.

use std::fmt::Write as _;

use assize_provenance::canonical;
use assize_provenance::digest::Digest;
use serde::{Deserialize, Serialize};

use super::HostCall;
use crate::policy::permission::Permission;

/// How many calls a transcript holds.
pub const TRANSCRIPT_CALLS_MAX: usize = 32_768;
/// How large a transcript is at most, in bytes.
pub const TRANSCRIPT_BYTES_MAX: usize = 8 << 20;
/// How long one line is at most, in bytes.
pub const LINE_BYTES_MAX: usize = 4 << 10;

/// What is counted for each line besides its resource, in bytes.
const LINE_COST_BYTES: usize = 256;

/// The host calls of one call of an agent, in order, as far as there is room. From the first one that is left out on, all are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Transcript {
    list: Vec<HostCall>,
    bytes: usize,
    dropped: u64,
}

/// Why bytes are no transcript.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the transcript of host calls is not as it was written: {reason}")]
pub struct TranscriptError {
    /// The line, counted from 1.
    pub line: u64,
    /// What is wrong.
    pub reason: String,
}

/// The fields of a line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LineV1 {
    answer: String,
    arguments: String,
    granted: bool,
    number: u64,
    permission: String,
    resource: String,
}

/// The fields of the last line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DroppedV1 {
    dropped: u64,
}

impl Transcript {
    /// Adds the next call, or counts it where there is no room.
    pub fn push(&mut self, call: HostCall) {
        // Quotes and backslashes take two bytes in JSON; control characters do not stand in a resource.
        let bytes = call.resource.len().saturating_mul(2).saturating_add(LINE_COST_BYTES);
        let bytes = self.bytes.saturating_add(bytes);
        if self.dropped > 0 || self.list.len() >= TRANSCRIPT_CALLS_MAX || bytes > TRANSCRIPT_BYTES_MAX {
            self.dropped = self.dropped.saturating_add(1);
            return;
        }
        self.bytes = bytes;
        self.list.push(call);
    }

    /// The calls that it holds.
    #[must_use]
    pub fn list(&self) -> &[HostCall] {
        &self.list
    }

    /// The call with this number, if it is there.
    #[must_use]
    pub fn get(&self, number: u64) -> Option<&HostCall> {
        let index = usize::try_from(number.checked_sub(1)?).ok()?;
        self.list.get(index)
    }

    /// How many calls there were, with those that were left out.
    #[must_use]
    pub fn calls(&self) -> u64 {
        (self.list.len() as u64).saturating_add(self.dropped)
    }

    /// How many calls were left out.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The document.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut text = String::new();
        for call in &self.list {
            // The names stand in the order of canonical JSON, and text is written as it demands.
            let _ = writeln!(
                text,
                r#"{{"answer":"{}","arguments":"{}","granted":{},"number":{},"permission":"{}","resource":{}}}"#,
                call.answer,
                call.arguments,
                call.granted,
                call.number,
                call.permission,
                serde_json::Value::String(call.resource.clone()),
            );
        }
        if self.dropped > 0 {
            let _ = writeln!(text, r#"{{"dropped":{}}}"#, self.dropped);
        }
        text.into_bytes()
    }

    /// Reads the document back.
    ///
    /// # Errors
    ///
    /// [`TranscriptError`] for anything that was not written by [`to_bytes`](Self::to_bytes).
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, TranscriptError> {
        let mut read = Self::default();
        let mut line = 0_u64;
        let wrong = |line: u64, reason: &dyn std::fmt::Display| TranscriptError {
            line,
            reason: reason.to_string(),
        };
        if bytes.len() > TRANSCRIPT_BYTES_MAX.saturating_add(LINE_BYTES_MAX) {
            return Err(wrong(0, &"it is larger than any transcript"));
        }
        for text in bytes.split_inclusive(|byte| *byte == b'\n') {
            line = line.saturating_add(1);
            let Some((b'\n', text)) = text.split_last() else {
                return Err(wrong(line, &"it is cut off"));
            };
            if read.dropped > 0 {
                return Err(wrong(line, &"something stands behind the end"));
            }
            let value = canonical::parse(text, LINE_BYTES_MAX).map_err(|error| wrong(line, &error))?;
            if value.get("dropped").is_some() {
                let DroppedV1 { dropped } = serde_json::from_value(value).map_err(|error| wrong(line, &error))?;
                read.dropped = dropped;
                continue;
            }
            let call = call_of(value).map_err(|reason| wrong(line, &reason))?;
            if call.number != line {
                return Err(wrong(line, &format!("it has the number {}", call.number)));
            }
            read.push(call);
        }
        Ok(read)
    }
}

fn call_of(value: serde_json::Value) -> Result<HostCall, String> {
    let line: LineV1 = serde_json::from_value(value).map_err(|error| error.to_string())?;
    let digest = |text: &str| text.parse::<Digest>().map_err(|error| error.to_string());
    Ok(HostCall {
        number: line.number,
        permission: Permission::named(&line.permission).ok_or_else(|| format!("there is no `{}`", line.permission))?,
        resource: line.resource,
        granted: line.granted,
        arguments: digest(&line.arguments)?,
        answer: digest(&line.answer)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(number: u64, resource: &str) -> HostCall {
        HostCall {
            number,
            permission: Permission::WorkspaceRead,
            resource: resource.to_owned(),
            granted: true,
            arguments: Digest::of(b"arguments"),
            answer: Digest::of(resource.as_bytes()),
        }
    }

    fn transcript(calls: u64) -> Transcript {
        let mut transcript = Transcript::default();
        (1..=calls).for_each(|number| transcript.push(call(number, "src/é \"a\"\\x0a\u{7f}.rs")));
        transcript
    }

    #[test]
    fn a_transcript_is_read_back_as_it_was_written() {
        for calls in [0, 1, 3] {
            let written = transcript(calls);
            assert_eq!(Transcript::from_bytes(&written.to_bytes()), Ok(written));
        }
    }

    #[test]
    fn every_line_is_canonical() {
        for line in transcript(2).to_bytes().split(|byte| *byte == b'\n') {
            if !line.is_empty() {
                canonical::parse(line, LINE_BYTES_MAX).expect("canonical");
            }
        }
    }

    #[test]
    fn what_has_no_room_is_counted_and_nothing_follows_it() {
        let mut full = Transcript::default();
        for number in 1..=TRANSCRIPT_CALLS_MAX as u64 + 5 {
            full.push(call(number, ""));
        }
        assert_eq!((full.dropped(), full.calls()), (5, TRANSCRIPT_CALLS_MAX as u64 + 5));
        let mut large = Transcript::default();
        for number in 1..=4_000 {
            large.push(call(number, &"x".repeat(512)));
        }
        assert!(large.dropped() > 0 && large.to_bytes().len() <= TRANSCRIPT_BYTES_MAX);
        for transcript in [full, large] {
            let read = Transcript::from_bytes(&transcript.to_bytes()).expect("a transcript");
            assert_eq!((read.calls(), read.list()), (transcript.calls(), transcript.list()));
        }
    }

    #[test]
    fn other_bytes_are_refused_and_never_a_panic() {
        let written = transcript(3).to_bytes();
        for at in 0..written.len() {
            for bit in 0..8 {
                let mut flipped = written.clone();
                flipped[at] ^= 1 << bit;
                // A flipped bit may give another resource or digest, which the digest of the whole tells; it never gives these.
                assert_ne!(Transcript::from_bytes(&flipped), Ok(transcript(3)));
            }
            assert!(Transcript::from_bytes(&written[..at]).map_or(true, |read| read.calls() < 3));
        }
        let swapped: Vec<u8> = written
            .split_inclusive(|byte| *byte == b'\n')
            .rev()
            .flatten()
            .copied()
            .collect();
        assert!(Transcript::from_bytes(&swapped).is_err());
        assert!(Transcript::from_bytes(b"{\"dropped\":1}\n{\"dropped\":1}\n").is_err());
    }
}

//! Checking a whole chain from nothing but objects, keys and what was seen before.
//!
//! | step | file | what is settled |
//! |---|---|---|
//! | walk | `walk.rs` | from the tip of each log to its first commit, parents and sizes only |
//! | replay | `replay.rs` | forward again: signatures, entries, every root, every file of every commit, rebuilt and compared |
//! | docket | `docket.rs` | each case: its order, its seats, its verdict reached again, and who may override it |
//! | evidence | `evidence.rs` | the documents that entries speak of |
//! | witnesses | `witnesses.rs` | what others cosigned of each log, which it must continue |
//!
//! A replay writes the log once more with the same code that wrote it, and compares bytes. So there is one description of what
//! a log is, every historic tree is compared although only what changed is read, and no git id is believed.

use std::collections::BTreeMap;

use crate::checkpoint::Witnessed;
use crate::commit::Citation;
use crate::digest::Digest;
use crate::key::TrustedKeys;
use crate::log_id::{LOG_REF_PREFIX, LogId};
use crate::reader::{ObjectId, ObjectReader, ReadError};
use crate::report::{Claim, FaultCode, LogReport, Place, Report, Standing};
use claims::Claims;
use walk::Walk;
use witnesses::Cosigned;

mod claims;
mod docket;
mod evidence;
mod replay;
mod walk;
mod witnesses;

/// What somebody remembers of logs they have seen before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Remembered {
    logs: BTreeMap<LogId, Seen>,
}

/// A log as it was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// How many entries it had.
    pub size: u64,
    /// Its root at that size.
    pub root: Digest,
    /// Whether it was in this repository, so that it may not be missing from it.
    pub here: bool,
}

impl Remembered {
    /// Remembers nothing.
    #[must_use]
    pub fn nothing() -> Self {
        Self::default()
    }

    /// Remembers a log as it was seen last.
    pub fn remember(&mut self, log: LogId, seen: Seen) {
        self.logs.insert(log, seen);
    }
}

/// What a log's root must be at some size, and who says so.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Expected {
    root: Digest,
    said_by: String,
    /// What it is called when the log is shorter than that.
    ahead: FaultCode,
    /// What it is called when the log has another root there.
    forked: FaultCode,
}

/// What is expected of one log, by size.
type Expectations = BTreeMap<u64, Vec<Expected>>;

/// What one log is held against besides itself.
struct Surroundings<'run> {
    keys: &'run TrustedKeys,
    remembered: &'run Remembered,
    present: Vec<LogId>,
    expectations: BTreeMap<LogId, Expectations>,
    witnessed: BTreeMap<LogId, Vec<Witnessed>>,
}

/// Verifies every log of a repository.
///
/// Whatever the objects hold, this ends, does not panic and reports what is wrong with its place: a missing or damaged object
/// refutes integrity. What was signed with a key that nobody believes is not refuted but not checkable.
///
/// # Errors
///
/// [`ReadError::Refused`] and [`ReadError::Io`]: the repository could not be looked at, which says nothing about its logs.
pub fn verify(reader: &dyn ObjectReader, keys: &TrustedKeys, remembered: &Remembered) -> Result<Report, ReadError> {
    let mut walks: Vec<(LogId, Walk)> = Vec::new();
    let mut report = Report::default();
    for (name, tip) in reader.refs(LOG_REF_PREFIX)? {
        match name.strip_prefix(LOG_REF_PREFIX).and_then(|log| log.parse().ok()) {
            Some(log) => walks.push((log, walk::walk(reader, tip, keys)?)),
            None => report.logs.push(unnamed(&name)),
        }
    }
    let present = walks.iter().map(|(log, _)| *log).collect();
    let cosigned = witnesses::cosigned(reader, keys)?;
    let expectations = expectations(remembered, &walks, &cosigned);
    let mut witnessed: BTreeMap<LogId, Vec<Witnessed>> = BTreeMap::new();
    for one in cosigned {
        witnessed.entry(one.checkpoint.log).or_default().push(one.witnessed);
    }
    let surroundings = Surroundings {
        keys,
        remembered,
        present,
        expectations,
        witnessed,
    };
    for (log, walk) in &walks {
        report.logs.push(verify_log(reader, &surroundings, *log, walk)?);
    }
    for (log, seen) in &remembered.logs {
        if seen.here && !surroundings.present.contains(log) {
            report.logs.push(missing(*log));
        }
    }
    Ok(report)
}

/// Collects what is remembered, what the logs say of each other, and what witnesses cosigned.
fn expectations(
    remembered: &Remembered,
    walks: &[(LogId, Walk)],
    cosigned: &[Cosigned],
) -> BTreeMap<LogId, Expectations> {
    let mut expectations: BTreeMap<LogId, Expectations> = BTreeMap::new();
    let mut expect = |log: LogId, size: u64, expected: Expected| {
        let sizes = expectations.entry(log).or_default();
        sizes.entry(size).or_default().push(expected);
    };
    let known = |root: Digest, said_by: String| Expected {
        root,
        said_by,
        ahead: FaultCode::LogShrunk,
        forked: FaultCode::LogForked,
    };
    for (log, seen) in &remembered.logs {
        expect(*log, seen.size, known(seen.root, "what was seen before".to_owned()));
    }
    for (log, walk) in walks {
        for Citation { log: cited, size, root } in &walk.cites {
            expect(*cited, *size, known(*root, format!("log {log}, which cites it")));
        }
    }
    for Cosigned { checkpoint, witnessed } in cosigned {
        let Witnessed { witness, seconds, .. } = witnessed;
        let expected = Expected {
            root: checkpoint.root,
            said_by: format!("witness {witness}, which cosigned that at second {seconds}"),
            ahead: FaultCode::WitnessAhead,
            forked: FaultCode::WitnessForked,
        };
        expect(checkpoint.log, checkpoint.size, expected);
    }
    expectations
}

fn verify_log(
    reader: &dyn ObjectReader,
    surroundings: &Surroundings<'_>,
    log: LogId,
    walk: &Walk,
) -> Result<LogReport, ReadError> {
    let mut claims = Claims::new();
    for fault in &walk.faults {
        claims.refute(fault.clone());
    }
    let expected = surroundings.expectations.get(&log).cloned().unwrap_or_default();
    let replayed = replay::replay(reader, surroundings.keys, log, walk, &expected, &mut claims)?;
    claims.unsettle(Claim::Replay, "the judges were not run again");
    let witnessed = surroundings.witnessed.get(&log).cloned().unwrap_or_default();
    if !surroundings.remembered.logs.contains_key(&log) && witnessed.is_empty() {
        claims.unsettle(
            Claim::Freshness,
            "this log was not seen before, and no trusted witness cosigned it, so nothing here says how long it must be",
        );
    }
    for citation in walk
        .cites
        .iter()
        .filter(|citation| !surroundings.present.contains(&citation.log))
    {
        claims.unsettle(
            Claim::Completeness,
            format!("the log cites log {}, which is not here", citation.log),
        );
    }
    Ok(LogReport {
        ref_name: log.log_ref(),
        log: Some(log),
        size: replayed.size,
        root: replayed.root,
        commits: replayed.commits,
        claims: claims.finish(replayed.is_whole),
        decided: replayed.decided,
        witnessed,
    })
}

/// Reports a ref among the logs that has no log's name.
fn unnamed(ref_name: &str) -> LogReport {
    let mut claims = Claims::new();
    let sentence = format!(
        "`{}` lies among the logs and has no log's name",
        ref_name.escape_debug()
    );
    claims.fault(FaultCode::RefName, Place::default(), sentence);
    empty_report(ref_name.to_owned(), None, claims)
}

/// Reports a log that was here and is gone.
fn missing(log: LogId) -> LogReport {
    let mut claims = Claims::new();
    claims.fault(
        FaultCode::LogMissing,
        Place::default(),
        format!("log {log} was in this repository and is gone"),
    );
    empty_report(log.log_ref(), Some(log), claims)
}

fn empty_report(ref_name: String, log: Option<LogId>, claims: Claims) -> LogReport {
    let claims: Vec<(Claim, Standing)> = claims.finish(false);
    LogReport {
        ref_name,
        log,
        size: 0,
        root: Digest::of(b""),
        commits: 0,
        claims,
        decided: Vec::new(),
        witnessed: Vec::new(),
    }
}

/// Returns the place of something within a commit.
fn at(commit: ObjectId) -> Place {
    Place {
        commit: Some(commit),
        ..Place::default()
    }
}

#[cfg(test)]
mod tests;

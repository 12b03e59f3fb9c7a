//! Checking a whole chain from nothing but objects, keys and what was seen before.
//!
//! | step | file | what is settled |
//! |---|---|---|
//! | root | `trust.rs` | whose signatures count, and where |
//! | walk | `walk.rs` | from the tip of each log to its first commit, parents and sizes only |
//! | replay | `replay.rs` | forward again: signatures, entries, every root, every file of every commit, rebuilt and compared |
//! | workers | `workers.rs` | what can be said of an entry by itself, its form and its signatures, on all cores |
//! | docket | `docket.rs` | each case: its order, its seats, its verdict reached again, and who may override it |
//! | people | `people.rs` | what people say of verdicts and waivers, each held against what stands before it |
//! | evidence | [`evidence`](crate::evidence) | the documents that entries speak of |
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
use crate::report::{Claim, FaultCode, LogReport, Place, Report, RootReport, Standing, Vouched};
use crate::root::Trust;
use claims::Claims;
use walk::Walk;
use witnesses::Cosigned;

pub(crate) use claims::fault_of;
pub use docket::Keep;

mod claims;
mod docket;
mod people;
mod replay;
mod trust;
mod walk;
mod witnesses;
mod workers;

/// What somebody remembers of what they have seen before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Remembered {
    logs: BTreeMap<LogId, Seen>,
    proved: BTreeMap<LogId, Proved>,
    root: Option<SeenRoot>,
}

/// Raised whenever `verify` comes to refuse what it accepted before: what was proved under an older number is proved no more.
pub const VERIFIER_VERSION: u32 = 1;

/// How far a log was proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proved {
    /// How many entries.
    pub size: u64,
    /// Their root.
    pub root: Digest,
}

/// The pinned root of trust as it was seen last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeenRoot {
    /// The newest version.
    pub version: u64,
    /// Its digest.
    pub digest: Digest,
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

    /// Remembers how far a log was proved, which it has to continue, and from where it may be verified.
    pub fn remember_proved(&mut self, log: LogId, proved: Proved) {
        self.proved.insert(log, proved);
    }

    /// Remembers the pinned root of trust as it was seen last.
    pub const fn remember_root(&mut self, seen: SeenRoot) {
        self.root = Some(seen);
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
    trust: &'run Trust<'run>,
    remembered: &'run Remembered,
    present: Vec<LogId>,
    expectations: BTreeMap<LogId, Expectations>,
    witnessed: BTreeMap<LogId, Vec<Witnessed>>,
    since: &'run BTreeMap<LogId, u64>,
    keep: Keep<'run>,
}

impl Surroundings<'_> {
    /// From which entry on a log is verified.
    fn since(&self, log: LogId) -> u64 {
        let seen = self.remembered.logs.get(&log).map_or(0, |seen| seen.size);
        let proved = self.remembered.proved.get(&log).map_or(0, |proved| proved.size);
        let known = seen.max(proved);
        let since = self.since.get(&log).filter(|since| **since <= known);
        since.copied().unwrap_or(0)
    }
}

/// Tells whom to believe where: these keys, under the root of trust of a repository where they pin one. While something is wrong
/// with that root, nobody.
///
/// # Errors
///
/// As [`verify`].
pub fn trust_in<'keys>(
    reader: &dyn ObjectReader,
    keys: &'keys TrustedKeys,
    remembered: &Remembered,
) -> Result<(Trust<'keys>, Option<RootReport>), ReadError> {
    trust::held(reader, keys, remembered.root)
}

/// Verifies every log of a repository.
///
/// Whatever the objects hold, this ends, does not panic and reports what is wrong with its place: a missing or damaged object
/// refutes integrity. What was signed with a key that nobody believes is not refuted but not checkable.
///
/// Where `keys` [pin](TrustedKeys::pin) a root of trust, that says who may sign what at which position, also of keys that are
/// believed otherwise; and while something is wrong with that root, nobody is believed.
///
/// # Errors
///
/// [`ReadError::Refused`] and [`ReadError::Io`]: the repository could not be looked at, which says nothing about its logs.
pub fn verify(reader: &dyn ObjectReader, keys: &TrustedKeys, remembered: &Remembered) -> Result<Report, ReadError> {
    verify_since(reader, keys, remembered, &BTreeMap::new())
}

/// Verifies every log of a repository as [`verify_since`] does, and keeps only those of the decided cases that the caller wants,
/// so that memory hardly grows with the log: of a verdict that is not kept stay less than 200 bytes, which later entries are
/// held against. [`LogReport::verdicts`] counts all.
///
/// # Errors
///
/// As [`verify`].
pub fn verify_keeping(
    reader: &dyn ObjectReader,
    keys: &TrustedKeys,
    remembered: &Remembered,
    since: &BTreeMap<LogId, u64>,
    keep: Keep<'_>,
) -> Result<Report, ReadError> {
    let (trust, root) = trust_in(reader, keys, remembered)?;
    let mut walks: Vec<(LogId, Walk)> = Vec::new();
    let mut report = Report { root, logs: Vec::new() };
    for (name, tip) in reader.refs(LOG_REF_PREFIX)? {
        match name.strip_prefix(LOG_REF_PREFIX).and_then(|log| log.parse().ok()) {
            Some(log) => walks.push((log, walk::walk(reader, tip, &trust)?)),
            None => report.logs.push(unnamed(&name)),
        }
    }
    let present = walks.iter().map(|(log, _)| *log).collect();
    let cosigned = witnesses::cosigned(reader, &trust)?;
    let expectations = expectations(remembered, &walks, &cosigned, &trust);
    let mut witnessed: BTreeMap<LogId, Vec<Witnessed>> = BTreeMap::new();
    for one in cosigned {
        witnessed.entry(one.checkpoint.log).or_default().push(one.witnessed);
    }
    let surroundings = Surroundings {
        trust: &trust,
        remembered,
        present,
        expectations,
        witnessed,
        since,
        keep,
    };
    for (log, walk) in &walks {
        report.logs.push(verify_log(reader, &surroundings, *log, walk)?);
    }
    report.logs.extend(missing(&surroundings));
    Ok(report)
}

/// Verifies every log of a repository from some entry on, counted from 0, where that is given: what stands before it counts as
/// it was proved then, and only has to have the root that is remembered. A log that is not remembered to be that long is
/// verified whole; [`LogReport::since`] says which it was.
///
/// # Errors
///
/// As [`verify`].
pub fn verify_since(
    reader: &dyn ObjectReader,
    keys: &TrustedKeys,
    remembered: &Remembered,
    since: &BTreeMap<LogId, u64>,
) -> Result<Report, ReadError> {
    verify_keeping(reader, keys, remembered, since, Keep::All)
}

/// Collects what is remembered, what the root of trust says, what the logs say of each other, and what witnesses cosigned.
fn expectations(
    remembered: &Remembered,
    walks: &[(LogId, Walk)],
    cosigned: &[Cosigned],
    trust: &Trust<'_>,
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
    for (log, proved) in &remembered.proved {
        expect(
            *log,
            proved.size,
            known(proved.root, "what was proved before".to_owned()),
        );
    }
    for (log, end) in trust.ends() {
        let said_by = format!("version {} of the root of trust", trust.version());
        expect(log, end.size, known(end.root, said_by));
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
    let held = replay::Held {
        trust: surroundings.trust,
        expected: &expected,
        since: surroundings.since(log),
        keep: surroundings.keep,
    };
    let replayed = replay::replay(reader, &held, log, walk, &mut claims)?;
    claims.unsettle(Claim::Replay, "the judges were not run again");
    let witnessed = surroundings.witnessed.get(&log).cloned().unwrap_or_default();
    let vouched = Vouched::of(&witnessed, &surroundings.trust.with_log_keys());
    if let Some(vouched) = vouched.filter(|vouched| !vouched.is_met()) {
        claims.unsettle(Claim::Freshness, vouched.to_string());
    }
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
        since: held.since,
        claims: claims.finish(replayed.is_whole),
        verdicts: replayed.verdicts,
        decided: replayed.decided,
        witnessed,
        vouched,
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

/// Reports the logs that should be here and are not: those that were, and those of which the root of trust speaks.
fn missing(surroundings: &Surroundings<'_>) -> Vec<LogReport> {
    let seen = surroundings.remembered.logs.iter().filter(|(_, seen)| seen.here);
    let mut whys: BTreeMap<LogId, String> = seen
        .map(|(log, _)| (*log, format!("log {log} was in this repository and is gone")))
        .collect();
    let version = surroundings.trust.version();
    for log in surroundings.trust.logs() {
        let why =
            format!("version {version} of the root of trust speaks of log {log}, which is not in this repository");
        whys.entry(log).or_insert(why);
    }
    let gone = whys.into_iter().filter(|(log, _)| !surroundings.present.contains(log));
    let report = |(log, why): (LogId, String)| {
        let mut claims = Claims::new();
        claims.fault(FaultCode::LogMissing, Place::default(), why);
        empty_report(log.log_ref(), Some(log), claims)
    };
    gone.map(report).collect()
}

fn empty_report(ref_name: String, log: Option<LogId>, claims: Claims) -> LogReport {
    let claims: Vec<(Claim, Standing)> = claims.finish(false);
    LogReport {
        ref_name,
        log,
        size: 0,
        root: Digest::of(b""),
        commits: 0,
        since: 0,
        claims,
        verdicts: 0,
        decided: Vec::new(),
        witnessed: Vec::new(),
        vouched: None,
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

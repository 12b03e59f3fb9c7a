//! The message of a log's commit: one line for people, then what the signature is to cover.
//!
//! ```text
//! Record 6 entries, 12 in all
//!
//! Assize-Log: <log-id>
//! Assize-Seed: <32 hexadecimal digits, drawn when the clone started the log>
//! Assize-Size: 12
//! Assize-Root: <Merkle root, hexadecimal>
//! Assize-Prev-Size: 6
//! Assize-Cites: <other log-id> <size> <root>
//! ```
//!
//! The last line comes any number of times: other logs of which this clone knows more than the commit before could say. So logs
//! vouch for each other, and one that is cut short, forked or gone is missed by those that cite it.

use std::fmt;
use std::str::FromStr;

use super::CommitError;
use crate::canonical::INTEGER_MAX;
use crate::digest::Digest;
use crate::log_id::{LogId, LogSeed};

/// How many other logs one commit may cite.
pub const CITES_MAX: usize = 256;

/// What a commit says of its log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogMessage {
    /// The log.
    pub log: LogId,
    /// What its name is derived from besides the key.
    pub seed: LogSeed,
    /// How many entries there are with this batch.
    pub size: u64,
    /// The Merkle root over them.
    pub root: Digest,
    /// How many there were before; less than `size`.
    pub previous_size: u64,
    /// Other logs as they became known since the commit before, in order of their names.
    pub cites: Vec<Citation>,
}

/// What a log says of another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Citation {
    /// The other log.
    pub log: LogId,
    /// Its size.
    pub size: u64,
    /// Its root at that size.
    pub root: Digest,
}

impl fmt::Display for LogMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let added = self.size.saturating_sub(self.previous_size);
        let noun = if added == 1 { "entry" } else { "entries" };
        writeln!(f, "Record {added} {noun}, {} in all\n", self.size)?;
        writeln!(f, "Assize-Log: {}", self.log)?;
        writeln!(f, "Assize-Seed: {}", self.seed)?;
        writeln!(f, "Assize-Size: {}", self.size)?;
        writeln!(f, "Assize-Root: {}", self.root)?;
        writeln!(f, "Assize-Prev-Size: {}", self.previous_size)?;
        for Citation { log, size, root } in &self.cites {
            writeln!(f, "Assize-Cites: {log} {size} {root}")?;
        }
        Ok(())
    }
}

impl FromStr for LogMessage {
    type Err = CommitError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let message = read(text).ok_or(CommitError::Form)?;
        let grows = message.previous_size < message.size && message.size <= INTEGER_MAX;
        let cites_in_order = message.cites.is_sorted_by(|left, right| left.log < right.log);
        if grows && cites_in_order && message.to_string() == text {
            Ok(message)
        } else {
            Err(CommitError::Form)
        }
    }
}

fn read(text: &str) -> Option<LogMessage> {
    let (_, trailers) = text.split_once("\n\n")?;
    let mut lines = trailers.lines();
    let mut value = |key: &str| lines.next()?.strip_prefix(key)?.strip_prefix(": ");
    Some(LogMessage {
        log: value("Assize-Log")?.parse().ok()?,
        seed: value("Assize-Seed")?.parse().ok()?,
        size: value("Assize-Size")?.parse().ok()?,
        root: value("Assize-Root")?.parse().ok()?,
        previous_size: value("Assize-Prev-Size")?.parse().ok()?,
        cites: lines.take(CITES_MAX).map(read_citation).collect::<Option<_>>()?,
    })
}

fn read_citation(line: &str) -> Option<Citation> {
    let mut words = line.strip_prefix("Assize-Cites: ")?.split(' ');
    let (log, size, root) = (words.next()?, words.next()?, words.next()?);
    Some(Citation {
        log: log.parse().ok()?,
        size: size.parse().ok()?,
        root: root.parse().ok()?,
    })
}

//! What entries rely on when they are appended: that nobody said anything of the waivers they go by since these were read.
//!
//! The lock of the clone orders everything that is appended. So what is looked at under it, just before an append, still holds
//! behind it: no case stands in the log behind the revocation of a waiver that it uses.

use std::collections::BTreeMap;

use assize_provenance::entry::{Content, EntryId, SignedEntry};
use assize_provenance::evidence::DocumentKind;
use assize_provenance::log_reader::LogReader;

use super::fault::ChainFault;
use super::hold::Held;
use super::log::{Chain, Sealed, frames};
use super::waivers::is_waiver;

/// What must still hold of a log's waivers when entries that rely on it are appended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reliance {
    /// How many entries of the log were looked at.
    pub seen: u64,
    /// The waivers, by their proposals, with the last position at which each may be used.
    pub waivers: BTreeMap<EntryId, u64>,
    /// Whether nobody may have proposed another waiver since.
    pub alone: bool,
}

impl Reliance {
    fn is_nothing(&self) -> bool {
        self.waivers.is_empty() && !self.alone
    }

    /// Whether an entry that came since leaves everything as it was.
    fn bears(&self, entry: &SignedEntry) -> bool {
        let Content::Waiver(record) = &entry.entry().content else {
            return true;
        };
        match record.previous() {
            Some(proposal) => !self.waivers.contains_key(&proposal),
            None => !self.alone,
        }
    }
}

/// Entries and the documents that belong to them, with what they rely on.
#[derive(Debug)]
pub struct Append {
    /// The entries, in the order of the log.
    pub entries: Vec<SignedEntry>,
    /// The documents.
    pub documents: Vec<(DocumentKind, Vec<u8>)>,
    /// What must still hold.
    pub reliance: Reliance,
}

impl Chain {
    /// Acknowledges several appends with one sync, each only if what it relies on still holds; tells which were.
    ///
    /// # Errors
    ///
    /// [`ChainFault`]; then nothing of it is in the log.
    pub fn append_each(&self, appends: Vec<Append>) -> Result<Vec<bool>, ChainFault> {
        let mut held = self.hold_same()?;
        let (mut taken, mut taken_frames) = (Vec::new(), Vec::new());
        let mut next = held.next();
        for append in appends {
            let holds = self.holds(&held, &append.reliance, next)?;
            taken.push(holds);
            if holds {
                next = next.saturating_add(append.entries.len() as u64);
                taken_frames.extend(frames(&append.entries, append.documents));
            }
        }
        held.wal.append(taken_frames)?;
        Ok(taken)
    }

    /// Acknowledges entries if what they rely on still holds.
    ///
    /// # Errors
    ///
    /// [`ChainFault`], among them [`ChainFault::Overtaken`]; then none of them is in the log.
    pub fn append_relying(&self, append: Append) -> Result<(), ChainFault> {
        match self.append_each(vec![append])?.as_slice() {
            [true] => Ok(()),
            _ => Err(ChainFault::Overtaken),
        }
    }

    /// Acknowledges entries if what they rely on still holds, and seals everything that waits into a commit.
    ///
    /// # Errors
    ///
    /// [`ChainFault`], among them [`ChainFault::Overtaken`]. When the append succeeded and the sealing did not, the next process
    /// seals what waits.
    pub fn append_relying_and_seal(&self, append: Append) -> Result<Sealed, ChainFault> {
        let held = self.hold_same()?;
        if !self.holds(&held, &append.reliance, held.next())? {
            return Err(ChainFault::Overtaken);
        }
        self.append_held_and_seal(held, &append.entries, append.documents)
    }

    /// Whether what an append relies on still holds where its first entry will stand.
    fn holds(&self, held: &Held, reliance: &Reliance, next: u64) -> Result<bool, ChainFault> {
        if reliance.is_nothing() {
            return Ok(true);
        }
        if reliance.waivers.values().any(|until| next > *until) {
            return Ok(false);
        }
        if let Some(tip) = held.state.tip() {
            let mut log = LogReader::open(self.reader(), tip)?;
            for index in reliance.seen..log.size() {
                if is_waiver(log.line(index)?) && !reliance.bears(&log.entry(index)?) {
                    return Ok(false);
                }
            }
        }
        for line in held.wal.entries().filter(|line| is_waiver(line)) {
            if !reliance.bears(&SignedEntry::parse(line)?) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

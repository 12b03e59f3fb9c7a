//! The waivers that people signed in a log, as far as whoever reads believes their keys.

use std::sync::{Arc, Mutex, PoisonError};

use assize_provenance::key::{KeyId, Role, TrustedKeys};
use assize_provenance::log_id::LogId;
use assize_provenance::log_reader::{LogReadError, LogReader};
use assize_provenance::reader::ObjectReader;
use assize_provenance::report::Standing;
use assize_provenance::root::{Leave, Trust};
use assize_provenance::verify::{Remembered, SeenRoot, trust_in};

use super::fault::ChainFault;
use super::state::LogFile;
use crate::repository::Repository;
use crate::waiver::{Outlook, Register};

/// How the line of a waiver's entry begins: the form of entries is canonical, so there is no other way.
const WAIVER_START: &[u8] = b"{\"kind\":\"waiver\",";

/// Whether a stored line is a waiver's entry.
pub(super) fn is_waiver(line: &[u8]) -> bool {
    line.starts_with(WAIVER_START)
}

/// The log that a clone writes; none before its first entry. Nothing is made for reading.
///
/// # Errors
///
/// [`ChainFault`] when the clone's state cannot be read.
pub fn own_log(repository: &Repository) -> Result<Option<LogId>, ChainFault> {
    let path = repository.places().common_dir.join("assize/log.json");
    Ok(LogFile::load(&path)?.map(|file| file.log))
}

/// Whom this user believes: their keys, with the pinned root of trust and what is remembered of it.
#[derive(Debug, Clone, Default)]
pub struct HeldTrust {
    /// The keys.
    pub keys: TrustedKeys,
    /// The pinned root as it was seen last.
    pub seen: Option<SeenRoot>,
}

impl HeldTrust {
    /// Asks something of whom to believe in this repository, as it is now. The flag tells whether something is wrong with the
    /// pinned root of trust, so that nobody is believed.
    ///
    /// # Errors
    ///
    /// [`ChainFault::Read`] when the root cannot be looked at.
    pub fn ask<Answer>(
        &self,
        reader: &dyn ObjectReader,
        question: impl FnOnce(&Trust<'_>, bool) -> Result<Answer, ChainFault>,
    ) -> Result<Answer, ChainFault> {
        let mut remembered = Remembered::nothing();
        if let Some(seen) = self.seen {
            remembered.remember_root(seen);
        }
        let (trust, report) = trust_in(reader, &self.keys, &remembered)?;
        let is_refuted = report.is_some_and(|root| root.pin.is_some() && matches!(root.standing, Standing::Refuted(_)));
        question(&trust, is_refuted)
    }
}

/// Reads the signed waivers of logs, each log as far as it goes, and goes on where it stopped. Shared by threads.
#[derive(Debug, Default)]
pub struct WaiverReader {
    believed: HeldTrust,
    /// Where the waivers of the log that was read last stand, and how many of its entries were looked at.
    read: Mutex<Option<(LogId, Vec<u64>, u64)>>,
}

impl WaiverReader {
    /// Reads what these keys sign.
    #[must_use]
    pub fn new(believed: HeldTrust) -> Self {
        Self {
            believed,
            read: Mutex::default(),
        }
    }

    /// Whom it believes.
    #[must_use]
    pub fn held_trust(&self) -> &HeldTrust {
        &self.believed
    }

    /// What excuses findings for the next case of a log, besides the files of its base. What waits to be sealed is not looked at:
    /// whoever appends [relies](super::Reliance) on it.
    ///
    /// # Errors
    ///
    /// [`ChainFault`] when the log or the root of trust cannot be read.
    pub fn outlook(&self, reader: &dyn ObjectReader, log: Option<LogId>) -> Result<Outlook, ChainFault> {
        self.believed.ask(reader, |trust, is_refuted| {
            let Some(log) = log else {
                // Where a root speaks of every log, it speaks of the one that is about to begin.
                let is_covered = |none: LogId| trust.asks_people(none, 0);
                return Ok(Outlook {
                    files_count: !is_refuted && !"0".repeat(32).parse().is_ok_and(is_covered),
                    ..Outlook::default()
                });
            };
            let (register, size) = match self.register(reader, log, trust) {
                // Where what stands there is no log, nobody signed anything in it; whoever appends begins another one.
                Err(ChainFault::Log(fault)) if !matches!(fault, LogReadError::Read(_)) => (Register::default(), 0),
                read => read?,
            };
            Ok(Outlook {
                register: Arc::new(register),
                known: size,
                position: size,
                files_count: !is_refuted && !trust.asks_people(log, size),
            })
        })
    }

    /// Whether files excuse anything in a case at this position of a log.
    ///
    /// # Errors
    ///
    /// [`ChainFault::Read`] when the root of trust cannot be looked at.
    pub fn files_count(&self, reader: &dyn ObjectReader, log: LogId, position: u64) -> Result<bool, ChainFault> {
        self.believed.ask(reader, |trust, is_refuted| {
            Ok(!is_refuted && !trust.asks_people(log, position))
        })
    }

    fn register(
        &self,
        reader: &dyn ObjectReader,
        name: LogId,
        trust: &Trust<'_>,
    ) -> Result<(Register, u64), ChainFault> {
        let ref_name = name.log_ref();
        let refs = reader.refs(&ref_name)?;
        let Some((_, tip)) = refs.into_iter().find(|(found, _)| *found == ref_name) else {
            return Ok((Register::default(), 0));
        };
        let mut log = LogReader::open(reader, tip)?;
        let size = log.size();
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let known = read.take().filter(|(known, _, upto)| *known == name && *upto <= size);
        let (mut positions, upto) = known.map_or((Vec::new(), 0), |(_, positions, upto)| (positions, upto));
        for index in upto..size {
            if is_waiver(log.line(index)?) {
                positions.push(index);
            }
        }
        let people = |keys: &[KeyId]| trust.people(keys);
        let mut register = Register::default();
        for index in &positions {
            let entry = log.entry(*index)?;
            let leave = trust.leave(Role::Person, entry.key_id(), name, *index..index.saturating_add(1));
            let is_believed = match leave {
                Leave::Given(key, _) => entry.entry().log == name && entry.verify(key).is_ok(),
                Leave::Outside(_) | Leave::Unknown => false,
            };
            if is_believed {
                register.take(*index, &entry, &people);
            }
        }
        *read = Some((name, positions, size));
        Ok((register, size))
    }
}

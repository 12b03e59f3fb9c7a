//! The log under the clone's lock: continued where everybody agrees on it, started anew where anybody does not.

use std::fs::File;
use std::path::PathBuf;

use assize_provenance::batch::LogState;
use assize_provenance::commit::{CITES_MAX, Citation, LOG_COMMIT_BYTES_MAX, LogCommit, LogMessage};
use assize_provenance::log_id::{LOG_REF_PREFIX, LogId, LogSeed};
use assize_provenance::merkle;
use assize_provenance::reader::{ObjectId, ObjectReader};

use super::fault::ChainFault;
use super::log::{Chain, draw};
use super::seen::Extent;
use super::state::{LogFile, Tip};
use super::wal::{Wal, WalFault};
use crate::durable;

/// The log under the clone's lock: nobody else writes while this lives.
pub(super) struct Held {
    pub(super) file: LogFile,
    pub(super) state: LogState,
    pub(super) wal: Wal,
    _lock: File,
}

impl Held {
    /// Where the newest entry that was acknowledged stands, or will.
    pub(super) fn last_index(&self) -> u64 {
        self.next().saturating_sub(1)
    }

    /// The position that the next entry will have.
    pub(super) fn next(&self) -> u64 {
        self.wal.size.saturating_add(self.wal.entries().count() as u64)
    }
}

impl Chain {
    /// Takes the lock and insists that the log is still the one this chain was opened with.
    pub(super) fn hold_same(&self) -> Result<Held, ChainFault> {
        let held = self.hold(&mut |_| ())?;
        if held.file.log == self.log {
            Ok(held)
        } else {
            Err(ChainFault::Replaced)
        }
    }

    /// Takes the lock, finishes what a killed process left, and continues the log or starts a new one.
    pub(super) fn hold(&self, announce: &mut dyn FnMut(&str)) -> Result<Held, ChainFault> {
        let path = self.state_dir.join("lock");
        let lock = durable::lock(&path).map_err(|source| ChainFault::Io { path, source })?;
        let file = LogFile::load(&self.file_path())?;
        let wal = Wal::open(&self.wal_path())?;
        let Some(mut file) = file else {
            return self.start(wal, lock, announce);
        };
        match self.disagreement(&mut file)? {
            None => self.go_on(file, wal, lock),
            Some(why) => {
                announce(&format!("{why}; a new log is started, which cites the old one."));
                self.start(wal, lock, announce)
            }
        }
    }

    /// Says why the log of `file` cannot be continued, unless the clone, its ref and the user's memory agree on it. A step
    /// that was begun is then finished in `file`.
    fn disagreement(&self, file: &mut LogFile) -> Result<Option<String>, ChainFault> {
        let log = file.log;
        if file.key != self.signer.log_key().id() {
            return Ok(Some(format!("Log {log} was signed with another log key")));
        }
        let seen = self.memory.recall(&log.to_string(), &self.place)?;
        let tip = self.ref_tip(&log.log_ref())?;
        let step = file.next.take();
        let agreed = [Some(file.tip.extent), step.map(|next| next.extent)];
        if !seen.written_here || seen.here.is_none() || !agreed.contains(&seen.here) {
            return Ok(Some(format!(
                "This clone and your memory do not agree on log {log}: it was copied or restored"
            )));
        }
        // A step that was begun is done if the ref took it, and undone if it did not.
        if let Some(next) = step {
            if tip == next.commit {
                file.tip = next;
            }
            self.remember(file)?;
        }
        if tip != file.tip.commit {
            return Ok(Some(format!("The ref of log {log} was moved by somebody else")));
        }
        Ok(None)
    }

    /// Continues a log that everybody agrees on.
    fn go_on(&self, file: LogFile, wal: Option<Wal>, lock: File) -> Result<Held, ChainFault> {
        let (log, key) = (file.log, self.signer.log_key());
        let state = match file.tip.commit {
            Some(tip) => LogState::open(self.reader(), tip, key)?,
            None => LogState::start(key, file.seed, &[]),
        };
        let wal = match wal {
            Some(wal) if wal.log == log.to_string() => self.cut(wal, state.size())?,
            other => {
                if let Some(stranger) = other.filter(|wal| !wal.frames.is_empty()) {
                    stranger.set_aside()?;
                }
                Wal::start(&self.wal_path(), &log.to_string(), state.size())?
            }
        };
        Ok(Held {
            file,
            state,
            wal,
            _lock: lock,
        })
    }

    /// Drops what is sealed already from the write-ahead log.
    fn cut(&self, wal: Wal, size: u64) -> Result<Wal, ChainFault> {
        if wal.size == size {
            return Ok(wal);
        }
        // The whole file was one batch: it is cut only after the ref moved.
        let all = wal.size.saturating_add(wal.entries().count() as u64);
        if all == size {
            return Ok(Wal::start(&self.wal_path(), &wal.log, size)?);
        }
        Err(ChainFault::Wal(WalFault::Damaged {
            path: self.wal_path(),
            offset: 0,
        }))
    }

    fn start(&self, wal: Option<Wal>, lock: File, announce: &mut dyn FnMut(&str)) -> Result<Held, ChainFault> {
        if let Some(wal) = wal.filter(|wal| !wal.frames.is_empty()) {
            let aside = wal.set_aside()?;
            announce(&format!(
                "What the old log had not sealed is kept in {}.",
                aside.display()
            ));
        }
        let (seed, key) = (LogSeed::from_bytes(draw()?), self.signer.log_key());
        let log = LogId::derive(&key, &seed);
        let state = LogState::start(key, seed, &[]);
        let extent = Extent {
            size: 0,
            root: merkle::root(&[]),
        };
        let file = LogFile {
            log,
            seed,
            key: key.id(),
            tip: Tip { commit: None, extent },
            next: None,
            cited: Vec::new(),
        };
        self.remember(&file)?;
        let wal = Wal::start(&self.wal_path(), &log.to_string(), 0)?;
        Ok(Held {
            file,
            state,
            wal,
            _lock: lock,
        })
    }

    /// Writes down where the log is, in the user's memory first: between the two the step is still on record in the file.
    pub(super) fn remember(&self, file: &LogFile) -> Result<(), ChainFault> {
        self.memory
            .remember(&file.log.to_string(), &self.place, file.tip.extent, true)?;
        file.store(&self.file_path())?;
        Ok(())
    }

    /// What the log has not said yet of the other logs here, as far as their own keys signed it. A log that went back is not
    /// vouched for again: what was said of it stands.
    pub(super) fn news(&self, file: &LogFile) -> Result<Vec<Citation>, ChainFault> {
        let mut news = self.citations(file.log)?;
        news.retain(|citation| {
            let known = file.cited.iter().find(|known| known.log == citation.log);
            known.is_none_or(|known| known.size < citation.size)
        });
        news.truncate(CITES_MAX);
        Ok(news)
    }

    /// Where the other logs of this clone stand. What cannot be read, or was put there by somebody without the log's key, is not
    /// vouched for; `verify` names it.
    fn citations(&self, own: LogId) -> Result<Vec<Citation>, ChainFault> {
        let mut citations = Vec::new();
        for (name, tip) in self.reader().refs(LOG_REF_PREFIX)? {
            let Some(object) = self.reader().object(&tip, LOG_COMMIT_BYTES_MAX).ok().flatten() else {
                continue;
            };
            let Ok(commit) = LogCommit::parse(&object.bytes) else {
                continue;
            };
            let LogMessage {
                log, seed, size, root, ..
            } = commit.signed.message;
            let is_its_own = name == log.log_ref() && LogId::derive(&commit.key, &seed) == log;
            if log != own && is_its_own && commit.verify_signature().is_ok() {
                citations.push(Citation { log, size, root });
            }
        }
        Ok(citations)
    }

    pub(super) fn ref_tip(&self, name: &str) -> Result<Option<ObjectId>, ChainFault> {
        let refs = self.reader().refs(name)?;
        Ok(refs.into_iter().find(|(found, _)| found == name).map(|(_, tip)| tip))
    }

    pub(super) fn reader(&self) -> &dyn ObjectReader {
        self.repository.objects().as_ref()
    }

    pub(super) fn file_path(&self) -> PathBuf {
        self.state_dir.join("log.json")
    }

    pub(super) fn wal_path(&self) -> PathBuf {
        self.state_dir.join("wal")
    }
}

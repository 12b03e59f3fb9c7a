//! What the signer's process has signed of every log, so that no two different checkpoints of one size are ever signed.
//!
//! One small file a log, `$ASSIZE_HOME/signer/LOG.json`: the largest checkpoint that was signed. It is durable before the
//! signature is made. A smaller one is refused, and another one of the same size too; the same one is signed again, for whoever
//! was killed before it could use the first signature.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use assize_provenance::checkpoint::Checkpoint;
use assize_provenance::digest::Digest;
use assize_provenance::log_id::LogId;
use serde::{Deserialize, Serialize};

use crate::durable;

/// The longest file that is read back, in bytes.
const FILE_BYTES_MAX: u64 = 4 << 10;
/// Of how many logs checkpoints are signed.
const LOGS_MAX: usize = 10_000;

/// Why a checkpoint is not signed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unsignable {
    /// The log was larger already.
    #[error(
        "a checkpoint of log {log} with {known} entries was signed already, and this one has {asked}: the log went back"
    )]
    Back {
        /// The log.
        log: LogId,
        /// The size that was signed.
        known: u64,
        /// The size that is asked for.
        asked: u64,
    },
    /// There is another one of the same size.
    #[error(
        "another checkpoint of log {log} with {size} entries was signed already: two of one size would fork the log"
    )]
    Fork {
        /// The log.
        log: LogId,
        /// The size of both.
        size: u64,
    },
    /// No such checkpoint was signed.
    #[error("the commit of log {0} is not the one that its newest signed checkpoint belongs to")]
    Stray(LogId),
    /// There are too many logs.
    #[error("checkpoints of {LOGS_MAX} logs were signed already; move memories of logs that are gone away from {}", .0.display())]
    Full(PathBuf),
    /// A memory is not as it was written.
    #[error("{} cannot be read ({reason}); without it nobody can tell whether the log went back. Restore it from a backup", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Reading or writing failed.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl Unsignable {
    /// Whether the machine failed, rather than what was asked for.
    pub(super) fn is_machine(&self) -> bool {
        matches!(self, Self::Io { .. } | Self::Unreadable { .. } | Self::Full(_))
    }
}

/// The memory of one signer. Threads ask one after the other.
#[derive(Debug)]
pub(super) struct SignedMemory {
    dir: PathBuf,
    turn: Mutex<()>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    v: u32,
    log: String,
    size: u64,
    root: String,
}

impl SignedMemory {
    /// The memory in this folder, which is there. The caller holds the lock that keeps other signers away from it.
    pub(super) fn new(dir: PathBuf) -> Self {
        Self {
            dir,
            turn: Mutex::new(()),
        }
    }

    /// Allows a checkpoint to be signed: when this returns it is durable that it was.
    pub(super) fn allow(&self, checkpoint: &Checkpoint) -> Result<(), Unsignable> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let log = checkpoint.log;
        let path = self.path(log);
        match load(&path, log)? {
            Some((size, root)) if size == checkpoint.size => {
                return if root == checkpoint.root {
                    Ok(())
                } else {
                    Err(Unsignable::Fork { log, size })
                };
            }
            Some((size, _)) if size > checkpoint.size => {
                return Err(Unsignable::Back {
                    log,
                    known: size,
                    asked: checkpoint.size,
                });
            }
            Some(_) => {}
            None => self.room_for_one_more()?,
        }
        let stored = Stored {
            v: 1,
            log: log.to_string(),
            size: checkpoint.size,
            root: checkpoint.root.to_string(),
        };
        let text = serde_json::to_vec_pretty(&stored).map_err(|error| at(&path)(io::Error::other(error)))?;
        durable::replace(&path, &text).map_err(at(&path))
    }

    /// Whether this is the newest checkpoint that was signed: only its commit may be.
    pub(super) fn insist_on(&self, checkpoint: &Checkpoint) -> Result<(), Unsignable> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let log = checkpoint.log;
        match load(&self.path(log), log)? {
            Some(known) if known == (checkpoint.size, checkpoint.root) => Ok(()),
            _ => Err(Unsignable::Stray(log)),
        }
    }

    fn room_for_one_more(&self) -> Result<(), Unsignable> {
        let listing = std::fs::read_dir(&self.dir).map_err(at(&self.dir))?;
        if listing.take(LOGS_MAX).count() < LOGS_MAX {
            return Ok(());
        }
        Err(Unsignable::Full(self.dir.clone()))
    }

    fn path(&self, log: LogId) -> PathBuf {
        self.dir.join(format!("{log}.json"))
    }
}

fn load(path: &Path, log: LogId) -> Result<Option<(u64, Digest)>, Unsignable> {
    let unreadable = |reason: String| Unsignable::Unreadable {
        path: path.to_owned(),
        reason,
    };
    let Some(bytes) = durable::read(path, FILE_BYTES_MAX).map_err(at(path))? else {
        return Ok(None);
    };
    let stored: Stored = serde_json::from_slice(&bytes).map_err(|error| unreadable(error.to_string()))?;
    if stored.v != 1 || stored.log != log.to_string() {
        return Err(unreadable("it is of another version or of another log".to_owned()));
    }
    let root = stored
        .root
        .parse()
        .map_err(|_| unreadable("its root is no digest".to_owned()))?;
    Ok(Some((stored.size, root)))
}

fn at(path: &Path) -> impl Fn(io::Error) -> Unsignable {
    let path = path.to_owned();
    move |source| Unsignable::Io {
        path: path.clone(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint(log: u8, size: u64, root: &[u8]) -> Checkpoint {
        Checkpoint {
            log: format!("{log:032x}").parse().expect("a log's name"),
            size,
            root: Digest::of(root),
        }
    }

    fn room() -> (tempfile::TempDir, SignedMemory) {
        let dir = tempfile::tempdir().expect("a folder");
        let memory = SignedMemory::new(dir.path().to_owned());
        (dir, memory)
    }

    #[test]
    fn no_two_checkpoints_of_one_size_are_allowed() {
        let (dir, memory) = room();
        memory.allow(&checkpoint(1, 3, b"three")).expect("the first");
        memory.allow(&checkpoint(1, 3, b"three")).expect("the same");
        let fork = memory.allow(&checkpoint(1, 3, b"other")).expect_err("a fork");
        assert!(matches!(fork, Unsignable::Fork { size: 3, .. }) && !fork.is_machine());
        memory.allow(&checkpoint(1, 7, b"seven")).expect("larger");
        for size in [0, 3, 6] {
            let back = memory.allow(&checkpoint(1, size, b"three")).expect_err("is smaller");
            assert!(matches!(back, Unsignable::Back { known: 7, .. }));
        }
        memory.allow(&checkpoint(2, 3, b"other")).expect("another log");
        // Whoever comes after knows the same.
        let memory = SignedMemory::new(dir.path().to_owned());
        assert!(memory.allow(&checkpoint(1, 7, b"other")).is_err());
        assert!(memory.allow(&checkpoint(1, 7, b"seven")).is_ok());
    }

    #[test]
    fn only_the_commit_of_the_newest_checkpoint_is_allowed() {
        let (_dir, memory) = room();
        assert!(memory.insist_on(&checkpoint(1, 3, b"three")).is_err());
        memory.allow(&checkpoint(1, 3, b"three")).expect("the first");
        assert!(memory.insist_on(&checkpoint(1, 3, b"three")).is_ok());
        assert!(memory.insist_on(&checkpoint(1, 3, b"other")).is_err());
        assert!(memory.insist_on(&checkpoint(1, 4, b"three")).is_err());
    }

    #[test]
    fn a_damaged_memory_allows_nothing() {
        let (dir, memory) = room();
        let log = checkpoint(1, 3, b"three");
        memory.allow(&log).expect("the first");
        let path = memory.path(log.log);
        let text = std::fs::read_to_string(&path).expect("reads");
        for damaged in [
            String::new(),
            text.replace("\"v\": 1", "\"v\": 2"),
            text.replace(&log.log.to_string(), &checkpoint(2, 0, b"").log.to_string()),
            text.replace("\"root\": \"", "\"root\": \"x"),
        ] {
            std::fs::write(&path, damaged).expect("writes");
            let fault = memory.allow(&checkpoint(1, 9, b"nine")).expect_err("is damaged");
            assert!(fault.is_machine(), "{fault}");
        }
        drop(dir);
    }
}

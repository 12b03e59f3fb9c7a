//! What a clone knows of the log it writes: `log.json` in its state folder.
//!
//! The step from one commit to the next is written down before the ref moves and struck out after, so that whoever comes
//! after a kill can tell on which side of the step the log is.

use std::io;
use std::path::{Path, PathBuf};

use assize_provenance::commit::Citation;
use assize_provenance::key::KeyId;
use assize_provenance::log_id::{LogId, LogSeed};
use assize_provenance::reader::ObjectId;
use serde::{Deserialize, Serialize};

use super::seen::Extent;
use crate::durable;

/// The longest file that is read back, in bytes.
const FILE_BYTES_MAX: u64 = 4 << 20;
/// How many citations are kept. Logs beyond these are cited again and again, which only costs room.
const CITED_MAX: usize = 10_000;

/// One place of a log: a commit, and what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tip {
    /// The commit; none before the first.
    pub(super) commit: Option<ObjectId>,
    /// Its size and root.
    pub(super) extent: Extent,
}

/// The log that this clone writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LogFile {
    pub(super) log: LogId,
    pub(super) seed: LogSeed,
    /// The log key it was started with.
    pub(super) key: KeyId,
    /// Where it is.
    pub(super) tip: Tip,
    /// Where it is going, if a step was begun.
    pub(super) next: Option<Tip>,
    /// What it said last of each other log that it cites.
    pub(super) cited: Vec<Citation>,
}

/// Why `log.json` cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateFault {
    /// Reading or writing failed.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not one of ours.
    #[error("{} cannot be read ({reason}); move it away, and the next review starts a new log that cites the old one", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    v: u32,
    log: String,
    seed: String,
    key: String,
    tip: StoredTip,
    next: Option<StoredTip>,
    #[serde(default)]
    cited: Vec<StoredCitation>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredCitation {
    log: String,
    size: u64,
    root: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredTip {
    commit: Option<String>,
    size: u64,
    root: String,
}

impl LogFile {
    /// Reads the file, if there is one.
    pub(super) fn load(path: &Path) -> Result<Option<Self>, StateFault> {
        let io = |source| StateFault::Io {
            path: path.to_owned(),
            source,
        };
        let Some(bytes) = durable::read(path, FILE_BYTES_MAX).map_err(io)? else {
            return Ok(None);
        };
        let unreadable = |reason: &str| StateFault::Unreadable {
            path: path.to_owned(),
            reason: reason.to_owned(),
        };
        let stored: Stored = serde_json::from_slice(&bytes).map_err(|error| unreadable(&error.to_string()))?;
        if stored.v != 1 {
            return Err(unreadable(&format!(
                "version {}, and this Assize reads version 1",
                stored.v
            )));
        }
        Self::from_stored(&stored)
            .map(Some)
            .ok_or_else(|| unreadable("a field has no proper form"))
    }

    /// Replaces the file, durably.
    pub(super) fn store(&self, path: &Path) -> Result<(), StateFault> {
        let io = |source| StateFault::Io {
            path: path.to_owned(),
            source,
        };
        let stored = Stored {
            v: 1,
            log: self.log.to_string(),
            seed: self.seed.to_string(),
            key: self.key.to_string(),
            tip: StoredTip::from(&self.tip),
            next: self.next.as_ref().map(StoredTip::from),
            cited: self.cited.iter().take(CITED_MAX).map(StoredCitation::from).collect(),
        };
        let text = serde_json::to_vec_pretty(&stored).map_err(|error| io(io::Error::other(error)))?;
        durable::replace(path, &text).map_err(io)
    }

    fn from_stored(stored: &Stored) -> Option<Self> {
        Some(Self {
            log: stored.log.parse().ok()?,
            seed: stored.seed.parse().ok()?,
            key: stored.key.parse().ok()?,
            tip: stored.tip.parse()?,
            next: stored
                .next
                .as_ref()
                .map(|next| next.parse().ok_or(()))
                .transpose()
                .ok()?,
            cited: stored.cited.iter().map(StoredCitation::parse).collect::<Option<_>>()?,
        })
    }
}

impl From<&Citation> for StoredCitation {
    fn from(citation: &Citation) -> Self {
        Self {
            log: citation.log.to_string(),
            size: citation.size,
            root: citation.root.to_string(),
        }
    }
}

impl StoredCitation {
    fn parse(&self) -> Option<Citation> {
        Some(Citation {
            log: self.log.parse().ok()?,
            size: self.size,
            root: self.root.parse().ok()?,
        })
    }
}

impl From<&Tip> for StoredTip {
    fn from(tip: &Tip) -> Self {
        let commit = tip.commit.map(|commit| commit.to_string());
        Self {
            commit,
            size: tip.extent.size,
            root: tip.extent.root.to_string(),
        }
    }
}

impl StoredTip {
    fn parse(&self) -> Option<Tip> {
        let commit = self
            .commit
            .as_ref()
            .map(|commit| commit.parse().map_err(|_| ()))
            .transpose()
            .ok()?;
        Some(Tip {
            commit,
            extent: Extent {
                size: self.size,
                root: self.root.parse().ok()?,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use assize_provenance::digest::Digest;
    use ed25519_dalek::SigningKey;

    use super::*;
    use crate::chain::keys::public_of;

    #[test]
    fn what_is_stored_is_read_back() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("log.json");
        let extent = |size| Extent {
            size,
            root: Digest::of(&[]),
        };
        let seed = LogSeed::from_bytes([8; 16]);
        let key = public_of(&SigningKey::from_bytes(&[7; 32]));
        let file = LogFile {
            log: LogId::derive(&key, &seed),
            seed,
            key: key.id(),
            tip: Tip {
                commit: None,
                extent: extent(0),
            },
            next: Some(Tip {
                commit: Some(ObjectId::from_bytes([9; 20])),
                extent: extent(6),
            }),
            cited: vec![Citation {
                log: LogId::derive(&key, &LogSeed::from_bytes([6; 16])),
                size: 12,
                root: Digest::of(b"root"),
            }],
        };
        file.store(&path).expect("stores");
        assert_eq!(LogFile::load(&path).expect("loads"), Some(file));
    }
}

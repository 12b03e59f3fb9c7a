//! What this user has seen of every log, so that going back is noticed.
//!
//! One small file a log, `$ASSIZE_HOME/seen/LOG.json`. It remembers, for each clone, the largest size and its root; and, for
//! a log that is written here, in which clone. A clone is known by the path and the inode of its state folder, so that a
//! copy or a restored backup is another clone.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use assize_provenance::digest::Digest;
use serde::{Deserialize, Serialize};

use crate::durable;

/// The longest file that is read back, in bytes.
const FILE_BYTES_MAX: u64 = 1 << 20;
/// How many clones are remembered for a log; the least recently changed are forgotten first.
const PLACES_MAX: usize = 256;

/// A size of a log and the Merkle root it had there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// How many entries.
    pub size: u64,
    /// Their RFC 6962 root.
    pub root: Digest,
}

/// Which clone is meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    path: String,
    inode: u64,
}

impl Place {
    /// Names the clone whose state folder this is.
    ///
    /// # Errors
    ///
    /// When the folder cannot be read.
    pub fn of(state_dir: &Path) -> io::Result<Self> {
        let path = state_dir.canonicalize()?;
        let inode = path.metadata()?.ino();
        Ok(Self {
            path: path.to_string_lossy().into_owned(),
            inode,
        })
    }
}

/// What was seen of one log.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Seen {
    /// In this clone.
    pub here: Option<Extent>,
    /// The largest in any other clone of this user.
    pub elsewhere: Option<Extent>,
    /// Whether this clone is the one that writes the log.
    pub written_here: bool,
}

/// Why the memory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SeenFault {
    /// Reading or writing failed.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not one of ours.
    #[error("{} cannot be read ({reason}); without it nobody can tell whether what it remembers went back. Restore it, or delete it to start anew", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// The folder of memories.
#[derive(Debug, Clone)]
pub struct Memory {
    dir: PathBuf,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    v: u32,
    log: String,
    writer: Option<Place>,
    /// Last changed first.
    places: Vec<StoredPlace>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredPlace {
    place: Place,
    size: u64,
    root: String,
}

impl Memory {
    /// The memory in this folder; the folder may be missing.
    #[must_use]
    pub fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// What was seen of a log, from the point of view of a clone.
    ///
    /// # Errors
    ///
    /// [`SeenFault`] when there is a memory that cannot be read.
    pub fn recall(&self, log: &str, place: &Place) -> Result<Seen, SeenFault> {
        let Some(stored) = self.load(log)? else {
            return Ok(Seen::default());
        };
        let mut seen = Seen {
            written_here: stored.writer.as_ref() == Some(place),
            ..Seen::default()
        };
        for each in &stored.places {
            let root = each
                .root
                .parse()
                .map_err(|_| self.unreadable(log, "a root is no digest"))?;
            let extent = Extent { size: each.size, root };
            if each.place == *place {
                seen.here = Some(extent);
            } else if seen.elsewhere.is_none_or(|known| known.size < extent.size) {
                seen.elsewhere = Some(extent);
            }
        }
        Ok(seen)
    }

    /// The logs that were seen in a clone.
    ///
    /// # Errors
    ///
    /// [`SeenFault`] when the folder or a memory in it cannot be read.
    pub fn logs_seen_in(&self, place: &Place) -> Result<Vec<String>, SeenFault> {
        let io = |source| SeenFault::Io {
            path: self.dir.clone(),
            source,
        };
        let mut logs = Vec::new();
        let listing = match std::fs::read_dir(&self.dir) {
            Ok(listing) => listing,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(logs),
            Err(error) => return Err(io(error)),
        };
        for file in listing {
            let name = file.map_err(io)?.file_name();
            let Some(log) = name.to_str().and_then(|name| name.strip_suffix(".json")) else {
                continue;
            };
            if self.recall(log, place)?.here.is_some() {
                logs.push(log.to_owned());
            }
        }
        logs.sort();
        Ok(logs)
    }

    /// Remembers what a clone holds of a log. `writer` says that this clone writes it. The caller holds a lock on the
    /// clone; the folder's own lock keeps several clones apart.
    ///
    /// # Errors
    ///
    /// [`SeenFault`] when it cannot be stored durably.
    pub fn remember(&self, log: &str, place: &Place, extent: Extent, writer: bool) -> Result<(), SeenFault> {
        let io = |source| SeenFault::Io {
            path: self.dir.clone(),
            source,
        };
        durable::private_dir(&self.dir).map_err(io)?;
        let _lock = durable::lock(&self.dir.join("lock")).map_err(io)?;
        let mut stored = self.load(log)?.unwrap_or(Stored {
            v: 1,
            log: log.to_owned(),
            writer: None,
            places: Vec::new(),
        });
        stored.places.retain(|each| each.place != *place);
        let here = StoredPlace {
            place: place.clone(),
            size: extent.size,
            root: extent.root.to_string(),
        };
        stored.places.insert(0, here);
        stored.places.truncate(PLACES_MAX);
        if writer {
            stored.writer = Some(place.clone());
        }
        let text = serde_json::to_vec_pretty(&stored).map_err(|error| io(io::Error::other(error)))?;
        durable::replace(&self.path(log), &text).map_err(|source| SeenFault::Io {
            path: self.path(log),
            source,
        })
    }

    fn load(&self, log: &str) -> Result<Option<Stored>, SeenFault> {
        let path = self.path(log);
        let bytes = durable::read(&path, FILE_BYTES_MAX).map_err(|source| SeenFault::Io {
            path: path.clone(),
            source,
        })?;
        let Some(bytes) = bytes else { return Ok(None) };
        let stored: Stored =
            serde_json::from_slice(&bytes).map_err(|error| self.unreadable(log, &error.to_string()))?;
        if stored.v != 1 || stored.log != log {
            return Err(self.unreadable(log, "it is of another version or of another log"));
        }
        Ok(Some(stored))
    }

    fn path(&self, log: &str) -> PathBuf {
        self.dir.join(format!("{log}.json"))
    }

    fn unreadable(&self, log: &str, reason: &str) -> SeenFault {
        SeenFault::Unreadable {
            path: self.path(log),
            reason: reason.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_another_place() {
        let home = tempfile::tempdir().expect("a folder");
        let (one, two) = (
            tempfile::tempdir().expect("a folder"),
            tempfile::tempdir().expect("a folder"),
        );
        let (one, two) = (
            Place::of(one.path()).expect("exists"),
            Place::of(two.path()).expect("exists"),
        );
        let memory = Memory::new(home.path().join("seen"));
        let extent = |size| Extent {
            size,
            root: Digest::of(&[size as u8]),
        };
        memory.remember("log", &one, extent(3), true).expect("stored");
        memory.remember("log", &two, extent(2), false).expect("stored");
        memory.remember("log", &one, extent(5), true).expect("stored");
        let expected = Seen {
            here: Some(extent(5)),
            elsewhere: Some(extent(2)),
            written_here: true,
        };
        assert_eq!(memory.recall("log", &one).expect("read"), expected);
        let expected = Seen {
            here: Some(extent(2)),
            elsewhere: Some(extent(5)),
            written_here: false,
        };
        assert_eq!(memory.recall("log", &two).expect("read"), expected);
        assert_eq!(memory.logs_seen_in(&two).expect("read"), ["log"]);
    }

    #[test]
    fn a_damaged_memory_is_an_error_and_not_a_blank_page() {
        let home = tempfile::tempdir().expect("a folder");
        let place = Place::of(home.path()).expect("exists");
        std::fs::write(home.path().join("log.json"), "{\"v\":1").expect("writes");
        let memory = Memory::new(home.path().to_owned());
        assert!(matches!(
            memory.recall("log", &place),
            Err(SeenFault::Unreadable { .. })
        ));
    }
}

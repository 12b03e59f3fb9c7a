//! Reading single entries of a log, for showing them, and the proofs that they are in it.
//!
//! What is read here is in the stored form and no more: only [`verify`](crate::verify::verify) tells whether it is to be
//! believed.

use std::collections::HashMap;

use crate::commit::{CommitError, LOG_COMMIT_BYTES_MAX, LogCommit};
use crate::digest::Digest;
use crate::entry::{EntryError, EntryId, SignedEntry};
use crate::folder_reader::{FolderReader, Unread};
use crate::log_id::LogId;
use crate::merkle;
use crate::reader::{ObjectId, ObjectKind, ObjectReader, ReadError};
use crate::tile::{BUNDLE_BYTES_MAX, TILE_WIDTH, Tile, TileKind, parse_bundle};

mod prove;

/// Reads the entries of one log by their positions.
pub struct LogReader<'reader> {
    folders: FolderReader<'reader>,
    tip: ObjectId,
    commit: LogCommit,
    /// The bundle read last, by its index: neighbours are read together.
    bundle: Option<(u64, Vec<Vec<u8>>)>,
    /// Tiles of hashes that were read.
    tiles: HashMap<Tile, Vec<Digest>>,
}

/// Why an entry cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogReadError {
    /// The repository cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// An object is not in the repository.
    #[error("object {0} of the log is missing")]
    Missing(ObjectId),
    /// An object is not what it should be.
    #[error("object {0} of the log is damaged: {1}")]
    Damaged(ObjectId, String),
    /// The newest commit is none of a log.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// A tile is missing or has other contents than its place says.
    #[error("`{0}` of the log is not what belongs there")]
    Tile(String),
    /// The log is shorter.
    #[error("the log has {size} entries, counted from 0; there is none at {index}")]
    NoSuchEntry {
        /// The position that was asked for.
        index: u64,
        /// The log's size.
        size: u64,
    },
    /// The entry is not in the stored form.
    #[error("entry {0}: {1}")]
    Entry(u64, EntryError),
    /// There is no such proof.
    #[error("the log has {size} entries; it never had {wanted}, or nothing can be proved of that")]
    NoSuchSize {
        /// The size that was asked for.
        wanted: u64,
        /// The log's size.
        size: u64,
    },
}

impl From<Unread> for LogReadError {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::Missing(id) => Self::Missing(id),
            Unread::Damaged(id, reason) => Self::Damaged(id, reason),
            Unread::Reader(error) => Self::Read(error),
        }
    }
}

impl<'reader> LogReader<'reader> {
    /// Opens the log whose newest commit is `tip`.
    ///
    /// # Errors
    ///
    /// [`LogReadError`] where that is no commit of a log.
    pub fn open(reader: &'reader dyn ObjectReader, tip: ObjectId) -> Result<Self, LogReadError> {
        let folders = FolderReader::new(reader);
        let commit = LogCommit::parse(&folders.read(tip, ObjectKind::Commit, LOG_COMMIT_BYTES_MAX)?)?;
        Ok(Self {
            folders,
            tip,
            commit,
            bundle: None,
            tiles: HashMap::new(),
        })
    }

    /// Returns the log's name, as its newest commit says it.
    #[must_use]
    pub const fn log(&self) -> LogId {
        self.commit.signed.message.log
    }

    /// Returns the newest commit.
    #[must_use]
    pub const fn tip(&self) -> (ObjectId, &LogCommit) {
        (self.tip, &self.commit)
    }

    /// Returns how many entries there are, as the newest commit says it.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.commit.signed.message.size
    }

    /// Reads the entry at a position, counted from 0. Neighbours cost one read together.
    ///
    /// # Errors
    ///
    /// Every [`LogReadError`].
    pub fn entry(&mut self, index: u64) -> Result<SignedEntry, LogReadError> {
        let line = self.line(index)?;
        SignedEntry::parse(line).map_err(|error| LogReadError::Entry(index, error))
    }

    /// Finds an entry by its id, newest first; `None` where the log does not hold it.
    ///
    /// # Errors
    ///
    /// Every [`LogReadError`].
    pub fn find(&mut self, id: &EntryId) -> Result<Option<(u64, SignedEntry)>, LogReadError> {
        for index in (0..self.size()).rev() {
            if merkle::leaf_hash(self.line(index)?) == *id.leaf_hash() {
                return Ok(Some((index, self.entry(index)?)));
            }
        }
        Ok(None)
    }

    /// Reads the stored line of the entry at a position, counted from 0: what `entry` parses.
    ///
    /// # Errors
    ///
    /// Every [`LogReadError`].
    pub fn line(&mut self, index: u64) -> Result<&[u8], LogReadError> {
        let size = self.size();
        if index >= size {
            return Err(LogReadError::NoSuchEntry { index, size });
        }
        let bundle = index / TILE_WIDTH;
        if self.bundle.as_ref().is_none_or(|(read, _)| *read != bundle) {
            self.bundle = Some((bundle, self.read_bundle(bundle)?));
        }
        let within = usize::try_from(index % TILE_WIDTH).unwrap_or(usize::MAX);
        let line = self.bundle.as_ref().and_then(|(_, lines)| lines.get(within));
        line.map(Vec::as_slice).ok_or(LogReadError::NoSuchEntry { index, size })
    }

    fn read_bundle(&mut self, index: u64) -> Result<Vec<Vec<u8>>, LogReadError> {
        let width = self
            .size()
            .saturating_sub(index.saturating_mul(TILE_WIDTH))
            .min(TILE_WIDTH);
        let tile = Tile {
            kind: TileKind::Entries,
            index,
            width,
        };
        let wrong = || LogReadError::Tile(tile.to_string());
        let file = self
            .folders
            .find(self.commit.signed.tree, &tile.path())?
            .ok_or_else(wrong)?;
        let bytes = self.folders.read(file, ObjectKind::Blob, BUNDLE_BYTES_MAX)?;
        let lines = parse_bundle(&bytes, width).ok_or_else(wrong)?;
        Ok(lines.into_iter().map(<[u8]>::to_vec).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::opinion::{Opinion, Vote};
    use crate::testing::{TestLog, sample_case};

    #[test]
    fn entries_are_read_by_position_and_by_id() {
        let mut log = TestLog::start(1, 2, 3, &[]);
        let approve = || {
            Ok(Opinion {
                vote: Vote::Approve,
                findings: vec![],
                rationale: String::new(),
            })
        };
        let mut all = Vec::new();
        for number in 0..50 {
            let entries = log.hear(number, &sample_case(), &[approve(), approve(), approve(), approve()]);
            log.record(&entries);
            all.extend(entries);
        }
        let mut reader = LogReader::open(&log.repository, log.state.tip().unwrap()).unwrap();
        assert_eq!(reader.size(), 300);
        for (index, entry) in (0..).zip(&all) {
            assert_eq!(reader.entry(index).as_ref(), Ok(entry));
        }
        assert_eq!(reader.find(&all[17].id()), Ok(Some((17, all[17].clone()))));
        assert_eq!(reader.find(&EntryId::of_line(b"another")), Ok(None));
        assert_eq!(
            reader.entry(300),
            Err(LogReadError::NoSuchEntry { index: 300, size: 300 })
        );
    }
}

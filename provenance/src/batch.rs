//! Writing a log: entries become tiles, tiles a folder, the folder a signed commit. One such step is a batch.
//!
//! Nothing is written here. A [`Batch`] holds the git objects that the repository does not have yet, and whoever asked for it
//! stores them, then moves the ref, and only then goes on from the returned [`LogState`].

use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::commit::{CITES_MAX, Citation, CommitError, LOG_COMMIT_BYTES_MAX, LogCommit, LogMessage, UnsignedCommit};
use crate::digest::Digest;
use crate::entry::SignedEntry;
use crate::key::PublicKey;
use crate::log_id::{LogId, LogSeed};
use crate::reader::{Object, ObjectId, ObjectKind, ObjectReader, ReadError};
use crate::tile::{OpenError, TileTree};
use crate::time::Time;
use crate::tree;

/// Holds the log key and signs what the log needs, and nothing else. It is given values rather than bytes, so that a signer
/// that lives elsewhere can look at what it signs.
pub trait LogSigner {
    /// Returns the public half of the log key.
    fn public_key(&self) -> PublicKey;

    /// Signs a checkpoint.
    ///
    /// # Errors
    ///
    /// [`SignerError`] where the key cannot be used.
    fn sign_checkpoint(&self, checkpoint: &Checkpoint) -> Result<[u8; 64], SignerError>;

    /// Signs a commit.
    ///
    /// # Errors
    ///
    /// [`SignerError`] where the key cannot be used.
    fn sign_commit(&self, commit: &UnsignedCommit) -> Result<[u8; 64], SignerError>;
}

/// The signer cannot sign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("signing failed: {0}")]
pub struct SignerError(pub String);

/// Where a log stands.
#[derive(Debug, Clone)]
pub struct LogState {
    key: PublicKey,
    seed: LogSeed,
    log: LogId,
    cites: Vec<Citation>,
    tip: Option<ObjectId>,
    tiles: TileTree,
}

/// What one step adds to the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The new commit, to which the log's ref moves.
    pub commit: ObjectId,
    /// The commit to which the ref points before; none for a log's first batch.
    pub parent: Option<ObjectId>,
    /// How large the log is then, and its root.
    pub checkpoint: Checkpoint,
    /// The objects that the repository needs, the commit last.
    pub objects: Vec<(ObjectId, Object)>,
}

/// Why a batch cannot be made or a log cannot be continued.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// There is nothing to write.
    #[error("a batch needs at least one entry")]
    Empty,
    /// An entry belongs to another log.
    #[error("the entry belongs to log {0}, not to this one")]
    OtherLog(LogId),
    /// The signer's key is not the one the log started with.
    #[error("the log key is not the one that log {0} started with")]
    OtherKey(LogId),
    /// The log in the repository is not what was signed.
    #[error("the tiles of log {0} do not have the root that its last commit signs")]
    Root(LogId),
    /// The tiles cannot be continued.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The repository cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The last commit is none of a log.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// The signature of the checkpoint is wrong.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The signer cannot sign.
    #[error(transparent)]
    Signer(#[from] SignerError),
}

impl LogState {
    /// Starts a new log. `cites` is what this clone knows of other logs.
    #[must_use]
    pub fn start(key: PublicKey, seed: LogSeed, cites: &[Citation]) -> Self {
        let mut state = Self {
            key,
            seed,
            log: LogId::derive(&key, &seed),
            cites: Vec::new(),
            tip: None,
            tiles: TileTree::new(),
        };
        state.cite(cites);
        state
    }

    /// Cites other logs in the next batch: the largest size that is given of each, and as many logs as one commit can cite.
    pub fn cite(&mut self, cites: &[Citation]) {
        let own = self.log;
        self.cites = cites.iter().filter(|citation| citation.log != own).copied().collect();
        self.cites
            .sort_unstable_by_key(|citation| (citation.log, std::cmp::Reverse(citation.size)));
        self.cites.dedup_by_key(|citation| citation.log);
        self.cites.truncate(CITES_MAX);
    }

    /// Continues the log whose newest commit is `tip`, after checking that commit's signature and root. What lies further
    /// back is for `verify`.
    ///
    /// # Errors
    ///
    /// [`BatchError`] where the log is damaged or is not this key's.
    pub fn open(reader: &dyn ObjectReader, tip: ObjectId, key: PublicKey) -> Result<Self, BatchError> {
        let object = reader
            .object(&tip, LOG_COMMIT_BYTES_MAX)?
            .ok_or(OpenError::Missing(tip))?;
        let commit = LogCommit::parse(&object.bytes)?;
        commit.verify_signature()?;
        let LogMessage {
            log, seed, size, root, ..
        } = commit.signed.message;
        if commit.key != key || LogId::derive(&key, &seed) != log {
            return Err(BatchError::OtherKey(log));
        }
        let tiles = TileTree::open(reader, commit.signed.tree, size)?;
        if tiles.size() != size || tiles.root() != root {
            return Err(BatchError::Root(log));
        }
        Ok(Self {
            key,
            seed,
            log,
            cites: Vec::new(),
            tip: Some(tip),
            tiles,
        })
    }

    /// Returns the log's name.
    #[must_use]
    pub const fn log(&self) -> LogId {
        self.log
    }

    /// Returns how many entries the log has.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.tiles.size()
    }

    /// Returns the log's root.
    #[must_use]
    pub fn root(&self) -> Digest {
        self.tiles.root()
    }

    /// Returns the log's newest commit.
    #[must_use]
    pub const fn tip(&self) -> Option<ObjectId> {
        self.tip
    }

    /// Makes the batch that appends these entries, and the state after it. This state stays as it is, so that a batch that
    /// could not be stored can be made again.
    ///
    /// # Errors
    ///
    /// Every [`BatchError`].
    pub fn append(
        &self,
        entries: &[SignedEntry],
        signer: &dyn LogSigner,
        time: Time,
    ) -> Result<(Self, Batch), BatchError> {
        if let Some(stranger) = entries.iter().find(|entry| entry.entry().log != self.log) {
            return Err(BatchError::OtherLog(stranger.entry().log));
        }
        let lines: Vec<&[u8]> = entries.iter().map(SignedEntry::line).collect();
        self.append_lines(&lines, signer, time)
    }

    /// Makes a batch of lines as they are; only tests of the verifier have lines that are not entries of this log.
    pub(crate) fn append_lines(
        &self,
        lines: &[&[u8]],
        signer: &dyn LogSigner,
        time: Time,
    ) -> Result<(Self, Batch), BatchError> {
        if lines.is_empty() {
            return Err(BatchError::Empty);
        }
        if signer.public_key() != self.key {
            return Err(BatchError::OtherKey(self.log));
        }
        let mut next = self.clone();
        for line in lines {
            next.tiles.push(line);
        }
        let checkpoint = Checkpoint {
            log: self.log,
            size: next.size(),
            root: next.root(),
        };
        let note = checkpoint.seal(&self.key, &signer.sign_checkpoint(&checkpoint)?)?;
        let written = next.tiles.write(&note)?;
        let message = LogMessage {
            log: self.log,
            seed: self.seed,
            size: next.size(),
            root: checkpoint.root,
            previous_size: self.size(),
            cites: std::mem::take(&mut next.cites),
        };
        let commit = UnsignedCommit {
            tree: written.tree,
            parent: self.tip,
            time,
            message,
        };
        let bytes = commit.seal(&self.key, &signer.sign_commit(&commit)?)?;
        let id = tree::object_id(ObjectKind::Commit, &bytes);
        let mut objects = written.objects;
        objects.push((
            id,
            Object {
                kind: ObjectKind::Commit,
                bytes,
            },
        ));
        next.tip = Some(id);
        Ok((
            next,
            Batch {
                commit: id,
                parent: self.tip,
                checkpoint,
                objects,
            },
        ))
    }
}

#[cfg(test)]
mod tests;

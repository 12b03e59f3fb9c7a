//! A log once more from its beginning: every commit rebuilt from the entries and compared with what lies there.

use std::collections::{BTreeSet, HashSet};
use std::thread;

use super::claims::Claims;
use super::docket::{Docket, Heard, Keep};
use super::people::People;
use super::walk::Walk;
use super::workers::{Examined, Line, Signed, Workers};
use super::{Expectations, Expected, at};
use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::commit::{LOG_COMMIT_BYTES_MAX, LogCommit};
use crate::digest::Digest;
use crate::entry::{EntryId, SignedEntry};
use crate::evidence::Evidence;
use crate::folder_reader::{FolderReader, Unread};
use crate::key::Role;
use crate::log_id::LogId;
use crate::reader::{ObjectId, ObjectKind, ObjectReader, ReadError};
use crate::report::{Claim, DecidedCase, FaultCode, Place};
use crate::root::{By, Leave, Trust};
use crate::signature::note::NOTE_BYTES_MAX;
use crate::tile::{BUNDLE_BYTES_MAX, TILE_WIDTH, Tile, TileKind, TileTree, Written, parse_bundle};

/// What a replay comes to.
pub(super) struct Replayed {
    pub(super) size: u64,
    pub(super) root: Digest,
    pub(super) commits: u64,
    /// Whether every commit could be rebuilt.
    pub(super) is_whole: bool,
    pub(super) verdicts: u64,
    pub(super) decided: Vec<DecidedCase>,
}

/// What a log is held against.
pub(super) struct Held<'run> {
    pub(super) trust: &'run Trust<'run>,
    pub(super) expected: &'run Expectations,
    /// Where what was proved before ends: earlier entries have to have the expected root, and no more.
    pub(super) since: u64,
    pub(super) keep: Keep<'run>,
}

/// Why a replay cannot go on.
enum Stop {
    /// What is wrong is noted.
    Noted,
    /// The machine failed.
    Read(ReadError),
}

impl From<ReadError> for Stop {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

/// A replay under way.
struct Replay<'run> {
    folders: FolderReader<'run>,
    held: &'run Held<'run>,
    log: LogId,
    claims: &'run mut Claims,
    docket: Docket<'run>,
    tiles: TileTree,
    tip: Option<ObjectId>,
    workers: Workers<'run>,
    /// Keys that signed and that nobody believes, so that each is named once.
    strangers: BTreeSet<String>,
    /// Whether every entry so far is signed by a key that is believed.
    believes: bool,
    /// Whether the root of trust governs this log: it lets the log's key sign here.
    is_governed: bool,
}

/// Replays the commits that the walk found. What is wrong goes to `claims`.
pub(super) fn replay(
    reader: &dyn ObjectReader,
    held: &Held<'_>,
    log: LogId,
    walk: &Walk,
    claims: &mut Claims,
) -> Result<Replayed, ReadError> {
    thread::scope(|scope| {
        let workers = Workers::start(scope, held.trust, log, held.since);
        replay_with(reader, held, log, walk, claims, workers)
    })
}

fn replay_with<'run>(
    reader: &'run dyn ObjectReader,
    held: &'run Held<'run>,
    log: LogId,
    walk: &Walk,
    claims: &'run mut Claims,
    workers: Workers<'run>,
) -> Result<Replayed, ReadError> {
    let mut replay = Replay {
        folders: FolderReader::new(reader),
        held,
        log,
        claims,
        docket: Docket::new(Evidence::open(reader, log)?, People::new(held.trust), held.keep),
        tiles: TileTree::new(),
        tip: None,
        workers,
        strangers: BTreeSet::new(),
        believes: true,
        is_governed: false,
    };
    let mut commits = 0_u64;
    let mut is_whole = walk.is_whole();
    for (id, _) in walk.commits_since(held.since).iter().filter(|_| walk.is_whole()) {
        match replay.commit(*id) {
            Ok(()) => commits = commits.saturating_add(1),
            Err(Stop::Noted) => {
                is_whole = false;
                break;
            }
            Err(Stop::Read(error)) => return Err(error),
        }
    }
    replay.settle_rest()?;
    if is_whole {
        replay.check_nothing_lost();
    }
    let (size, root) = (replay.tiles.size(), replay.tiles.root());
    let (verdicts, decided) = replay.docket.close(is_whole, replay.claims);
    Ok(Replayed {
        size,
        root,
        commits,
        is_whole,
        verdicts,
        decided,
    })
}

impl Replay<'_> {
    fn commit(&mut self, id: ObjectId) -> Result<(), Stop> {
        let bytes = self.read(id, ObjectKind::Commit, LOG_COMMIT_BYTES_MAX, at(id))?;
        let Ok(commit) = LogCommit::parse(&bytes) else {
            return self.stop(
                FaultCode::CommitForm,
                at(id),
                format!("commit {id} is not in the form of a log's commit"),
            );
        };
        self.check_signer(id, &commit);
        let message = &commit.signed.message;
        // The commit with which a log is taken up again holds everything before it as well.
        let is_taken_up = self.tip.is_none() && message.size <= self.held.since;
        if !is_taken_up && (commit.signed.parent != self.tip || message.previous_size != self.tiles.size()) {
            return self.stop(
                FaultCode::CommitOrder,
                at(id),
                format!("commit {id} does not continue the one before"),
            );
        }
        let checkpoint = self.checkpoint(id, &commit)?;
        let read = self.append_entries(id, commit.signed.tree, message.size)?;
        if self.tiles.root() != message.root {
            let sentence = format!("the entries up to commit {id} do not have the root that it signs");
            return self.stop(FaultCode::RootMismatch, at(id), sentence);
        }
        match self.tiles.write(&checkpoint) {
            Ok(written) if written.tree == commit.signed.tree => self.compare(id, &written, &read)?,
            _ => {
                let sentence = format!(
                    "the files of commit {id} are not exactly those of a log of {} entries",
                    message.size
                );
                return self.stop(FaultCode::TileMismatch, at(id), sentence);
            }
        }
        self.tip = Some(id);
        Ok(())
    }

    /// Checks who signed a commit. A wrong signature does not keep the rest from being looked at.
    fn check_signer(&mut self, id: ObjectId, commit: &LogCommit) {
        let message = &commit.signed.message;
        if message.log != self.log || LogId::derive(&commit.key, &message.seed) != self.log {
            let sentence = format!(
                "the name of log {} does not follow from the key and seed of commit {id}",
                self.log
            );
            self.claims.fault(FaultCode::LogName, at(id), sentence);
        }
        if commit.verify_signature().is_err() {
            let sentence = format!("the signature of commit {id} does not verify");
            self.claims.fault(FaultCode::CommitSignature, at(id), sentence);
        }
        let kid = commit.key.id();
        match self
            .held
            .trust
            .leave(Role::Log, &kid, self.log, message.previous_size..message.size)
        {
            Leave::Given(_, by) => self.is_governed |= by == By::Root,
            Leave::Outside(why) => {
                let sentence = format!("commit {id} is signed with the log key {kid}, and {why}");
                self.claims.fault(FaultCode::KeyRange, at(id), sentence);
            }
            Leave::Unknown => self.stranger("log", &kid.to_string()),
        }
    }

    /// Notes that a key is not believed.
    fn stranger(&mut self, role: &str, key: &str) {
        if self.strangers.insert(key.to_owned()) {
            self.claims.unsettle(
                Claim::Authenticity,
                format!("the {role} key {key} is not one that is trusted here"),
            );
        }
    }

    /// Reads the checkpoint of a commit and holds it against the commit's message.
    fn checkpoint(&mut self, id: ObjectId, commit: &LogCommit) -> Result<Vec<u8>, Stop> {
        let bytes_max = u64::try_from(NOTE_BYTES_MAX).unwrap_or(u64::MAX);
        let path = ["checkpoint".to_owned()];
        let bytes = self.read_file(id, commit.signed.tree, &path, bytes_max)?.1;
        let message = &commit.signed.message;
        match Checkpoint::parse(&bytes, &commit.key) {
            Ok(found) if (found.log, found.size, found.root) == (message.log, message.size, message.root) => Ok(bytes),
            Ok(_) => {
                let sentence = format!("the checkpoint of commit {id} says something else than the commit");
                self.stop(FaultCode::CheckpointMismatch, at(id), sentence)
            }
            Err(error) => {
                let code = match error {
                    CheckpointError::Signature(_) => FaultCode::CheckpointSignature,
                    CheckpointError::Note(_) | CheckpointError::Form | CheckpointError::AnyForm => {
                        FaultCode::CheckpointForm
                    }
                };
                self.stop(code, at(id), format!("the checkpoint of commit {id}: {error}"))
            }
        }
    }

    /// Appends the entries of a commit, and returns the bundles that were read.
    fn append_entries(&mut self, id: ObjectId, tree: ObjectId, size: u64) -> Result<HashSet<ObjectId>, Stop> {
        let mut read = HashSet::new();
        while self.tiles.size() < size {
            let index = self.tiles.size() / TILE_WIDTH;
            let start = index.saturating_mul(TILE_WIDTH);
            let width = size.saturating_sub(start).min(TILE_WIDTH);
            let tile = Tile {
                kind: TileKind::Entries,
                index,
                width,
            };
            let (bundle, bytes) = self.read_file(id, tree, &tile.path(), BUNDLE_BYTES_MAX)?;
            let Some(lines) = parse_bundle(&bytes, width) else {
                return self.stop(
                    FaultCode::TileMismatch,
                    at(id),
                    format!("`{tile}` does not hold {width} entries"),
                );
            };
            // What earlier commits held must be here again, byte for byte.
            let known = self.tiles.partial_lines();
            if !lines.iter().take(known.len()).eq(known) {
                let sentence = format!("`{tile}` changes entries that earlier commits hold");
                return self.stop(FaultCode::TileMismatch, at(id), sentence);
            }
            let known = known.len();
            for line in lines.into_iter().skip(known) {
                self.entry(id, line)?;
            }
            read.insert(bundle);
        }
        Ok(read)
    }

    fn entry(&mut self, id: ObjectId, line: &[u8]) -> Result<(), Stop> {
        let index = self.tiles.size();
        let place = Place {
            entry: Some(index),
            ..at(id)
        };
        let leaf = self.tiles.push(line);
        self.check_expected(id);
        let examined = self.workers.give(Line {
            index,
            place,
            id: EntryId::from_leaf_hash(leaf),
            bytes: line.to_vec(),
        });
        Ok(self.settle(examined)?)
    }

    /// Takes in what the workers still have.
    fn settle_rest(&mut self) -> Result<(), ReadError> {
        loop {
            let examined = self.workers.rest();
            if examined.is_empty() {
                return Ok(());
            }
            self.settle(examined)?;
        }
    }

    /// Takes in entries that were examined, in the order of the log.
    fn settle(&mut self, examined: Vec<Examined>) -> Result<(), ReadError> {
        for Examined {
            index,
            place,
            entry,
            signed,
            weighed,
        } in examined
        {
            match entry {
                Ok(entry) => {
                    if entry.entry().log != self.log {
                        let sentence = format!("entry {index} belongs to log {}", entry.entry().log);
                        self.claims.fault(FaultCode::EntryLog, place, sentence);
                    }
                    let role = self.believed(&entry, signed, index, place);
                    self.believes &= role.is_some();
                    if let Some(role) = role.filter(|_| self.believes) {
                        let heard = Heard {
                            entry,
                            role,
                            index,
                            place,
                            weighed,
                        };
                        self.docket.hear(heard, self.claims)?;
                    }
                }
                Err(error) => self
                    .claims
                    .fault(FaultCode::EntryForm, place, format!("entry {index}: {error}")),
            }
        }
        Ok(())
    }

    /// Gives the role in which an entry is signed, or says what is wrong with its signatures. What nobody believed has signed is
    /// not read for its meaning, nor what follows it: whoever hands over such entries could only make the verifier work.
    fn believed(&mut self, entry: &SignedEntry, signed: Signed, index: u64, place: Place) -> Option<Role> {
        let kid = entry.key_id();
        let roles = entry.entry().content.signers().iter();
        let name = roles.map(|role| role.name()).collect::<Vec<_>>().join(" or ");
        match signed {
            Signed::Believed(role) => return Some(role),
            Signed::Wrong => {
                let sentence = format!("the signature of entry {index} does not verify");
                self.claims.fault(FaultCode::EntrySignature, place, sentence);
            }
            Signed::Outside(why) => {
                let sentence = format!("entry {index} is signed with the {name} key {kid}, and {why}");
                self.claims.fault(FaultCode::KeyRange, place, sentence);
            }
            Signed::Unknown if self.is_governed => {
                let version = self.held.trust.version();
                let sentence = format!(
                    "entry {index} is signed with the {name} key {kid}, of which version {version} of the root of trust, which \
                     governs this log, says nothing"
                );
                self.claims.fault(FaultCode::KeyUnknown, place, sentence);
            }
            Signed::Unknown => self.stranger(&name, &kid.to_string()),
        }
        for claim in [Claim::Order, Claim::Quorum, Claim::Verdict, Claim::Completeness] {
            self.claims.unsettle(
                claim,
                format!("entry {index} is not signed by a key that is trusted here"),
            );
        }
        None
    }

    /// Compares the root at the present size with what somebody else says it was.
    fn check_expected(&mut self, id: ObjectId) {
        for expected in self.held.expected.get(&self.tiles.size()).into_iter().flatten() {
            if self.tiles.root() != expected.root {
                let (size, root) = (self.tiles.size(), self.tiles.root());
                let Expected { said_by, forked, .. } = expected;
                let sentence = format!(
                    "log {log} is forked: its first {size} entries have the root {root} here, and {} by {said_by}",
                    expected.root,
                    log = self.log
                );
                self.claims.fault(*forked, at(id), sentence);
            }
        }
    }

    /// Checks that the log is as long as somebody else says it was.
    fn check_nothing_lost(&mut self) {
        let size = self.tiles.size();
        for (longer, expected) in self.held.expected.range(size.saturating_add(1)..) {
            for Expected {
                root, said_by, ahead, ..
            } in expected
            {
                let sentence = format!(
                    "the log has {size} entries with the root {} here, and had {longer} with the root {root} by {said_by}",
                    self.tiles.root()
                );
                self.claims.fault(*ahead, Place::default(), sentence);
            }
        }
    }

    /// Compares every object of the rebuilt folder with the repository's. Those of earlier commits were compared then, and
    /// the bundles in `read` were just taken apart and put together again.
    fn compare(&mut self, id: ObjectId, written: &Written, read: &HashSet<ObjectId>) -> Result<(), Stop> {
        for (object, rebuilt) in written.objects.iter().filter(|(object, _)| !read.contains(object)) {
            let bytes_max = u64::try_from(rebuilt.bytes.len()).unwrap_or(u64::MAX);
            let place = Place {
                object: Some(*object),
                ..at(id)
            };
            if self.read(*object, rebuilt.kind, bytes_max, place)? != rebuilt.bytes {
                let sentence = format!(
                    "object {object} has other contents than a log of {} entries",
                    self.tiles.size()
                );
                return self.stop(FaultCode::TileMismatch, place, sentence);
            }
        }
        Ok(())
    }

    fn read_file(
        &mut self,
        commit: ObjectId,
        tree: ObjectId,
        path: &[String],
        bytes_max: u64,
    ) -> Result<(ObjectId, Vec<u8>), Stop> {
        match self.folders.find(tree, path) {
            Ok(Some(file)) => Ok((file, self.read(file, ObjectKind::Blob, bytes_max, at(commit))?)),
            Ok(None) => {
                let sentence = format!("`{}` is missing from commit {commit}", path.join("/"));
                self.stop(FaultCode::TileMismatch, at(commit), sentence)
            }
            Err(unread) => self.unread(unread, at(commit)),
        }
    }

    fn read(&mut self, id: ObjectId, kind: ObjectKind, bytes_max: u64, place: Place) -> Result<Vec<u8>, Stop> {
        self.folders
            .read(id, kind, bytes_max)
            .or_else(|unread| self.unread(unread, place))
    }

    fn unread<T>(&mut self, unread: Unread, place: Place) -> Result<T, Stop> {
        self.claims.unread(unread, place)?;
        Err(Stop::Noted)
    }

    fn stop<T>(&mut self, code: FaultCode, place: Place, sentence: String) -> Result<T, Stop> {
        self.claims.fault(code, place, sentence);
        Err(Stop::Noted)
    }
}

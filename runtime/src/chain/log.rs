//! The log that this clone writes: continued where everybody agrees on it, started anew where anybody does not.

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use assize_provenance::batch::{BatchError, LogSigner, LogState, SignerError};
use assize_provenance::commit::{Citation, LogCommit};
use assize_provenance::entry::{Entry, EntryError, EntryId, HearingId, SignedEntry};
use assize_provenance::key::PublicKey;
use assize_provenance::log_id::{LOG_REF_PREFIX, LogId, LogSeed};
use assize_provenance::merkle;
use assize_provenance::reader::{ObjectId, ObjectKind, ObjectReader, ReadError};
use assize_provenance::signature::ToSign;
use assize_provenance::signature::note::NoteText;
use assize_provenance::signature::sshsig::SshSig;
use assize_provenance::time::Time;

use super::evidence::{self, EvidenceFault};
use super::files;
use super::keys::{KeyFault, KeyStore};
use super::seen::{Extent, Memory, Place, SeenFault};
use super::signer::Signer;
use super::state::{LogFile, StateFault, Tip};
use super::wal::{DocumentKind, Frame, Wal, WalFault};
use crate::clock::Clock;
use crate::repository::{PackError, Repository, WriteError};
use crate::settings::Home;

/// The largest commit of a log that is read, in bytes.
const COMMIT_BYTES_MAX: u64 = 64 << 10;
/// How often a ref that another program holds is tried again, and how long is waited between.
const REF_TRIES: u32 = 50;
const REF_WAIT: Duration = Duration::from_millis(100);

/// Why the chain cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ChainFault {
    /// The clone's state folder cannot be used.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The write-ahead log cannot be used.
    #[error(transparent)]
    Wal(#[from] WalFault),
    /// `log.json` cannot be used.
    #[error(transparent)]
    State(#[from] StateFault),
    /// The memory of sizes and roots cannot be used.
    #[error(transparent)]
    Seen(#[from] SeenFault),
    /// The keys cannot be used.
    #[error(transparent)]
    Keys(#[from] KeyFault),
    /// An entry cannot be signed.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// A batch cannot be made.
    #[error(transparent)]
    Batch(#[from] BatchError),
    /// Documents cannot be kept.
    #[error(transparent)]
    Evidence(#[from] EvidenceFault),
    /// Objects or refs cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The pack cannot be written.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// A ref cannot be moved.
    #[error(transparent)]
    Ref(#[from] WriteError),
    /// The log was replaced while a hearing was under way.
    #[error(
        "the log of this clone was replaced while the council was hearing the case; nothing was decided, run it again"
    )]
    Replaced,
    /// The clock shows a time that no calendar holds.
    #[error("the machine's clock is set to an impossible time; set it and run again")]
    Clock,
}

impl ChainFault {
    /// Whether the machine failed, rather than what it was given.
    #[must_use]
    pub fn is_machine(&self) -> bool {
        matches!(
            self,
            Self::Io { .. }
                | Self::Wal(WalFault::Io { .. })
                | Self::State(StateFault::Io { .. })
                | Self::Seen(SeenFault::Io { .. })
                | Self::Keys(KeyFault::Io { .. } | KeyFault::Randomness(_))
                | Self::Read(ReadError::Io { .. })
                | Self::Pack(PackError::Io { .. } | PackError::Build(_))
                | Self::Ref(WriteError::Io { .. } | WriteError::Locked(_))
                | Self::Replaced
        )
    }
}

/// Where the last entry of an append stands once it is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sealed {
    /// The entry.
    pub entry: EntryId,
    /// Its position in the log, from 0.
    pub index: u64,
    /// The commit that holds it.
    pub commit: ObjectId,
    /// The log's size with that commit.
    pub size: u64,
}

/// The chain of one clone, open for writing.
#[derive(Debug)]
pub struct Chain {
    repository: Repository,
    state_dir: PathBuf,
    place: Place,
    memory: Memory,
    signer: Signer,
    clock: Clock,
    log: LogId,
}

/// The log under the clone's lock: nobody else writes while this lives.
struct Held {
    file: LogFile,
    state: LogState,
    wal: Wal,
    _lock: File,
}

impl Chain {
    /// Opens the chain of a repository, making keys and a log where there are none. `announce` is told of both.
    ///
    /// # Errors
    ///
    /// [`ChainFault`]; nothing was acknowledged.
    pub fn open(
        repository: &Repository,
        home: &Home,
        clock: Clock,
        announce: &mut dyn FnMut(&str),
    ) -> Result<Self, ChainFault> {
        let (signer, made) = KeyStore::new(home.keys()).signer(clock)?;
        if made {
            announce(&new_keys(&signer, home));
        }
        let state_dir = repository.places().common_dir.join("assize");
        let io = |source| ChainFault::Io {
            path: state_dir.clone(),
            source,
        };
        files::private_dir(&state_dir).map_err(io)?;
        let place = Place::of(&state_dir).map_err(io)?;
        let memory = Memory::new(home.seen());
        let log = LogId::derive(&signer.log_key(), &LogSeed::from_bytes([0; 16]));
        let mut chain = Self {
            repository: repository.clone(),
            state_dir,
            place,
            memory,
            signer,
            clock,
            log,
        };
        chain.log = chain.hold(announce)?.file.log;
        Ok(chain)
    }

    /// The log that is written.
    #[must_use]
    pub fn log(&self) -> LogId {
        self.log
    }

    /// The key that signs entries.
    #[must_use]
    pub fn council_key(&self) -> PublicKey {
        self.signer.council_key()
    }

    /// Draws the name of a new hearing.
    ///
    /// # Errors
    ///
    /// [`ChainFault::Keys`] when the system gives no randomness.
    pub fn draw_hearing(&self) -> Result<HearingId, ChainFault> {
        Ok(HearingId::from_bytes(draw()?))
    }

    /// Signs an entry with the council key. It is not in the log yet.
    ///
    /// # Errors
    ///
    /// [`EntryError`] when it is too large or not well formed.
    pub fn sign(&self, entry: Entry) -> Result<SignedEntry, ChainFault> {
        Ok(self.signer.sign_entry(entry)?)
    }

    /// Signs entries and acknowledges them: when this returns they have their positions and survive a kill.
    ///
    /// # Errors
    ///
    /// [`ChainFault`]; then none of them is in the log.
    pub fn append(
        &self,
        entries: Vec<Entry>,
        documents: Vec<(DocumentKind, Vec<u8>)>,
    ) -> Result<Vec<EntryId>, ChainFault> {
        let signed = entries
            .into_iter()
            .map(|entry| self.sign(entry))
            .collect::<Result<Vec<_>, _>>()?;
        let mut held = self.hold_same()?;
        held.wal.append(frames(&signed, documents))?;
        Ok(signed.iter().map(SignedEntry::id).collect())
    }

    /// Acknowledges signed entries and seals everything that waits, of this process and of others, into a commit.
    ///
    /// # Errors
    ///
    /// [`ChainFault`]. When the append succeeded and the sealing did not, the next process seals what waits.
    pub fn append_and_seal(
        &self,
        entries: Vec<SignedEntry>,
        documents: Vec<(DocumentKind, Vec<u8>)>,
    ) -> Result<Sealed, ChainFault> {
        let last = entries.last().ok_or(BatchError::Empty)?.id();
        let mut held = self.hold_same()?;
        held.wal.append(frames(&entries, documents))?;
        let index = held
            .wal
            .size
            .saturating_add(held.wal.entries().count() as u64)
            .saturating_sub(1);
        let (commit, size) = self.seal(held)?;
        Ok(Sealed {
            entry: last,
            index,
            commit,
            size,
        })
    }

    /// Takes the lock and insists that the log is still the one this chain was opened with.
    fn hold_same(&self) -> Result<Held, ChainFault> {
        let held = self.hold(&mut |_| ())?;
        if held.file.log == self.log {
            Ok(held)
        } else {
            Err(ChainFault::Replaced)
        }
    }

    /// Takes the lock, finishes what a killed process left, and continues the log or starts a new one.
    fn hold(&self, announce: &mut dyn FnMut(&str)) -> Result<Held, ChainFault> {
        let path = self.state_dir.join("lock");
        let lock = files::lock(&path).map_err(|source| ChainFault::Io { path, source })?;
        let file = LogFile::load(&self.file_path())?;
        let wal = Wal::open(&self.wal_path())?;
        let Some(file) = file else {
            return self.start(wal, lock, announce);
        };
        match self.continued(file, wal)? {
            Ok((file, state, wal)) => Ok(Held {
                file,
                state,
                wal,
                _lock: lock,
            }),
            Err((why, wal)) => {
                announce(&format!("{why}; a new log is started, which cites the old one."));
                self.start(wal, lock, announce)
            }
        }
    }

    /// Continues the log of `file` if the clone, its ref and the user's memory agree; otherwise says why not, and gives the
    /// write-ahead log back.
    #[expect(
        clippy::type_complexity,
        reason = "the two outcomes of one decision, taken apart by the only caller"
    )]
    fn continued(
        &self,
        mut file: LogFile,
        wal: Option<Wal>,
    ) -> Result<Result<(LogFile, LogState, Wal), (String, Option<Wal>)>, ChainFault> {
        let log = file.log;
        let key = self.signer.log_key();
        if file.key != key.id() {
            return Ok(Err((format!("Log {log} was signed with another log key"), wal)));
        }
        let seen = self.memory.recall(&log.to_string(), &self.place)?;
        let tip = self.ref_tip(&log.log_ref())?;
        let step = file.next.take();
        let agreed = [Some(file.tip.extent), step.map(|next| next.extent)];
        if !seen.written_here || seen.here.is_none() || !agreed.contains(&seen.here) {
            return Ok(Err((
                format!("This clone and your memory do not agree on log {log}: it was copied or restored"),
                wal,
            )));
        }
        // A step that was begun is done if the ref took it, and undone if it did not.
        if let Some(next) = step {
            if tip == next.commit {
                file.tip = next;
            }
            self.remember(&file)?;
        }
        if tip != file.tip.commit {
            return Ok(Err((format!("The ref of log {log} was moved by somebody else"), wal)));
        }
        let state = match tip {
            Some(tip) => LogState::open(self.reader(), tip, key)?,
            None => LogState::start(key, file.seed, &self.citations(log)?),
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
        Ok(Ok((file, state, wal)))
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
        let state = LogState::start(key, seed, &self.citations(log)?);
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

    /// Makes one commit of everything in the write-ahead log.
    fn seal(&self, mut held: Held) -> Result<(ObjectId, u64), ChainFault> {
        let time = Time::from_unix_seconds(self.clock.unix_seconds()).map_err(|_| ChainFault::Clock)?;
        let entries = held
            .wal
            .entries()
            .map(SignedEntry::parse)
            .collect::<Result<Vec<_>, _>>()?;
        let (_, batch) = held.state.append(&entries, &self.signer, time)?;
        let documents: Vec<(DocumentKind, Vec<u8>)> = held
            .wal
            .documents()
            .map(|(kind, bytes)| (kind, bytes.to_vec()))
            .collect();
        let log = held.file.log;
        let evidence_tip = self.ref_tip(&log.evidence_ref())?;
        let evidence = evidence::add(self.reader(), log, evidence_tip, &documents, time)?;

        let mut objects: Vec<(ObjectKind, Vec<u8>)> = batch
            .objects
            .into_iter()
            .map(|(_, object)| (object.kind, object.bytes))
            .collect();
        let evidence_commit = evidence.map(|evidence| {
            objects.extend(evidence.objects);
            evidence.commit
        });
        self.repository.write_pack(&objects)?;

        let extent = Extent {
            size: batch.checkpoint.size,
            root: batch.checkpoint.root,
        };
        held.file.next = Some(Tip {
            commit: Some(batch.commit),
            extent,
        });
        held.file.store(&self.file_path())?;
        if let Some(commit) = evidence_commit {
            self.move_ref(&log.evidence_ref(), evidence_tip, commit)?;
        }
        self.move_ref(&log.log_ref(), batch.parent, batch.commit)?;
        held.file.tip = Tip {
            commit: Some(batch.commit),
            extent,
        };
        held.file.next = None;
        self.remember(&held.file)?;
        Wal::start(&self.wal_path(), &log.to_string(), extent.size)?;
        Ok((batch.commit, extent.size))
    }

    /// Writes down where the log is, in the user's memory first: between the two the step is still on record in the file.
    fn remember(&self, file: &LogFile) -> Result<(), ChainFault> {
        self.memory
            .remember(&file.log.to_string(), &self.place, file.tip.extent, true)?;
        file.store(&self.file_path())?;
        Ok(())
    }

    /// Moves a ref that only this clone writes. A lock beside it belongs to a git that is busy, or was left by a process
    /// that was killed: it is waited for, and then taken away, for under the clone's own lock nobody of ours holds it.
    fn move_ref(&self, name: &str, old: Option<ObjectId>, new: ObjectId) -> Result<(), ChainFault> {
        let mut tries = 0;
        loop {
            match self.repository.update_ref(name, old, new) {
                Err(WriteError::Locked(_)) if tries < REF_TRIES => thread::sleep(REF_WAIT),
                Err(WriteError::Locked(path)) if tries == REF_TRIES => {
                    tracing::warn!(path = %path.display(), "a lock that nobody released is taken away");
                    std::fs::remove_file(&path).map_err(|source| ChainFault::Io { path, source })?;
                }
                other => return Ok(other?),
            }
            tries += 1;
        }
    }

    /// Where the other logs of this clone stand, as far as their newest commits say so themselves.
    fn citations(&self, own: LogId) -> Result<Vec<Citation>, ChainFault> {
        let mut citations = Vec::new();
        for (_, tip) in self.reader().refs(LOG_REF_PREFIX)? {
            let Some(object) = self.reader().object(&tip, COMMIT_BYTES_MAX).ok().flatten() else {
                continue;
            };
            // What cannot be read is not vouched for; `verify` names it.
            let Ok(commit) = LogCommit::parse(&object.bytes) else {
                continue;
            };
            let message = commit.signed.message;
            if message.log != own {
                citations.push(Citation {
                    log: message.log,
                    size: message.size,
                    root: message.root,
                });
            }
        }
        Ok(citations)
    }

    fn ref_tip(&self, name: &str) -> Result<Option<ObjectId>, ChainFault> {
        let refs = self.reader().refs(name)?;
        Ok(refs.into_iter().find(|(found, _)| found == name).map(|(_, tip)| tip))
    }

    fn reader(&self) -> &dyn ObjectReader {
        self.repository.objects().as_ref()
    }

    fn file_path(&self) -> PathBuf {
        self.state_dir.join("log.json")
    }

    fn wal_path(&self) -> PathBuf {
        self.state_dir.join("wal")
    }
}

impl LogSigner for Signer {
    fn public_key(&self) -> PublicKey {
        self.log_key()
    }

    fn sign_checkpoint(&self, text: &ToSign<NoteText>) -> Result<[u8; 64], SignerError> {
        Ok(Self::sign_checkpoint(self, text))
    }

    fn sign_commit(&self, input: &ToSign<SshSig>) -> Result<[u8; 64], SignerError> {
        Ok(Self::sign_commit(self, input))
    }
}

/// 16 bytes that nobody has drawn before.
fn draw() -> Result<[u8; 16], KeyFault> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| KeyFault::Randomness(error.to_string()))?;
    Ok(bytes)
}

fn frames(entries: &[SignedEntry], documents: Vec<(DocumentKind, Vec<u8>)>) -> Vec<Frame> {
    let documents = documents
        .into_iter()
        .map(|(kind, bytes)| Frame::Document { kind, bytes });
    let entries = entries.iter().map(|entry| Frame::Entry(entry.line().to_vec()));
    // Documents first: an entry never stands in the log before what it speaks of is safe.
    documents.chain(entries).collect()
}

fn new_keys(signer: &Signer, home: &Home) -> String {
    use assize_provenance::key::openssh::fingerprint;
    format!(
        "New keys were made in {}.\n  council key {}\n  log key     {}\nTell whoever verifies your verdicts: `assize key list`.",
        home.keys().display(),
        fingerprint(&signer.council_key()),
        fingerprint(&signer.log_key()),
    )
}

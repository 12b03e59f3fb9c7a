//! The chain of one clone: what is signed here is acknowledged once it is durable, and sealed into the log.

use std::fs::File;
use std::path::PathBuf;

use assize_provenance::batch::BatchError;
use assize_provenance::entry::{Entry, EntryId, HearingId, Salt, SignedEntry};
use assize_provenance::evidence::DocumentKind;
use assize_provenance::key::PublicKey;
use assize_provenance::log_id::{LogId, LogSeed};
use assize_provenance::reader::ObjectId;

use super::fault::ChainFault;
use super::hold::Held;
use super::keys::{KeyFault, KeyStore};
use super::seen::{Memory, Place};
use super::signer::Signer;
use super::state::LogFile;
use super::wal::{Frame, Wal};
use crate::clock::Clock;
use crate::durable;
use crate::repository::Repository;
use crate::settings::Home;

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

/// Where the last entry of an append will stand once it is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Acknowledged {
    /// The entry.
    pub entry: EntryId,
    /// Its position in the log, from 0.
    pub index: u64,
}

/// What a clone has acknowledged and not sealed yet.
#[derive(Debug, Clone, Default)]
pub struct Waiting {
    /// The log, where there is one.
    pub log: Option<LogId>,
    /// How many entries it has in its commits.
    pub size: u64,
    /// The entries that wait, in order.
    pub entries: Vec<SignedEntry>,
}

impl Waiting {
    /// Looks at what waits in a clone, and changes nothing. What another process appends or seals meanwhile may be seen or not.
    ///
    /// # Errors
    ///
    /// [`ChainFault`] when what waits cannot be read.
    pub fn of(repository: &Repository) -> Result<Self, ChainFault> {
        let path = repository.places().common_dir.join("assize").join("wal");
        let Some(wal) = Wal::look(&path)? else {
            return Ok(Self::default());
        };
        let entries = wal.entries().map(SignedEntry::parse).collect::<Result<_, _>>()?;
        Ok(Self {
            log: wal.log.parse().ok(),
            size: wal.size,
            entries,
        })
    }
}

/// The chain of one clone, open for writing.
#[derive(Debug)]
pub struct Chain {
    pub(super) repository: Repository,
    pub(super) state_dir: PathBuf,
    pub(super) place: Place,
    pub(super) memory: Memory,
    pub(super) signer: Signer,
    pub(super) clock: Clock,
    pub(super) log: LogId,
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
        durable::private_dir(&state_dir).map_err(io)?;
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

    /// The log that a clone writes, where it is somebody else's: this home neither wrote it nor has its key. Whoever opens the chain
    /// there starts another log in its place, which nobody wants who only has something to say.
    ///
    /// # Errors
    ///
    /// [`ChainFault`] when it cannot be told.
    pub fn of_somebody_else(repository: &Repository, home: &Home) -> Result<Option<LogId>, ChainFault> {
        let state_dir = repository.places().common_dir.join("assize");
        let Some(file) = LogFile::load(&state_dir.join("log.json"))? else {
            return Ok(None);
        };
        let place = Place::of(&state_dir).map_err(|source| ChainFault::Io {
            path: state_dir.clone(),
            source,
        })?;
        let wrote = Memory::new(home.seen())
            .recall(&file.log.to_string(), &place)?
            .written_here;
        let keys = KeyStore::new(home.keys()).list()?;
        let has_key = keys.iter().any(|key| key.public.id() == file.key);
        Ok((!wrote && !has_key).then_some(file.log))
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

    /// Draws the salt of a new document.
    ///
    /// # Errors
    ///
    /// [`ChainFault::Keys`] when the system gives no randomness.
    pub fn draw_salt(&self) -> Result<Salt, ChainFault> {
        Ok(Salt::from_bytes(draw()?))
    }

    /// Signs an entry with the council key. It is not in the log yet.
    ///
    /// # Errors
    ///
    /// [`ChainFault::Signing`] when it is too large or not well formed, or when whoever keeps the key does not sign.
    pub fn sign(&self, entry: Entry) -> Result<SignedEntry, ChainFault> {
        Ok(self.signer.sign_entry(entry)?)
    }

    /// Acknowledges signed entries: when this returns they have their positions and survive a kill.
    ///
    /// # Errors
    ///
    /// [`ChainFault`]; then none of them is in the log.
    pub fn append(&self, entries: Vec<SignedEntry>, documents: Vec<(DocumentKind, Vec<u8>)>) -> Result<(), ChainFault> {
        let mut held = self.hold_same()?;
        Ok(held.wal.append(frames(&entries, documents))?)
    }

    /// Like [`Chain::append`]; tells where the last of them will stand.
    ///
    /// # Errors
    ///
    /// [`ChainFault`]; then none of them is in the log.
    pub fn acknowledge(
        &self,
        entries: Vec<SignedEntry>,
        documents: Vec<(DocumentKind, Vec<u8>)>,
    ) -> Result<Acknowledged, ChainFault> {
        let entry = entries.last().ok_or(BatchError::Empty)?.id();
        let mut held = self.hold_same()?;
        held.wal.append(frames(&entries, documents))?;
        let index = held.last_index();
        Ok(Acknowledged { entry, index })
    }

    /// Waits until nobody else of this clone overrides a verdict, and keeps others from it while what is returned lives:
    /// what is looked up first and appended then must not change in between.
    ///
    /// # Errors
    ///
    /// [`ChainFault::Io`] when the lock cannot be had.
    pub fn hold_overrides(&self) -> Result<File, ChainFault> {
        let path = self.state_dir.join("overrides.lock");
        durable::lock(&path).map_err(|source| ChainFault::Io { path, source })
    }

    /// Seals everything that was acknowledged and waits, of this process and of others, into a commit; nothing where nothing
    /// waits.
    ///
    /// # Errors
    ///
    /// [`ChainFault`]; what waits stays acknowledged.
    pub fn seal_waiting(&self) -> Result<(), ChainFault> {
        let held = self.hold_same()?;
        if held.wal.entries().next().is_some() {
            self.seal(held)?;
        }
        Ok(())
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
        let held = self.hold_same()?;
        self.append_held_and_seal(held, &entries, documents)
    }

    /// The same, for who holds the lock already.
    pub(super) fn append_held_and_seal(
        &self,
        mut held: Held,
        entries: &[SignedEntry],
        documents: Vec<(DocumentKind, Vec<u8>)>,
    ) -> Result<Sealed, ChainFault> {
        let last = entries.last().ok_or(BatchError::Empty)?.id();
        held.wal.append(frames(entries, documents))?;
        let index = held.last_index();
        let (commit, size) = self.seal(held)?;
        Ok(Sealed {
            entry: last,
            index,
            commit,
            size,
        })
    }
}

/// Bytes that nobody has drawn before: 16 or more.
pub(super) fn draw<const N: usize>() -> Result<[u8; N], KeyFault> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| KeyFault::Randomness(error.to_string()))?;
    Ok(bytes)
}

pub(super) fn frames(entries: &[SignedEntry], documents: Vec<(DocumentKind, Vec<u8>)>) -> Vec<Frame> {
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

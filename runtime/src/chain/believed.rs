//! Whose word counts in a log: what the user of this clone believes, read when something is to be decided by it.
//!
//! A root of trust that nobody pinned lets nobody sign. It is looked at all the same: what it would refute is not written into a
//! log that others, who did pin it, are to believe.

use assize_provenance::entry::{EntryError, SignedEntry};
use assize_provenance::key::{KeyId, PublicKey, Role, TrustedKeys};
use assize_provenance::log_id::LogId;
use assize_provenance::reader::ReadError;
use assize_provenance::root::{By, Found, Leave, Pin, Principal, RootChain, Trust, read_chain};

use super::fault::ChainFault;
use super::keys::{KeyFault, KeyStore};
use super::pins::Pins;
use super::seen::{Place, SeenFault};
use crate::repository::Repository;
use crate::settings::Home;

/// Why it is not known whose word counts.
#[derive(Debug, thiserror::Error)]
pub enum BelievedFault {
    /// The own keys cannot be read.
    #[error(transparent)]
    Keys(#[from] KeyFault),
    /// The memory of pins cannot be read.
    #[error(transparent)]
    Seen(#[from] SeenFault),
    /// The repository cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The clone's folder cannot be looked at.
    #[error(transparent)]
    Chain(#[from] ChainFault),
    /// The root of trust is not the one that this user goes by.
    #[error("{0}, so nobody's signature is believed; `assize audit verify` says more")]
    Root(String),
}

impl BelievedFault {
    /// Whether the machine failed, rather than what it was given.
    #[must_use]
    pub fn is_machine(&self) -> bool {
        match self {
            Self::Keys(fault) => fault.is_machine(),
            Self::Seen(SeenFault::Io { .. }) => true,
            Self::Read(error) => error.is_machine(),
            Self::Chain(fault) => fault.is_machine(),
            Self::Seen(_) | Self::Root(_) => false,
        }
    }
}

/// Why a signature does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Disbelief {
    /// Nobody says that this is a person's key.
    #[error("nobody here says that the key {0} is a person's")]
    Unknown(KeyId),
    /// The root of trust does not let the key sign.
    #[error("it is signed with the person key {0}, and {1}")]
    Outside(KeyId, String),
    /// The signature is wrong.
    #[error(transparent)]
    Signature(#[from] EntryError),
}

/// Whom the user of a clone believes.
#[derive(Debug)]
pub struct Believed {
    keys: TrustedKeys,
    root: Option<RootChain>,
    is_pinned: bool,
}

impl Believed {
    /// Reads the own keys and the root of trust, held against the pin that was given, else against the one that is remembered for
    /// this clone.
    ///
    /// # Errors
    ///
    /// [`BelievedFault`], also where a root is pinned and is not what lies here.
    pub fn read(repository: &Repository, home: &Home, given: Option<Pin>) -> Result<Self, BelievedFault> {
        let keys = KeyStore::new(home.keys()).trusted()?;
        let pins = Pins::in_seen(&home.seen());
        let common_dir = &repository.places().common_dir;
        let place = Place::of(common_dir).map_err(|source| ChainFault::Io {
            path: common_dir.clone(),
            source,
        })?;
        let (pinned, least) = match given {
            Some(pin) => (Some(pin.digest), pin.least),
            None => (pins.of(&place)?, 1),
        };
        let wrong = |what: &str| BelievedFault::Root(format!("the root of trust {what}"));
        let root = match (read_chain(repository.objects().as_ref())?, pinned) {
            (Found::Nothing, None) | (Found::Broken(_), None) => None,
            (Found::Nothing, Some(_)) => return Err(wrong("that is pinned is not here")),
            (Found::Broken(fault), Some(_)) => return Err(BelievedFault::Root(fault.sentence)),
            (Found::Chain(chain), pinned) => Some((*chain, pinned)),
        };
        let Some((chain, pinned)) = root else {
            return Ok(Self {
                keys,
                root: None,
                is_pinned: false,
            });
        };
        if let Some(pin) = pinned {
            if chain.first() != pin {
                return Err(wrong("that is here is not the one that is pinned"));
            }
            let seen = pins.newest(pin)?;
            let goes_back = seen.is_some_and(|seen| chain.digest_of(seen.version) != Some(seen.digest));
            if goes_back || chain.newest.root().version < least {
                return Err(wrong("is older than what was seen of it, or another one"));
            }
        }
        Ok(Self {
            keys,
            root: Some(chain),
            is_pinned: pinned.is_some(),
        })
    }

    /// Whether people speak for themselves in a log, at once or from some later position on. Then the host signs nothing on their
    /// behalf: others may write before it does, and what stands behind that position refutes the log.
    #[must_use]
    pub fn asks_people(&self, log: LogId) -> bool {
        self.trust().asks_people(log, u64::MAX)
    }

    /// Whether a root of trust is here that this log has to answer to.
    #[must_use]
    pub const fn has_root(&self) -> bool {
        self.root.is_some()
    }

    /// Who holds a key, as the root says it.
    #[must_use]
    pub fn holder(&self, key: &KeyId) -> Option<Principal> {
        self.trust().principal(key).cloned()
    }

    /// Whether two keys are those of one person.
    #[must_use]
    pub fn is_one_person(&self, one: &KeyId, other: &KeyId) -> bool {
        self.trust().people(&[*one, *other]) < 2
    }

    /// The public half of a person's key, if that may sign at a position of a log.
    ///
    /// # Errors
    ///
    /// [`Disbelief`].
    pub fn person(&self, key: &KeyId, log: LogId, position: u64) -> Result<PublicKey, Disbelief> {
        let positions = position..position.saturating_add(1);
        let trust = self.trust();
        let leave = trust.leave(Role::Person, key, log, positions);
        let found = match leave {
            // Where a root speaks, it speaks for everybody: entries by others would refute the log.
            Leave::Given(_, By::Auditor) if self.has_root() => {
                let version = trust.version();
                let why = format!("version {version} of the root of trust says nothing of it");
                return Err(Disbelief::Outside(*key, why));
            }
            Leave::Given(found, _) => *found,
            Leave::Outside(why) => return Err(Disbelief::Outside(*key, why)),
            Leave::Unknown => return Err(Disbelief::Unknown(*key)),
        };
        // A root that nobody pinned lets nobody sign.
        if self.is_pinned || self.keys.key(Role::Person, key).is_some() {
            Ok(found)
        } else {
            Err(Disbelief::Unknown(*key))
        }
    }

    /// Insists that a person whose word counts at a position of a log signed an entry.
    ///
    /// # Errors
    ///
    /// [`Disbelief`].
    pub fn insist(&self, entry: &SignedEntry, log: LogId, position: u64) -> Result<(), Disbelief> {
        let key = self.person(entry.key_id(), log, position)?;
        Ok(entry.verify(&key)?)
    }

    fn trust(&self) -> Trust<'_> {
        match &self.root {
            Some(chain) => Trust::in_root(&self.keys, chain),
            None => Trust::in_keys(&self.keys),
        }
    }
}

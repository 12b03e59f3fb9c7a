//! The root of trust: who may sign what, in which log, and at which of its positions.
//!
//! A root of trust is a chain of versions. Each names its signers and how many of them must agree, the keys it speaks of with
//! their holders, and what each key may sign. Version 1 is signed by its own signers; each later one by enough signers of the
//! version before and by enough of its own. So signers change only when enough of the old ones want it, a lost key is replaced
//! by the others, and nobody goes on alone.
//!
//! Who believes in a root [pins](Pin) it: by the SHA-256 of its version 1, which comes from outside of the repository. The copy in
//! the repository proves nothing without that.
//!
//! | file | what |
//! |---|---|
//! | this one | the meaning of a version, and what makes no sense in one |
//! | `change.rs` | making the next version: keys come, go and are replaced |
//! | `signed.rs` | signatures: who counts, and what follows on what |
//! | [`v1`] | the stored form, frozen |
//! | `chain.rs` | the versions as commits of one ref, written and read back |
//! | `trust.rs` | the question that all this answers: may this key sign this, here? |
//!
//! A key is granted a role by position, never by date: entries from a size on, and until a size that comes with the Merkle root
//! there. So what a thief of keys writes later is outside, and what he writes in place of earlier entries has another root.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use crate::canonical::INTEGER_MAX;
use crate::digest::Digest;
use crate::entry::v1::FormError;
use crate::key::{KeyId, PublicKey, Role};
use crate::log_id::LogId;

pub use chain::{Found, ROOT_FILE, ROOT_REF, RootChain, RootCommit, VERSIONS_MAX, commit_version, read_chain};
pub use signed::{RootForm, SignedRoot, Tally, UnsignedRoot};
pub use trust::{By, Leave, Trust};

mod chain;
mod change;
mod signed;
mod trust;
pub mod v1;

/// How many bytes a version may have, with its signatures.
pub const ROOT_BYTES_MAX: usize = 256 << 10;

/// How many keys a version may speak of.
pub const KEYS_MAX: usize = 256;

/// How many signers a version may have.
pub const SIGNERS_MAX: usize = 32;

/// How many grants a version may make.
pub const GRANTS_MAX: usize = 1024;

/// How many bytes a name may have: a holder's, and the word for how a key is kept.
pub const NAME_BYTES_MAX: usize = 64;

/// Who holds a key: 1 to 64 lower-case letters, digits and `.`, `_`, `-`, `+`, `@`. Two keys of one holder count as one voice.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Principal(String);

/// How a key is kept, as its holder says: a word in the same letters as a [`Principal`], such as `file`, `agent` or `hardware`.
/// It is for people to read and decides nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Custody(String);

/// The text is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a name here has 1 to {NAME_BYTES_MAX} lower-case letters, digits and `.`, `_`, `-`, `+`, `@`")]
pub struct NameError;

fn name(text: &str) -> Result<String, NameError> {
    let is_fit = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-+@".contains(&byte);
    if text.is_empty() || text.len() > NAME_BYTES_MAX || !text.bytes().all(is_fit) {
        return Err(NameError);
    }
    Ok(text.to_owned())
}

impl FromStr for Principal {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        name(text).map(Self)
    }
}

impl FromStr for Custody {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        name(text).map(Self)
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Custody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A key that a version speaks of. A key has one holder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// The key.
    pub key: PublicKey,
    /// Who holds it.
    pub principal: Principal,
    /// How it is kept.
    pub custody: Custody,
}

/// Where a grant ends: before the entry at this size. What came before had this Merkle root, so that nobody can write it anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct End {
    /// How many entries of the log are before it.
    pub size: u64,
    /// The log's root at that size.
    pub root: Digest,
}

/// Where a grant holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// In every log, from its first entry on, without end.
    All,
    /// In one log.
    Within {
        /// The log.
        log: LogId,
        /// From this position on, counted from 0.
        from: u64,
        /// Until here; without it, without end.
        to: Option<End>,
    },
}

/// What a key may sign, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    /// The key.
    pub key: KeyId,
    /// In which role.
    pub role: Role,
    /// Where.
    pub reach: Reach,
}

/// One version of a root of trust. It stands for itself: what an earlier version granted holds no longer unless it stands here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// Counted from 1.
    pub version: u64,
    /// The [digest](UnsignedRoot::digest) of the version before; the first has none.
    pub previous: Option<Digest>,
    /// Every key this version speaks of, in the order of their ids.
    pub keys: Vec<Holding>,
    /// The keys that sign versions, in order.
    pub signers: Vec<KeyId>,
    /// How many holders of signers must agree.
    pub threshold: u64,
    /// What keys may sign, in order.
    pub grants: Vec<Grant>,
}

/// Which root an auditor believes in: SHA-256 of its first version, and where that was learnt. It is written as the digest, or as
/// `DIGEST@VERSION`, for who remembers nothing and must not be shown an older version than that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pin {
    /// The [digest](UnsignedRoot::digest) of version 1.
    pub digest: Digest,
    /// The oldest version that may be the newest one.
    pub least: u64,
    /// How it was obtained.
    pub source: PinSource,
}

/// How a pin was obtained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PinSource {
    /// It was given with the command.
    Flag,
    /// It stood in a variable of the environment.
    Variable,
    /// It was remembered from before.
    Memory,
}

/// The text is no pin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a pin is a SHA-256 digest of 64 lower-case hexadecimal digits, or that, `@` and a version from 1 on")]
pub struct PinError;

impl Pin {
    /// Reads a pin as somebody wrote it.
    ///
    /// # Errors
    ///
    /// [`PinError`].
    pub fn read(text: &str, source: PinSource) -> Result<Self, PinError> {
        let (digest, least) = match text.split_once('@') {
            Some((digest, least)) => (digest, least.parse().map_err(|_| PinError)?),
            None => (text, 1),
        };
        let digest = digest.parse().map_err(|_| PinError)?;
        if least == 0 {
            return Err(PinError);
        }
        Ok(Self { digest, least, source })
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.least {
            1 => self.digest.fmt(f),
            least => write!(f, "{}@{least}", self.digest),
        }
    }
}

impl PinSource {
    /// Returns the word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Flag => "flag",
            Self::Variable => "variable",
            Self::Memory => "memory",
        }
    }
}

/// Why a version is none, or does not follow on the one before.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RootError {
    /// It is not in its stored form.
    #[error(transparent)]
    Form(#[from] FormError),
    /// There is too much of something.
    #[error("a version of the root has at most {max} {what}")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How many there may be.
        max: usize,
    },
    /// A list is out of order, or says something twice.
    #[error("the {0} of the root are not in order, or one stands there twice")]
    Order(&'static str),
    /// Something names a key that the version does not list.
    #[error("the key {0} is not among the keys of the root")]
    UnlistedKey(KeyId),
    /// The threshold can never be reached, or is none.
    #[error(
        "the threshold {threshold} must be at least 1 and at most {holders}, the number of holders of signing keys"
    )]
    Threshold {
        /// How many must agree.
        threshold: u64,
        /// How many could.
        holders: usize,
    },
    /// One key is to have two roles. A signer of the root may be a person's key and nothing else.
    #[error("the key {0} has two roles; give each role a key of its own")]
    TwoRoles(KeyId),
    /// A grant holds nowhere, or beyond what can be counted.
    #[error("a grant of the key {0} holds for no entry; remove it, or give it a range")]
    NoRange(KeyId),
    /// Two grants of one key speak of the same entries.
    #[error("two grants of the key {0} overlap; keep the one that is meant")]
    Overlap(KeyId),
    /// A key is said to be somebody else's now. Whoever signed with it could turn into another person.
    #[error("the key {0} has another holder in the root already; a key never changes hands")]
    OtherHolder(KeyId),
    /// It is not known where a grant ends.
    #[error("the key {key} signs in log {log}, and nothing says how much of that log is believed still")]
    NoEnd {
        /// The key.
        key: KeyId,
        /// The log.
        log: LogId,
    },
    /// The version has not the number that must come next.
    #[error("the root has version {found} where version {expected} must come")]
    Version {
        /// Which must come.
        expected: u64,
        /// Which came.
        found: u64,
    },
    /// The version names another one before it.
    #[error("version {0} of the root does not name the version before it by its digest")]
    Previous(u64),
    /// Somebody signed who is no signer, or signed twice.
    #[error(
        "version {version} of the root is signed with the key {key}, which signs neither it nor the version before"
    )]
    Stranger {
        /// The version.
        version: u64,
        /// SHA-256 of the key's 32 bytes.
        key: Digest,
    },
    /// A signature is wrong.
    #[error("the signature of the key {key} under version {version} of the root does not verify")]
    Signature {
        /// The version.
        version: u64,
        /// SHA-256 of the key's 32 bytes.
        key: Digest,
    },
    /// Not enough holders signed.
    #[error("version {version} of the root is signed by {signed} of the {needed} holders that version {rule} asks for")]
    TooFew {
        /// The version.
        version: u64,
        /// Whose threshold is missed: the version's own or that of the one before.
        rule: u64,
        /// How many holders signed.
        signed: usize,
        /// How many must.
        needed: u64,
    },
}

impl RootError {
    /// Tells whether what is wrong lies with the signatures.
    #[must_use]
    pub const fn is_signature(&self) -> bool {
        matches!(
            self,
            Self::Stranger { .. } | Self::Signature { .. } | Self::TooFew { .. }
        )
    }

    /// Tells whether the version stands in the wrong place.
    #[must_use]
    pub const fn is_order(&self) -> bool {
        matches!(self, Self::Version { .. } | Self::Previous(_))
    }
}

impl Root {
    /// Brings the lists into the order in which they are stored.
    #[must_use]
    pub fn sorted(mut self) -> Self {
        self.keys.sort_by_key(|holding| holding.key.id());
        self.signers.sort_unstable();
        self.grants.sort_unstable();
        self
    }

    /// Returns what is said of a key.
    #[must_use]
    pub fn holding(&self, key: &KeyId) -> Option<&Holding> {
        self.keys.iter().find(|holding| holding.key.id() == *key)
    }

    /// Returns the holders of these keys; each counts once, however many of the keys are theirs.
    fn holders<'root>(&'root self, keys: impl Iterator<Item = KeyId>) -> BTreeSet<&'root Principal> {
        let by_id: BTreeMap<KeyId, &Principal> = self
            .keys
            .iter()
            .map(|holding| (holding.key.id(), &holding.principal))
            .collect();
        keys.filter_map(|key| by_id.get(&key).copied()).collect()
    }

    /// Checks what must hold of a version by itself.
    pub(crate) fn check(&self) -> Result<(), RootError> {
        for (what, found, max) in [
            ("keys", self.keys.len(), KEYS_MAX),
            ("signers", self.signers.len(), SIGNERS_MAX),
            ("grants", self.grants.len(), GRANTS_MAX),
        ] {
            if found > max {
                return Err(RootError::TooMany { what, max });
            }
        }
        let ids: Vec<KeyId> = self.keys.iter().map(|holding| holding.key.id()).collect();
        for (list, is_sorted) in [
            ("keys", ids.is_sorted_by(|left, right| left < right)),
            ("signers", self.signers.is_sorted_by(|left, right| left < right)),
            ("grants", self.grants.is_sorted_by(|left, right| left < right)),
        ] {
            if !is_sorted {
                return Err(RootError::Order(list));
            }
        }
        let named = self.signers.iter().chain(self.grants.iter().map(|grant| &grant.key));
        if let Some(stranger) = named.into_iter().find(|key| ids.binary_search(key).is_err()) {
            return Err(RootError::UnlistedKey(*stranger));
        }
        let holders = self.holders(self.signers.iter().copied()).len();
        let is_reachable = usize::try_from(self.threshold).is_ok_and(|threshold| (1..=holders).contains(&threshold));
        if !is_reachable {
            let threshold = self.threshold;
            return Err(RootError::Threshold { threshold, holders });
        }
        match (self.version, self.previous) {
            (1, None) | (2.., Some(_)) => self.check_grants(),
            (version, _) => Err(RootError::Previous(version)),
        }
    }

    /// Checks that each key has one role, and that its grants hold somewhere and nowhere twice. Grants are in order by now.
    fn check_grants(&self) -> Result<(), RootError> {
        let mut before: Option<&Grant> = None;
        for grant in &self.grants {
            let is_signer = self.signers.binary_search(&grant.key).is_ok();
            if is_signer && grant.role != Role::Person {
                return Err(RootError::TwoRoles(grant.key));
            }
            if !grant.reach.holds_somewhere() {
                return Err(RootError::NoRange(grant.key));
            }
            if let Some(before) = before.filter(|before| before.key == grant.key) {
                if before.role != grant.role {
                    return Err(RootError::TwoRoles(grant.key));
                }
                if before.reach.meets_next(&grant.reach) {
                    return Err(RootError::Overlap(grant.key));
                }
            }
            before = Some(grant);
        }
        Ok(())
    }
}

impl Reach {
    /// Tells whether every entry of `from..to` of a log is within.
    #[must_use]
    pub fn covers(&self, of: LogId, positions: std::ops::Range<u64>) -> bool {
        match self {
            Self::All => true,
            Self::Within { log, from, to } => {
                *log == of && *from <= positions.start && to.is_none_or(|to| positions.end <= to.size)
            }
        }
    }

    fn holds_somewhere(&self) -> bool {
        match self {
            Self::All => true,
            Self::Within { from, to, .. } => {
                *from <= INTEGER_MAX && to.is_none_or(|to| *from < to.size && to.size <= INTEGER_MAX)
            }
        }
    }

    /// Tells whether this reach and the one that follows in order have entries in common.
    fn meets_next(&self, next: &Self) -> bool {
        match (self, next) {
            (Self::All, _) | (_, Self::All) => true,
            (
                Self::Within { log, to, .. },
                Self::Within {
                    log: other,
                    from: start,
                    ..
                },
            ) => log == other && to.is_none_or(|to| *start < to.size),
        }
    }
}

impl fmt::Display for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all logs"),
            Self::Within { log, from, to: None } => write!(f, "log {log} from entry {from} on"),
            Self::Within {
                log,
                from,
                to: Some(to),
            } => write!(f, "log {log} from entry {from} to {}", to.size.saturating_sub(1)),
        }
    }
}

#[cfg(test)]
mod tests;

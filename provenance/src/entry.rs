//! Entries: what the chain records. Who, what, when, on which inputs, under which policy, component and engine.
//!
//! This file holds the meaning. How an entry is stored, signed and read back is frozen in [`v1`]; a later form gets a module of
//! its own and this one stays.
//!
//! The entries of one case form a chain: the case, the opinions in the order of the seats, the verdict, and what people say of
//! that verdict: overrides, approvals, appeals; each names the [`EntryId`] of the one before. The case of a hearing that somebody
//! appealed for names the appeal. Waivers are chains of their own: proposed, approved by somebody else, revoked.

use std::fmt;
use std::str::FromStr;

use crate::digest::{Digest, DigestError};
use crate::key::Role;
use crate::log_id::LogId;
use crate::merkle;
use crate::reader::ObjectId;
use crate::time::Time;

pub use case::{
    Budget, Case, Component, Counts, Document, HearingId, HearingIdError, Policy, PolicySource, RangeKind, SeatTerms,
    SettingTerms,
};
pub use opinion::{
    Amount, Amounts, Answer, Countable, DETAIL_BYTES_MAX, LISTED_BYTES_MAX, LISTED_MAX, Listed, OpinionRecord,
    PATH_BYTES_MAX, Place, Spoken, Transcript,
};
pub use overruled::{OverrideRecord, REASON_BYTES_MAX, Reason, ReasonError};
pub use people::{AppealRecord, ApprovalRecord, PersonsAnswer, WaiverRecord, WaiverTerms};
pub use salt::{SALT_TEXT_BYTES, Salt};
pub use signed::{EntryError, SignedEntry, UnsignedEntry};
pub use verdict::{VerdictRecord, VerdictSeat};

mod case;
mod opinion;
mod overruled;
mod people;
mod salt;
mod signed;
pub mod v1;
mod verdict;

/// How many bytes an entry's line may have: what the length prefix of an entry bundle can say.
pub const LINE_BYTES_MAX: usize = 65_535;

/// How many bytes a short text may have: names, versions, profiles.
pub const TEXT_BYTES_MAX: usize = 256;

/// Identifies an entry: its RFC 6962 leaf hash, so that the place in the tree and the name are one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId(Digest);

impl EntryId {
    /// Returns the id of a stored line.
    #[must_use]
    pub fn of_line(line: &[u8]) -> Self {
        Self(merkle::leaf_hash(line))
    }

    /// Takes a leaf hash.
    #[must_use]
    pub const fn from_leaf_hash(hash: Digest) -> Self {
        Self(hash)
    }

    /// Returns the leaf hash.
    #[must_use]
    pub const fn leaf_hash(&self) -> &Digest {
        &self.0
    }
}

impl FromStr for EntryId {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EntryId({self})")
    }
}

/// A state of the repository, by the ids under which git finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Revision {
    /// The commit.
    pub commit: ObjectId,
    /// Its tree.
    pub tree: ObjectId,
}

/// What an entry is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Subject {
    /// The digest of the case: everything that was judged. Of a waiver's entries, that of the waiver's terms.
    pub case: Digest,
    /// The state that was judged; for a waiver, the state that was looked at.
    pub head: Revision,
}

/// Who acts. The host acts by itself only where nobody asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ActorKind {
    /// A person.
    Person,
    /// An agent, as its plugin.
    Agent,
    /// Another program, such as continuous integration.
    Automation,
    /// Assize itself.
    Host,
}

/// Who is behind an entry. A statement of the host, not an identity that was proved.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Actor {
    /// What kind of actor.
    pub kind: ActorKind,
    /// The name the host knows, 1 to 256 bytes.
    pub name: String,
}

/// Bytes that lie elsewhere: on the log's evidence ref, or with whoever gave them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Stored {
    /// What they are.
    pub digest: Digest,
    /// How many they are.
    pub bytes: u64,
}

impl Stored {
    /// Describes bytes that are at hand.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self {
            digest: Digest::of(bytes),
            bytes: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
        }
    }
}

/// One entry of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The log it belongs to; an entry copied into another log is refused.
    pub log: LogId,
    /// When it was made, by the host's clock. The order of entries is their order in the log, never this.
    pub time: Time,
    /// Who is behind it.
    pub actor: Actor,
    /// What it is about.
    pub subject: Subject,
    /// What it says.
    pub content: Content,
}

/// What an entry says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A case was sealed: its inputs and terms, before any judge ran.
    Case(Box<Case>),
    /// A seat was heard, or has no opinion.
    Opinion(Box<OpinionRecord>),
    /// The council's answer.
    Verdict(Box<VerdictRecord>),
    /// A person's verdict in the place of the council's.
    Override(Box<OverrideRecord>),
    /// A person confirms or refuses what a council approved.
    Approval(Box<ApprovalRecord>),
    /// A person asks for another hearing.
    Appeal(Box<AppealRecord>),
    /// A person proposes, approves or revokes a waiver.
    Waiver(Box<WaiverRecord>),
}

impl Content {
    /// Returns the word for this kind of entry.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Case(_) => "case",
            Self::Opinion(_) => "opinion",
            Self::Verdict(_) => "verdict",
            Self::Override(_) => "override",
            Self::Approval(_) => "approval",
            Self::Appeal(_) => "appeal",
            Self::Waiver(_) => "waiver",
        }
    }

    /// Returns the entry that this one continues; a case and the proposal of a waiver have none.
    #[must_use]
    pub const fn previous(&self) -> Option<EntryId> {
        match self {
            Self::Case(_) => None,
            Self::Opinion(opinion) => Some(opinion.previous),
            Self::Verdict(verdict) => Some(verdict.previous),
            Self::Override(record) => Some(record.previous),
            Self::Approval(record) => Some(record.previous),
            Self::Appeal(record) => Some(record.previous),
            Self::Waiver(record) => record.previous(),
        }
    }

    /// Returns the roles of the keys that may sign an entry of this kind. An override is a person's own, or the host's word that
    /// a person said so.
    #[must_use]
    pub const fn signers(&self) -> &'static [Role] {
        match self {
            Self::Case(_) | Self::Opinion(_) | Self::Verdict(_) => &[Role::Council],
            Self::Override(_) => &[Role::Person, Role::Council],
            Self::Approval(_) | Self::Appeal(_) | Self::Waiver(_) => &[Role::Person],
        }
    }

    /// Tells whether an entry of this kind decides about a change. Such entries carry a DSSE signature as well, for the tools
    /// that gate releases.
    #[must_use]
    pub const fn decides(&self) -> bool {
        matches!(self, Self::Verdict(_) | Self::Override(_) | Self::Approval(_))
    }
}

#[cfg(test)]
mod tests;

//! What a case entry says: everything that was fixed before any judge ran.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use super::v1::FormError;
use super::v1::inputs::Inputs;
use super::{EntryId, Revision, Stored};
use crate::digest::Digest;
use crate::hex;
use crate::verdict::{Council, Rule, RuleSetting, Seat, Terms, Waiver};

/// Names one hearing: 16 random bytes that the host draws, so that the same case heard twice in one second gives two
/// entries. Written as 32 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HearingId([u8; 16]);

/// The text is not 32 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the name of a hearing has 32 lower-case hexadecimal digits")]
pub struct HearingIdError;

impl HearingId {
    /// Takes the bytes that were drawn.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl FromStr for HearingId {
    type Err = HearingIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        hex::decode(text).map(Self).ok_or(HearingIdError)
    }
}

impl fmt::Display for HearingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex::write(&self.0, f)
    }
}

impl fmt::Debug for HearingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HearingId({self})")
    }
}

/// How the base of a range was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RangeKind {
    /// The head's first parent; nothing for a root commit.
    FirstParent,
    /// `A..B`: the two end points.
    TwoDot,
    /// `A...B`: from the merge base.
    ThreeDot,
}

/// Where the policy came from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PolicySource {
    /// From the base revision, at this path.
    Base {
        /// The path in the repository.
        path: String,
    },
    /// From a file that was given.
    File {
        /// The name under which it was given.
        path: String,
    },
    /// Compiled in, because the base has none.
    Default,
}

/// The policy a case was judged under.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Policy {
    /// Where it came from.
    pub source: PolicySource,
    /// SHA-256 of its text.
    pub digest: Digest,
}

/// How much changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Counts {
    /// Files.
    pub files: u64,
    /// Lines added.
    pub added_lines: u64,
    /// Lines removed.
    pub removed_lines: u64,
}

/// How large a change of the case's tier may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Budget {
    /// The risk tier, 1 (highest) to 3.
    pub tier: u8,
    /// How many files may change.
    pub files_max: u64,
    /// How many lines may be added and removed, together.
    pub lines_max: u64,
}

/// Which component sits on a seat.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Component {
    /// SHA-256 of its bytes.
    pub digest: Digest,
    /// The plugin's name.
    pub name: String,
    /// The version it states; none where it could not be asked.
    pub version: Option<String>,
}

/// One seat with whoever sits on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatTerms {
    /// The seat.
    pub seat: Seat,
    /// The component that is asked.
    pub component: Component,
}

/// What policy says of one rule, with the rule's own numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingTerms {
    /// How the rule counts, and where.
    pub setting: RuleSetting,
    /// Names and values of the rule's numbers; names are distinct, values at most 2^53 - 1.
    pub parameters: Vec<(String, u64)>,
}

/// A document that came with the case, such as a test report.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Document {
    /// The name judges read it by.
    pub name: String,
    /// What it is.
    pub stored: Stored,
}

/// A sealed case. Its digest and its head stand in the entry's subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Which hearing this is.
    pub hearing: HearingId,
    /// The state before the change; none for a root commit.
    pub base: Option<Revision>,
    /// How the base was found.
    pub range: RangeKind,
    /// The list of changed paths with modes and digests, on the evidence ref.
    pub manifest: Stored,
    /// How much changed.
    pub counts: Counts,
    /// The policy.
    pub policy: Policy,
    /// The budget that applies.
    pub budget: Budget,
    /// The council's name in the policy.
    pub council: String,
    /// Who sits, in order.
    pub seats: Vec<SeatTerms>,
    /// How many must be heard.
    pub quorum: u32,
    /// How votes become a verdict.
    pub rule: Rule,
    /// What policy says of the rules, in order.
    pub settings: Vec<SettingTerms>,
    /// The waivers in force, in order.
    pub waivers: Vec<Waiver>,
    /// Of the waivers that persons gave with their keys, by id, the entries in which they were proposed. The others are in force
    /// by the host's word about files of the base.
    pub given: BTreeMap<String, EntryId>,
    /// The appeal that this hearing answers.
    pub appeal: Option<EntryId>,
    /// SHA-256 of what judges were told that neither the change nor the policy fixes.
    pub briefing: Digest,
    /// The documents given.
    pub documents: Vec<Document>,
    /// The name of the way hunks are made.
    pub diff_profile: String,
    /// SHA-256 of the commit messages as judges see them.
    pub messages: Digest,
    /// The version of Assize.
    pub runtime_version: String,
    /// The name of the way components are run.
    pub engine_profile: String,
}

impl Case {
    /// Computes the digest that identifies this case, from what the entry says. See [`Inputs`].
    ///
    /// # Errors
    ///
    /// [`FormError`] for numbers that canonical JSON cannot hold.
    pub fn digest(&self, head: Revision) -> Result<Digest, FormError> {
        let components: Vec<Digest> = self.seats.iter().map(|seat| seat.component.digest).collect();
        let inputs = Inputs {
            base: self.base,
            head,
            range: self.range,
            manifest: self.manifest.digest,
            messages: self.messages,
            policy: self.policy.digest,
            terms: &self.terms(),
            components: &components,
            briefing: self.briefing,
            documents: &self.documents,
            diff_profile: &self.diff_profile,
        };
        inputs.digest()
    }

    /// Returns what `decide` needs besides the opinions.
    #[must_use]
    pub fn terms(&self) -> Terms {
        Terms {
            council: Council {
                name: self.council.clone(),
                seats: self.seats.iter().map(|seat| seat.seat.clone()).collect(),
                quorum: self.quorum,
                rule: self.rule,
            },
            settings: self.settings.iter().map(|setting| setting.setting.clone()).collect(),
            waivers: self.waivers.clone(),
        }
    }
}

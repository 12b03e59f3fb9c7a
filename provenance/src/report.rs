//! What `verify` says: per log and claim, proved, refuted or not checkable, and for what is refuted, where and why.

use std::fmt;

use crate::checkpoint::Witnessed;
use crate::digest::Digest;
use crate::log_id::LogId;
use crate::reader::ObjectId;
use crate::root::Pin;

pub use decided::{Appealed, DecidedCase, Overridden, PersonSaid};
pub use vouched::Vouched;

mod decided;
mod vouched;

/// Something that is claimed of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Claim {
    /// Every byte is where the signed roots say, in the one form it can have.
    Integrity,
    /// Everything is signed by keys that are believed.
    Authenticity,
    /// Batches and entries stand in the order in which they were made.
    Order,
    /// Every verdict counts exactly the seats that were declared before any judge ran.
    Quorum,
    /// Every verdict is what the rule makes of the recorded opinions, and every override is a person's, of a verdict that did
    /// not approve.
    Verdict,
    /// Nothing that the entries speak of is missing.
    Completeness,
    /// The log is not older than what was seen before.
    Freshness,
    /// The judges say the same when they are asked again.
    Replay,
}

impl Claim {
    /// Every claim, in the order of reports.
    pub const ALL: [Self; 8] = [
        Self::Integrity,
        Self::Authenticity,
        Self::Order,
        Self::Quorum,
        Self::Verdict,
        Self::Completeness,
        Self::Freshness,
        Self::Replay,
    ];

    /// The claims that must be proved of a log for it to count as proved.
    pub const REQUIRED: [Self; 5] = [
        Self::Integrity,
        Self::Authenticity,
        Self::Order,
        Self::Quorum,
        Self::Verdict,
    ];

    /// Returns the claim's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Integrity => "integrity",
            Self::Authenticity => "authenticity",
            Self::Order => "order",
            Self::Quorum => "quorum",
            Self::Verdict => "verdict",
            Self::Completeness => "completeness",
            Self::Freshness => "freshness",
            Self::Replay => "replay",
        }
    }
}

/// Gives each kind of fault its code, the claim it refutes and its documentation, once.
macro_rules! fault_codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $code:literal refutes $claim:ident,)+) => {
        /// What is wrong. The codes are stable.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum FaultCode {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl FaultCode {
            /// Every code there is.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Returns the code as it is printed.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// Returns the claim that a fault of this kind refutes.
            #[must_use]
            pub const fn claim(self) -> Claim {
                match self { $(Self::$variant => Claim::$claim,)+ }
            }
        }
    };
}

fault_codes! {
    /// A ref among the logs has no log's name.
    RefName = "ref-name" refutes Integrity,
    /// An object is not in the repository.
    ObjectMissing = "object-missing" refutes Integrity,
    /// An object cannot be read, is too large or is of another kind.
    ObjectDamaged = "object-damaged" refutes Integrity,
    /// A commit is not in the one form a log's commit has.
    CommitForm = "commit-form" refutes Integrity,
    /// The log's name does not follow from the key and seed of a commit.
    LogName = "log-name" refutes Integrity,
    /// A checkpoint is not in its one form.
    CheckpointForm = "checkpoint-form" refutes Integrity,
    /// A checkpoint says something else than the commit around it.
    CheckpointMismatch = "checkpoint-mismatch" refutes Integrity,
    /// The entries do not have the root that was signed.
    RootMismatch = "root-mismatch" refutes Integrity,
    /// The files of a log are not exactly those of its size.
    TileMismatch = "tile-mismatch" refutes Integrity,
    /// A case's digest is not that of its inputs.
    CaseDigest = "case-digest" refutes Integrity,
    /// An entry is not in its one form.
    EntryForm = "entry-form" refutes Integrity,
    /// The signature of a commit does not verify.
    CommitSignature = "commit-signature" refutes Authenticity,
    /// The signature of a checkpoint does not verify.
    CheckpointSignature = "checkpoint-signature" refutes Authenticity,
    /// A signature of an entry does not verify.
    EntrySignature = "entry-signature" refutes Authenticity,
    /// A commit does not continue the one before.
    CommitOrder = "commit-order" refutes Order,
    /// An entry belongs to another log.
    EntryLog = "entry-log" refutes Order,
    /// An entry does not follow on what it must follow.
    EntryOrder = "entry-order" refutes Order,
    /// A case stands in the log twice.
    EntryTwice = "entry-twice" refutes Order,
    /// An override follows no verdict of its log.
    OverrideOrder = "override-order" refutes Order,
    /// An override speaks of another case or council than the verdict it follows.
    OverrideCase = "override-case" refutes Order,
    /// A verdict is overridden twice.
    OverrideTwice = "override-twice" refutes Order,
    /// The council of a case means nothing.
    CouncilTerms = "council-terms" refutes Quorum,
    /// An opinion comes from another component or engine than the case declares.
    OpinionComponent = "opinion-component" refutes Quorum,
    /// A verdict counts other seats or opinions than the case declares.
    VerdictSeats = "verdict-seats" refutes Quorum,
    /// An opinion's summary contradicts itself, the terms of its case, or the whole opinion.
    OpinionSummary = "opinion-summary" refutes Verdict,
    /// The rule makes another verdict of the opinions.
    VerdictRederived = "verdict-rederived" refutes Verdict,
    /// Somebody or something that is no person overrides a verdict.
    OverrideActor = "override-actor" refutes Verdict,
    /// A host overrides a verdict by its word alone where the root of trust lets people sign for themselves.
    OverrideUnsigned = "override-unsigned" refutes Authenticity,
    /// A verdict is overridden that approves already.
    OverrideNeedless = "override-needless" refutes Verdict,
    /// A document of the evidence has other contents than its entry says.
    EvidenceMismatch = "evidence-mismatch" refutes Completeness,
    /// The log is shorter than it was.
    LogShrunk = "log-shrunk" refutes Freshness,
    /// The log has another past than it had.
    LogForked = "log-forked" refutes Freshness,
    /// The log is not in this repository, and was before, or the root of trust speaks of it.
    LogMissing = "log-missing" refutes Freshness,
    /// A version of the root of trust is not in its one form.
    RootForm = "root-form" refutes Integrity,
    /// A version of the root of trust does not follow on the one before.
    RootOrder = "root-order" refutes Order,
    /// A version of the root of trust is not signed as it must be.
    RootSignature = "root-signature" refutes Authenticity,
    /// The root of trust is another one than was pinned.
    RootPin = "root-pin" refutes Authenticity,
    /// The root of trust that was pinned is not here.
    RootMissing = "root-missing" refutes Freshness,
    /// The root of trust is older than it was.
    RootRolledBack = "root-rolled-back" refutes Freshness,
    /// The root of trust has another past than it had.
    RootForked = "root-forked" refutes Freshness,
    /// Something is signed with a key where the root of trust does not let it sign.
    KeyRange = "key-range" refutes Authenticity,
    /// An entry is signed with a key of which the root of trust that governs its log says nothing.
    KeyUnknown = "key-unknown" refutes Authenticity,
    /// An approval follows no verdict of its log.
    ApprovalOrder = "approval-order" refutes Order,
    /// An approval speaks of another case or council than the verdict it follows.
    ApprovalCase = "approval-case" refutes Order,
    /// Somebody speaks twice of one verdict.
    ApprovalTwice = "approval-twice" refutes Quorum,
    /// Somebody confirms or refuses what was not approved.
    ApprovalNeedless = "approval-needless" refutes Verdict,
    /// An appeal follows no verdict of its log.
    AppealOrder = "appeal-order" refutes Order,
    /// An appeal speaks of another case or council than the verdict it follows.
    AppealCase = "appeal-case" refutes Order,
    /// A verdict is appealed against twice.
    AppealTwice = "appeal-twice" refutes Order,
    /// A case answers an appeal that does not stand before it, or was answered.
    AppealAnswer = "appeal-answer" refutes Order,
    /// A step of a waiver does not follow on what it must follow, or a case uses one that was not proposed before it.
    WaiverOrder = "waiver-order" refutes Order,
    /// A waiver has other terms than it says, or than its proposal has.
    WaiverTerms = "waiver-terms" refutes Integrity,
    /// A waiver is approved by whoever proposed it.
    WaiverSelf = "waiver-self" refutes Quorum,
    /// A case uses a waiver that nobody approved before it.
    WaiverUnapproved = "waiver-unapproved" refutes Verdict,
    /// A case uses a waiver that was revoked before it.
    WaiverRevoked = "waiver-revoked" refutes Verdict,
    /// A case uses a waiver that was over before it.
    WaiverExpired = "waiver-expired" refutes Verdict,
    /// A case uses a waiver that nobody signed, in a log where the root of trust lets people sign.
    WaiverUnsigned = "waiver-unsigned" refutes Verdict,
    /// The repository holds another case at these commits than the one that was judged.
    ReplayCase = "replay-case" refutes Replay,
    /// A judge that is asked again says something else than its opinion.
    ReplayOpinion = "replay-opinion" refutes Replay,
    /// The judges that are asked again come to another verdict.
    ReplayVerdict = "replay-verdict" refutes Replay,
    /// The log is shorter than a trusted witness has seen it.
    WitnessAhead = "witness-ahead" refutes Freshness,
    /// The log has another past than a trusted witness has seen.
    WitnessForked = "witness-forked" refutes Freshness,
}

impl fmt::Display for FaultCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Where a fault is, as far as that has a meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// The commit that was being checked.
    pub commit: Option<ObjectId>,
    /// The object that is wrong.
    pub object: Option<ObjectId>,
    /// The entry, counted from 0.
    pub entry: Option<u64>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What kind of thing.
    pub code: FaultCode,
    /// Where.
    pub place: Place,
    /// What exactly, as a sentence.
    pub sentence: String,
}

/// How many faults of one claim are listed.
pub const FAULTS_MAX: usize = 100;

/// How it stands with a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It holds.
    Proved,
    /// It does not hold: the first [`FAULTS_MAX`] reasons.
    Refuted(Vec<Fault>),
    /// Nobody can tell from what is here, for this reason.
    NotCheckable(String),
}

impl Standing {
    /// Returns the word for it.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Proved => "proved",
            Self::Refuted(_) => "refuted",
            Self::NotCheckable(_) => "not checkable",
        }
    }
}

/// What is said of one log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogReport {
    /// The full name of its ref.
    pub ref_name: String,
    /// The log, where the ref has a log's name.
    pub log: Option<LogId>,
    /// The size and root that were recomputed, as far as the log could be followed.
    pub size: u64,
    /// The root at that size.
    pub root: Digest,
    /// How many commits were followed.
    pub commits: u64,
    /// From which entry on it was verified, counted from 0: what stands before was proved before, and only its root is
    /// checked.
    pub since: u64,
    /// Each claim, in the order of [`Claim::ALL`].
    pub claims: Vec<(Claim, Standing)>,
    /// How many cases ended in a verdict.
    pub verdicts: u64,
    /// The cases that ended in a verdict, as far as they were to be kept, in the order of their verdicts. Only to be relied on
    /// where [`Self::is_proved`].
    pub decided: Vec<DecidedCase>,
    /// Which of the witnesses that are believed cosigned which size, and when.
    pub witnessed: Vec<Witnessed>,
    /// How many of them did, and how many must, where that was said.
    pub vouched: Option<Vouched>,
}

impl LogReport {
    /// Returns how it stands with a claim.
    #[must_use]
    pub fn standing(&self, claim: Claim) -> Option<&Standing> {
        self.claims
            .iter()
            .find(|(one, _)| *one == claim)
            .map(|(_, standing)| standing)
    }

    /// Tells whether all required claims are proved and none at all is refuted.
    #[must_use]
    pub fn is_proved(&self) -> bool {
        self.proves(&[])
    }

    /// Tells whether all required claims and these besides are proved, and none at all is refuted.
    #[must_use]
    pub fn proves(&self, besides: &[Claim]) -> bool {
        let mut required = Claim::REQUIRED.iter().chain(besides);
        let required = required.all(|claim| self.standing(*claim) == Some(&Standing::Proved));
        required && !self.is_refuted()
    }

    /// Says how it stands with a claim that only the caller can settle, such as [`Claim::Replay`].
    pub fn settle(&mut self, claim: Claim, standing: Standing) {
        for (_, found) in self.claims.iter_mut().filter(|(one, _)| *one == claim) {
            *found = standing.clone();
        }
    }

    /// Tells whether all that is wrong with the log is that it is not here.
    #[must_use]
    pub fn is_only_missing(&self) -> bool {
        let mut faults = self.claims.iter().flat_map(|(_, standing)| match standing {
            Standing::Refuted(faults) => faults.as_slice(),
            _ => &[],
        });
        self.is_refuted() && faults.all(|fault| fault.code == FaultCode::LogMissing)
    }

    /// Tells whether any claim is refuted.
    #[must_use]
    pub fn is_refuted(&self) -> bool {
        self.claims
            .iter()
            .any(|(_, standing)| matches!(standing, Standing::Refuted(_)))
    }
}

/// How it stands altogether.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overall {
    /// At least one log is proved and nothing anywhere is refuted.
    Proved,
    /// Something is refuted.
    Refuted,
    /// Nothing is refuted and no log is proved: there is none, or its keys are not known.
    NotCheckable,
}

impl Overall {
    /// Returns the exit code that says so.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Proved => 0,
            Self::Refuted => 1,
            Self::NotCheckable => 3,
        }
    }
}

/// A version of the root of trust as it was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoundRoot {
    /// Which version is the newest.
    pub version: u64,
    /// Its digest.
    pub digest: Digest,
    /// The digest of version 1, by which the root is pinned.
    pub first: Digest,
}

/// What is said of a repository's root of trust.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootReport {
    /// The pin it was held against, with how that was obtained. Without one the root is believed in nothing.
    pub pin: Option<Pin>,
    /// What was found, where that is a root whose versions follow on each other.
    pub found: Option<FoundRoot>,
    /// How it stands with it: proved where it is the pinned one and no older than what was seen before.
    pub standing: Standing,
}

/// What is said of a repository.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// The root of trust, where there is one or one is pinned.
    pub root: Option<RootReport>,
    /// Each log, by the name of its ref; then those that are gone.
    pub logs: Vec<LogReport>,
}

impl Report {
    /// Returns how it stands altogether.
    #[must_use]
    pub fn overall(&self) -> Overall {
        self.overall_with(&[])
    }

    /// Returns how it stands altogether for somebody who requires these claims besides.
    #[must_use]
    pub fn overall_with(&self, besides: &[Claim]) -> Overall {
        if self.is_root_refuted() || self.logs.iter().any(LogReport::is_refuted) {
            Overall::Refuted
        } else if self.logs.iter().any(|log| log.proves(besides)) {
            Overall::Proved
        } else {
            Overall::NotCheckable
        }
    }

    /// Tells whether something is wrong with the root of trust. Then nobody can be believed.
    #[must_use]
    pub fn is_root_refuted(&self) -> bool {
        let root = self.root.as_ref();
        root.is_some_and(|root| matches!(root.standing, Standing::Refuted(_)))
    }

    /// Returns the decided cases of the logs that are proved, each with its log; none where the root of trust is refuted.
    pub fn decided(&self) -> impl Iterator<Item = (LogId, &DecidedCase)> {
        let is_root_refuted = self.is_root_refuted();
        let proved = self
            .logs
            .iter()
            .filter(move |report| report.is_proved() && !is_root_refuted);
        proved
            .filter_map(|report| Some((report.log?, report)))
            .flat_map(|(log, report)| report.decided.iter().map(move |decided| (log, decided)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_spelled_once_in_lower_case() {
        let mut codes: Vec<&str> = FaultCode::ALL.iter().map(|code| code.code()).collect();
        assert!(
            codes
                .iter()
                .all(|code| code.bytes().all(|byte| byte == b'-' || byte.is_ascii_lowercase()))
        );
        let all = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), all);
    }

    fn log(standing: impl Fn(Claim) -> Standing) -> LogReport {
        LogReport {
            ref_name: String::new(),
            log: None,
            size: 0,
            root: Digest::of(b""),
            commits: 0,
            since: 0,
            claims: Claim::ALL.map(|claim| (claim, standing(claim))).to_vec(),
            verdicts: 0,
            decided: vec![],
            witnessed: vec![],
            vouched: None,
        }
    }

    #[test]
    fn only_what_is_proved_in_every_required_claim_is_proved() {
        let unknown = || Standing::NotCheckable(String::new());
        let overall = |logs: Vec<LogReport>| Report { root: None, logs }.overall();
        assert_eq!(overall(vec![]), Overall::NotCheckable);
        let least = |claim| {
            if Claim::REQUIRED.contains(&claim) {
                Standing::Proved
            } else {
                unknown()
            }
        };
        assert_eq!(overall(vec![log(least)]), Overall::Proved);
        for missing in Claim::ALL {
            let but_one = |claim| if claim == missing { unknown() } else { Standing::Proved };
            let expected = if Claim::REQUIRED.contains(&missing) {
                Overall::NotCheckable
            } else {
                Overall::Proved
            };
            assert_eq!(overall(vec![log(but_one)]), expected, "{missing:?}");
            let but_refuted = |claim| {
                if claim == missing {
                    Standing::Refuted(vec![])
                } else {
                    Standing::Proved
                }
            };
            assert_eq!(
                overall(vec![log(least), log(but_refuted)]),
                Overall::Refuted,
                "{missing:?}"
            );
        }
        assert_eq!(overall(vec![log(|_| unknown()), log(least)]), Overall::Proved);
    }

    #[test]
    fn what_is_required_besides_must_be_proved_of_the_same_log() {
        let unknown = || Standing::NotCheckable(String::new());
        let only = |proved: &'static [Claim]| {
            log(move |claim| {
                if proved.contains(&claim) {
                    Standing::Proved
                } else {
                    unknown()
                }
            })
        };
        let mut least = only(&Claim::REQUIRED);
        const BESIDES: [Claim; 2] = [Claim::Freshness, Claim::Replay];
        let report = |logs: &[&LogReport]| Report {
            root: None,
            logs: logs.iter().map(|log| (*log).clone()).collect(),
        };
        let others = only(&BESIDES);
        assert_eq!(report(&[&least, &others]).overall_with(&BESIDES), Overall::NotCheckable);
        least.settle(Claim::Freshness, Standing::Proved);
        assert_eq!(report(&[&least]).overall_with(&BESIDES), Overall::NotCheckable);
        least.settle(Claim::Replay, Standing::Proved);
        assert_eq!(report(&[&least]).overall_with(&BESIDES), Overall::Proved);
        least.settle(Claim::Replay, Standing::Refuted(vec![]));
        assert_eq!(report(&[&least]).overall_with(&[]), Overall::Refuted);
    }
}

//! What a verification found, claim by claim.

use serde::Serialize;

use super::proofs::WitnessedView;
use super::roots::RootReportView;

/// What `verify` found.
#[derive(Debug, Clone, Serialize)]
pub struct VerifyView {
    /// `assize.verify/1`.
    pub schema: &'static str,
    /// `proved`, `refuted` or `not checkable`.
    pub standing: &'static str,
    /// Why nothing is proved, where nothing is refuted either.
    pub why: Option<String>,
    /// The root of trust, where there is one or one is pinned.
    pub root: Option<RootReportView>,
    /// Each log.
    pub logs: Vec<LogReportView>,
    /// What a person should know besides.
    pub notes: Vec<String>,
}

/// What was found of one log.
#[derive(Debug, Clone, Serialize)]
pub struct LogReportView {
    /// The ref.
    pub r#ref: String,
    /// The log's id, where the ref has one for its name.
    pub log: Option<String>,
    /// How many entries could be followed.
    pub entries: u64,
    /// How many commits were followed.
    pub commits: u64,
    /// From which entry on it was verified, from 0; what stands before was proved before.
    pub since: u64,
    /// The root at that size, recomputed, in hex.
    pub root: String,
    /// `proved`, `refuted` or `not checkable`.
    pub standing: &'static str,
    /// Claim by claim.
    pub claims: Vec<ClaimView>,
    /// Which of the witnesses that are trusted cosigned which size.
    pub witnessed: Vec<WitnessedView>,
    /// How many of the trusted witnesses vouch for the log, as a sentence, where a number was asked for.
    pub vouched: Option<String>,
}

/// How it stands with one claim.
#[derive(Debug, Clone, Serialize)]
pub struct ClaimView {
    /// The claim.
    pub claim: &'static str,
    /// `proved`, `refuted` or `not checkable`.
    pub standing: &'static str,
    /// Whether exit code 0 needs it.
    pub required: bool,
    /// Why it is not checkable.
    pub reason: Option<String>,
    /// What refutes it.
    pub faults: Vec<FaultView>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, Serialize)]
pub struct FaultView {
    /// Its stable code.
    pub code: &'static str,
    /// What exactly.
    pub sentence: String,
    /// The commit that was being checked.
    pub commit: Option<String>,
    /// The object that is wrong.
    pub object: Option<String>,
    /// The entry's position, from 0.
    pub entry: Option<u64>,
}

//! What is shown of roots of trust.

use serde::Serialize;

use super::verified::FaultView;

/// How it stands with the root of trust, in the report of `audit verify`.
#[derive(Debug, Clone, Serialize)]
pub struct RootReportView {
    /// The newest version that was found.
    pub version: Option<u64>,
    /// Its digest, in hex.
    pub digest: Option<String>,
    /// The digest of version 1 that was found, by which the root can be pinned.
    pub first: Option<String>,
    /// The pin it was held against.
    pub pin: Option<String>,
    /// Where the pin comes from: `flag`, `variable` or `memory`.
    pub pin_from: Option<&'static str>,
    /// `proved`, `refuted` or `not checkable`.
    pub standing: &'static str,
    /// Why it is not checkable.
    pub reason: Option<String>,
    /// What refutes it.
    pub faults: Vec<FaultView>,
}

/// A root of trust: what is published, what is being drafted, and what this user pinned.
#[derive(Debug, Clone, Serialize)]
pub struct RootView {
    /// `assize.root/1`.
    pub schema: &'static str,
    /// The newest version that is published here.
    pub published: Option<VersionView>,
    /// The version that is being drafted.
    pub draft: Option<VersionView>,
    /// The file of the draft.
    pub draft_file: Option<String>,
    /// The digest of version 1, by which the root is pinned.
    pub first: Option<String>,
    /// The pin by which this clone goes.
    pub pin: Option<String>,
    /// Where that comes from: `variable` or `memory`.
    pub pin_from: Option<&'static str>,
    /// What a person should know besides.
    pub notes: Vec<String>,
}

/// One version of a root of trust.
#[derive(Debug, Clone, Serialize)]
pub struct VersionView {
    /// Counted from 1.
    pub version: u64,
    /// SHA-256 of what is signed, in hex.
    pub digest: String,
    /// The digest of the version before.
    pub previous: Option<String>,
    /// How many holders of signing keys must agree.
    pub threshold: u64,
    /// Every key it speaks of.
    pub keys: Vec<HoldingView>,
    /// Who has signed it, by whose rule.
    pub tallies: Vec<TallyView>,
}

/// One key of a root of trust.
#[derive(Debug, Clone, Serialize)]
pub struct HoldingView {
    /// Its RFC 7638 thumbprint.
    pub id: String,
    /// Its fingerprint, as ssh-keygen prints it.
    pub fingerprint: String,
    /// Who holds it.
    pub principal: String,
    /// How it is kept, as its holder says.
    pub custody: String,
    /// Whether it signs versions of the root.
    pub is_signer: bool,
    /// Whether it has signed this version.
    pub has_signed: bool,
    /// What it may sign.
    pub grants: Vec<GrantView>,
}

/// What a key may sign, and where.
#[derive(Debug, Clone, Serialize)]
pub struct GrantView {
    /// `council`, `log` or `person`.
    pub role: &'static str,
    /// The log; absent for every log.
    pub log: Option<String>,
    /// The first position.
    pub from: Option<u64>,
    /// How many entries of the log are before its end.
    pub to_size: Option<u64>,
    /// The log's Merkle root there, in hex.
    pub to_root: Option<String>,
}

/// How many have signed, and how many must.
#[derive(Debug, Clone, Serialize)]
pub struct TallyView {
    /// The version whose rule it is.
    pub rule: u64,
    /// How many of its signers' holders have signed.
    pub signed: u64,
    /// How many must.
    pub needed: u64,
}

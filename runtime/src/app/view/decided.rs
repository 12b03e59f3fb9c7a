//! What is shown of decided cases: whether a change is approved, and what people said of that.

use serde::Serialize;

/// Whether a change is approved.
#[derive(Debug, Clone, Serialize)]
pub struct CheckView {
    /// `assize.check/1`.
    pub schema: &'static str,
    /// `approved`, `rejected` or `no verdict`.
    pub answer: &'static str,
    /// Why there is no verdict.
    pub why: Option<String>,
    /// The digest of exactly this case, in hex.
    pub case: String,
    /// The head commit.
    pub head: String,
    /// The base commit.
    pub base: Option<String>,
    /// The council that was asked about.
    pub council: String,
    /// The newest verdict of each log.
    pub verdicts: Vec<DecidedView>,
}

/// One verdict.
#[derive(Debug, Clone, Serialize)]
pub struct DecidedView {
    /// The verdict's entry.
    pub entry: String,
    /// The log.
    pub log: String,
    /// Its position, from 0.
    pub index: u64,
    /// When it was made.
    pub time: String,
    /// What the council said: `approved`, `rejected` or `undecided`.
    pub outcome: &'static str,
    /// What decided.
    pub ground: &'static str,
    /// The person's verdict that stands in the place of the council's: it approves.
    pub overridden: Option<OverriddenView>,
    /// What persons said of the approval, with keys of their own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub approvals: Vec<SaidView>,
    /// The appeal that nobody has answered yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub appealed: Option<SaidView>,
    /// The verdict that this one supersedes, because somebody appealed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub appeal: Option<AppealView>,
}

/// What a person said of a verdict.
#[derive(Debug, Clone, Serialize)]
pub struct SaidView {
    /// The entry.
    pub entry: String,
    /// Its position in the log, from 0.
    pub index: u64,
    /// When it was made.
    pub time: String,
    /// Who, by the host's word.
    pub by: String,
    /// The person's key, which signed.
    pub key: String,
    /// `approved`, `rejected` or `appealed`.
    pub said: &'static str,
    /// Why.
    pub reason: Option<String>,
}

/// A person's verdict in the place of a council's.
#[derive(Debug, Clone, Serialize)]
pub struct OverriddenView {
    /// The override's entry.
    pub entry: String,
    /// Its position in the log, from 0.
    pub index: u64,
    /// When it was made.
    pub time: String,
    /// Who overrides, by the host's word.
    pub by: String,
    /// The person's key that signed; none where the host signed on the person's behalf.
    pub key: Option<String>,
    /// Why.
    pub reason: String,
    /// SHA-256 of what the person was shown, in hex.
    pub shown: String,
}

/// A person's wish for another hearing.
#[derive(Debug, Clone, Serialize)]
pub struct AppealView {
    /// The appeal's entry.
    pub entry: String,
    /// Who wished it, by the host's word.
    pub by: String,
    /// The verdict that is superseded.
    pub supersedes: String,
    /// What that said: `approved`, `rejected` or `undecided`.
    pub outcome: &'static str,
}

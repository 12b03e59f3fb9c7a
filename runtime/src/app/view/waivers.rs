//! What is shown of waivers that people signed.

use serde::Serialize;

use super::{EntryView, WaiverView};

/// What people signed of one waiver.
#[derive(Debug, Clone, Serialize)]
pub struct SignedView {
    /// The log.
    pub log: String,
    /// Why.
    pub reason: String,
    /// The last position of a case in the log that it excuses anything in.
    pub until: u64,
    /// How many others must approve it.
    pub approvals: usize,
    /// Who proposed it.
    pub proposed: StepView,
    /// Who approved it.
    pub approved: Vec<StepView>,
    /// Who revoked it.
    pub revoked: Option<StepView>,
}

/// What one person said of a waiver.
#[derive(Debug, Clone, Serialize)]
pub struct StepView {
    /// The entry.
    pub entry: String,
    /// Its position in the log, from 0.
    pub index: u64,
    /// When, by the host's clock.
    pub time: String,
    /// Who, as the host says.
    pub by: String,
    /// The id of the key that signed.
    pub key: String,
    /// Why it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// One waiver that people signed.
#[derive(Debug, Clone, Serialize)]
pub struct WaiverShowView {
    /// `assize.waiver/1`.
    pub schema: &'static str,
    /// The waiver.
    pub waiver: WaiverView,
    /// Where the entry stands that was made just now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<EntryView>,
}

//! What is shown of how safe entries are, and of the witnesses that make them so.

use serde::Serialize;

use crate::chain::Durability;

/// How safe what was just recorded is.
#[derive(Debug, Clone, Serialize)]
pub struct DurabilityView {
    /// The level that was asked for: `durable`, `sealed` or `witnessed`.
    pub asked: &'static str,
    /// The level that was reached.
    pub reached: &'static str,
    /// How many witnesses must vouch before anything counts as witnessed; 0 where none is elected.
    pub needed: usize,
    /// How many vouch for it.
    pub vouching: usize,
    /// What each witness said that was asked just now.
    pub witnesses: Vec<WitnessAnswerView>,
}

impl DurabilityView {
    /// What was reached while no witness was asked.
    pub(crate) fn unasked(asked: Durability, reached: Durability) -> Self {
        Self {
            asked: asked.name(),
            reached: reached.name(),
            needed: 0,
            vouching: 0,
            witnesses: Vec::new(),
        }
    }

    /// Whether as much was reached as was asked for.
    #[must_use]
    pub fn is_reached(&self) -> bool {
        self.asked != "witnessed" || self.reached == "witnessed"
    }
}

/// What a witness said.
#[derive(Debug, Clone, Serialize)]
pub struct WitnessAnswerView {
    /// The witness's name.
    pub witness: String,
    /// `cosigned`, `refused`, `ahead` where the witness has seen more, `forked` where it has seen another past, or `unreachable`.
    pub answer: &'static str,
    /// Why it did not cosign.
    pub why: Option<String>,
    /// The file with the proof that the log is forked, where it is.
    pub fork: Option<String>,
}

/// Who is elected to vouch for the logs of a clone.
#[derive(Debug, Clone, Serialize)]
pub struct ElectionView {
    /// `assize.witnesses/1`.
    pub schema: &'static str,
    /// How many must cosign before an entry counts as witnessed.
    pub needed: usize,
    /// The witnesses, in the order in which they were added.
    pub witnesses: Vec<ElectedView>,
}

/// A witness that is elected.
#[derive(Debug, Clone, Serialize)]
pub struct ElectedView {
    /// Its name.
    pub witness: String,
    /// Where it is reached.
    pub url: String,
    /// Its key.
    pub key: String,
}

//! What is shown of proofs, forks and witnesses.

use serde::Serialize;

use super::LogEntryView;

/// A witness that cosigned a log.
#[derive(Debug, Clone, Serialize)]
pub struct WitnessedView {
    /// The witness's name.
    pub witness: String,
    /// How many entries it saw.
    pub size: u64,
    /// When, by its clock.
    pub time: String,
}

/// What a file proves that was carried out of a repository.
#[derive(Debug, Clone, Serialize)]
pub struct ProofView {
    /// `assize.proof/1`.
    pub schema: &'static str,
    /// `entry`: that an entry is in a log. `fork`: that a log has two pasts.
    pub of: &'static str,
    /// `proved`, `refuted` or `not checkable`.
    pub standing: &'static str,
    /// The stable code of the reason, where it is not proved.
    pub code: Option<&'static str>,
    /// The reason, as a sentence.
    pub why: Option<String>,
    /// The log's name, as checkpoints give it.
    pub origin: String,
    /// The entry, where one is proved.
    pub entry: Option<LogEntryView>,
    /// The states of the log: one for an entry, two that contradict each other for a fork.
    pub checkpoints: Vec<CheckpointView>,
    /// Which of the witnesses that are trusted cosigned the state of an entry's log.
    pub witnessed: Vec<WitnessedView>,
}

/// A signed state of a log.
#[derive(Debug, Clone, Serialize)]
pub struct CheckpointView {
    /// How many entries it has.
    pub size: u64,
    /// Its root, in hex.
    pub root: String,
}

/// What came of asking a witness.
#[derive(Debug, Clone, Serialize)]
pub struct WitnessView {
    /// `assize.witness/1`.
    pub schema: &'static str,
    /// Each log.
    pub logs: Vec<WitnessLogView>,
}

/// What came of it for one log.
#[derive(Debug, Clone, Serialize)]
pub struct WitnessLogView {
    /// The log's id.
    pub log: String,
    /// Its key, as a witness must know it.
    pub key: String,
    /// How many entries it has here.
    pub size: u64,
    /// The witness that was asked.
    pub witness: Option<String>,
    /// `cosigned`, `refused`, `ahead` where the witness has seen more, `forked` where it has seen another past, `unreachable`, or
    /// `known` where nobody was asked.
    pub answer: &'static str,
    /// Why it was not cosigned.
    pub why: Option<String>,
    /// The file with the proof that the log is forked, where it is.
    pub fork: Option<String>,
}

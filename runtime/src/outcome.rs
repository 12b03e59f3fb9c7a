//! How a call into a guest ended. A guest's failure is a fact about the guest, never an error of ours.

use assize_provenance::opinion::Absence;

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome<T> {
    /// The guest answered.
    Finished(T),
    /// There is no answer; why, and the detail for the person who debugs the guest.
    Ended(Absence, String),
}

/// One line a guest wrote through `log.write`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// How loud: `debug`, `info`, `warn` or `error`.
    pub level: &'static str,
    /// The text, control characters escaped.
    pub message: String,
}

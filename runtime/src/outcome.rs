//! How a call into a guest ended. A guest's failure is a fact about the guest, never an error of ours.

use assize_provenance::opinion::Absence;

use crate::policy::permission::Permission;

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

/// One use of a power, or one refusal of it. Uses that are alike and follow one another are one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// The power.
    pub permission: Permission,
    /// What it was used on, such as a path; control characters escaped. Empty where the function has no such thing.
    pub resource: String,
    /// Whether the policy let it through.
    pub granted: bool,
    /// Why: the line of the policy, the limit, or what else came of it. Empty where it did what was asked.
    pub reason: String,
    /// How often.
    pub times: u64,
}

//! Waivers: leave to break one rule, in one scope, until one date. Authored text in, checked [`Waiver`]s out; or entries of a log
//! in, and the waivers that people [signed](SignedWaiver) out. Pure.

mod asked;
pub mod caws;
mod read;
mod signed;
#[cfg(test)]
mod tests;
mod weigh;
mod write;

use assize_provenance::pattern::PathPattern;
use assize_provenance::time::Time;

use crate::diagnostic::Problem;

pub use asked::{Asked, expiry, paths_for, reason_of};
pub use read::{Approver, Authored, REASONS, Status, is_same_person, read};
pub use signed::{Granted, Outlook, People, Register, Sight, SignedWaiver, Step};
pub use weigh::{Moment, weigh, without_signature};
pub use write::Draft;

/// The folder of waivers in a repository.
pub const FOLDER: &str = ".assize/waivers";
/// The most waivers that are read of one revision.
pub const WAIVERS_MAX: usize = 256;
/// The most signed waivers that are open in one log.
pub const OPEN_MAX: usize = 64;
/// The most days between the making of a waiver and its end.
pub const DAYS_MAX: i64 = 90;
/// The shortest description, in characters.
pub const DESCRIPTION_CHARS_MIN: usize = 50;

/// Which state of the repository a waiver stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It stood before the change.
    Base,
    /// The change brings or alters it; it counts for later changes only.
    Head,
}

/// What a waiver is worth at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worth {
    /// It excuses findings.
    InForce,
    /// Nobody who may has approved it.
    Proposed,
    /// Its last moment is over.
    Expired,
    /// It was taken back.
    Revoked,
    /// Something is wrong with it.
    Invalid,
}

/// A waiver as it counts in one case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// The file it was read from.
    pub path: String,
    /// Where it stands.
    pub standing: Standing,
    /// Its id, such as `WV-0001`.
    pub id: String,
    /// The rule it excuses.
    pub rule: String,
    /// The paths it is limited to; empty means everywhere.
    pub paths: Vec<PathPattern>,
    /// The last moment it excuses anything.
    pub expires: Option<Time>,
    /// What it is worth.
    pub worth: Worth,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
}

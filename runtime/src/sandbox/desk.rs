//! What outlives a call: the agent's state, its artifacts, and the record of what it used.

use crate::outcome::Access;

/// A value that an agent remembers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// How often the key was set or cleared so far.
    pub version: u64,
    /// The value.
    pub value: Vec<u8>,
}

/// Why the desk did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Declined {
    /// It would be more than the role may keep.
    Limit(String),
    /// The arguments mean nothing.
    Invalid(String),
    /// There is no such thing.
    NotFound(String),
    /// Somebody else changed it first.
    Conflict(String),
    /// The machine failed.
    Unavailable(String),
}

/// The desk of one run: it knows whose run it is. What it did is on disk when a function returns.
pub trait Desk: Send {
    /// The value under `key`.
    ///
    /// # Errors
    ///
    /// When the machine failed.
    fn state_get(&mut self, key: &str) -> Result<Option<Item>, Declined>;

    /// Sets or clears the value under `key` if its version is `expected`, where that is given, and returns the new version. All
    /// values of the agent together may have `bytes_max` bytes.
    ///
    /// # Errors
    ///
    /// `Conflict` when the version is another, `Limit` when it is too much, or when the machine failed.
    fn state_set(
        &mut self,
        key: &str,
        value: Option<&[u8]>,
        expected: Option<u64>,
        bytes_max: u64,
    ) -> Result<u64, Declined>;

    /// At most `max` keys that have a value and start with `prefix`, in byte order, behind `after`.
    ///
    /// # Errors
    ///
    /// When the machine failed.
    fn state_list(&mut self, prefix: &str, after: Option<&str>, max: usize) -> Result<Vec<String>, Declined>;

    /// Stores contents and returns their SHA-256 as hexadecimal digits.
    ///
    /// # Errors
    ///
    /// When the machine failed.
    fn artifact_store(&mut self, name: &str, media_type: &str, contents: &[u8]) -> Result<String, Declined>;

    /// At most `length` bytes of an artifact's contents from `offset`.
    ///
    /// # Errors
    ///
    /// `NotFound` when there is no such artifact, or when the machine failed.
    fn artifact_get(&mut self, digest: &str, offset: u64, length: u32) -> Result<Vec<u8>, Declined>;

    /// Records uses of powers.
    ///
    /// # Errors
    ///
    /// What kept them from being recorded. The call ends then: nothing is used that is not recorded.
    fn record(&mut self, accesses: &[Access]) -> Result<(), String>;
}

//! The agent's folder, as a trait: the host serves it in a component, memory serves it in a native test.

use crate::Refusal;
pub use crate::bindings::assize::plugin::workspace::{
    Change, ChangePage, Entry, EntryPage, Existing, Kind, Match, Status,
};

/// The interface `workspace` of the contract, one method per function; see `wit/workspace.wit` for what each does.
pub trait Workspace {
    /// Some of the entries of a folder, those with names behind `after`.
    ///
    /// # Errors
    ///
    /// The host's refusal.
    fn list(&self, path: &str, after: Option<&str>) -> Result<EntryPage, Refusal>;

    /// At most `length` bytes of a file from `offset`; nothing at the end.
    ///
    /// # Errors
    ///
    /// The host's refusal; `invalid` for what is no regular file.
    fn read(&self, path: &str, offset: u64, length: u32) -> Result<Vec<u8>, Refusal>;

    /// Writes a file, and makes the folders on its way.
    ///
    /// # Errors
    ///
    /// The host's refusal; `conflict` for a file that is there and shall be kept.
    fn write(&self, path: &str, contents: &[u8], existing: Existing) -> Result<(), Refusal>;

    /// Removes a file, a link or an empty folder.
    ///
    /// # Errors
    ///
    /// The host's refusal.
    fn remove(&self, path: &str) -> Result<(), Refusal>;

    /// Gives a file, a link or a folder another path.
    ///
    /// # Errors
    ///
    /// The host's refusal; `conflict` where something stands at `to`.
    fn rename(&self, from: &str, to: &str) -> Result<(), Refusal>;

    /// The places below a folder where one of `literals` stands, at most `max`.
    ///
    /// # Errors
    ///
    /// The host's refusal.
    fn search(&self, path: &str, literals: &[String], max: u32) -> Result<Vec<Match>, Refusal>;

    /// Some of what this call has changed so far, those files with paths behind `after`.
    ///
    /// # Errors
    ///
    /// The host's refusal.
    fn diff(&self, after: Option<&str>) -> Result<ChangePage, Refusal>;
}

//! What a judge may read, as a trait: the host serves it in a component, memory serves it in a native test.

use crate::bindings::assize::plugin::evidence as host;
pub use crate::bindings::assize::plugin::evidence::{
    Blob, Change, ChangePage, Entry, EntryPage, Form, Hunk, HunkPage, Kind, Match, Status,
};
use crate::bindings::assize::plugin::types::{Refusal, Side};

/// The interface `evidence` of the contract, one method per function; see `wit/evidence.wit` for what each answers.
pub trait Evidence {
    /// Some of the changes, from position `from`.
    ///
    /// # Errors
    ///
    /// The host's refusal.
    fn changes(&self, from: u32) -> Result<ChangePage, Refusal>;

    /// Some of the hunks of one changed file, from position `from`.
    ///
    /// # Errors
    ///
    /// The host's refusal; `invalid` for a change without text.
    fn hunks(&self, path: &str, from: u32) -> Result<HunkPage, Refusal>;

    /// At most `length` bytes of a file from `offset`; nothing at the end.
    ///
    /// # Errors
    ///
    /// The host's refusal; `limit` for a file above the role's limit.
    fn read(&self, side: Side, path: &str, offset: u64, length: u32) -> Result<Vec<u8>, Refusal>;

    /// Some of a folder's entries, from position `from`.
    ///
    /// # Errors
    ///
    /// The host's refusal; `not-found` where there is no such folder.
    fn list(&self, side: Side, path: &str, from: u32) -> Result<EntryPage, Refusal>;

    /// The places where one of `literals` stands, at most `max`.
    ///
    /// # Errors
    ///
    /// The host's refusal.
    fn search(&self, side: Side, literals: &[String], max: u32) -> Result<Vec<Match>, Refusal>;

    /// At most `length` bytes of a document that came with the case, from `offset`; nothing at the end.
    ///
    /// # Errors
    ///
    /// The host's refusal; `not-found` where no document has that name.
    fn document(&self, name: &str, offset: u64, length: u32) -> Result<Vec<u8>, Refusal>;
}

/// The evidence that the host serves. Outside a component each of its methods ends the program.
#[derive(Debug, Clone, Copy)]
pub struct HostEvidence;

impl Evidence for HostEvidence {
    fn changes(&self, from: u32) -> Result<ChangePage, Refusal> {
        host::changes(from)
    }

    fn hunks(&self, path: &str, from: u32) -> Result<HunkPage, Refusal> {
        host::hunks(path, from)
    }

    fn read(&self, side: Side, path: &str, offset: u64, length: u32) -> Result<Vec<u8>, Refusal> {
        host::read(side, path, offset, length)
    }

    fn list(&self, side: Side, path: &str, from: u32) -> Result<EntryPage, Refusal> {
        host::list(side, path, from)
    }

    fn search(&self, side: Side, literals: &[String], max: u32) -> Result<Vec<Match>, Refusal> {
        host::search(side, literals, max)
    }

    fn document(&self, name: &str, offset: u64, length: u32) -> Result<Vec<u8>, Refusal> {
        host::document(name, offset, length)
    }
}

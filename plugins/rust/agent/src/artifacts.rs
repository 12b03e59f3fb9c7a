//! Results that outlive the call, as a trait.

use crate::Refusal;
pub use crate::bindings::assize::plugin::artifacts::Artifact;

/// The interface `artifacts` of the contract, one method per function; see `wit/artifacts.wit` for what each does.
pub trait Artifacts {
    /// Stores contents under their digest.
    ///
    /// # Errors
    ///
    /// The host's refusal.
    fn store(&self, name: &str, media_type: &str, contents: &[u8]) -> Result<Artifact, Refusal>;

    /// At most `length` bytes of an artifact from `offset`; nothing at the end.
    ///
    /// # Errors
    ///
    /// The host's refusal; `not-found` where there is no such artifact.
    fn fetch(&self, digest: &str, offset: u64, length: u32) -> Result<Vec<u8>, Refusal>;
}

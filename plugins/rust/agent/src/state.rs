//! What an agent remembers from one call to the next, as a trait.

use crate::Refusal;
pub use crate::bindings::assize::plugin::state::{Item, KeyPage};

/// The interface `state` of the contract, one method per function; see `wit/state.wit` for what each does.
pub trait State {
    /// The value under a key, or nothing where it has none.
    ///
    /// # Errors
    ///
    /// The host's refusal.
    fn get(&self, key: &str) -> Result<Option<Item>, Refusal>;

    /// Sets or clears the value under a key, and gives the new version.
    ///
    /// # Errors
    ///
    /// The host's refusal; `conflict` where the version is not the expected one.
    fn set(&self, key: &str, value: Option<&[u8]>, expected: Option<u64>) -> Result<u64, Refusal>;

    /// Some of the keys that start with `prefix`, those behind `after`.
    ///
    /// # Errors
    ///
    /// The host's refusal.
    fn keys(&self, prefix: &str, after: Option<&str>) -> Result<KeyPage, Refusal>;
}

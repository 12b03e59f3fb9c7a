//! A council as the policy appoints it.

use assize_provenance::verdict;

/// A council as the policy appoints it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Council {
    /// Who sits and how votes become a verdict.
    pub terms: verdict::Council,
    /// Whether the judges see who wrote the change. Identity trailers are cut from the messages otherwise.
    pub show_author: bool,
}

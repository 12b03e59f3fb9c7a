//! All changes of a case, and whether they are all.

use crate::Refusal;
use crate::evidence::{Change, Evidence};
use crate::findings::why;
use crate::pages;

/// The changed files of a case.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Changes {
    /// The changes, in byte order of their paths.
    pub all: Vec<Change>,
    /// Why there may be more: the refusal that ended the list.
    pub cut_by: Option<Refusal>,
}

impl Changes {
    /// Lists the changes until the end or the first refusal.
    #[must_use]
    pub fn read(evidence: &dyn Evidence) -> Self {
        let mut changes = Self::default();
        for change in pages::changes(evidence) {
            match change {
                Ok(change) => changes.all.push(change),
                Err(refusal) => changes.cut_by = Some(refusal),
            }
        }
        changes
    }

    /// Tells whether not even the first change was shown.
    #[must_use]
    pub fn are_hidden(&self) -> bool {
        self.all.is_empty() && self.cut_by.is_some()
    }

    /// A sentence on what is missing from the list, if anything is.
    #[must_use]
    pub fn gap(&self) -> Option<String> {
        let refusal = self.cut_by.as_ref()?;
        Some(format!(
            "Only the first {} changed files could be listed: {}.",
            self.all.len(),
            why(refusal)
        ))
    }
}

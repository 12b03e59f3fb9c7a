//! What an override entry says: a person's verdict in the place of a council's.

use std::fmt;
use std::str::FromStr;

use super::EntryId;
use crate::digest::Digest;
use crate::verdict::Outcome;

/// How many bytes the reason of an override may have.
pub const REASON_BYTES_MAX: usize = 1024;

/// Why a person overrides a council: one or more lines of text, which stay in the log for ever.
///
/// What must not be read there is masked before it becomes a reason.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reason(String);

/// The text is no reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the reason of an override has 1 to {REASON_BYTES_MAX} bytes, in lines of text without control characters; say why in fewer or plainer words"
)]
pub struct ReasonError;

impl Reason {
    /// Takes a text as it was given.
    ///
    /// # Errors
    ///
    /// [`ReasonError`]: it is too long, says nothing, or holds characters that a terminal would obey.
    pub fn new(text: impl Into<String>) -> Result<Self, ReasonError> {
        let text = text.into();
        let is_fit = text.len() <= REASON_BYTES_MAX && !text.trim().is_empty() && !text.chars().any(is_obeyed);
        if is_fit { Ok(Self(text)) } else { Err(ReasonError) }
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Control characters but the line feed, other separators of lines, and marks that turn the direction of text around: with
/// these a reason could read as another one.
fn is_obeyed(character: char) -> bool {
    (character.is_control() && character != '\n')
        || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

impl FromStr for Reason {
    type Err = ReasonError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::new(text)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A person's verdict in the place of a council's that did not approve. Who that is stands in the entry, as its actor.
///
/// The council's verdict stays what it is and stays in the log; this one comes after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverrideRecord {
    /// The verdict that is overridden.
    pub previous: EntryId,
    /// The council whose verdict that is.
    pub council: String,
    /// Why.
    pub reason: Reason,
    /// SHA-256 of exactly what the person was shown.
    pub shown: Digest,
}

impl OverrideRecord {
    /// What a person may say in the council's place: nobody needs to override an approval, for rejecting a change takes no
    /// verdict.
    pub const OUTCOME: Outcome = Outcome::Approved;
}

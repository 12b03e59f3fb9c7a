//! What of a workspace is open to a command.

use serde::{Deserialize, Serialize};

/// A file or folder that is open to a command, with all that lies below it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// Its path, in the contract's form; empty for the workspace itself.
    pub path: String,
    /// What may be done there.
    pub rights: Rights,
}

/// What a command may do at one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Rights {
    /// Read the file, or every file below the folder, and run it.
    pub read: bool,
    /// List the folder and those below it.
    pub list: bool,
    /// Write the file, or every file below the folder.
    pub write: bool,
    /// Make, rename and remove entries of the folder and those below it.
    pub make: bool,
}

impl Rights {
    /// Tells whether nothing may be done.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }
}

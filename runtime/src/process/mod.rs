//! Commands of the machine, confined by its kernel.

use std::path::PathBuf;

/// What runs commands on this machine.
#[derive(Debug, Clone)]
pub struct Commands {}

impl Commands {
    /// Runs commands with this program as their keeper, and temporary folders below `scratch`.
    #[must_use]
    pub fn new(_program: PathBuf, _scratch: PathBuf) -> Self {
        Self {}
    }
}

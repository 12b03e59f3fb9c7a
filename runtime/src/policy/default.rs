//! The policy that applies where a repository has none.

use super::Policy;
use crate::diagnostic::Diagnostic;

/// The text of the default policy. `assize init` writes it into a repository as a start.
pub const TEXT: &str = include_str!("../../../policies/default.toml");

/// The name of the default policy in messages.
pub const FILE_NAME: &str = "policies/default.toml";

/// Parses the default policy by the same code as any other.
///
/// # Errors
///
/// Never in a build whose tests passed. The errors are handed on because nothing here may panic.
pub fn policy() -> Result<Policy, Vec<Diagnostic>> {
    Policy::parse(FILE_NAME, TEXT)
}

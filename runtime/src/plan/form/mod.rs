//! The stored form of plans: what a run keeps, and what its digest is over.

mod check;
mod v1;

use super::Plan;
use assize_provenance::canonical::{self, CanonicalError};

pub use check::check;

/// The largest plan in stored form, in bytes.
pub const PLAN_BYTES_MAX: usize = 64 << 20;

/// Why bytes are no plan in stored form, or a plan has none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// It is not canonical JSON.
    #[error(transparent)]
    Canonical(#[from] CanonicalError),
    /// A field is missing, unknown, out of range or of another type.
    #[error("not in the stored form of version 1: {0}")]
    Field(String),
    /// A task breaks a rule that every plan keeps.
    #[error("the task `{task}` {fault}")]
    Task {
        /// The task.
        task: String,
        /// What is wrong with it, as the end of a sentence.
        fault: &'static str,
    },
    /// The plan as a whole breaks a rule that every plan keeps.
    #[error("the plan {0}")]
    Plan(&'static str),
}

/// Writes a plan in stored form. The SHA-256 digest of these bytes identifies the plan.
///
/// # Errors
///
/// [`FormError`] for a plan that was not laid out by [`Workflow::bind`](super::Workflow::bind), and breaks a rule.
pub fn encode(plan: &Plan) -> Result<Vec<u8>, FormError> {
    check(plan)?;
    v1::encode(plan)
}

/// Reads a plan in stored form, and checks everything that is true of every plan.
///
/// # Errors
///
/// [`FormError`] for anything that [`encode`] does not write.
pub fn decode(bytes: &[u8]) -> Result<Plan, FormError> {
    let value = canonical::parse(bytes, PLAN_BYTES_MAX)?;
    let plan = v1::decode(value)?;
    check(&plan)?;
    // What may be left out stands there only where it says something, so each plan has one text.
    if v1::encode(&plan)? == bytes {
        Ok(plan)
    } else {
        Err(CanonicalError::NotCanonical.into())
    }
}

//! Working specs: what a change is meant to do, as its authors wrote it down before. Authored text in, a checked
//! [`WorkingSpec`] out. Pure.

mod choose;
mod read;
#[cfg(test)]
mod tests;

pub use choose::{Candidate, FOLDERS, choose, is_spec_path};
pub use read::{Reading, read};

/// Where a spec stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It is being written.
    Draft,
    /// It is being worked on.
    Active,
    /// It is done, or given up.
    Closed,
}

/// A checked working spec.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkingSpec {
    /// The file it was read from.
    pub path: String,
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its risk tier, 1 to 3.
    pub tier: u8,
    /// What kind of change it is: `feature`, `refactor`, `fix`, `doc` or `chore`.
    pub mode: String,
    /// Path patterns the change may touch; empty means all.
    pub scope_in: Vec<String>,
    /// Path patterns the change may not touch.
    pub scope_out: Vec<String>,
    /// What must hold at all times.
    pub invariants: Vec<String>,
    /// How anyone sees that it is done.
    pub acceptance: Vec<Criterion>,
    /// The interfaces it promises to keep.
    pub contracts: Vec<Contract>,
    /// How to go back, step by step.
    pub rollback: Vec<String>,
    /// Fields that the file carries with a value and this structure does not, by their dotted names, with their lines.
    pub other_fields: Vec<(String, u32)>,
}

/// An acceptance criterion.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Criterion {
    /// Its id within the spec.
    pub id: String,
    /// The state before.
    pub given: String,
    /// What happens.
    pub when: String,
    /// What must be so afterwards.
    pub then: String,
}

/// An interface that a spec promises to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contract {
    /// What kind of document it is, such as `openapi`.
    pub kind: String,
    /// Where it lies.
    pub path: String,
}

//! Where a policy says something.

/// The item of a role's list that decided.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place {
    /// The role whose list it is: the role itself or one that it inherits.
    pub role: String,
    /// The item as written, such as `evidence.*`.
    pub item: String,
    /// The item's line in the policy file, counted from 1.
    pub line: usize,
}

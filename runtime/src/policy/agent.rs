//! An agent as the policy appoints it.

/// An agent as the policy appoints it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// Its name in the policy.
    pub name: String,
    /// The plugin that does the work: the name of an embedded one, or where to find it.
    pub plugin: String,
    /// The role that says what the plugin may do.
    pub role: String,
    /// The line in the policy file that gives it its role, counted from 1.
    pub line: usize,
}

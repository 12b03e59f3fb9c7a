//! What a policy means, as every surface shows it.

use serde::Serialize;

/// Which policy was read.
#[derive(Debug, Clone, Serialize)]
pub struct PolicyFileView {
    /// `work-tree`, `base`, `head`, `file` or `default`.
    pub source: &'static str,
    /// What messages call the file.
    pub file: String,
    /// SHA-256 of its text, in hex.
    pub digest: String,
}

/// Whom a question was about.
#[derive(Debug, Clone, Serialize)]
pub struct SubjectView {
    /// `agent`, `judge` or `role`.
    pub kind: &'static str,
    /// Its name in the policy.
    pub name: String,
    /// The plugin that it is; a role is none.
    pub plugin: Option<String>,
    /// The role that decides.
    pub role: String,
}

/// A line of the policy that decided.
#[derive(Debug, Clone, Serialize)]
pub struct PolicyLineView {
    /// The table that it belongs to.
    pub table: String,
    /// What stands there.
    pub item: String,
    /// The line, counted from 1.
    pub line: usize,
}

/// Whether somebody may do something, and by which line.
#[derive(Debug, Clone, Serialize)]
pub struct PolicyExplainView {
    /// `assize.policy-explain/1`.
    pub schema: &'static str,
    /// The policy.
    pub policy: PolicyFileView,
    /// Whom it is about.
    pub subject: SubjectView,
    /// What was asked about, by its own name.
    pub permission: String,
    /// What it is used on, word by word.
    pub resource: Vec<String>,
    /// Whether it may be done.
    pub granted: bool,
    /// Why, or why not.
    pub reason: String,
    /// The lines that decided.
    pub lines: Vec<PolicyLineView>,
    /// What would have to change so that it is granted.
    pub needs: Option<String>,
    /// Whether this version of Assize has the function.
    pub served: bool,
}

/// One difference between two policies.
#[derive(Debug, Clone, Serialize)]
pub struct PolicyChangeView {
    /// `widens`, `narrows` or `neutral`.
    pub effect: &'static str,
    /// Whom or what it is about.
    pub subject: String,
    /// What is different.
    pub text: String,
    /// In which file the line stands: `old` or `new`.
    pub side: Option<&'static str>,
    /// The line, counted from 1.
    pub line: Option<usize>,
}

/// What authority a change of policy adds and removes.
#[derive(Debug, Clone, Serialize)]
pub struct PolicyDiffView {
    /// `assize.policy-diff/1`.
    pub schema: &'static str,
    /// The policy before the change.
    pub old: PolicyFileView,
    /// The policy after it.
    pub new: PolicyFileView,
    /// Whether anything widens.
    pub widens: bool,
    /// The differences; what widens comes first.
    pub changes: Vec<PolicyChangeView>,
}

/// One permission that somebody holds.
#[derive(Debug, Clone, Serialize)]
pub struct HeldPermissionView {
    /// Its name.
    pub name: &'static str,
    /// What it gives.
    pub meaning: &'static str,
    /// Whether this version of Assize has the function.
    pub served: bool,
    /// The line that allows it; none where everybody holds it.
    pub line: Option<PolicyLineView>,
    /// Whether any recorded run used it; nothing where that is not known.
    pub used: Option<bool>,
}

/// One power besides the permissions.
#[derive(Debug, Clone, Serialize)]
pub struct PowerView {
    /// `read`, `write`, `http`, `process`, `environment`, `secrets` or `tasks`.
    pub kind: &'static str,
    /// What is open.
    pub text: String,
    /// The role that says so.
    pub role: String,
    /// The line, counted from 1.
    pub line: usize,
}

/// One limit.
#[derive(Debug, Clone, Serialize)]
pub struct LimitView {
    /// Its name, with its unit.
    pub name: &'static str,
    /// Its value.
    pub value: u64,
}

/// Everything that somebody may do.
#[derive(Debug, Clone, Serialize)]
pub struct PolicyGrantsView {
    /// `assize.policy-grants/1`.
    pub schema: &'static str,
    /// The policy.
    pub policy: PolicyFileView,
    /// Whom it is about.
    pub subject: SubjectView,
    /// The permissions that are held.
    pub permissions: Vec<HeldPermissionView>,
    /// Everything else that is open.
    pub powers: Vec<PowerView>,
    /// The limits of each call.
    pub limits: Vec<LimitView>,
}

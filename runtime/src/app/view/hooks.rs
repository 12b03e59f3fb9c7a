//! Git's hooks, and what came of a push, as every surface shows them.

use serde::Serialize;

use super::ReviewView;

/// The hooks of a repository.
#[derive(Debug, Clone, Serialize)]
pub struct HooksView {
    /// `assize.hooks/1`.
    pub schema: &'static str,
    /// Each hook that Assize has.
    pub hooks: Vec<HookView>,
}

/// One hook.
#[derive(Debug, Clone, Serialize)]
pub struct HookView {
    /// Git's name for it.
    pub name: &'static str,
    /// Where it lies.
    pub path: String,
    /// `installed` (just now, or asked for its state), `was there`, `removed`, `absent`, or `another` for one that is not
    /// ours.
    pub state: &'static str,
    /// The line that calls Assize from a hook of one's own, where there is another.
    pub chain: Option<String>,
}

/// What came of one range of a push.
#[derive(Debug, Clone)]
pub struct PushView {
    /// The ref it would move at the remote.
    pub remote_ref: String,
    /// What was looked at: `BASE..HEAD`, or a root commit.
    pub revision: String,
    /// `approved`, `rejected` or `undecided`.
    pub verdict: &'static str,
    /// The entries that say so, where the chain had a verdict.
    pub entries: Vec<String>,
    /// The review, where it had none. It was not recorded.
    pub review: Option<ReviewView>,
}

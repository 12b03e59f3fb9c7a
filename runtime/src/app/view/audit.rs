//! What is shown of running judges again, and of what depended on something.

use serde::Serialize;

/// What came of hearing cases again.
#[derive(Debug, Clone, Serialize)]
pub struct ReplayView {
    /// `assize.replay/1`.
    pub schema: &'static str,
    /// `same`, `departs` or `not checkable`.
    pub standing: &'static str,
    /// Each verdict, log by log, oldest first.
    pub verdicts: Vec<VerdictAgainView>,
}

/// One verdict, reached again.
#[derive(Debug, Clone, Serialize)]
pub struct VerdictAgainView {
    /// The verdict's entry.
    pub entry: String,
    /// The log.
    pub log: String,
    /// The entry's position, from 0.
    pub index: u64,
    /// The commit that was judged.
    pub head: String,
    /// The council.
    pub council: String,
    /// The recorded outcome.
    pub outcome: &'static str,
    /// `same`, `departs` or `not checkable`, of everything together.
    pub standing: &'static str,
    /// How the case compares.
    pub case: AgainView,
    /// How each opinion compares, in seat order.
    pub opinions: Vec<OpinionAgainView>,
    /// How the verdict compares.
    pub verdict: AgainView,
}

/// One opinion, asked for again.
#[derive(Debug, Clone, Serialize)]
pub struct OpinionAgainView {
    /// The judge.
    pub judge: String,
    /// The entry's position, from 0.
    pub index: u64,
    /// How it compares.
    #[serde(flatten)]
    pub again: AgainView,
}

/// How something recorded compares with what is found now.
#[derive(Debug, Clone, Serialize)]
pub struct AgainView {
    /// `same`, `departs` or `not checkable`.
    pub standing: &'static str,
    /// Where it departs, or what is not here.
    pub why: Option<String>,
}

/// Which verdicts depended on something.
#[derive(Debug, Clone, Serialize)]
pub struct AffectedView {
    /// `assize.affected/1`.
    pub schema: &'static str,
    /// What was asked for: `component`, `policy` or `runtime`.
    pub culprit: &'static str,
    /// Its digest or version, as it was asked for.
    pub value: String,
    /// How many verdicts were looked at.
    pub looked_at: u64,
    /// Those that depended on it, log by log, oldest first.
    pub verdicts: Vec<AffectedVerdictView>,
}

/// A verdict that depended on something.
#[derive(Debug, Clone, Serialize)]
pub struct AffectedVerdictView {
    /// The verdict's entry.
    pub entry: String,
    /// The log.
    pub log: String,
    /// The entry's position, from 0.
    pub index: u64,
    /// When it was made.
    pub time: String,
    /// The commit that was judged.
    pub head: String,
    /// The council.
    pub council: String,
    /// What the council decided.
    pub outcome: &'static str,
    /// The entry of a person's verdict that stands in its place, if there is one.
    pub overridden: Option<String>,
    /// By which judges of the council it depended on a component; empty for a policy or a version.
    pub judges: Vec<String>,
}

/// What travelled to or from the elected remote.
#[derive(Debug, Clone, Serialize)]
pub struct TravelView {
    /// `assize.fetch/1` or `assize.push/1`.
    pub schema: &'static str,
    /// The remote.
    pub remote: String,
    /// Each ref that was looked at.
    pub refs: Vec<MovedRefView>,
}

/// What became of one ref.
#[derive(Debug, Clone, Serialize)]
pub struct MovedRefView {
    /// Its full name.
    pub name: String,
    /// `new`, `moved`, `same`, `refused`, or `behind` where the remote lacks what this clone wrote.
    pub outcome: &'static str,
    /// Why it was refused.
    pub why: Option<String>,
}

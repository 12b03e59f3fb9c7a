//! Working specs and waivers in a case: what the host would hand over, field by field.

use assize_judge as contract;
use serde::Deserialize;

/// A working spec. Fields stand for those of the contract's `working-spec`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the contract documents them")]
pub struct Spec {
    #[serde(default = "spec_path")]
    pub path: String,
    pub id: String,
    #[serde(default)]
    pub title: String,
    pub tier: u8,
    pub mode: String,
    #[serde(default)]
    pub scope_in: Vec<String>,
    #[serde(default)]
    pub scope_out: Vec<String>,
    #[serde(default)]
    pub invariants: Vec<String>,
    #[serde(default)]
    pub acceptance: Vec<Criterion>,
    #[serde(default)]
    pub contracts: Vec<Contract>,
    #[serde(default)]
    pub rollback: Vec<String>,
    #[serde(default)]
    pub other_fields: Vec<Mention>,
}

fn spec_path() -> String {
    ".assize/spec.toml".to_owned()
}

/// An acceptance criterion.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the contract documents them")]
pub struct Criterion {
    pub id: String,
    #[serde(default)]
    pub given: String,
    #[serde(default)]
    pub when: String,
    #[serde(default)]
    pub then: String,
}

/// An interface that a spec promises to keep.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the contract documents them")]
pub struct Contract {
    pub kind: String,
    pub path: String,
}

/// A line of a file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the contract documents them")]
pub struct Mention {
    pub name: String,
    pub line: u32,
}

/// What is wrong with a file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the contract documents them")]
pub struct Problem {
    pub path: String,
    #[serde(default)]
    pub line: u32,
    pub message: String,
}

/// A waiver.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the contract documents them")]
pub struct Waiver {
    pub path: String,
    pub side: Side,
    pub id: String,
    pub rule: String,
    #[serde(default)]
    pub paths: Vec<String>,
    #[serde(default = "far_away")]
    pub expires: String,
    pub state: State,
    #[serde(default)]
    pub problems: Vec<Problem>,
}

fn far_away() -> String {
    "2099-12-31T23:59:59Z".to_owned()
}

/// Where a waiver stands.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the contract documents them")]
pub enum Side {
    Base,
    Head,
}

/// What a waiver is worth.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the contract documents them")]
pub enum State {
    InForce,
    Proposed,
    Expired,
    Revoked,
    Invalid,
}

impl From<&Spec> for contract::WorkingSpec {
    fn from(spec: &Spec) -> Self {
        Self {
            path: spec.path.clone(),
            id: spec.id.clone(),
            title: spec.title.clone(),
            tier: spec.tier,
            mode: spec.mode.clone(),
            scope_in: spec.scope_in.clone(),
            scope_out: spec.scope_out.clone(),
            invariants: spec.invariants.clone(),
            acceptance: spec.acceptance.iter().map(Into::into).collect(),
            contracts: spec.contracts.iter().map(Into::into).collect(),
            rollback: spec.rollback.clone(),
            other_fields: spec.other_fields.iter().map(Into::into).collect(),
        }
    }
}

impl From<&Criterion> for contract::Criterion {
    fn from(criterion: &Criterion) -> Self {
        Self {
            id: criterion.id.clone(),
            given: criterion.given.clone(),
            when: criterion.when.clone(),
            then: criterion.then.clone(),
        }
    }
}

impl From<&Contract> for contract::Contract {
    fn from(promised: &Contract) -> Self {
        Self {
            kind: promised.kind.clone(),
            path: promised.path.clone(),
        }
    }
}

impl From<&Mention> for contract::Mention {
    fn from(mention: &Mention) -> Self {
        Self {
            name: mention.name.clone(),
            line: mention.line,
        }
    }
}

impl From<&Problem> for contract::Problem {
    fn from(problem: &Problem) -> Self {
        Self {
            path: problem.path.clone(),
            line: problem.line,
            message: problem.message.clone(),
        }
    }
}

impl From<&Waiver> for contract::Waiver {
    fn from(waiver: &Waiver) -> Self {
        Self {
            path: waiver.path.clone(),
            side: match waiver.side {
                Side::Base => contract::Side::Base,
                Side::Head => contract::Side::Head,
            },
            id: waiver.id.clone(),
            rule: waiver.rule.clone(),
            paths: waiver.paths.clone(),
            expires: waiver.expires.clone(),
            state: match waiver.state {
                State::InForce => contract::WaiverState::InForce,
                State::Proposed => contract::WaiverState::Proposed,
                State::Expired => contract::WaiverState::Expired,
                State::Revoked => contract::WaiverState::Revoked,
                State::Invalid => contract::WaiverState::Invalid,
            },
            problems: waiver.problems.iter().map(Into::into).collect(),
        }
    }
}

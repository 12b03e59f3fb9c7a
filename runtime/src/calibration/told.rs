//! Working specs and waivers of a case: what the host tells a judge, field by field.

use serde::Deserialize;

use super::case::CaseFault;
use crate::diagnostic;
use crate::spec::{self, WorkingSpec};
use crate::waiver::{self, Standing, Worth};

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Spec {
    #[serde(default = "spec_path")]
    path: String,
    id: String,
    #[serde(default)]
    title: String,
    tier: u8,
    mode: String,
    #[serde(default)]
    scope_in: Vec<String>,
    #[serde(default)]
    scope_out: Vec<String>,
    #[serde(default)]
    invariants: Vec<String>,
    #[serde(default)]
    acceptance: Vec<Criterion>,
    #[serde(default)]
    contracts: Vec<Contract>,
    #[serde(default)]
    rollback: Vec<String>,
    #[serde(default)]
    other_fields: Vec<Mention>,
}

fn spec_path() -> String {
    ".assize/spec.toml".to_owned()
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Criterion {
    id: String,
    #[serde(default)]
    given: String,
    #[serde(default)]
    when: String,
    #[serde(default)]
    then: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Contract {
    kind: String,
    path: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mention {
    name: String,
    line: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Problem {
    path: String,
    #[serde(default)]
    line: u32,
    message: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Waiver {
    path: String,
    side: Side,
    id: String,
    rule: String,
    #[serde(default)]
    paths: Vec<String>,
    #[serde(default = "far_away")]
    expires: String,
    state: State,
    #[serde(default)]
    problems: Vec<Problem>,
}

fn far_away() -> String {
    "2099-12-31T23:59:59Z".to_owned()
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Side {
    Base,
    Head,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum State {
    InForce,
    Proposed,
    Expired,
    Revoked,
    Invalid,
}

impl From<Spec> for WorkingSpec {
    fn from(spec: Spec) -> Self {
        let criterion = |Criterion { id, given, when, then }| spec::Criterion { id, given, when, then };
        Self {
            path: spec.path,
            id: spec.id,
            title: spec.title,
            tier: spec.tier,
            mode: spec.mode,
            scope_in: spec.scope_in,
            scope_out: spec.scope_out,
            invariants: spec.invariants,
            acceptance: spec.acceptance.into_iter().map(criterion).collect(),
            contracts: spec
                .contracts
                .into_iter()
                .map(|Contract { kind, path }| spec::Contract { kind, path })
                .collect(),
            rollback: spec.rollback,
            other_fields: spec
                .other_fields
                .into_iter()
                .map(|mention| (mention.name, mention.line))
                .collect(),
        }
    }
}

impl From<Problem> for diagnostic::Problem {
    fn from(Problem { path, line, message }: Problem) -> Self {
        Self { path, line, message }
    }
}

impl Waiver {
    /// Whether it stood before the change, is in force and is about the rule.
    pub(super) fn excuses(&self, rule: &str) -> bool {
        self.rule == rule && matches!((self.side, self.state), (Side::Base, State::InForce))
    }
}

impl TryFrom<Waiver> for waiver::Waiver {
    type Error = CaseFault;

    fn try_from(waiver: Waiver) -> Result<Self, CaseFault> {
        let pattern = |text: &String| {
            text.parse()
                .map_err(|_| CaseFault::Value(format!("the path pattern `{text}`")))
        };
        let expires = waiver.expires.parse();
        Ok(Self {
            path: waiver.path,
            standing: match waiver.side {
                Side::Base => Standing::Base,
                Side::Head => Standing::Head,
            },
            id: waiver.id,
            rule: waiver.rule,
            paths: waiver.paths.iter().map(pattern).collect::<Result<_, _>>()?,
            expires: Some(expires.map_err(|_| CaseFault::Value(format!("the time `{}`", waiver.expires)))?),
            worth: match waiver.state {
                State::InForce => Worth::InForce,
                State::Proposed => Worth::Proposed,
                State::Expired => Worth::Expired,
                State::Revoked => Worth::Revoked,
                State::Invalid => Worth::Invalid,
            },
            problems: waiver.problems.into_iter().map(Into::into).collect(),
        })
    }
}

//! What a judge is asked, in the contract's words.

use super::bindings::types as contract;
use crate::council::{Brief, BriefSetting};
use crate::diagnostic::Problem;
use crate::spec::WorkingSpec;
use crate::waiver::{Standing, Waiver, Worth};

pub(super) fn case_of(brief: &Brief) -> contract::Case {
    use assize_provenance::verdict::Mode;
    let setting = |setting: &BriefSetting| contract::RuleSetting {
        rule: setting.rule.clone(),
        mode: match setting.mode {
            Mode::Block => contract::Mode::Block,
            Mode::Warn => contract::Mode::Warn,
            Mode::Off => contract::Mode::Off,
        },
        paths: setting.paths.clone(),
        parameters: setting
            .parameters
            .iter()
            .map(|(name, value)| contract::Parameter {
                name: name.clone(),
                value: *value,
            })
            .collect(),
    };
    contract::Case {
        council: brief.council.clone(),
        judge: brief.judge.clone(),
        messages: brief.messages.clone(),
        spec: brief.spec.as_ref().map(spec),
        spec_problems: brief.spec_problems.iter().map(problem).collect(),
        waivers: brief.waivers.iter().map(waiver).collect(),
        budget: contract::Budget {
            tier: brief.budget.tier.number(),
            files_max: brief.budget.files_max,
            lines_max: brief.budget.lines_max,
        },
        settings: brief.settings.iter().map(setting).collect(),
        documents: brief.documents.clone(),
    }
}

fn spec(spec: &WorkingSpec) -> contract::WorkingSpec {
    let criteria = spec.acceptance.iter().map(|criterion| contract::Criterion {
        id: criterion.id.clone(),
        given: criterion.given.clone(),
        when: criterion.when.clone(),
        then: criterion.then.clone(),
    });
    let contracts = spec.contracts.iter().map(|promised| contract::Contract {
        kind: promised.kind.clone(),
        path: promised.path.clone(),
    });
    let mentions = spec.other_fields.iter().map(|(name, line)| contract::Mention {
        name: name.clone(),
        line: *line,
    });
    contract::WorkingSpec {
        path: spec.path.clone(),
        id: spec.id.clone(),
        title: spec.title.clone(),
        tier: spec.tier,
        mode: spec.mode.clone(),
        scope_in: spec.scope_in.clone(),
        scope_out: spec.scope_out.clone(),
        invariants: spec.invariants.clone(),
        acceptance: criteria.collect(),
        contracts: contracts.collect(),
        rollback: spec.rollback.clone(),
        other_fields: mentions.collect(),
    }
}

fn problem(problem: &Problem) -> contract::Problem {
    contract::Problem {
        path: problem.path.clone(),
        line: problem.line,
        message: problem.message.clone(),
    }
}

fn waiver(waiver: &Waiver) -> contract::Waiver {
    contract::Waiver {
        path: waiver.path.clone(),
        side: match waiver.standing {
            Standing::Base => contract::Side::Base,
            Standing::Head => contract::Side::Head,
        },
        id: waiver.id.clone(),
        rule: waiver.rule.clone(),
        paths: waiver.paths.iter().map(ToString::to_string).collect(),
        expires: waiver.expires.map_or_else(String::new, |time| time.to_string()),
        state: match waiver.worth {
            Worth::InForce => contract::WaiverState::InForce,
            Worth::Proposed => contract::WaiverState::Proposed,
            Worth::Expired => contract::WaiverState::Expired,
            Worth::Revoked => contract::WaiverState::Revoked,
            Worth::Invalid => contract::WaiverState::Invalid,
        },
        problems: waiver.problems.iter().map(problem).collect(),
    }
}

//! What a judge is told before it starts to read; the rest is evidence.

use assize_provenance::verdict::Mode;

use super::told::Told;
use crate::case::Case;
use crate::diagnostic::Problem;
use crate::policy::Policy;
use crate::policy::judge::Judge;
use crate::policy::tier::Budget;
use crate::spec::WorkingSpec;
use crate::waiver::Waiver;

/// What one judge is told. It names no author, and no other judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brief {
    /// The council that hears the case.
    pub council: String,
    /// The name under which this judge sits.
    pub judge: String,
    /// The first half of the ids of this judge's rules. Findings under another are refused, so that nobody's settings or
    /// waivers apply to another's findings.
    pub rules_under: String,
    /// The commit messages, oldest first, without trailers that name people.
    pub messages: Vec<String>,
    /// The working spec of the head, if it has one.
    pub spec: Option<WorkingSpec>,
    /// What is wrong with the working specs of the head.
    pub spec_problems: Vec<Problem>,
    /// The waivers of the base, and those that the change brings or alters.
    pub waivers: Vec<Waiver>,
    /// How large the change may be.
    pub budget: Budget,
    /// What policy says of this judge's rules.
    pub settings: Vec<BriefSetting>,
    /// The names of the documents that came with the case.
    pub documents: Vec<String>,
}

/// What policy says of one rule, as a judge sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BriefSetting {
    /// The rule's id.
    pub rule: String,
    /// How it counts.
    pub mode: Mode,
    /// The path patterns it is limited to; empty means everywhere.
    pub paths: Vec<String>,
    /// The rule's numbers.
    pub parameters: Vec<(String, u64)>,
}

impl Brief {
    /// Writes the brief of one judge of a council.
    #[must_use]
    pub fn of(policy: &Policy, council: &str, judge: &Judge, case: &Case, told: &Told) -> Self {
        let settings = policy.settings_of(judge).map(|setting| BriefSetting {
            rule: setting.rule.clone(),
            mode: setting.mode,
            paths: setting.paths.iter().map(ToString::to_string).collect(),
            parameters: setting
                .parameters
                .iter()
                .map(|(name, value)| (name.clone(), *value))
                .collect(),
        });
        Self {
            council: council.to_owned(),
            judge: judge.name.clone(),
            rules_under: judge.rule_prefix().to_owned(),
            messages: case.messages.clone(),
            spec: told.spec.clone(),
            spec_problems: told.spec_problems.clone(),
            waivers: told.waivers.clone(),
            budget: policy.budget(told.tier),
            settings: settings.collect(),
            documents: told.documents.iter().map(|document| document.name.clone()).collect(),
        }
    }
}

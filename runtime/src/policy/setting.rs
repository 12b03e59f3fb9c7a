//! What the policy says of one rule.

use assize_provenance::pattern::PathPattern;
use assize_provenance::verdict::{Mode, RuleSetting};
use std::collections::BTreeMap;

/// What the policy says of one rule. Where several settings fit a finding, the first one counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The rule's id, `judge/rule`.
    pub rule: String,
    /// How it counts.
    pub mode: Mode,
    /// Limits the setting to findings in these paths; empty means everywhere.
    pub paths: Vec<PathPattern>,
    /// Every parameter of the rule, also those that the policy leaves at their defaults; the same in all its settings.
    pub parameters: BTreeMap<String, u64>,
}

impl Setting {
    /// Returns the first half of the rule's id.
    #[must_use]
    pub fn judge(&self) -> &str {
        self.rule.split_once('/').map_or(self.rule.as_str(), |(judge, _)| judge)
    }

    /// Returns the part that decides how votes count.
    #[must_use]
    pub fn to_rule_setting(&self) -> RuleSetting {
        RuleSetting {
            rule: self.rule.clone(),
            mode: self.mode,
            paths: self.paths.clone(),
        }
    }
}

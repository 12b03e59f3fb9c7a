//! The numbers that policy sets for a rule.

use crate::Case;

/// The value of a rule's parameter, or `default` where policy says nothing. Where several settings name the rule, the
/// first that has the parameter counts.
#[must_use]
pub fn parameter(case: &Case, rule: &str, name: &str, default: u64) -> u64 {
    let of_rule = case.settings.iter().filter(|setting| setting.rule == rule);
    let mut values = of_rule
        .flat_map(|setting| &setting.parameters)
        .filter(|parameter| parameter.name == name);
    values.next().map_or(default, |parameter| parameter.value)
}

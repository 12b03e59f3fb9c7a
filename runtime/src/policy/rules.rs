//! The closed table of the rules that the four judges of Assize have, with their parameters.
//!
//! `policies/RULES.md` explains each. A policy can name only these rules for these judges, so that a misspelt rule is an
//! error instead of a setting without effect.

/// A number that tunes a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownParameter {
    /// Its key, with its unit.
    pub name: &'static str,
    /// Its value where the policy sets none.
    pub standard: u64,
    /// What it does.
    pub meaning: &'static str,
}

/// A rule of a judge that comes with Assize.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownRule {
    /// Its id, `judge/rule`.
    pub id: &'static str,
    /// Its parameters.
    pub parameters: &'static [KnownParameter],
}

impl KnownRule {
    /// Returns the judge whose rule it is.
    #[must_use]
    pub fn judge(&self) -> &'static str {
        self.id.split_once('/').map_or(self.id, |(judge, _)| judge)
    }

    /// Returns the rule of that id.
    #[must_use]
    pub fn named(id: &str) -> Option<&'static Self> {
        RULES.iter().find(|rule| rule.id == id)
    }

    /// Returns the parameter of that name.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&'static KnownParameter> {
        self.parameters.iter().find(|parameter| parameter.name == name)
    }
}

/// The judges that come with Assize: the names of their plugins, which are the first halves of their rules' ids.
pub const SHIPPED_JUDGES: [&str; 4] = ["constitutional", "technical", "quality", "integration"];

/// Every rule of the judges that come with Assize, judge by judge.
pub const RULES: &[KnownRule] = &[
    plain("constitutional/policy-and-code"),
    plain("constitutional/budget-files"),
    plain("constitutional/budget-lines"),
    plain("constitutional/scope"),
    plain("constitutional/spec-incomplete"),
    plain("constitutional/spec-budget"),
    plain("constitutional/waiver-invalid"),
    plain("constitutional/mode"),
    plain("technical/placeholder"),
    plain("technical/conflict-marker"),
    plain("technical/secret"),
    plain("technical/dangerous"),
    KnownRule {
        id: "technical/god-file",
        parameters: &[
            KnownParameter {
                name: "warn_lines",
                standard: 1_750,
                meaning: "The lines above which a source file is large.",
            },
            KnownParameter {
                name: "block_lines",
                standard: 2_000,
                meaning: "The lines above which a source file is too long.",
            },
        ],
    },
    KnownRule {
        id: "technical/large-file",
        parameters: &[KnownParameter {
            name: "max_kib",
            standard: 1_024,
            meaning: "The size in KiB above which an added or grown file is reported.",
        }],
    },
    plain("technical/binary-file"),
    KnownRule {
        id: "technical/mass-deletion",
        parameters: &[KnownParameter {
            name: "min_lines",
            standard: 1_000,
            meaning: "From how many removed lines on a change is looked at.",
        }],
    },
    KnownRule {
        id: "quality/tests-missing",
        parameters: &[KnownParameter {
            name: "min_lines",
            standard: 10,
            meaning: "From how many added lines of code on tests are asked for.",
        }],
    },
    plain("quality/test-removed"),
    plain("quality/test-skipped"),
    plain("quality/acceptance-uncovered"),
    KnownRule {
        id: "quality/tests-failed",
        parameters: &[REQUIRED],
    },
    KnownRule {
        id: "quality/coverage-low",
        parameters: &[
            KnownParameter {
                name: "min_percent",
                standard: 0,
                meaning: "The part of branches, or else of lines, that tests must reach; 0 is what the tier asks for.",
            },
            REQUIRED,
        ],
    },
    plain("quality/docs-missing"),
    plain("integration/lock-out-of-step"),
    plain("integration/shadow-copy"),
    plain("integration/unpinned-dependency"),
    plain("integration/new-dependency"),
    plain("integration/migration-one-way"),
    plain("integration/ci-changed"),
    plain("integration/broken-reference"),
];

/// Whether a case without the report that a rule reads is refused.
const REQUIRED: KnownParameter = KnownParameter {
    name: "required",
    standard: 0,
    meaning: "1 makes a case without such a report an error; with 0 the judge says that it was not evaluated.",
};

/// A rule without parameters.
const fn plain(id: &'static str) -> KnownRule {
    KnownRule { id, parameters: &[] }
}

#[cfg(test)]
mod tests {
    use super::{RULES, SHIPPED_JUDGES};
    use std::collections::BTreeSet;

    #[test]
    fn every_rule_is_named_once_and_belongs_to_a_shipped_judge() {
        let ids: BTreeSet<_> = RULES.iter().map(|rule| rule.id).collect();
        assert_eq!(ids.len(), RULES.len());
        assert!(RULES.iter().all(|rule| SHIPPED_JUDGES.contains(&rule.judge())));
        assert!(
            SHIPPED_JUDGES
                .iter()
                .all(|judge| RULES.iter().any(|rule| rule.judge() == *judge))
        );
    }
}

//! The rules of the shipped judges, as every surface shows them.

use serde::Serialize;

use crate::policy::rulebook::Page;

/// Rules, explained.
#[derive(Debug, Clone, Serialize)]
pub struct RulesView {
    /// `assize.rules/1`.
    pub schema: &'static str,
    /// The rules, in the order of their judges.
    pub rules: Vec<RuleView>,
}

/// One rule, explained.
#[derive(Debug, Clone, Serialize)]
pub struct RuleView {
    /// Its id.
    pub id: &'static str,
    /// How severe its findings are, in words.
    pub severity: &'static str,
    /// What it finds, as one sentence.
    pub summary: String,
    /// All that is said of it, as Markdown.
    pub text: &'static str,
}

impl RuleView {
    /// Takes a page of the rulebook.
    #[must_use]
    pub fn of(page: &Page) -> Self {
        Self {
            id: page.rule,
            severity: page.severity,
            summary: page.summary.clone(),
            text: page.text,
        }
    }
}

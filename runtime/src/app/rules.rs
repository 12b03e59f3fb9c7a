//! What the rules of the shipped judges mean.

use super::view::rules::{RuleView, RulesView};
use super::{App, Fault};
use crate::policy::rulebook::Rulebook;
use crate::policy::rules::RULES;

impl App {
    /// Explains one rule, or all of them, in the order of the judges.
    ///
    /// # Errors
    ///
    /// [`Fault::Wrong`] for a rule that no shipped judge has.
    pub fn explain_rules(&self, rule: Option<&str>) -> Result<RulesView, Fault> {
        let book = Rulebook::shipped();
        let pages = RULES.iter().filter_map(|known| book.page(known.id));
        let rules: Vec<RuleView> = pages
            .filter(|page| rule.is_none_or(|rule| page.rule == rule))
            .map(RuleView::of)
            .collect();
        match rule {
            Some(rule) if rules.is_empty() => Err(unknown(rule, book)),
            _ => Ok(RulesView {
                schema: "assize.rules/1",
                rules,
            }),
        }
    }
}

fn unknown(rule: &str, book: &Rulebook) -> Fault {
    let all = "`assize review --explain` lists them all";
    let hint = match book.nearest(rule) {
        Some(near) => format!("did you mean `{near}`? {all}"),
        None => format!("{all}; rules of judges of your own are explained by whoever wrote them"),
    };
    Fault::wrong(format!("no judge that comes with Assize has a rule `{rule}`"), hint)
}

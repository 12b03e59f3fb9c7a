//! `constitutional/spec-budget`: a budget inside a working spec is reported and not obeyed. Whoever writes the spec would
//! otherwise say how large a change may be that is judged by it.

use assize_judge::findings::{finding, grouped, shown};
use assize_judge::{Case, Findings, Severity};

const RULE: &str = "constitutional/spec-budget";

/// Reports each field of a budget at its line.
pub(crate) fn check(case: &Case, findings: &mut Findings) {
    let Some(spec) = &case.spec else { return };
    let budget = &case.budget;
    for field in spec.other_fields.iter().filter(|field| is_budget(&field.name)) {
        let message = format!(
            "`{}` is a budget inside a spec and does not count; policy allows tier {} {} files and {} lines.",
            shown(&field.name),
            budget.tier,
            grouped(u64::from(budget.files_max)),
            grouped(u64::from(budget.lines_max)),
        );
        let found = finding(RULE, Severity::Warning, message).at(&spec.path, field.line);
        findings.report(
            found.suggesting("Remove it; budgets stand in policy under `[tiers.N]`, and a waiver excuses one change."),
        );
    }
}

fn is_budget(name: &str) -> bool {
    name.strip_prefix("change_budget")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

//! `constitutional/spec-incomplete`: a working spec says what its risk tier asks for, and can be read at all.

use assize_judge::findings::{finding, shown};
use assize_judge::{Case, Findings, Severity, WorkingSpec};

const RULE: &str = "constitutional/spec-incomplete";

/// The kinds of change that a spec may name.
const MODES: [&str; 5] = ["feature", "refactor", "fix", "doc", "chore"];

/// The highest tier number, which is the lowest risk, that must name its contracts.
const CONTRACTS_TIER_MAX: u8 = 2;

/// The tier of the highest risk.
const RISKIEST_TIER: u8 = 1;

/// Reports what the host could not read, and what is missing.
pub(crate) fn check(case: &Case, findings: &mut Findings) {
    for problem in &case.spec_problems {
        let found = finding(RULE, Severity::Error, problem.message.as_str()).at(&problem.path, problem.line);
        findings.report(found.suggesting("Mend the working spec at this place."));
    }
    let Some(spec) = &case.spec else { return };
    for (missing, suggestion) in missing(spec) {
        let message = format!("The spec `{}` of tier {} {missing}.", shown(&spec.id), spec.tier);
        let found = finding(RULE, Severity::Error, message).at(&spec.path, 0);
        findings.report(found.suggesting(suggestion));
    }
    for criterion in spec.acceptance.iter().filter(|criterion| is_blank(&criterion.then)) {
        let message = format!(
            "The acceptance criterion `{}` does not say what must be so afterwards.",
            shown(&criterion.id)
        );
        let found = finding(RULE, Severity::Warning, message).at(&spec.path, 0);
        findings.report(found.suggesting("Write its `then`, so that anyone can see whether it is met."));
    }
}

/// What a spec of its tier must have and this one has not, each with what to do.
fn missing(spec: &WorkingSpec) -> Vec<(&'static str, &'static str)> {
    let mode = spec.mode.as_str();
    let is_riskiest = spec.tier <= RISKIEST_TIER;
    let needs_acceptance = !matches!(mode, "doc" | "chore");
    let needs_contracts = spec.tier <= CONTRACTS_TIER_MAX && mode == "feature";
    let asked = [
        (is_blank(&spec.id), "has no id", "Give it an `id`, such as `PAY-12`."),
        (
            is_blank(&spec.title),
            "has no title",
            "Say in `title` what the change is for.",
        ),
        (
            !MODES.contains(&mode),
            "names no mode that is known",
            "Set `mode` to feature, refactor, fix, doc or chore.",
        ),
        (
            needs_acceptance && spec.acceptance.is_empty(),
            "has no acceptance criterion",
            "Say under `acceptance` how anyone sees that the work is done.",
        ),
        (
            spec.scope_in.is_empty(),
            "does not say what the change may touch",
            "Name the paths under the scope's `in`; `**` is everything.",
        ),
        (
            needs_contracts && spec.contracts.is_empty(),
            "names no contract, which a feature of this tier needs",
            "Name under `contracts` the interface that the feature promises to keep, with its kind and path.",
        ),
        (
            is_riskiest && spec.rollback.is_empty(),
            "has no way back",
            "Say under `rollback`, step by step, how to undo the change.",
        ),
        (
            is_riskiest && !mentions(spec, "operational_rollback_slo"),
            "does not say how soon the change can be undone",
            "Set `operational_rollback_slo`, such as `5m`.",
        ),
        (
            is_riskiest && !mentions(spec, "observability"),
            "does not say how anyone sees that the change works in operation",
            "Name logs, metrics or traces under `observability`.",
        ),
    ];
    let absent = asked.into_iter().filter(|(is_missing, ..)| *is_missing);
    absent.map(|(_, missing, suggestion)| (missing, suggestion)).collect()
}

/// Tells whether the spec carries a field of that name, or one inside of it.
fn mentions(spec: &WorkingSpec, name: &str) -> bool {
    let is_named = |field: &str| {
        field
            .strip_prefix(name)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    spec.other_fields.iter().any(|field| is_named(&field.name))
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

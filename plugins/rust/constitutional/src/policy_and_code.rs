//! `constitutional/policy-and-code`: the rules of a repository change alone.
//!
//! A change that alters both the rules and what they apply to hides one behind the other: whoever reviews the code
//! overlooks that the next change will be judged more gently.

use assize_judge::evidence::Change;
use assize_judge::findings::{count, finding, shown};
use assize_judge::pages::entries;
use assize_judge::{Changes, Evidence, Findings, Severity, Side, path};

use crate::working_spec::is_working_spec;

const RULE: &str = "constitutional/policy-and-code";

/// What a changed file is to this rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Matter {
    /// It says how changes are judged or what plugins may do.
    Policy,
    /// It pins a component by digest.
    Pin,
    /// It is a component that a pin may name.
    Component,
    /// It explains: documents, and working specs, which come with the code they describe.
    Prose,
    /// Everything else.
    Code,
}

/// Looks for policy and code in one change. The change that fills an empty repository may hold both: before it there was
/// no policy to hide anything from.
pub(crate) fn check(changes: &Changes, evidence: &dyn Evidence, findings: &mut Findings) {
    let policy = files_of(changes, |matter| matches!(matter, Matter::Policy | Matter::Pin));
    let pins_only = files_of(changes, |matter| matter == Matter::Policy).is_empty();
    let code = files_of(changes, |matter| {
        matter == Matter::Code || (matter == Matter::Component && !pins_only)
    });
    let (Some(first_policy), Some(first_code)) = (policy.first(), code.first()) else {
        return;
    };
    if fills_empty_repository(changes, evidence) {
        return;
    }
    let message = format!(
        "The change alters the repository's rules ({}) together with {} of other content, such as `{}`.",
        named(&policy),
        count(code.len() as u64, "file"),
        shown(&first_code.path),
    );
    let found = finding(RULE, Severity::Error, message);
    let is_gone = first_policy.head.is_none() || rule_path(first_policy) != first_policy.path;
    let placed = if is_gone {
        found.at_base(rule_path(first_policy), 0)
    } else {
        found.at(&first_policy.path, 0)
    };
    findings
        .report(placed.suggesting("Put the files under `.assize/` into a change of their own and let it land first."));
}

fn files_of(changes: &Changes, wanted: impl Fn(Matter) -> bool) -> Vec<&Change> {
    changes.all.iter().filter(|change| wanted(matter_of(change))).collect()
}

fn matter_of(change: &Change) -> Matter {
    matter_of_path(rule_path(change))
}

/// The path by which a change touches the rules: a file that leaves `.assize/` touches them as much as one that enters it.
fn rule_path(change: &Change) -> &str {
    let is_rule = |path: &&str| matches!(matter_of_path(path), Matter::Policy | Matter::Pin);
    change.old_path.as_deref().filter(is_rule).unwrap_or(&change.path)
}

fn matter_of_path(file: &str) -> Matter {
    // A file or link in the place of the folder decides what the folder holds.
    if file == ".assize" {
        return Matter::Policy;
    }
    if is_working_spec(file) {
        return Matter::Prose;
    }
    let Some(inside) = file.strip_prefix(".assize/") else {
        return match path::extension(file) {
            "wasm" => Matter::Component,
            _ if path::is_docs(file) => Matter::Prose,
            _ => Matter::Code,
        };
    };
    if inside == "plugins.lock" {
        Matter::Pin
    } else if path::extension(inside) == "md" {
        Matter::Prose
    } else {
        Matter::Policy
    }
}

fn fills_empty_repository(changes: &Changes, evidence: &dyn Evidence) -> bool {
    let adds_only = changes.all.iter().all(|change| change.base.is_none());
    adds_only
        && matches!(
            entries(evidence, Side::Base, "").next(),
            None | Some(Err(assize_judge::Refusal::NotFound(_)))
        )
}

fn named(files: &[&Change]) -> String {
    let shown_files: Vec<String> = files
        .iter()
        .take(3)
        .map(|change| format!("`{}`", shown(rule_path(change))))
        .collect();
    let rest = files.len().saturating_sub(shown_files.len());
    let more = if rest > 0 {
        format!(" and {rest} more")
    } else {
        String::new()
    };
    format!("{}{more}", shown_files.join(", "))
}

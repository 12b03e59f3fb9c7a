//! `constitutional/scope`: a change touches what its working spec says it will, and nothing else.

use assize_judge::evidence::Change;
use assize_judge::findings::{finding, shown};
use assize_judge::pattern::Pattern;
use assize_judge::{Case, Changes, Findings, Severity, WorkingSpec};

use crate::working_spec::is_working_spec;

const RULE: &str = "constitutional/scope";

/// The patterns of a spec.
struct Scope<'a> {
    within: Vec<(&'a str, Pattern<'a>)>,
    without: Vec<(&'a str, Pattern<'a>)>,
    /// Whether the spec limits what may be touched at all. A limit of unusable patterns is still one.
    is_limited: bool,
}

/// Compares each changed path, for a renamed file both, with the scope of the spec.
pub(crate) fn check(case: &Case, changes: &Changes, findings: &mut Findings) {
    let Some(spec) = &case.spec else { return };
    let scope = Scope::of(spec, findings);
    for change in &changes.all {
        let Some((path, why)) = outside(&scope, spec, change) else {
            continue;
        };
        let found = finding(RULE, Severity::Error, why);
        let is_in_head = change.head.is_some() && path == change.path;
        let placed = if is_in_head {
            found.at(path, 0)
        } else {
            found.at_base(path, 0)
        };
        findings.report(placed.suggesting(
            "Take the file out of this change, or let the spec's scope name it first and have that agreed upon.",
        ));
    }
}

impl<'a> Scope<'a> {
    fn of(spec: &'a WorkingSpec, findings: &mut Findings) -> Self {
        Self {
            within: patterns(&spec.scope_in, "in", spec, findings),
            without: patterns(&spec.scope_out, "out", spec, findings),
            is_limited: !spec.scope_in.is_empty(),
        }
    }
}

fn patterns<'a>(
    texts: &'a [String],
    list: &str,
    spec: &WorkingSpec,
    findings: &mut Findings,
) -> Vec<(&'a str, Pattern<'a>)> {
    let mut patterns = Vec::with_capacity(texts.len());
    for text in texts {
        if let Some(pattern) = Pattern::parse(text) {
            patterns.push((text.as_str(), pattern));
        } else {
            let message = format!(
                "`{}` in the spec's scope ({list}) is no path pattern and matches nothing.",
                shown(text)
            );
            let found = finding(RULE, Severity::Warning, message).at(&spec.path, 0);
            findings.report(found.suggesting("Write `folder/**` for a folder, and `*` or `?` within one name."));
        }
    }
    patterns
}

/// The first path of a change that lies outside of the scope, and why.
fn outside<'a>(scope: &Scope<'_>, spec: &WorkingSpec, change: &'a Change) -> Option<(&'a str, String)> {
    let paths = std::iter::once(change.path.as_str()).chain(change.old_path.as_deref());
    let mut touched = paths.filter(|path| *path != spec.path && !is_working_spec(path));
    touched.find_map(|path| {
        let shut_out = scope.without.iter().find(|(_, pattern)| pattern.matches(path));
        if let Some((text, _)) = shut_out {
            let why = format!("`{}` is out of the spec's scope by `{}`.", shown(path), shown(text));
            return Some((path, why));
        }
        let is_within = !scope.is_limited || scope.within.iter().any(|(_, pattern)| pattern.matches(path));
        (!is_within).then(|| {
            (
                path,
                format!(
                    "`{}` is not in the scope of the spec `{}`.",
                    shown(path),
                    shown(&spec.id)
                ),
            )
        })
    })
}

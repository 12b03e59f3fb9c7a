//! `technical/large-file`: a file that every clone will carry for ever.

use assize_judge::evidence::{Change, Kind};
use assize_judge::findings::{finding, grouped};
use assize_judge::settings::parameter;
use assize_judge::{Case, Findings, Severity, path};

const RULE: &str = "technical/large-file";

/// The size above which a file is large, in KiB, where policy sets none.
const MAX_KIB: u64 = 1024;

/// How many times that size is too large for any repository.
const FAR_TOO_LARGE: u64 = 10;

/// Looks at the size of one file. A file that was large before counts only when it has grown by as much again as would be
/// large on its own.
pub(crate) fn check(case: &Case, change: &Change, findings: &mut Findings) {
    let max_kib = parameter(case, RULE, "max_kib", MAX_KIB);
    let Some(head) = change
        .head
        .as_ref()
        .filter(|head| matches!(head.kind, Kind::File | Kind::Executable))
    else {
        return;
    };
    let before = change.base.as_ref().map_or(0, |base| base.bytes);
    let large = max_kib.saturating_mul(1024);
    let has_grown = head.bytes.saturating_sub(before) > large || (before <= large && head.bytes > before);
    if head.bytes <= large || !has_grown {
        return;
    }
    let is_far_above = head.bytes.saturating_sub(before) > large.saturating_mul(FAR_TOO_LARGE);
    let severity = if path::is_lock(&change.path) {
        Severity::Note
    } else if is_far_above {
        Severity::Error
    } else {
        Severity::Warning
    };
    let message = format!(
        "The file has {} KiB; {} KiB is large.",
        grouped(head.bytes.div_ceil(1024)),
        grouped(max_kib)
    );
    let found = finding(RULE, severity, message).at(&change.path, 0);
    findings.report(found.suggesting("Keep it outside the repository (a release asset, Git LFS) or make it smaller."));
}

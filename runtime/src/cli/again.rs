//! What is printed of judges that were run again, and of verdicts that depended on something.

use super::args::Format;
use super::audit::{lines, stamp};
use super::output::{STRONG, data, json, paint, safe, tell};
use super::review::{count, short};
use super::unwritten;
use crate::app::view::audit::{AffectedVerdictView, AffectedView, AgainView, VerdictAgainView};
use crate::app::{App, Culprit, Exit, Fault, SuppliedFiles};

pub(super) fn replay(
    app: &App,
    entry: Option<&str>,
    supplied: SuppliedFiles<'_>,
    format: Format,
) -> Result<Exit, Fault> {
    let view = app.audit_replay(entry, supplied)?;
    if view.verdicts.is_empty() {
        tell("There are no verdicts here yet. A review makes the first; `assize audit fetch` brings those of others.");
    }
    match format {
        Format::Human => {
            let mut page: String = view.verdicts.iter().map(verdict).collect();
            page.push_str(&format!("{}\n", stamp(view.standing)));
            data(&page)
        }
        Format::Json => json(&view),
    }
    .map_err(unwritten)?;
    Ok(match view.standing {
        "same" => Exit::Yes,
        "departs" => Exit::No,
        _ => Exit::Undecided,
    })
}

fn verdict(verdict: &VerdictAgainView) -> String {
    let mut page = format!(
        "{} by council {} on {}, entry {} of log {}: {}\n",
        paint(STRONG, verdict.outcome),
        safe(&verdict.council),
        short(&verdict.head),
        verdict.index,
        short(&verdict.log),
        stamp(verdict.standing)
    );
    let opinions = verdict
        .opinions
        .iter()
        .map(|opinion| (safe(&opinion.judge), &opinion.again));
    let case = [("case".to_owned(), &verdict.case)];
    let decided = [("verdict".to_owned(), &verdict.verdict)];
    for (name, again) in case.into_iter().chain(opinions).chain(decided) {
        part(&mut page, &name, again);
    }
    page
}

fn part(page: &mut String, name: &str, again: &AgainView) {
    page.push_str(&format!("  {name:<16} {}\n", stamp(again.standing)));
    if let Some(why) = &again.why {
        lines(page, "      ", &safe(why));
    }
}

pub(super) fn affected(app: &App, culprit: Culprit<'_>, format: Format) -> Result<Exit, Fault> {
    let view = app.audit_affected(culprit)?;
    match format {
        Format::Human => data(&list(&view)),
        Format::Json => json(&view),
    }
    .map_err(unwritten)?;
    Ok(match (view.looked_at, view.verdicts.is_empty()) {
        (0, _) => Exit::Undecided,
        (_, true) => Exit::Yes,
        (_, false) => Exit::No,
    })
}

fn list(view: &AffectedView) -> String {
    let mut page: String = view.verdicts.iter().map(row).collect();
    let affected = u64::try_from(view.verdicts.len()).unwrap_or(u64::MAX);
    page.push_str(&format!(
        "{} of {} depended on the {} {}.\n",
        affected,
        count(view.looked_at, "verdict"),
        view.culprit,
        safe(&view.value)
    ));
    page
}

fn row(verdict: &AffectedVerdictView) -> String {
    let mut row = format!(
        "{} {:>5}  {}  {} by council {} on {}",
        short(&verdict.entry),
        verdict.index,
        verdict.time,
        paint(STRONG, verdict.outcome),
        safe(&verdict.council),
        short(&verdict.head)
    );
    if !verdict.judges.is_empty() {
        row.push_str(&format!(", by {}", safe(&verdict.judges.join(", "))));
    }
    if let Some(person) = &verdict.overridden {
        row.push_str(&format!(", overridden by {}", short(person)));
    }
    row.push('\n');
    row
}

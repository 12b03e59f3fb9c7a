//! `assize audit appeal`, and how `audit check` tells what people said.

use super::args::{AppealArgs, Format};
use super::audit::lines;
use super::durability::insisted;
use super::output::{FAINT, data, json, paint, safe, tell};
use super::review::{exit, human, short};
use super::unwritten;
use crate::app::view::decided::{AppealView, DecidedView, SaidView};
use crate::app::{App, AppealRequest, Exit, Fault, SuppliedFiles};

pub(super) fn run(app: &App, args: &AppealArgs) -> Result<Exit, Fault> {
    let request = AppealRequest {
        verdict: &args.verdict,
        reason: &args.reason,
        person: args.person.as_deref(),
        wanted: args.durability.wanted(),
        files: SuppliedFiles {
            components: &[],
            documents: &args.document,
            policies: &args.policy,
        },
    };
    let view = app.audit_appeal(&request, &mut |news| tell(&format!("{news}\n")))?;
    match args.format {
        Format::Json => json(&view),
        Format::Human => {
            let mut page = human(&view, false);
            if let Some(appeal) = &view.appeal {
                page.push_str(&format!("{} {}\n", paint(FAINT, "appeal   "), superseded(appeal)));
            }
            data(&page)
        }
    }
    .map_err(unwritten)?;
    Ok(insisted(
        exit(&view),
        view.entry.as_ref().map(|entry| &entry.durability),
    ))
}

fn superseded(appeal: &AppealView) -> String {
    let (by, outcome) = (safe(&appeal.by), appeal.outcome);
    let (before, entry) = (short(&appeal.supersedes), short(&appeal.entry));
    format!("of {by} in entry {entry}; this supersedes the verdict {before}, which said {outcome}")
}

/// What people said of a verdict, below it.
pub(super) fn told(page: &mut String, verdict: &DecidedView) {
    if let Some(appeal) = &verdict.appeal {
        lines(
            page,
            "    ",
            &format!("heard again on the appeal {}", superseded(appeal)),
        );
    }
    for said in verdict.approvals.iter().chain(&verdict.appealed) {
        let what = match said.said {
            "approved" => "confirmed",
            "rejected" => "refused",
            _ => "appealed against, and not heard again yet,",
        };
        said_lines(page, what, said);
    }
}

/// Who said something of a verdict, and why, line for line.
fn said_lines(page: &mut String, what: &str, said: &SaidView) {
    let reason = said.reason.as_deref().unwrap_or_default();
    let mut head = format!("{what} by {}", safe(&said.by));
    for (number, line) in reason.lines().enumerate() {
        let lead = if number == 0 {
            format!("{head}: ")
        } else {
            String::new()
        };
        lines(page, "    ", &format!("{lead}{}", safe(line)));
        head.clear();
    }
    if !head.is_empty() {
        lines(page, "    ", &head);
    }
    let (time, index, key) = (&said.time, said.index, short(&said.key));
    page.push_str(&format!(
        "    at {time}, entry {index} of the same log, with their key {key}\n"
    ));
}

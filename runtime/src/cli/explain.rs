//! `assize review --explain`: what a rule means.

use super::args::ReviewFormat;
use super::output::{FAINT, STRONG, columns, data, json, paint, wrap};
use super::unwritten;
use crate::app::view::rules::RuleView;
use crate::app::{App, Exit, Fault};

pub(super) fn run(app: &App, rule: Option<&str>, format: ReviewFormat) -> Result<Exit, Fault> {
    let view = app.explain_rules(rule)?;
    match format {
        ReviewFormat::Human if rule.is_some() => data(&view.rules.iter().map(page).collect::<String>()),
        ReviewFormat::Human => data(&view.rules.iter().map(line).collect::<String>()),
        ReviewFormat::Json => json(&view),
        _ => {
            return Err(Fault::wrong(
                "rules are explained for people or as JSON",
                "leave out --format, or give `--format json`",
            ));
        }
    }
    .map_err(unwritten)?;
    Ok(Exit::Yes)
}

/// One rule with everything there is to know, as the file has it.
fn page(rule: &RuleView) -> String {
    format!(
        "{}  {}\n\n{}\n",
        paint(STRONG, rule.id),
        paint(FAINT, rule.severity),
        rule.text
    )
}

/// One rule as one line, cut to the terminal where a person reads.
fn line(rule: &RuleView) -> String {
    const ID_COLUMNS: usize = 32;
    let room = columns().saturating_sub(ID_COLUMNS + 3);
    let summary = wrap(&rule.summary, room).into_iter().next().unwrap_or_default();
    let cut = if summary.len() < rule.summary.len() { "…" } else { "" };
    format!(
        "{}  {}{cut}\n",
        paint(STRONG, &format!("{:<ID_COLUMNS$}", rule.id)),
        summary
    )
}

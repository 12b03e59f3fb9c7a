//! `assize review`: how a verdict looks.

use std::fmt::Write as _;

use super::args::{ReviewArgs, ReviewFormat};
use super::durability::{insisted, words};
use super::output::{BAD, CAUTION, FAINT, GOOD, STRONG, clip, columns, data, json, paint, raw, safe, tell, wrap};
use super::{explain, report, unwritten};
use crate::app::view::{FindingView, OpinionView, ReviewView};
use crate::app::{App, Exit, Fault, ReviewRequest};

/// How many findings of one judge are shown; the rest are counted. JSON has all of them.
const FINDINGS_SHOWN: usize = 20;

pub(super) fn run(app: &App, args: &ReviewArgs, verbose: bool) -> Result<Exit, Fault> {
    if let Some(rule) = &args.explain {
        return explain::run(app, rule.as_deref(), args.format);
    }
    let request = ReviewRequest {
        subject: args.subject(),
        documents: &args.documents,
        council: args.council.as_deref(),
        policy: args.policy.as_deref(),
        record: !args.no_record,
        wanted: args.durability.wanted(),
    };
    let view = app.review(request, &mut |news| tell(&format!("{news}\n")))?;
    match args.format {
        ReviewFormat::Human => data(&human(&view, verbose)),
        ReviewFormat::Json => json(&view),
        ReviewFormat::Sarif => json(&report::sarif::log(&view)),
        ReviewFormat::Junit => raw(report::junit::document(&view).as_bytes()),
        ReviewFormat::Markdown => raw(report::markdown::page(&view).as_bytes()),
        ReviewFormat::Github => raw(report::github::commands(&view).as_bytes()),
    }
    .map_err(unwritten)?;
    Ok(insisted(
        exit(&view),
        view.entry.as_ref().map(|entry| &entry.durability),
    ))
}

/// The exit code that a verdict ends with.
pub(super) fn exit(view: &ReviewView) -> Exit {
    match view.verdict {
        "approved" => Exit::Yes,
        "rejected" => Exit::No,
        _ => Exit::Undecided,
    }
}

/// Draws a review for a person.
pub(super) fn human(view: &ReviewView, verbose: bool) -> String {
    let mut page = String::new();
    head(&mut page, view);
    for opinion in &view.opinions {
        judge(&mut page, opinion, verbose);
    }
    foot(&mut page, view);
    page
}

fn line(page: &mut String, text: impl AsRef<str>) {
    // Writing to a string cannot fail.
    let _ = writeln!(page, "{}", text.as_ref().trim_end());
}

fn field(page: &mut String, name: &str, text: &str) {
    for (index, part) in wrap(text, columns().saturating_sub(10)).iter().enumerate() {
        let label = if index == 0 { name } else { "" };
        line(page, format!("{} {part}", paint(FAINT, &format!("{label:<9}"))));
    }
}

fn head(page: &mut String, view: &ReviewView) {
    let case = &view.case;
    let base = case.base.as_deref().map_or("(nothing)", short);
    let title = clip(&safe(&case.title), columns().saturating_sub(10));
    line(page, format!("{} {}", paint(FAINT, "change   "), paint(STRONG, &title)));
    let counts = format!(
        "{base}..{}, {}, +{} -{} lines",
        short(&case.head),
        count(case.files, "file"),
        case.added_lines,
        case.removed_lines
    );
    field(page, "", &counts);
    let policy = &case.policy;
    let place = match (policy.source, &policy.path) {
        ("default", _) => "built-in default".to_owned(),
        ("base", Some(path)) => format!("{} of the base", safe(path)),
        (_, Some(path)) => format!("{} (given by hand)", safe(path)),
        (source, None) => source.to_owned(),
    };
    field(
        page,
        "policy",
        &format!("{place}, tier {}, sha256 {}", policy.tier, short(&policy.digest)),
    );
    let council = &view.council;
    let heard = format!(
        "{}, {}, quorum {} of {}, {} heard",
        council.name,
        council.rule,
        council.quorum,
        view.opinions.len(),
        council.heard
    );
    field(page, "council", &heard);
    line(page, "");
}

fn judge(page: &mut String, opinion: &OpinionView, verbose: bool) {
    let (style, mark) = match opinion.effective {
        "approve" => (GOOD, "✓"),
        "reject" => (BAD, "✗"),
        "abstain" => (CAUTION, "–"),
        _ => (CAUTION, "?"),
    };
    let word = match (opinion.vote, opinion.effective) {
        (Some(vote), effective) if vote == effective => vote.to_owned(),
        (Some(vote), effective) => format!("{vote}, counted as {effective}"),
        (None, _) => "no opinion".to_owned(),
    };
    line(
        page,
        format!(
            "{} {} {}",
            paint(style, mark),
            paint(STRONG, &format!("{:<16}", opinion.judge)),
            paint(style, &word)
        ),
    );
    if let Some(absence) = &opinion.no_opinion {
        indented(page, &format!("{}: {}", absence.reason, safe(&absence.detail)));
    }
    indented(page, &safe(&opinion.rationale));
    for each in opinion.findings.iter().take(FINDINGS_SHOWN) {
        finding(page, each);
    }
    if let Some(more) = opinion
        .findings
        .len()
        .checked_sub(FINDINGS_SHOWN)
        .filter(|more| *more > 0)
    {
        indented(
            page,
            &format!("and {} more; see `--format json`", count(more as u64, "finding")),
        );
    }
    for text in opinion.log.iter().filter(|_| verbose) {
        line(
            page,
            format!(
                "  {}",
                paint(
                    FAINT,
                    &clip(&format!("log: {}", safe(text)), columns().saturating_sub(2))
                )
            ),
        );
    }
}

fn finding(page: &mut String, finding: &FindingView) {
    let style = match finding.severity {
        "critical" | "error" => BAD,
        "warning" => CAUTION,
        _ => STRONG,
    };
    let place = match (&finding.path, finding.line) {
        (Some(path), Some(number)) => format!("{}:{number}", safe(path)),
        (Some(path), None) => safe(path),
        (None, _) => "the whole change".to_owned(),
    };
    let side = if finding.in_base { " (in the base)" } else { "" };
    line(page, "");
    line(
        page,
        format!("  {} {}", paint(style, finding.severity), safe(&finding.rule)),
    );
    line(page, format!("    {} {}{side}", paint(FAINT, "at"), place));
    for text in wrap(&safe(&finding.message), columns().saturating_sub(4)) {
        line(page, format!("    {text}"));
    }
    if let Some(source) = &finding.source {
        let number = finding.line.unwrap_or_default();
        let gutter = format!("    {number} | ");
        let room = columns().saturating_sub(gutter.chars().count());
        line(page, format!("{}{}", paint(FAINT, &gutter), clip(&safe(source), room)));
    }
    if let Some(suggestion) = &finding.suggestion {
        for (index, text) in wrap(&safe(suggestion), columns().saturating_sub(10)).iter().enumerate() {
            let label = if index == 0 { "help:" } else { "     " };
            line(page, format!("    {} {text}", paint(FAINT, label)));
        }
    }
    if let Some(waiver) = &finding.waived {
        let whose = match &finding.waiver_entry {
            Some(entry) => format!("which people signed, proposed in entry {}", short(entry)),
            None => "which is unsigned".to_owned(),
        };
        line(page, format!("    waived by {}, {whose}", safe(waiver)));
    } else if let Some(setting) = finding.setting {
        line(
            page,
            format!("    does not count: policy sets this rule to `{setting}`"),
        );
    }
}

fn foot(page: &mut String, view: &ReviewView) {
    let style = match view.verdict {
        "approved" => GOOD,
        "rejected" => BAD,
        _ => CAUTION,
    };
    line(page, "");
    line(
        page,
        format!(
            "{} {}",
            paint(FAINT, "verdict  "),
            paint(style, &view.verdict.to_uppercase())
        ),
    );
    field(page, "", &view.because);
    match &view.entry {
        Some(entry) => {
            field(page, "entry", &entry.id);
            let position = entry.index.saturating_add(1);
            let sealed = match &entry.commit {
                Some(commit) => format!("sealed in commit {}", short(commit)),
                None => "not sealed yet".to_owned(),
            };
            field(page, "", &format!("number {position} of {}, {sealed}", entry.size));
            for (number, text) in words(&entry.durability).iter().enumerate() {
                field(page, if number == 0 { "level" } else { "" }, text);
            }
            field(page, "log", &entry.r#ref);
            field(page, "verify", "assize audit verify");
        }
        None => field(page, "entry", "none: nothing was signed or recorded"),
    }
}

fn indented(page: &mut String, text: &str) {
    for part in wrap(text, columns().saturating_sub(2)) {
        line(page, format!("  {part}"));
    }
}

/// The first characters of an id, enough for a person.
pub(super) fn short(id: &str) -> &str {
    id.get(..12).unwrap_or(id)
}

/// "1 file", "2 files".
pub(super) fn count(number: u64, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

//! A summary for a pull request, in the Markdown of GitHub and GitLab.
//!
//! What comes from outside is written so that it stays text: it can start no heading, link, image, list, table cell, HTML or
//! code, and mentions nobody and no issue.

use super::super::output::{clip, safe};
use super::super::review::{count, short};
use super::{excuse, rejects, uri};
use crate::app::view::{FindingView, OpinionView, ReviewView};

/// How much of a summary may be findings, in bytes. GitHub takes comments of at most 65,536 characters.
const FINDINGS_BYTES_MAX: usize = 40_000;
/// How much of one text is shown, in columns.
const TEXT_COLUMNS: usize = 400;
/// How long a path may be to be a link, in bytes.
const LINK_BYTES_MAX: usize = 400;

/// Draws a review as a page.
pub(in crate::cli) fn page(view: &ReviewView) -> String {
    let mark = match view.verdict {
        "approved" => "✅",
        "rejected" => "❌",
        _ => "❔",
    };
    let mut page = format!("## {mark} Assize: {}\n\n{}\n\n", view.verdict, prose(&view.because));
    page.push_str(&change(view));
    page.push_str("\n| judge | vote | why |\n|---|---|---|\n");
    for opinion in &view.opinions {
        page.push_str(&row(opinion));
    }
    let all = || view.opinions.iter().flat_map(|opinion| &opinion.findings);
    let against: Vec<&FindingView> = all().filter(|finding| rejects(finding)).collect();
    let is_warning = |finding: &&FindingView| finding.severity == "warning" && excuse(finding).is_none();
    let warnings: Vec<&FindingView> = all().filter(is_warning).collect();
    let rest: Vec<&FindingView> = all().filter(|each| !rejects(each) && !is_warning(each)).collect();
    let mut bytes_left = FINDINGS_BYTES_MAX;
    if !against.is_empty() {
        page.push_str("\n### Against the change\n\n");
        page.push_str(&list(&against, &mut bytes_left));
    }
    if !warnings.is_empty() {
        page.push_str("\n### Warnings\n\n");
        page.push_str(&list(&warnings, &mut bytes_left));
    }
    if !rest.is_empty() {
        let summary = count(rest.len() as u64, "finding");
        let list = list(&rest, &mut bytes_left);
        page.push_str(&format!(
            "\n<details>\n<summary>{summary} without weight: notes, and what is excused</summary>\n\n{list}\n</details>\n"
        ));
    }
    page.push_str(&foot(view));
    page
}

fn change(view: &ReviewView) -> String {
    let case = &view.case;
    let base = case.base.as_deref().map_or("nothing", short);
    format!(
        "**{}** — `{base}..{}`, {}, +{} −{} lines; policy `{}`, tier {}\n",
        prose(&case.title),
        short(&case.head),
        count(case.files, "file"),
        case.added_lines,
        case.removed_lines,
        short(&case.policy.digest),
        case.policy.tier
    )
}

fn row(opinion: &OpinionView) -> String {
    let vote = match (opinion.vote, opinion.effective) {
        (Some(vote), effective) if vote == effective => vote.to_owned(),
        (Some(vote), effective) => format!("{vote}, counted as {effective}"),
        (None, _) => "no opinion".to_owned(),
    };
    let why = match &opinion.no_opinion {
        Some(absence) => format!("{}: {}", absence.reason, absence.detail),
        None => opinion.rationale.clone(),
    };
    format!("| {} | {vote} | {} |\n", prose(&opinion.judge), prose(&why))
}

/// As many findings as there is room for; the rest are counted.
fn list(findings: &[&FindingView], bytes_left: &mut usize) -> String {
    let mut list = String::new();
    for (place, finding) in findings.iter().enumerate() {
        let item = item(finding);
        let Some(left) = bytes_left.checked_sub(item.len()) else {
            let more = findings.len().saturating_sub(place);
            list.push_str(&format!("- and {} more\n", count(more as u64, "finding")));
            break;
        };
        *bytes_left = left;
        list.push_str(&item);
    }
    list
}

fn item(finding: &FindingView) -> String {
    let mut item = format!(
        "- **{}** {}{}: {}\n",
        finding.severity,
        prose(&finding.rule),
        place(finding),
        prose(&finding.message)
    );
    if let Some(suggestion) = &finding.suggestion {
        item.push_str(&format!("  <br>Help: {}\n", prose(suggestion)));
    }
    if let Some(excuse) = excuse(finding) {
        item.push_str(&format!("  <br>Does not count: {}\n", prose(&excuse)));
    }
    item
}

/// Where a finding stands, as a link to the file in the head.
fn place(finding: &FindingView) -> String {
    let Some(path) = &finding.path else {
        return String::new();
    };
    let name = prose(&match finding.line {
        Some(line) => format!("{path}:{line}"),
        None => path.clone(),
    });
    if finding.in_base {
        return format!(" in {name} of the base");
    }
    let target = uri(path);
    if target.len() > LINK_BYTES_MAX {
        return format!(" in {name}");
    }
    let line = finding.line.map_or_else(String::new, |line| format!("#L{line}"));
    format!(" in [{name}]({target}{line})")
}

fn foot(view: &ReviewView) -> String {
    match &view.entry {
        Some(entry) => format!(
            "\nSigned as entry `{}` of `{}`. To verify it: `git fetch origin 'refs/assize/*:refs/assize/*'`, then `assize audit \
             verify`.\n",
            entry.id, entry.r#ref
        ),
        None => "\nNothing was signed or recorded.\n".to_owned(),
    }
}

/// A text from outside, cut where it is long. It never stands at the start of a line, so only what has a meaning inside one
/// is escaped. GitHub looks for mentions and issues in what was already rendered, so a blank of no width goes behind `@` and
/// `#`.
fn prose(text: &str) -> String {
    let text = clip(&safe(text), TEXT_COLUMNS);
    let mut prose = String::with_capacity(text.len());
    for (place, character) in text.char_indices() {
        match character {
            '&' => prose.push_str("&amp;"),
            '<' => prose.push_str("&lt;"),
            '>' => prose.push_str("&gt;"),
            '@' => prose.push_str("@\u{200b}"),
            '#' => prose.push_str("\\#\u{200b}"),
            other => {
                if is_markup(other) || makes_link(&text, place) {
                    prose.push('\\');
                }
                prose.push(other);
            }
        }
    }
    prose
}

/// Characters that start or end something inside a line.
fn is_markup(character: char) -> bool {
    matches!(character, '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$')
}

/// The colon of `https://` and the stop of `www.` make links without any brackets.
fn makes_link(text: &str, place: usize) -> bool {
    let (before, from) = text.split_at_checked(place).unwrap_or_default();
    from.starts_with("://")
        || (from.starts_with('.')
            && before
                .get(place.saturating_sub(3)..)
                .is_some_and(|end| end.eq_ignore_ascii_case("www")))
}

//! `assize judge`.

use super::args::{Format, JudgeVerb};
use super::output::{BAD, FAINT, GOOD, STRONG, data, json, paint, safe};
use super::review::{count, short};
use super::unwritten;
use crate::app::view::{JudgeCompareView, JudgeTestView, SightingView};
use crate::app::{App, Exit, Fault};

pub(super) fn run(app: &App, verb: &JudgeVerb) -> Result<Exit, Fault> {
    let (printed, exit) = match verb {
        JudgeVerb::Test { folder, judge, format } => {
            let view = app.test_judges(folder, judge.as_deref())?;
            let exit = if view.wrong.is_empty() { Exit::Yes } else { Exit::No };
            let printed = match format {
                Format::Human => data(&tested(&view)),
                Format::Json => json(&view),
            };
            (printed, exit)
        }
        JudgeVerb::Compare {
            one,
            other,
            folder,
            format,
        } => {
            let view = app.compare_judges(one, other, folder)?;
            let exit = if view.flips.is_empty() { Exit::Yes } else { Exit::No };
            let printed = match format {
                Format::Human => data(&compared(&view)),
                Format::Json => json(&view),
            };
            (printed, exit)
        }
    };
    printed.map_err(unwritten)?;
    Ok(exit)
}

fn tested(view: &JudgeTestView) -> String {
    let mut page = String::new();
    for wrong in &view.wrong {
        page.push_str(&format!("{} {}\n", paint(BAD, "✗"), paint(STRONG, &safe(&wrong.case))));
        page.push_str(&format!("  {}\n", safe(&wrong.summary)));
        if let Some(vote) = &wrong.vote {
            page.push_str(&format!("  vote: {}\n", safe(vote)));
        }
        sightings(&mut page, "missed", &wrong.misses);
        sightings(&mut page, "false alarm", &wrong.false_alarms);
        page.push('\n');
    }
    let header = format!("{:<36} {:>6} {:>7} {:>13}", "rule", "hits", "misses", "false alarms");
    page.push_str(&format!("{}\n", paint(FAINT, &header)));
    for rule in &view.rules {
        page.push_str(&format!(
            "{:<36} {:>6} {:>7} {:>13}\n",
            safe(&rule.rule),
            rule.hits,
            rule.misses,
            rule.false_alarms
        ));
    }
    let (style, word) = if view.wrong.is_empty() {
        (GOOD, "all as expected".to_owned())
    } else {
        (BAD, format!("{} otherwise than expected", view.wrong.len()))
    };
    page.push_str(&format!("\n{}, {}\n", count(view.cases, "case"), paint(style, &word)));
    page
}

fn compared(view: &JudgeCompareView) -> String {
    let mut page = String::new();
    for (sign, judge) in [("-", &view.one), ("+", &view.other)] {
        let digest = paint(FAINT, &format!("sha256 {}", short(&judge.component)));
        page.push_str(&format!(
            "{sign} {} {} {digest}\n",
            safe(&judge.name),
            safe(&judge.version)
        ));
    }
    for flip in &view.flips {
        page.push_str(&format!(
            "\n{}\n  {}\n",
            paint(STRONG, &safe(&flip.case)),
            safe(&flip.summary)
        ));
        if flip.votes.0 != flip.votes.1 {
            page.push_str(&format!(
                "  vote: {}, then {}\n",
                safe(&flip.votes.0),
                safe(&flip.votes.1)
            ));
        }
        sightings(&mut page, "-", &flip.gone);
        sightings(&mut page, "+", &flip.new);
    }
    let flips = count(view.flips.len() as u64, "flip");
    page.push_str(&format!("\n{}, {flips}\n", count(view.cases, "case")));
    page
}

fn sightings(page: &mut String, label: &str, sightings: &[SightingView]) {
    for sighting in sightings {
        let place = match &sighting.path {
            Some(path) => format!(" at {}:{}", safe(path), sighting.line),
            None => String::new(),
        };
        page.push_str(&format!(
            "  {label}: {} {}{place}\n",
            safe(&sighting.severity),
            safe(&sighting.rule)
        ));
    }
}

//! `assize doctor`.

use super::args::{DoctorArgs, Format};
use super::output::{BAD, CAUTION, FAINT, GOOD, STRONG, columns, data, json, paint, safe, wrap};
use super::unwritten;
use crate::app::view::agents::{AttackView, DoctorView, HealthView};
use crate::app::{App, Exit, Fault};

pub(super) fn run(app: &App, args: &DoctorArgs) -> Result<Exit, Fault> {
    let view = app.examine(args.hostile)?;
    match args.format {
        Format::Human => data(&page(&view)),
        Format::Json => json(&view),
    }
    .map_err(unwritten)?;
    let is_well =
        view.checks.iter().all(|check| check.state != "failed") && view.attacks.iter().all(|attack| attack.held);
    Ok(if is_well { Exit::Yes } else { Exit::No })
}

fn page(view: &DoctorView) -> String {
    let mut page: String = view.checks.iter().map(health).collect();
    if !view.attacks.is_empty() {
        let held = view.attacks.iter().filter(|attack| attack.held).count();
        page.push_str(&format!(
            "\n{}\n",
            paint(
                STRONG,
                &format!("{held} of {} attacks were stopped", view.attacks.len())
            )
        ));
        page.extend(view.attacks.iter().map(attack));
    }
    page
}

fn health(check: &HealthView) -> String {
    let style = match check.state {
        "ok" => GOOD,
        "note" => CAUTION,
        _ => BAD,
    };
    let mut text = String::new();
    let label = format!(
        "{} {}",
        paint(style, &format!("{:<6}", check.state)),
        paint(STRONG, &format!("{:<11}", check.name))
    );
    let indent = " ".repeat(19);
    for (index, line) in wrap(&safe(&check.detail), columns().saturating_sub(19))
        .iter()
        .enumerate()
    {
        let before = if index == 0 {
            format!("{label} ")
        } else {
            indent.clone()
        };
        text.push_str(&format!("{before}{line}\n"));
    }
    for line in check
        .remedy
        .iter()
        .flat_map(|remedy| wrap(&safe(remedy), columns().saturating_sub(19)))
    {
        text.push_str(&format!("{indent}{}\n", paint(CAUTION, &line)));
    }
    text
}

fn attack(attack: &AttackView) -> String {
    let (style, word) = if attack.held { (GOOD, "held") } else { (BAD, "BROKEN") };
    let mut text = format!(
        "{} {}\n",
        paint(style, &format!("{word:<6}")),
        paint(STRONG, &safe(&attack.id))
    );
    let mut lines = vec![attack.tries.clone()];
    lines.push(if attack.held {
        attack.stopped_by.clone()
    } else {
        attack.answer.clone()
    });
    for line in lines
        .iter()
        .flat_map(|text| wrap(&safe(text), columns().saturating_sub(7)))
    {
        text.push_str(&paint(FAINT, &format!("       {line}\n")));
    }
    text
}

//! What is printed of the chain's way to and from its remote.

use super::args::Format;
use super::audit::lines;
use super::output::{BAD, FAINT, GOOD, data, json, paint, safe, tell};
use super::unwritten;
use crate::app::view::audit::{MovedRefView, TravelView};
use crate::app::{App, Exit, Fault};

pub(super) fn remote(app: &App, url: Option<&str>) -> Result<Exit, Fault> {
    match app.audit_remote(url)? {
        Some(elected) => {
            data(&format!("{}\n", safe(&elected))).map_err(unwritten)?;
            Ok(Exit::Yes)
        }
        None => {
            tell("No remote is elected for the chain of this clone: `assize audit remote URL` elects one.");
            Ok(Exit::Undecided)
        }
    }
}

pub(super) fn show(view: &TravelView, format: Format) -> Result<Exit, Fault> {
    match format {
        Format::Human => {
            let mut page: String = view.refs.iter().map(row).collect();
            if view.refs.is_empty() {
                page.push_str(&format!("Nothing of the chain is at {} or here.\n", safe(&view.remote)));
            }
            data(&page)
        }
        Format::Json => json(view),
    }
    .map_err(unwritten)?;
    let is_refused = view.refs.iter().any(|moved| moved.outcome == "refused");
    Ok(if is_refused { Exit::No } else { Exit::Yes })
}

fn row(moved: &MovedRefView) -> String {
    let style = match moved.outcome {
        "refused" => BAD,
        "same" => FAINT,
        _ => GOOD,
    };
    let mut row = format!(
        "{}  {}\n",
        paint(style, &format!("{:<7}", moved.outcome)),
        safe(&moved.name)
    );
    if let Some(why) = &moved.why {
        lines(&mut row, "         ", &safe(why));
    }
    row
}

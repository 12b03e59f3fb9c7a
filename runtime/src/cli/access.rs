//! `assize audit access`.

use std::time::Duration;

use super::args::Format;
use super::output::{CAUTION, FAINT, GOOD, STRONG, columns, data, json, paint, safe, tell, wrap};
use super::review::short;
use super::unwritten;
use crate::app::view::agents::AccessView;
use crate::app::{Accesses, App, Exit, Fault};

/// Lists accesses. That there are none is an answer too.
pub(super) fn run(app: &App, asked: &Accesses<'_>, format: Format) -> Result<Exit, Fault> {
    let view = app.audit_access(asked)?;
    match format {
        Format::Human => data(&view.accesses.iter().map(row).collect::<String>()),
        Format::Json => json(&view),
    }
    .map_err(unwritten)?;
    if format == Format::Human && view.accesses.is_empty() {
        tell("No such access is recorded in this clone.");
    }
    if view.more {
        tell("There are more; --max N lists more of them.");
    }
    Ok(Exit::Yes)
}

fn row(access: &AccessView) -> String {
    let (style, word) = if access.granted {
        (GOOD, "granted")
    } else {
        (CAUTION, "refused")
    };
    let times = if access.times > 1 {
        format!(" ×{}", access.times)
    } else {
        String::new()
    };
    let mut text = format!(
        "{} {} {} {}{times} {}\n",
        paint(FAINT, &access.at),
        paint(style, word),
        paint(STRONG, &safe(&access.permission)),
        safe(&access.resource),
        paint(
            FAINT,
            &format!(
                "{} as {}, run {}",
                safe(&access.agent),
                safe(&access.role),
                short(&access.run)
            )
        )
    );
    if !access.granted {
        for line in wrap(&safe(&access.reason), columns().saturating_sub(4)) {
            text.push_str(&format!("    {line}\n"));
        }
    }
    text
}

/// What is asked for, as it was typed.
pub(super) fn asked(denied: bool, since: Option<Duration>, agent: Option<&str>, max: u32) -> Accesses<'_> {
    Accesses {
        only_denied: denied,
        within: since,
        agent,
        max: max as usize,
    }
}

//! What an agent did in a task: its log, its host calls, and whether it does them again.

use std::path::Path;

use super::args::Format;
use super::output::{BAD, CAUTION, FAINT, GOOD, STRONG, data, json, paint, safe};
use super::review::short;
use super::unwritten;
use crate::app::{App, Exit, Fault};

pub(super) fn logs(app: &App, target: &str, format: Format) -> Result<Exit, Fault> {
    let view = app.task_logs(target)?;
    match format {
        Format::Json => json(&view),
        Format::Human => {
            let mut page = String::new();
            for line in &view.lines {
                page.push_str(&format!("{}\n", safe(line)));
            }
            for call in &view.host_calls {
                let refused = if call.granted {
                    String::new()
                } else {
                    format!(" {}", paint(CAUTION, "refused"))
                };
                let number = paint(FAINT, &format!("{:>5}", call.number));
                page.push_str(&format!(
                    "{number} {} {}{refused}\n",
                    call.permission,
                    safe(&call.resource)
                ));
            }
            if view.left_out > 0 {
                page.push_str(&paint(FAINT, &format!("      and {} more host calls\n", view.left_out)));
            }
            data(&page)
        }
    }
    .map_err(unwritten)?;
    Ok(Exit::Yes)
}

pub(super) fn replay(app: &App, target: &str, component: Option<&Path>, format: Format) -> Result<Exit, Fault> {
    let view = app.replay_task(target, component)?;
    match format {
        Format::Json => json(&view),
        Format::Human => {
            let (style, said) = match view.answer {
                "same" => (GOOD, format!("the same, {} host calls", view.host_calls)),
                "diverged" => (BAD, "something else".to_owned()),
                _ => (CAUTION, "it cannot be told".to_owned()),
            };
            let mut page = format!("{} {}\n", paint(STRONG, &safe(&view.task)), paint(style, &said));
            if !view.detail.is_empty() {
                page.push_str(&format!("  {}\n", safe(&view.detail)));
            }
            if view.component != view.recorded_component {
                page.push_str(&paint(
                    FAINT,
                    &format!(
                        "  component {} instead of {}\n",
                        short(&view.component),
                        short(&view.recorded_component)
                    ),
                ));
            }
            data(&page)
        }
    }
    .map_err(unwritten)?;
    Ok(match view.answer {
        "same" => Exit::Yes,
        "diverged" => Exit::No,
        _ => Exit::Undecided,
    })
}

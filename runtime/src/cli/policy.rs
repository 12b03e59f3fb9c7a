//! `assize policy`.

use super::args::{Format, PolicyVerb};
use super::output::{FAINT, GOOD, data, json, paint, safe};
use super::unwritten;
use crate::app::{App, Exit, Fault};

pub(super) fn run(app: &App, verb: &PolicyVerb) -> Result<Exit, Fault> {
    let PolicyVerb::Check { file, format } = verb;
    let view = app.check_policy(file.as_deref())?;
    match format {
        Format::Human => {
            let digest = paint(FAINT, &format!("sha256 {}", view.digest));
            data(&format!(
                "{} {}\n{digest}\n\n{}\n",
                paint(GOOD, "ok"),
                safe(&view.file),
                view.summary.trim()
            ))
        }
        Format::Json => json(&view),
    }
    .map_err(unwritten)?;
    Ok(Exit::Yes)
}

//! `assize init`.

use super::output::{FAINT, STRONG, data, paint, safe};
use super::unwritten;
use crate::app::{App, Exit, Fault};

pub(super) fn run(app: &App) -> Result<Exit, Fault> {
    let view = app.init()?;
    let did = |done: bool| if done { "made" } else { "was there" };
    let mut page = format!(
        "{}  {}\n",
        paint(STRONG, view.policy),
        paint(FAINT, did(view.policy_written))
    );
    for key in &view.keys {
        let made = paint(FAINT, did(view.keys_made));
        page.push_str(&format!(
            "{} key  {}  {made}\n",
            paint(STRONG, key.role),
            key.fingerprint
        ));
    }
    page.push_str(&format!(
        "\nThe keys lie in {}; keep a backup.\nNext: read and commit {}, then `assize review`.\n",
        safe(&view.home),
        view.policy
    ));
    data(&page).map_err(unwritten)?;
    Ok(Exit::Yes)
}

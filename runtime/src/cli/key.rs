//! `assize key`.

use super::args::{KeyFormat, KeyVerb};
use super::output::{FAINT, STRONG, data, json, paint, tell};
use super::unwritten;
use crate::app::view::KeysView;
use crate::app::{App, Exit, Fault};

pub(super) fn run(app: &App, verb: &KeyVerb) -> Result<Exit, Fault> {
    let (view, format) = match verb {
        KeyVerb::New => (app.new_keys()?, KeyFormat::Human),
        KeyVerb::List { format } => (app.list_keys()?, *format),
    };
    if view.keys.is_empty() {
        tell("There are no keys yet. The first review makes a pair, and so does `assize key new`.");
    }
    print(&view, format).map_err(unwritten)?;
    Ok(Exit::Yes)
}

fn print(view: &KeysView, format: KeyFormat) -> std::io::Result<()> {
    match format {
        KeyFormat::Human => data(&human(view)),
        KeyFormat::Json => json(view),
        KeyFormat::AllowedSigners => data(
            &view
                .keys
                .iter()
                .map(|key| format!("{}\n", key.allowed_signers.trim_end()))
                .collect::<String>(),
        ),
        KeyFormat::Jwk => {
            let keys: Vec<serde_json::Value> = view
                .keys
                .iter()
                .map(|key| {
                    let mut jwk = key.jwk.clone();
                    jwk["kid"] = key.id.clone().into();
                    jwk["use"] = "sig".into();
                    jwk["alg"] = "EdDSA".into();
                    jwk
                })
                .collect();
            json(&serde_json::json!({ "keys": keys }))
        }
    }
}

fn human(view: &KeysView) -> String {
    let mut page = String::new();
    for key in &view.keys {
        let now = if key.current { "signs" } else { "retired" };
        page.push_str(&format!(
            "{}  {}  {}\n  {}\n",
            paint(STRONG, &format!("{:<7}", key.role)),
            key.fingerprint,
            now,
            paint(FAINT, &format!("id {}, made {}", key.id, key.created)),
        ));
    }
    page
}

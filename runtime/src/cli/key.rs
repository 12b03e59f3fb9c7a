//! `assize key`.

use assize_provenance::key::Role;

use super::args::{AgentRoleArg, KeyFormat, KeyRoleArg, KeyVerb, ProtectionArg};
use super::output::{FAINT, STRONG, data, json, paint, tell};
use super::unwritten;
use crate::app::view::KeysView;
use crate::app::{App, Exit, Fault, NewKeys};
use crate::chain::keys::Protection;

pub(super) fn run(app: &App, verb: &KeyVerb) -> Result<Exit, Fault> {
    let (view, format) = match verb {
        KeyVerb::New { role, protect } => {
            let protection = protect.map(Protection::from);
            (app.new_keys(NewKeys::from(*role), protection)?, KeyFormat::Human)
        }
        KeyVerb::List { format } => {
            let view = app.list_keys()?;
            if view.keys.is_empty() {
                tell("There are no keys yet. The first review makes a pair, and so does `assize key new`.");
            }
            (view, *format)
        }
        KeyVerb::Export { key, format } => (app.export_key(key)?, *format),
        KeyVerb::Protect { keys, protection } => {
            let view = app.protect_keys(keys, Protection::from(*protection))?;
            if view.keys.is_empty() {
                tell("No key lies in a plain file: nothing was changed.");
            }
            (view, KeyFormat::Human)
        }
        KeyVerb::Unprotect { keys } => {
            let view = app.unprotect_keys(keys)?;
            if view.keys.is_empty() {
                tell("No key is protected: nothing was changed.");
            }
            (view, KeyFormat::Human)
        }
        KeyVerb::Use { fingerprint, role, .. } => {
            (app.use_agent_key(fingerprint, Role::from(*role))?, KeyFormat::Human)
        }
    };
    print(&view, format).map_err(unwritten)?;
    Ok(Exit::Yes)
}

impl From<KeyRoleArg> for NewKeys {
    fn from(role: KeyRoleArg) -> Self {
        match role {
            KeyRoleArg::Pair => Self::Pair,
            KeyRoleArg::Person => Self::Person,
        }
    }
}

impl From<ProtectionArg> for Protection {
    fn from(protection: ProtectionArg) -> Self {
        match protection {
            ProtectionArg::Passphrase => Self::Passphrase,
            ProtectionArg::Keyring => Self::Keyring,
        }
    }
}

impl From<AgentRoleArg> for Role {
    fn from(role: AgentRoleArg) -> Self {
        match role {
            AgentRoleArg::Council => Self::Council,
            AgentRoleArg::Log => Self::Log,
            AgentRoleArg::Person => Self::Person,
        }
    }
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
        KeyFormat::Openssh => data(
            &view
                .keys
                .iter()
                .map(|key| format!("{} assize-{}\n", key.openssh, key.role))
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
        let now = match (key.current, key.kept) {
            (true, _) => "signs",
            (false, "signer") => "signs where the signer is used",
            (false, _) => "retired",
        };
        page.push_str(&format!(
            "{}  {}  {}\n  {}\n  {}\n",
            paint(STRONG, &format!("{:<7}", key.role)),
            key.fingerprint,
            now,
            paint(FAINT, &format!("id {}, made {}", key.id, key.created)),
            paint(FAINT, kept(key.kept)),
        ));
    }
    page
}

/// Who keeps the private half, for people.
fn kept(word: &str) -> &'static str {
    match word {
        "passphrase" => "in a file with a passphrase",
        "keyring" => "in the system's keyring",
        "ssh-agent" => "in the ssh-agent",
        "signer" => "with a signer's process",
        _ => "in a plain file",
    }
}

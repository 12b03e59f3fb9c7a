//! `assize secret`. Values come in, and none goes out.

use std::io::{self, Read};

use super::args::{Format, SecretPlaceArg, SecretVerb};
use super::output::{CAUTION, FAINT, STRONG, data, json, paint, safe, tell};
use super::unwritten;
use crate::app::view::secrets::{SecretChangeView, SecretView, SecretsView};
use crate::app::{App, Exit, Fault};
use crate::secret::VALUE_BYTES_MAX;
use crate::vault::{Place, terminal};

pub(super) fn run(app: &App, verb: &SecretVerb) -> Result<Exit, Fault> {
    match verb {
        SecretVerb::Set { name, place, format } => {
            let view = app.set_secret(name, value(name)?, place.map(Place::from))?;
            changed(&view, *format)
        }
        SecretVerb::List { format } => list(&app.list_secrets()?, *format),
        SecretVerb::Remove { name, place, format } => {
            let view = app.remove_secret(name, place.map(Place::from))?;
            changed(&view, *format)
        }
    }
    .map_err(unwritten)?;
    Ok(Exit::Yes)
}

impl From<SecretPlaceArg> for Place {
    fn from(place: SecretPlaceArg) -> Self {
        match place {
            SecretPlaceArg::Keyring => Self::Keyring,
            SecretPlaceArg::File => Self::File,
        }
    }
}

/// The value: what is typed twice without being shown, else what comes on standard input.
fn value(name: &str) -> Result<String, Fault> {
    let unread = |source: io::Error| Fault::Io {
        path: "standard input".into(),
        source,
    };
    if terminal::is_there() {
        let first = terminal::ask(&format!("Value of {name}: ")).map_err(unread)?;
        let second = terminal::ask("The same again: ").map_err(unread)?;
        if first == second {
            return Ok(first);
        }
        return Err(Fault::wrong("the two values differ; nothing was set", "try again"));
    }
    // Room for all of it at once: growing would leave copies of it behind.
    let mut bytes = Vec::with_capacity(VALUE_BYTES_MAX.saturating_add(8));
    io::stdin()
        .take(VALUE_BYTES_MAX.saturating_add(3) as u64)
        .read_to_end(&mut bytes)
        .map_err(unread)?;
    let mut text = String::from_utf8(bytes).map_err(|_| {
        Fault::wrong(
            "the value is not UTF-8 text",
            "encode it, for example in base64, and let who receives it decode it",
        )
    })?;
    // The line break that `echo` and editors add is none of it.
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    Ok(text)
}

fn changed(view: &SecretChangeView, format: Format) -> io::Result<()> {
    if let Some(place) = view.hidden_by {
        tell(&format!(
            "{}: the {place} holds another secret `{}`, which is found before this one",
            paint(CAUTION, "hint"),
            safe(&view.name)
        ));
    }
    match format {
        Format::Human => {
            let places: Vec<&str> = view.places.iter().map(|place| words(place)).collect();
            let way = if view.done == "removed" { "from" } else { "in" };
            data(&format!(
                "{} {} {way} {}\n",
                paint(STRONG, &safe(&view.name)),
                view.done,
                places.join(" and ")
            ))
        }
        Format::Json => json(view),
    }
}

fn list(view: &SecretsView, format: Format) -> io::Result<()> {
    if let Some(reason) = &view.without_policy {
        tell(&format!("Which roles use them is not known: {}", safe(reason)));
    }
    match format {
        Format::Human if view.secrets.is_empty() => {
            tell("There are no secrets, and no role asks for one. `assize secret set NAME` keeps one.");
            Ok(())
        }
        Format::Human => data(&view.secrets.iter().map(secret).collect::<String>()),
        Format::Json => json(view),
    }
}

fn secret(secret: &SecretView) -> String {
    let kept = match secret.kept_in.as_slice() {
        [] => paint(CAUTION, "kept nowhere"),
        places => format!(
            "in {}",
            places.iter().map(|place| words(place)).collect::<Vec<_>>().join(", ")
        ),
    };
    let mut text = format!("{}  {kept}\n", paint(STRONG, &safe(&secret.name)));
    for used in &secret.used_by {
        let line = format!("  {} sends it to {} in {}", used.role, used.origin, used.target);
        text.push_str(&format!("{}\n", paint(FAINT, &safe(&line))));
    }
    text
}

fn words(place: &str) -> &'static str {
    match place {
        "environment" => "the environment",
        "keyring" => "the system's keyring",
        _ => "the encrypted file",
    }
}

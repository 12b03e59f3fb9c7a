//! `assize signer`.

use std::path::Path;
use std::thread;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::args::SignerArgs;
use super::output::{safe, tell};
use crate::app::{App, Exit, Fault};
use crate::settings::ASSIZE_SIGNER;
use crate::stop::Stop;

pub(super) fn run(app: &App, args: &SignerArgs) -> Result<Exit, Fault> {
    let stop = Stop::default();
    let mut signals = Signals::new([SIGINT, SIGTERM]).map_err(|source| Fault::Io {
        path: "signals".into(),
        source,
    })?;
    let handle = signals.handle();
    let asked = stop.clone();
    let waiting = thread::spawn(move || {
        if signals.forever().next().is_some() {
            asked.stop();
        }
    });
    let ended = app.serve_signer(args.socket.as_deref(), &args.others, &stop, &mut ready);
    handle.close();
    // It ends now that nobody waits for signals any more; what it did is done either way.
    drop(waiting.join());
    ended?;
    tell("The signer has ended.");
    Ok(Exit::Yes)
}

fn ready(socket: &Path) {
    let socket = safe(&socket.display().to_string());
    tell(&format!(
        "The signer listens. Hosts use it with {ASSIZE_SIGNER}={socket}; SIGTERM or Ctrl-C ends it."
    ));
}

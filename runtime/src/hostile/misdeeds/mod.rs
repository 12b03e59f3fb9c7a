//! What a command does that an agent sent on a raid: small native misdeeds, in a hidden mode of this binary
//! (`assize misdeed NAME WORD…`), so that anyone can attack their own machine without a compiler at hand.
//!
//! Each misdeed tries some things and prints a line for each: what it tried, and `refused` with the system's reason, or
//! `done`. It judges nothing; whether the host held is told by whoever sent it. Started by hand it can do no more than the
//! person who starts it.

mod disk;
mod files;
mod kernel;
mod processes;
mod sockets;

use std::fmt::Display;
use std::io::Write as _;

/// Does something, on what the words name.
type Misdeed = fn(&[String]) -> Told;

/// The misdeeds, by name.
const MISDEEDS: &[(&str, Misdeed)] = &[
    ("read", files::read),
    ("write", files::write),
    ("link", files::link),
    ("list", files::list),
    ("plant", files::plant),
    ("descriptors", files::descriptors),
    ("sockets", sockets::sockets),
    ("connect", sockets::connect),
    ("trace", kernel::trace),
    ("rights", kernel::rights),
    ("bomb", processes::bomb),
    ("daemon", processes::daemon),
    ("sleep", processes::sleep),
    ("signal", processes::signal),
    ("surroundings", processes::surroundings),
    ("fill", disk::fill),
    ("hoard", disk::hoard),
    ("babble", disk::babble),
    ("paint", disk::paint),
];

/// What was tried, and what came of it.
#[derive(Debug, Default)]
struct Told(Vec<String>);

impl Told {
    /// Notes what came of one try.
    fn tried<T, E: Display>(&mut self, what: impl Display, came: Result<T, E>) {
        self.0.push(match came {
            Ok(_) => format!("{what}: done"),
            Err(error) => format!("{what}: refused, {error}"),
        });
    }

    /// Notes something seen.
    fn saw(&mut self, what: impl Display) {
        self.0.push(what.to_string());
    }
}

/// Does a misdeed and prints what came of it; `false` where there is none of that name.
#[must_use]
pub fn commit(name: &str, words: &[String]) -> bool {
    let Some((_, act)) = MISDEEDS.iter().find(|(known, _)| *known == name) else {
        return false;
    };
    let told = act(words);
    let mut out = std::io::stdout().lock();
    for line in told.0 {
        // Whoever listened may be gone.
        let _ = writeln!(out, "{line}");
    }
    true
}

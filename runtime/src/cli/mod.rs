//! The command line: what a person types and reads. One file a verb; each parses, calls the façade once, and shows what it
//! gives.

mod access;
mod again;
mod appeal;
mod args;
mod audit;
mod call;
mod doctor;
mod durability;
mod explain;
mod hook;
mod init;
mod judge;
mod key;
mod live;
mod manual;
mod output;
mod plugin;
mod policy;
mod proof;
mod records;
pub mod render;
mod report;
mod review;
mod root;
mod run;
mod secret;
mod signer;
mod task;
mod travel;
mod waiver;
mod witness;
mod workflow;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

use clap::Parser;
use tracing_subscriber::EnvFilter;

use crate::app::{App, Exit, Fault};
use crate::clock::Clock;
use crate::hostile::misdeeds;
use crate::settings::ASSIZE_LOG;
use args::{Cli, Verb};
use output::{BAD, CAUTION, paint, safe, tell};

/// What the last panic said.
static LAST_PANIC: Mutex<String> = Mutex::new(String::new());

/// Runs the command that was typed and gives its exit code.
#[must_use]
pub fn main() -> ExitCode {
    // As the keeper of a command, this program has no other verbs.
    if let Some(exit) = crate::process::serve() {
        return exit;
    }
    // Said at the end only: a panic that a guard catches on the way costs what was being done, and is no bug of ours.
    std::panic::set_hook(Box::new(|panic| {
        *LAST_PANIC.lock().unwrap_or_else(PoisonError::into_inner) = panic.to_string();
    }));
    let ended = std::panic::catch_unwind(|| obey(Cli::parse()));
    let exit = match ended {
        Ok(Ok(exit)) => exit,
        Ok(Err(fault)) => {
            complain(&fault);
            fault.exit()
        }
        Err(_) => {
            let panic = LAST_PANIC.lock().unwrap_or_else(PoisonError::into_inner);
            tell(&format!("{}: this is a bug in Assize: {panic}", paint(BAD, "error")));
            tell("hint: please report it with the command you ran");
            Exit::Bug
        }
    };
    ExitCode::from(exit as u8)
}

fn obey(cli: Cli) -> Result<Exit, Fault> {
    if let Verb::Misdeed { name, words } = &cli.verb {
        // Before anything is looked for that a confined command does not find.
        return Ok(if misdeeds::commit(name, words) {
            Exit::Yes
        } else {
            Exit::Usage
        });
    }
    start_logging(cli.verbose);
    let dir = cli.dir.clone().unwrap_or_else(|| PathBuf::from("."));
    if !dir.is_dir() {
        return Err(Fault::wrong(
            format!("there is no folder {}", dir.display()),
            "check what stands after -C",
        ));
    }
    let app = App::new(dir, Clock::System)?;
    match cli.verb {
        Verb::Init => init::run(&app),
        Verb::Review(args) => review::run(&app, &args, cli.verbose > 0),
        Verb::Call(args) => call::run(&app, &args),
        Verb::Run(args) => run::run(&app, &args),
        Verb::Task(verb) => task::run(&app, &verb),
        Verb::Audit(verb) => audit::run(&app, &verb),
        Verb::Key(verb) => key::run(&app, &verb),
        Verb::Signer(args) => signer::run(&app, &args),
        Verb::Root(verb) => root::run(&app, &verb),
        Verb::Secret(verb) => secret::run(&app, &verb),
        Verb::Plugin(verb) => plugin::run(&app, &verb),
        Verb::Policy(verb) => policy::run(&app, &verb),
        Verb::Judge(verb) => judge::run(&app, &verb),
        Verb::Waiver(verb) => waiver::run(&app, &verb),
        Verb::Workflow(verb) => workflow::run(&app, &verb),
        Verb::Witness(args) => witness::serve(&app, &args),
        Verb::Hook(verb) => hook::run(&app, &verb),
        Verb::Doctor(args) => doctor::run(&app, &args),
        // Done before.
        Verb::Misdeed { .. } => Ok(Exit::Usage),
        Verb::Completions { shell } => manual::completions(shell),
        Verb::Man { folder } => manual::pages(folder.as_deref()),
    }
}

/// Warnings always, more with `-v` or as `ASSIZE_LOG` says; all of it on standard error.
fn start_logging(verbose: u8) {
    let default = match verbose {
        0 => "warn",
        1 => "assize=info",
        _ => "assize=debug",
    };
    let filter = EnvFilter::try_from_env(ASSIZE_LOG).unwrap_or_else(|_| EnvFilter::new(default));
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .with_target(false)
        .without_time();
    // A second subscriber in one process is a test's doing and no trouble.
    drop(subscriber.try_init());
}

/// Says what failed, why, and what to do, on standard error.
fn complain(fault: &Fault) {
    let drawn = match fault {
        Fault::Policy { text, problems, .. } => Some((text, problems)),
        Fault::Workflow(refused) => Some((&refused.text, &refused.problems)),
        _ => None,
    };
    if let Some((text, problems)) = drawn {
        let style = render::Style {
            columns: output::columns(),
            colour: true,
        };
        tell(&render::diagnostics(problems, text, style));
    }
    tell(&format!("{}: {}", paint(BAD, "error"), safe(&fault.to_string())));
    if let Some(hint) = fault.hint() {
        tell(&format!("{}: {}", paint(CAUTION, "hint"), safe(&hint)));
    }
}

/// Writing to standard output failed for another reason than a reader that went away.
fn unwritten(source: std::io::Error) -> Fault {
    Fault::Io {
        path: PathBuf::from("standard output"),
        source,
    }
}

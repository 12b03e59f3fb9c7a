//! Commands of the machine, as a trait.

use crate::Refusal;
pub use crate::bindings::assize::plugin::process::{Command, End, Ended};

/// The interface `process` of the contract; see `wit/process.wit` for what it does.
pub trait Process {
    /// Runs a command to its end.
    ///
    /// # Errors
    ///
    /// The host's refusal. A command that fails is no refusal: its end says so.
    fn run(&self, command: &Command) -> Result<Ended, Refusal>;
}

impl Command {
    /// A program with its arguments, started in the workspace itself, as long as the role lets it run.
    #[must_use]
    pub fn of(arguments: &[&str]) -> Self {
        Self {
            arguments: arguments.iter().map(|&argument| argument.to_owned()).collect(),
            dir: String::new(),
            seconds: None,
        }
    }
}

impl Ended {
    /// Tells whether the command ended by itself and with success.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.end == End::Exited(0)
    }
}

/// Says how a command ended, for people.
#[must_use]
pub fn how(end: &End) -> String {
    match end {
        End::Exited(status) => format!("it exited with {status}"),
        End::Signalled(signal) => format!("it was ended by signal {signal}"),
        End::Stopped(why) => format!("the host stopped it: {why}"),
    }
}

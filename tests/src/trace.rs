//! What a process asks of the machine, through strace.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::bed::{Run, ran};

/// The calls by which a process starts a program or reaches a file or another machine.
const REACHING: &str = "execve,execveat,open,openat,openat2,connect,readlink,readlinkat";

/// A process that was watched to its end.
#[derive(Debug)]
pub struct Watched {
    /// How it ended.
    pub run: Run,
    /// Its calls, one a line, with whole paths.
    calls: Vec<String>,
}

impl Watched {
    /// Runs a command and writes down what it reaches for.
    ///
    /// # Panics
    ///
    /// When strace cannot be started or says nothing.
    #[must_use]
    pub fn run(strace: &Path, command: &Command, log: &PathBuf) -> Self {
        let log_name = log.to_string_lossy();
        let options = [
            "-f",
            "-qq",
            "-y",
            "-s",
            "4096",
            "-e",
            &format!("trace={REACHING}"),
            "-o",
            &log_name,
            "--",
        ];
        let run = ran(&under(strace, &options, command).output().expect("strace starts"));
        let text = fs::read_to_string(log).expect("strace wrote its log");
        assert!(text.contains("execve("), "strace saw nothing: {}", run.stderr);
        Self {
            run,
            calls: text.lines().map(str::to_owned).collect(),
        }
    }

    /// The programs that were started, the command itself first.
    pub fn started(&self) -> impl Iterator<Item = &str> {
        self.calls
            .iter()
            .map(String::as_str)
            .filter(|call| call.contains("execve"))
    }

    /// The calls that opened something below this folder, whatever name was used: strace resolves what was opened.
    pub fn opened_below<'a>(&'a self, folder: &'a Path) -> impl Iterator<Item = &'a str> {
        let opened = format!("<{}", folder.to_string_lossy());
        let calls = self
            .calls
            .iter()
            .map(String::as_str)
            .filter(|call| call.contains("open"));
        calls.filter(move |call| call.rsplit(" = ").next().is_some_and(|result| result.contains(&opened)))
    }
}

/// The same command under another program, in the same world.
#[must_use]
pub fn under<Argument: AsRef<OsStr>>(program: &Path, arguments: &[Argument], command: &Command) -> Command {
    let mut outer = Command::new(program);
    outer
        .args(arguments)
        .arg(command.get_program())
        .args(command.get_args())
        .env_clear();
    outer.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    if let Some(folder) = command.get_current_dir() {
        outer.current_dir(folder);
    }
    outer
}

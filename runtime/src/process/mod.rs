//! Commands of the machine, confined by its kernel.
//!
//! The host starts the *keeper*, which is this same program in another mode ([`serve`]). The keeper starts the command's process,
//! again this program, which gives up everything that the command may not have and then becomes it (`confined`). What holds a
//! command:
//!
//! | what | holds |
//! |---|---|
//! | Landlock (`landlock`) | files: the openings of the workspace, the folders of the system, a temporary folder; TCP; signals |
//! | seccomp (`filter`) | sockets, other processes, mounts, namespaces, keys, the machine |
//! | `no_new_privs`, no capabilities (`confined`) | privileges, also of root |
//! | limits of each process (`ceilings`), control groups (`groups`), the keeper's counting | processes, memory, file sizes, core dumps |
//! | the host (`run`) | time, output, disk |
//! | the keeper as the parent of all orphans (`keeper`, `processes`) | that nothing is left |
//!
//! # What remains
//!
//! Landlock holds back neither looking at what a path leads to (its size, times and mode, and what a link says), nor changing a
//! file's mode, owner, times or extended attributes. Changes of owners by path and of attributes are denied to every confined
//! command, and so is a mode that lets others write a file or run it as its owner. So a command learns which paths exist, and on
//! files of the same user it can change the other bits of the mode and the times: for root, that is every file of the system.
//! Nothing that a file holds is read or written that way.
//!
//! An unconfined command can get away: through a service that starts something for it, or with the rights of root.

mod ceilings;
mod confined;
mod disk;
mod filter;
mod groups;
mod keeper;
mod kernel;
mod landlock;
mod opening;
mod output;
mod processes;
mod run;
mod search;
mod spec;
mod temporary;

use std::os::fd::BorrowedFd;
use std::path::PathBuf;
use std::time::Duration;

use crate::policy::process::Confinement;
use crate::secret::Masker;
use crate::stop::Stop;

pub use keeper::serve;
pub use kernel::Kernel;
pub use opening::{Opening, Rights};

/// How many arguments a command has at most, with its program.
pub const ARGUMENTS_MAX: usize = 1024;
/// How many bytes they have together.
pub const ARGUMENT_BYTES_MAX: usize = 128 << 10;

/// What runs commands on this machine.
#[derive(Debug, Clone)]
pub struct Commands {
    /// The program that offers [`serve`].
    program: PathBuf,
    /// Where temporary folders are made.
    scratch: PathBuf,
}

/// What is to run, within which bounds.
#[derive(Debug)]
pub struct Order<'a> {
    /// The program and its arguments.
    pub arguments: &'a [String],
    /// The folder it starts in, in the contract's form; empty for the workspace itself.
    pub dir: &'a str,
    /// What the policy shows it of the environment.
    pub environment: Vec<(String, String)>,
    /// The workspace.
    pub workspace: BorrowedFd<'a>,
    /// What of it is open.
    pub openings: Vec<Opening>,
    /// The folders of the system that the policy opens besides the usual ones.
    pub system: Vec<String>,
    /// How far it is confined.
    pub confinement: Confinement,
    /// How long it may run.
    pub time: Duration,
    /// Ends it before its time.
    pub stop: &'a Stop,
    /// Bytes of memory.
    pub memory_bytes: u64,
    /// Processes and threads.
    pub processes: u64,
    /// Bytes of output that are kept.
    pub output_bytes: u64,
    /// Bytes that it may add on disk.
    pub disk_bytes: u64,
    /// What hides secrets in its output.
    pub masker: &'a Masker,
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// By itself, with this status.
    Exited(u8),
    /// By this signal, which was not sent for a limit.
    Signalled(u8),
    /// It was stopped; the text names the limit.
    Stopped(String),
}

/// What came of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// How it ended.
    pub end: End,
    /// Its standard output, as far as it is kept.
    pub stdout: Vec<u8>,
    /// Its standard error.
    pub stderr: Vec<u8>,
    /// How many bytes of both were dropped.
    pub dropped: u64,
    /// How many bytes it wrote.
    pub output_bytes: u64,
    /// How long it took.
    pub time: Duration,
}

/// Why a command did not run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RunError {
    /// The program is not there, or cannot be started.
    #[error("{0}")]
    NotFound(String),
    /// The kernel cannot confine it.
    #[error("{0}; where the command may run without, the policy says `unconfined = true` for it")]
    Unconfinable(String),
    /// The machine failed.
    #[error("{0}")]
    Machine(String),
}

impl Commands {
    /// Runs commands by `program`, which offers [`serve`], with temporary folders below `scratch`.
    #[must_use]
    pub fn new(program: PathBuf, scratch: PathBuf) -> Self {
        Self { program, scratch }
    }
}

//! What the host tells the keeper, what the keeper tells the command's own process, and what comes back.

use std::io::{self, Read, Write};
use std::path::PathBuf;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::opening::Opening;

/// The longest message, in bytes.
const MESSAGE_BYTES_MAX: u32 = 256 << 20;

/// The order to end the command and everything that it started.
pub(super) const STOP: u8 = b'K';

/// What is to run, and how it is held.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Spec {
    /// The program of the keeper, which the command's process starts as.
    pub(super) keeper: PathBuf,
    /// The program's file.
    pub(super) program: PathBuf,
    /// The program's name as it was asked for, then its arguments.
    pub(super) arguments: Vec<String>,
    /// All of its environment.
    pub(super) environment: Vec<(String, String)>,
    /// The folder of the workspace that it starts in, in the contract's form.
    pub(super) dir: String,
    /// Its temporary folder.
    pub(super) temporary: PathBuf,
    /// What the kernel holds it to; nothing where it is not confined.
    pub(super) confined: Option<Bounds>,
    /// Bytes of memory of each process.
    pub(super) memory_bytes: u64,
    /// Bytes of each file that it writes.
    pub(super) file_bytes: u64,
    /// How many processes and threads it may have at once.
    pub(super) processes: u64,
    /// The control groups that were made for it.
    pub(super) groups: Vec<PathBuf>,
    /// Whether one of them counts processes.
    pub(super) counts_processes: bool,
}

/// What the kernel holds a command to.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Bounds {
    /// What of the workspace is open.
    pub(super) openings: Vec<Opening>,
    /// Folders of the system besides the usual ones.
    pub(super) system: Vec<PathBuf>,
    /// Whether the network is open.
    pub(super) network: bool,
}

/// What the keeper reports at the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Report {
    /// It ran, and nothing of it is left.
    Ended {
        /// How the program ended.
        end: RawEnd,
        /// What the keeper stopped it for, if it did.
        stopped: Option<String>,
        /// Whether something is left that could not be ended.
        left: bool,
    },
    /// It never started.
    Failed(Failed),
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum RawEnd {
    /// With this status.
    Exited(u8),
    /// By this signal.
    Signalled(u8),
}

/// Why a command did not start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub(super) enum Failed {
    /// The kernel lacks what is needed to confine it.
    #[error("{0}")]
    Mechanism(String),
    /// The program or its folder is not there, or cannot be started.
    #[error("{0}")]
    Program(String),
    /// The machine failed.
    #[error("{0}")]
    Machine(String),
}

/// Sends a message: its length, then JSON.
pub(super) fn send<T: Serialize>(mut to: impl Write, message: &T) -> io::Result<()> {
    let bytes = serde_json::to_vec(message)?;
    let length = u32::try_from(bytes.len())
        .ok()
        .filter(|length| *length <= MESSAGE_BYTES_MAX)
        .ok_or_else(|| io::Error::other("a message to the keeper is too long"))?;
    to.write_all(&length.to_le_bytes())?;
    to.write_all(&bytes)
}

/// Receives a message; nothing where the other side has closed.
pub(super) fn receive<T: DeserializeOwned>(mut from: impl Read) -> io::Result<Option<T>> {
    let mut length = [0; 4];
    match from.read_exact(&mut length) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let length = u32::from_le_bytes(length);
    if length > MESSAGE_BYTES_MAX {
        return Err(io::Error::other("a message of the keeper is too long"));
    }
    let mut bytes = Vec::new();
    from.take(length.into()).read_to_end(&mut bytes)?;
    Ok(Some(serde_json::from_slice(&bytes)?))
}

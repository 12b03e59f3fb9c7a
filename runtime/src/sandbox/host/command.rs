//! What the journal keeps of a command: its answer, and what it changed in the workspace.

use serde::{Deserialize, Serialize};

use crate::case::path::RepositoryPath;
use crate::sandbox::bindings::process as wit;
use crate::sandbox::bindings::types as contract;
use crate::sandbox::host::serve::Served;
use crate::workspace::{Now, Refusal, Touched};

/// What is kept of a command.
#[derive(Serialize, Deserialize)]
pub(super) struct Known {
    /// What the guest was told.
    pub(super) answer: Served<wit::Ended>,
    /// Which line of the policy opened it; none where it was refused.
    pub(super) by: Option<String>,
    /// What it had planted.
    pub(super) planted: Vec<String>,
    /// What it changed in the workspace, as far as it is kept.
    pub(super) changed: Vec<Change>,
    /// How much more it changed there.
    pub(super) left_out: u64,
}

impl Known {
    /// A command that was not run.
    pub(super) fn refused(refusal: contract::Refusal) -> Self {
        Self {
            answer: Err(refusal),
            by: None,
            planted: Vec::new(),
            changed: Vec::new(),
            left_out: 0,
        }
    }
}

/// One thing that a command changed in the workspace.
#[derive(Serialize, Deserialize)]
pub(super) struct Change {
    path: Vec<u8>,
    left: Left,
}

/// What it left there.
#[derive(Serialize, Deserialize)]
enum Left {
    Nothing,
    Folder(u32),
    File(u32, Vec<u8>),
    Link(Vec<u8>),
}

impl Change {
    pub(super) fn of(touched: Touched) -> Self {
        Self {
            path: touched.path.as_bytes().to_vec(),
            left: match touched.now {
                Now::Nothing => Left::Nothing,
                Now::Folder { mode } => Left::Folder(mode),
                Now::File { mode, contents } => Left::File(mode, contents),
                Now::Link { target } => Left::Link(target),
            },
        }
    }

    pub(super) fn touched(&self) -> Touched {
        Touched {
            path: RepositoryPath::from_bytes(self.path.clone()),
            now: match &self.left {
                Left::Nothing => Now::Nothing,
                Left::Folder(mode) => Now::Folder { mode: *mode },
                Left::File(mode, contents) => Now::File {
                    mode: *mode,
                    contents: contents.clone(),
                },
                Left::Link(target) => Now::Link { target: target.clone() },
            },
        }
    }
}

/// Why the workspace could not be changed as the command did.
pub(super) fn unchanged(refusal: &Refusal) -> String {
    let reason = match refusal {
        Refusal::Closed { path, .. } | Refusal::Link(path) => format!("`{path}` is closed"),
        Refusal::Limit(text)
        | Refusal::Invalid(text)
        | Refusal::NotFound(text)
        | Refusal::Conflict(text)
        | Refusal::Unavailable(text) => text.clone(),
    };
    format!("what the command changed cannot be done again: {reason}")
}

//! An agent's own folder: reading and writing below one folder of the host, within a role's file patterns.
//!
//! Whatever a path or a link says, nothing outside is reached. Three things hold that together:
//!
//! - A path is read in the contract's one form ([`path`](crate::case::path)): relative, no `.` or `..`, no empty part.
//! - It is walked part by part, each folder opened in the one before it, and no link is followed (`walk`). So the path that
//!   was asked for is the real path, and it is the real path that the patterns are held against. Where the file system takes
//!   several spellings for one name, only the spelling that the folder itself gives is taken.
//! - A file is never changed under a name that was not asked for: contents are replaced by a new file that takes the name
//!   (`temporary`), and a file with several names is copied before anything is written behind its end.
//!
//! The patterns are asked before the walk as well as being true of what it reaches, so that a refusal tells nothing about
//! what exists where the role may not look.

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::arithmetic_side_effects
    )
)]

mod changes;
mod descent;
mod look;
mod openings;
mod planted;
mod refusal;
mod temporary;
#[cfg(test)]
mod tests;
mod touched;
mod walk;
mod write;

use std::collections::HashSet;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cap_std::fs::Dir;
use rustix::io::Errno;

use crate::authority;
use crate::policy::files::FileGrants;

pub use changes::{Change, ChangePage, Status};
pub use look::{Entry, EntryPage, Kind, Match};
pub use openings::{OPENINGS_MAX, Opening};
pub use refusal::{Refusal, Way};
pub use touched::{Now, Picture, TOUCHED_BYTES_MAX, TOUCHED_MAX, Touched, Touches};
pub use write::Existing;

use changes::Originals;

/// The most bytes that one answer of [`Visit::read`] holds.
pub const READ_BYTES_MAX: u32 = 1 << 20;
/// The most bytes that one [`Visit::write`] takes.
pub const WRITE_BYTES_MAX: usize = 4 << 20;
/// What each written file counts besides its contents, in bytes, so that empty files fill no disk.
pub const FILE_COST_BYTES: u64 = 512;
/// What each new folder counts, in bytes.
pub const FOLDER_COST_BYTES: u64 = 4 << 10;
/// The most entries of a folder that is listed; a larger one is refused.
pub const FOLDER_ENTRIES_MAX: usize = 100_000;
/// The most entries of one page.
pub const PAGE_ENTRIES_MAX: usize = 1_000;

/// Why a folder cannot be a workspace.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The path leads to a link.
    #[error(
        "{} is a symbolic link; name the folder itself, so that nobody can exchange what the link points at",
        .0.display()
    )]
    Link(PathBuf),
    /// The path leads to no folder.
    #[error("{} is no folder", .0.display())]
    NoFolder(PathBuf),
    /// The system refused.
    #[error("the folder {} cannot be opened: {reason}", path.display())]
    System {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
}

/// A folder that an agent may be let into. Cheap to clone; opened once, so that a later exchange of its path changes nothing.
#[derive(Debug, Clone)]
pub struct Workspace {
    root: Arc<Dir>,
}

impl Workspace {
    /// Opens the folder at `path`.
    ///
    /// # Errors
    ///
    /// When there is no folder, when it cannot be opened, or when the last part of the path is a symbolic link.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        // A slash behind a link would follow it.
        let path: PathBuf = path.components().collect();
        match authority::unlinked_folder(&path) {
            Ok(root) => Ok(Self { root: Arc::new(root) }),
            Err(Errno::LOOP) => Err(OpenError::Link(path)),
            Err(Errno::NOTDIR) if path.is_symlink() => Err(OpenError::Link(path)),
            Err(Errno::NOTDIR) => Err(OpenError::NoFolder(path)),
            Err(errno) => Err(OpenError::System {
                path,
                reason: errno.into(),
            }),
        }
    }

    /// Lets one call in, with the file patterns of its role and the bytes that it may write.
    #[must_use]
    pub fn visit(&self, files: FileGrants, write_bytes_max: u64) -> Visit {
        Visit {
            root: Arc::clone(&self.root),
            files,
            write_bytes_left: write_bytes_max,
            originals: Originals::default(),
            swept: HashSet::new(),
        }
    }
}

/// One call's use of a workspace: what it may reach, what it may still write, and what it has changed.
#[derive(Debug)]
pub struct Visit {
    root: Arc<Dir>,
    files: FileGrants,
    write_bytes_left: u64,
    originals: Originals,
    /// The folders that were searched for left-over temporary files, by device and number.
    swept: HashSet<(u64, u64)>,
}

impl Visit {
    /// Returns the folder itself, for commands that work in it.
    #[must_use]
    pub fn as_folder(&self) -> BorrowedFd<'_> {
        self.root.as_fd()
    }

    /// Counts `bytes` that are about to be written.
    fn spend(&mut self, bytes: u64) -> Result<(), Refusal> {
        match self.write_bytes_left.checked_sub(bytes) {
            Some(left) => {
                self.write_bytes_left = left;
                Ok(())
            }
            None => Err(Refusal::Limit(
                "the role's `write_mib` is used up: nothing more is written in this call".into(),
            )),
        }
    }
}

//! Worktrees of agents: the files of one commit in a private folder, with no `.git` in it.
//!
//! ```text
//! <state>/worktrees/work/<name>   the folder an agent works in, mode 0700
//! <state>/worktrees/aside/…       what is being made or removed
//! ```
//!
//! The commit is written from its objects as they are: no filter, no line-end conversion, no hook; large files are copied on
//! write where the file system can. A worktree is made under
//! another name and gets its own when it is whole, so one that is there after a kill holds everything. It is not synced: what
//! an agent has done counts once it is a commit. Whoever works with it holds its lock, which ends with the process.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use assize_provenance::pattern::is_repository;
use assize_provenance::reader::{ObjectId, ObjectReader};
use assize_provenance::tree::Mode;

use super::aside::{Aside, hold};
use super::beneath::{self, Beneath, Seen};
use super::laying::Laying;
use super::pristine::Pristine;
use crate::case::contents::{self, ContentsError};
use crate::case::history::{self, HistoryError};
use crate::case::path::{RepositoryPath, escape};
use crate::case::tree_diff::{self, TreeError};
use crate::durable;

/// The most files of one worktree.
pub const FILES_MAX: usize = tree_diff::CHANGES_MAX;
/// The most bytes of one worktree's files together.
pub const BYTES_MAX: u64 = 8 << 30;
/// The longest name of a worktree, in bytes.
pub const NAME_BYTES_MAX: usize = 128;
/// How many trees are kept in memory as lists, so that tasks which start from one commit share one.
const LISTS_KEPT: usize = 4;
/// How coarse the times of files may be: what was written so shortly before the end of making a worktree may be changed
/// without a later time to show for it.
const COARSE: Duration = Duration::from_millis(50);

/// Why a worktree was not made.
#[derive(Debug, thiserror::Error)]
pub enum CheckoutError {
    /// The commit was not read.
    #[error(transparent)]
    Commit(#[from] HistoryError),
    /// A folder of it was not read.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// A file of it was not read.
    #[error(transparent)]
    Contents(#[from] ContentsError),
    /// It has too many files.
    #[error("the commit has more than {FILES_MAX} files, which no worktree takes")]
    TooManyFiles,
    /// It has too many bytes.
    #[error(
        "the files of the commit have more than {BYTES_MAX} bytes (`{0}` is the first above it), which no worktree takes"
    )]
    TooLarge(RepositoryPath),
    /// A name in it is dangerous.
    #[error("the commit holds `{0}`, which some file systems take for a repository's own folder; rename it")]
    Name(RepositoryPath),
    /// Two of its names are one for the file system.
    #[error("the commit holds `{0}` beside another name that this file system takes for the same; rename one of them")]
    Collision(RepositoryPath),
    /// No worktree can have that name.
    #[error(
        "`{0}` is no name of a worktree: it takes small letters, digits, `.`, `_` and `-`, and starts with none of the signs"
    )]
    WorktreeName(String),
    /// Somebody works in the worktree.
    #[error("another process works in {}; wait until it is done", .0.display())]
    Held(PathBuf),
    /// The machine failed.
    #[error("{}: {error}", place.display())]
    Io {
        /// What was written or read.
        place: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

impl CheckoutError {
    /// Whether the machine failed, rather than the repository.
    #[must_use]
    pub fn is_machine(&self) -> bool {
        match self {
            Self::Commit(error) => error.is_machine(),
            Self::Tree(error) => error.is_machine(),
            Self::Contents(error) => error.is_machine(),
            Self::Io { .. } => true,
            _ => false,
        }
    }
}

/// One file of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) path: RepositoryPath,
    pub(super) mode: Mode,
    pub(super) id: ObjectId,
}

/// The files of one tree, in byte order of their paths.
pub(super) type Listing = Arc<Vec<Listed>>;

/// The place where the worktrees of one clone lie.
#[derive(Debug)]
pub struct Worktrees {
    folder: PathBuf,
    lists: Mutex<Vec<(ObjectId, Listing)>>,
    pristine: OnceLock<Option<Pristine>>,
}

/// One worktree.
#[derive(Debug)]
pub struct Checkout {
    dir: PathBuf,
    pub(super) folder: Beneath,
    pub(super) tree: ObjectId,
    pub(super) files: Listing,
    /// What was seen of each file when it was written; nothing for one that has to be read to be known.
    pub(super) seen: Vec<Option<Seen>>,
    /// The files that were not written, by their places in the list.
    pub(super) left_out: Vec<usize>,
}

impl Checkout {
    /// Returns the folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Returns the links that were left out because they lead out of the worktree.
    pub fn left_out(&self) -> impl Iterator<Item = &RepositoryPath> {
        self.left_out
            .iter()
            .filter_map(|place| Some(&self.files.get(*place)?.path))
    }
}

impl Worktrees {
    /// Takes the state folder of a clone, and makes the folder for worktrees in it.
    ///
    /// # Errors
    ///
    /// [`CheckoutError::Io`].
    pub fn open(state_dir: &Path) -> Result<Self, CheckoutError> {
        let folder = state_dir.join("worktrees");
        for dir in [state_dir, &folder, &folder.join("work"), &folder.join("aside")] {
            durable::private_dir(dir).map_err(|error| io_at(dir, error))?;
        }
        Ok(Self {
            folder,
            lists: Mutex::default(),
            pristine: OnceLock::new(),
        })
    }

    /// Writes the files of `commit` into the worktree `name`. What was there before is removed.
    ///
    /// # Errors
    ///
    /// Every [`CheckoutError`].
    pub fn make<R: ObjectReader + ?Sized>(
        &self,
        reader: &R,
        commit: &ObjectId,
        name: &str,
    ) -> Result<Checkout, CheckoutError> {
        let dir = self.place(name)?;
        let tree = history::read_commit(reader, commit)?.tree;
        let files = self.list(reader, tree)?;
        let aside = self.aside()?;
        let new = aside.place("new");
        let io = |error| io_at(&new, error);
        DirBuilder::new().mode(0o700).create(&new).map_err(io)?;
        let folder = Beneath::open(&new).map_err(io)?;
        hold(&folder).map_err(io)?;
        let mut laying = Laying::new(reader, &new, self.pristine(), BYTES_MAX);
        let mut seen = Vec::with_capacity(files.len());
        for (place, file) in files.iter().enumerate() {
            seen.push(laying.write(&folder, place, file)?);
        }
        let left_out = laying.left_out;
        distrust_newest(&mut seen);
        self.remove(name)?;
        fs::rename(&new, &dir).map_err(|error| io_at(&dir, error))?;
        aside.clear().map_err(|error| io_at(&self.folder, error))?;
        Ok(Checkout {
            dir,
            folder,
            tree,
            files,
            seen,
            left_out,
        })
    }

    /// Takes the worktree `name` of `commit` as it is, with what was changed in it; nothing where there is none.
    ///
    /// # Errors
    ///
    /// Every [`CheckoutError`].
    pub fn reopen<R: ObjectReader + ?Sized>(
        &self,
        reader: &R,
        commit: &ObjectId,
        name: &str,
    ) -> Result<Option<Checkout>, CheckoutError> {
        let dir = self.place(name)?;
        match fs::symlink_metadata(&dir) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(io_at(&dir, error)),
        }
        let folder = Beneath::open(&dir).map_err(|error| io_at(&dir, error))?;
        if !hold(&folder).map_err(|error| io_at(&dir, error))? {
            return Err(CheckoutError::Held(dir));
        }
        let tree = history::read_commit(reader, commit)?.tree;
        let files = self.list(reader, tree)?;
        let mut left_out = Vec::new();
        for (place, file) in files.iter().enumerate() {
            if file.mode == Mode::Symlink && !beneath::stays_inside(&file.path, &target(reader, file)?) {
                left_out.push(place);
            }
        }
        let seen = vec![None; files.len()];
        Ok(Some(Checkout {
            dir,
            folder,
            tree,
            files,
            seen,
            left_out,
        }))
    }

    /// Removes the worktree `name`, if there is one.
    ///
    /// # Errors
    ///
    /// [`CheckoutError::WorktreeName`], [`CheckoutError::Io`].
    pub fn remove(&self, name: &str) -> Result<(), CheckoutError> {
        self.remove_at(&self.place(name)?)
    }

    /// Removes every worktree that nobody holds, but those that are to be `kept`, and what killed processes did not finish
    /// making or removing. Returns the names of the removed worktrees.
    ///
    /// # Errors
    ///
    /// [`CheckoutError::Io`].
    pub fn sweep(&self, kept: &[&str]) -> Result<Vec<String>, CheckoutError> {
        let (work, aside) = (self.folder.join("work"), self.folder.join("aside"));
        let mut removed = Vec::new();
        for name in entries(&work)? {
            let (shown, dir) = (name.to_string_lossy().into_owned(), work.join(&name));
            if kept.contains(&shown.as_str()) {
                continue;
            }
            let is_free = match Beneath::open(&dir) {
                Ok(folder) => hold(&folder).map_err(|error| io_at(&dir, error))?,
                // It has gone, or something else was put here.
                Err(_) => true,
            };
            if is_free {
                self.remove_at(&dir)?;
                removed.push(shown);
            }
        }
        for name in entries(&aside)? {
            let place = aside.join(name);
            let taken = Aside::take(&place).map_err(|error| io_at(&place, error))?;
            if let Some(taken) = taken {
                taken.clear().map_err(|error| io_at(&place, error))?;
            }
        }
        removed.sort();
        Ok(removed)
    }

    fn remove_at(&self, dir: &Path) -> Result<(), CheckoutError> {
        if fs::symlink_metadata(dir).is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
            return Ok(());
        }
        let aside = self.aside()?;
        match fs::rename(dir, aside.place("old")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(io_at(dir, error)),
            _ => aside.clear().map_err(|error| io_at(&self.folder, error)),
        }
    }

    /// The files to make copies of; none where the file system cannot share what they hold.
    fn pristine(&self) -> Option<&Pristine> {
        let made = self.pristine.get_or_init(|| Pristine::make(&self.folder.join("aside")));
        made.as_ref()
    }

    fn aside(&self) -> Result<Aside, CheckoutError> {
        let folder = self.folder.join("aside");
        Aside::make(&folder).map_err(|error| io_at(&folder, error))
    }

    fn place(&self, name: &str) -> Result<PathBuf, CheckoutError> {
        let is_sign = |byte: u8| matches!(byte, b'.' | b'_' | b'-');
        let is_name = name.len() <= NAME_BYTES_MAX
            && name.bytes().next().is_some_and(|first| !is_sign(first))
            && name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || is_sign(byte));
        if is_name {
            Ok(self.folder.join("work").join(name))
        } else {
            Err(CheckoutError::WorktreeName(name.to_owned()))
        }
    }

    /// Lists the files of a tree, and refuses dangerous names.
    fn list<R: ObjectReader + ?Sized>(&self, reader: &R, tree: ObjectId) -> Result<Listing, CheckoutError> {
        // What a panic elsewhere left in it is a list like any other.
        let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, list)) = lists.iter().find(|(id, _)| *id == tree) {
            return Ok(Arc::clone(list));
        }
        let list = Arc::new(list(reader, tree)?);
        if lists.len() >= LISTS_KEPT {
            lists.remove(0);
        }
        lists.push((tree, Arc::clone(&list)));
        Ok(list)
    }
}

/// Lists the files of a tree, and refuses dangerous names.
pub(super) fn list<R: ObjectReader + ?Sized>(reader: &R, tree: ObjectId) -> Result<Vec<Listed>, CheckoutError> {
    let found = match tree_diff::compare(reader, None, Some(tree)) {
        Err(TreeError::TooManyChanges) => return Err(CheckoutError::TooManyFiles),
        other => other?,
    };
    let mut files = Vec::with_capacity(found.len());
    for difference in found {
        let Some(node) = difference.head else { continue };
        if difference.path.parts().any(|part| is_repository(&escape(part))) {
            return Err(CheckoutError::Name(difference.path));
        }
        files.push(Listed {
            path: difference.path,
            mode: node.mode,
            id: node.id,
        });
    }
    Ok(files)
}

/// Reads where a link of the tree leads to.
fn target<R: ObjectReader + ?Sized>(reader: &R, file: &Listed) -> Result<Vec<u8>, ContentsError> {
    contents::read_blob(reader, &file.path, &file.id, tree_diff::FOLDER_BYTES_MAX)
}

/// What was written last may be changed without showing, so it is read to be known.
fn distrust_newest(seen: &mut [Option<Seen>]) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let limit = now.saturating_sub(COARSE);
    for seen in seen {
        let is_old = seen.is_some_and(|seen| {
            let seconds = u64::try_from(seen.changed.0).unwrap_or(u64::MAX);
            (seconds, seen.changed.1) < (limit.as_secs(), u64::from(limit.subsec_nanos()))
        });
        if !is_old {
            *seen = None;
        }
    }
}

fn entries(folder: &Path) -> Result<Vec<std::ffi::OsString>, CheckoutError> {
    let io = |error| io_at(folder, error);
    let entries = fs::read_dir(folder).map_err(io)?;
    entries.map(|entry| Ok(entry.map_err(io)?.file_name())).collect()
}

pub(super) fn io_at(place: &Path, error: io::Error) -> CheckoutError {
    CheckoutError::Io {
        place: place.to_owned(),
        error,
    }
}

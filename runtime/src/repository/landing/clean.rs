//! Whether a work tree shows just what its branch holds, so that it may follow the branch.

use std::collections::BTreeSet;
use std::os::fd::OwnedFd;

use assize_provenance::reader::{ObjectId, ObjectKind, ObjectReader};
use assize_provenance::tree::{self, Mode};
use rustix::fs::{FileType, Stat};

use super::attached::Held;
use super::index::{self, Seen, Tracked};
use super::{WorkTreeError, first, io_at};
use crate::case::contents::FILE_BYTES_MAX;
use crate::case::path::RepositoryPath;
use crate::case::tree_diff::{Difference, Node};
use crate::repository::beneath::{self, Beneath, is_executable, kind, look, names, open_folder};
use crate::repository::checkout::{self, Listed};

/// What to do about changes.
const COMMIT: &str = "commit or stash them, then let it land again";

/// What lies at a path of a work tree.
#[derive(Debug)]
pub(super) enum Lying {
    Nothing,
    Folder,
    /// A file or a link.
    File {
        mode: Mode,
        id: ObjectId,
    },
    /// What no commit holds.
    Other,
}

impl Lying {
    /// Whether it is what a tree says.
    pub(super) fn is(&self, node: Option<&Node>) -> bool {
        match (self, node) {
            (Self::Nothing, None) => true,
            (Self::File { mode, id }, Some(node)) => (*mode, *id) == (plain(node.mode), node.id),
            _ => false,
        }
    }
}

/// Looks at a path, and reads what stands there.
pub(super) fn lying(folder: &Beneath, path: &RepositoryPath) -> std::io::Result<Lying> {
    let Some(above) = folder.above(path)? else {
        return Ok(Lying::Nothing);
    };
    let name = path.file_name();
    let Some(stat) = look(&above, name)? else {
        return Ok(Lying::Nothing);
    };
    let (mode, contents) = match kind(&stat) {
        FileType::Directory => return Ok(Lying::Folder),
        FileType::Symlink => (Mode::Symlink, beneath::read_link(&above, name)?),
        FileType::RegularFile => match beneath::read(&above, name, FILE_BYTES_MAX)? {
            Some((contents, stat)) if is_executable(&stat) => (Mode::Executable, contents),
            Some((contents, _)) => (Mode::File, contents),
            None => return Ok(Lying::Other),
        },
        _ => return Ok(Lying::Other),
    };
    let id = tree::object_id(ObjectKind::Blob, &contents);
    Ok(Lying::File { mode, id })
}

/// The mode that a new file has; early versions of git wrote another one.
pub(super) fn plain(mode: Mode) -> Mode {
    if mode == Mode::GroupWritable { Mode::File } else { mode }
}

/// Refuses a work tree that is not clean, or where something stands in the way of the `differences`. Its index is locked.
pub(super) fn must_be_clean<R: ObjectReader + ?Sized>(
    reader: &R,
    held: &Held,
    base: ObjectId,
    differences: &[Difference],
) -> Result<(), WorkTreeError> {
    let unclean = |reason, files: &[String], advice| {
        Err(WorkTreeError::Unclean {
            root: held.work_tree.root.clone(),
            reason,
            files: first(files),
            advice,
        })
    };
    let path = held.work_tree.index();
    let tracked = index::read(&path)?;
    let odd: Vec<String> = tracked
        .iter()
        .filter(|file| file.is_odd)
        .map(|file| file.path.to_string())
        .collect();
    if !odd.is_empty() {
        let advice = "finish or undo that, then let it land again";
        return unclean(
            "holds files that are half there (a merge, `git add -N`, a sparse checkout)",
            &odd,
            advice,
        );
    }
    let staged = staged(&checkout::list(reader, base)?, &tracked);
    if !staged.is_empty() {
        return unclean("has staged changes", &staged, COMMIT);
    }
    let index = match path.parent() {
        Some(parent) => Beneath::open(parent)
            .and_then(|folder| folder.look(&RepositoryPath::from_bytes(*b"index")))
            .map_err(|error| io_at(&path, error))?,
        None => None,
    };
    let concerned: BTreeSet<&RepositoryPath> = differences.iter().map(|difference| &difference.path).collect();
    let (mut changed, mut converted) = (Vec::new(), Vec::new());
    for file in &tracked {
        let must_be_read = concerned.contains(&file.path);
        match examine(&held.folder, file, index.as_ref(), must_be_read)
            .map_err(|error| io_at(&held.work_tree.root, error))?
        {
            Found::AsStaged => {}
            Found::Converted => converted.push(file.path.to_string()),
            Found::Changed => changed.push(file.path.to_string()),
        }
    }
    if !changed.is_empty() {
        return unclean("has changes that are not committed", &changed, COMMIT);
    }
    if !converted.is_empty() {
        let advice =
            "such files are not written here, because no filter is run; land on a branch that is not checked out";
        return unclean(
            "holds files in another form than git (line ends, a filter)",
            &converted,
            advice,
        );
    }
    let in_the_way = in_the_way(&held.folder, differences).map_err(|error| io_at(&held.work_tree.root, error))?;
    if !in_the_way.is_empty() {
        let advice = "move them away, then let it land again";
        return unclean(
            "holds files that git does not track where others are to be",
            &in_the_way,
            advice,
        );
    }
    Ok(())
}

/// The paths at which the index is not what the branch holds. Both lists are in byte order.
fn staged(listed: &[Listed], tracked: &[Tracked]) -> Vec<String> {
    let committed: BTreeSet<(&RepositoryPath, &'static str, ObjectId)> = listed
        .iter()
        .filter(|file| file.mode != Mode::Folder)
        .map(|file| (&file.path, plain(file.mode).octal(), file.id))
        .collect();
    let staged: BTreeSet<(&RepositoryPath, &'static str, ObjectId)> = tracked
        .iter()
        .map(|file| (&file.path, file.mode.octal(), file.id))
        .collect();
    let paths: BTreeSet<&RepositoryPath> = committed
        .symmetric_difference(&staged)
        .map(|(path, ..)| *path)
        .collect();
    paths.into_iter().map(ToString::to_string).collect()
}

/// How a tracked file lies in the work tree.
enum Found {
    AsStaged,
    /// Git saw it as it lies, but in git it is something else: a filter stands between.
    Converted,
    Changed,
}

fn examine(folder: &Beneath, file: &Tracked, index: Option<&Stat>, must_be_read: bool) -> std::io::Result<Found> {
    if file.mode == Mode::Submodule {
        return Ok(Found::AsStaged);
    }
    let is_as_seen = match folder.look(&file.path)? {
        None => return Ok(Found::Changed),
        Some(stat) => {
            let mode = match kind(&stat) {
                FileType::Symlink => Mode::Symlink,
                FileType::RegularFile if is_executable(&stat) => Mode::Executable,
                FileType::RegularFile => Mode::File,
                _ => return Ok(Found::Changed),
            };
            let is_racy = index.is_none_or(|index| file.seen.is_racy(index));
            mode == file.mode && file.seen == Seen::of(&stat) && !is_racy
        }
    };
    if is_as_seen && !must_be_read {
        return Ok(Found::AsStaged);
    }
    Ok(match lying(folder, &file.path)? {
        Lying::File { mode, id } if (mode, id) == (file.mode, file.id) => Found::AsStaged,
        _ if is_as_seen => Found::Converted,
        _ => Found::Changed,
    })
}

/// What git does not track and would be overwritten.
fn in_the_way(folder: &Beneath, differences: &[Difference]) -> std::io::Result<Vec<String>> {
    let removed: BTreeSet<&RepositoryPath> = differences
        .iter()
        .filter(|difference| difference.head.is_none())
        .map(|difference| &difference.path)
        .collect();
    let mut found = BTreeSet::new();
    for added in differences.iter().filter(|difference| difference.base.is_none()) {
        let mut path = RepositoryPath::default();
        for part in added.path.parts() {
            path = path.join(part);
            let Some(stat) = folder.look(&path)? else { break };
            let is_folder = kind(&stat) == FileType::Directory;
            if !is_folder && !removed.contains(&path) {
                found.insert(path.to_string());
            } else if is_folder
                && path == added.path
                && let Some(inner) = folder.folder(&path)?
            {
                untracked(&inner, &path, &removed, &mut found)?;
            }
        }
    }
    Ok(found.into_iter().collect())
}

/// Lists what lies in a folder and is not among what goes.
fn untracked(
    folder: &OwnedFd,
    path: &RepositoryPath,
    removed: &BTreeSet<&RepositoryPath>,
    found: &mut BTreeSet<String>,
) -> std::io::Result<()> {
    for name in names(folder)? {
        let inner = path.join(&name);
        let Some(stat) = look(folder, &name)? else { continue };
        if kind(&stat) == FileType::Directory {
            untracked(&open_folder(folder, &name)?, &inner, removed, found)?;
        } else if !removed.contains(&inner) {
            found.insert(inner.to_string());
        }
    }
    Ok(())
}

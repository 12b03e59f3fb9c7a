//! Writes what a landing changes into a work tree and its index. May be done again after a kill, at any point.

use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

use assize_provenance::reader::{ObjectId, ObjectKind, ObjectReader};
use assize_provenance::tree::{self, Mode};
use rustix::fs::{AtFlags, Stat, mkdirat, renameat, symlinkat, syncfs, unlinkat};
use rustix::io::Errno;

use super::attached::Held;
use super::clean::{Lying, lying, plain};
use super::index::{self, Entry};
use super::{WorkTreeError, io_at};
use crate::case::contents::{self, FILE_BYTES_MAX};
use crate::case::path::RepositoryPath;
use crate::case::tree_diff::{Difference, Node};
use crate::repository::beneath::{self, Beneath, look, names, open_folder};
use crate::repository::checkout::CheckoutError;

/// Up to how many files are brought to the disk one by one.
const SYNCED_MAX: usize = 64;

/// What came of it.
#[derive(Debug)]
pub(super) struct Applied {
    /// Files that are neither what they were nor what they become: somebody changed them, and they stay.
    pub(super) kept: Vec<String>,
}

/// Brings the files and the index after. The files are on disk before the index says so.
pub(super) fn apply<R: ObjectReader + ?Sized>(
    reader: &R,
    held: &Held,
    differences: &[Difference],
    state_dir: &Path,
) -> Result<Applied, WorkTreeError> {
    let mut applied = Applied { kept: Vec::new() };
    let mut entries = Vec::with_capacity(differences.len());
    // What goes makes room for what comes.
    let (gone, come): (Vec<&Difference>, Vec<&Difference>) =
        differences.iter().partition(|difference| difference.head.is_none());
    let syncs_each = come.len() <= SYNCED_MAX;
    for difference in gone.into_iter().chain(come) {
        let path = &difference.path;
        let io = |error| io_at(&held.work_tree.root.join(path.to_string()), error);
        let contents = match difference.head {
            Some(node) if node.mode != Mode::Submodule => Some((
                node,
                contents::read_blob(reader, path, &node.id, FILE_BYTES_MAX).map_err(CheckoutError::from)?,
            )),
            _ => None,
        };
        let is_done = bring(&held.folder, difference, contents.as_ref(), syncs_each).map_err(io)?;
        let stat = match is_done {
            true => held.folder.look(path).map_err(io)?,
            false => {
                applied.kept.push(path.to_string());
                None
            }
        };
        entries.push((path, difference.head.map(|node| (plain(node.mode), node.id, stat))));
    }
    if !syncs_each {
        syncfs(held.folder.root()).map_err(|errno| io_at(&held.work_tree.root, errno.into()))?;
    }
    let entries: Vec<Entry<'_>> = entries.into_iter().map(|(path, node)| Entry { path, node }).collect();
    let name = tree::object_id(ObjectKind::Blob, held.work_tree.git_dir.as_os_str().as_encoded_bytes());
    let draft = state_dir.join("landings").join(format!("{name}.draft"));
    index::write(&held.work_tree.index(), &draft, &entries)?;
    Ok(applied)
}

/// Brings one path from what it was to what it becomes; false where it is neither.
fn bring(
    folder: &Beneath,
    difference: &Difference,
    contents: Option<&(Node, Vec<u8>)>,
    is_synced: bool,
) -> io::Result<bool> {
    let path = &difference.path;
    if let Some(above) = folder.above(path)? {
        remove_file(&above, &temporary(path))?;
    }
    let now = lying(folder, path)?;
    if now.is(difference.head.as_ref()) {
        if difference.head.is_none() {
            remove_empty_above(folder, path)?;
        }
        return Ok(true);
    }
    let is_submodule = |node: Option<&Node>| node.is_some_and(|node| node.mode == Mode::Submodule);
    if is_submodule(difference.head.as_ref()) {
        return match now {
            Lying::Folder => Ok(true),
            _ if now.is(difference.base.as_ref()) => {
                let above = folder.made_above(path)?;
                remove_file(&above, path.file_name())?;
                mkdirat(&above, path.file_name(), rustix::fs::Mode::from_raw_mode(0o777))?;
                Ok(true)
            }
            _ => Ok(false),
        };
    }
    let may_go = match now {
        // The file has gone, and what took its place was brought before.
        Lying::Folder if difference.head.is_none() && !is_submodule(difference.base.as_ref()) => return Ok(true),
        // Only what holds no file gives way.
        Lying::Folder => {
            let is_expected = difference.base.is_none() || is_submodule(difference.base.as_ref());
            is_expected && remove_empty(folder, path)?
        }
        Lying::Nothing if is_submodule(difference.base.as_ref()) => true,
        now => now.is(difference.base.as_ref()),
    };
    if !may_go {
        // A submodule that goes leaves its files behind.
        return Ok(difference.head.is_none() && is_submodule(difference.base.as_ref()));
    }
    match contents {
        Some((node, contents)) => write(folder, path, node, contents, is_synced)?,
        None => {
            if let Some(above) = folder.above(path)? {
                remove_file(&above, path.file_name())?;
            }
            remove_empty_above(folder, path)?;
        }
    }
    Ok(true)
}

/// Writes a file beside its name and gives it the name, so that it is never there in part.
fn write(folder: &Beneath, path: &RepositoryPath, node: &Node, contents: &[u8], is_synced: bool) -> io::Result<()> {
    let above = folder.made_above(path)?;
    let temporary = temporary(path);
    if node.mode == Mode::Symlink {
        symlinkat(contents, &above, temporary.as_slice())?;
    } else {
        let file = beneath::write_new(&above, &temporary, contents, node.mode == Mode::Executable)?;
        if is_synced {
            file.sync_all()?;
        }
    }
    renameat(&above, temporary.as_slice(), &above, path.file_name())?;
    Ok(())
}

/// The name of a file on its way; the same whenever the same file is written, so that one that a kill left is found.
fn temporary(path: &RepositoryPath) -> Vec<u8> {
    let id: ObjectId = tree::object_id(ObjectKind::Blob, path.file_name());
    format!(".assize-landing-{id}").into_bytes()
}

fn remove_file(folder: &OwnedFd, name: &[u8]) -> io::Result<()> {
    match unlinkat(folder, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(errno) => Err(errno.into()),
    }
}

/// Removes the folders that a path lay in as far as they hold nothing any more.
fn remove_empty_above(folder: &Beneath, path: &RepositoryPath) -> io::Result<()> {
    let mut path = beneath::parent(path);
    while !path.as_bytes().is_empty() {
        if let Some(above) = folder.above(&path)? {
            match unlinkat(&above, path.file_name(), AtFlags::REMOVEDIR) {
                Ok(()) | Err(Errno::NOENT) => {}
                Err(Errno::NOTEMPTY | Errno::EXIST | Errno::NOTDIR | Errno::BUSY | Errno::INVAL) => return Ok(()),
                Err(errno) => return Err(errno.into()),
            }
        }
        path = beneath::parent(&path);
    }
    Ok(())
}

/// Removes a folder that holds only folders; false where it holds more.
fn remove_empty(folder: &Beneath, path: &RepositoryPath) -> io::Result<bool> {
    let Some(inner) = folder.folder(path)? else {
        return Ok(false);
    };
    for name in names(&inner)? {
        let is_folder =
            look(&inner, &name)?.is_some_and(|stat: Stat| beneath::kind(&stat) == rustix::fs::FileType::Directory);
        if !is_folder || open_folder(&inner, &name).is_err() || !remove_empty(folder, &path.join(&name))? {
            return Ok(false);
        }
    }
    match folder.above(path)? {
        Some(above) => Ok(unlinkat(&above, path.file_name(), AtFlags::REMOVEDIR).is_ok()),
        None => Ok(false),
    }
}

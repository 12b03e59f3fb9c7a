//! What of a workspace a role opens, as the kernel can hold a command to it.
//!
//! The kernel opens files and whole folders, the role's patterns speak of paths. So the folder is looked through as it is: a
//! folder of which patterns open everything, with nothing closed in it, is opened as a whole, and in any other each file and
//! folder for itself. What the patterns open in a folder that is not open as a whole can be read and written where it stands, but
//! nothing new can be made there.

use std::os::fd::{AsFd, OwnedFd};

use assize_provenance::pattern::is_guarded;
use rustix::fs::{AtFlags, Dir, FileType, statat};

use super::descent::DEPTH_MAX;
use super::walk::{kind, open_folder, parse};
use super::{Refusal, Visit, Way};
use crate::case::path::{RepositoryPath, escape};
use crate::policy::files::FileGrants;

/// How many places can be opened to one command.
pub const OPENINGS_MAX: usize = 65_536;
/// How many entries are looked at.
const ENTRIES_MAX: usize = 2_000_000;

/// A file or folder that is open to a command, with all that lies below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// Its path; empty for the workspace itself.
    pub path: RepositoryPath,
    /// Whether it may be read.
    pub read: bool,
    /// Whether it, and every folder below it, may be listed.
    pub list: bool,
    /// Whether it may be written.
    pub write: bool,
    /// Whether entries may be made and removed in it.
    pub make: bool,
}

impl Visit {
    /// Looks through the workspace for what a command may reach in it.
    ///
    /// # Errors
    ///
    /// When the folder cannot be looked through, or holds more than can be opened to a command.
    pub fn openings(&self) -> Result<Vec<Opening>, Refusal> {
        let root = RepositoryPath::default();
        let folder = self.root()?;
        let mut look = Look {
            files: &self.files,
            found: Vec::new(),
            entries_left: ENTRIES_MAX,
        };
        look.folder(&folder, &root, DEPTH_MAX)?;
        if look.found.len() > OPENINGS_MAX {
            return Err(too_many());
        }
        Ok(look.found)
    }
}

impl Visit {
    /// Refuses a folder that no command may start in: it must be one that could be listed.
    ///
    /// # Errors
    ///
    /// When the path means nothing, or nothing opens the folder.
    pub fn may_start_in(&self, path: &str) -> Result<(), Refusal> {
        parse(path)?;
        if self.files.may_pass(path) || self.files.may_read(path) {
            return Ok(());
        }
        Err(Refusal::Closed {
            path: path.to_owned(),
            way: Way::Read,
        })
    }
}

/// What of a place is open, now and for whatever is made there later.
#[derive(Clone, Copy)]
struct Whole {
    read: bool,
    write: bool,
}

struct Look<'a> {
    files: &'a FileGrants,
    found: Vec<Opening>,
    entries_left: usize,
}

impl Look<'_> {
    /// Looks through a folder. What it finds below is left out again where the folder is open as a whole.
    fn folder(&mut self, folder: &OwnedFd, path: &RepositoryPath, depth: usize) -> Result<Whole, Refusal> {
        let text = path.to_string();
        let named = Whole {
            read: self.files.may_read_all_below(&text),
            write: self.files.may_write_all_below(&text),
        };
        let mut whole = named;
        let before = self.found.len();
        for (name, kind) in self.entries(folder, path)? {
            let below = self.entry(folder, &path.join(&name), &name, kind, depth)?;
            whole.read &= below.read;
            whole.write &= below.write;
        }
        let mut kept = self.found.split_off(before);
        for opening in &mut kept {
            opening.read &= !whole.read;
            opening.list &= !named.read;
            opening.write &= !whole.write;
            opening.make &= !whole.write;
        }
        kept.retain(|opening| opening.read || opening.list || opening.write || opening.make);
        self.found.extend(kept);
        self.open(Opening {
            path: path.clone(),
            read: whole.read,
            // Names may be listed where patterns open all, also those of what is never opened.
            list: named.read,
            write: whole.write,
            make: whole.write,
        })?;
        Ok(whole)
    }

    fn entry(
        &mut self,
        folder: &OwnedFd,
        path: &RepositoryPath,
        name: &[u8],
        kind: FileType,
        depth: usize,
    ) -> Result<Whole, Refusal> {
        const NOTHING: Whole = Whole {
            read: false,
            write: false,
        };
        match kind {
            FileType::Directory => {
                let Some(depth) = depth.checked_sub(1) else {
                    return Err(Refusal::Limit(format!(
                        "`{path}` lies more than {DEPTH_MAX} folders deep, so nothing can be opened to a command"
                    )));
                };
                // What closes a guarded folder is its name; a pattern may open some of it by that name.
                let is_closed = is_guarded(&escape(name));
                match open_folder(folder.as_fd(), name, path) {
                    Ok(inner) => {
                        let below = self.folder(&inner, path, depth)?;
                        Ok(if is_closed { NOTHING } else { below })
                    }
                    // It has gone since, or this user may not look into it: then neither may the command.
                    Err(_) => Ok(NOTHING),
                }
            }
            FileType::RegularFile => {
                let text = path.to_string();
                let open = Whole {
                    read: self.files.may_read(&text),
                    write: self.files.may_write(&text),
                };
                self.open(Opening {
                    path: path.clone(),
                    read: open.read,
                    list: false,
                    write: open.write,
                    make: false,
                })?;
                Ok(if is_guarded(&escape(name)) { NOTHING } else { open })
            }
            // A device is the machine's.
            FileType::CharacterDevice | FileType::BlockDevice => Ok(NOTHING),
            // A link opens nothing: what it leads to is open or not.
            _ if is_guarded(&escape(name)) => Ok(NOTHING),
            _ => Ok(Whole {
                read: true,
                write: true,
            }),
        }
    }

    fn open(&mut self, opening: Opening) -> Result<(), Refusal> {
        if !(opening.read || opening.list || opening.write || opening.make) {
            return Ok(());
        }
        // Entries of folders that turn out to be open as a whole are left out later.
        if self.found.len() >= OPENINGS_MAX.saturating_mul(8) {
            return Err(too_many());
        }
        self.found.push(opening);
        Ok(())
    }

    fn entries(&mut self, folder: &OwnedFd, path: &RepositoryPath) -> Result<Vec<(Vec<u8>, FileType)>, Refusal> {
        let mut entries = Vec::new();
        for entry in Dir::read_from(folder).map_err(|errno| Refusal::of(errno, path))? {
            let entry = entry.map_err(|errno| Refusal::of(errno, path))?;
            let name = entry.file_name().to_bytes();
            if name == b"." || name == b".." {
                continue;
            }
            self.entries_left = self.entries_left.checked_sub(1).ok_or_else(too_many)?;
            let kind = match entry.file_type() {
                FileType::Unknown => match statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
                    Ok(stat) => kind(&stat),
                    Err(_) => continue,
                },
                known => known,
            };
            entries.push((name.to_owned(), kind));
        }
        Ok(entries)
    }
}

fn too_many() -> Refusal {
    Refusal::Limit(format!(
        "the workspace holds too much for a command: at most {OPENINGS_MAX} files and folders can be opened one by one; open \
         whole folders, such as `src/**`"
    ))
}

//! From a path to the folder it lies in: part by part, and no link is followed.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat, mkdirat, openat, statat};
use rustix::io::Errno;

use super::refusal::{Refusal, Way};
use super::temporary;
use super::{FOLDER_COST_BYTES, FOLDER_ENTRIES_MAX, Visit};
use crate::case::path::RepositoryPath;

/// How a folder is opened: as a folder, and not through a link.
const FOLDER: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

/// The longest name, in bytes, as Linux has it.
const NAME_BYTES_MAX: usize = 255;

/// Reads a path of the contract. The empty path is the workspace itself.
pub(super) fn parse(text: &str) -> Result<RepositoryPath, Refusal> {
    let path: RepositoryPath = text
        .parse()
        .map_err(|error| Refusal::Invalid(format!("this is no path: {error}")))?;
    for part in path.parts() {
        if part.contains(&0) {
            return Err(Refusal::Invalid("a name holds no NUL byte".into()));
        }
        if part.len() > NAME_BYTES_MAX {
            return Err(Refusal::Invalid(format!("a name has at most {NAME_BYTES_MAX} bytes")));
        }
        if temporary::is_ours(part) {
            let reason = "names that start with `.assize-temporary-` are the host's own";
            return Err(Refusal::Invalid(reason.into()));
        }
    }
    Ok(path)
}

/// Reads a path of the contract that leads to something in the workspace.
pub(super) fn parse_entry(text: &str) -> Result<RepositoryPath, Refusal> {
    let path = parse(text)?;
    if path.as_bytes().is_empty() {
        return Err(Refusal::Invalid("the empty path is the workspace itself".into()));
    }
    Ok(path)
}

/// Opens the folder `name` in `parent`. `path` is the whole path, for messages.
pub(super) fn open_folder(parent: BorrowedFd<'_>, name: &[u8], path: &RepositoryPath) -> Result<OwnedFd, Refusal> {
    match openat(parent, name, FOLDER, Mode::empty()) {
        Ok(folder) if is_real_name(parent, name).map_err(|errno| Refusal::of(errno, path))? => Ok(folder),
        Ok(_) => Err(other_spelling(path)),
        // Systems answer either for a link that must be a folder.
        Err(Errno::NOTDIR | Errno::LOOP) => match statat(parent, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) if kind(&stat) == FileType::Symlink => Err(Refusal::Link(path.to_string())),
            Ok(_) => Err(Refusal::NotFound(format!("`{path}` is no folder"))),
            Err(errno) => Err(Refusal::of(errno, path)),
        },
        Err(errno) => Err(Refusal::of(errno, path)),
    }
}

/// What stands under `name` in `folder`, without following it; nothing where nothing does.
pub(super) fn look(folder: BorrowedFd<'_>, name: &[u8], path: &RepositoryPath) -> Result<Option<Stat>, Refusal> {
    let stat = match statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => stat,
        Err(Errno::NOENT) => return Ok(None),
        Err(errno) => return Err(Refusal::of(errno, path)),
    };
    if is_real_name(folder, name).map_err(|errno| Refusal::of(errno, path))? {
        Ok(Some(stat))
    } else {
        Err(other_spelling(path))
    }
}

/// What kind of thing it is.
pub(super) fn kind(stat: &Stat) -> FileType {
    FileType::from_raw_mode(stat.st_mode)
}

fn other_spelling(path: &RepositoryPath) -> Refusal {
    Refusal::Invalid(format!(
        "the last name of `{path}` is written otherwise in its folder; use that spelling"
    ))
}

/// Tells whether the folder itself calls the entry `name`, which stands in it. A file system that folds case, drops dots
/// or knows short names opens one file under many names, and the patterns know only one.
fn is_real_name(folder: BorrowedFd<'_>, name: &[u8]) -> Result<bool, Errno> {
    if name.is_ascii() && !name.contains(&b'~') && !name.ends_with(b".") && !name.ends_with(b" ") {
        let swapped: Vec<u8> = name.iter().map(|byte| swap_case(*byte)).collect();
        if swapped == name {
            return Ok(true);
        }
        match statat(folder, swapped.as_slice(), AtFlags::SYMLINK_NOFOLLOW) {
            Err(_) => return Ok(true),
            Ok(other) => {
                let stat = statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
                if (stat.st_dev, stat.st_ino) != (other.st_dev, other.st_ino) {
                    return Ok(true);
                }
            }
        }
    }
    // It may be folded: the folder's own list decides.
    for entry in Dir::read_from(folder)?.take(FOLDER_ENTRIES_MAX) {
        if entry?.file_name().to_bytes() == name {
            return Ok(true);
        }
    }
    Ok(false)
}

fn swap_case(byte: u8) -> u8 {
    if byte.is_ascii_alphabetic() { byte ^ 0x20 } else { byte }
}

impl Visit {
    /// Refuses what the role's patterns do not open.
    pub(super) fn must_open(&self, way: Way, path: &RepositoryPath) -> Result<(), Refusal> {
        let text = path.to_string();
        let open = match way {
            Way::Read => self.files.may_read(&text),
            Way::Write => self.files.may_write(&text),
        };
        if open {
            Ok(())
        } else {
            Err(Refusal::Closed { path: text, way })
        }
    }

    /// Refuses a folder that the role may neither read nor pass on its way to what it may read.
    pub(super) fn must_lead(&self, path: &RepositoryPath) -> Result<(), Refusal> {
        let text = path.to_string();
        if self.files.may_read(&text) || self.files.may_pass(&text) {
            return Ok(());
        }
        Err(Refusal::Closed {
            path: text,
            way: Way::Read,
        })
    }

    /// Opens the folder at `path`.
    pub(super) fn folder(&self, path: &RepositoryPath) -> Result<OwnedFd, Refusal> {
        let mut here = self.root()?;
        let mut so_far = RepositoryPath::default();
        for part in path.parts() {
            so_far = so_far.join(part);
            here = open_folder(here.as_fd(), part, &so_far)?;
        }
        Ok(here)
    }

    /// Opens the folder that `path` lies in.
    pub(super) fn parent(&self, path: &RepositoryPath) -> Result<OwnedFd, Refusal> {
        self.folder(&parent_path(path))
    }

    /// Opens the folder that `path` lies in, and makes what is missing on the way.
    pub(super) fn made_parent(&mut self, path: &RepositoryPath) -> Result<OwnedFd, Refusal> {
        let mut here = self.root()?;
        let mut so_far = RepositoryPath::default();
        for part in parent_path(path).parts() {
            so_far = so_far.join(part);
            here = match open_folder(here.as_fd(), part, &so_far) {
                Err(Refusal::NotFound(_)) if look(here.as_fd(), part, &so_far)?.is_none() => {
                    self.spend(FOLDER_COST_BYTES)?;
                    match mkdirat(&here, part, Mode::from_raw_mode(0o777)) {
                        // Somebody else made it: then that is opened, or refused, as what it is.
                        Ok(()) | Err(Errno::EXIST) => open_folder(here.as_fd(), part, &so_far)?,
                        Err(errno) => return Err(Refusal::of(errno, &so_far)),
                    }
                }
                other => other?,
            };
        }
        Ok(here)
    }

    pub(super) fn root(&self) -> Result<OwnedFd, Refusal> {
        self.root
            .as_fd()
            .try_clone_to_owned()
            .map_err(|error| Refusal::Unavailable(format!("the machine has no room for an open folder: {error}")))
    }
}

fn parent_path(path: &RepositoryPath) -> RepositoryPath {
    let bytes = path.as_bytes();
    let end = bytes.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
    RepositoryPath::from_bytes(bytes.get(..end).unwrap_or_default())
}

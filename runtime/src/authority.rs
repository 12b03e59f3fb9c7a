//! The one place where a path becomes a power: a folder that nothing leads out of.

use std::fs::File;
use std::io;
use std::path::Path;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

/// Opens a folder. Whatever is opened through it lies in it: `..`, absolute paths and links that lead out are refused.
///
/// # Errors
///
/// What the system says.
pub fn folder(path: &Path) -> io::Result<Dir> {
    Dir::open_ambient_dir(path, ambient_authority())
}

/// Opens a folder whose path, without a slash at its end, does not end in a symbolic link. Links before its last part are followed: the path comes from the
/// user, who names a place of the machine.
///
/// # Errors
///
/// What the system says: `LOOP` or `NOTDIR` for a link.
pub fn unlinked_folder(path: &Path) -> Result<Dir, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let folder = rustix::fs::open(path, flags, Mode::empty())?;
    Ok(Dir::from_std_file(File::from(folder)))
}

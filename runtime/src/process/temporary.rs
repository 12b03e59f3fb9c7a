//! A command's own folder for what it needs while it runs.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// A folder that is there as long as its command runs.
pub(super) struct Temporary(pub(super) PathBuf);

impl Temporary {
    /// Makes one below `scratch`, which only its owner may enter.
    pub(super) fn make(scratch: &Path, name: &str) -> io::Result<Self> {
        fs::create_dir_all(scratch)?;
        let folder = scratch.canonicalize()?.join(format!("command-{name}"));
        fs::DirBuilder::new().mode(0o700).create(&folder)?;
        Ok(Self(folder))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        remove(&self.0);
    }
}

/// Removes it with all that it holds.
pub(super) fn remove(folder: &Path) {
    if fs::remove_dir_all(folder).is_err() {
        // A command may have closed folders of its own.
        open_again(folder);
        let _ = fs::remove_dir_all(folder);
    }
}

/// Gives the owner back what a command took from a folder and those below it.
fn open_again(folder: &Path) {
    let _ = fs::set_permissions(folder, fs::Permissions::from_mode(0o700));
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            open_again(&entry.path());
        }
    }
}

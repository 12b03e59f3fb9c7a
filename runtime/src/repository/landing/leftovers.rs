//! Locks that killed processes of ours left on branches and indexes, where they would keep git from working.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::Path;

use super::{WorkTreeError, io_at};
use crate::repository::lock::Lock;

/// How many folders deep branches are looked for.
const DEPTH_MAX: usize = 32;

/// Removes the locks that nobody holds.
pub(super) fn release(common_dir: &Path) -> Result<(), WorkTreeError> {
    Lock::release_left(&common_dir.join("index"))?;
    for (git_dir, is_folder) in entries(&common_dir.join("worktrees"))? {
        if is_folder {
            Lock::release_left(&git_dir.join("index"))?;
        }
    }
    release_below(&common_dir.join("refs/heads"), DEPTH_MAX)
}

fn release_below(folder: &Path, depth: usize) -> Result<(), WorkTreeError> {
    for (path, is_folder) in entries(folder)? {
        let reference = path.with_extension("");
        if is_folder {
            if let Some(depth) = depth.checked_sub(1) {
                release_below(&path, depth)?;
            }
        } else if path.extension() == Some(OsStr::new("lock")) && reference.extension() != Some(OsStr::new("value")) {
            Lock::release_left(&reference)?;
        }
    }
    Ok(())
}

/// What lies in a folder, and whether it is a folder itself; links are none.
fn entries(folder: &Path) -> Result<Vec<(std::path::PathBuf, bool)>, WorkTreeError> {
    let io = |error| io_at(folder, error);
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        Err(error) => return Err(io(error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(io)?;
        found.push((entry.path(), entry.file_type().map_err(io)?.is_dir()));
    }
    Ok(found)
}

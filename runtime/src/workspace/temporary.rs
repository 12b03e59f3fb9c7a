//! Files on their way to a name: written beside it under a name nobody can guess, then given the name at once.
//!
//! A temporary file is locked while it is written. One that is there without a lock was left behind by a call that was
//! killed; the next call that writes into the folder removes it.

use std::fs::File;
use std::io::Write as _;
use std::os::fd::{AsFd, BorrowedFd};

use rustix::fs::{
    AtFlags, Dir, FileType, FlockOperation, Mode, OFlags, RenameFlags, fchmod, flock, fstat, linkat, openat, renameat,
    renameat_with, statat, unlinkat,
};
use rustix::io::Errno;

use super::walk::kind;
use super::{FOLDER_ENTRIES_MAX, Refusal, Visit};
use crate::case::path::RepositoryPath;

/// How the names of temporary files start. Guests neither see nor use such names.
const PREFIX: &[u8] = b".assize-temporary-";

/// How often a new name is tried, when another call takes a file for a left-over one in the moment it is made.
const ATTEMPTS: usize = 8;

/// How many folders one call sweeps.
const SWEPT_FOLDERS_MAX: usize = 10_000;

/// Tells whether the name is that of a temporary file.
pub(super) fn is_ours(name: &[u8]) -> bool {
    name.get(..PREFIX.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(PREFIX))
}

/// A file that has no name of its own yet. Removed when it gets none.
pub(super) struct Temporary<'a> {
    folder: BorrowedFd<'a>,
    name: Vec<u8>,
    file: File,
    is_named: bool,
}

impl<'a> Temporary<'a> {
    /// Makes an empty file in `folder`, with `mode` or what the user's mask makes of a new file.
    pub(super) fn create(folder: BorrowedFd<'a>, mode: Option<Mode>, path: &RepositoryPath) -> Result<Self, Refusal> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        for _ in 0..ATTEMPTS {
            let name = new_name()?;
            let opened = openat(folder, name.as_slice(), flags, Mode::from_raw_mode(0o666));
            let file = File::from(opened.map_err(|errno| Refusal::of(errno, path))?);
            let temporary = Self {
                folder,
                name,
                file,
                is_named: false,
            };
            let is_locked = flock(&temporary.file, FlockOperation::NonBlockingLockExclusive).is_ok();
            let is_there = fstat(&temporary.file).is_ok_and(|stat| stat.st_nlink > 0);
            if !(is_locked && is_there) {
                continue;
            }
            if let Some(mode) = mode {
                fchmod(&temporary.file, mode).map_err(|errno| Refusal::of(errno, path))?;
            }
            return Ok(temporary);
        }
        Err(Refusal::Unavailable(format!(
            "no temporary file can be made beside `{path}`"
        )))
    }

    /// Writes behind what was written.
    pub(super) fn write(&mut self, bytes: &[u8], path: &RepositoryPath) -> Result<(), Refusal> {
        self.file.write_all(bytes).map_err(|error| failed(&error, path))
    }

    /// Gives the file its name, unless something has that name.
    pub(super) fn name_new(mut self, name: &[u8], path: &RepositoryPath) -> Result<(), Refusal> {
        let temporary = self.name.as_slice();
        match renameat_with(self.folder, temporary, self.folder, name, RenameFlags::NOREPLACE) {
            Ok(()) => {
                self.is_named = true;
                Ok(())
            }
            // Some disks cannot rename without replacing. A second name does as well, and the first one goes.
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
                linkat(self.folder, temporary, self.folder, name, AtFlags::empty())
                    .map_err(|errno| Refusal::of(errno, path))
            }
            Err(errno) => Err(Refusal::of(errno, path)),
        }
    }

    /// Gives the file its name, whatever file has it.
    pub(super) fn name_over(mut self, name: &[u8], path: &RepositoryPath) -> Result<(), Refusal> {
        renameat(self.folder, self.name.as_slice(), self.folder, name).map_err(|errno| Refusal::of(errno, path))?;
        self.is_named = true;
        Ok(())
    }
}

impl Drop for Temporary<'_> {
    fn drop(&mut self) {
        if !self.is_named {
            // What stays after a failure here is swept by a later call.
            let _ = unlinkat(self.folder, self.name.as_slice(), AtFlags::empty());
        }
    }
}

/// What an error of a file means.
pub(super) fn failed(error: &std::io::Error, path: &RepositoryPath) -> Refusal {
    match error.raw_os_error() {
        Some(number) => Refusal::of(Errno::from_raw_os_error(number), path),
        None => Refusal::Unavailable(format!("the machine failed at `{path}`: {error}")),
    }
}

fn new_name() -> Result<Vec<u8>, Refusal> {
    let mut random = [0_u8; 16];
    getrandom::fill(&mut random)
        .map_err(|error| Refusal::Unavailable(format!("the machine gives no randomness: {error}")))?;
    let mut name = PREFIX.to_vec();
    for byte in random {
        let _ = write!(name, "{byte:02x}");
    }
    Ok(name)
}

impl Visit {
    /// Removes temporary files that killed calls left in `folder`, once in each call.
    pub(super) fn sweep(&mut self, folder: BorrowedFd<'_>) {
        let Ok(stat) = fstat(folder) else { return };
        if self.swept.len() >= SWEPT_FOLDERS_MAX || !self.swept.insert((stat.st_dev, stat.st_ino)) {
            return;
        }
        let Ok(entries) = Dir::read_from(folder) else { return };
        for entry in entries.take(FOLDER_ENTRIES_MAX).flatten() {
            let name = entry.file_name().to_bytes();
            if is_ours(name) && is_left_over(folder, name) {
                let _ = unlinkat(folder, name, AtFlags::empty());
            }
        }
    }
}

fn is_left_over(folder: BorrowedFd<'_>, name: &[u8]) -> bool {
    if !statat(folder, name, AtFlags::SYMLINK_NOFOLLOW).is_ok_and(|stat| kind(&stat) == FileType::RegularFile) {
        return false;
    }
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let Ok(file) = openat(folder, name, flags, Mode::empty()) else {
        return false;
    };
    let is_file = fstat(&file).is_ok_and(|stat| kind(&stat) == FileType::RegularFile);
    is_file && flock(file.as_fd(), FlockOperation::NonBlockingLockExclusive).is_ok()
}

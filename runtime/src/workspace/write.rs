//! What changes the workspace: writing, removing, renaming.

use std::io::Write as _;
use std::os::fd::{AsFd, BorrowedFd};

use rustix::fs::{
    AtFlags, FileType, Mode, OFlags, RenameFlags, Stat, fstat, ftruncate, openat, renameat_with, unlinkat,
};
use rustix::io::Errno;

use super::descent::Descent;
use super::look::{must_be_file, open_file, size};
use super::refusal::{Refusal, Way};
use super::temporary::{Temporary, failed};
use super::walk::{kind, look, parse_entry};
use super::{FILE_COST_BYTES, Visit, WRITE_BYTES_MAX};
use crate::case::path::RepositoryPath;

/// The most files and folders that go along when a folder is renamed.
const RENAMED_ENTRIES_MAX: usize = 10_000;

/// What [`Visit::write`] does with a file that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// Leaves it alone.
    Keep,
    /// Replaces its contents.
    Replace,
    /// Writes behind its end.
    Append,
}

impl Visit {
    /// Writes a file, and makes the folders on its way that are missing.
    ///
    /// # Errors
    ///
    /// Every [`Refusal`].
    pub fn write(&mut self, path: &str, contents: &[u8], existing: Existing) -> Result<(), Refusal> {
        let path = parse_entry(path)?;
        self.must_open(Way::Write, &path)?;
        if contents.len() > WRITE_BYTES_MAX {
            return Err(Refusal::Limit(format!(
                "at most {} MiB are written at once; append the rest",
                WRITE_BYTES_MAX >> 20
            )));
        }
        let folder = self.made_parent(&path)?;
        let folder = folder.as_fd();
        let there = look(folder, path.file_name(), &path)?;
        if let Some(stat) = &there {
            must_be_file(stat, &path)?;
            if existing == Existing::Keep {
                return Err(Refusal::of(Errno::EXIST, &path));
            }
            if stat.st_mode & 0o200 == 0 {
                return Err(Refusal::Unavailable(format!("`{path}` is read-only on this machine")));
            }
        }
        self.spend((contents.len() as u64).saturating_add(FILE_COST_BYTES))?;
        self.remember(folder, &path, there.as_ref())?;
        self.sweep(folder);
        match there {
            None => {
                let mut file = Temporary::create(folder, None, &path)?;
                file.write(contents, &path)?;
                file.name_new(path.file_name(), &path)
            }
            Some(stat) if existing == Existing::Append => self.append(folder, &path, &stat, contents),
            Some(stat) => {
                let mut file = Temporary::create(folder, Some(mode(&stat)), &path)?;
                file.write(contents, &path)?;
                file.name_over(path.file_name(), &path)
            }
        }
    }

    /// Removes a file, a link, or an empty folder.
    ///
    /// # Errors
    ///
    /// Every [`Refusal`] but `Limit` and `Conflict`.
    pub fn remove(&mut self, path: &str) -> Result<(), Refusal> {
        let path = parse_entry(path)?;
        self.must_open(Way::Write, &path)?;
        let folder = self.parent(&path)?;
        let stat = must_be_there(folder.as_fd(), &path)?;
        let flags = match kind(&stat) {
            FileType::Directory => AtFlags::REMOVEDIR,
            FileType::RegularFile | FileType::Symlink => {
                self.remember(folder.as_fd(), &path, Some(&stat))?;
                AtFlags::empty()
            }
            _ => return Err(special(&path)),
        };
        unlinkat(&folder, path.file_name(), flags).map_err(|errno| Refusal::of(errno, &path))
    }

    /// Gives a file, a link or a folder another path, where nothing stands.
    ///
    /// What the role may not read may not be moved to where it may: that would be reading it.
    ///
    /// # Errors
    ///
    /// Every [`Refusal`].
    pub fn rename(&mut self, from: &str, to: &str) -> Result<(), Refusal> {
        let (from, to) = (parse_entry(from)?, parse_entry(to)?);
        self.must_move(&from, &to)?;
        let old = self.parent(&from)?;
        let stat = must_be_there(old.as_fd(), &from)?;
        let new = self.parent(&to)?;
        if look(new.as_fd(), to.file_name(), &to)?.is_some() {
            return Err(Refusal::of(Errno::EXIST, &to));
        }
        match kind(&stat) {
            FileType::Directory => self.remember_below(&from, &to)?,
            FileType::RegularFile | FileType::Symlink => {
                self.remember(old.as_fd(), &from, Some(&stat))?;
                self.remember(new.as_fd(), &to, None)?;
            }
            _ => return Err(special(&from)),
        }
        let renamed = renameat_with(&old, from.file_name(), &new, to.file_name(), RenameFlags::NOREPLACE);
        renamed.map_err(|errno| match errno {
            Errno::INVAL if to.as_bytes().starts_with(from.as_bytes()) => {
                Refusal::Invalid(format!("`{from}` cannot be moved into itself"))
            }
            Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP => Refusal::Unavailable(
                "this disk cannot rename without replacing what may stand there; write the file anew".into(),
            ),
            Errno::XDEV => Refusal::Invalid(format!("`{from}` and `{to}` lie on different disks")),
            errno => Refusal::of(errno, &to),
        })
    }

    /// Refuses a move that the patterns do not open at both ends.
    fn must_move(&self, from: &RepositoryPath, to: &RepositoryPath) -> Result<(), Refusal> {
        self.must_open(Way::Write, from)?;
        self.must_open(Way::Write, to)?;
        if self.files.may_read(&to.to_string()) {
            self.must_open(Way::Read, from)?;
        }
        Ok(())
    }

    /// Checks everything in a folder that is about to be moved, and remembers what it was.
    fn remember_below(&mut self, from: &RepositoryPath, to: &RepositoryPath) -> Result<(), Refusal> {
        let below = |path: &RepositoryPath| {
            let rest = path.as_bytes().get(from.as_bytes().len()..).unwrap_or_default();
            RepositoryPath::from_bytes([to.as_bytes(), rest].concat())
        };
        let mut descent = Descent::new(self.folder(from)?, from.clone(), RENAMED_ENTRIES_MAX)?;
        while let Some((path, _)) = descent.next(|_| true)? {
            self.must_move(&path, &below(&path))?;
        }
        let mut descent = Descent::new(self.folder(from)?, from.clone(), RENAMED_ENTRIES_MAX)?;
        while let Some((path, found)) = descent.next(|_| true)? {
            if kind(&found.stat) == FileType::Directory {
                continue;
            }
            if let Some(folder) = descent.here() {
                self.remember(folder.as_fd(), &path, Some(&found.stat))?;
                self.remember(folder.as_fd(), &below(&path), None)?;
            }
        }
        Ok(())
    }

    /// Writes behind a file's end. A file that has further names is copied first, so that they keep what they had.
    fn append(
        &mut self,
        folder: BorrowedFd<'_>,
        path: &RepositoryPath,
        stat: &Stat,
        contents: &[u8],
    ) -> Result<(), Refusal> {
        if stat.st_nlink > 1 {
            return self.append_to_copy(folder, path, contents);
        }
        let flags =
            OFlags::WRONLY | OFlags::APPEND | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let file = openat(folder, path.file_name(), flags, Mode::empty()).map_err(|errno| Refusal::of(errno, path))?;
        let stat = fstat(&file).map_err(|errno| Refusal::of(errno, path))?;
        must_be_file(&stat, path)?;
        if stat.st_nlink > 1 {
            return self.append_to_copy(folder, path, contents);
        }
        let mut file = std::fs::File::from(file);
        file.write_all(contents).map_err(|error| {
            // All or nothing: what got onto a full disk is taken back.
            let _ = ftruncate(&file, size(&stat));
            failed(&error, path)
        })
    }

    fn append_to_copy(
        &mut self,
        folder: BorrowedFd<'_>,
        path: &RepositoryPath,
        contents: &[u8],
    ) -> Result<(), Refusal> {
        use std::io::Read as _;
        let (mut old, stat) = open_file(folder, path)?;
        self.spend(size(&stat))?;
        let mut left = size(&stat);
        let mut copy = Temporary::create(folder, Some(mode(&stat)), path)?;
        let mut buffer = vec![0; 64 << 10];
        // A file that grows meanwhile is copied as long as it was.
        while left > 0 {
            let read = old.read(&mut buffer).map_err(|error| failed(&error, path))?;
            let part = buffer.get(..read).unwrap_or_default();
            let part = part.get(..usize::try_from(left).unwrap_or(usize::MAX)).unwrap_or(part);
            if part.is_empty() {
                break;
            }
            copy.write(part, path)?;
            left = left.saturating_sub(part.len() as u64);
        }
        copy.write(contents, path)?;
        copy.name_over(path.file_name(), path)
    }
}

fn must_be_there(folder: BorrowedFd<'_>, path: &RepositoryPath) -> Result<Stat, Refusal> {
    look(folder, path.file_name(), path)?.ok_or_else(|| Refusal::of(Errno::NOENT, path))
}

fn special(path: &RepositoryPath) -> Refusal {
    Refusal::Invalid(format!("`{path}` is a device, a pipe or a socket"))
}

/// What of a file's mode stays: who may do what, and nothing that lends its owner's rights.
fn mode(stat: &Stat) -> Mode {
    Mode::from_raw_mode(stat.st_mode & 0o777)
}

//! Writes the files of a tree into a new folder.

use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

use assize_provenance::reader::{ObjectReader, ReadError};
use assize_provenance::tree::Mode;
use rustix::fs::{AtFlags, Mode as Permissions, fstat, ioctl_ficlone, mkdirat, symlinkat, unlinkat};
use rustix::io::Errno;

use super::beneath::{self, Beneath, Seen, open_folder};
use super::checkout::{CheckoutError, Listed, io_at};
use super::pristine::Pristine;
use crate::case::contents::{self, ContentsError};
use crate::case::path::RepositoryPath;

/// Writes files in byte order of their paths, so that each folder is opened once.
pub(super) struct Laying<'a, R: ?Sized> {
    reader: &'a R,
    place: &'a Path,
    pristine: Option<&'a Pristine>,
    /// The folders on the way to the last file, outermost first.
    open: Vec<(Vec<u8>, OwnedFd)>,
    bytes_left: u64,
    /// The files that were not written, by their places in the list.
    pub(super) left_out: Vec<usize>,
}

impl<'a, R: ObjectReader + ?Sized> Laying<'a, R> {
    /// Starts to write at `place`, at most so many bytes.
    pub(super) fn new(reader: &'a R, place: &'a Path, pristine: Option<&'a Pristine>, bytes_max: u64) -> Self {
        Self {
            reader,
            place,
            pristine,
            open: Vec::new(),
            bytes_left: bytes_max,
            left_out: Vec::new(),
        }
    }

    /// Writes one file below `root`, and returns what is seen of it if it is a regular one. `place` is its place in the list.
    pub(super) fn write(&mut self, root: &Beneath, place: usize, file: &Listed) -> Result<Option<Seen>, CheckoutError> {
        let is_regular = matches!(file.mode, Mode::File | Mode::GroupWritable | Mode::Executable);
        if is_regular && let Some(seen) = self.copy(root, file)? {
            return Ok(Some(seen));
        }
        let contents = match file.mode {
            Mode::Submodule | Mode::Folder => None,
            _ => Some(self.contents(file)?),
        };
        self.descend(root, file)?;
        let folder = self.open.last().map_or_else(|| root.root(), |(_, folder)| folder);
        let name = file.path.file_name();
        let collides = |errno: io::Error| match Errno::from_io_error(&errno) {
            Some(Errno::EXIST) => CheckoutError::Collision(file.path.clone()),
            _ => io_at(&self.place.join(file.path.to_string()), errno),
        };
        let Some(contents) = contents else {
            // A submodule is an empty folder.
            mkdirat(folder, name, Permissions::from_raw_mode(0o777)).map_err(|errno| collides(errno.into()))?;
            return Ok(None);
        };
        if file.mode == Mode::Symlink {
            if beneath::stays_inside(&file.path, &contents) {
                symlinkat(contents.as_slice(), folder, name).map_err(|errno| collides(errno.into()))?;
            } else {
                self.left_out.push(place);
            }
            return Ok(None);
        }
        let written = beneath::write_new(folder, name, &contents, file.mode == Mode::Executable).map_err(collides)?;
        if let Some(pristine) = self.pristine {
            pristine.keep(&file.id, &written, contents.len());
        }
        let stat = fstat(&written).map_err(|errno| io_at(self.place, errno.into()))?;
        Ok(Some(Seen::of(&stat)))
    }

    /// Makes a file that shares what it holds with an earlier one; nothing where there is none.
    fn copy(&mut self, root: &Beneath, file: &Listed) -> Result<Option<Seen>, CheckoutError> {
        let Some((pristine, bytes)) = self.pristine.and_then(|pristine| pristine.open(&file.id)) else {
            return Ok(None);
        };
        let Some(left) = self.bytes_left.checked_sub(bytes) else {
            return Err(CheckoutError::TooLarge(file.path.clone()));
        };
        self.descend(root, file)?;
        let folder = self.open.last().map_or_else(|| root.root(), |(_, folder)| folder);
        let failed = |errno: io::Error| match Errno::from_io_error(&errno) {
            Some(Errno::EXIST) => CheckoutError::Collision(file.path.clone()),
            _ => io_at(&self.place.join(file.path.to_string()), errno),
        };
        let name = file.path.file_name();
        let copy = beneath::write_new(folder, name, b"", file.mode == Mode::Executable).map_err(failed)?;
        if ioctl_ficlone(&copy, &pristine).is_err() {
            // Such as on a disk that is full: it is written like any other.
            unlinkat(folder, name, AtFlags::empty()).map_err(|errno| failed(errno.into()))?;
            return Ok(None);
        }
        self.bytes_left = left;
        let stat = fstat(&copy).map_err(|errno| io_at(self.place, errno.into()))?;
        Ok(Some(Seen::of(&stat)))
    }

    fn contents(&mut self, file: &Listed) -> Result<Vec<u8>, CheckoutError> {
        let bytes_max = self.bytes_left.min(contents::FILE_BYTES_MAX);
        let contents = match contents::read_blob(self.reader, &file.path, &file.id, bytes_max) {
            Err(ContentsError::Read {
                error: ReadError::TooLarge { .. },
                ..
            }) => return Err(CheckoutError::TooLarge(file.path.clone())),
            other => other?,
        };
        let bytes = u64::try_from(contents.len()).unwrap_or(u64::MAX);
        self.bytes_left = self.bytes_left.saturating_sub(bytes);
        Ok(contents)
    }

    /// Opens the folder that a file lies in, and makes what is missing on the way.
    fn descend(&mut self, root: &Beneath, file: &Listed) -> Result<(), CheckoutError> {
        let above = beneath::parent(&file.path);
        let is_above = |folder: &[u8]| {
            let rest = above.as_bytes().strip_prefix(folder);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
        };
        while self.open.last().is_some_and(|(folder, _)| !is_above(folder)) {
            self.open.pop();
        }
        let mut path = RepositoryPath::from_bytes(self.open.last().map_or(&b""[..], |(folder, _)| folder));
        let known = path.parts().count();
        for part in above.parts().skip(known) {
            path = path.join(part);
            let folder = self.open.last().map_or_else(|| root.root(), |(_, folder)| folder);
            let failed = |errno: io::Error| match Errno::from_io_error(&errno) {
                // Each folder is made once: somebody's other spelling of the name is in the way.
                Some(Errno::EXIST) => CheckoutError::Collision(path.clone()),
                _ => io_at(&self.place.join(path.to_string()), errno),
            };
            mkdirat(folder, part, Permissions::from_raw_mode(0o777)).map_err(|errno| failed(errno.into()))?;
            let inner = open_folder(folder, part).map_err(failed)?;
            self.open.push((path.as_bytes().to_vec(), inner));
        }
        Ok(())
    }
}

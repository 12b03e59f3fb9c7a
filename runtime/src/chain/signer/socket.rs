//! The signer's socket: mode 0600 in a folder that nobody else can enter, there all at once, and taken over only from the dead.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use super::serve::ServeFault;
use crate::durable;

/// A socket that is listened on. Its name is taken away when it is dropped.
#[derive(Debug)]
pub(super) struct Listening {
    pub(super) listener: UnixListener,
    path: PathBuf,
    inode: u64,
}

impl Listening {
    /// Listens at `path`. `is_shared` says that other users may ask.
    pub(super) fn at(path: &Path, is_shared: bool) -> Result<Self, ServeFault> {
        let io = |source| ServeFault::Io {
            path: path.to_owned(),
            source,
        };
        let path = std::path::absolute(path).map_err(io)?;
        let folder = path.parent().unwrap_or(Path::new("/"));
        durable::private_dir(folder).map_err(|source| ServeFault::Io {
            path: folder.to_owned(),
            source,
        })?;
        check_folder(folder, is_shared)?;
        check_place(&path)?;
        // Made beside and renamed: whoever finds it can ask, and none that is half made is ever there.
        let beside = path.with_extension("new");
        match fs::remove_file(&beside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(io(error)),
            _ => {}
        }
        let listener = UnixListener::bind(&beside).map_err(io)?;
        let mode = if is_shared { 0o666 } else { 0o600 };
        fs::set_permissions(&beside, Permissions::from_mode(mode)).map_err(io)?;
        fs::rename(&beside, &path).map_err(io)?;
        listener.set_nonblocking(true).map_err(io)?;
        let inode = fs::symlink_metadata(&path).map_err(io)?.ino();
        Ok(Self { listener, path, inode })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let is_ours = fs::symlink_metadata(&self.path).is_ok_and(|found| found.ino() == self.inode);
        if is_ours && let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!(%error, path = %self.path.display(), "the socket stays behind");
        }
    }
}

/// Insists that the folder is for its owner alone, or, where others may ask, that they cannot write to it.
fn check_folder(folder: &Path, is_shared: bool) -> Result<(), ServeFault> {
    let metadata = fs::symlink_metadata(folder).map_err(|source| ServeFault::Io {
        path: folder.to_owned(),
        source,
    })?;
    let (mode, owner) = (metadata.mode() & 0o777, metadata.uid());
    let forbidden = if is_shared { 0o022 } else { 0o077 };
    if !metadata.is_dir() || mode & forbidden != 0 || owner != rustix::process::geteuid().as_raw() {
        return Err(ServeFault::Folder {
            path: folder.to_owned(),
            mode,
            owner,
        });
    }
    Ok(())
}

/// Insists that nobody listens there, and that what lies there is a socket of our own.
fn check_place(path: &Path) -> Result<(), ServeFault> {
    let taken = || ServeFault::Taken { path: path.to_owned() };
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(source) => {
            return Err(ServeFault::Io {
                path: path.to_owned(),
                source,
            });
        }
    };
    if !metadata.file_type().is_socket() || metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err(taken());
    }
    match UnixStream::connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(()),
        _ => Err(taken()),
    }
}

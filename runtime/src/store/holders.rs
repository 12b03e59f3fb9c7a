//! Who is alive. A driver holds leases under a name that it drew, and the lock of a file of that name for as long as its
//! process lives. The system gives the lock up with the process, however that ends, so nobody has to wait until a dead
//! driver's leases run out.

use std::fmt::Write as _;
use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::durable;

/// How often a name is drawn before that is given up.
const DRAWS_MAX: u32 = 8;
/// Links are never followed: the folder may have come with a hostile repository.
const NO_FOLLOW: i32 = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();

/// A living driver. It is alive until this is dropped.
#[derive(Debug)]
pub struct Holder {
    id: String,
    path: PathBuf,
    // Holds the lock.
    _file: File,
}

impl Holder {
    /// Draws a name and lives under it; the files of those who died are swept.
    ///
    /// # Errors
    ///
    /// When there is no randomness, or the file cannot be made.
    pub fn claim(state_dir: &Path) -> io::Result<Self> {
        let folder = folder(state_dir);
        durable::private_dir(&folder)?;
        sweep(&folder)?;
        for _ in 0..DRAWS_MAX {
            let id = draw()?;
            let path = folder.join(&id);
            let file = durable::lockable(&path)?;
            file.lock()?;
            // Between the making and the locking it looked like that of a dead one, and may have been swept.
            if is_the_same(&file, &path)? {
                return Ok(Self { id, path, _file: file });
            }
        }
        Err(io::Error::other(
            "the file that says that this driver lives is removed again and again",
        ))
    }

    /// The name.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether the driver of that name has ended. Whoever never had a name of this kind is not alive.
    #[must_use]
    pub fn is_dead(state_dir: &Path, id: &str) -> bool {
        !is_name(id) || !matches!(look(&folder(state_dir).join(id)), Found::Held)
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        // What stays behind is swept by the next one.
        let _ = fs::remove_file(&self.path);
    }
}

fn folder(state_dir: &Path) -> PathBuf {
    state_dir.join("drivers")
}

fn draw() -> io::Result<String> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(bytes.iter().fold(String::with_capacity(32), |mut id, byte| {
        // Writing to a string cannot fail.
        let _ = write!(id, "{byte:02x}");
        id
    }))
}

/// A name comes from the store, which may have been copied from somebody: it must not lead out of the folder.
fn is_name(id: &str) -> bool {
    id.len() == 32 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// What is there where a living driver keeps its lock.
enum Found {
    /// Somebody lives, or it cannot be found out.
    Held,
    /// Nobody holds it, and nobody begins to while this file is open.
    Left(File),
    /// Nothing, or something that no driver made.
    Nothing,
}

fn look(path: &Path) -> Found {
    let mut options = fs::OpenOptions::new();
    let opened = options
        .read(true)
        .custom_flags(NO_FOLLOW | rustix::fs::OFlags::NONBLOCK.bits().cast_signed())
        .open(path);
    match opened {
        // A shared lock, so that two who look at once do not take each other for the living one.
        Ok(file) => match file.try_lock_shared() {
            Ok(()) => Found::Left(file),
            Err(TryLockError::WouldBlock | TryLockError::Error(_)) => Found::Held,
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Found::Nothing,
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => Found::Nothing,
        Err(_) => Found::Held,
    }
}

fn is_the_same(file: &File, path: &Path) -> io::Result<bool> {
    let held = file.metadata()?;
    match fs::symlink_metadata(path) {
        Ok(found) => Ok((found.dev(), found.ino()) == (held.dev(), held.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Removes the files of those who died. A name is never drawn twice, so a file that is left stays left.
fn sweep(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let path = folder.join(&name);
        if !name.to_str().is_some_and(is_name) {
            continue;
        }
        if let Found::Left(_lock) = look(&path) {
            // Another may sweep at the same time. Whoever made the file just now, and waits for its lock, finds it gone.
            let _ = fs::remove_file(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_driver_is_alive_until_it_ends() {
        let folder = tempfile::tempdir().expect("a folder");
        let (one, other) = (
            Holder::claim(folder.path()).expect("lives"),
            Holder::claim(folder.path()).expect("lives"),
        );
        assert_ne!(one.id(), other.id());
        let id = one.id().to_owned();
        assert!(!Holder::is_dead(folder.path(), &id));
        drop(one);
        assert!(Holder::is_dead(folder.path(), &id));
        assert!(!Holder::is_dead(folder.path(), other.id()));
        for wrong in ["", "../wake", "..", &"A".repeat(32), &"0".repeat(31), &"0".repeat(32)] {
            assert!(Holder::is_dead(folder.path(), wrong), "{wrong:?}");
        }
    }

    #[test]
    fn what_the_dead_left_is_swept_and_nothing_else() {
        let state_dir = tempfile::tempdir().expect("a folder");
        let living = Holder::claim(state_dir.path()).expect("lives");
        let left = folder(state_dir.path()).join("0".repeat(32));
        let strange = folder(state_dir.path()).join("notes.txt");
        fs::write(&left, b"").expect("a file");
        fs::write(&strange, b"").expect("a file");
        assert!(Holder::is_dead(state_dir.path(), &"0".repeat(32)));
        let other = Holder::claim(state_dir.path()).expect("lives");
        assert!(!left.exists() && strange.exists());
        for holder in [&living, &other] {
            assert!(!Holder::is_dead(state_dir.path(), holder.id()));
        }
    }

    #[test]
    fn many_may_come_to_life_at_once() {
        let folder = tempfile::tempdir().expect("a folder");
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..20 {
                        let holder = Holder::claim(folder.path()).expect("lives");
                        assert!(!Holder::is_dead(folder.path(), holder.id()));
                    }
                });
            }
        });
    }
}

//! The bell: a small file beside the store that changes when there is something to do for whoever drives runs. Drivers of
//! other processes sleep in the kernel until it does; nobody looks again and again.
//!
//! The bell is rung after something is on disk. A process that is killed between the two has not told anybody that it did
//! something, so whoever asked asks again; and what is on disk is found by the next driver that looks for whatever reason.

use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use rustix::io::Errno;

use crate::durable;

/// How many bytes of what the kernel tells are read at once.
const TOLD_BYTES: usize = 1024;

/// Rings the bell in the state folder of a clone. That it cannot be rung is not told: what was to be done is done, and those
/// who wait look for themselves after a while.
pub fn ring(state_dir: &Path) {
    if let Err(error) = open(state_dir).and_then(|file| file.write_all_at(&[0], 0)) {
        tracing::warn!(%error, "other processes could not be woken");
    }
}

/// Waits for the bell.
#[derive(Debug)]
pub struct Watcher {
    state_dir: PathBuf,
    told: OwnedFd,
}

impl Watcher {
    /// Listens from now on.
    ///
    /// # Errors
    ///
    /// When the file cannot be made or watched.
    pub fn of(state_dir: &Path) -> io::Result<Self> {
        let told = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC)?;
        let watcher = Self {
            state_dir: state_dir.to_owned(),
            told,
        };
        watcher.listen()?;
        Ok(watcher)
    }

    fn listen(&self) -> io::Result<()> {
        // It must be there to be watched.
        drop(open(&self.state_dir)?);
        let flags = WatchFlags::MODIFY | WatchFlags::DELETE_SELF | WatchFlags::MOVE_SELF | WatchFlags::DONT_FOLLOW;
        inotify::add_watch(&self.told, path(&self.state_dir), flags)?;
        Ok(())
    }

    /// Sleeps until the bell is rung, or was since the last time; at most so long, if it is said. Gives whether it was.
    ///
    /// # Errors
    ///
    /// When the kernel tells nothing any more.
    pub fn wait(&self, longest: Option<Duration>) -> io::Result<bool> {
        let longest = longest
            .map(Timespec::try_from)
            .transpose()
            .map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
        let mut waiting = [PollFd::new(&self.told, PollFlags::IN)];
        match poll(&mut waiting, longest.as_ref()) {
            // A signal: whoever waits may have to look after it.
            Ok(0) | Err(Errno::INTR) => Ok(false),
            Ok(_) => self.rung(),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether the bell was rung since the last time. Never sleeps: for those who wait by themselves for [`Self::as_fd`].
    ///
    /// # Errors
    ///
    /// When the kernel tells nothing any more.
    pub fn rung(&self) -> io::Result<bool> {
        let mut buffer = [MaybeUninit::uninit(); TOLD_BYTES];
        let mut told = inotify::Reader::new(&self.told, &mut buffer);
        let (mut rung, mut gone) = (false, false);
        loop {
            match told.next() {
                Ok(event) => {
                    rung = true;
                    gone |= event
                        .events()
                        .intersects(ReadFlags::DELETE_SELF | ReadFlags::MOVE_SELF | ReadFlags::IGNORED);
                }
                Err(Errno::AGAIN) => break,
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        if gone {
            self.listen()?;
        }
        Ok(rung)
    }
}

impl AsFd for Watcher {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.told.as_fd()
    }
}

fn path(state_dir: &Path) -> PathBuf {
    state_dir.join("wake")
}

fn open(state_dir: &Path) -> io::Result<File> {
    let file = durable::lockable(&path(state_dir))?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("the file `wake` beside the store is no file"));
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::thread;

    use super::*;

    const SOON: Option<Duration> = Some(Duration::from_millis(20));
    const LATE: Option<Duration> = Some(Duration::from_secs(20));

    #[test]
    fn whoever_waits_is_woken_once_for_each_time_of_looking() {
        let folder = tempfile::tempdir().expect("a folder");
        let watcher = Watcher::of(folder.path()).expect("listens");
        assert!(!watcher.wait(SOON).expect("waits"));
        ring(folder.path());
        ring(folder.path());
        assert!(watcher.wait(LATE).expect("waits"));
        assert!(!watcher.wait(SOON).expect("waits"));
        thread::scope(|scope| {
            scope.spawn(|| ring(folder.path()));
            assert!(watcher.wait(LATE).expect("waits"));
        });
    }

    #[test]
    fn a_bell_that_is_taken_away_is_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let watcher = Watcher::of(folder.path()).expect("listens");
        fs::remove_file(path(folder.path())).expect("is removed");
        assert!(watcher.wait(LATE).expect("waits"), "better once too often");
        while watcher.wait(SOON).expect("waits") {}
        ring(folder.path());
        assert!(watcher.wait(LATE).expect("waits"));
    }

    #[test]
    fn a_link_in_its_place_is_not_followed() {
        let folder = tempfile::tempdir().expect("a folder");
        let elsewhere = folder.path().join("elsewhere");
        fs::write(&elsewhere, b"mine").expect("a file");
        std::os::unix::fs::symlink(&elsewhere, path(folder.path())).expect("a link");
        ring(folder.path());
        assert!(Watcher::of(folder.path()).is_err());
        assert_eq!(fs::read(&elsewhere).expect("reads"), b"mine");
    }
}

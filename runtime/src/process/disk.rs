//! How much a command has written to disk.

use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Timespec, openat, statat};

/// How often the disk is looked at, at most.
const OFTEN: Duration = Duration::from_millis(200);
/// How much longer it is not looked at than looking takes.
const REST: u32 = 10;
/// How many folders deep it is looked.
const DEPTH_MAX: usize = 64;
/// The size of the blocks that systems count in.
const BLOCK_BYTES: u64 = 512;

/// Watches folders while a command may write there. A file counts as a whole once anything of it has changed: none of them may
/// be larger than all may be together.
pub(super) struct Disk {
    folders: Vec<OwnedFd>,
    since: Timespec,
    bytes_max: u64,
    next: Instant,
}

impl Disk {
    /// Watches `folders` from now on.
    pub(super) fn watch(folders: Vec<OwnedFd>, bytes_max: u64) -> Self {
        Self {
            folders,
            // The clock that file systems write times with, which stands a little behind the other.
            since: rustix::time::clock_gettime(rustix::time::ClockId::RealtimeCoarse),
            bytes_max,
            next: Instant::now() + OFTEN,
        }
    }

    /// Tells whether more was written than may be. Looks only where it is time to.
    pub(super) fn is_over(&mut self) -> bool {
        if Instant::now() < self.next {
            return false;
        }
        self.is_over_now()
    }

    /// Looks at once.
    pub(super) fn is_over_now(&mut self) -> bool {
        let start = Instant::now();
        let mut bytes = 0;
        for folder in &self.folders {
            self.add(folder, DEPTH_MAX, &mut bytes);
        }
        self.next = Instant::now() + OFTEN.max(start.elapsed().saturating_mul(REST));
        bytes > self.bytes_max
    }

    fn add(&self, folder: &impl AsFd, depth: usize, bytes: &mut u64) {
        let Ok(entries) = Dir::read_from(folder) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name();
            if matches!(name.to_bytes(), b"." | b"..") {
                continue;
            }
            let Ok(stat) = statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) else {
                continue;
            };
            let changed = (stat.st_ctime, i64::try_from(stat.st_ctime_nsec).unwrap_or(0));
            if changed >= (self.since.tv_sec, self.since.tv_nsec) {
                let blocks = u64::try_from(stat.st_blocks).unwrap_or(0);
                // An empty file takes room too.
                let held = blocks.saturating_mul(BLOCK_BYTES).max(BLOCK_BYTES);
                *bytes = bytes.saturating_add(held);
            }
            if FileType::from_raw_mode(stat.st_mode).is_dir()
                && let Some(depth) = depth.checked_sub(1)
                && let Ok(inner) = openat(
                    folder,
                    name,
                    OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC,
                    Mode::empty(),
                )
            {
                self.add(&inner, depth, bytes);
            }
        }
    }
}

//! Large files as they were written once, so that worktrees share them where the file system copies on write (btrfs, XFS).
//!
//! Nobody else writes here, and what is here was written by this process: a file that somebody put into a copied repository is
//! never taken for one of ours. Of small files a copy takes longer than writing them anew.

use std::fs::File;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use assize_provenance::reader::ObjectId;
use rustix::fs::ioctl_ficlone;

use super::aside::Aside;

/// The smallest file that is copied, in bytes.
const COPIED_BYTES_MIN: usize = 64 << 10;
/// How many bytes are kept, at most.
const KEPT_BYTES_MAX: u64 = 4 << 30;

/// The files, by the ids of what they hold. They are removed with this value.
#[derive(Debug)]
pub(super) struct Pristine {
    folder: Aside,
    bytes_left: AtomicU64,
}

impl Pristine {
    /// Makes the place in a folder; nothing where the file system cannot share what files hold.
    pub(super) fn make(folder: &Path) -> Option<Self> {
        let folder = Aside::make(folder).ok()?;
        let [one, other] = ["one", "other"].map(|name| File::create_new(folder.place(name)));
        ioctl_ficlone(other.ok()?, one.ok()?).ok()?;
        Some(Self {
            folder,
            bytes_left: AtomicU64::new(KEPT_BYTES_MAX),
        })
    }

    /// Opens a file, and tells its size; nothing where it is not kept.
    pub(super) fn open(&self, id: &ObjectId) -> Option<(File, u64)> {
        let file = File::open(self.folder.place(&id.to_string())).ok()?;
        let bytes = file.metadata().ok()?.len();
        Some((file, bytes))
    }

    /// Keeps a file that was just written, if it is large enough. What fails here is written anew the next time.
    pub(super) fn keep(&self, id: &ObjectId, written: &File, bytes: usize) {
        let Some(bytes) = u64::try_from(bytes).ok().filter(|_| bytes >= COPIED_BYTES_MIN) else {
            return;
        };
        let spent = self
            .bytes_left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes));
        if spent.is_err() {
            return;
        }
        // Whoever is first makes it; it gets its name when it is whole.
        let new = self.folder.place(&format!("{id}.new"));
        let Ok(file) = File::create_new(&new) else { return };
        let is_made =
            ioctl_ficlone(&file, written).is_ok() && std::fs::rename(&new, self.folder.place(&id.to_string())).is_ok();
        if !is_made {
            let _ = std::fs::remove_file(&new);
        }
    }
}

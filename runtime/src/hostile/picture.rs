//! A picture of a folder: every name, mode, content and link target below it.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use assize_provenance::digest::Digest;

/// What a folder holds at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Picture(BTreeMap<PathBuf, Thing>);

/// What stands at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Thing {
    mode: u32,
    owner: (u32, u32),
    content: Content,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Content {
    Folder,
    File(Digest),
    Link(PathBuf),
    Special(u64),
}

impl Picture {
    /// Takes a picture of everything below `root` but what lies below one of `except`.
    pub(super) fn of(root: &Path, except: &[PathBuf]) -> io::Result<Self> {
        let mut things = BTreeMap::new();
        let mut waiting = vec![root.to_owned()];
        while let Some(path) = waiting.pop() {
            let metadata = path.symlink_metadata()?;
            let kind = metadata.file_type();
            let content = if kind.is_dir() {
                if !except.contains(&path) {
                    for entry in fs::read_dir(&path)? {
                        waiting.push(entry?.path());
                    }
                }
                Content::Folder
            } else if kind.is_symlink() {
                Content::Link(fs::read_link(&path)?)
            } else if kind.is_fifo() || kind.is_socket() || kind.is_char_device() || kind.is_block_device() {
                Content::Special(metadata.rdev())
            } else {
                Content::File(Digest::of(&fs::read(&path)?))
            };
            let thing = Thing {
                mode: metadata.mode(),
                owner: (metadata.uid(), metadata.gid()),
                content,
            };
            things.insert(path, thing);
        }
        Ok(Self(things))
    }

    /// The first difference to a later picture, as a sentence.
    pub(super) fn difference(&self, later: &Self) -> Option<String> {
        let shown = |path: &Path| String::from_utf8_lossy(path.as_os_str().as_bytes()).into_owned();
        for (path, thing) in &self.0 {
            match later.0.get(path) {
                None => return Some(format!("{} is gone", shown(path))),
                Some(now) if now != thing => return Some(format!("{} was changed", shown(path))),
                Some(_) => {}
            }
        }
        let new = later.0.keys().find(|path| !self.0.contains_key(*path))?;
        Some(format!("{} was made", shown(new)))
    }
}

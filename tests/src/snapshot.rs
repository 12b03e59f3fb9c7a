//! Whole folders, remembered and put back.

use std::collections::BTreeMap;
use std::fs::{self, Metadata, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Everything in one folder. Two are equal when every name, mode and byte is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    root: PathBuf,
    nodes: BTreeMap<PathBuf, Node>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Node {
    Folder { mode: u32 },
    File { mode: u32, bytes: Vec<u8> },
    Link { target: PathBuf },
}

impl Snapshot {
    /// Remembers a folder.
    ///
    /// # Panics
    ///
    /// When it cannot be read.
    #[must_use]
    pub fn of(root: &Path) -> Self {
        let nodes = walk(root)
            .into_iter()
            .map(|path| (path.clone(), Node::read(&root.join(path))))
            .collect();
        Self {
            root: root.to_owned(),
            nodes,
        }
    }

    /// Makes the folder what it was. Folders that are still there stay the same folders, so that their inodes do too.
    ///
    /// # Panics
    ///
    /// When it cannot be written.
    pub fn restore(&self) {
        // What lies in a folder comes after it, so backwards a folder is empty when its turn comes.
        for path in walk(&self.root).into_iter().rev() {
            let place = self.root.join(&path);
            let found = fs::symlink_metadata(&place).expect("a node");
            let stays = self
                .nodes
                .get(&path)
                .is_some_and(|node| node.is_folder() == found.is_dir());
            match (stays, found.is_dir()) {
                (true, _) => {}
                (false, true) => fs::remove_dir(&place).expect("the folder goes"),
                (false, false) => fs::remove_file(&place).expect("the file goes"),
            }
        }
        for (path, node) in &self.nodes {
            node.write(&self.root.join(path));
        }
    }

    /// Writes the folder anew in another place.
    ///
    /// # Panics
    ///
    /// When it cannot be written.
    pub fn write_to(&self, root: &Path) {
        fs::create_dir_all(root).expect("the folder");
        for (path, node) in &self.nodes {
            node.write(&root.join(path));
        }
    }

    /// The paths at which two snapshots differ.
    #[must_use]
    pub fn differences(&self, other: &Self) -> Vec<PathBuf> {
        let paths = self.nodes.keys().chain(other.nodes.keys());
        let mut paths: Vec<PathBuf> = paths
            .filter(|path| self.nodes.get(*path) != other.nodes.get(*path))
            .cloned()
            .collect();
        paths.sort();
        paths.dedup();
        paths
    }
}

impl Node {
    fn read(path: &Path) -> Self {
        let metadata = fs::symlink_metadata(path).expect("a node");
        let mode = |metadata: &Metadata| metadata.permissions().mode() & 0o7777;
        if metadata.is_symlink() {
            Self::Link {
                target: fs::read_link(path).expect("a link"),
            }
        } else if metadata.is_dir() {
            Self::Folder { mode: mode(&metadata) }
        } else {
            Self::File {
                mode: mode(&metadata),
                bytes: fs::read(path).expect("a file"),
            }
        }
    }

    fn is_folder(&self) -> bool {
        matches!(self, Self::Folder { .. })
    }

    fn write(&self, path: &Path) {
        let there = fs::symlink_metadata(path).is_ok();
        if there && Self::read(path) == *self {
            return;
        }
        if there && !self.is_folder() {
            fs::remove_file(path).expect("the old one goes");
        }
        match self {
            Self::Folder { mode } => {
                if !there {
                    fs::create_dir(path).expect("the folder comes back");
                }
                fs::set_permissions(path, Permissions::from_mode(*mode)).expect("its mode comes back");
            }
            Self::File { mode, bytes } => {
                fs::write(path, bytes).expect("the file comes back");
                fs::set_permissions(path, Permissions::from_mode(*mode)).expect("its mode comes back");
            }
            Self::Link { target } => std::os::unix::fs::symlink(target, path).expect("the link comes back"),
        }
    }
}

/// Every path below `root`, a folder before what lies in it.
fn walk(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut waiting = vec![PathBuf::new()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(root.join(&folder))
            .expect("a folder")
            .map(|entry| entry.expect("an entry"))
        {
            let path = folder.join(entry.file_name());
            if entry.file_type().expect("a kind").is_dir() {
                waiting.push(path.clone());
            }
            found.push(path);
        }
    }
    found.sort();
    found
}

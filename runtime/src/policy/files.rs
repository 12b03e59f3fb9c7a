//! Which files of its folder a plugin may read and write.

use assize_provenance::pattern::PathPattern;

/// The file patterns of a role: what it may read, and what it may write. Nothing is open where there are none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileGrants {
    read: Vec<PathPattern>,
    write: Vec<PathPattern>,
}

impl FileGrants {
    /// Grants what the patterns match.
    #[must_use]
    pub fn new(read: Vec<PathPattern>, write: Vec<PathPattern>) -> Self {
        Self { read, write }
    }

    /// Tells whether the file or folder at `path`, in the contract's form, may be read.
    #[must_use]
    pub fn may_read(&self, path: &str) -> bool {
        self.read.iter().any(|pattern| pattern.matches_granting(path))
    }

    /// Tells whether the file or folder at `path`, in the contract's form, may be written, removed and renamed.
    #[must_use]
    pub fn may_write(&self, path: &str) -> bool {
        self.write.iter().any(|pattern| pattern.matches_granting(path))
    }

    /// Tells whether the folder at `path` may lead to something that may be read.
    #[must_use]
    pub fn may_pass(&self, path: &str) -> bool {
        let _ = path;
        !self.read.is_empty()
    }
}

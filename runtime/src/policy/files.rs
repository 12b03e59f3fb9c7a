//! Which files of its folder a plugin may read and write.

use super::place::Place;
use assize_provenance::pattern::PathPattern;

/// One pattern of `files.read` or `files.write`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileGrant {
    /// Which files.
    pub pattern: PathPattern,
    /// Which line of the policy says so.
    pub place: Place,
}

/// The file patterns of one role: what it may read, and what it may write.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Patterns {
    read: Vec<FileGrant>,
    write: Vec<FileGrant>,
}

/// Which files a plugin may read and write. Nothing is open where there are no patterns.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileGrants {
    own: Patterns,
    /// What those may on whose behalf the plugin acts. Each of them must open a path as well.
    callers: Vec<Patterns>,
}

impl FileGrants {
    /// Grants what the patterns match.
    #[must_use]
    pub fn new(read: Vec<FileGrant>, write: Vec<FileGrant>) -> Self {
        Self {
            own: Patterns { read, write },
            callers: Vec::new(),
        }
    }

    /// Tells whether the file or folder at `path`, in the contract's form, may be read. Nothing is allocated.
    #[must_use]
    pub fn may_read(&self, path: &str) -> bool {
        self.all().all(|patterns| opens(&patterns.read, path))
    }

    /// Tells whether the file or folder at `path`, in the contract's form, may be written, removed and renamed. Nothing is
    /// allocated.
    #[must_use]
    pub fn may_write(&self, path: &str) -> bool {
        self.all().all(|patterns| opens(&patterns.write, path))
    }

    /// Tells whether the folder at `path`, in the contract's form, may lead to something that may be read, so that it may be
    /// listed as far as its entries are readable or lead further. The empty path is the whole folder.
    #[must_use]
    pub fn may_pass(&self, path: &str) -> bool {
        self.all()
            .all(|patterns| patterns.read.iter().any(|grant| grant.pattern.leads_below(path)))
    }

    /// Returns the patterns of what may be read.
    #[must_use]
    pub fn read(&self) -> &[FileGrant] {
        &self.own.read
    }

    /// Returns the patterns of what may be written.
    #[must_use]
    pub fn write(&self) -> &[FileGrant] {
        &self.own.write
    }

    /// Returns the same files as far as `caller` may reach them too.
    #[must_use]
    pub fn attenuate(&self, caller: &Self) -> Self {
        let mut less = self.clone();
        for patterns in caller.all() {
            if less.all().all(|known| known != patterns) {
                less.callers.push(patterns.clone());
            }
        }
        less
    }

    fn all(&self) -> impl Iterator<Item = &Patterns> {
        std::iter::once(&self.own).chain(&self.callers)
    }
}

fn opens(grants: &[FileGrant], path: &str) -> bool {
    grants.iter().any(|grant| grant.pattern.matches_granting(path))
}

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
        self.opens_read(path).is_some()
    }

    /// Tells whether the file or folder at `path`, in the contract's form, may be written, removed and renamed. Nothing is
    /// allocated.
    #[must_use]
    pub fn may_write(&self, path: &str) -> bool {
        self.opens_write(path).is_some()
    }

    /// Tells whether the folder at `path`, in the contract's form, may lead to something that may be read, so that it may be
    /// listed as far as its entries are readable or lead further. The empty path is the whole folder.
    #[must_use]
    pub fn may_pass(&self, path: &str) -> bool {
        self.passes(path).is_some()
    }

    /// Returns the pattern that opens `path` for reading.
    #[must_use]
    pub fn opens_read(&self, path: &str) -> Option<&FileGrant> {
        self.find(|patterns| &patterns.read, |pattern| pattern.matches_granting(path))
    }

    /// Returns the pattern that opens `path` for writing.
    #[must_use]
    pub fn opens_write(&self, path: &str) -> Option<&FileGrant> {
        self.find(|patterns| &patterns.write, |pattern| pattern.matches_granting(path))
    }

    /// Returns a pattern of what may be read that leads below the folder `path`.
    #[must_use]
    pub fn passes(&self, path: &str) -> Option<&FileGrant> {
        self.find(|patterns| &patterns.read, |pattern| pattern.leads_below(path))
    }

    /// Tells whether everything below the folder `path` may be read, whatever it will hold, but for `.git` and `.assize`.
    #[must_use]
    pub fn may_read_all_below(&self, path: &str) -> bool {
        self.find(|patterns| &patterns.read, |pattern| pattern.grants_all_below(path))
            .is_some()
    }

    /// Tells the same of writing.
    #[must_use]
    pub fn may_write_all_below(&self, path: &str) -> bool {
        self.find(|patterns| &patterns.write, |pattern| pattern.grants_all_below(path))
            .is_some()
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

    /// Finds the role's own pattern that fits, if one of every caller fits as well.
    fn find(
        &self,
        list: impl Fn(&Patterns) -> &Vec<FileGrant>,
        fits: impl Fn(&PathPattern) -> bool,
    ) -> Option<&FileGrant> {
        let found = list(&self.own).iter().find(|grant| fits(&grant.pattern))?;
        let is_callers = |patterns| list(patterns).iter().any(|grant| fits(&grant.pattern));
        self.callers.iter().all(is_callers).then_some(found)
    }
}

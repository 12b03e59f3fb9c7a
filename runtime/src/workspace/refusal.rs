//! Why the workspace does not do what was asked.

use rustix::io::Errno;

use crate::case::path::RepositoryPath;

/// Which of a role's file patterns a path is held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// `files.read`.
    Read,
    /// `files.write`.
    Write,
}

impl Way {
    /// Returns the key of the patterns in a policy.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

/// Why the workspace did not do what was asked. The texts are for the guest's author.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The role's patterns do not open the path.
    Closed {
        /// The path, in the contract's form.
        path: String,
        /// Which patterns would have to match it.
        way: Way,
    },
    /// A symbolic link stands at this path. No policy opens it.
    Link(String),
    /// A limit was reached.
    Limit(String),
    /// The arguments mean nothing.
    Invalid(String),
    /// There is no such thing.
    NotFound(String),
    /// Something else stands there.
    Conflict(String),
    /// The machine cannot do it now.
    Unavailable(String),
}

impl Refusal {
    /// What a failed system call at `path` means.
    pub(super) fn of(errno: Errno, path: &RepositoryPath) -> Self {
        match errno {
            Errno::NOENT => Self::NotFound(format!("there is no `{path}`")),
            Errno::NOTDIR => Self::NotFound(format!("a part of `{path}` is no folder")),
            Errno::LOOP => Self::Link(path.to_string()),
            Errno::EXIST => Self::Conflict(format!("something stands at `{path}`")),
            Errno::NOTEMPTY => Self::Invalid(format!("the folder `{path}` is not empty")),
            Errno::ISDIR => Self::Invalid(format!("`{path}` is a folder")),
            Errno::NAMETOOLONG => Self::Invalid(format!("a name in `{path}` is longer than this machine takes")),
            Errno::NOSPC | Errno::DQUOT => Self::Unavailable(format!("the disk is full at `{path}`")),
            Errno::ROFS => Self::Unavailable(format!("the disk is read-only at `{path}`")),
            Errno::ACCESS | Errno::PERM => {
                Self::Unavailable(format!("this machine does not let its user do that at `{path}`"))
            }
            errno => Self::Unavailable(format!("the machine failed at `{path}`: {errno}")),
        }
    }
}

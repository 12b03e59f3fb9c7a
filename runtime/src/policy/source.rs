//! Where a policy came from.

/// Where a policy came from. It is recorded with every case, together with the policy's digest.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PolicySource {
    /// The base revision of the change, which the change itself cannot touch.
    Base {
        /// The file's path in the repository.
        path: String,
    },
    /// A file that the person named on the command line.
    File {
        /// The file's path as the person wrote it.
        path: String,
    },
    /// The policy that is compiled into Assize, because the base revision has none.
    Default,
}

impl PolicySource {
    /// Returns the word that stands for this source in entries and in JSON.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Base { .. } => "base",
            Self::File { .. } => "file",
            Self::Default => "default",
        }
    }

    /// Returns the file's path, where there is a file.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::Base { path } | Self::File { path } => Some(path),
            Self::Default => None,
        }
    }
}

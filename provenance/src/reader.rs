//! Where the bytes of a repository come from: the one trait that stands between `verify` and the outside world.
//!
//! Nothing here is trusted. A reader may hand out other bytes than the id says; `verify` finds out by recomputing what was
//! signed. Git object ids only say where bytes are.

use std::fmt;
use std::str::FromStr;

use crate::hex;

/// The SHA-1 id under which git keeps an object. It only says where bytes are and never proves what they are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId([u8; 20]);

impl ObjectId {
    /// Takes the id's 20 bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 20]) -> Self {
        Self(bytes)
    }

    /// Returns the id's 20 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex::write(&self.0, f)
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ObjectId({self})")
    }
}

/// The text is not a git object id of 40 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a git object id has 40 lower-case hexadecimal digits")]
pub struct ObjectIdError;

impl FromStr for ObjectId {
    type Err = ObjectIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        hex::decode(text).map(Self).ok_or(ObjectIdError)
    }
}

/// The four kinds of git objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ObjectKind {
    /// A commit.
    Commit,
    /// A folder.
    Tree,
    /// The contents of a file.
    Blob,
    /// An annotated tag.
    Tag,
}

impl ObjectKind {
    /// Returns git's word for the kind.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Commit => "commit",
            Self::Tree => "tree",
            Self::Blob => "blob",
            Self::Tag => "tag",
        }
    }
}

/// One git object as it was read, without git's `kind length` prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// What it is.
    pub kind: ObjectKind,
    /// Its contents.
    pub bytes: Vec<u8>,
}

/// Reads raw objects and refs of one repository.
///
/// A reader obeys no repository configuration, no replace refs and no grafts, and starts no other program.
pub trait ObjectReader {
    /// Lists the refs whose full name starts with `prefix`, sorted by name, with the object each points to. A symbolic ref
    /// is not followed and not listed.
    ///
    /// # Errors
    ///
    /// [`ReadError::Refused`] when the repository is of a kind this reader does not read, [`ReadError::Io`] when the
    /// machine fails.
    fn refs(&self, prefix: &str) -> Result<Vec<(String, ObjectId)>, ReadError>;

    /// Reads one object of at most `bytes_max` bytes, or `None` where the repository does not hold it.
    ///
    /// # Errors
    ///
    /// [`ReadError::TooLarge`] before anything of the object is held in memory, [`ReadError::Damaged`] when what is stored
    /// under the id cannot be read as an object.
    fn object(&self, id: &ObjectId, bytes_max: u64) -> Result<Option<Object>, ReadError>;
}

/// Why a reader has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Something is stored under this id and cannot be read as an object.
    #[error("object {id} is damaged: {reason}")]
    Damaged {
        /// The object that was asked for.
        id: ObjectId,
        /// What the object database says.
        reason: String,
    },
    /// The object is larger than the caller wants to hold.
    #[error("object {id} has {bytes} bytes, more than the {bytes_max} that may be read")]
    TooLarge {
        /// The object that was asked for.
        id: ObjectId,
        /// Its size in bytes.
        bytes: u64,
        /// The limit the caller gave.
        bytes_max: u64,
    },
    /// The repository is of a kind that is not read here, such as one with SHA-256 ids.
    #[error("the repository cannot be read: {reason}")]
    Refused {
        /// Why, as a sentence.
        reason: String,
    },
    /// The machine failed.
    #[error("reading the repository failed: {reason}")]
    Io {
        /// What the operating system says.
        reason: String,
    },
}

impl ReadError {
    /// Whether the machine failed, rather than the repository.
    #[must_use]
    pub const fn is_machine(&self) -> bool {
        matches!(self, Self::Io { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_id_has_one_spelling() {
        let text = "0123456789abcdef0123456789abcdef01234567";
        assert_eq!(text.parse::<ObjectId>().map(|id| id.to_string()), Ok(text.to_owned()));
        for wrong in [
            "",
            "0123",
            "0123456789ABCDEF0123456789ABCDEF01234567",
            &format!("{text}00"),
        ] {
            assert_eq!(wrong.parse::<ObjectId>(), Err(ObjectIdError));
        }
    }
}

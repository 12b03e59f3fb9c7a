//! Git commits as bytes: those of the log, written and read in exactly one form, and those of users, read leniently.
//!
//! A commit of the log is
//!
//! ```text
//! tree <the tlog-tiles directory>
//! parent <the batch before; absent in the first>
//! author Assize <log@<log-id>.assize> <unix seconds> +0000
//! committer <the same>
//! gpgsig <SSH signature by the log key over everything else>
//!
//! <message>
//! ```
//!
//! Git accepts one signature in many commits: with other line breaks, text after the end, a second signature header. So a
//! commit is read only if writing it again gives the same bytes.

pub use any::{AnyCommit, AnyCommitError, COMMIT_BYTES_MAX, PARENTS_MAX, read_any};
pub use message::{CITES_MAX, Citation, LogMessage};

use crate::key::{PublicKey, SignatureMismatch};
use crate::reader::ObjectId;
use crate::signature::ToSign;
use crate::signature::sshsig::{self, SshSig};
use crate::time::Time;

mod any;
mod message;

/// How many bytes a commit of the log may have.
pub const LOG_COMMIT_BYTES_MAX: u64 = 128 << 10;

/// A commit of the log before it is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsignedCommit {
    /// The tlog-tiles directory.
    pub tree: ObjectId,
    /// The batch before.
    pub parent: Option<ObjectId>,
    /// When the batch was made.
    pub time: Time,
    /// What it says of the log.
    pub message: LogMessage,
}

/// A commit of the log as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogCommit {
    /// What is signed.
    pub signed: UnsignedCommit,
    /// The key that is said to have signed it.
    pub key: PublicKey,
    signature: [u8; 64],
}

/// Why bytes are no commit of a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// It is not in the one form a commit of the log has.
    #[error("the commit is not in the form in which a log is written")]
    Form,
    /// The signature is wrong.
    #[error("the commit's signature does not verify")]
    Signature(#[from] SignatureMismatch),
}

impl UnsignedCommit {
    /// Returns what the log key signs: the commit without its signature header.
    #[must_use]
    pub fn sshsig_input(&self) -> ToSign<SshSig> {
        sshsig::to_sign(&self.bytes(""))
    }

    /// Puts the signature in place, checks it, and returns the commit's bytes.
    ///
    /// # Errors
    ///
    /// [`CommitError::Signature`].
    pub fn seal(&self, key: &PublicKey, signature: &[u8; 64]) -> Result<Vec<u8>, CommitError> {
        key.verify(self.sshsig_input().as_bytes(), signature)?;
        Ok(self.with_signature(key, signature))
    }

    /// Writes the commit without its signature header: what the signature covers, as git hashes it.
    #[must_use]
    pub fn unsigned_bytes(&self) -> Vec<u8> {
        self.bytes("")
    }

    /// Reads a commit that nobody signed yet, in its one spelling. A signer that lives elsewhere reads what it is to sign with
    /// this.
    ///
    /// # Errors
    ///
    /// [`CommitError::Form`].
    pub fn parse(bytes: &[u8]) -> Result<Self, CommitError> {
        let read = || {
            let (headers, message) = std::str::from_utf8(bytes).ok()?.split_once("\n\n")?;
            read_headers(headers, message.parse().ok()?)
        };
        read()
            .filter(|commit| commit.unsigned_bytes() == bytes)
            .ok_or(CommitError::Form)
    }

    fn with_signature(&self, key: &PublicKey, signature: &[u8; 64]) -> Vec<u8> {
        let armored = sshsig::armor(key, signature);
        self.bytes(&format!("gpgsig {}\n", armored.trim_end().replace('\n', "\n ")))
    }

    fn bytes(&self, signature_header: &str) -> Vec<u8> {
        let parent = self
            .parent
            .map_or_else(String::new, |parent| format!("parent {parent}\n"));
        let (log, seconds) = (self.message.log, self.time.unix_seconds());
        let identity = format!("Assize <log@{log}.assize> {seconds} +0000");
        let headers = format!("tree {}\n{parent}author {identity}\ncommitter {identity}\n", self.tree);
        format!("{headers}{signature_header}\n{}", self.message).into_bytes()
    }
}

impl LogCommit {
    /// Reads a commit in its one spelling. The signature is not checked yet.
    ///
    /// # Errors
    ///
    /// [`CommitError::Form`].
    pub fn parse(bytes: &[u8]) -> Result<Self, CommitError> {
        let commit = Self::read(bytes).ok_or(CommitError::Form)?;
        if commit.signed.with_signature(&commit.key, &commit.signature) == bytes {
            Ok(commit)
        } else {
            Err(CommitError::Form)
        }
    }

    /// Reads the parts without caring for their spelling.
    fn read(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let (headers, message) = text.split_once("\n\n")?;
        let message: LogMessage = message.parse().ok()?;
        let (headers, armored) = headers.split_once("\ngpgsig ")?;
        let (key, signature) = sshsig::parse(&format!("{}\n", armored.replace("\n ", "\n"))).ok()?;
        Some(Self {
            signed: read_headers(headers, message)?,
            key,
            signature,
        })
    }

    /// Checks the signature by the key that the commit itself names.
    ///
    /// # Errors
    ///
    /// [`CommitError::Signature`].
    pub fn verify_signature(&self) -> Result<(), CommitError> {
        Ok(self
            .key
            .verify(self.signed.sshsig_input().as_bytes(), &self.signature)?)
    }
}

/// Reads the headers without caring for their spelling.
fn read_headers(headers: &str, message: LogMessage) -> Option<UnsignedCommit> {
    let mut tree = None;
    let mut parent = None;
    let mut time = None;
    for line in headers.lines() {
        match line.split_once(' ')? {
            ("tree", id) => tree = id.parse().ok(),
            ("parent", id) => parent = Some(id.parse().ok()?),
            ("committer", identity) => time = parse_time(identity),
            _ => {}
        }
    }
    Some(UnsignedCommit {
        tree: tree?,
        parent,
        time: time?,
        message,
    })
}

fn parse_time(identity: &str) -> Option<Time> {
    let (_, seconds) = identity.strip_suffix(" +0000")?.rsplit_once(' ')?;
    Time::from_unix_seconds(seconds.parse().ok()?).ok()
}

#[cfg(test)]
mod tests;

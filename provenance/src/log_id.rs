//! Which log is meant: one per signer and clone, with a name that follows from its key.

use std::fmt;
use std::str::FromStr;

use crate::digest::Hasher;
use crate::hex;
use crate::key::PublicKey;

/// Where every log's ref starts.
pub const LOG_REF_PREFIX: &str = "refs/assize/v1/log/";

/// Where every ref with evidence starts.
pub const EVIDENCE_REF_PREFIX: &str = "refs/assize/v1/evidence/";

/// What precedes the key in the hash, so that it is a hash for nothing else.
const DOMAIN: &[u8] = b"assize-log-v1\n";

/// The 16 random bytes a clone draws when it starts its log, so that the same key in a copied clone gives another log.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct LogSeed([u8; 16]);

/// A log's name: the first 16 bytes of SHA-256 over `assize-log-v1\n`, the log's public key (32 bytes) and the seed; written
/// as 32 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogId([u8; 16]);

impl LogSeed {
    /// Takes the bytes that were drawn.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl LogId {
    /// Derives a log's name.
    #[must_use]
    pub fn derive(key: &PublicKey, seed: &LogSeed) -> Self {
        let mut hasher = Hasher::new();
        for part in [DOMAIN, key.as_bytes(), &seed.0] {
            hasher.update(part);
        }
        let digest = hasher.finish();
        Self(digest.as_bytes().first_chunk::<16>().copied().unwrap_or_default())
    }

    /// Returns the full name of the ref under which the log lies.
    #[must_use]
    pub fn log_ref(&self) -> String {
        format!("{LOG_REF_PREFIX}{self}")
    }

    /// Returns the full name of the ref under which the log's evidence lies.
    #[must_use]
    pub fn evidence_ref(&self) -> String {
        format!("{EVIDENCE_REF_PREFIX}{self}")
    }

    /// Returns the name under which checkpoints speak of the log.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("assize/{self}")
    }
}

/// The text is not 32 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the name of a log, and its seed, have 32 lower-case hexadecimal digits")]
pub struct LogIdError;

impl FromStr for LogId {
    type Err = LogIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        hex::decode(text).map(Self).ok_or(LogIdError)
    }
}

impl FromStr for LogSeed {
    type Err = LogIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        hex::decode(text).map(Self).ok_or(LogIdError)
    }
}

impl fmt::Display for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex::write(&self.0, f)
    }
}

impl fmt::Debug for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LogId({self})")
    }
}

impl fmt::Display for LogSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex::write(&self.0, f)
    }
}

impl fmt::Debug for LogSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LogSeed({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;
    use crate::testing::SigningPair;

    #[test]
    fn the_name_follows_from_key_and_seed() {
        let key = SigningPair::from_seed(1).public();
        let id = LogId::derive(&key, &LogSeed::from_bytes([9; 16]));
        let whole = Digest::of(&[DOMAIN, key.as_bytes(), &[9; 16]].concat());
        assert_eq!(id.to_string(), whole.to_string()[..32]);
        assert_ne!(id, LogId::derive(&key, &LogSeed::from_bytes([8; 16])));
        assert_ne!(
            id,
            LogId::derive(&SigningPair::from_seed(2).public(), &LogSeed::from_bytes([9; 16]))
        );
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.to_string().to_uppercase().parse::<LogId>(), Err(LogIdError));
    }
}

//! Keys of signed notes, as tools for transparency logs write them down: `name+hash+base64` (C2SP `signed-note`).
//!
//! One key has one name and signs one kind of thing: a log its checkpoints, a witness its cosignatures.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::PublicKey;
use crate::digest::Hasher;
use crate::hex;

/// How many bytes a name may have.
pub const NAME_BYTES_MAX: usize = 255;

/// What a key of notes signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoteKind {
    /// A note as it is: what a log signs (type 0x01).
    Note,
    /// A checkpoint at a time: what a witness signs (type 0x04, C2SP `tlog-cosignature`).
    Cosignature,
}

impl NoteKind {
    const fn byte(self) -> u8 {
        match self {
            Self::Note => 0x01,
            Self::Cosignature => 0x04,
        }
    }
}

/// A public key with its name and what it signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteKey {
    name: String,
    kind: NoteKind,
    key: PublicKey,
}

/// The text is no key of notes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteKeyError {
    /// It has another form.
    #[error("a key of a log or a witness is `name+hash+base64` on one line")]
    Form,
    /// Its name cannot stand in a note.
    #[error(
        "the name of a log or a witness has 1 to {NAME_BYTES_MAX} bytes without spaces, control characters and `+`"
    )]
    Name,
    /// Its type is another one.
    #[error("the key is of a type that is not read here: Ed25519 for notes (1) and for cosignatures (4) are")]
    Kind,
    /// Its hash is that of another key.
    #[error("the hash in the key is not that of its name and key; copy it again as a whole")]
    Hash,
}

impl NoteKey {
    /// Gives a key its name.
    ///
    /// # Errors
    ///
    /// [`NoteKeyError::Name`].
    pub fn new(name: &str, kind: NoteKind, key: PublicKey) -> Result<Self, NoteKeyError> {
        if !is_name(name) {
            return Err(NoteKeyError::Name);
        }
        let name = name.to_owned();
        Ok(Self { name, kind, key })
    }

    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns what it signs.
    #[must_use]
    pub const fn kind(&self) -> NoteKind {
        self.kind
    }

    /// Returns the key itself.
    #[must_use]
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }

    /// Returns the four bytes that stand for it in a note: the first of SHA-256 over name, line feed, type and key.
    #[must_use]
    pub fn hash(&self) -> [u8; 4] {
        let mut hasher = Hasher::new();
        for part in [self.name.as_bytes(), b"\n", &[self.kind.byte()], self.key.as_bytes()] {
            hasher.update(part);
        }
        let digest = hasher.finish();
        digest.as_bytes().first_chunk::<4>().copied().unwrap_or_default()
    }
}

/// Tells whether a name can stand in a note.
pub(crate) fn is_name(name: &str) -> bool {
    let is_sign = |sign: char| sign != '+' && !sign.is_whitespace() && !sign.is_control();
    !name.is_empty() && name.len() <= NAME_BYTES_MAX && name.chars().all(is_sign)
}

impl fmt::Display for NoteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let typed = [&[self.kind.byte()], self.key.as_bytes().as_slice()].concat();
        let (hash, key) = (hex::encode(&self.hash()), BASE64_STANDARD.encode(typed));
        write!(f, "{}+{hash}+{key}", self.name)
    }
}

impl FromStr for NoteKey {
    type Err = NoteKeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(hash), Some(typed)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NoteKeyError::Form);
        };
        let hash: [u8; 4] = hex::decode(hash).ok_or(NoteKeyError::Form)?;
        let typed = BASE64_STANDARD.decode(typed).map_err(|_| NoteKeyError::Form)?;
        let (kind, key) = typed.split_first().ok_or(NoteKeyError::Form)?;
        let kinds = [NoteKind::Note, NoteKind::Cosignature];
        let kind = kinds.into_iter().find(|known| known.byte() == *kind);
        let kind = kind.ok_or(NoteKeyError::Kind)?;
        let key = key.try_into().map_err(|_| NoteKeyError::Form)?;
        let key = PublicKey::from_bytes(key).map_err(|_| NoteKeyError::Form)?;
        let read = Self::new(name, kind, key)?;
        if read.hash() == hash {
            Ok(read)
        } else {
            Err(NoteKeyError::Hash)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::SigningPair;

    #[test]
    fn a_key_has_one_spelling() {
        let public = SigningPair::from_seed(3).public();
        for kind in [NoteKind::Note, NoteKind::Cosignature] {
            let key = NoteKey::new("witness.example/w1", kind, public).unwrap();
            let text = key.to_string();
            assert_eq!(text.parse(), Ok(key));
            let other = text.replace("w1", "w2");
            assert_eq!(other.parse::<NoteKey>(), Err(NoteKeyError::Hash));
        }
    }

    #[test]
    fn what_is_no_key_says_why() {
        let public = SigningPair::from_seed(3).public();
        let good = NoteKey::new("w", NoteKind::Cosignature, public).unwrap().to_string();
        let (start, base64) = good.rsplit_once('+').unwrap();
        let mut typed = BASE64_STANDARD.decode(base64).unwrap();
        typed[0] = 6;
        for (text, error) in [
            ("", NoteKeyError::Form),
            ("w", NoteKeyError::Form),
            (start, NoteKeyError::Form),
            (&good.to_uppercase(), NoteKeyError::Form),
            (good.trim_end_matches('='), NoteKeyError::Form),
            (&format!("{good}\n"), NoteKeyError::Form),
            (
                &format!("{start}+{}", BASE64_STANDARD.encode(&typed)),
                NoteKeyError::Kind,
            ),
            (&good.replacen('w', "", 1), NoteKeyError::Name),
            (&good.replacen('w', "a b", 1), NoteKeyError::Name),
        ] {
            if text == good {
                continue;
            }
            assert_eq!(text.parse::<NoteKey>(), Err(error), "{text}");
        }
        assert_eq!(NoteKey::new("a+b", NoteKind::Note, public), Err(NoteKeyError::Name));
    }
}

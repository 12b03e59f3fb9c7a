//! Keys as OpenSSH writes them: one line `ssh-ed25519 BASE64 comment` (RFC 4253, section 6.6; RFC 8709, section 4).

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD};

use super::{PublicKey, PublicKeyError};
use crate::digest::Digest;

/// The name of the key type.
pub(crate) const KEY_TYPE: &str = "ssh-ed25519";

/// What precedes the 32 bytes: the type's name and the key's length, each as an SSH string starts.
const BLOB_PREFIX: &[u8; 19] = b"\0\0\0\x0bssh-ed25519\0\0\0\x20";

/// Why a text is no usable OpenSSH public key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenSshError {
    /// It is a key of another type, or no key.
    #[error("an OpenSSH public key for Assize starts with `{KEY_TYPE} `, followed by the key in base64")]
    NotEd25519,
    /// It holds a private key.
    #[error("this is a private key; give the public one only, and replace the key if this text left your hands")]
    Private,
    /// The base64 text does not hold an Ed25519 key.
    #[error("the base64 text after `{KEY_TYPE}` is no Ed25519 key")]
    Blob,
    /// The key itself is no good.
    #[error(transparent)]
    Key(#[from] PublicKeyError),
}

/// Returns the key in SSH's wire form, 51 bytes.
#[must_use]
pub fn blob(key: &PublicKey) -> Vec<u8> {
    [BLOB_PREFIX.as_slice(), key.as_bytes()].concat()
}

/// Writes a key on one line, without comment and line end.
#[must_use]
pub fn print(key: &PublicKey) -> String {
    format!("{KEY_TYPE} {}", BASE64_STANDARD.encode(blob(key)))
}

/// Writes the fingerprint that `ssh-keygen -l` shows.
#[must_use]
pub fn fingerprint(key: &PublicKey) -> String {
    format!(
        "SHA256:{}",
        BASE64_STANDARD_NO_PAD.encode(Digest::of(&blob(key)).as_bytes())
    )
}

/// Reads a key from one line; a comment after it is passed over.
///
/// # Errors
///
/// Every [`OpenSshError`].
pub fn parse(line: &str) -> Result<PublicKey, OpenSshError> {
    if line.contains("PRIVATE KEY") {
        return Err(OpenSshError::Private);
    }
    let mut words = line.split_ascii_whitespace();
    if words.next() != Some(KEY_TYPE) {
        return Err(OpenSshError::NotEd25519);
    }
    let bytes = words
        .next()
        .and_then(|word| BASE64_STANDARD.decode(word).ok())
        .ok_or(OpenSshError::Blob)?;
    let bytes = bytes
        .strip_prefix(BLOB_PREFIX)
        .and_then(|key| key.try_into().ok())
        .ok_or(OpenSshError::Blob)?;
    Ok(PublicKey::from_bytes(bytes)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::SigningPair;

    #[test]
    fn what_is_printed_reads_back() {
        let key = SigningPair::from_seed(1).public();
        assert_eq!(parse(&print(&key)), Ok(key));
        assert_eq!(parse(&format!("  {} someone@somewhere\n", print(&key))), Ok(key));
        assert_eq!(blob(&key).len(), 51);
    }

    #[test]
    fn other_texts_are_refused() {
        let key = SigningPair::from_seed(1).public();
        let line = print(&key);
        assert_eq!(parse(""), Err(OpenSshError::NotEd25519));
        assert_eq!(parse("ssh-rsa AAAA"), Err(OpenSshError::NotEd25519));
        assert_eq!(parse("-----BEGIN OPENSSH PRIVATE KEY-----"), Err(OpenSshError::Private));
        assert_eq!(parse("ssh-ed25519"), Err(OpenSshError::Blob));
        assert_eq!(parse(&line[..line.len() - 4]), Err(OpenSshError::Blob));
        let weak = format!(
            "{KEY_TYPE} {}",
            BASE64_STANDARD.encode([BLOB_PREFIX.as_slice(), &[0; 32]].concat())
        );
        assert_eq!(parse(&weak), Err(OpenSshError::Key(PublicKeyError::Weak)));
    }
}

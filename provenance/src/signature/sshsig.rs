//! SSH signatures in the namespace of git (OpenSSH, `PROTOCOL.sshsig`), in exactly one form.
//!
//! Stock tools accept many spellings of one signature: other line lengths, text after the end, a second hash, S plus the
//! group order. Here a signature is read only if writing it again gives the same text.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest as _, Sha512};

use super::ToSign;
use crate::key::{PublicKey, openssh};

/// Marks bytes to be signed as an SSH signature.
#[derive(Debug)]
pub enum SshSig {}

/// What the signature is for, as `git` and the file of allowed signers call it.
pub const NAMESPACE: &str = "git";

const MAGIC: &[u8] = b"SSHSIG";
const VERSION: [u8; 4] = [0, 0, 0, 1];
const HASH: &str = "sha512";
const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----\n";
const END: &str = "-----END SSH SIGNATURE-----\n";
/// The length of a line of base64 that OpenSSH writes; its specification allows others.
const COLUMNS: usize = 70;
/// The wire form's length for an Ed25519 key and this namespace and hash.
const BLOB_BYTES: usize = 173;

/// The text is no SSH signature as Assize writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the SSH signature is not in the one form that is accepted (Ed25519, namespace git, sha512, lines of 70)")]
pub struct SshSigError;

/// Returns what a signature over `message` covers. The message enters only by its hash.
pub(crate) fn to_sign(message: &[u8]) -> ToSign<SshSig> {
    let mut bytes = MAGIC.to_vec();
    for field in [NAMESPACE.as_bytes(), b"", HASH.as_bytes(), &Sha512::digest(message)] {
        push_string(&mut bytes, field);
    }
    ToSign::new(bytes)
}

/// Writes the armored form, from `BEGIN` to the line feed after `END`.
#[must_use]
pub(crate) fn armor(key: &PublicKey, signature: &[u8; 64]) -> String {
    let text = BASE64_STANDARD.encode(blob(key, signature));
    let mut armored = BEGIN.to_owned();
    for (column, sign) in text.chars().enumerate() {
        if column != 0 && column.is_multiple_of(COLUMNS) {
            armored.push('\n');
        }
        armored.push(sign);
    }
    armored.push('\n');
    armored.push_str(END);
    armored
}

/// Reads an armored signature: the key that made it, and the raw signature, neither checked against anything yet.
pub(crate) fn parse(armored: &str) -> Result<(PublicKey, [u8; 64]), SshSigError> {
    let text = armored
        .strip_prefix(BEGIN)
        .and_then(|rest| rest.strip_suffix(END))
        .ok_or(SshSigError)?;
    // Twice the blob's length bounds what may be decoded; the comparison below is what makes the form unique.
    if text.len() > BLOB_BYTES.saturating_mul(2) {
        return Err(SshSigError);
    }
    let bytes = BASE64_STANDARD
        .decode(text.replace('\n', ""))
        .map_err(|_| SshSigError)?;
    let before_key = MAGIC
        .len()
        .saturating_add(VERSION.len())
        .saturating_add(4)
        .saturating_add(19);
    let key = bytes
        .get(before_key..)
        .and_then(|rest| rest.first_chunk::<32>())
        .ok_or(SshSigError)?;
    let key = PublicKey::from_bytes(key).map_err(|_| SshSigError)?;
    let signature = *bytes.last_chunk::<64>().ok_or(SshSigError)?;
    if armor(&key, &signature) == armored {
        Ok((key, signature))
    } else {
        Err(SshSigError)
    }
}

fn blob(key: &PublicKey, signature: &[u8; 64]) -> Vec<u8> {
    let mut inner = Vec::new();
    push_string(&mut inner, openssh::KEY_TYPE.as_bytes());
    push_string(&mut inner, signature);
    let mut bytes = [MAGIC, &VERSION].concat();
    for field in [&openssh::blob(key), NAMESPACE.as_bytes(), b"", HASH.as_bytes(), &inner] {
        push_string(&mut bytes, field);
    }
    bytes
}

/// Appends an SSH string: its length in four bytes, then itself (RFC 4251, section 5).
fn push_string(bytes: &mut Vec<u8>, field: &[u8]) {
    bytes.extend_from_slice(&u32::try_from(field.len()).unwrap_or(u32::MAX).to_be_bytes());
    bytes.extend_from_slice(field);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::SigningPair;

    fn signed() -> (SigningPair, String) {
        let pair = SigningPair::from_seed(3);
        let signature = pair.sign(to_sign(b"message").as_bytes());
        let armored = armor(&pair.public(), &signature);
        (pair, armored)
    }

    #[test]
    fn what_is_written_reads_back() {
        let (pair, armored) = signed();
        let (key, signature) = parse(&armored).unwrap();
        assert_eq!(key, pair.public());
        assert_eq!(key.verify(to_sign(b"message").as_bytes(), &signature), Ok(()));
        assert_eq!(blob(&key, &signature).len(), BLOB_BYTES);
        assert!(armored.lines().all(|line| line.len() <= COLUMNS));
    }

    #[test]
    fn other_spellings_of_the_same_signature_are_refused() {
        let (pair, armored) = signed();
        let (_, signature) = parse(&armored).unwrap();
        let text = BASE64_STANDARD.encode(blob(&pair.public(), &signature));
        let mut long = blob(&pair.public(), &signature);
        long.push(0);
        let mut other_hash = blob(&pair.public(), &signature);
        let at = other_hash.windows(6).position(|window| window == b"sha512").unwrap();
        other_hash[at..at + 6].copy_from_slice(b"sha256");
        let wrapped = |text: &str, columns: usize| {
            let lines: Vec<_> = text
                .as_bytes()
                .chunks(columns)
                .map(|line| String::from_utf8_lossy(line))
                .collect();
            format!("{BEGIN}{}\n{END}", lines.join("\n"))
        };
        assert_eq!(wrapped(&text, COLUMNS), armored);
        for spelling in [
            wrapped(&text, 76),
            wrapped(&text, 1000),
            wrapped(&BASE64_STANDARD.encode(&long), COLUMNS),
            wrapped(&BASE64_STANDARD.encode(&other_hash), COLUMNS),
            format!("{armored}junk\n"),
            format!("\n{armored}"),
            armored.replace('\n', "\r\n"),
            armored.trim_end().to_owned(),
            format!("{BEGIN}{END}"),
            String::new(),
        ] {
            assert_eq!(parse(&spelling), Err(SshSigError), "{spelling}");
        }
    }
}

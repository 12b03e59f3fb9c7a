//! Public keys: which there are, what they may sign, and how they are written down. Private keys never enter this crate.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ed25519_dalek::{Signature, VerifyingKey};

use crate::digest::Digest;
use crate::root::Pin;
use vkey::{NoteKey, NoteKind};

pub mod allowed_signers;
pub mod jwk;
pub mod openssh;
pub mod vkey;

/// An Ed25519 public key that a signature can be held against: a canonical encoding of a point of large order.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKey(VerifyingKey);

/// Why bytes are no public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PublicKeyError {
    /// They are no point of the curve.
    #[error("the 32 bytes are no Ed25519 public key")]
    NotAPoint,
    /// They spell a point in a second way.
    #[error("the 32 bytes spell an Ed25519 public key in a way that is not canonical")]
    NotCanonical,
    /// Anybody could sign for it.
    #[error("the Ed25519 public key is weak: its point has small order, so signatures under it prove nothing")]
    Weak,
}

/// The signature does not fit the key and the bytes, or is not in strict form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not verify")]
pub struct SignatureMismatch;

impl PublicKey {
    /// Takes a key's 32 bytes (RFC 8032, section 5.1.5).
    ///
    /// # Errors
    ///
    /// Every [`PublicKeyError`].
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, PublicKeyError> {
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| PublicKeyError::NotAPoint)?;
        if key.to_edwards().compress().as_bytes() != bytes {
            return Err(PublicKeyError::NotCanonical);
        }
        if key.is_weak() {
            Err(PublicKeyError::Weak)
        } else {
            Ok(Self(key))
        }
    }

    /// Returns the key's 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// Checks a signature in the strict sense: S below the group order, R and the key of large order, the equation without
    /// cofactor. Every signature in this crate is checked here.
    ///
    /// # Errors
    ///
    /// [`SignatureMismatch`] when it does not hold.
    pub fn verify(&self, signed: &[u8], signature: &[u8; 64]) -> Result<(), SignatureMismatch> {
        self.0
            .verify_strict(signed, &Signature::from_bytes(signature))
            .map_err(|_| SignatureMismatch)
    }

    /// Returns the id under which JOSE tools know the key.
    #[must_use]
    pub fn id(&self) -> KeyId {
        KeyId(Digest::of(jwk::thumbprint_input(self).as_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.id())
    }
}

/// The thumbprint of a key (RFC 7638 over the members of RFC 8037, section 2): SHA-256, written as 43 characters of base64url.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(Digest);

/// The text is no key id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key id is a SHA-256 thumbprint in 43 characters of base64url")]
pub struct KeyIdError;

impl FromStr for KeyId {
    type Err = KeyIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // One byte more than it may have: room for what 44 characters would be.
        let mut bytes = [0; 33];
        let length = BASE64_URL_SAFE_NO_PAD
            .decode_slice(text, &mut bytes)
            .map_err(|_| KeyIdError)?;
        match bytes.first_chunk() {
            Some(bytes) if length == bytes.len() => Ok(Self(Digest::from_bytes(*bytes))),
            _ => Err(KeyIdError),
        }
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; 43];
        let written = BASE64_URL_SAFE_NO_PAD.encode_slice(self.0.as_bytes(), &mut text);
        let text = written.ok().and_then(|length| text.get(..length));
        f.write_str(text.and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default())
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// What a key may sign. One key has one role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Signs entries.
    Council,
    /// Signs checkpoints and commits.
    Log,
    /// Signs what a person decides, and versions of a root of trust.
    Person,
}

impl Role {
    /// Returns the role's name, as it stands before the `@` of a principal.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Council => "council",
            Self::Log => "log",
            Self::Person => "person",
        }
    }

    /// Returns the namespace for which the role's key is listed in `allowed_signers`.
    #[must_use]
    pub const fn namespace(self) -> &'static str {
        match self {
            Self::Council | Self::Person => "assize-entry@v1",
            Self::Log => crate::signature::sshsig::NAMESPACE,
        }
    }
}

/// Whom an auditor believes: keys by role, everywhere, and a root of trust by its pin.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedKeys {
    keys: BTreeMap<(Role, KeyId), PublicKey>,
    pin: Option<Pin>,
    witnesses: Vec<NoteKey>,
    quorum: Option<usize>,
}

impl TrustedKeys {
    /// Believes in nobody yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            keys: BTreeMap::new(),
            pin: None,
            witnesses: Vec::new(),
            quorum: None,
        }
    }

    /// Believes that whoever signs with this key acts in this role, in every log and at every position.
    pub fn trust(&mut self, role: Role, key: PublicKey) {
        self.keys.insert((role, key.id()), key);
    }

    /// Believes in the root of trust with this pin.
    pub const fn pin(&mut self, pin: Pin) {
        self.pin = Some(pin);
    }

    /// Returns the pin of the root of trust that is believed in.
    #[must_use]
    pub const fn pinned(&self) -> Option<Pin> {
        self.pin
    }

    /// Returns the key with this id, if it is believed in this role.
    #[must_use]
    pub fn key(&self, role: Role, id: &KeyId) -> Option<&PublicKey> {
        self.keys.get(&(role, *id))
    }

    /// Believes that whatever this witness cosigned was the newest state of a log then. Keys of other kinds are passed over.
    pub fn trust_witness(&mut self, key: NoteKey) {
        if key.kind() == NoteKind::Cosignature && !self.witnesses.contains(&key) {
            self.witnesses.push(key);
        }
    }

    /// Asks that so many of the witnesses that are believed cosigned a log before it counts as fresh.
    pub const fn require_witnesses(&mut self, quorum: usize) {
        self.quorum = Some(quorum);
    }

    /// Returns how many witnesses are asked for, where that was said.
    #[must_use]
    pub const fn witnesses_required(&self) -> Option<usize> {
        self.quorum
    }

    /// Returns the witnesses that are believed.
    #[must_use]
    pub fn witnesses(&self) -> &[NoteKey] {
        &self.witnesses
    }

    /// Returns the keys that are believed to sign checkpoints and commits.
    pub fn log_keys(&self) -> impl Iterator<Item = &PublicKey> {
        self.keys(Role::Log)
    }

    /// Returns the council key with this id, if it is believed.
    #[must_use]
    pub fn council_key(&self, id: &KeyId) -> Option<&PublicKey> {
        self.key(Role::Council, id)
    }

    /// Returns the person's key with this id, if it is believed.
    #[must_use]
    pub fn person_key(&self, id: &KeyId) -> Option<&PublicKey> {
        self.key(Role::Person, id)
    }

    /// Returns the keys that are believed in a role, by their ids.
    pub fn keys(&self, role: Role) -> impl Iterator<Item = &PublicKey> {
        let of_role = self.keys.iter().filter(move |((one, _), _)| *one == role);
        of_role.map(|(_, key)| key)
    }

    /// Tells whether a key is believed to sign checkpoints and commits.
    #[must_use]
    pub fn is_log_key(&self, key: &PublicKey) -> bool {
        self.key(Role::Log, &key.id()).is_some()
    }

    /// Returns a digest of whom these are, whatever the order in which they came to be believed: two that differ in it differ in
    /// whom they believe. How a pin was obtained is no part of it.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut lines: Vec<String> = self
            .keys
            .keys()
            .map(|(role, id)| format!("{} {id}\n", role.name()))
            .collect();
        lines.extend(self.witnesses.iter().map(|witness| format!("witness {witness}\n")));
        lines.extend(self.pin.map(|pin| format!("pin {}@{}\n", pin.digest, pin.least)));
        lines.sort_unstable();
        Digest::of(lines.concat().as_bytes())
    }

    /// Tells whether nobody is believed. Witnesses alone sign nothing of a log.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.pin.is_none()
    }

    /// Believes in everybody that `other` believes in, too. A pin stays what it is, and of two quorums the larger one holds.
    pub fn extend(&mut self, other: Self) {
        self.keys.extend(other.keys);
        self.pin = self.pin.or(other.pin);
        self.quorum = self.quorum.max(other.quorum);
        for witness in other.witnesses {
            self.trust_witness(witness);
        }
    }
}

#[cfg(test)]
mod tests;

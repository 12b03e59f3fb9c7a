//! A version of the root with its signatures: who counts, and what may follow on what.

use std::collections::BTreeMap;

use super::v1::{self, PAYLOAD_TYPE, Signatures};
use super::{Root, RootError, SIGNERS_MAX};
use crate::digest::Digest;
use crate::key::{KeyId, PublicKey};
use crate::signature::{ToSign, dsse};

/// Marks bytes to be signed as a version of a root of trust.
#[derive(Debug)]
pub enum RootForm {}

/// A version that is checked by itself and may be signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsignedRoot {
    root: Root,
    payload: Vec<u8>,
}

/// A version with signatures, in its stored form. Whether they are enough is [`SignedRoot::check_first`] and
/// [`SignedRoot::check_after`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedRoot {
    unsigned: UnsignedRoot,
    signatures: Signatures,
}

/// How many holders have signed a version, and how many must.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// The version that asks for them.
    pub rule: u64,
    /// How many of its signers' holders have signed.
    pub signed: usize,
    /// How many must.
    pub needed: u64,
}

impl Tally {
    /// Tells whether they are enough.
    #[must_use]
    pub fn is_met(&self) -> bool {
        u64::try_from(self.signed).is_ok_and(|signed| signed >= self.needed)
    }
}

/// Returns the name under which an envelope knows a key.
fn keyid(key: &PublicKey) -> Digest {
    Digest::of(key.as_bytes())
}

impl Root {
    /// Checks everything that must hold before anybody may sign this version.
    ///
    /// # Errors
    ///
    /// [`RootError`]: the version contradicts itself, or is too large.
    pub fn prepare(self) -> Result<UnsignedRoot, RootError> {
        self.check()?;
        let payload = v1::payload_bytes(&self)?;
        // What could not be stored with a signature of everybody who may sign is not begun.
        let all = (0..=u8::MAX)
            .take(SIGNERS_MAX.saturating_mul(2))
            .map(|number| (Digest::of(&[number]), [0xff; 64]));
        v1::envelope_bytes(&payload, &all.collect())?;
        Ok(UnsignedRoot { root: self, payload })
    }

    /// Returns the public keys of the signers.
    fn signer_keys(&self) -> impl Iterator<Item = &PublicKey> {
        let is_signer = |key: &PublicKey| self.signers.binary_search(&key.id()).is_ok();
        self.keys
            .iter()
            .map(|holding| &holding.key)
            .filter(move |key| is_signer(key))
    }
}

impl UnsignedRoot {
    /// Returns what each signer signs: the DSSE encoding of the version.
    #[must_use]
    pub fn to_sign(&self) -> ToSign<RootForm> {
        dsse::to_sign_as(PAYLOAD_TYPE, &self.payload)
    }

    /// Returns SHA-256 of the version's payload. Signatures are no part of it, so that one more of them changes nothing.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&self.payload)
    }

    /// Returns what the version says.
    #[must_use]
    pub const fn root(&self) -> &Root {
        &self.root
    }

    /// Takes the version as a draft that nobody has signed yet.
    #[must_use]
    pub const fn into_draft(self) -> SignedRoot {
        SignedRoot {
            unsigned: self,
            signatures: BTreeMap::new(),
        }
    }
}

impl SignedRoot {
    /// Reads the stored form. Only the one canonical spelling is accepted; signatures are not checked yet.
    ///
    /// # Errors
    ///
    /// [`RootError`]: it is not in the stored form, or contradicts itself.
    pub fn parse(bytes: &[u8]) -> Result<Self, RootError> {
        let (payload, signatures) = v1::parse_envelope(bytes)?;
        let root = v1::parse_payload(&payload)?;
        root.check()?;
        if signatures.len() > SIGNERS_MAX.saturating_mul(2) {
            return Err(RootError::TooMany {
                what: "signatures",
                max: SIGNERS_MAX.saturating_mul(2),
            });
        }
        Ok(Self {
            unsigned: UnsignedRoot { root, payload },
            signatures,
        })
    }

    /// Writes the stored form.
    ///
    /// # Errors
    ///
    /// [`RootError::Form`] when it is too large.
    pub fn to_bytes(&self) -> Result<Vec<u8>, RootError> {
        Ok(v1::envelope_bytes(&self.unsigned.payload, &self.signatures)?)
    }

    /// Adds a signature after checking it. Signing twice changes nothing.
    ///
    /// # Errors
    ///
    /// [`RootError::Signature`].
    pub fn add(&mut self, key: &PublicKey, signature: &[u8; 64]) -> Result<(), RootError> {
        self.check_signature(key, signature)?;
        self.signatures.insert(keyid(key), *signature);
        Ok(())
    }

    /// Returns the version without its signatures.
    #[must_use]
    pub const fn unsigned(&self) -> &UnsignedRoot {
        &self.unsigned
    }

    /// Returns what the version says.
    #[must_use]
    pub const fn root(&self) -> &Root {
        &self.unsigned.root
    }

    /// Returns the version's [digest](UnsignedRoot::digest).
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.unsigned.digest()
    }

    /// Tells whether a key has signed, rightly or not.
    #[must_use]
    pub fn has_signed(&self, key: &PublicKey) -> bool {
        self.signatures.contains_key(&keyid(key))
    }

    /// Counts the holders who have signed, by the rule of a version: each holder once, however many keys are theirs.
    #[must_use]
    pub fn tally(&self, rule: &Root) -> Tally {
        let signed: Vec<KeyId> = rule
            .signer_keys()
            .filter(|key| self.has_signed(key))
            .map(PublicKey::id)
            .collect();
        Tally {
            rule: rule.version,
            signed: rule.holders(signed.into_iter()).len(),
            needed: rule.threshold,
        }
    }

    /// Checks that this is a version 1 and signed by enough of its own signers.
    ///
    /// # Errors
    ///
    /// [`RootError::Version`] and those of signatures.
    pub fn check_first(&self) -> Result<(), RootError> {
        self.check_version(1)?;
        self.check_signatures(None)?;
        self.check_enough(None)
    }

    /// Checks that this version may follow on `before`: one higher, naming it, signed by enough signers of both.
    ///
    /// # Errors
    ///
    /// [`RootError::Version`], [`RootError::Previous`] and those of signatures.
    pub fn check_after(&self, before: &Self) -> Result<(), RootError> {
        self.check_version(before.root().version.saturating_add(1))?;
        if self.root().previous != Some(before.digest()) {
            return Err(RootError::Previous(self.root().version));
        }
        self.check_signatures(Some(before.root()))?;
        self.check_enough(Some(before.root()))
    }

    fn check_version(&self, expected: u64) -> Result<(), RootError> {
        let found = self.root().version;
        if found == expected {
            Ok(())
        } else {
            Err(RootError::Version { expected, found })
        }
    }

    /// Checks that every signature so far is that of a signer, of this version or of the one before, and verifies. Whether there
    /// are enough of them is another question.
    ///
    /// # Errors
    ///
    /// [`RootError::Stranger`] and [`RootError::Signature`].
    pub fn check_signatures(&self, before: Option<&Root>) -> Result<(), RootError> {
        let version = self.root().version;
        let known: BTreeMap<Digest, &PublicKey> = [Some(self.root()), before]
            .into_iter()
            .flatten()
            .flat_map(|rule| rule.signer_keys())
            .map(|key| (keyid(key), key))
            .collect();
        for (key, signature) in &self.signatures {
            match known.get(key) {
                Some(public) => self.check_signature(public, signature)?,
                None => return Err(RootError::Stranger { version, key: *key }),
            }
        }
        Ok(())
    }

    /// Checks that enough have signed by the rules of this version and of the one before.
    fn check_enough(&self, before: Option<&Root>) -> Result<(), RootError> {
        let version = self.root().version;
        for rule in [Some(self.root()), before].into_iter().flatten() {
            let tally = self.tally(rule);
            if !tally.is_met() {
                return Err(RootError::TooFew {
                    version,
                    rule: tally.rule,
                    signed: tally.signed,
                    needed: tally.needed,
                });
            }
        }
        Ok(())
    }

    fn check_signature(&self, key: &PublicKey, signature: &[u8; 64]) -> Result<(), RootError> {
        key.verify(self.unsigned.to_sign().as_bytes(), signature)
            .map_err(|_| RootError::Signature {
                version: self.root().version,
                key: keyid(key),
            })
    }
}

//! A private key in the memory of this process.

use std::fmt;

use assize_provenance::entry::EntryError;
use assize_provenance::key::PublicKey;
use ed25519_dalek::{Signer as _, SigningKey};

use super::{Keeper, SigningFault, Work};
use crate::chain::keys::public_of;

/// A private key. It is wiped from memory when it is dropped.
pub(in crate::chain) struct HeldKey(SigningKey);

impl HeldKey {
    pub(in crate::chain) fn new(key: SigningKey) -> Self {
        Self(key)
    }
}

impl fmt::Debug for HeldKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("HeldKey").field(&public_of(&self.0)).finish()
    }
}

impl Keeper for HeldKey {
    fn public_key(&self) -> PublicKey {
        public_of(&self.0)
    }

    fn sign(&self, work: Work<'_>) -> Result<[u8; 64], SigningFault> {
        let bytes = work.to_sign().ok_or(EntryError::Dsse)?;
        Ok(self.0.sign(&bytes).to_bytes())
    }
}

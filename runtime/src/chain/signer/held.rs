//! A private key in the memory of this process.

use std::fmt;

use assize_provenance::entry::EntryError;
use assize_provenance::key::PublicKey;
use ed25519_dalek::{Signer as _, SigningKey};

use super::{Keeper, SigningFault, Work};
use crate::chain::keys::public_of;

/// A private key. It is wiped from memory when it is dropped.
pub(in crate::chain) struct HeldKey {
    key: SigningKey,
    public: PublicKey,
}

impl HeldKey {
    pub(in crate::chain) fn new(key: SigningKey) -> Self {
        Self {
            public: public_of(&key),
            key,
        }
    }
}

impl fmt::Debug for HeldKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("HeldKey").field(&self.public).finish()
    }
}

impl Keeper for HeldKey {
    fn public_key(&self) -> PublicKey {
        self.public
    }

    fn sign(&self, work: Work<'_>) -> Result<[u8; 64], SigningFault> {
        let bytes = work.to_sign().ok_or(EntryError::Dsse)?;
        Ok(self.key.sign(&bytes).to_bytes())
    }
}

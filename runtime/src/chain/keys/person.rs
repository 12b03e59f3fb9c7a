//! The keys with which a person signs: what they decide, and versions of a root of trust.

use assize_provenance::key::{KeyId, PublicKey, Role};
use assize_provenance::root::SignedRoot;
use ed25519_dalek::Signer as _;

use super::{KeyFault, KeyStore, public_of};
use crate::clock::Clock;
use crate::durable;

impl KeyStore {
    /// This user's newest person's key; made where there is none. The flag says whether it was made just now.
    ///
    /// # Errors
    ///
    /// [`KeyFault`] when keys cannot be read or made.
    pub fn person(&self, clock: Clock) -> Result<(PublicKey, bool), KeyFault> {
        durable::private_dir(&self.dir).map_err(|source| self.io(&self.dir, source))?;
        let _lock = self.lock()?;
        let newest = self.list()?.into_iter().rfind(|key| key.role == Role::Person);
        match newest {
            Some(key) => Ok((key.public, false)),
            None => Ok((public_of(&self.make_one(Role::Person, &clock.rfc3339())?), true)),
        }
    }

    /// Signs a version of a root of trust with every person's key of this user that is among `signers`, and returns those.
    ///
    /// # Errors
    ///
    /// [`KeyFault`] when a key cannot be read.
    pub fn sign_root(&self, draft: &mut SignedRoot, signers: &[KeyId]) -> Result<Vec<PublicKey>, KeyFault> {
        let mut signed = Vec::new();
        for own in self.list()? {
            let id = own.public.id();
            if own.role != Role::Person || !signers.contains(&id) {
                continue;
            }
            let path = self.dir.join(format!("{id}.jwk"));
            let (key, _, _) = self.load(&path)?;
            let input = draft.unsigned().to_sign();
            let signature = key.sign(input.as_bytes()).to_bytes();
            draft
                .add(&own.public, &signature)
                .map_err(|error| KeyFault::Unreadable {
                    path,
                    reason: error.to_string(),
                })?;
            signed.push(own.public);
        }
        Ok(signed)
    }
}

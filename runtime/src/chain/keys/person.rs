//! The keys with which a person signs: what they decide, and versions of a root of trust.

use assize_provenance::key::{KeyId, PublicKey, Role};
use assize_provenance::root::SignedRoot;

use super::{KeyFault, KeyFile, KeyStore, OwnKey};
use crate::chain::signer::{Pen, Work};
use crate::clock::Clock;

impl KeyStore {
    /// This user's newest person's key; made where there is none. The flag says whether it was made just now.
    ///
    /// # Errors
    ///
    /// [`KeyFault`] when keys cannot be read or made.
    pub fn person(&self, clock: Clock) -> Result<(PublicKey, bool), KeyFault> {
        let _lock = self.hold()?;
        let mut current = self.current()?;
        let is_made = current.of(Role::Person).is_none();
        if is_made {
            self.make(&[Role::Person], &mut current, clock)?;
        }
        let id = current.of(Role::Person).unwrap_or_default();
        Ok((self.find(id)?.public, is_made))
    }

    /// What signs this person's decisions, where there is a key for them.
    ///
    /// # Errors
    ///
    /// [`KeyFault`] when it cannot be opened.
    pub fn person_pen(&self) -> Result<Option<Pen>, KeyFault> {
        let current = self.current()?;
        if current.of(Role::Person).is_none() {
            return Ok(None);
        }
        Ok(Some(Pen::new(self.keeper(&current, Role::Person)?)))
    }

    /// Every person's key that is kept here, oldest first: this user's, and those of others who sign here.
    ///
    /// # Errors
    ///
    /// [`KeyFault`] when one cannot be read.
    pub fn persons(&self) -> Result<Vec<OwnKey>, KeyFault> {
        let mut keys = self.list()?;
        keys.retain(|key| key.role == Role::Person);
        Ok(keys)
    }

    /// What signs with one of the keys that are kept here.
    ///
    /// # Errors
    ///
    /// [`KeyFault`] when it cannot be opened.
    pub fn pen_of(&self, key: &OwnKey) -> Result<Pen, KeyFault> {
        let path = self.path(&key.public.id());
        Ok(Pen::new(self.open(&KeyFile::load(&path)?, &path)?))
    }

    /// What signs with one of this person's keys, current or older.
    ///
    /// # Errors
    ///
    /// [`KeyFault::Unknown`] when it is none of them, or when it cannot be opened.
    pub fn person_pen_of(&self, id: &KeyId) -> Result<Pen, KeyFault> {
        let path = self.path(id);
        let own = self.find(&id.to_string())?;
        if own.role != Role::Person {
            return Err(KeyFault::OtherRole {
                id: id.to_string(),
                role: own.role.name(),
            });
        }
        Ok(Pen::new(self.open(&KeyFile::load(&path)?, &path)?))
    }

    /// Signs a version of a root of trust with every person's key of this user that is among `signers`, whoever keeps it, and
    /// returns those.
    ///
    /// # Errors
    ///
    /// [`KeyFault`] when a key cannot be opened, or when its keeper does not sign.
    pub fn sign_root(&self, draft: &mut SignedRoot, signers: &[KeyId]) -> Result<Vec<PublicKey>, KeyFault> {
        let mut signed = Vec::new();
        for own in self.list()? {
            let id = own.public.id();
            if own.role != Role::Person || !signers.contains(&id) {
                continue;
            }
            let path = self.path(&id);
            let keeper = self.open(&KeyFile::load(&path)?, &path)?;
            let signature = keeper.sign(Work::Root(draft.unsigned()))?;
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

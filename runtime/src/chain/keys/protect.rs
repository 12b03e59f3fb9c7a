//! Moving the private half of a key: from a plain file under a passphrase or into the keyring, and back.
//!
//! A key's file is replaced in one step, and the keyring is written before and cleared after it. So, whenever the machine stops,
//! the key is kept in the old way or in the new one, and what is left over beside it is never the only copy.

use std::path::Path;

use assize_provenance::key::KeyId;
use ed25519_dalek::SigningKey;
use zeroize::Zeroizing;

use super::fault::KeyFault;
use super::file::{Keeping, KeyFile, Private};
use super::{KeyStore, OwnKey, passphrase, public_of};
use crate::vault::keys as ring;

/// What protects a key from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// A passphrase.
    Passphrase,
    /// The system's keyring.
    Keyring,
}

impl KeyStore {
    /// Protects keys; all that lie in plain files where none is named. Returns those that changed.
    ///
    /// # Errors
    ///
    /// [`KeyFault`]; then each key is kept in its old way or in the new one.
    pub fn protect(&self, named: &[String], protection: Protection) -> Result<Vec<OwnKey>, KeyFault> {
        let _lock = self.hold()?;
        let chosen = self.choose(named, |keeping| keeping == Keeping::File)?;
        let unchanged: Vec<&OwnKey> = chosen.iter().filter(|key| key.keeping != Keeping::File).collect();
        if let Some(key) = unchanged.first() {
            return Err(kept_elsewhere(key));
        }
        if chosen.is_empty() {
            return Ok(chosen);
        }
        let passphrase = match protection {
            Protection::Passphrase => Some(self.passphrase.new_one()?),
            Protection::Keyring => None,
        };
        for key in &chosen {
            let path = self.path(&key.public.id());
            let mut file = KeyFile::load(&path)?;
            file.private = self.protected(&file, &path, passphrase.as_deref().map(String::as_str))?;
            file.store(&path)?;
        }
        self.again(&chosen)
    }

    /// Puts keys back into plain files; all that are protected where none is named. Returns those that changed.
    ///
    /// # Errors
    ///
    /// [`KeyFault`]; then each key is kept in its old way or in the new one.
    pub fn unprotect(&self, named: &[String]) -> Result<Vec<OwnKey>, KeyFault> {
        let _lock = self.hold()?;
        let is_protected = |keeping| matches!(keeping, Keeping::Passphrase | Keeping::Keyring);
        let chosen = self.choose(named, is_protected)?;
        if let Some(key) = chosen.iter().find(|key| !is_protected(key.keeping)) {
            return Err(kept_elsewhere(key));
        }
        for key in &chosen {
            let path = self.path(&key.public.id());
            let mut file = KeyFile::load(&path)?;
            let seed = self.seed(&file, &path)?;
            file.private = Private::Seed(seed);
            file.store(&path)?;
            if key.keeping == Keeping::Keyring {
                ring::forget(&key.public.id().to_string()).map_err(KeyFault::of_vault)?;
            }
        }
        self.again(&chosen)
    }

    /// The private half of a key that lies in a plain file, protected.
    fn protected(&self, file: &KeyFile, path: &Path, passphrase: Option<&str>) -> Result<Private, KeyFault> {
        let Private::Seed(seed) = &file.private else {
            return Err(KeyFault::Unreadable {
                path: path.to_owned(),
                reason: "it changed while it was being protected".to_owned(),
            });
        };
        if let Some(passphrase) = passphrase {
            let sealed = passphrase::seal(seed, passphrase).map_err(KeyFault::UnfitPassphrase)?;
            return Ok(Private::Sealed(sealed));
        }
        let id = file.public.id();
        ring::keep(&id.to_string(), &**seed).map_err(KeyFault::of_vault)?;
        // The file is the only other copy: it goes once the keyring gives the key back.
        from_keyring(&id, path)?;
        Ok(Private::With(Keeping::Keyring))
    }

    /// The private half of a key that this process may hold; the public half belongs to it.
    pub(super) fn seed(&self, file: &KeyFile, path: &Path) -> Result<Zeroizing<[u8; 32]>, KeyFault> {
        let id = file.public.id();
        let seed = match &file.private {
            Private::Seed(seed) => seed.clone(),
            Private::Sealed(sealed) => passphrase::open(sealed, &self.passphrase, path)?,
            Private::With(Keeping::Keyring) => from_keyring(&id, path)?,
            Private::With(keeping) => {
                return Err(KeyFault::NotOurs {
                    id: id.to_string(),
                    keeper: keeping.name(),
                });
            }
        };
        if public_of(&SigningKey::from_bytes(&seed)) == file.public {
            return Ok(seed);
        }
        Err(KeyFault::Unreadable {
            path: path.to_owned(),
            reason: "the private half that is kept for it belongs to another key".to_owned(),
        })
    }

    /// The keys that were named by id or fingerprint; without names, those that are kept in one of some ways.
    fn choose(&self, named: &[String], is_meant: impl Fn(Keeping) -> bool) -> Result<Vec<OwnKey>, KeyFault> {
        if named.is_empty() {
            let all = self.list()?.into_iter();
            return Ok(all.filter(|key| is_meant(key.keeping)).collect());
        }
        named.iter().map(|name| self.find(name)).collect()
    }

    /// The same keys as they are kept now.
    fn again(&self, keys: &[OwnKey]) -> Result<Vec<OwnKey>, KeyFault> {
        let names = keys.iter().map(|key| key.public.id().to_string());
        names.map(|name| self.find(&name)).collect()
    }
}

fn from_keyring(id: &KeyId, path: &Path) -> Result<Zeroizing<[u8; 32]>, KeyFault> {
    let found = ring::get(&id.to_string()).map_err(KeyFault::of_vault)?;
    let bytes = found.ok_or_else(|| KeyFault::Keyring(format!("it does not hold the key {id}")))?;
    let seed: [u8; 32] = bytes.as_slice().try_into().map_err(|_| KeyFault::Unreadable {
        path: path.to_owned(),
        reason: "what the keyring holds for it is not 32 bytes".to_owned(),
    })?;
    Ok(Zeroizing::new(seed))
}

fn kept_elsewhere(key: &OwnKey) -> KeyFault {
    KeyFault::NotOurs {
        id: key.public.id().to_string(),
        keeper: match key.keeping {
            Keeping::File => "a plain file",
            Keeping::Passphrase => "a file with a passphrase",
            Keeping::Keyring => "the system's keyring",
            Keeping::SshAgent => "an ssh-agent",
            Keeping::Signer => "a signer's process",
        },
    }
}

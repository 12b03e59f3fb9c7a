//! The encrypted file: `$ASSIZE_HOME/secrets.age`, for one age identity, replaced as a whole under a lock.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::identity::{IdentityFile, io, one_line};
use super::{Place, VaultFault};
use crate::durable;
use crate::policy;
use crate::secret::Value;
use crate::settings::Home;

/// The longest file, in bytes.
const FILE_BYTES_MAX: u64 = 16 << 20;
/// How many secrets one file holds.
const SECRETS_MAX: usize = 256;
/// The version of what is encrypted.
const VERSION: u32 = 1;

/// What is known of the encrypted file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileState {
    /// It is not there, or holds nothing.
    Empty,
    /// It holds so many secrets.
    Holds(usize),
    /// Its identity has a passphrase, so that it was not opened.
    Protected,
}

/// The encrypted file and what opens it.
#[derive(Debug, Clone)]
pub(super) struct SecretsFile {
    path: PathBuf,
    lock: PathBuf,
    identity: IdentityFile,
}

/// What is encrypted: JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    v: u32,
    secrets: BTreeMap<String, String>,
}

#[derive(Serialize)]
struct ToStore<'a> {
    v: u32,
    secrets: BTreeMap<&'a str, &'a str>,
}

impl SecretsFile {
    pub(super) fn new(home: &Home, identity: Option<PathBuf>) -> Self {
        Self {
            path: home.secrets(),
            lock: home.path().join("secrets.lock"),
            identity: IdentityFile::new(identity, home.keys().join("secrets.identity")),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it is in order, without asking anybody for a passphrase.
    pub(super) fn examine(&self) -> Result<FileState, VaultFault> {
        if self.identity.is_protected()? {
            return Ok(FileState::Protected);
        }
        Ok(match self.read()?.len() {
            0 => FileState::Empty,
            count => FileState::Holds(count),
        })
    }

    /// Every secret in it; none where there is no file.
    pub(super) fn read(&self) -> Result<BTreeMap<String, Value>, VaultFault> {
        let sealed = durable::read(&self.path, FILE_BYTES_MAX).map_err(|source| self.unreadable(source))?;
        let Some(sealed) = sealed else {
            return Ok(BTreeMap::new());
        };
        let identity = self.identity.read()?.ok_or_else(|| VaultFault::NoIdentity {
            identity: self.identity.path().to_owned(),
            file: self.path.clone(),
        })?;
        let plain = match age::decrypt(&identity, &sealed) {
            Ok(plain) => Zeroizing::new(plain),
            Err(age::DecryptError::NoMatchingKeys) => {
                return Err(VaultFault::WrongIdentity {
                    file: self.path.clone(),
                    identity: self.identity.path().to_owned(),
                });
            }
            Err(error) => return Err(self.damaged(one_line(&error))),
        };
        self.parse(&plain)
    }

    /// Keeps a secret, and tells whether there was one of that name.
    pub(super) fn set(&self, name: &str, value: &Value) -> Result<bool, VaultFault> {
        let _lock = self.hold()?;
        let mut secrets = self.read()?;
        let is_there = secrets.insert(name.to_owned(), value.clone()).is_some();
        if secrets.len() > SECRETS_MAX {
            return Err(VaultFault::Full {
                path: self.path.clone(),
                max: SECRETS_MAX,
            });
        }
        self.write(&secrets)?;
        Ok(is_there)
    }

    /// Forgets a secret, and tells whether there was one.
    pub(super) fn remove(&self, name: &str) -> Result<bool, VaultFault> {
        let _lock = self.hold()?;
        let mut secrets = self.read()?;
        if secrets.remove(name).is_none() {
            return Ok(false);
        }
        self.write(&secrets)?;
        Ok(true)
    }

    /// Two processes that set secrets at once do it one after the other, so that neither loses what the other keeps.
    fn hold(&self) -> Result<std::fs::File, VaultFault> {
        durable::lock(&self.lock).map_err(|source| io(&self.lock, source))
    }

    fn write(&self, secrets: &BTreeMap<String, Value>) -> Result<(), VaultFault> {
        let identity = self.identity.read_or_make()?;
        let to_store = ToStore {
            v: VERSION,
            secrets: secrets
                .iter()
                .map(|(name, value)| (name.as_str(), value.expose()))
                .collect(),
        };
        // Room for all of it at once: growing would leave copies behind.
        let room = secrets.iter().fold(64_usize, |room, (name, value)| {
            room.saturating_add(name.len().saturating_add(16))
                .saturating_add(value.expose().len().saturating_mul(2))
        });
        let mut plain = Zeroizing::new(Vec::with_capacity(room));
        serde_json::to_writer(&mut *plain, &to_store).map_err(|error| io(&self.path, std::io::Error::other(error)))?;
        let sealed = age::encrypt(&identity.to_public(), &plain)
            .map_err(|error| io(&self.path, std::io::Error::other(error.to_string())))?;
        durable::replace(&self.path, &sealed).map_err(|source| io(&self.path, source))
    }

    fn parse(&self, plain: &[u8]) -> Result<BTreeMap<String, Value>, VaultFault> {
        // The parser's own words could repeat a secret.
        let stored: Stored = serde_json::from_slice(plain)
            .map_err(|_| self.damaged("what it holds is not what this version of Assize writes".to_owned()))?;
        if stored.v != VERSION {
            return Err(self.damaged(format!(
                "it is of version {}, and this Assize knows {VERSION}",
                stored.v
            )));
        }
        let mut secrets = BTreeMap::new();
        for (name, text) in stored.secrets {
            if !policy::is_name(&name) {
                return Err(self.damaged("it holds a secret whose name is none".to_owned()));
            }
            let value = Value::parse(text).map_err(|reason| VaultFault::Unfit {
                name: name.clone(),
                place: Place::File,
                reason,
            })?;
            secrets.insert(name, value);
        }
        Ok(secrets)
    }

    /// A file that is none, or is too long, is damaged; anything else is the machine's.
    fn unreadable(&self, source: std::io::Error) -> VaultFault {
        match source.kind() {
            std::io::ErrorKind::Other => self.damaged(source.to_string()),
            _ => io(&self.path, source),
        }
    }

    fn damaged(&self, reason: String) -> VaultFault {
        VaultFault::Damaged {
            path: self.path.clone(),
            reason,
        }
    }
}

#[cfg(test)]
mod tests;

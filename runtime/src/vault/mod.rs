//! Where the values of secrets are kept: the environment for CI, the system's keyring, or an encrypted file.
//!
//! They are looked for in that order, and only the names that a role's policy mentions ever are. Before the first value is
//! in memory, the process gives up being dumped and looked into.

mod fault;
mod file;
mod identity;
mod keyring;
pub mod keys;
pub mod memory;
pub mod terminal;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use crate::policy;
use crate::secret::{Secrets, UnfitValue, Value};
use crate::settings::{self, Home};

pub use fault::VaultFault;
pub use file::FileState;
use file::SecretsFile;
use keyring::Reached;

/// Where a secret is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A variable of the environment.
    Environment,
    /// The system's keyring.
    Keyring,
    /// The encrypted file in the home.
    File,
}

impl Place {
    /// The word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Environment => "environment",
            Self::Keyring => "keyring",
            Self::File => "file",
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Environment => "the environment",
            Self::Keyring => "the system's keyring",
            Self::File => "the encrypted file",
        })
    }
}

/// What became of a secret that was set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// Where it is kept now.
    pub place: Place,
    /// Whether there was one of that name at that place.
    pub replaced: bool,
    /// Where another one of that name lies that is found before this one.
    pub hidden_by: Option<Place>,
}

/// Which names are kept where.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listing {
    /// Every name, with its places in the order in which they are looked at.
    pub names: BTreeMap<String, BTreeSet<Place>>,
    /// Why the keyring could not be looked at, where it could not.
    pub without_keyring: Option<String>,
}

/// The places where one person's secrets are kept.
#[derive(Debug, Clone)]
pub struct Vault {
    file: SecretsFile,
}

impl Vault {
    /// The secrets of whoever owns this home.
    #[must_use]
    pub fn new(home: &Home) -> Self {
        Self {
            file: SecretsFile::new(home, settings::secrets_identity()),
        }
    }

    /// The encrypted file, whether or not it is there.
    #[must_use]
    pub fn file(&self) -> &Path {
        self.file.path()
    }

    /// Whether the encrypted file is in order. Nobody is asked for a passphrase.
    ///
    /// # Errors
    ///
    /// [`VaultFault`] when it is not.
    pub fn examine_file(&self) -> Result<FileState, VaultFault> {
        memory::withhold()?;
        self.file.examine()
    }

    /// The values of these names, as far as they are kept anywhere. One that is missing is no error.
    ///
    /// # Errors
    ///
    /// [`VaultFault`] when a place cannot be read that could hold one of them, or when a value is none.
    pub fn load(&self, names: &BTreeSet<&str>) -> Result<Secrets, VaultFault> {
        let mut values = BTreeMap::new();
        if names.is_empty() {
            return Ok(Secrets::default());
        }
        memory::withhold()?;
        for name in names {
            if let Some(value) = in_environment(name)? {
                values.insert((*name).to_owned(), value);
            }
        }
        let missing = |values: &BTreeMap<String, Value>| -> Vec<String> {
            let missing = names.iter().filter(|name| !values.contains_key(**name));
            missing.map(|name| (*name).to_owned()).collect()
        };
        let wanted = missing(&values);
        if !wanted.is_empty() {
            match keyring::get(wanted)? {
                Reached::Yes(found) => values.extend(found),
                Reached::No(reason) => tracing::debug!(%reason, "the system's keyring is not there"),
            }
        }
        let wanted = missing(&values);
        if !wanted.is_empty() {
            let mut kept = self.file.read()?;
            values.extend(wanted.into_iter().filter_map(|name| kept.remove_entry(&name)));
        }
        Ok(Secrets::new(values))
    }

    /// Keeps a secret: at this place, else in the keyring where there is one, else in the encrypted file.
    ///
    /// # Errors
    ///
    /// [`VaultFault`]; then what was there before still is.
    pub fn set(&self, name: &str, value: &Value, place: Option<Place>) -> Result<Kept, VaultFault> {
        check_name(name)?;
        memory::withhold()?;
        let in_keyring = match place {
            Some(Place::File) => Reached::No(String::new()),
            Some(Place::Environment) => return Err(VaultFault::Environment),
            Some(Place::Keyring) | None => keyring::set(name, value)?,
        };
        let (place, replaced) = match (in_keyring, place) {
            (Reached::Yes(replaced), _) => (Place::Keyring, replaced),
            (Reached::No(reason), Some(Place::Keyring)) => return Err(VaultFault::Keyring(reason)),
            (Reached::No(_), _) => (Place::File, self.file.set(name, value)?),
        };
        let mut before = BTreeSet::new();
        if settings::secret_of_environment(name).is_some() {
            before.insert(Place::Environment);
        }
        if place == Place::File
            && let Ok(Reached::Yes(names)) = keyring::names()
            && names.contains(name)
        {
            before.insert(Place::Keyring);
        }
        Ok(Kept {
            place,
            replaced,
            hidden_by: before.first().copied(),
        })
    }

    /// The names of all that is kept, never the values.
    ///
    /// # Errors
    ///
    /// [`VaultFault`] when the encrypted file is there and cannot be read.
    pub fn list(&self) -> Result<Listing, VaultFault> {
        let mut listing = Listing::default();
        let mut add = |name: String, place| {
            listing.names.entry(name).or_default().insert(place);
        };
        for name in settings::secrets_in_environment() {
            add(name, Place::Environment);
        }
        memory::withhold()?;
        for name in self.file.read()?.into_keys() {
            add(name, Place::File);
        }
        match keyring::names() {
            Ok(Reached::Yes(names)) => names.into_iter().for_each(|name| add(name, Place::Keyring)),
            Ok(Reached::No(reason)) => listing.without_keyring = Some(reason),
            Err(fault) => listing.without_keyring = Some(fault.to_string()),
        }
        Ok(listing)
    }

    /// Forgets a secret: at this place, else in the keyring and in the encrypted file. Returns where it was.
    ///
    /// # Errors
    ///
    /// [`VaultFault`] when a place cannot be read or written; it may be gone from an earlier one then.
    pub fn remove(&self, name: &str, place: Option<Place>) -> Result<BTreeSet<Place>, VaultFault> {
        check_name(name)?;
        let mut removed = BTreeSet::new();
        if place.is_none_or(|place| place == Place::Keyring) {
            match (keyring::remove(name)?, place) {
                (Reached::Yes(true), _) => {
                    removed.insert(Place::Keyring);
                }
                (Reached::No(reason), Some(_)) => return Err(VaultFault::Keyring(reason)),
                (Reached::Yes(false) | Reached::No(_), _) => {}
            }
        }
        if place.is_none_or(|place| place == Place::File) {
            memory::withhold()?;
            if self.file.remove(name)? {
                removed.insert(Place::File);
            }
        }
        Ok(removed)
    }
}

/// Whether the system's keyring can be reached, and why not where it cannot.
///
/// # Errors
///
/// [`VaultFault`] when it is there and does not answer.
pub fn keyring_answers() -> Result<Result<(), String>, VaultFault> {
    Ok(match keyring::names()? {
        Reached::Yes(_) => Ok(()),
        Reached::No(reason) => Err(reason),
    })
}

fn check_name(name: &str) -> Result<(), VaultFault> {
    if policy::is_name(name) {
        return Ok(());
    }
    Err(VaultFault::Name(name.to_owned()))
}

/// The value that the environment holds. Every use says so: whatever this user starts can read it too.
fn in_environment(name: &str) -> Result<Option<Value>, VaultFault> {
    let Some(text) = settings::secret_of_environment(name) else {
        return Ok(None);
    };
    let value = match text.into_string() {
        Ok(text) => Value::parse(text),
        Err(_) => Err(UnfitValue::NotText),
    };
    let value = value.map_err(|reason| VaultFault::Unfit {
        name: name.to_owned(),
        place: Place::Environment,
        reason,
    })?;
    tracing::warn!(
        "the secret `{name}` comes from the environment ({}), where every program of this user can read it; \
         outside of CI keep it with `assize secret set {name}`",
        settings::secret_variable(name)
    );
    Ok(Some(value))
}

//! The system's keyring: the Secret Service of the desktop, spoken to over D-Bus.
//!
//! A keyring may ask the person before it opens, and a broken one may never answer: everything here ends within a bounded
//! time. Where no bus or no keyring is there, that is an answer, and other places are looked at.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use keyring_core::Error;
use keyring_core::api::CredentialStoreApi as _;
use zbus_secret_service_keyring_store::Store;

use super::{Place, VaultFault};
use crate::policy;
use crate::secret::{UnfitValue, Value};

/// Under which service the secrets of Assize are kept.
const SERVICE: &str = "assize";
/// How long a keyring may take, also where it asks for its password.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);
/// The most items of a keyring that are looked at.
const ITEMS_MAX: usize = 10_000;

/// What the keyring answered, or why there is none.
#[derive(Debug)]
pub(super) enum Reached<T> {
    /// It is there.
    Yes(T),
    /// It is not.
    No(String),
}

/// Those of the names that it holds, with their values.
pub(super) fn get(names: Vec<String>) -> Result<Reached<BTreeMap<String, Value>>, VaultFault> {
    let found = within(move |store| {
        let mut found = Vec::new();
        for name in names {
            match store.build(SERVICE, &name, None)?.get_secret() {
                Ok(bytes) => found.push((name, bytes)),
                Err(Error::NoEntry) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    })?;
    let found = match found {
        Reached::Yes(found) => found,
        Reached::No(reason) => return Ok(Reached::No(reason)),
    };
    let mut values = BTreeMap::new();
    for (name, bytes) in found {
        let value = match String::from_utf8(bytes) {
            Ok(text) => Value::parse(text),
            Err(_) => Err(UnfitValue::NotText),
        };
        let value = value.map_err(|reason| VaultFault::Unfit {
            name: name.clone(),
            place: Place::Keyring,
            reason,
        })?;
        values.insert(name, value);
    }
    Ok(Reached::Yes(values))
}

/// Keeps a value, and tells whether there was one of that name.
pub(super) fn set(name: &str, value: &Value) -> Result<Reached<bool>, VaultFault> {
    let (name, value) = (name.to_owned(), value.clone());
    within(move |store| {
        let entry = store.build(SERVICE, &name, None)?;
        let is_there = match entry.get_attributes() {
            Ok(_) => true,
            Err(Error::NoEntry) => false,
            Err(error) => return Err(error),
        };
        entry.set_secret(value.expose().as_bytes())?;
        Ok(is_there)
    })
}

/// The names that it holds.
pub(super) fn names() -> Result<Reached<BTreeSet<String>>, VaultFault> {
    within(|store| {
        let ours = HashMap::from([("service", SERVICE)]);
        let items = store.search(&ours)?;
        let specifiers = items
            .iter()
            .take(ITEMS_MAX)
            .filter_map(keyring_core::Entry::get_specifiers);
        Ok(specifiers
            .map(|(_, name)| name)
            .filter(|name| policy::is_name(name))
            .collect())
    })
}

/// Forgets a value, and tells whether there was one.
pub(super) fn remove(name: &str) -> Result<Reached<bool>, VaultFault> {
    let name = name.to_owned();
    within(
        move |store| match store.build(SERVICE, &name, None)?.delete_credential() {
            Ok(()) => Ok(true),
            Err(Error::NoEntry) => Ok(false),
            Err(error) => Err(error),
        },
    )
}

/// Does something with the keyring, on a thread of its own that nobody waits for longer than [`ANSWER_WITHIN`].
pub(super) fn within<T: Send + 'static>(
    act: impl FnOnce(&Store) -> keyring_core::Result<T> + Send + 'static,
) -> Result<Reached<T>, VaultFault> {
    let (sender, receiver) = mpsc::channel();
    let asked = thread::Builder::new().name("keyring".into()).spawn(move || {
        let reached = match Store::new() {
            Ok(store) => act(&store).map(Reached::Yes).map_err(|error| said(&error)),
            Err(error) => Ok(Reached::No(said(&error))),
        };
        // Nobody listens any more where it took too long.
        drop(sender.send(reached));
    });
    asked.map_err(|error| VaultFault::Keyring(error.to_string()))?;
    match receiver.recv_timeout(ANSWER_WITHIN) {
        Ok(reached) => reached.map_err(VaultFault::Keyring),
        Err(mpsc::RecvTimeoutError::Timeout) => Err(VaultFault::Keyring(format!(
            "it did not answer within {} seconds",
            ANSWER_WITHIN.as_secs()
        ))),
        Err(mpsc::RecvTimeoutError::Disconnected) => Err(VaultFault::Keyring("it could not be asked".into())),
    }
}

/// What an error says. The ones that carry what was read are never printed.
fn said(error: &Error) -> String {
    match error {
        Error::PlatformFailure(error) => error.to_string(),
        Error::NoStorageAccess(_) => "it is locked, and was not opened".to_owned(),
        Error::Ambiguous(_) => "it holds several secrets of that name".to_owned(),
        Error::NoEntry => "it holds no such secret".to_owned(),
        _ => "it answered something unexpected".to_owned(),
    }
}

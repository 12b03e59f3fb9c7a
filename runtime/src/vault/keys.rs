//! Private keys in the system's keyring. They are kept apart from secrets, under a service of their own: no policy can name one.

use keyring_core::Error;
use keyring_core::api::CredentialStoreApi as _;
use zeroize::Zeroizing;

use super::VaultFault;
use super::keyring::{Reached, within};
use super::memory;

/// Under which service the keys of Assize are kept.
const SERVICE: &str = "assize-keys";

/// The key of this id, where the keyring holds one.
///
/// # Errors
///
/// [`VaultFault`] when there is no keyring, or when it does not answer.
pub fn get(id: &str) -> Result<Option<Zeroizing<Vec<u8>>>, VaultFault> {
    memory::withhold()?;
    let id = id.to_owned();
    let found = within(move |store| match store.build(SERVICE, &id, None)?.get_secret() {
        Ok(bytes) => Ok(Some(Zeroizing::new(bytes))),
        Err(Error::NoEntry) => Ok(None),
        Err(error) => Err(error),
    })?;
    reached(found)
}

/// Keeps a key under this id.
///
/// # Errors
///
/// [`VaultFault`] when there is no keyring, or when it does not take it.
pub fn keep(id: &str, key: &[u8]) -> Result<(), VaultFault> {
    memory::withhold()?;
    let (id, key) = (id.to_owned(), Zeroizing::new(key.to_vec()));
    reached(within(move |store| store.build(SERVICE, &id, None)?.set_secret(&key))?)
}

/// Forgets the key of this id; one that is not there is no error.
///
/// # Errors
///
/// [`VaultFault`] when there is no keyring, or when it does not answer.
pub fn forget(id: &str) -> Result<(), VaultFault> {
    let id = id.to_owned();
    let forgotten = within(
        move |store| match store.build(SERVICE, &id, None)?.delete_credential() {
            Err(Error::NoEntry) => Ok(()),
            other => other,
        },
    )?;
    reached(forgotten)
}

fn reached<T>(reached: Reached<T>) -> Result<T, VaultFault> {
    match reached {
        Reached::Yes(value) => Ok(value),
        Reached::No(reason) => Err(VaultFault::NoKeyring(reason)),
    }
}

//! The user's keys.

use assize_provenance::key::{allowed_signers, jwk, openssh};

use super::view::{KeyView, KeysView};
use super::{App, Fault};
use crate::chain::keys::{KeyStore, OwnKey};
use crate::settings::Home;

impl App {
    /// Makes a new pair of keys and signs with it from now on.
    ///
    /// # Errors
    ///
    /// [`Fault`]; then the old pair still signs.
    pub fn new_keys(&self) -> Result<KeysView, Fault> {
        let store = KeyStore::new(Home::open(&self.home)?.keys());
        store.renew(self.clock)?;
        Ok(KeysView {
            schema: "assize.keys/1",
            keys: fingerprints(&store)?,
        })
    }

    /// Lists the public keys.
    ///
    /// # Errors
    ///
    /// [`Fault`] when they cannot be read.
    pub fn list_keys(&self) -> Result<KeysView, Fault> {
        let keys = match Home::open_existing(&self.home)? {
            Some(home) => fingerprints(&KeyStore::new(home.keys()))?,
            None => Vec::new(),
        };
        Ok(KeysView {
            schema: "assize.keys/1",
            keys,
        })
    }
}

/// Every own key as it is shown.
pub(super) fn fingerprints(store: &KeyStore) -> Result<Vec<KeyView>, Fault> {
    Ok(store.list()?.iter().map(view).collect())
}

fn view(key: &OwnKey) -> KeyView {
    KeyView {
        role: key.role.name(),
        id: key.public.id().to_string(),
        fingerprint: openssh::fingerprint(&key.public),
        created: key.created.clone(),
        current: key.current,
        allowed_signers: allowed_signers::print(key.role, &key.public),
        jwk: serde_json::from_str(&jwk::print(&key.public)).unwrap_or_default(),
    }
}

//! The user's keys, and the signer's process that holds them for others.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use assize_provenance::key::{Role, allowed_signers, jwk, openssh};

use super::view::{KeyView, KeysView};
use super::{App, Fault};
use crate::chain::keys::{KeyFault, KeyStore, OwnKey, Protection};
use crate::chain::signer::serve::{self, Post};
use crate::settings::{self, ASSIZE_SIGNER, Home};
use crate::stop::Stop;
use crate::vault::memory;

/// Which keys are made anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewKeys {
    /// The pair that a chain is written with.
    Pair,
    /// The key of a person's own decisions.
    Person,
}

impl App {
    /// Makes new keys and signs with them from now on, protected where that is asked for.
    ///
    /// # Errors
    ///
    /// [`Fault`]; then the old keys still sign, or the new ones do and are not protected yet.
    pub fn new_keys(&self, which: NewKeys, protection: Option<Protection>) -> Result<KeysView, Fault> {
        let store = self.own_keys()?;
        let made = match which {
            NewKeys::Pair if settings::signer().is_some() => {
                return Err(Fault::wrong(
                    format!("{ASSIZE_SIGNER} is set, so the signer's process has the keys that sign"),
                    format!("make new ones where it runs, or unset {ASSIZE_SIGNER}"),
                ));
            }
            NewKeys::Pair => store.renew(self.clock)?,
            NewKeys::Person => store.renew_person(self.clock)?,
        };
        if let Some(protection) = protection {
            let ids: Vec<String> = made.iter().map(|key| key.public.id().to_string()).collect();
            store.protect(&ids, protection)?;
        }
        Ok(shown(&store.list()?))
    }

    /// Lists the public keys.
    ///
    /// # Errors
    ///
    /// [`Fault`] when they cannot be read.
    pub fn list_keys(&self) -> Result<KeysView, Fault> {
        let keys = match Home::open_existing(&self.home)? {
            Some(home) => KeyStore::new(home.keys()).list()?,
            None => Vec::new(),
        };
        Ok(shown(&keys))
    }

    /// The public half of one key, by its id or fingerprint.
    ///
    /// # Errors
    ///
    /// [`Fault`] when there is no such key.
    pub fn export_key(&self, name: &str) -> Result<KeysView, Fault> {
        let Some(home) = Home::open_existing(&self.home)? else {
            return Err(KeyFault::Unknown(name.to_owned()).into());
        };
        Ok(shown(&[KeyStore::new(home.keys()).find(name)?]))
    }

    /// Protects keys, all that lie in plain files where none is named; gives those that changed.
    ///
    /// # Errors
    ///
    /// [`Fault`]; no key is lost.
    pub fn protect_keys(&self, names: &[String], protection: Protection) -> Result<KeysView, Fault> {
        Ok(shown(&self.own_keys()?.protect(names, protection)?))
    }

    /// Puts keys back into plain files, all that are protected where none is named; gives those that changed.
    ///
    /// # Errors
    ///
    /// [`Fault`]; no key is lost.
    pub fn unprotect_keys(&self, names: &[String]) -> Result<KeysView, Fault> {
        Ok(shown(&self.own_keys()?.unprotect(names)?))
    }

    /// Signs from now on with a key that the user's ssh-agent keeps.
    ///
    /// # Errors
    ///
    /// [`Fault`]; then the old key still signs.
    pub fn use_agent_key(&self, fingerprint: &str, role: Role) -> Result<KeysView, Fault> {
        let adopted = self.own_keys()?.adopt_from_agent(fingerprint, role, self.clock)?;
        Ok(shown(&[adopted]))
    }

    /// Holds the pair of keys for the hosts that ask over a socket, until `stop` asks for the end. `ready` is told where it
    /// listens, once it does.
    ///
    /// # Errors
    ///
    /// [`Fault`] when the keys cannot be opened, or when nobody can be listened to.
    pub fn serve_signer(
        &self,
        socket: Option<&Path>,
        others: &[u32],
        stop: &Stop,
        ready: &mut dyn FnMut(&Path),
    ) -> Result<(), Fault> {
        let home = Home::open(&self.home)?;
        memory::withhold()?;
        let (signer, _) = KeyStore::new(home.keys()).own_signer(self.clock)?;
        let post = Post {
            memory: home.signer(),
            socket: socket.map_or_else(|| home.signer().join("socket"), |path| self.dir.join(path)),
            others: others.iter().copied().collect::<BTreeSet<u32>>(),
        };
        Ok(serve::serve(&signer, &post, stop, ready)?)
    }

    fn own_keys(&self) -> Result<KeyStore, Fault> {
        let keys: PathBuf = Home::open(&self.home)?.keys();
        Ok(KeyStore::new(keys))
    }
}

/// Every own key as it is shown.
pub(super) fn fingerprints(store: &KeyStore) -> Result<Vec<KeyView>, Fault> {
    Ok(shown(&store.list()?).keys)
}

fn shown(keys: &[OwnKey]) -> KeysView {
    KeysView {
        schema: "assize.keys/1",
        keys: keys.iter().map(view).collect(),
    }
}

fn view(key: &OwnKey) -> KeyView {
    KeyView {
        role: key.role.name(),
        id: key.public.id().to_string(),
        fingerprint: openssh::fingerprint(&key.public),
        created: key.created.clone(),
        current: key.current,
        kept: key.keeping.name(),
        openssh: openssh::print(&key.public),
        allowed_signers: allowed_signers::print(key.role, &key.public),
        jwk: serde_json::from_str(&jwk::print(&key.public)).unwrap_or_default(),
    }
}

//! Whether the root of trust here is one to go by, and lets this user's keys sign.

use assize_provenance::key::Role;
use assize_provenance::root::{Reach, RootChain};

use crate::app::doctor::{failed, found, note};
use crate::app::view::agents::HealthView;
use crate::app::{App, Fault};
use crate::chain::keys::KeyStore;
use crate::repository::Repository;
use crate::settings::Home;

/// What was found of a root of trust.
struct Seen {
    version: u64,
    /// Where its pin comes from.
    pin_from: Option<&'static str>,
    /// This user's keys that it does not let sign.
    strangers: Vec<String>,
}

impl App {
    /// What `doctor` says of the root of trust; nothing where there is none.
    pub(in crate::app) fn examine_root(&self, repository: &Repository) -> Option<HealthView> {
        const NAME: &str = "root of trust";
        match self.look_at_root(repository) {
            Ok(None) => None,
            Ok(Some(Seen {
                version,
                pin_from,
                strangers,
            })) => Some(match pin_from {
                None => note(
                    NAME,
                    &format!("version {version}, not pinned, so nothing that it says counts here"),
                    "get the digest of version 1 from somebody you trust, and run `assize root pin DIGEST`",
                ),
                Some(from) if strangers.is_empty() => found(NAME, format!("version {version}, pinned by {from}")),
                Some(_) => note(
                    NAME,
                    &format!("version {version} does not let your {} sign", strangers.join(" and ")),
                    "ask its signers for `assize root rotate` or `grant`; others believe no verdict of yours before",
                ),
            }),
            Err(fault) => Some(failed(NAME, &fault, "`assize audit verify` says what is wrong with it")),
        }
    }

    /// The newest version, where its pin comes from, and which of this user's keys it does not let sign.
    fn look_at_root(&self, repository: &Repository) -> Result<Option<Seen>, Fault> {
        let home = self.home_if_there(repository)?;
        let Some(chain) = self.published(repository, home.as_ref())? else {
            return Ok(None);
        };
        let pin = self.pinned(repository, home.as_ref(), None)?;
        let strangers = match &home {
            Some(home) => strangers(home, &chain)?,
            None => Vec::new(),
        };
        let version = chain.newest.root().version;
        Ok(Some(Seen {
            version,
            pin_from: pin.map(|pin| pin.source.word()),
            strangers,
        }))
    }
}

/// The keys that sign from now on and that the root lets sign nowhere without end.
fn strangers(home: &Home, chain: &RootChain) -> Result<Vec<String>, Fault> {
    let grants = &chain.newest.root().grants;
    let may_sign = |id, role| {
        grants.iter().any(|grant| {
            let is_open = matches!(grant.reach, Reach::All | Reach::Within { to: None, .. });
            grant.key == id && grant.role == role && is_open
        })
    };
    let keys = KeyStore::new(home.keys()).list()?;
    let strangers = keys
        .iter()
        .filter(|key| key.current && key.role != Role::Person && !may_sign(key.public.id(), key.role));
    Ok(strangers.map(|key| format!("{} key", key.role.name())).collect())
}

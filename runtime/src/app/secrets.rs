//! The user's secrets: setting, listing, removing, and loading those that a role may send. There is no way to read one.

use std::collections::{BTreeMap, BTreeSet};

use super::doctor::{failed, found, note};
use super::exposed;
use super::view::agents::HealthView;
use super::view::secrets::{SecretChangeView, SecretUseView, SecretView, SecretsView};
use super::{App, Fault};
use crate::policy::grant::Grants;
use crate::policy::role::Role;
use crate::repository::Repository;
use crate::secret::{Secrets, Value};
use crate::settings::{self, Home};
use crate::vault::{self, FileState, Listing, Place, Vault, memory};

impl App {
    /// Keeps a secret.
    ///
    /// # Errors
    ///
    /// [`Fault`]; then what was there before still is.
    pub fn set_secret(&self, name: &str, value: String, place: Option<Place>) -> Result<SecretChangeView, Fault> {
        let value = Value::parse(value).map_err(|unfit| {
            Fault::wrong(
                unfit.to_string(),
                "give the value on standard input, or type it when you are asked",
            )
        })?;
        let kept = Vault::new(&Home::open(&self.home)?).set(name, &value, place)?;
        Ok(SecretChangeView {
            schema: "assize.secret/1",
            done: if kept.replaced { "replaced" } else { "set" },
            name: name.to_owned(),
            places: vec![kept.place.name()],
            hidden_by: kept.hidden_by.map(Place::name),
        })
    }

    /// Lists the names of all secrets that are kept here or that the repository's roles ask for.
    ///
    /// # Errors
    ///
    /// [`Fault`] when a place cannot be read.
    pub fn list_secrets(&self) -> Result<SecretsView, Fault> {
        let listing = match Home::open_existing(&self.home)? {
            Some(home) => Vault::new(&home).list()?,
            None => Listing::default(),
        };
        let (mut uses, without_policy) = match self.role_policy(None) {
            Ok(policy) => (uses(policy.roles()), None),
            Err(fault) => (BTreeMap::new(), Some(fault.to_string())),
        };
        let names: BTreeSet<&String> = listing.names.keys().chain(uses.keys()).collect();
        let names: Vec<String> = names.into_iter().cloned().collect();
        Ok(SecretsView {
            schema: "assize.secrets/1",
            secrets: names
                .into_iter()
                .map(|name| SecretView {
                    kept_in: listing
                        .names
                        .get(&name)
                        .into_iter()
                        .flatten()
                        .map(|place| place.name())
                        .collect(),
                    used_by: uses.remove(&name).unwrap_or_default(),
                    name,
                })
                .collect(),
            without_keyring: listing.without_keyring,
            without_policy,
        })
    }

    /// Forgets a secret.
    ///
    /// # Errors
    ///
    /// [`Fault`] when it is kept nowhere, or cannot be removed.
    pub fn remove_secret(&self, name: &str, place: Option<Place>) -> Result<SecretChangeView, Fault> {
        let removed = match Home::open_existing(&self.home)? {
            Some(home) => Vault::new(&home).remove(name, place)?,
            None => BTreeSet::new(),
        };
        if removed.is_empty() {
            let variable = settings::secret_variable(name);
            return Err(match settings::secret_of_environment(name) {
                Some(_) => Fault::wrong(
                    format!("the secret `{name}` is kept in the environment only"),
                    format!("unset {variable} where Assize is started"),
                ),
                None => Fault::wrong(
                    format!("there is no secret `{name}`"),
                    "`assize secret list` names them all",
                ),
            });
        }
        Ok(SecretChangeView {
            schema: "assize.secret/1",
            done: "removed",
            name: name.to_owned(),
            places: removed.into_iter().map(Place::name).collect(),
            hidden_by: None,
        })
    }

    /// Where secrets can be kept here, and what would give them away.
    pub(super) fn examine_secrets(&self) -> Vec<HealthView> {
        let in_environment = settings::secrets_in_environment();
        vec![
            self.examine_vault(),
            match memory::withhold() {
                Ok(()) => found(
                    "core dumps",
                    "off before a secret is loaded, and no process of this user looks into that memory".to_owned(),
                ),
                Err(fault) => failed("core dumps", &fault, "no secret can be used until this is mended"),
            },
            if in_environment.is_empty() {
                found("environment", "holds no secrets".to_owned())
            } else {
                note(
                    "environment",
                    &format!("holds the secrets {}", in_environment.join(", ")),
                    "every program of this user can read them there; outside of CI keep them with `assize secret set`",
                )
            },
        ]
    }

    fn examine_vault(&self) -> HealthView {
        let vault = match Home::open(&self.home) {
            Ok(home) => Vault::new(&home),
            Err(fault) => return failed("secrets", &fault, "mend the home first"),
        };
        let file = match vault.examine_file() {
            Ok(FileState::Empty) => "the encrypted file, which holds none".to_owned(),
            Ok(FileState::Holds(count)) => format!("the encrypted file, which holds {count}"),
            Ok(FileState::Protected) => "the encrypted file, behind a passphrase".to_owned(),
            Err(fault) => return failed("secrets", &fault, "agents whose roles send secrets cannot be called"),
        };
        match vault::keyring_answers() {
            Ok(Ok(())) => found("secrets", format!("can be kept in the system's keyring and in {file}")),
            Ok(Err(_)) => found("secrets", format!("can be kept in {file}; there is no keyring here")),
            Err(fault) => note("secrets", &fault, "`assize secret set NAME --in file` does not need it"),
        }
    }

    /// The secrets that these grants send somewhere, as far as they are kept anywhere.
    pub(super) fn secrets_for(home: &Home, grants: &Grants) -> Result<Secrets, Fault> {
        let names: BTreeSet<&str> = grants.secrets().iter().map(|grant| grant.name.as_str()).collect();
        Ok(Vault::new(home).load(&names)?)
    }
}

/// Whether secrets lie open in the work tree.
pub(super) fn examine_work_tree(repository: &Repository) -> Option<HealthView> {
    let root = repository.places().work_tree.as_ref()?;
    let (places, is_cut) = match exposed::places(root) {
        Ok(found) => found,
        Err(error) => return Some(note("work tree", &error, "it was not searched for secrets")),
    };
    let more = if is_cut { ", and perhaps more" } else { "" };
    Some(if places.is_empty() {
        found(
            "work tree",
            format!("no secrets lie open in files that usually hold some{more}"),
        )
    } else {
        note(
            "work tree",
            &format!("secrets seem to lie open in {}{more}", places.join(", ")),
            "an agent whose role reads these files sees them; keep them with `assize secret set`, and renew what was committed",
        )
    })
}

/// What uses each secret, by its name.
fn uses<'a>(roles: impl Iterator<Item = &'a Role>) -> BTreeMap<String, Vec<SecretUseView>> {
    let mut uses: BTreeMap<String, Vec<SecretUseView>> = BTreeMap::new();
    for role in roles {
        for grant in &role.secrets {
            uses.entry(grant.name.clone()).or_default().push(SecretUseView {
                role: role.name.clone(),
                origin: grant.origin.clone(),
                target: grant.target.to_string(),
            });
        }
    }
    uses
}

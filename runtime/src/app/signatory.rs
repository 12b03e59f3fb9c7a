//! Who signs what a person decides: with which key, and under which name.

use std::ops::Range;

use assize_provenance::key::{Role, openssh};
use assize_provenance::log_id::LogId;
use assize_provenance::root::{By, Leave, Trust};

use super::{App, Fault};
use crate::chain::keys::{KeyStore, OwnKey};
use crate::chain::signer::Pen;

/// A person who is about to sign.
#[derive(Debug)]
pub(super) struct Signatory {
    /// What signs.
    pub(super) pen: Pen,
    /// The name that the entry gives: the holder's in the root of trust, where that speaks of the key.
    pub(super) name: String,
}

impl App {
    /// Whoever signs at a position of a log: by the id or fingerprint of a key, or by the name of its holder in the root of trust;
    /// without one, whoever has the newest key here.
    ///
    /// # Errors
    ///
    /// [`Fault::Wrong`] when there is no such key, or when the root of trust does not let it sign there, and what to do.
    pub(super) fn signatory(
        &self,
        store: &KeyStore,
        trust: &Trust<'_>,
        (log, position): (LogId, u64),
        named: Option<&str>,
    ) -> Result<Signatory, Fault> {
        let holder = |key: &OwnKey| trust.principal(&key.public.id()).map(ToString::to_string);
        let is_meant = |key: &OwnKey| {
            let ids = [key.public.id().to_string(), openssh::fingerprint(&key.public)];
            let is_it = |name: &str| ids.iter().any(|id| id == name) || holder(key).as_deref() == Some(name);
            named.is_none_or(is_it)
        };
        let mut own = store.list()?;
        own.retain(|key| key.role == Role::Person && is_meant(key));
        if own.is_empty() {
            return Err(no_key(named));
        }
        let at = position..position.saturating_add(1);
        let may = |key: &&OwnKey| may_sign(trust, key, log, at.clone());
        // The newest comes last, and the one that signs from now on before all others.
        let may_sign: Vec<&OwnKey> = own.iter().filter(may).collect();
        let current = may_sign.iter().find(|key| key.current);
        let Some(key) = current.or(may_sign.last()) else {
            return Err(not_granted(trust, &own, log));
        };
        Ok(Signatory {
            pen: store.person_pen_of(&key.public.id())?,
            name: holder(key).unwrap_or_else(|| self.actor.clone()),
        })
    }
}

/// Whether others will believe what a key signs there: under a root of trust only what that says counts.
fn may_sign(trust: &Trust<'_>, key: &OwnKey, log: LogId, at: Range<u64>) -> bool {
    match trust.leave(Role::Person, &key.public.id(), log, at) {
        Leave::Given(_, By::Root) => true,
        Leave::Given(_, By::Auditor) => trust.version() == 0,
        Leave::Outside(_) | Leave::Unknown => false,
    }
}

fn no_key(named: Option<&str>) -> Fault {
    match named {
        Some(name) => Fault::wrong(
            format!("`{name}` is nobody who has a person's key here"),
            "`assize key list` shows the keys; name one by its id or fingerprint, or by its holder in the root of trust",
        ),
        None => Fault::wrong(
            "you have no key of your own to sign with",
            "`assize key new --role person` makes one",
        ),
    }
}

fn not_granted(trust: &Trust<'_>, own: &[OwnKey], log: LogId) -> Fault {
    let key = own.last().map(|key| key.public.id().to_string()).unwrap_or_default();
    let version = trust.version();
    Fault::wrong(
        format!("version {version} of the root of trust does not let your key {key} sign as a person in log {log}"),
        format!(
            "`assize key export {key}` prints its public half; those who sign the root grant it with `assize root grant person \
             FILE --principal NAME`"
        ),
    )
}

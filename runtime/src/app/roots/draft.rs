//! The draft of a root's next version: begun, changed, and kept in a file.

use std::path::Path;

use assize_provenance::key::{KeyId, PublicKey, Role, openssh};
use assize_provenance::root::{Grant, Holding, ROOT_BYTES_MAX, Reach, Root, RootChain, SignedRoot};

use super::ends::{self, Standing};
use super::{Change, KeyFile, RootRole, no_root, precedes};
use crate::app::view::roots::RootView;
use crate::app::{App, Fault};
use crate::chain::keys::KeyStore;
use crate::durable;
use crate::repository::Repository;

/// The longest draft that is read, in bytes: a version and the line feed after it.
const DRAFT_BYTES_MAX: u64 = ROOT_BYTES_MAX as u64 + 1;

impl App {
    /// Drafts version 1 of a root of trust. Without `signers` this user signs alone, with a person's key that is made where there
    /// is none. This user's council key and log key may sign in every log.
    ///
    /// # Errors
    ///
    /// [`Fault`] when there is a root already, or when a key cannot be read or made.
    pub fn root_init(
        &self,
        signers: &[KeyFile],
        threshold: Option<u64>,
        path: Option<&Path>,
    ) -> Result<RootView, Fault> {
        let repository = self.repository()?;
        let home = self.home_for(&repository)?;
        if self.published(&repository, Some(&home))?.is_some() {
            return Err(Fault::wrong(
                "this repository has a root of trust already",
                "`assize root show` shows it; `assize root grant`, `revoke` and `rotate` draft its next version",
            ));
        }
        let file = self.draft_file(&repository, path);
        if load(&file)?.is_some() {
            return Err(Fault::wrong(
                format!("there is a draft already in {}", file.display()),
                "sign it with `assize root sign`, or delete the file and begin anew",
            ));
        }
        let store = KeyStore::new(home.keys());
        let me = principal_of(&self.actor);
        // Most people begin alone, and with several a majority is the least that means something.
        let mut root = Root::start(threshold.unwrap_or(signers.len() as u64 / 2 + 1));
        if signers.is_empty() {
            let (key, _) = store.person(self.clock)?;
            root.hold(holding(key, &me, "file")?)?;
            root.add_signer(key.id());
        }
        for signer in signers {
            let key = self.key_in(&signer.path, Role::Person)?;
            root.hold(holding(key, &signer.principal, &signer.custody)?)?;
            root.add_signer(key.id());
        }
        let (signer, _) = store.signer(self.clock)?;
        for (role, key) in [(Role::Council, signer.council_key()), (Role::Log, signer.log_key())] {
            root.hold(holding(key, &me, "file")?)?;
            let (key, reach) = (key.id(), Reach::All);
            root.allow(Grant { key, role, reach });
        }
        let draft = keep(root, &file)?;
        self.root_view(&repository, Some(&home), None, Some((draft, file)))
    }

    /// Changes the draft of the next version, which begins as what is published. Signatures that it had are gone: they were for
    /// something else.
    ///
    /// # Errors
    ///
    /// [`Fault`] when there is no root, when the change makes no sense, or when it is not known where a key's range ends.
    pub fn root_change(&self, change: &Change, threshold: Option<u64>, path: Option<&Path>) -> Result<RootView, Fault> {
        let repository = self.repository()?;
        let home = self.home_for(&repository)?;
        let published = self.published(&repository, Some(&home))?;
        let file = self.draft_file(&repository, path);
        let mut root = begun(published.as_ref(), load(&file)?)?;
        let standings = |at: &[(String, u64)]| ends::standings(self, &repository, &home, at);
        match change {
            Change::Grant { role, key, log, from } => {
                self.grant(&repository, &mut root, *role, key, log.as_deref(), *from)?;
            }
            Change::Revoke { key, at } => {
                let old = named(&root, key)?;
                let ends = ends::of(&old, &root, &standings(at)?);
                root.revoke(&old.id(), &ends)?;
            }
            Change::Rotate { old, new, custody, at } => {
                let old = named(&root, old)?;
                let ends = ends::of(&old, &root, &standings(at)?);
                let role = role_of(&root, &old.id());
                let principal = root.holding(&old.id()).map(|holding| holding.principal.to_string());
                let new = holding(self.key_in(new, role)?, &principal.unwrap_or_default(), custody)?;
                root.replace(&old.id(), new, &ends)?;
            }
        }
        if let Some(threshold) = threshold {
            root.threshold = threshold;
        }
        let draft = keep(root, &file)?;
        self.root_view(&repository, Some(&home), published.as_ref(), Some((draft, file)))
    }

    fn grant(
        &self,
        repository: &Repository,
        root: &mut Root,
        role: RootRole,
        key: &KeyFile,
        log: Option<&str>,
        from: u64,
    ) -> Result<(), Fault> {
        let (of_file, granted) = match role {
            RootRole::Signer => (Role::Person, None),
            RootRole::Council => (Role::Council, Some(Role::Council)),
            RootRole::Log => (Role::Log, Some(Role::Log)),
            RootRole::Person => (Role::Person, Some(Role::Person)),
        };
        let public = self.key_in(&key.path, of_file)?;
        root.hold(holding(public, &key.principal, &key.custody)?)?;
        let Some(role) = granted else {
            root.add_signer(public.id());
            return Ok(());
        };
        let reach = match log {
            None => Reach::All,
            Some(log) => Reach::Within {
                log: Standing::find(&ends::all(repository)?, log)?.log,
                from,
                to: None,
            },
        };
        root.allow(Grant {
            key: public.id(),
            role,
            reach,
        });
        Ok(())
    }
}

/// The version to be changed: the draft, where it follows on what is published, else the next version of that.
fn begun(published: Option<&RootChain>, draft: Option<SignedRoot>) -> Result<Root, Fault> {
    let newest = published.map(|chain| &chain.newest);
    match (newest, draft) {
        (None, Some(draft)) if draft.root().version == 1 => Ok(draft.root().clone()),
        (Some(newest), Some(draft)) if precedes(newest, &draft) => Ok(draft.root().clone()),
        (Some(newest), Some(draft)) if draft.root().version <= newest.root().version => Ok(Root::after(newest)),
        (Some(newest), None) => Ok(Root::after(newest)),
        (_, Some(_)) => Err(stray()),
        (None, None) => Err(no_root()),
    }
}

/// Nobody can tell what a draft follows on.
pub(super) fn stray() -> Fault {
    Fault::wrong(
        "the draft follows on a version of the root of trust that is not here",
        "fetch `refs/assize/v1/root`, or delete the draft and begin anew",
    )
}

/// Reads the draft, where there is one.
pub(super) fn load(file: &Path) -> Result<Option<SignedRoot>, Fault> {
    let bytes = durable::read(file, DRAFT_BYTES_MAX).map_err(|source| Fault::Io {
        path: file.to_owned(),
        source,
    })?;
    let Some(bytes) = bytes else { return Ok(None) };
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
    let draft = SignedRoot::parse(bytes).map_err(|error| {
        Fault::wrong(
            format!("{} is no draft of a root of trust: {error}", file.display()),
            "name another file with --draft, or delete this one and begin anew",
        )
    })?;
    Ok(Some(draft))
}

/// Writes a draft that nobody has signed.
fn keep(root: Root, file: &Path) -> Result<SignedRoot, Fault> {
    let draft = root.sorted().prepare()?.into_draft();
    store(&draft, file)?;
    Ok(draft)
}

/// Writes the draft with the signatures that it has.
pub(super) fn store(draft: &SignedRoot, file: &Path) -> Result<(), Fault> {
    let line = [draft.to_bytes()?, b"\n".to_vec()].concat();
    durable::replace(file, &line).map_err(|source| Fault::Io {
        path: file.to_owned(),
        source,
    })
}

fn holding(key: PublicKey, principal: &str, custody: &str) -> Result<Holding, Fault> {
    let name = |text: &str, error: assize_provenance::root::NameError| {
        Fault::wrong(
            format!("`{text}` is no name for a root of trust: {error}"),
            "such as `alice`, `bob@example.org` or `hardware`",
        )
    };
    Ok(Holding {
        key,
        principal: principal.parse().map_err(|error| name(principal, error))?,
        custody: custody.parse().map_err(|error| name(custody, error))?,
    })
}

/// The name of whoever asks, in the letters that a root of trust has.
fn principal_of(actor: &str) -> String {
    let fit = |letter: char| {
        if letter.is_ascii_alphanumeric() || "._-+@".contains(letter) {
            letter
        } else {
            '-'
        }
    };
    actor.to_ascii_lowercase().chars().map(fit).take(64).collect()
}

/// The one key whose id or fingerprint begins like this.
fn named(root: &Root, start: &str) -> Result<PublicKey, Fault> {
    let is_meant = |key: &PublicKey| {
        let fingerprint = openssh::fingerprint(key);
        key.id().to_string().starts_with(start)
            || fingerprint.starts_with(start)
            || fingerprint.trim_start_matches("SHA256:").starts_with(start)
    };
    let meant: Vec<PublicKey> = root.keys.iter().map(|holding| holding.key).filter(is_meant).collect();
    match meant.as_slice() {
        [key] => Ok(*key),
        keys => Err(Fault::wrong(
            format!("`{start}` is the start of {} keys of the root of trust", keys.len()),
            "`assize root show` lists them; write as much of the id or fingerprint as it takes",
        )),
    }
}

/// What a key is: a signer's is a person's.
fn role_of(root: &Root, key: &KeyId) -> Role {
    let granted = root.grants.iter().find(|grant| grant.key == *key);
    granted.map_or(Role::Person, |grant| grant.role)
}

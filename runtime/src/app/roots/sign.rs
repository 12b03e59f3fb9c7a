//! Signing a draft, and publishing it once enough people have signed.

use std::path::Path;

use assize_provenance::key::KeyId;
use assize_provenance::root::{ROOT_REF, RootChain, SignedRoot, commit_version};
use assize_provenance::time::Time;

use super::draft::{load, store, stray};
use super::{precedes, remember};
use crate::app::view::roots::RootView;
use crate::app::{App, Fault};
use crate::chain::ChainFault;
use crate::chain::keys::KeyStore;
use crate::repository::Repository;

impl App {
    /// Signs the draft with this user's keys. Where enough people have signed by the rules of the version before and of the draft
    /// itself, it is published, and the file is taken away.
    ///
    /// # Errors
    ///
    /// [`Fault`] when there is no draft, when it does not follow on what is here, or when none of this user's keys may sign it.
    pub fn root_sign(&self, path: &Path) -> Result<RootView, Fault> {
        let repository = self.repository()?;
        let home = self.home_for(&repository)?;
        let published = self.published(&repository, Some(&home))?;
        let file = self.dir.join(path);
        let Some(mut draft) = load(&file)? else {
            return Err(Fault::wrong(
                format!("there is no draft in {}", path.display()),
                "`assize root init`, `grant`, `revoke` and `rotate` make one; --draft names another file",
            ));
        };
        let before = published.as_ref().map(|chain| &chain.newest);
        if !follows(before, &draft) {
            return Err(stray());
        }
        let signers: Vec<KeyId> = [Some(&draft), before]
            .into_iter()
            .flatten()
            .flat_map(|version| version.root().signers.clone())
            .collect();
        if KeyStore::new(home.keys()).sign_root(&mut draft, &signers)?.is_empty() {
            return Err(Fault::wrong(
                "none of your keys may sign this version of the root of trust",
                "`assize root show` lists who may; `assize key list` lists your keys",
            ));
        }
        store(&draft, &file)?;
        let rules = [Some(&draft), before];
        let is_enough = rules.iter().flatten().all(|rule| draft.tally(rule.root()).is_met());
        if !is_enough {
            return self.root_view(&repository, Some(&home), published.as_ref(), Some(&draft));
        }
        self.publish(&repository, published.as_ref(), &draft)?;
        std::fs::remove_file(&file).map_err(|source| Fault::Io { path: file, source })?;
        let published = self.published(&repository, Some(&home))?;
        if let Some(chain) = &published
            && self.pinned(&repository, Some(&home), None)?.is_some()
        {
            remember(&home, chain)?;
        }
        self.root_view(&repository, Some(&home), published.as_ref(), None)
    }

    /// Puts a version on top of those that are here. Every signature is checked once more.
    fn publish(&self, repository: &Repository, published: Option<&RootChain>, draft: &SignedRoot) -> Result<(), Fault> {
        match published {
            None => draft.check_first()?,
            Some(chain) => draft.check_after(&chain.newest)?,
        }
        let time = Time::from_unix_seconds(self.clock.unix_seconds()).map_err(|_| ChainFault::Clock)?;
        let parent = published.map(|chain| chain.tip);
        let commit = commit_version(draft, parent, time)?;
        repository.write_pack(&commit.objects).map_err(ChainFault::from)?;
        repository
            .update_ref(ROOT_REF, parent, commit.id)
            .map_err(ChainFault::from)?;
        Ok(())
    }
}

/// Tells whether a draft is the next version of what is here.
fn follows(before: Option<&SignedRoot>, draft: &SignedRoot) -> bool {
    match before {
        None => draft.root().version == 1,
        Some(before) => precedes(before, draft),
    }
}

//! Signing a draft, and publishing it once enough people have signed.

use std::path::Path;

use assize_provenance::key::KeyId;
use assize_provenance::root::SignedRoot;

use super::draft::{load, store, stray};
use super::{precedes, remember};
use crate::app::view::roots::RootView;
use crate::app::{App, Fault};
use crate::chain::keys::KeyStore;
use crate::chain::root;
use crate::repository::Repository;
use crate::settings::Home;

impl App {
    /// Signs the draft with this user's keys. Where enough people have signed by the rules of the version before and of the draft
    /// itself, it is published, and the file is taken away.
    ///
    /// # Errors
    ///
    /// [`Fault`] when there is no draft, when it does not follow on what is here, or when none of this user's keys may sign it.
    pub fn root_sign(&self, path: Option<&Path>) -> Result<RootView, Fault> {
        let repository = self.repository()?;
        let home = self.home_for(&repository)?;
        let _held = root::hold(&repository)?;
        let published = self.published(&repository, Some(&home))?;
        let file = self.draft_file(&repository, path);
        let Some(mut draft) = load(&file)? else {
            return Err(Fault::wrong(
                format!("there is no draft in {}", file.display()),
                "`assize root init`, `grant`, `revoke` and `rotate` make one; --draft names another file",
            ));
        };
        let is_published = published
            .as_ref()
            .is_some_and(|chain| chain.digest_of(draft.root().version) == Some(draft.digest()));
        if is_published {
            // Somebody else completed it, or a kill came between the publishing and this.
            return self.finish(&repository, &home, &file);
        }
        let before = published.as_ref().map(|chain| &chain.newest);
        if !follows(before, &draft) {
            return Err(stray());
        }
        // A draft that was changed on its way has signatures for something else.
        draft.check_signatures(before.map(SignedRoot::root))?;
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
            return self.root_view(&repository, Some(&home), published.as_ref(), Some((draft, file)));
        }
        root::publish(&repository, published.as_ref(), &draft, self.clock)?;
        self.finish(&repository, &home, &file)
    }

    /// Takes a draft away that is published, and remembers the version where it is that of a pinned root.
    fn finish(&self, repository: &Repository, home: &Home, file: &Path) -> Result<RootView, Fault> {
        let published = self.published(repository, Some(home))?;
        if let Some(chain) = &published
            && self.pinned(repository, Some(home), None)?.is_some()
        {
            remember(home, chain)?;
        }
        std::fs::remove_file(file).map_err(|source| Fault::Io {
            path: file.to_owned(),
            source,
        })?;
        self.root_view(repository, Some(home), published.as_ref(), None)
    }
}

/// Tells whether a draft is the next version of what is here.
fn follows(before: Option<&SignedRoot>, draft: &SignedRoot) -> bool {
    match before {
        None => draft.root().version == 1,
        Some(before) => precedes(before, draft),
    }
}

//! `init`: a policy file to review and keys to sign with.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::PathBuf;

use super::keys::fingerprints;
use super::view::{InitView, KeyView};
use super::{App, Fault};
use crate::chain::keys::{Keeping, KeyStore};
use crate::{policy, settings};

impl App {
    /// Puts the default policy into the work tree and makes keys. What is there stays as it is.
    ///
    /// # Errors
    ///
    /// [`Fault`] when there is no work tree, or when a file cannot be written.
    pub fn init(&self) -> Result<InitView, Fault> {
        let repository = self.repository()?;
        let Some(work_tree) = repository.places().work_tree.clone() else {
            return Err(Fault::wrong(
                "a bare repository has no work tree to put a policy file into",
                "run `assize init` in a clone, and commit the file there",
            ));
        };
        let home = self.home_for(&repository)?;
        let store = KeyStore::new(home.keys());
        let (_, made) = store.signer(self.clock)?;
        let path = work_tree.join(policy::PATH);
        let written = write_policy(&path).map_err(|source| Fault::Io {
            path: path.clone(),
            source,
        })?;
        let is_elsewhere = settings::signer().is_some();
        let signs = |key: &KeyView| {
            if is_elsewhere {
                key.kept == Keeping::Signer.name()
            } else {
                key.current
            }
        };
        let keys: Vec<KeyView> = fingerprints(&store)?.into_iter().filter(signs).collect();
        Ok(InitView {
            schema: "assize.init/1",
            policy: policy::PATH,
            policy_written: written,
            keys_made: made,
            home: home.path().display().to_string(),
            keys,
        })
    }
}

/// Writes the file unless there is one; tells whether it did. A link on the way is refused.
fn write_policy(path: &PathBuf) -> io::Result<bool> {
    if let Some(folder) = path.parent() {
        match fs::symlink_metadata(folder) {
            Ok(metadata) if metadata.is_dir() => {}
            Ok(_) => return Err(io::Error::other(format!("{} is not a folder", folder.display()))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => fs::create_dir(folder)?,
            Err(error) => return Err(error),
        }
    }
    match OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(mut file) => file.write_all(policy::default::TEXT.as_bytes()).map(|()| true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

//! The elected remote of a clone: kept in the user's home, never in the repository, where others could plant one.

use std::io;
use std::path::{Path, PathBuf};

use assize_provenance::digest::Digest;
use serde::{Deserialize, Serialize};

use crate::chain::seen::Place;
use crate::durable;

/// The longest file that is read back, and the longest place of a remote, in bytes.
const FILE_BYTES_MAX: u64 = 64 << 10;
const URL_BYTES_MAX: usize = 2048;

/// Why there is no remote to speak with.
#[derive(Debug, thiserror::Error)]
pub enum RemoteFault {
    /// The file cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not one of ours.
    #[error("{} cannot be read; elect the remote anew with `assize audit remote URL`", .0.display())]
    Unreadable(PathBuf),
    /// What was typed is no place that a chain goes to.
    #[error("`{url}` is no remote that a chain goes to: {reason}")]
    Url {
        /// What was typed.
        url: String,
        /// What is wrong with it.
        reason: &'static str,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    v: u32,
    place: Place,
    url: String,
}

/// The folder of elections.
#[derive(Debug, Clone)]
pub struct Remotes {
    dir: PathBuf,
}

impl Remotes {
    /// The elections in this folder; it may be missing.
    #[must_use]
    pub fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// The remote that was elected for a clone. A copy of the clone has none.
    ///
    /// # Errors
    ///
    /// [`RemoteFault`] when there is a file that cannot be read.
    pub fn elected(&self, place: &Place) -> Result<Option<String>, RemoteFault> {
        let path = self.path(place);
        let bytes = durable::read(&path, FILE_BYTES_MAX).map_err(|source| RemoteFault::Io {
            path: path.clone(),
            source,
        })?;
        let Some(bytes) = bytes else { return Ok(None) };
        let stored: Stored = serde_json::from_slice(&bytes).map_err(|_| RemoteFault::Unreadable(path.clone()))?;
        if stored.v != 1 || stored.place != *place || check(&stored.url).is_err() {
            return Err(RemoteFault::Unreadable(path));
        }
        Ok(Some(stored.url))
    }

    /// Elects a remote in the place of any other.
    ///
    /// # Errors
    ///
    /// Every [`RemoteFault`]; then the old election stands.
    pub fn elect(&self, place: &Place, url: &str) -> Result<(), RemoteFault> {
        check(url).map_err(|reason| RemoteFault::Url {
            url: url.to_owned(),
            reason,
        })?;
        let path = self.path(place);
        let io = |source| RemoteFault::Io {
            path: path.clone(),
            source,
        };
        durable::private_dir(&self.dir).map_err(io)?;
        let stored = Stored {
            v: 1,
            place: place.clone(),
            url: url.to_owned(),
        };
        let text = serde_json::to_vec_pretty(&stored).map_err(|error| io(io::Error::other(error)))?;
        durable::replace(&path, &text).map_err(io)
    }

    fn path(&self, place: &Place) -> PathBuf {
        self.dir.join(format!("{}.json", name_of(place)))
    }
}

/// A name for a clone that a file can have.
pub(in crate::chain) fn name_of(place: &Place) -> String {
    let said = serde_json::to_vec(place).unwrap_or_default();
    Digest::of(&said).to_string().chars().take(32).collect()
}

/// Says why a text is no remote, if it is none.
fn check(url: &str) -> Result<(), &'static str> {
    if url.is_empty() || url.len() > URL_BYTES_MAX {
        return Err("it is empty or too long");
    }
    if url.chars().any(|one| one.is_control() || one.is_whitespace()) {
        return Err("it holds spaces or control characters");
    }
    if url.starts_with('-') || url.contains("::") {
        return Err("git would take it for something else than a place");
    }
    if Path::new(url).is_absolute() {
        return Ok(());
    }
    if let Some((scheme, rest)) = url.split_once("://") {
        if !["https", "ssh", "file"].contains(&scheme) {
            return Err("only https, ssh and file are spoken; others carry evidence in the clear, or are no transport");
        }
        let host = rest.split('/').next().unwrap_or_default();
        if host.starts_with('-') || (host.is_empty() && scheme != "file") {
            return Err("it names no host");
        }
        if host.rsplit_once('@').is_some_and(|(user, _)| user.contains(':')) {
            return Err("it holds a password, which belongs to git's credential helper");
        }
        return Ok(());
    }
    match url.split_once(':') {
        Some((host, path)) if !host.is_empty() && !host.contains('/') && !host.contains("@-") && !path.is_empty() => {
            Ok(())
        }
        _ => Err("write https://HOST/PATH, ssh://HOST/PATH, USER@HOST:PATH or an absolute path"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_places_that_git_takes_for_such_are_elected() {
        for url in [
            "https://example.org/a.git",
            "ssh://git@example.org:22/a",
            "file:///srv/a.git",
            "/srv/a.git",
            "git@example.org:a/b.git",
        ] {
            assert_eq!(check(url), Ok(()), "{url}");
        }
        for url in [
            "",
            "origin",
            "../beside",
            "-oProxyCommand=x",
            "ssh://-oProxyCommand=x/a",
            "git@-oProxyCommand=x:a",
            "ext::sh -c x",
            "ext::sh",
            "http://example.org/a",
            "git://example.org/a",
            "https://user:word@example.org/a",
            "https:///a",
            "https://example.org/a\n",
            "a b:c",
        ] {
            assert!(check(url).is_err(), "{url}");
        }
    }

    #[test]
    fn a_copy_of_a_clone_has_no_remote() {
        let home = tempfile::tempdir().expect("a folder");
        let (one, two) = (
            tempfile::tempdir().expect("a folder"),
            tempfile::tempdir().expect("a folder"),
        );
        let place = |dir: &Path| Place::of(dir).expect("a place");
        let remotes = Remotes::new(home.path().join("remotes"));
        remotes.elect(&place(one.path()), "/srv/a").expect("elected");
        remotes.elect(&place(one.path()), "/srv/b").expect("elected");
        assert_eq!(
            remotes.elected(&place(one.path())).expect("read").as_deref(),
            Some("/srv/b")
        );
        assert_eq!(remotes.elected(&place(two.path())).expect("read"), None);
        assert!(remotes.elect(&place(two.path()), "origin").is_err());
    }
}

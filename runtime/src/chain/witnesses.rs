//! The witnesses that were elected for a clone: kept in the user's home, never in the repository, where others could name their
//! own.

use std::io;
use std::path::{Path, PathBuf};

use assize_provenance::digest::Digest;
use assize_provenance::key::vkey::{NoteKey, NoteKind};
use serde::{Deserialize, Serialize};

use super::exchange::remote::name_of;
use super::seen::Place;
use crate::durable;

/// The longest file that is read back, and the longest address, in bytes.
const FILE_BYTES_MAX: u64 = 256 << 10;
const URL_BYTES_MAX: usize = 2048;
/// How many witnesses a clone may have.
pub const WITNESSES_MAX: usize = 32;

/// Why the election cannot be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum ElectionFault {
    /// The file cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not one of ours.
    #[error("{} cannot be read; move it away, and add the witnesses again with `assize audit witness add`", .0.display())]
    Unreadable(PathBuf),
    /// The address is none.
    #[error("the address of a witness has 1 to {URL_BYTES_MAX} printable characters")]
    Url,
    /// The key signs something else.
    #[error("`{0}` is the key of a log, not of a witness")]
    NoWitness(Box<NoteKey>),
    /// It is there already.
    #[error("the witness {0} has that key or that name already; remove it first")]
    Twice(String),
    /// There are too many.
    #[error("a clone has at most {WITNESSES_MAX} witnesses")]
    TooMany,
    /// Nobody is called so.
    #[error("no witness of this clone is called `{0}`")]
    Unknown(String),
    /// So many can never vouch.
    #[error("{needed} witnesses cannot vouch where {known} are elected; at least 1 and at most {known} can")]
    Quorum {
        /// How many were asked for.
        needed: usize,
        /// How many there are.
        known: usize,
    },
}

/// A witness that was elected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elected {
    /// Where it is reached: what stands before `/add-checkpoint`.
    pub url: String,
    /// Its key.
    pub key: NoteKey,
}

/// Everybody who was elected, and how many of them must vouch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Election {
    /// The witnesses, in the order in which they were added.
    pub witnesses: Vec<Elected>,
    /// How many must cosign a log before its entries count as witnessed; all of them where nobody said otherwise.
    quorum: Option<usize>,
}

impl Election {
    /// How many must cosign: as many as was said, else all. Where nobody is elected, none.
    #[must_use]
    pub fn needed(&self) -> usize {
        self.quorum.unwrap_or(self.witnesses.len())
    }

    /// Adds a witness. A second name for a key, or a second key for a name, is no second witness.
    ///
    /// # Errors
    ///
    /// [`ElectionFault`]; then the election is what it was.
    pub fn add(&mut self, url: &str, key: NoteKey) -> Result<(), ElectionFault> {
        let is_sign = |sign: char| !sign.is_control() && !sign.is_whitespace();
        if url.is_empty() || url.len() > URL_BYTES_MAX || !url.chars().all(is_sign) {
            return Err(ElectionFault::Url);
        }
        if key.kind() != NoteKind::Cosignature {
            return Err(ElectionFault::NoWitness(Box::new(key)));
        }
        let is_same = |one: &&Elected| one.key.name() == key.name() || one.key.key() == key.key();
        if let Some(one) = self.witnesses.iter().find(is_same) {
            return Err(ElectionFault::Twice(one.key.name().to_owned()));
        }
        if self.witnesses.len() >= WITNESSES_MAX {
            return Err(ElectionFault::TooMany);
        }
        let url = url.to_owned();
        self.witnesses.push(Elected { url, key });
        Ok(())
    }

    /// Removes the witness of a name. A quorum that the others cannot reach any more becomes all of them.
    ///
    /// # Errors
    ///
    /// [`ElectionFault::Unknown`].
    pub fn remove(&mut self, name: &str) -> Result<(), ElectionFault> {
        let before = self.witnesses.len();
        self.witnesses.retain(|one| one.key.name() != name);
        if self.witnesses.len() == before {
            return Err(ElectionFault::Unknown(name.to_owned()));
        }
        let known = self.witnesses.len();
        self.quorum = self.quorum.filter(|needed| *needed <= known);
        Ok(())
    }

    /// Says how many must cosign.
    ///
    /// # Errors
    ///
    /// [`ElectionFault::Quorum`].
    pub fn set_quorum(&mut self, needed: usize) -> Result<(), ElectionFault> {
        let known = self.witnesses.len();
        if needed == 0 || needed > known {
            return Err(ElectionFault::Quorum { needed, known });
        }
        self.quorum = Some(needed);
        Ok(())
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    v: u32,
    place: Place,
    quorum: Option<usize>,
    witnesses: Vec<StoredWitness>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredWitness {
    url: String,
    key: String,
}

/// The folder of elections.
#[derive(Debug, Clone)]
pub struct Elections {
    dir: PathBuf,
}

impl Elections {
    /// The elections in this folder; it may be missing.
    #[must_use]
    pub fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// Who was elected for a clone. A copy of the clone has nobody.
    ///
    /// # Errors
    ///
    /// [`ElectionFault::Io`] and [`ElectionFault::Unreadable`]: a file that cannot be read is no empty election.
    pub fn of(&self, place: &Place) -> Result<Election, ElectionFault> {
        let path = self.path(place);
        let bytes = durable::read(&path, FILE_BYTES_MAX).map_err(|source| ElectionFault::Io {
            path: path.clone(),
            source,
        })?;
        let Some(bytes) = bytes else {
            return Ok(Election::default());
        };
        let unreadable = || ElectionFault::Unreadable(path.clone());
        let stored: Stored = serde_json::from_slice(&bytes).map_err(|_| unreadable())?;
        if stored.v != 1 || stored.place != *place {
            return Err(unreadable());
        }
        let mut election = Election::default();
        for StoredWitness { url, key } in stored.witnesses {
            let key = key.parse().map_err(|_| unreadable())?;
            election.add(&url, key).map_err(|_| unreadable())?;
        }
        if let Some(needed) = stored.quorum {
            election.set_quorum(needed).map_err(|_| unreadable())?;
        }
        Ok(election)
    }

    /// Changes who is elected for a clone. Nobody else changes it meanwhile.
    ///
    /// # Errors
    ///
    /// Every [`ElectionFault`]; then the old election stands.
    pub fn change(
        &self,
        place: &Place,
        change: impl FnOnce(&mut Election) -> Result<(), ElectionFault>,
    ) -> Result<Election, ElectionFault> {
        let path = self.path(place);
        let io = |source| ElectionFault::Io {
            path: path.clone(),
            source,
        };
        durable::private_dir(&self.dir).map_err(io)?;
        let _lock = durable::lock(&self.dir.join("lock")).map_err(io)?;
        let mut election = self.of(place)?;
        change(&mut election)?;
        let witness = |one: &Elected| StoredWitness {
            url: one.url.clone(),
            key: one.key.to_string(),
        };
        let stored = Stored {
            v: 1,
            place: place.clone(),
            quorum: election.quorum,
            witnesses: election.witnesses.iter().map(witness).collect(),
        };
        let text = serde_json::to_vec_pretty(&stored).map_err(|error| io(io::Error::other(error)))?;
        durable::replace(&path, &text).map_err(io)?;
        Ok(election)
    }

    fn path(&self, place: &Place) -> PathBuf {
        self.dir.join(format!("{}.json", name_of(place)))
    }
}

/// Keeps the proof that a log has two pasts, under a name that follows from what it says, and gives the file.
///
/// # Errors
///
/// When the folder or the file cannot be written.
pub fn keep_fork(state_dir: &Path, proof: &str) -> Result<PathBuf, ElectionFault> {
    let dir = state_dir.join("forks");
    let digits: String = Digest::of(proof.as_bytes()).to_string().chars().take(32).collect();
    let path = dir.join(format!("{digits}.fork"));
    let io = |source| ElectionFault::Io {
        path: path.clone(),
        source,
    };
    durable::private_dir(&dir).map_err(io)?;
    durable::replace(&path, proof.as_bytes()).map_err(io)?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;

    use super::*;
    use crate::chain::keys::public_of;

    fn key(name: &str, seed: u8) -> NoteKey {
        let public = public_of(&SigningKey::from_bytes(&[seed; 32]));
        NoteKey::new(name, NoteKind::Cosignature, public).expect("a name")
    }

    #[test]
    fn an_election_is_kept_for_one_clone_and_no_copy_of_it() {
        let home = tempfile::tempdir().expect("a folder");
        let (one, two) = (
            tempfile::tempdir().expect("a folder"),
            tempfile::tempdir().expect("a folder"),
        );
        let place = |dir: &Path| Place::of(dir).expect("a place");
        let elections = Elections::new(home.path().join("witnesses"));
        let here = place(one.path());
        assert_eq!(elections.of(&here).expect("read").needed(), 0);
        let changed = elections.change(&here, |election| {
            election.add("https://a.example", key("a", 1))?;
            election.add("https://b.example", key("b", 2))?;
            election.add("https://c.example", key("c", 3))
        });
        assert_eq!(changed.expect("changed").needed(), 3);
        let changed = elections.change(&here, |election| election.set_quorum(2));
        assert_eq!(elections.of(&here).expect("read"), changed.expect("changed"));
        assert_eq!(elections.of(&place(two.path())).expect("read"), Election::default());
        // With one of three gone, two are all; with two gone, one is.
        let changed = elections.change(&here, |election| election.remove("b"));
        assert_eq!(changed.expect("changed").needed(), 2);
        let changed = elections.change(&here, |election| election.remove("a"));
        assert_eq!(changed.expect("changed").needed(), 1);
        // A damaged file is not nobody.
        std::fs::write(elections.path(&here), "{}").expect("written");
        assert!(matches!(elections.of(&here), Err(ElectionFault::Unreadable(_))));
    }

    #[test]
    fn what_makes_no_second_witness_is_refused() {
        let mut election = Election::default();
        election.add("https://a.example", key("a", 1)).expect("added");
        let before = election.clone();
        for (url, key) in [
            ("u", key("a", 2)),
            ("u", key("b", 1)),
            ("", key("b", 2)),
            ("a b", key("b", 2)),
        ] {
            assert!(election.add(url, key).is_err(), "{url}");
        }
        let of_log = NoteKey::new("l", NoteKind::Note, *key("l", 4).key()).expect("a name");
        assert!(matches!(election.add("u", of_log), Err(ElectionFault::NoWitness(_))));
        assert!(election.remove("b").is_err() && election.set_quorum(2).is_err() && election.set_quorum(0).is_err());
        assert_eq!(election, before);
    }
}

//! The user's private keys: files that only their owner can read, each one JWK (RFC 8037 section 2).
//!
//! `$ASSIZE_HOME/keys/KID.jwk` holds one key with its role, `current.json` says which pair signs from now on. Old keys stay:
//! what they signed stays theirs.

use std::io;
use std::path::{Path, PathBuf};

use assize_provenance::key::{PublicKey, Role, TrustedKeys};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::SigningKey;
use serde::{Deserialize, Serialize};

use super::signer::Signer;
use crate::clock::Clock;
use crate::durable;

mod person;

/// The longest key file that is read, in bytes.
const FILE_BYTES_MAX: u64 = 16 << 10;
/// How many key files are read at most.
const KEYS_MAX: usize = 1_000;

/// Why the keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFault {
    /// Reading or writing failed.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is no key of ours.
    #[error("{} is no key of Assize: {reason}; move it away, or restore it from a backup", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The system gave no randomness.
    #[error("no new key: the system gave no randomness ({0})")]
    Randomness(String),
}

/// One own key, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnKey {
    /// The public half.
    pub public: PublicKey,
    /// What it signs.
    pub role: Role,
    /// When it was made, as RFC 3339.
    pub created: String,
    /// Whether it signs from now on.
    pub current: bool,
}

/// The folder of keys.
#[derive(Debug, Clone)]
pub struct KeyStore {
    dir: PathBuf,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredKey {
    kty: String,
    crv: String,
    kid: String,
    x: String,
    d: String,
    role: String,
    created: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Current {
    v: u32,
    council: String,
    log: String,
}

impl KeyStore {
    /// The store in this folder; the folder may be missing.
    #[must_use]
    pub fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// The pair that signs from now on; made where there is none. The flag says whether it was made just now.
    ///
    /// # Errors
    ///
    /// [`KeyFault`] when keys cannot be read or made.
    pub fn signer(&self, clock: Clock) -> Result<(Signer, bool), KeyFault> {
        durable::private_dir(&self.dir).map_err(|source| self.io(&self.dir, source))?;
        let _lock = self.lock()?;
        match self.current()? {
            Some(current) => Ok((self.open(&current)?, false)),
            None => Ok((self.make(clock)?, true)),
        }
    }

    /// Makes a new pair and signs with it from now on.
    ///
    /// # Errors
    ///
    /// [`KeyFault`] when it cannot be made durable; then the old pair still signs.
    pub fn renew(&self, clock: Clock) -> Result<Signer, KeyFault> {
        durable::private_dir(&self.dir).map_err(|source| self.io(&self.dir, source))?;
        let _lock = self.lock()?;
        self.make(clock)
    }

    /// Every own key, oldest first.
    ///
    /// # Errors
    ///
    /// [`KeyFault`] when one cannot be read.
    pub fn list(&self) -> Result<Vec<OwnKey>, KeyFault> {
        let listing = match std::fs::read_dir(&self.dir) {
            Ok(listing) => listing,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(self.io(&self.dir, source)),
        };
        let current = self.current()?;
        let mut keys = Vec::new();
        for file in listing.take(KEYS_MAX) {
            let path = file.map_err(|source| self.io(&self.dir, source))?.path();
            if path.extension().is_none_or(|extension| extension != "jwk") {
                continue;
            }
            let (secret, role, created) = self.load(&path)?;
            let public = public_of(&secret);
            let id = public.id().to_string();
            // Of persons' keys each signs when its holder wants it.
            let current = role == Role::Person
                || current
                    .as_ref()
                    .is_some_and(|pair| pair.council == id || pair.log == id);
            keys.push(OwnKey {
                public,
                role,
                created,
                current,
            });
        }
        keys.sort_by(|a, b| {
            (&a.created, a.role.name(), a.public.as_bytes()).cmp(&(&b.created, b.role.name(), b.public.as_bytes()))
        });
        Ok(keys)
    }

    /// Everything this user signed or signs with, to be trusted by this user.
    ///
    /// # Errors
    ///
    /// [`KeyFault`] when a key cannot be read.
    pub fn trusted(&self) -> Result<TrustedKeys, KeyFault> {
        let mut trusted = TrustedKeys::new();
        for key in self.list()? {
            trusted.trust(key.role, key.public);
        }
        Ok(trusted)
    }

    fn make(&self, clock: Clock) -> Result<Signer, KeyFault> {
        let created = clock.rfc3339();
        let council = self.make_one(Role::Council, &created)?;
        let log = self.make_one(Role::Log, &created)?;
        let current = Current {
            v: 1,
            council: public_of(&council).id().to_string(),
            log: public_of(&log).id().to_string(),
        };
        self.store(&self.dir.join("current.json"), &current)?;
        Ok(Signer::new(council, log))
    }

    fn make_one(&self, role: Role, created: &str) -> Result<SigningKey, KeyFault> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|error| KeyFault::Randomness(error.to_string()))?;
        let key = SigningKey::from_bytes(&seed);
        let public = public_of(&key);
        let kid = public.id().to_string();
        let stored = StoredKey {
            kty: "OKP".into(),
            crv: "Ed25519".into(),
            x: URL_SAFE_NO_PAD.encode(public.as_bytes()),
            d: URL_SAFE_NO_PAD.encode(seed),
            role: role.name().into(),
            created: created.into(),
            kid: kid.clone(),
        };
        self.store(&self.dir.join(format!("{kid}.jwk")), &stored)?;
        Ok(key)
    }

    fn open(&self, current: &Current) -> Result<Signer, KeyFault> {
        let open = |kid: &str, role: Role| {
            let path = self.dir.join(format!("{kid}.jwk"));
            let (key, found, _) = self.load(&path)?;
            if found == role && public_of(&key).id().to_string() == kid {
                return Ok(key);
            }
            Err(KeyFault::Unreadable {
                path,
                reason: format!("`current.json` names it as the {} key", role.name()),
            })
        };
        Ok(Signer::new(
            open(&current.council, Role::Council)?,
            open(&current.log, Role::Log)?,
        ))
    }

    fn current(&self) -> Result<Option<Current>, KeyFault> {
        let path = self.dir.join("current.json");
        let bytes = durable::read(&path, FILE_BYTES_MAX).map_err(|source| self.io(&path, source))?;
        let Some(bytes) = bytes else { return Ok(None) };
        let current: Current = serde_json::from_slice(&bytes).map_err(|error| KeyFault::Unreadable {
            path: path.clone(),
            reason: error.to_string(),
        })?;
        let well_formed = |kid: &String| kid.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if current.v != 1 || !well_formed(&current.council) || !well_formed(&current.log) {
            return Err(KeyFault::Unreadable {
                path,
                reason: "it is of another version".into(),
            });
        }
        Ok(Some(current))
    }

    fn load(&self, path: &Path) -> Result<(SigningKey, Role, String), KeyFault> {
        let unreadable = |reason: &str| KeyFault::Unreadable {
            path: path.to_owned(),
            reason: reason.to_owned(),
        };
        let bytes = durable::read(path, FILE_BYTES_MAX).map_err(|source| self.io(path, source))?;
        let bytes = bytes.ok_or_else(|| unreadable("it is missing"))?;
        // The parser's own words could repeat the secret.
        let stored: StoredKey = serde_json::from_slice(&bytes)
            .map_err(|error| unreadable(&format!("bad JSON at line {}", error.line())))?;
        let seed: Option<[u8; 32]> = URL_SAFE_NO_PAD
            .decode(&stored.d)
            .ok()
            .and_then(|seed| seed.try_into().ok());
        let key = SigningKey::from_bytes(&seed.ok_or_else(|| unreadable("`d` is not 32 bytes"))?);
        let public = public_of(&key);
        let agrees = URL_SAFE_NO_PAD.encode(public.as_bytes()) == stored.x && public.id().to_string() == stored.kid;
        if stored.kty != "OKP" || stored.crv != "Ed25519" || !agrees {
            return Err(unreadable("its public half does not belong to its private half"));
        }
        let role = match stored.role.as_str() {
            "council" => Role::Council,
            "log" => Role::Log,
            "person" => Role::Person,
            _ => return Err(unreadable("`role` is neither council nor log nor person")),
        };
        Ok((key, role, stored.created))
    }

    fn store(&self, path: &Path, value: &impl Serialize) -> Result<(), KeyFault> {
        let text = serde_json::to_vec_pretty(value).map_err(|error| self.io(path, io::Error::other(error)))?;
        durable::replace(path, &text).map_err(|source| self.io(path, source))
    }

    fn lock(&self) -> Result<std::fs::File, KeyFault> {
        let path = self.dir.join("lock");
        durable::lock(&path).map_err(|source| self.io(&path, source))
    }

    fn io(&self, path: &Path, source: io::Error) -> KeyFault {
        KeyFault::Io {
            path: path.to_owned(),
            source,
        }
    }
}

/// The public half of a private key, in the words of provenance.
pub(super) fn public_of(key: &SigningKey) -> PublicKey {
    match PublicKey::from_bytes(&key.verifying_key().to_bytes()) {
        Ok(public) => public,
        // A clamped scalar times the base point has the group's large order; it is never weak.
        Err(_) => unreachable!("the public half of a private key is a point of large order"),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_pair_is_made_once_and_found_again() {
        let home = tempfile::tempdir().expect("a folder");
        let store = KeyStore::new(home.path().join("keys"));
        let (first, made) = store.signer(Clock::Fixed(0)).expect("made");
        let (second, made_again) = store.signer(Clock::Fixed(9)).expect("found");
        assert!(made && !made_again);
        assert_eq!(first.council_key(), second.council_key());
        assert_ne!(first.council_key(), first.log_key());
    }

    #[test]
    fn new_keys_leave_the_old_ones_trusted() {
        let home = tempfile::tempdir().expect("a folder");
        let store = KeyStore::new(home.path().join("keys"));
        let (old, _) = store.signer(Clock::Fixed(0)).expect("made");
        let new = store.renew(Clock::Fixed(9)).expect("made");
        assert_ne!(old.council_key(), new.council_key());
        let current: Vec<bool> = store.list().expect("lists").iter().map(|key| key.current).collect();
        assert_eq!(current, [false, false, true, true]);
        assert!(
            store
                .trusted()
                .expect("lists")
                .council_key(&old.council_key().id())
                .is_some()
        );
    }

    #[test]
    fn only_the_owner_can_read_a_key() {
        let home = tempfile::tempdir().expect("a folder");
        let store = KeyStore::new(home.path().join("keys"));
        store.signer(Clock::Fixed(0)).expect("made");
        for file in std::fs::read_dir(home.path().join("keys"))
            .expect("a folder")
            .map(|file| file.expect("a file"))
        {
            let mode = file.metadata().expect("readable").permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "{}", file.path().display());
        }
    }

    #[test]
    fn a_broken_key_file_is_named_and_its_secret_is_not() {
        let home = tempfile::tempdir().expect("a folder");
        let store = KeyStore::new(home.path().join("keys"));
        store.signer(Clock::Fixed(0)).expect("made");
        let path = store
            .dir
            .join(format!("{}.jwk", store.current().expect("read").expect("there").log));
        let text = std::fs::read_to_string(&path).expect("reads").replace("\"crv\"", "crv");
        std::fs::write(&path, &text).expect("writes");
        let fault = store.signer(Clock::Fixed(0)).expect_err("is refused").to_string();
        assert!(fault.contains(&path.display().to_string()), "{fault}");
    }
}

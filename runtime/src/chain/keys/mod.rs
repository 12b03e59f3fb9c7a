//! The user's private keys: files that only their owner can read, each one JWK ([`file`]), and who keeps what is not in them.
//!
//! `$ASSIZE_HOME/keys/KID.jwk` holds one key with its role, `current.json` says which keys sign from now on. Old keys stay: what
//! they signed stays theirs.

mod current;
mod fault;
mod file;
mod passphrase;
mod person;
mod protect;

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use assize_provenance::key::{KeyId, PublicKey, Role, TrustedKeys, openssh};
use ed25519_dalek::SigningKey;
use zeroize::Zeroizing;

use super::signer::{AgentKey, HeldKey, Keeper, Signer, agent};
use crate::clock::Clock;
use crate::{durable, settings};
use current::Current;
use file::{KeyFile, Private};

pub use fault::KeyFault;
pub use file::Keeping;
pub use passphrase::PASSPHRASE_BYTES_MIN;
pub use protect::Protection;

/// How many key files are read at most.
const KEYS_MAX: usize = 1_000;

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
    /// Who keeps the private half.
    pub keeping: Keeping,
}

/// The folder of keys.
#[derive(Debug, Clone)]
pub struct KeyStore {
    dir: PathBuf,
    passphrase: passphrase::Source,
}

impl KeyStore {
    /// The store in this folder; the folder may be missing.
    #[must_use]
    pub fn new(dir: PathBuf) -> Self {
        Self {
            dir,
            passphrase: passphrase::Source::Asked,
        }
    }

    /// The same store with a passphrase that is known: nobody is asked.
    #[must_use]
    pub fn with_passphrase(self, passphrase: String) -> Self {
        Self {
            passphrase: passphrase::Source::Given(Zeroizing::new(passphrase)),
            ..self
        }
    }

    /// Who signs from now on: the signer's process that the environment names, else the own pair. The flag says whether keys
    /// were made just now.
    ///
    /// # Errors
    ///
    /// [`KeyFault`] when the signer cannot be reached, or when keys cannot be read or made.
    pub fn signer(&self, clock: Clock) -> Result<(Signer, bool), KeyFault> {
        match settings::signer() {
            Some(socket) => Ok((self.signer_at(&socket, clock)?, false)),
            None => self.own_signer(clock),
        }
    }

    /// The signer's process behind this socket. Its public keys are noted among the own ones, to be trusted like them.
    ///
    /// # Errors
    ///
    /// [`KeyFault`] when it cannot be reached, or when its keys cannot be noted.
    pub fn signer_at(&self, socket: &Path, clock: Clock) -> Result<Signer, KeyFault> {
        let signer = Signer::connect(socket)?;
        let _lock = self.hold()?;
        for (role, public) in [(Role::Council, signer.council_key()), (Role::Log, signer.log_key())] {
            self.note(role, public, Keeping::Signer, clock)?;
        }
        Ok(signer)
    }

    /// The own pair that signs from now on; what is missing of it is made.
    ///
    /// # Errors
    ///
    /// [`KeyFault`] when keys cannot be read or made.
    pub fn own_signer(&self, clock: Clock) -> Result<(Signer, bool), KeyFault> {
        let _lock = self.hold()?;
        let mut current = self.current()?;
        let missing: Vec<Role> = [Role::Council, Role::Log]
            .into_iter()
            .filter(|role| current.of(*role).is_none())
            .collect();
        if !missing.is_empty() {
            self.make(&missing, &mut current, clock)?;
        }
        let council = self.keeper(&current, Role::Council)?;
        let log = self.keeper(&current, Role::Log)?;
        Ok((Signer::new(council, log), !missing.is_empty()))
    }

    /// Makes a new pair and signs with it from now on.
    ///
    /// # Errors
    ///
    /// [`KeyFault`] when it cannot be made durable; then the old pair still signs.
    pub fn renew(&self, clock: Clock) -> Result<Vec<OwnKey>, KeyFault> {
        self.make_new(&[Role::Council, Role::Log], clock)
    }

    /// Makes a new key for your own decisions, and signs them with it from now on.
    ///
    /// # Errors
    ///
    /// [`KeyFault`] when it cannot be made durable; then the old one still signs.
    pub fn renew_person(&self, clock: Clock) -> Result<Vec<OwnKey>, KeyFault> {
        self.make_new(&[Role::Person], clock)
    }

    /// Signs from now on with the key of the user's ssh-agent that has this fingerprint.
    ///
    /// # Errors
    ///
    /// [`KeyFault`] when the agent has no such key, or when the key has another role.
    pub fn adopt_from_agent(&self, fingerprint: &str, role: Role, clock: Clock) -> Result<OwnKey, KeyFault> {
        let public = agent::find(fingerprint)?;
        let _lock = self.hold()?;
        self.note(role, public, Keeping::SshAgent, clock)?;
        let mut current = self.current()?;
        current.set(role, public.id().to_string());
        current.store(&self.current_path())?;
        self.find(fingerprint)
    }

    /// Every own key, oldest first.
    ///
    /// # Errors
    ///
    /// [`KeyFault`] when one cannot be read.
    pub fn list(&self) -> Result<Vec<OwnKey>, KeyFault> {
        let listing = match fs::read_dir(&self.dir) {
            Ok(listing) => listing,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(file::io(&self.dir, source)),
        };
        let current = self.current()?;
        let mut keys = Vec::new();
        for entry in listing.take(KEYS_MAX) {
            let path = entry.map_err(|source| file::io(&self.dir, source))?.path();
            if path.extension().is_none_or(|extension| extension != "jwk") {
                continue;
            }
            let key = KeyFile::load(&path)?;
            keys.push(OwnKey {
                current: current.of(key.role) == Some(key.public.id().to_string().as_str()),
                keeping: key.keeping(),
                public: key.public,
                role: key.role,
                created: key.created,
            });
        }
        keys.sort_by(|a, b| {
            (&a.created, a.role.name(), a.public.as_bytes()).cmp(&(&b.created, b.role.name(), b.public.as_bytes()))
        });
        Ok(keys)
    }

    /// The own key with this id or fingerprint.
    ///
    /// # Errors
    ///
    /// [`KeyFault::Unknown`], or when the keys cannot be read.
    pub fn find(&self, name: &str) -> Result<OwnKey, KeyFault> {
        let is_it = |key: &OwnKey| key.public.id().to_string() == name || openssh::fingerprint(&key.public) == name;
        let found = self.list()?.into_iter().find(is_it);
        found.ok_or_else(|| KeyFault::Unknown(name.to_owned()))
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

    fn make_new(&self, roles: &[Role], clock: Clock) -> Result<Vec<OwnKey>, KeyFault> {
        let _lock = self.hold()?;
        let mut current = self.current()?;
        self.make(roles, &mut current, clock)?;
        roles
            .iter()
            .filter_map(|role| current.of(*role))
            .map(|id| self.find(id))
            .collect()
    }

    /// Makes a key for each role. They sign once all of them are durable.
    fn make(&self, roles: &[Role], current: &mut Current, clock: Clock) -> Result<(), KeyFault> {
        for role in roles {
            let mut seed = Zeroizing::new([0; 32]);
            getrandom::fill(&mut *seed).map_err(|error| KeyFault::Randomness(error.to_string()))?;
            let public = public_of(&SigningKey::from_bytes(&seed));
            let made = KeyFile {
                public,
                role: *role,
                created: clock.rfc3339(),
                private: Private::Seed(seed),
            };
            made.store(&self.path(&public.id()))?;
            current.set(*role, public.id().to_string());
        }
        current.store(&self.current_path())
    }

    /// Notes a key whose private half somebody else keeps. One that is here already stays as it is.
    fn note(&self, role: Role, public: PublicKey, keeping: Keeping, clock: Clock) -> Result<(), KeyFault> {
        let path = self.path(&public.id());
        if path.try_exists().map_err(|source| file::io(&path, source))? {
            let known = KeyFile::load(&path)?;
            if known.role == role {
                return Ok(());
            }
            return Err(KeyFault::OtherRole {
                id: public.id().to_string(),
                role: known.role.name(),
            });
        }
        let noted = KeyFile {
            public,
            role,
            created: clock.rfc3339(),
            private: Private::With(keeping),
        };
        noted.store(&path)
    }

    /// Whoever keeps the current key of a role, ready to sign.
    fn keeper(&self, current: &Current, role: Role) -> Result<Box<dyn Keeper>, KeyFault> {
        let id = current.of(role).unwrap_or_default();
        let path = self.dir.join(format!("{id}.jwk"));
        let key = KeyFile::load(&path)?;
        if key.role != role || key.public.id().to_string() != id {
            let reason = format!("`current.json` names it as the {} key", role.name());
            return Err(KeyFault::Unreadable { path, reason });
        }
        self.open(&key, &path)
    }

    /// Whoever keeps a key, ready to sign.
    fn open(&self, key: &KeyFile, path: &Path) -> Result<Box<dyn Keeper>, KeyFault> {
        Ok(match key.keeping() {
            Keeping::SshAgent => Box::new(AgentKey::new(key.public)?),
            _ => Box::new(HeldKey::new(SigningKey::from_bytes(&*self.seed(key, path)?))),
        })
    }

    fn current(&self) -> Result<Current, KeyFault> {
        Current::load(&self.current_path())
    }

    fn current_path(&self) -> PathBuf {
        self.dir.join("current.json")
    }

    fn path(&self, id: &KeyId) -> PathBuf {
        self.dir.join(format!("{id}.jwk"))
    }

    /// Makes the folder where it is missing, keeps other processes from changing keys, and takes away what a killed one was
    /// writing: it may be a private key.
    fn hold(&self) -> Result<fs::File, KeyFault> {
        durable::private_dir(&self.dir).map_err(|source| file::io(&self.dir, source))?;
        let path = self.dir.join("lock");
        let lock = durable::lock(&path).map_err(|source| file::io(&path, source))?;
        for entry in fs::read_dir(&self.dir).map_err(|source| file::io(&self.dir, source))? {
            let path = entry.map_err(|source| file::io(&self.dir, source))?.path();
            if is_half_written(&path) {
                fs::remove_file(&path).map_err(|source| file::io(&path, source))?;
            }
        }
        Ok(lock)
    }
}

/// Whether this is what a killed process was writing here. Other files of the folder have writers of their own.
fn is_half_written(path: &Path) -> bool {
    let is_new = path.extension().is_some_and(|extension| extension == "new");
    let stem = path.file_stem().and_then(OsStr::to_str).unwrap_or_default();
    is_new && (stem == "current" || stem.parse::<KeyId>().is_ok())
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
mod tests;

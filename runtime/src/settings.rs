//! What comes from the environment, read once. Each variable stands here and nowhere else.

use std::env;
use std::fs;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use etcetera::{BaseStrategy, choose_base_strategy};

/// Where keys, memory and compiled components lie. Default: `assize` in the user's configuration folder.
pub const ASSIZE_HOME: &str = "ASSIZE_HOME";
/// Which log lines of Assize itself are shown, in the syntax of tracing's `EnvFilter`; for example `debug`.
pub const ASSIZE_LOG: &str = "ASSIZE_LOG";

/// Why the home folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HomeFault {
    /// There is no home folder to derive it from.
    #[error(
        "no folder for keys: neither {ASSIZE_HOME} nor HOME is set; set {ASSIZE_HOME} to a folder only you can read"
    )]
    Unknown,
    /// The folder could not be made or read.
    #[error("the folder {} cannot be used: {reason}", path.display())]
    Unusable {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        reason: std::io::Error,
    },
    /// Others can write to it.
    #[error("the folder {path} can be changed by others (mode {mode:03o}, owner {owner}), but it holds keys and trusted code; run `chmod 700 {path}`", path = path.display())]
    Shared {
        /// The folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
        /// Its owner's user id.
        owner: u32,
    },
    /// It lies inside the repository under review.
    #[error("the folder {home} lies inside the repository {repository}, which is not trusted; set {ASSIZE_HOME} to a folder outside", home = home.display(), repository = repository.display())]
    InsideRepository {
        /// The folder.
        home: PathBuf,
        /// The repository.
        repository: PathBuf,
    },
}

/// The folder of keys, memory and compiled components: mode 0700, owned by this user, outside every repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home(PathBuf);

impl Home {
    /// Where the folder is, whether or not it exists.
    ///
    /// # Errors
    ///
    /// [`HomeFault::Unknown`] when the environment names no place.
    pub fn locate() -> Result<PathBuf, HomeFault> {
        if let Some(path) = env::var_os(ASSIZE_HOME).filter(|path| !path.is_empty()) {
            return std::path::absolute(PathBuf::from(path)).map_err(|_| HomeFault::Unknown);
        }
        let strategy = choose_base_strategy().map_err(|_| HomeFault::Unknown)?;
        Ok(strategy.config_dir().join("assize"))
    }

    /// Opens the folder, making it where it is missing.
    ///
    /// # Errors
    ///
    /// [`HomeFault`] when it cannot be made, or when others could write to it.
    pub fn open(path: &Path) -> Result<Self, HomeFault> {
        let unusable = |reason| HomeFault::Unusable {
            path: path.to_owned(),
            reason,
        };
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(unusable)?;
        Self::check(path)
    }

    /// Opens the folder if it is there. Reading commands use this: they make nothing.
    ///
    /// # Errors
    ///
    /// [`HomeFault`] when it is there and cannot be used.
    pub fn open_existing(path: &Path) -> Result<Option<Self>, HomeFault> {
        match path.try_exists() {
            Ok(false) => Ok(None),
            Ok(true) => Self::check(path).map(Some),
            Err(reason) => Err(HomeFault::Unusable {
                path: path.to_owned(),
                reason,
            }),
        }
    }

    fn check(path: &Path) -> Result<Self, HomeFault> {
        let unusable = |reason| HomeFault::Unusable {
            path: path.to_owned(),
            reason,
        };
        let path = path.canonicalize().map_err(unusable)?;
        let metadata = fs::metadata(&path).map_err(unusable)?;
        let (mode, owner) = (metadata.mode() & 0o777, metadata.uid());
        let ours = owner == rustix::process::geteuid().as_raw();
        if !ours || mode & 0o077 != 0 {
            return Err(HomeFault::Shared { path, mode, owner });
        }
        Ok(Self(path))
    }

    /// Refuses a home inside a repository's folders.
    ///
    /// # Errors
    ///
    /// [`HomeFault::InsideRepository`].
    pub fn outside(&self, repository: &Path) -> Result<(), HomeFault> {
        let inside = repository
            .canonicalize()
            .is_ok_and(|repository| self.0.starts_with(repository));
        if inside {
            return Err(HomeFault::InsideRepository {
                home: self.0.clone(),
                repository: repository.to_owned(),
            });
        }
        Ok(())
    }

    /// The folder itself, absolute and without links.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Where the private keys lie.
    #[must_use]
    pub fn keys(&self) -> PathBuf {
        self.0.join("keys")
    }

    /// Where the signer's process remembers what it signed, and where its socket lies.
    #[must_use]
    pub fn signer(&self) -> PathBuf {
        self.0.join("signer")
    }

    /// Where this user's witness lies, if they are one.
    #[must_use]
    pub fn witness(&self) -> PathBuf {
        self.0.join("witness")
    }

    /// Where the sizes and roots of logs are remembered.
    #[must_use]
    pub fn seen(&self) -> PathBuf {
        self.0.join("seen")
    }

    /// Where the elected remotes of clones are remembered.
    #[must_use]
    pub fn remotes(&self) -> PathBuf {
        self.0.join("remotes")
    }

    /// Where the elected witnesses of clones are remembered.
    #[must_use]
    pub fn witnesses(&self) -> PathBuf {
        self.0.join("witnesses")
    }

    /// Where the chain passes on its way to and from a remote.
    #[must_use]
    pub fn mirrors(&self) -> PathBuf {
        self.0.join("mirrors")
    }

    /// The encrypted file of secrets.
    #[must_use]
    pub fn secrets(&self) -> PathBuf {
        self.0.join("secrets.age")
    }

    /// Where compiled components lie.
    #[must_use]
    pub fn cache(&self) -> PathBuf {
        self.0.join("cache")
    }

    /// Where the temporary folders of commands lie while they run.
    #[must_use]
    pub fn commands(&self) -> PathBuf {
        self.0.join("commands")
    }
}

/// The index that a commit is made of, as git tells its hooks.
const GIT_INDEX_FILE: &str = "GIT_INDEX_FILE";
/// The editor, as git tells its hooks: [`NO_EDITOR`] where none was started.
const GIT_EDITOR: &str = "GIT_EDITOR";
const NO_EDITOR: &str = ":";

/// What git tells a hook of the commit that it is about to make. Only hooks ask; nothing else obeys git's variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitAhead {
    /// The index that it is made of; a relative path starts from the top of the work tree, where git starts its hooks.
    pub index: Option<PathBuf>,
    /// Whether an editor was started for its message.
    pub is_edited: bool,
}

impl CommitAhead {
    /// Reads what git told.
    #[must_use]
    pub fn told() -> Self {
        Self {
            index: env::var_os(GIT_INDEX_FILE)
                .filter(|path| !path.is_empty())
                .map(PathBuf::from),
            is_edited: env::var_os(GIT_EDITOR).is_none_or(|editor| editor != NO_EDITOR),
        }
    }
}

/// Who is named as the asker in entries. Default: the login name.
pub const ASSIZE_ACTOR: &str = "ASSIZE_ACTOR";

/// The pin of the root of trust, for CI: SHA-256 of its version 1, in hex, and `@VERSION` where an older one
/// must not be taken.
pub const ASSIZE_PIN: &str = "ASSIZE_PIN";

/// The pin that the environment gives, as it stands there. One that is set and empty is no pin and not none: a variable that CI
/// forgot to fill must not turn a check off.
#[must_use]
pub fn pin() -> Option<String> {
    env::var_os(ASSIZE_PIN).map(|pin| pin.to_string_lossy().into_owned())
}

/// The name that entries give for whoever asked: a statement, not an identity that was proved.
#[must_use]
pub fn actor() -> String {
    let named = [ASSIZE_ACTOR, "USER", "LOGNAME"]
        .iter()
        .find_map(|name| env::var(name).ok());
    let printable = named.map(|name| name.chars().filter(|c| !c.is_control()).take(64).collect::<String>());
    printable
        .filter(|name| !name.trim().is_empty())
        .unwrap_or_else(|| "unknown".to_owned())
}

/// What the variables that hold secrets start with, for CI: `ASSIZE_SECRET_GITHUB_TOKEN` is the secret `github-token`.
pub const ASSIZE_SECRET: &str = "ASSIZE_SECRET_";
/// The age identity that opens the encrypted file of secrets. Default: `keys/secrets.identity` in the home.
pub const ASSIZE_SECRETS_IDENTITY: &str = "ASSIZE_SECRETS_IDENTITY";
/// The passphrase of that identity, where it is encrypted and nobody can be asked.
pub const ASSIZE_SECRETS_PASSPHRASE: &str = "ASSIZE_SECRETS_PASSPHRASE";

/// The passphrase of the private keys, where they are protected by one and nobody can be asked.
pub const ASSIZE_KEYS_PASSPHRASE: &str = "ASSIZE_KEYS_PASSPHRASE";
/// The number of a file descriptor that the passphrase of the private keys is read from instead.
pub const ASSIZE_KEYS_PASSPHRASE_FD: &str = "ASSIZE_KEYS_PASSPHRASE_FD";
/// The socket of a signer's process, which signs in the place of the own pair of keys.
pub const ASSIZE_SIGNER: &str = "ASSIZE_SIGNER";
/// The socket of the user's ssh-agent, as ssh knows it.
const SSH_AUTH_SOCK: &str = "SSH_AUTH_SOCK";

/// The passphrase of the private keys.
#[must_use]
pub fn keys_passphrase() -> Option<String> {
    env::var(ASSIZE_KEYS_PASSPHRASE).ok()
}

/// The descriptor that the passphrase of the private keys is read from, as it was written.
#[must_use]
pub fn keys_passphrase_fd() -> Option<String> {
    let named = env::var_os(ASSIZE_KEYS_PASSPHRASE_FD)?;
    Some(named.to_string_lossy().into_owned())
}

/// The socket of a signer's process.
#[must_use]
pub fn signer() -> Option<PathBuf> {
    path_in(ASSIZE_SIGNER)
}

/// The socket of the user's ssh-agent.
#[must_use]
pub fn ssh_agent() -> Option<PathBuf> {
    path_in(SSH_AUTH_SOCK)
}

fn path_in(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// The variable that holds the secret `name` where there is one.
#[must_use]
pub fn secret_variable(name: &str) -> String {
    format!("{ASSIZE_SECRET}{}", name.to_ascii_uppercase().replace('-', "_"))
}

/// What the environment holds under the name of a secret.
#[must_use]
pub fn secret_of_environment(name: &str) -> Option<std::ffi::OsString> {
    env::var_os(secret_variable(name))
}

/// The names of the secrets that the environment holds, in their order.
#[must_use]
pub fn secrets_in_environment() -> Vec<String> {
    let mut names: Vec<String> = env::vars_os()
        .filter_map(|(variable, _)| {
            let name = variable.to_str()?.strip_prefix(ASSIZE_SECRET)?;
            Some(name.to_ascii_lowercase().replace('_', "-"))
        })
        .collect();
    names.sort();
    names
}

/// The age identity that is named instead of the home's own.
#[must_use]
pub fn secrets_identity() -> Option<PathBuf> {
    let named = env::var_os(ASSIZE_SECRETS_IDENTITY).filter(|path| !path.is_empty())?;
    Some(PathBuf::from(named))
}

/// The passphrase of the age identity.
#[must_use]
pub fn secrets_passphrase() -> Option<String> {
    env::var(ASSIZE_SECRETS_PASSPHRASE).ok()
}

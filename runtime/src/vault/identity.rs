//! The age identity that opens the encrypted file: a file that only its owner can read, which may have a passphrase.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use age::secrecy::{ExposeSecret, SecretString};
use age::{scrypt, x25519};
use zeroize::Zeroizing;

use super::{VaultFault, terminal};
use crate::{durable, settings};

/// The longest file of an identity, in bytes.
const FILE_BYTES_MAX: u64 = 64 << 10;
/// How costly a passphrase's check may be: 2 to the power of this, which takes 1 GiB and a few seconds.
const WORK_FACTOR_MAX: u8 = 20;

/// The marks at the start of what age encrypted.
const ENCRYPTED_STARTS: [&[u8]; 2] = [b"age-encryption.org/v1", b"-----BEGIN AGE ENCRYPTED FILE-----"];

/// Where the identity lies, and who said so.
#[derive(Debug, Clone)]
pub(super) struct IdentityFile {
    path: PathBuf,
    is_named: bool,
}

impl IdentityFile {
    /// The file that the user named, else the home's own.
    pub(super) fn new(named: Option<PathBuf>, own: PathBuf) -> Self {
        Self {
            is_named: named.is_some(),
            path: named.unwrap_or(own),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the identity; none where the file is missing.
    pub(super) fn read(&self) -> Result<Option<x25519::Identity>, VaultFault> {
        let Some(bytes) = self.bytes()? else { return Ok(None) };
        let plain = if is_encrypted(&bytes) {
            self.decrypt(&bytes)?
        } else {
            bytes
        };
        let text = std::str::from_utf8(&plain).map_err(|_| self.wrong("it is not UTF-8"))?;
        let mut lines = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        let (Some(line), None) = (lines.next(), lines.next()) else {
            return Err(self.wrong("it holds no single key"));
        };
        line.parse().map(Some).map_err(|reason| self.wrong(reason))
    }

    /// Whether a passphrase is needed to read it.
    pub(super) fn is_protected(&self) -> Result<bool, VaultFault> {
        Ok(self.bytes()?.is_some_and(|bytes| is_encrypted(&bytes)))
    }

    /// Reads the identity, or makes the home's own where it is missing.
    pub(super) fn read_or_make(&self) -> Result<x25519::Identity, VaultFault> {
        if let Some(identity) = self.read()? {
            return Ok(identity);
        }
        if self.is_named {
            return Err(self.wrong("there is no such file; make one with `age-keygen -o FILE`"));
        }
        let identity = x25519::Identity::generate();
        let text = Zeroizing::new(format!(
            "# Opens secrets.age beside this folder. Whoever has both has the secrets.\n# public key: {}\n{}\n",
            identity.to_public(),
            identity.to_string().expose_secret()
        ));
        let folder = self.path.parent().unwrap_or(Path::new("."));
        durable::private_dir(folder).map_err(|source| io(folder, source))?;
        durable::replace(&self.path, text.as_bytes()).map_err(|source| io(&self.path, source))?;
        Ok(identity)
    }

    /// The bytes of the file, which nobody else may read. The home's own is no link; one that the user named may be.
    fn bytes(&self) -> Result<Option<Zeroizing<Vec<u8>>>, VaultFault> {
        if !self.is_named
            && let Ok(metadata) = std::fs::symlink_metadata(&self.path)
            && !metadata.is_file()
        {
            return Err(self.wrong("it is not a regular file"));
        }
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(io(&self.path, source)),
        };
        let metadata = file.metadata().map_err(|source| io(&self.path, source))?;
        if !metadata.is_file() {
            return Err(self.wrong("it is not a regular file"));
        }
        let (mode, owner) = (metadata.mode() & 0o777, metadata.uid());
        let ours = owner == rustix::process::geteuid().as_raw() || owner == 0;
        if !ours || mode & 0o077 != 0 {
            return Err(VaultFault::Exposed {
                path: self.path.clone(),
                mode,
                owner,
            });
        }
        let mut bytes = Zeroizing::new(Vec::with_capacity(4 << 10));
        file.take(FILE_BYTES_MAX.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(|source| io(&self.path, source))?;
        if bytes.len() as u64 > FILE_BYTES_MAX {
            return Err(self.wrong("it is too long"));
        }
        Ok(Some(bytes))
    }

    fn decrypt(&self, bytes: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultFault> {
        let passphrase = match settings::secrets_passphrase() {
            Some(passphrase) => passphrase,
            None if terminal::is_there() => terminal::ask(&format!("Passphrase of {}: ", self.path.display()))
                .map_err(|error| VaultFault::unasked(self.path.clone(), &error.to_string()))?,
            None => return Err(VaultFault::unasked(self.path.clone(), "nobody can be asked")),
        };
        let mut opener = scrypt::Identity::new(SecretString::from(passphrase));
        opener.set_max_work_factor(WORK_FACTOR_MAX);
        match age::decrypt(&opener, bytes) {
            Ok(plain) => Ok(Zeroizing::new(plain)),
            Err(age::DecryptError::DecryptionFailed | age::DecryptError::KeyDecryptionFailed) => {
                Err(VaultFault::Passphrase {
                    path: self.path.clone(),
                    reason: "this is not it".to_owned(),
                })
            }
            Err(error) => Err(self.wrong(&one_line(&error))),
        }
    }

    fn wrong(&self, reason: &str) -> VaultFault {
        VaultFault::Identity {
            path: self.path.clone(),
            reason: reason.to_owned(),
        }
    }
}

fn is_encrypted(bytes: &[u8]) -> bool {
    ENCRYPTED_STARTS.iter().any(|start| bytes.starts_with(start))
}

/// The first line of what age says; the others are hints for its own command.
pub(super) fn one_line(error: &age::DecryptError) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

pub(super) fn io(path: &Path, source: std::io::Error) -> VaultFault {
    VaultFault::Io {
        path: path.to_owned(),
        source,
    }
}

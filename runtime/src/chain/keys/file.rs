//! The file of one key: a JWK (RFC 8037 section 2) with its role, and with its private half or with who keeps that.
//!
//! | `keeper` | private half |
//! |---|---|
//! | absent | `d`, as in any JWK |
//! | `passphrase` | `sealed`: an age file in text, for one passphrase |
//! | `keyring` | in the system's keyring, under the key's id |
//! | `ssh-agent` | in the user's ssh-agent |
//! | `signer` | with a signer's process that was used |

use std::path::Path;

use assize_provenance::key::{PublicKey, Role, jwk};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::SigningKey;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::fault::KeyFault;
use super::public_of;
use crate::durable;

/// The longest key file that is read, in bytes.
pub(super) const FILE_BYTES_MAX: u64 = 16 << 10;

/// Who keeps the private half of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeping {
    /// A file that only its owner can read.
    File,
    /// Such a file, encrypted with a passphrase.
    Passphrase,
    /// The system's keyring.
    Keyring,
    /// An ssh-agent.
    SshAgent,
    /// A signer's process.
    Signer,
}

impl Keeping {
    /// Every way to keep a key.
    const ALL: [Self; 5] = [
        Self::File,
        Self::Passphrase,
        Self::Keyring,
        Self::SshAgent,
        Self::Signer,
    ];

    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Passphrase => "passphrase",
            Self::Keyring => "keyring",
            Self::SshAgent => "ssh-agent",
            Self::Signer => "signer",
        }
    }
}

/// The private half, or where it is.
pub(super) enum Private {
    /// The seed.
    Seed(Zeroizing<[u8; 32]>),
    /// The seed, encrypted with a passphrase.
    Sealed(String),
    /// Elsewhere.
    With(Keeping),
}

/// One key as its file has it.
pub(super) struct KeyFile {
    pub(super) public: PublicKey,
    pub(super) role: Role,
    pub(super) created: String,
    pub(super) private: Private,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    kty: String,
    crv: String,
    kid: String,
    x: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    d: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    keeper: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sealed: Option<String>,
    role: String,
    created: String,
}

impl KeyFile {
    /// Who keeps the private half.
    pub(super) fn keeping(&self) -> Keeping {
        match self.private {
            Private::Seed(_) => Keeping::File,
            Private::Sealed(_) => Keeping::Passphrase,
            Private::With(keeping) => keeping,
        }
    }

    /// Reads a key. Where its private half is there, the public one must belong to it.
    pub(super) fn load(path: &Path) -> Result<Self, KeyFault> {
        let unreadable = |reason: &str| KeyFault::Unreadable {
            path: path.to_owned(),
            reason: reason.to_owned(),
        };
        let bytes = durable::read(path, FILE_BYTES_MAX).map_err(|source| io(path, source))?;
        let bytes = Zeroizing::new(bytes.ok_or_else(|| unreadable("it is missing"))?);
        // The parser's own words could repeat the secret.
        let stored: Stored = serde_json::from_slice(&bytes)
            .map_err(|error| unreadable(&format!("bad JSON at line {}", error.line())))?;
        let bare = serde_json::json!({"crv": stored.crv, "kty": stored.kty, "x": stored.x});
        let public = jwk::parse(&bare.to_string()).map_err(|error| unreadable(&error.to_string()))?;
        if public.id().to_string() != stored.kid {
            return Err(unreadable("`kid` is not the thumbprint of its key"));
        }
        let role = [Role::Council, Role::Log, Role::Person]
            .into_iter()
            .find(|role| role.name() == stored.role)
            .ok_or_else(|| unreadable("`role` is none of council, log and person"))?;
        let keeping = match &stored.keeper {
            None => Some(Keeping::File),
            Some(name) => Keeping::ALL.into_iter().find(|keeping| keeping.name() == name),
        };
        let private = match (keeping, stored.d.map(Zeroizing::new), stored.sealed) {
            (Some(Keeping::File), Some(d), None) => {
                let seed = seed(&d).ok_or_else(|| unreadable("`d` is not 32 bytes"))?;
                if public_of(&SigningKey::from_bytes(&seed)) != public {
                    return Err(unreadable("its public half does not belong to its private half"));
                }
                Private::Seed(seed)
            }
            (Some(Keeping::Passphrase), None, Some(sealed)) => Private::Sealed(sealed),
            (Some(keeping), None, None) if !matches!(keeping, Keeping::File | Keeping::Passphrase) => {
                Private::With(keeping)
            }
            _ => return Err(unreadable("`d`, `sealed` and `keeper` do not fit together")),
        };
        Ok(Self {
            public,
            role,
            created: stored.created,
            private,
        })
    }

    /// Writes the key in one step: whenever the machine stops, either the old or the new file is there.
    pub(super) fn store(&self, path: &Path) -> Result<(), KeyFault> {
        let keeping = self.keeping();
        let mut stored = Stored {
            kty: "OKP".into(),
            crv: "Ed25519".into(),
            kid: self.public.id().to_string(),
            x: URL_SAFE_NO_PAD.encode(self.public.as_bytes()),
            d: match &self.private {
                Private::Seed(seed) => Some(URL_SAFE_NO_PAD.encode(**seed)),
                _ => None,
            },
            keeper: (keeping != Keeping::File).then(|| keeping.name().into()),
            sealed: match &self.private {
                Private::Sealed(sealed) => Some(sealed.clone()),
                _ => None,
            },
            role: self.role.name().into(),
            created: self.created.clone(),
        };
        // Room for all of it at once: growing would leave copies of the secret behind.
        let mut text = Zeroizing::new(Vec::with_capacity(4 << 10));
        let written = serde_json::to_writer_pretty(&mut *text, &stored);
        drop(stored.d.take().map(Zeroizing::new));
        written.map_err(|error| io(path, std::io::Error::other(error)))?;
        durable::replace(path, &text).map_err(|source| io(path, source))
    }
}

fn seed(d: &str) -> Option<Zeroizing<[u8; 32]>> {
    let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(d).ok()?);
    bytes.as_slice().try_into().ok().map(Zeroizing::new)
}

pub(super) fn io(path: &Path, source: std::io::Error) -> KeyFault {
    KeyFault::Io {
        path: path.to_owned(),
        source,
    }
}

//! Whom this user trusts: their own keys, those in files that were named, and a root of trust that is pinned.

use std::path::{Path, PathBuf};

use assize_provenance::key::vkey::{NoteKey, NoteKeyError, NoteKind};
use assize_provenance::key::{PublicKey, Role, TrustedKeys, allowed_signers, jwk, openssh};
use assize_provenance::root::{Pin, PinSource};

use super::durability::election;
use super::{App, Fault, read_named};
use crate::chain::ChainFault;
use crate::chain::keys::KeyStore;
use crate::chain::pins::Pins;
use crate::chain::seen::Place;
use crate::chain::waivers::{HeldTrust, WaiverReader};
use crate::repository::Repository;
use crate::settings::{ASSIZE_PIN, Home};

/// The longest file of keys that is read, in bytes.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// Files of public keys that were named, and a pin.
#[derive(Debug, Clone, Copy, Default)]
pub struct TrustFiles<'a> {
    /// Files of single keys or sets: JWK, JWK set, OpenSSH lines, allowed signers. A key without a role may sign both.
    pub keys: &'a [PathBuf],
    /// Files in ssh-keygen's ALLOWED SIGNERS format.
    pub allowed_signers: &'a [PathBuf],
    /// SHA-256 of version 1 of the root of trust, in hex; or that, `@` and the oldest version that may be the newest.
    pub pin: Option<&'a str>,
    /// Keys of witnesses, as they are typed.
    pub witnesses: &'a [String],
}

impl App {
    /// Whom to trust in this repository: among them the witnesses that are elected for this clone.
    pub(super) fn trusted(
        &self,
        repository: &Repository,
        home: Option<&Home>,
        files: TrustFiles<'_>,
    ) -> Result<TrustedKeys, Fault> {
        let mut trusted = self.trusted_anywhere(home, files)?;
        for elected in election(repository, home)?.witnesses {
            trusted.trust_witness(elected.key);
        }
        if let Some(pin) = self.pinned(repository, home, files.pin)? {
            trusted.pin(pin);
        }
        Ok(trusted)
    }

    /// Whom to trust where there is no repository, hence no root of trust.
    pub(super) fn trusted_anywhere(&self, home: Option<&Home>, files: TrustFiles<'_>) -> Result<TrustedKeys, Fault> {
        let mut trusted = match home {
            Some(home) => KeyStore::new(home.keys()).trusted()?,
            None => TrustedKeys::new(),
        };
        for path in files.allowed_signers {
            trusted.extend(parse_signers(path, &read_text(&self.dir.join(path))?)?);
        }
        for path in files.keys {
            trusted.extend(parse_keys(path, &read_text(&self.dir.join(path))?)?);
        }
        for witness in files.witnesses {
            trusted.trust_witness(parse_witness(witness)?);
        }
        Ok(trusted)
    }

    /// The same, with what is remembered of the pinned root of trust.
    pub(super) fn held_trust(&self, home: Option<&Home>, keys: TrustedKeys) -> Result<HeldTrust, Fault> {
        let seen = match (home, keys.pinned()) {
            (Some(home), Some(pin)) => Pins::in_seen(&home.seen())
                .newest(pin.digest)
                .map_err(ChainFault::from)?,
            _ => None,
        };
        Ok(HeldTrust { keys, seen })
    }

    /// The waivers that people signed, as this user believes them.
    pub(super) fn waiver_reader(&self, repository: &Repository, home: Option<&Home>) -> Result<WaiverReader, Fault> {
        let keys = self.trusted(repository, home, TrustFiles::default())?;
        Ok(WaiverReader::new(self.held_trust(home, keys)?))
    }

    /// The pin that was given, else that of the environment, else the one that is remembered for this clone.
    pub(super) fn pinned(
        &self,
        repository: &Repository,
        home: Option<&Home>,
        given: Option<&str>,
    ) -> Result<Option<Pin>, Fault> {
        if let Some(text) = given {
            return parse_pin(text, PinSource::Flag, "--pin").map(Some);
        }
        if let Some(pin) = self.given_pin()? {
            return Ok(Some(pin));
        }
        let Some(home) = home else { return Ok(None) };
        let remembered = Pins::in_seen(&home.seen())
            .of(&clone_of(repository)?)
            .map_err(ChainFault::from)?;
        Ok(remembered.map(|digest| Pin {
            digest,
            least: 1,
            source: PinSource::Memory,
        }))
    }

    /// The pin of the environment.
    pub(super) fn given_pin(&self) -> Result<Option<Pin>, Fault> {
        let text = self.pin.as_deref();
        text.map(|text| parse_pin(text, PinSource::Variable, ASSIZE_PIN))
            .transpose()
    }

    /// The one public key that a file holds for a role.
    pub(super) fn key_in(&self, path: &Path, role: Role) -> Result<PublicKey, Fault> {
        let keys = parse_keys(path, &read_text(&self.dir.join(path))?)?;
        // A key that is written down without a role may have any.
        let has_roles = [Role::Council, Role::Log].map(|role| keys.keys(role).copied().collect::<Vec<_>>());
        let wanted: Vec<PublicKey> = match &has_roles {
            [council, log] if council == log && !council.is_empty() => council.clone(),
            _ => keys.keys(role).copied().collect(),
        };
        match wanted.as_slice() {
            [key] => Ok(*key),
            keys => Err(unusable(
                path,
                &format!("it holds {} {} keys, and one is needed", keys.len(), role.name()),
            )),
        }
    }
}

/// Reads a pin as somebody wrote it.
pub(super) fn parse_pin(text: &str, source: PinSource, from: &str) -> Result<Pin, Fault> {
    Pin::read(text.trim(), source).map_err(|error| {
        Fault::wrong(
            format!("`{text}` from {from} is no pin: {error}"),
            "`assize root show` prints the pin of the root of trust that is here; take it from somebody you trust",
        )
    })
}

/// This clone, as pins know it: by its common folder, which is there before anything else of ours.
pub(super) fn clone_of(repository: &Repository) -> Result<Place, Fault> {
    let common_dir = &repository.places().common_dir;
    Place::of(common_dir).map_err(|source| Fault::Io {
        path: common_dir.clone(),
        source,
    })
}

/// Reads the key of a witness.
pub(super) fn parse_witness(text: &str) -> Result<NoteKey, Fault> {
    let wrong = |why: String| {
        let hint = "the witness tells its key when it starts: `NAME+HASH+BASE64`, on one line";
        Fault::wrong(format!("`{text}` is no key of a witness: {why}"), hint)
    };
    let key: NoteKey = text.parse().map_err(|error: NoteKeyError| wrong(error.to_string()))?;
    match key.kind() {
        NoteKind::Cosignature => Ok(key),
        NoteKind::Note => Err(wrong("it is the key of a log".to_owned())),
    }
}

fn read_text(path: &Path) -> Result<String, Fault> {
    String::from_utf8(read_named(path, FILE_BYTES_MAX)?).map_err(|_| unusable(path, "it is not UTF-8 text"))
}

fn unusable(path: &Path, reason: &str) -> Fault {
    Fault::wrong(
        format!("{} holds no keys that can be used: {reason}", path.display()),
        "`assize key list --format allowed-signers` (or jwk) prints a file that can",
    )
}

fn parse_signers(path: &Path, text: &str) -> Result<TrustedKeys, Fault> {
    allowed_signers::parse(text).map_err(|error| unusable(path, &error.to_string()))
}

/// Tells the formats apart by how they begin.
fn parse_keys(path: &Path, text: &str) -> Result<TrustedKeys, Fault> {
    let text = text.trim();
    let mut trusted = TrustedKeys::new();
    if text.starts_with('{') {
        for key in parse_jwks(path, text)? {
            trust_both(&mut trusted, key);
        }
    } else if text.starts_with("ssh-ed25519 ") {
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            trust_both(
                &mut trusted,
                openssh::parse(line).map_err(|error| unusable(path, &error.to_string()))?,
            );
        }
    } else {
        trusted.extend(parse_signers(path, text)?);
    }
    Ok(trusted)
}

fn trust_both(trusted: &mut TrustedKeys, key: PublicKey) {
    trusted.trust(Role::Council, key);
    trusted.trust(Role::Log, key);
}

/// One JWK, or a set of them (RFC 7517 section 5).
fn parse_jwks(path: &Path, text: &str) -> Result<Vec<PublicKey>, Fault> {
    let value: serde_json::Value = serde_json::from_str(text).map_err(|error| unusable(path, &error.to_string()))?;
    let keys = match value.get("keys") {
        Some(serde_json::Value::Array(keys)) => keys.clone(),
        Some(_) => return Err(unusable(path, "`keys` is no list")),
        None => vec![value],
    };
    let parse = |key: &serde_json::Value| {
        let bare = serde_json::json!({"crv": key.get("crv"), "kty": key.get("kty"), "x": key.get("x")});
        if key.get("d").is_some() {
            return Err(unusable(
                path,
                "it holds a private key, which belongs nowhere but in its owner's store",
            ));
        }
        jwk::parse(&bare.to_string()).map_err(|error| unusable(path, &error.to_string()))
    };
    keys.iter().map(parse).collect()
}

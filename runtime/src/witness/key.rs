//! A witness's own key: one file that only its owner can read, one line `PRIVATE+KEY+name+hash+base64` as other tools for signed
//! notes write it. It signs cosignatures and nothing else.

use std::path::Path;

use assize_provenance::key::PublicKey;
use assize_provenance::key::vkey::{NoteKey, NoteKind};
use assize_provenance::signature::ToSign;
use assize_provenance::signature::cosignature::CosignedText;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use zeroize::Zeroizing;

use super::fault::WitnessFault;
use crate::durable;

/// The longest key file that is read, in bytes.
const FILE_BYTES_MAX: u64 = 4 << 10;
/// What every private key of notes starts with.
const PREFIX: &str = "PRIVATE+KEY+";
/// The type of an Ed25519 key that cosigns.
const COSIGNATURE: u8 = 0x04;

/// Signs what the witness vouches for. The private half is wiped from memory when it is dropped.
pub(super) struct WitnessKey {
    signing: SigningKey,
    pub(super) public: NoteKey,
}

impl std::fmt::Debug for WitnessKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "WitnessKey({})", self.public)
    }
}

impl WitnessKey {
    /// Reads the key, or makes one of this name where there is none. The caller holds the folder's lock.
    pub(super) fn open(path: &Path, name: Option<&str>) -> Result<Self, WitnessFault> {
        let io = |source| WitnessFault::Io {
            path: path.to_owned(),
            source,
        };
        let folder = || path.parent().unwrap_or(path).to_owned();
        let Some(bytes) = durable::read(path, FILE_BYTES_MAX).map_err(io)? else {
            let name = name.ok_or_else(|| WitnessFault::Nameless(folder()))?;
            let mut seed = Zeroizing::new([0; 32]);
            getrandom::fill(seed.as_mut()).map_err(|error| WitnessFault::Randomness(error.to_string()))?;
            let key = Self::of(path, name, &seed)?;
            durable::replace(path, key.line(&seed).as_bytes()).map_err(io)?;
            return Ok(key);
        };
        let bytes = Zeroizing::new(bytes);
        let key = Self::read(path, &bytes)?;
        match name {
            Some(name) if name != key.public.name() => Err(WitnessFault::OtherName {
                folder: folder(),
                found: key.public.name().to_owned(),
            }),
            _ => Ok(key),
        }
    }

    /// Reads the file's one line, in its one spelling.
    fn read(path: &Path, bytes: &[u8]) -> Result<Self, WitnessFault> {
        let damaged = || WitnessFault::Damaged {
            path: path.to_owned(),
            reason: "it is no private key of a witness",
        };
        let text = str::from_utf8(bytes).map_err(|_| damaged())?;
        let rest = text.trim_end().strip_prefix(PREFIX).ok_or_else(damaged)?;
        let mut parts = rest.splitn(3, '+');
        let (Some(name), Some(_), Some(typed)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(damaged());
        };
        let typed = Zeroizing::new(STANDARD.decode(typed).map_err(|_| damaged())?);
        let seed = typed.strip_prefix(&[COSIGNATURE]).and_then(|seed| seed.try_into().ok());
        let seed: Zeroizing<[u8; 32]> = Zeroizing::new(seed.ok_or_else(damaged)?);
        let key = Self::of(path, name, &seed)?;
        if *key.line(&seed) == *text {
            Ok(key)
        } else {
            Err(damaged())
        }
    }

    fn of(path: &Path, name: &str, seed: &[u8; 32]) -> Result<Self, WitnessFault> {
        let signing = SigningKey::from_bytes(seed);
        let public = PublicKey::from_bytes(signing.verifying_key().as_bytes()).map_err(|_| WitnessFault::Damaged {
            path: path.to_owned(),
            reason: "its public half is no key",
        })?;
        let public = NoteKey::new(name, NoteKind::Cosignature, public)?;
        Ok(Self { signing, public })
    }

    fn line(&self, seed: &[u8; 32]) -> Zeroizing<String> {
        let hash: String = self.public.hash().iter().map(|byte| format!("{byte:02x}")).collect();
        let typed = Zeroizing::new([&[COSIGNATURE], seed.as_slice()].concat());
        let typed = Zeroizing::new(STANDARD.encode(&*typed));
        Zeroizing::new(format!("{PREFIX}{}+{hash}+{}\n", self.public.name(), *typed))
    }

    pub(super) fn sign(&self, checkpoint: &ToSign<CosignedText>) -> [u8; 64] {
        self.signing.sign(checkpoint.as_bytes()).to_bytes()
    }
}

//! The stored form of a root of trust, version 1. Frozen: a change is a new version beside this one.
//!
//! A version is a DSSE envelope as one line of canonical JSON, without a line feed:
//!
//! ```text
//! {"payload":<padded base64>,"payloadType":"application/vnd.assize.root.v1+json","signatures":[{"keyid","sig"}]}
//! ```
//!
//! `keyid` is SHA-256 of the key's 32 bytes in hexadecimal, `sig` the padded base64 signature over the DSSE encoding; signatures
//! are in the order of their `keyid`, each once. The payload is canonical JSON, too:
//!
//! ```text
//! {"grants":[{"from"?,"key","log","role","to"?}],"keys":[{"custody","jwk":{"crv","kty","x"},"principal"}],
//!  "previous"?,"signers":{"keys","threshold"},"v":1,"version"}
//! ```
//!
//! `log` is a log's name, or `all`; then `from` and `to` are absent, else `from` is there. `to` holds `root` and `size`. Keys are
//! named by their RFC 7638 thumbprints and listed in the order of the bytes of these; grants are in the order of key, role
//! (council, log, person), log (`all` first) and `from`. A field without a value is absent. Unknown fields and roles are refused.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{End, Grant, Holding, ROOT_BYTES_MAX, Reach, Root};
use crate::canonical::{self, CanonicalError};
use crate::digest::Digest;
use crate::entry::v1::FormError;
use crate::key::{PublicKey, Role};

/// The media type of the payload.
pub const PAYLOAD_TYPE: &str = "application/vnd.assize.root.v1+json";

/// What stands for every log.
const ALL: &str = "all";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RootV1 {
    grants: Vec<GrantV1>,
    keys: Vec<HoldingV1>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous: Option<String>,
    signers: SignersV1,
    v: u8,
    version: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct GrantV1 {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<u64>,
    key: String,
    log: String,
    role: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    to: Option<EndV1>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EndV1 {
    root: String,
    size: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HoldingV1 {
    custody: String,
    jwk: JwkV1,
    principal: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct JwkV1 {
    crv: String,
    kty: String,
    x: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SignersV1 {
    keys: Vec<String>,
    threshold: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EnvelopeV1 {
    payload: String,
    #[serde(rename = "payloadType")]
    payload_type: String,
    signatures: Vec<SignatureV1>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SignatureV1 {
    keyid: String,
    sig: String,
}

fn wrong(error: impl std::fmt::Display) -> FormError {
    FormError::Field(error.to_string())
}

fn canonical_bytes(value: &impl Serialize) -> Result<Vec<u8>, FormError> {
    let bytes = canonical::to_bytes(&serde_json::to_value(value).map_err(wrong)?)?;
    match bytes.len() {
        bytes if bytes > ROOT_BYTES_MAX => Err(FormError::Canonical(CanonicalError::TooLarge {
            bytes,
            bytes_max: ROOT_BYTES_MAX,
        })),
        _ => Ok(bytes),
    }
}

/// Writes what is signed.
pub(super) fn payload_bytes(root: &Root) -> Result<Vec<u8>, FormError> {
    canonical_bytes(&RootV1 {
        grants: root.grants.iter().map(grant_to_stored).collect(),
        keys: root.keys.iter().map(holding_to_stored).collect(),
        previous: root.previous.map(|digest| digest.to_string()),
        signers: SignersV1 {
            keys: root.signers.iter().map(ToString::to_string).collect(),
            threshold: root.threshold,
        },
        v: 1,
        version: root.version,
    })
}

fn grant_to_stored(grant: &Grant) -> GrantV1 {
    let (log, from, to) = match grant.reach {
        Reach::All => (ALL.to_owned(), None, None),
        Reach::Within { log, from, to } => (log.to_string(), Some(from), to),
    };
    GrantV1 {
        from,
        key: grant.key.to_string(),
        log,
        role: grant.role.name().to_owned(),
        to: to.map(|to| EndV1 {
            root: to.root.to_string(),
            size: to.size,
        }),
    }
}

fn holding_to_stored(holding: &Holding) -> HoldingV1 {
    HoldingV1 {
        custody: holding.custody.to_string(),
        jwk: JwkV1 {
            crv: "Ed25519".to_owned(),
            kty: "OKP".to_owned(),
            x: BASE64_URL_SAFE_NO_PAD.encode(holding.key.as_bytes()),
        },
        principal: holding.principal.to_string(),
    }
}

/// Reads a payload, and only if writing it again gives the same bytes.
pub(super) fn parse_payload(bytes: &[u8]) -> Result<Root, FormError> {
    let value = canonical::parse(bytes, ROOT_BYTES_MAX)?;
    let stored: RootV1 = serde_json::from_value(value).map_err(wrong)?;
    if stored.v != 1 {
        return Err(wrong(format!(
            "version {} of the form is not known here, only version 1",
            stored.v
        )));
    }
    let signers = stored.signers;
    let root = Root {
        version: stored.version,
        previous: stored.previous.map(|text| text.parse().map_err(wrong)).transpose()?,
        keys: stored
            .keys
            .into_iter()
            .map(holding_from_stored)
            .collect::<Result<_, _>>()?,
        signers: signers
            .keys
            .iter()
            .map(|key| key.parse().map_err(wrong))
            .collect::<Result<_, _>>()?,
        threshold: signers.threshold,
        grants: stored
            .grants
            .into_iter()
            .map(grant_from_stored)
            .collect::<Result<_, _>>()?,
    };
    if payload_bytes(&root)? == bytes {
        Ok(root)
    } else {
        Err(FormError::Canonical(CanonicalError::NotCanonical))
    }
}

fn grant_from_stored(stored: GrantV1) -> Result<Grant, FormError> {
    let role = [Role::Council, Role::Log, Role::Person]
        .into_iter()
        .find(|role| role.name() == stored.role)
        .ok_or_else(|| wrong("a role is `council`, `log` or `person`"))?;
    let end = |to: EndV1| {
        Ok::<_, FormError>(End {
            size: to.size,
            root: to.root.parse().map_err(wrong)?,
        })
    };
    let reach = match (stored.log.as_str(), stored.from, stored.to) {
        (ALL, None, None) => Reach::All,
        (ALL, ..) => return Err(wrong("a grant for all logs has no positions")),
        (log, Some(from), to) => Reach::Within {
            log: log.parse().map_err(wrong)?,
            from,
            to: to.map(end).transpose()?,
        },
        (_, None, _) => return Err(wrong("a grant within one log says from where on")),
    };
    Ok(Grant {
        key: stored.key.parse().map_err(wrong)?,
        role,
        reach,
    })
}

fn holding_from_stored(stored: HoldingV1) -> Result<Holding, FormError> {
    if (stored.jwk.kty.as_str(), stored.jwk.crv.as_str()) != ("OKP", "Ed25519") {
        return Err(wrong("a key is an OKP key on the curve Ed25519"));
    }
    let bytes = BASE64_URL_SAFE_NO_PAD
        .decode(&stored.jwk.x)
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| wrong("a key has 32 bytes in base64url"))?;
    Ok(Holding {
        key: PublicKey::from_bytes(&bytes).map_err(wrong)?,
        principal: stored.principal.parse().map_err(wrong)?,
        custody: stored.custody.parse().map_err(wrong)?,
    })
}

/// Signatures by SHA-256 of the keys that made them.
pub(super) type Signatures = BTreeMap<Digest, [u8; 64]>;

/// Writes the whole envelope.
pub(super) fn envelope_bytes(payload: &[u8], signatures: &Signatures) -> Result<Vec<u8>, FormError> {
    let signature = |(keyid, sig): (&Digest, &[u8; 64])| SignatureV1 {
        keyid: keyid.to_string(),
        sig: BASE64_STANDARD.encode(sig),
    };
    canonical_bytes(&EnvelopeV1 {
        payload: BASE64_STANDARD.encode(payload),
        payload_type: PAYLOAD_TYPE.to_owned(),
        signatures: signatures.iter().map(signature).collect(),
    })
}

/// Takes an envelope apart, and only if writing it again gives the same bytes.
pub(super) fn parse_envelope(bytes: &[u8]) -> Result<(Vec<u8>, Signatures), FormError> {
    let value: Value = canonical::parse(bytes, ROOT_BYTES_MAX)?;
    let stored: EnvelopeV1 = serde_json::from_value(value).map_err(wrong)?;
    if stored.payload_type != PAYLOAD_TYPE {
        return Err(wrong(format!("the payload type of a root is `{PAYLOAD_TYPE}`")));
    }
    let payload = BASE64_STANDARD.decode(&stored.payload).map_err(wrong)?;
    let mut signatures = Signatures::new();
    for SignatureV1 { keyid, sig } in stored.signatures {
        let sig = BASE64_STANDARD.decode(sig).ok().and_then(|sig| sig.try_into().ok());
        let sig = sig.ok_or_else(|| wrong("a signature has 64 bytes in base64"))?;
        signatures.insert(keyid.parse().map_err(wrong)?, sig);
    }
    // Another order of the signatures, or one key twice, does not come back as it was.
    if envelope_bytes(&payload, &signatures)? == bytes {
        Ok((payload, signatures))
    } else {
        Err(FormError::Canonical(CanonicalError::NotCanonical))
    }
}

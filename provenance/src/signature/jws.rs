//! JSON Web Signatures (RFC 7515) with Ed25519 (RFC 8037).
//!
//! The protected header is a constant of the key: `alg` is always `EdDSA`, and the algorithm is taken from the key, never
//! from the header. RFC 9864 renames it to `Ed25519`, which not every library knows; so that name is understood in what
//! others wrote and never written or stored.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::Value;

use super::{PAYLOAD_TYPE, ToSign};
use crate::key::{KeyId, PublicKey, SignatureMismatch};

/// Marks bytes to be signed as a JWS.
#[derive(Debug)]
pub enum Jws {}

/// How many bytes a compact JWS of others may have.
pub const COMPACT_BYTES_MAX: usize = 1 << 20;

/// Why a compact JWS is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JwsError {
    /// It is not three parts of base64url between dots, or far too long.
    #[error("a compact JWS has three base64url parts between dots and at most {COMPACT_BYTES_MAX} bytes")]
    Shape,
    /// The header is none of the two that Assize understands.
    #[error(
        "the JWS header must hold `alg` EdDSA (or Ed25519), `typ` {PAYLOAD_TYPE}, the `kid` of the key, and nothing else"
    )]
    Header,
    /// The signature is wrong.
    #[error(transparent)]
    Signature(#[from] SignatureMismatch),
}

/// Writes the protected header that goes with a key.
#[must_use]
pub fn protected_header(kid: &KeyId) -> String {
    format!(r#"{{"alg":"EdDSA","kid":"{kid}","typ":"{PAYLOAD_TYPE}"}}"#)
}

/// Returns what a signature over `payload` covers (RFC 7515, section 5.1).
pub(crate) fn to_sign(kid: &KeyId, payload: &[u8]) -> ToSign<Jws> {
    ToSign::new(signing_input(kid, payload).into_bytes())
}

fn signing_input(kid: &KeyId, payload: &[u8]) -> String {
    // A third more than the payload, and the header.
    let mut input = String::with_capacity(payload.len().saturating_mul(4).div_ceil(3).saturating_add(256));
    BASE64_URL_SAFE_NO_PAD.encode_string(protected_header(kid), &mut input);
    input.push('.');
    BASE64_URL_SAFE_NO_PAD.encode_string(payload, &mut input);
    input
}

/// Writes the compact form (RFC 7515, section 7.1), which any JOSE library verifies.
#[must_use]
pub fn compact(kid: &KeyId, payload: &[u8], signature: &[u8; 64]) -> String {
    format!(
        "{}.{}",
        signing_input(kid, payload),
        BASE64_URL_SAFE_NO_PAD.encode(signature)
    )
}

/// Reads and verifies a compact JWS that may come from elsewhere, and returns its payload.
///
/// # Errors
///
/// Every [`JwsError`].
pub fn verify_compact(text: &str, key: &PublicKey) -> Result<Vec<u8>, JwsError> {
    if text.len() > COMPACT_BYTES_MAX {
        return Err(JwsError::Shape);
    }
    let decode = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| JwsError::Shape);
    let (signed, signature) = text.rsplit_once('.').ok_or(JwsError::Shape)?;
    let (header, payload) = signed.split_once('.').ok_or(JwsError::Shape)?;
    let signature = decode(signature)?.try_into().map_err(|_| JwsError::Shape)?;
    check_header(&decode(header)?, &key.id())?;
    let payload = decode(payload)?;
    key.verify(signed.as_bytes(), &signature)?;
    Ok(payload)
}

fn check_header(header: &[u8], kid: &KeyId) -> Result<(), JwsError> {
    let Ok(Value::Object(members)) = serde_json::from_slice(header) else {
        return Err(JwsError::Header);
    };
    let text = |member: &str| members.get(member).and_then(Value::as_str);
    let known = matches!(text("alg"), Some("EdDSA" | "Ed25519"))
        && text("typ") == Some(PAYLOAD_TYPE)
        && text("kid") == Some(kid.to_string().as_str());
    if known && members.len() == 3 {
        Ok(())
    } else {
        Err(JwsError::Header)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::SigningPair;

    fn signed(header: &str, pair: &SigningPair) -> String {
        let encode = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
        let input = format!("{}.{}", encode(header), encode("{}"));
        format!("{input}.{}", BASE64_URL_SAFE_NO_PAD.encode(pair.sign(input.as_bytes())))
    }

    /// RFC 8037, appendix A.4: the signing input and the signature, as far as they do not depend on our header.
    #[test]
    fn the_signature_of_the_rfc_verifies() {
        let key = crate::key::jwk::parse(
            r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
        )
        .unwrap();
        let input = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
        let signature = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap().try_into().unwrap();
        assert_eq!(key.verify(input.as_bytes(), &bytes), Ok(()));
        assert_eq!(
            verify_compact(&format!("{input}.{signature}"), &key),
            Err(JwsError::Header)
        );
        crate::testing::ran("RFC 8037, appendix A.4", 1, 1);
    }

    #[test]
    fn what_is_written_verifies() {
        let pair = SigningPair::from_seed(1);
        let kid = pair.public().id();
        let signature = pair.sign(to_sign(&kid, b"payload").as_bytes());
        let text = compact(&kid, b"payload", &signature);
        assert_eq!(verify_compact(&text, &pair.public()), Ok(b"payload".to_vec()));
        assert_eq!(
            verify_compact(&text, &SigningPair::from_seed(2).public()),
            Err(JwsError::Header)
        );
        let other = compact(&kid, b"other", &signature);
        assert_eq!(
            verify_compact(&other, &pair.public()),
            Err(JwsError::Signature(SignatureMismatch))
        );
    }

    #[test]
    fn only_two_headers_are_understood() {
        let pair = SigningPair::from_seed(1);
        let kid = pair.public().id();
        let with = |alg: &str, more: &str| {
            signed(
                &format!(r#"{{"alg":"{alg}","kid":"{kid}","typ":"{PAYLOAD_TYPE}"{more}}}"#),
                &pair,
            )
        };
        assert!(verify_compact(&with("EdDSA", ""), &pair.public()).is_ok());
        assert!(verify_compact(&with("Ed25519", ""), &pair.public()).is_ok());
        for (alg, more) in [
            ("none", ""),
            ("HS256", ""),
            ("EdDSA", r#","crit":["b64"]"#),
            ("EdDSA", r#","jwk":{}"#),
        ] {
            assert_eq!(
                verify_compact(&with(alg, more), &pair.public()),
                Err(JwsError::Header),
                "{alg}{more}"
            );
        }
        for shape in [
            "",
            "a.b",
            "a.b.c.d",
            &format!("{}=", with("EdDSA", "")),
            &"a".repeat(COMPACT_BYTES_MAX + 1),
        ] {
            assert_eq!(verify_compact(shape, &pair.public()), Err(JwsError::Shape));
        }
    }
}

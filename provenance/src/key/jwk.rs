//! Keys as JSON Web Keys (RFC 7517) of type OKP (RFC 8037).

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::Value;

use super::{PublicKey, PublicKeyError};

/// How many bytes a written key may have.
const JWK_BYTES_MAX: usize = 4096;

/// Why a text is no usable JSON Web Key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JwkError {
    /// It is no JSON object, or far too long for a key.
    #[error("a JSON Web Key is a JSON object of at most {JWK_BYTES_MAX} bytes")]
    NotAnObject,
    /// It holds a private key.
    #[error(
        "this JSON Web Key holds a private key (`d`); give the public one only, and replace the key if this text left your hands"
    )]
    Private,
    /// A member is missing or is for another kind of key.
    #[error("a JSON Web Key for Ed25519 needs `{member}` = `{expected}`")]
    Member {
        /// The member's name.
        member: &'static str,
        /// What stands there for an Ed25519 key.
        expected: &'static str,
    },
    /// The key itself is no good.
    #[error(transparent)]
    Key(#[from] PublicKeyError),
}

/// Returns the text over which the thumbprint goes (RFC 7638, section 3; RFC 8037, section 2).
pub(super) fn thumbprint_input(key: &PublicKey) -> String {
    format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, x(key))
}

/// Writes a key with its id, on one line.
#[must_use]
pub fn print(key: &PublicKey) -> String {
    format!(
        r#"{{"alg":"EdDSA","crv":"Ed25519","kid":"{}","kty":"OKP","use":"sig","x":"{}"}}"#,
        key.id(),
        x(key)
    )
}

/// Reads a public key. Members other than `kty`, `crv` and `x` are passed over, as the RFC asks.
///
/// # Errors
///
/// Every [`JwkError`].
pub fn parse(text: &str) -> Result<PublicKey, JwkError> {
    if text.len() > JWK_BYTES_MAX {
        return Err(JwkError::NotAnObject);
    }
    let Ok(Value::Object(members)) = serde_json::from_str(text) else {
        return Err(JwkError::NotAnObject);
    };
    if members.contains_key("d") {
        return Err(JwkError::Private);
    }
    for (member, expected) in [("kty", "OKP"), ("crv", "Ed25519")] {
        if members.get(member).and_then(Value::as_str) != Some(expected) {
            return Err(JwkError::Member { member, expected });
        }
    }
    let bytes = members
        .get("x")
        .and_then(Value::as_str)
        .and_then(|x| BASE64_URL_SAFE_NO_PAD.decode(x).ok());
    let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
    let bytes = bytes.ok_or(JwkError::Member {
        member: "x",
        expected: "32 bytes in base64url",
    })?;
    Ok(PublicKey::from_bytes(&bytes)?)
}

fn x(key: &PublicKey) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(key.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8037, appendix A.2 and A.3.
    const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    const THUMBPRINT: &str = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";

    #[test]
    fn the_key_of_the_rfc_has_the_thumbprint_of_the_rfc() {
        let key = parse(&format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{X}"}}"#)).unwrap();
        assert_eq!(key.id().to_string(), THUMBPRINT);
        assert_eq!(THUMBPRINT.parse(), Ok(key.id()));
        assert_eq!(parse(&print(&key)), Ok(key));
        crate::testing::ran("RFC 8037, appendix A.2 and A.3", 2, 2);
    }

    #[test]
    fn other_keys_are_refused() {
        let with = |members: &str| parse(&format!(r#"{{{members}}}"#)).unwrap_err();
        assert_eq!(
            with(&format!(r#""kty":"OKP","crv":"Ed25519","d":"x","x":"{X}""#)),
            JwkError::Private
        );
        assert!(matches!(with(r#""kty":"EC""#), JwkError::Member { member: "kty", .. }));
        assert!(matches!(
            with(r#""kty":"OKP","crv":"X25519""#),
            JwkError::Member { member: "crv", .. }
        ));
        for x in ["", "AAAA", &format!("{X}="), &X.replace('_', "/"), &format!("{X}AA")] {
            let error = with(&format!(r#""kty":"OKP","crv":"Ed25519","x":"{x}""#));
            assert!(matches!(error, JwkError::Member { member: "x", .. }), "{x}");
        }
        assert_eq!(parse("[]"), Err(JwkError::NotAnObject));
    }
}

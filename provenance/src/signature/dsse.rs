//! The Dead Simple Signing Envelope (DSSE v1.0.2, `protocol.md` and `envelope.md`), which in-toto tools read.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::{PAYLOAD_TYPE, ToSign};
use crate::digest::Digest;
use crate::key::PublicKey;

/// Marks bytes to be signed for a DSSE envelope.
#[derive(Debug)]
pub enum Dsse {}

/// Returns what a signature over `payload` covers.
pub(crate) fn to_sign(payload: &[u8]) -> ToSign<Dsse> {
    to_sign_as(PAYLOAD_TYPE, payload)
}

/// Returns what a signature over a payload of another type covers.
pub(crate) fn to_sign_as<F>(payload_type: &str, payload: &[u8]) -> ToSign<F> {
    ToSign::new(pre_authentication_encoding(payload_type, payload))
}

/// Joins type and body so that no other pair gives the same bytes: PAE of `protocol.md`.
fn pre_authentication_encoding(payload_type: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), body.len()).into_bytes();
    bytes.reserve_exact(body.len());
    bytes.extend_from_slice(body);
    bytes
}

/// Writes the envelope on one line, with padded base64 and a key id (SHA-256 of the raw key), without which some verifiers
/// stumble.
#[must_use]
pub fn envelope(key: &PublicKey, payload: &[u8], signature: &[u8; 64]) -> String {
    format!(
        r#"{{"payload":"{}","payloadType":"{PAYLOAD_TYPE}","signatures":[{{"keyid":"{}","sig":"{}"}}]}}"#,
        BASE64_STANDARD.encode(payload),
        Digest::of(key.as_bytes()),
        BASE64_STANDARD.encode(signature),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::SigningPair;

    #[test]
    fn the_encoding_is_that_of_the_specification() {
        let encoded = pre_authentication_encoding("http://example.com/HelloWorld", b"hello world");
        assert_eq!(encoded, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
    }

    #[test]
    fn an_envelope_holds_what_was_signed() {
        let pair = SigningPair::from_seed(1);
        let signature = pair.sign(to_sign(b"{}").as_bytes());
        let envelope: serde_json::Value = serde_json::from_str(&envelope(&pair.public(), b"{}", &signature)).unwrap();
        let decode = |text: &serde_json::Value| BASE64_STANDARD.decode(text.as_str().unwrap()).unwrap();
        let signed =
            pre_authentication_encoding(envelope["payloadType"].as_str().unwrap(), &decode(&envelope["payload"]));
        let signature = decode(&envelope["signatures"][0]["sig"]).try_into().unwrap();
        assert_eq!(pair.public().verify(&signed, &signature), Ok(()));
        assert_eq!(envelope["signatures"][0]["keyid"].as_str().map(str::len), Some(64));
    }
}

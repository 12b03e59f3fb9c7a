//! Strict verification against every published collection of odd signatures.

use serde_json::Value;

use super::*;
use crate::testing::{SigningPair, ran, vectors};

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2)
        .map(|byte| u8::from_str_radix(&hex[2 * byte..2 * byte + 2], 16).unwrap())
        .collect()
}

/// Tells whether key and signature are accepted; wrong lengths are not.
fn accepts(key: &str, message: &[u8], signature: &str) -> bool {
    let (Ok(key), Ok(signature)) = (bytes(key).try_into(), bytes(signature).try_into()) else {
        return false;
    };
    PublicKey::from_bytes(&key).is_ok_and(|key| key.verify(message, &signature).is_ok())
}

fn json(path: std::path::PathBuf) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn text<'json>(value: &'json Value, member: &str) -> &'json str {
    value[member].as_str().unwrap()
}

/// RFC 8032, section 7.1, TEST 1 to 3.
#[test]
fn the_vectors_of_rfc_8032_verify() {
    for (key, message, signature) in [
        (
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ),
        (
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        ),
    ] {
        assert!(accepts(key, &bytes(message), signature));
        assert!(!accepts(key, b"another message", signature));
    }
    ran("RFC 8032, section 7.1", 3, 3);
}

#[test]
fn wycheproof_agrees() {
    let Some(folder) = vectors("wycheproof") else { return };
    let file = std::fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    let mut seen = [0, 0];
    for group in json(file)["testGroups"].as_array().unwrap() {
        for test in group["tests"].as_array().unwrap() {
            let expected = text(test, "result") == "valid";
            let accepted = accepts(
                text(&group["publicKey"], "pk"),
                &bytes(text(test, "msg")),
                text(test, "sig"),
            );
            assert_eq!(accepted, expected, "{test}");
            seen[usize::from(expected)] += 1;
        }
    }
    assert!(seen.iter().all(|seen| *seen > 50), "{seen:?}");
    ran("Wycheproof, Ed25519", seen.iter().sum(), 151);
}

/// Of the collection of low-order and non-canonical points, strict verification accepts what has neither.
#[test]
fn cctv_agrees() {
    let Some(folder) = vectors("ed25519-cctv") else { return };
    let file = std::fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    let mut seen = [0, 0];
    for test in json(file).as_array().unwrap() {
        let flags: Vec<&str> = test["flags"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|flag| flag.as_str().unwrap())
            .collect();
        let odd = [
            "low_order_A",
            "low_order_R",
            "non_canonical_A",
            "non_canonical_R",
            "low_order_residue",
        ];
        let expected = !flags.iter().any(|flag| odd.contains(flag));
        let accepted = accepts(text(test, "key"), text(test, "msg").as_bytes(), text(test, "sig"));
        assert_eq!(accepted, expected, "{test}");
        seen[usize::from(expected)] += 1;
    }
    assert!(seen[0] > 100, "{seen:?}");
    ran("CCTV, Ed25519", seen.iter().sum(), 914);
}

/// The twelve edge cases: only 4 (ordinary, mixed-order R aside), 3 and the like pass a strict verifier.
#[test]
fn speccheck_agrees() {
    let Some(folder) = vectors("ed25519-speccheck") else {
        return;
    };
    let file = std::fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    let cases = json(file);
    let cases = cases.as_array().unwrap();
    let accepted: Vec<usize> = cases
        .iter()
        .enumerate()
        .filter(|(_, test)| {
            accepts(
                text(test, "pub_key"),
                &bytes(text(test, "message")),
                text(test, "signature"),
            )
        })
        .map(|(number, _)| number)
        .collect();
    assert_eq!(accepted, [3]);
    ran("ed25519-speccheck", cases.len(), 12);
}

#[test]
fn bytes_that_are_no_good_key_are_refused() {
    assert_eq!(PublicKey::from_bytes(&[0; 32]), Err(PublicKeyError::Weak));
    let mut identity = [0; 32];
    identity[0] = 1;
    assert_eq!(PublicKey::from_bytes(&identity), Err(PublicKeyError::Weak));
    let mut second_spelling = [0xff; 32];
    second_spelling[0] = 0xed + 3;
    second_spelling[31] = 0x7f;
    assert_eq!(
        PublicKey::from_bytes(&second_spelling),
        Err(PublicKeyError::NotCanonical)
    );
    let mut off_curve = [0; 32];
    off_curve[0] = 2;
    assert_eq!(PublicKey::from_bytes(&off_curve), Err(PublicKeyError::NotAPoint));
}

#[test]
fn a_signature_plus_the_group_order_is_refused() {
    /// The order of the base point, little-endian (RFC 8032, section 5.1).
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let pair = SigningPair::from_seed(7);
    let mut signature = pair.sign(b"message");
    assert_eq!(pair.public().verify(b"message", &signature), Ok(()));
    let mut carry = 0;
    for (byte, order) in signature[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        (*byte, carry) = (sum as u8, sum >> 8);
    }
    assert_eq!(pair.public().verify(b"message", &signature), Err(SignatureMismatch));
}

#[test]
fn a_key_id_has_one_spelling() {
    let text = SigningPair::from_seed(1).public().id().to_string();
    assert_eq!(text.parse::<KeyId>().map(|id| id.to_string()), Ok(text.clone()));
    let mut stray_bits = text.clone().into_bytes();
    *stray_bits.last_mut().unwrap() += 1;
    for wrong in [
        format!("{text}="),
        text[1..].to_owned(),
        String::from_utf8(stray_bits).unwrap(),
        text.replace('_', "/") + "/",
    ] {
        assert_eq!(wrong.parse::<KeyId>(), Err(KeyIdError), "{wrong}");
    }
}

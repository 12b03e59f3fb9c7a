//! What finds secrets again, however the bytes are cut and wherever a secret lies.

use std::collections::BTreeMap;

use assize::secret::{Secrets, Value};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};

/// The longest secret of an input, in bytes.
const SECRET_BYTES_MAX: usize = 64;

/// Takes the first line as a secret and the rest as what comes back, cut where the bytes themselves say.
///
/// # Panics
///
/// When a promise is broken.
pub fn mask(bytes: &[u8]) {
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let (secret, rest) = bytes.split_at(end);
    let Ok(secret) = std::str::from_utf8(secret) else {
        return;
    };
    // A secret that is part of what stands in its place would be found there again.
    if secret.len() > SECRET_BYTES_MAX || secret.contains(['{', '}']) || "secret:it".contains(secret) {
        return;
    }
    let Ok(value) = Value::parse(secret.to_owned()) else {
        return;
    };
    let masker = Secrets::new(BTreeMap::from([("it".to_owned(), value)]))
        .masker()
        .clone();
    let mut text = rest.to_vec();
    for (number, disguised) in [
        secret.to_owned(),
        BASE64_STANDARD.encode(secret),
        BASE64_URL_SAFE_NO_PAD.encode(secret),
        hex(secret.as_bytes()),
    ]
    .into_iter()
    .enumerate()
    {
        let place = rest.get(number).map_or(0, |byte| usize::from(*byte) % (text.len() + 1));
        text.splice(place..place, disguised.bytes());
        let masked = masker.mask(&text);
        assert!(!holds(&masked, secret.as_bytes()), "{secret:?} came through");
        assert_eq!(in_pieces(&masker, &text, rest), masked, "cut otherwise");
        text = rest.to_vec();
    }
    let plain = masker.mask(rest);
    assert_eq!(in_pieces(&masker, rest, rest), plain);
    assert!(masker.finds(rest) || plain == rest, "changed without a reason");
    assert!(!holds(&plain, secret.as_bytes()));
}

/// The bytes, masked in pieces whose lengths are the bytes of `cuts`.
fn in_pieces(masker: &assize::secret::Masker, bytes: &[u8], cuts: &[u8]) -> Vec<u8> {
    let (mut stream, mut masked, mut rest) = (masker.stream(), Vec::new(), bytes);
    for cut in cuts.iter().map(|cut| usize::from(*cut % 16)) {
        let (piece, after) = rest.split_at(cut.min(rest.len()));
        masked.extend(stream.push(piece));
        rest = after;
    }
    masked.extend(stream.push(rest));
    masked.extend(stream.finish());
    masked
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len().max(1)).any(|window| window == part)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

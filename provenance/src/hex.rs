//! Lower-case hexadecimal, the only form in which this crate reads or writes digests and ids.

use std::fmt;

/// How many bytes are written at once.
const AT_ONCE: usize = 32;

/// Writes bytes as lower-case hexadecimal.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().saturating_mul(2));
    // Writing to a string does not fail.
    let _ = write(bytes, &mut text);
    text
}

/// Writes bytes as lower-case hexadecimal behind what is there. Digests are written by the million, so it costs no memory.
pub(crate) fn write(bytes: &[u8], to: &mut impl fmt::Write) -> fmt::Result {
    for some in bytes.chunks(AT_ONCE) {
        let mut digits = [[0_u8; 2]; AT_ONCE];
        for (pair, byte) in digits.iter_mut().zip(some) {
            *pair = [digit(byte >> 4), digit(byte & 0x0f)];
        }
        let written = digits.as_flattened().get(..some.len().saturating_mul(2));
        to.write_str(
            written
                .and_then(|digits| std::str::from_utf8(digits).ok())
                .unwrap_or_default(),
        )?;
    }
    Ok(())
}

const fn digit(nibble: u8) -> u8 {
    nibble.wrapping_add(if nibble < 10 { b'0' } else { b'a' - 10 })
}

/// Reads exactly `N` bytes of lower-case hexadecimal. Upper case is refused, so that every value has one spelling.
pub(crate) fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() || pairs.len() != N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = nibble(*high)? << 4 | nibble(*low)?;
    }
    Some(bytes)
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit & 0x0f),
        b'a'..=b'f' => digit.checked_sub(b'a' - 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_reads_back() {
        for byte in 0..=255_u8 {
            assert_eq!(decode::<1>(&encode(&[byte])), Some([byte]));
        }
        assert_eq!(encode(&[0x00, 0x9f, 0xa0, 0xff]), "009fa0ff");
        assert_eq!(encode(&[0x0a; 33]), "0a".repeat(33));
    }

    #[test]
    fn other_spellings_are_refused() {
        for text in ["", "0", "AB", "aB", "0g", "0x", "000", "0000", " 0", "é"] {
            assert_eq!(decode::<1>(text), None, "{text:?}");
        }
    }
}

//! Lower-case hexadecimal, the only form in which this crate reads or writes digests and ids.

/// Writes bytes as lower-case hexadecimal.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 0x0f)])
        .collect()
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
    }

    #[test]
    fn other_spellings_are_refused() {
        for text in ["", "0", "AB", "aB", "0g", "0x", "000", "0000", " 0", "é"] {
            assert_eq!(decode::<1>(text), None, "{text:?}");
        }
    }
}

//! Whether a string of the right shape is a key, or only looks like one.

use assize_judge::words::has_phrase;

use super::shapes::{Alphabet, SHAPES, Shape};

/// Words that a person writes where a key would stand, in lower case.
const STAND_INS: [&str; 22] = [
    "example",
    "placeholder",
    "your",
    "sample",
    "dummy",
    "fake",
    "redacted",
    "changeme",
    "change-me",
    "replace",
    "secret",
    "insert",
    "todo",
    "xxxx",
    "abcdef",
    "abc123",
    "123456",
    "012345",
    "987654",
    "qwerty",
    "foobar",
    "notreal",
];

/// The length of the shortest key, prefix included.
const KEY_BYTES_MIN: usize = 20;

/// The longest run of one character in a random key, and of characters that follow each other.
const RUN_MAX: usize = 5;

/// The keys in a line, each with the position at which it begins.
pub(super) fn keys(line: &str) -> Vec<(usize, &'static Shape)> {
    let mut found = Vec::new();
    let mut start = 0;
    // Most lines have no unbroken word as long as a key, and cost no more than this walk.
    for word in line.as_bytes().split(|byte| !may_stand_in_key(*byte)) {
        if word.len() >= KEY_BYTES_MIN {
            keys_in_word(line, start, word.len(), &mut found);
        }
        start = start.saturating_add(word.len()).saturating_add(1);
    }
    found
}

fn keys_in_word(line: &str, start: usize, length: usize, found: &mut Vec<(usize, &'static Shape)>) {
    let bytes = line.as_bytes();
    let mut before = b' ';
    for at in start..start.saturating_add(length) {
        let rest = bytes.get(at..).unwrap_or_default();
        let byte = rest.first().copied().unwrap_or_default();
        let may_begin =
            byte.is_ascii_alphabetic() && !(before.is_ascii_alphanumeric() || matches!(before, b'_' | b'-'));
        before = byte;
        if may_begin {
            let fitting = SHAPES.iter().filter(|shape| rest.starts_with(shape.prefix.as_bytes()));
            let is_key = |shape: &&Shape| body(line, at, shape).is_some_and(|body| is_random(body, shape.alphabet));
            found.extend(fitting.map(|shape| (at, shape)).find(|(_, shape)| is_key(shape)));
        }
    }
}

/// Tells whether a byte may stand in a prefix or a body of any shape.
fn may_stand_in_key(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'/' | b'+' | b'=')
}

/// The body of a key that begins at `at`, if all of it has the shape.
fn body<'a>(line: &'a str, at: usize, shape: &Shape) -> Option<&'a str> {
    let start = at.saturating_add(shape.prefix.len());
    let rest = line.as_bytes().get(start..)?;
    let length = rest
        .iter()
        .take(shape.body_max.saturating_add(1))
        .take_while(|byte| shape.alphabet.has(**byte))
        .count();
    let goes_on = rest.get(length).is_some_and(u8::is_ascii_alphanumeric);
    let fits = (shape.body_min..=shape.body_max).contains(&length) && !goes_on;
    fits.then(|| line.get(start..start.saturating_add(length))).flatten()
}

/// Tells whether a body looks drawn by chance: enough different characters, no words of a person, no long runs.
pub(super) fn is_random(body: &str, alphabet: Alphabet) -> bool {
    let bits = entropy_bits(body.as_bytes());
    // By chance, n characters of an alphabet of k come near log2(min(n, k)) bits each; nine in a million fall below this.
    let possible = match alphabet {
        Alphabet::Hex => 16_usize,
        Alphabet::UpperDigits => 36,
        _ => 62,
    };
    #[expect(clippy::cast_precision_loss, reason = "numbers up to 400")]
    let most = (body.len().min(possible) as f64).log2();
    bits > most * 0.7
        && has_digit_or_is_long(body, alphabet)
        && !has_phrase(body, &STAND_INS)
        && longest_run(body.as_bytes()) <= RUN_MAX
}

/// A body of letters alone is more likely a name.
fn has_digit_or_is_long(body: &str, alphabet: Alphabet) -> bool {
    alphabet == Alphabet::Hex || body.bytes().any(|byte| byte.is_ascii_digit())
}

/// Shannon's entropy of the bytes, in bits for each byte.
fn entropy_bits(bytes: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in bytes {
        if let Some(count) = counts.get_mut(usize::from(*byte)) {
            *count = count.saturating_add(1);
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "a key has a few hundred characters")]
    let length = bytes.len().max(1) as f64;
    let shares = counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| f64::from(*count) / length);
    -shares.map(|share| share * share.log2()).sum::<f64>()
}

/// The longest stretch in which each byte is the one before it, or the next after it.
fn longest_run(bytes: &[u8]) -> usize {
    let (mut longest, mut equal, mut rising) = (1, 1, 1);
    for (before, byte) in bytes.iter().zip(bytes.iter().skip(1)) {
        equal = if byte == before { equal + 1 } else { 1 };
        rising = if *byte == before.wrapping_add(1) { rising + 1 } else { 1 };
        longest = longest.max(equal).max(rising);
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A body drawn by a fixed generator, so that no key stands in this file.
    fn drawn(alphabet: Alphabet, length: usize, seed: u64) -> String {
        let characters: Vec<char> = (b'!'..=b'~')
            .filter(|byte| alphabet.has(*byte))
            .map(char::from)
            .collect();
        let mut state = seed;
        let draw = |_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let index = (state >> 33) as usize % characters.len();
            characters.get(index).copied().unwrap_or_default()
        };
        (0..length).map(draw).collect()
    }

    #[test]
    fn every_shape_is_found_alone_and_in_a_line() {
        for shape in &SHAPES {
            let length = shape.body_min;
            let found = (0..200).filter(|seed| {
                let line = format!("key = \"{}{}\";", shape.prefix, drawn(shape.alphabet, length, *seed));
                keys(&line).iter().any(|(_, found)| found.name == shape.name)
            });
            assert!(found.count() > 150, "{}", shape.name);
        }
    }

    #[test]
    fn no_shape_is_shorter_than_the_shortest_key() {
        for shape in &SHAPES {
            assert!(shape.prefix.len() + shape.body_min >= KEY_BYTES_MIN, "{}", shape.name);
            assert!(shape.prefix.bytes().all(may_stand_in_key), "{}", shape.name);
        }
    }

    #[test]
    fn what_a_person_writes_is_no_key() {
        for body in [
            "IOSFODNN7EXAMPLE",
            "AAAAAAAAAAAAAAAA",
            "XXXXXXXXXXXXXXXX",
            "ABCDEFGHIJKLMNOP",
            "0123456789012345",
        ] {
            assert!(keys(&format!("AKIA{body}")).is_empty(), "{body}");
        }
        assert!(keys(&format!("ghp_{}", "x".repeat(36))).is_empty());
        assert!(keys(&format!("ghp_{}", "your_token_here")).is_empty());
    }

    #[test]
    fn a_longer_word_is_no_key() {
        let body = drawn(Alphabet::UpperDigits, 16, 7);
        assert_eq!(keys(&format!("AKIA{body}")).len(), 1);
        assert!(keys(&format!("AKIA{body}Z")).is_empty());
        assert!(keys(&format!("xAKIA{body}")).is_empty());
    }
}

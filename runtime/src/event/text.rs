//! Texts of guests as they may stand in an event: bounded, on one line, without known secrets.

use std::fmt::Write as _;

use crate::secret;

/// What stands at the end of a text that was cut.
const CUT: char = '…';
/// How far behind the longest text secrets are looked for, in bytes.
const LOOK_AHEAD_BYTES: usize = 4096;

/// Makes a text of a guest fit to be recorded: secrets are masked, and the rest is as [`bounded`] gives it.
#[must_use]
pub fn recordable(text: &str, bytes_max: usize) -> String {
    // No more is looked at than can matter: a secret that is cut here is too long to be shown anyway.
    let end = text.floor_char_boundary(bytes_max.saturating_add(LOOK_AHEAD_BYTES));
    bounded(&secret::mask_tokens(text.get(..end).unwrap_or_default()), bytes_max)
}

/// Writes control characters, and those that turn the direction of a line or break it, as the `\xNN` of their bytes, and
/// cuts what is longer than `bytes_max` bytes. A text in this form stays as it is.
#[must_use]
pub fn bounded(text: &str, bytes_max: usize) -> String {
    let mut plain = String::with_capacity(text.len().min(bytes_max));
    // Where the text is cut if it turns out to be too long, so that the mark fits.
    let mut cut_at = 0;
    for character in text.chars() {
        let before = plain.len();
        push(&mut plain, character);
        if plain.len() > bytes_max {
            plain.truncate(cut_at.min(before));
            if CUT.len_utf8() <= bytes_max {
                plain.push(CUT);
            }
            return plain;
        }
        if plain.len().saturating_add(CUT.len_utf8()) <= bytes_max {
            cut_at = plain.len();
        }
    }
    plain
}

/// Whether a text of at most `bytes_max` bytes can be recorded letter by letter.
#[must_use]
pub fn is_plain(text: &str, bytes_max: usize) -> bool {
    text.len() <= bytes_max && !text.chars().any(must_escape)
}

fn push(plain: &mut String, character: char) {
    if !must_escape(character) {
        plain.push(character);
        return;
    }
    let mut buffer = [0; 4];
    for byte in character.encode_utf8(&mut buffer).bytes() {
        // Writing to a string cannot fail.
        let _ = write!(plain, "\\x{byte:02x}");
    }
}

fn must_escape(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_and_direction_characters_are_written_out() {
        assert_eq!(
            bounded("a\n\u{1b}[31m\u{202e}b\\x41é", 100),
            "a\\x0a\\x1b[31m\\xe2\\x80\\xaeb\\x41é"
        );
    }

    #[test]
    fn a_long_text_is_cut_between_characters_and_says_so() {
        assert_eq!(bounded("abcdef", 6), "abcdef");
        assert_eq!(bounded("abcdefg", 6), "abc…");
        assert_eq!(bounded("ab\ncdefg", 8), "ab…");
        assert_eq!(bounded("ééééé", 8), "éé…");
        assert_eq!(bounded("abc", 2), "");
    }

    #[test]
    fn what_is_bounded_stays_as_it_is() {
        for text in ["", "plain", "\u{0}\u{7f}\u{85}", "ééééééééé", "\\x0a", "…………………"] {
            for bytes_max in 0..24 {
                let once = bounded(text, bytes_max);
                assert!(is_plain(&once, bytes_max), "{text:?} {bytes_max}: {once:?}");
                assert_eq!(bounded(&once, bytes_max), once, "{text:?} {bytes_max}");
            }
        }
    }

    #[test]
    fn tokens_of_known_shape_are_masked_before_the_text_is_cut() {
        let token = format!("{}{}", "ghp_", "a1B2".repeat(9));
        let text = recordable(&format!("push with {token} refused"), 14);
        assert_eq!(text, "push with *…");
        assert_eq!(recordable(&format!("push with {token}"), 99), "push with *****");
    }
}

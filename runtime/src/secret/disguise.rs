//! The forms in which the value of a secret usually comes back: as programs and servers write it in texts of theirs.
//!
//! Who has a secret can write it in ways that nobody knows again. Those who are sent one are trusted with it; what is found
//! here is what they repeat without thinking, in an echo, a log or a message of an error.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

use super::VALUE_BYTES_MIN;

/// Every form of a value that is looked for, each at least as long as what nobody takes for a word.
pub(super) fn forms(value: &str) -> BTreeSet<Vec<u8>> {
    let mut forms = BTreeSet::new();
    add_forms(value, &mut forms);
    // A value of several lines comes back line by line where somebody reads lines.
    if value.contains('\n') {
        for line in value.lines() {
            add_forms(line.trim(), &mut forms);
        }
    }
    forms
}

/// Longer values are looked for in fewer ways, so that the time and the memory for it stay small.
const ENCODED_TWICE_BYTES_MAX: usize = 1 << 10;

fn add_forms(value: &str, forms: &mut BTreeSet<Vec<u8>>) {
    if value.len() < VALUE_BYTES_MIN {
        return;
    }
    let mut texts = BTreeSet::from([value.to_owned(), escaped_controls(value)]);
    texts.extend(percent_forms(value));
    texts.extend(json_forms(value));
    texts.extend(html_forms(value));
    if value.len() <= ENCODED_TWICE_BYTES_MAX {
        texts.extend(stacked_forms(value));
    }
    for text in texts {
        // What is sent encoded comes back in base64 or in hex where a server repeats a whole request.
        if text == value || value.len() <= ENCODED_TWICE_BYTES_MAX {
            for form in base64_forms(text.as_bytes()) {
                if form.contains(['+', '/', '=']) {
                    forms.extend(percent_forms(&form).into_iter().map(String::into_bytes));
                    forms.insert(form.replace('/', "\\/").into_bytes());
                }
                forms.insert(form.into_bytes());
            }
            forms.extend(hex_forms(text.as_bytes()).into_iter().map(String::into_bytes));
        }
        forms.insert(text.into_bytes());
    }
}

/// Base64 in both alphabets: alone, with its padding, and inside of something longer, where the value can begin at each of
/// three places of a group. Inside, the first and the last letter also carry bits of what stands before and behind: they are
/// left out, so that up to four bits at either end are not found.
fn base64_forms(value: &[u8]) -> Vec<String> {
    let mut forms = Vec::new();
    for alphabet in [&STANDARD, &URL_SAFE] {
        forms.push(alphabet.encode(value));
        forms.push(alphabet.encode(value).trim_end_matches('=').to_owned());
        for before in 0..3_usize {
            let mut shifted = vec![0; before];
            shifted.extend_from_slice(value);
            let whole = alphabet.encode(&shifted);
            let first = before.saturating_mul(8).div_ceil(6);
            let end = shifted.len().saturating_mul(8) / 6;
            forms.extend(whole.get(first..end).map(ToOwned::to_owned));
        }
    }
    forms
}

fn hex_forms(value: &[u8]) -> Vec<String> {
    let mut lower = String::with_capacity(value.len().saturating_mul(2));
    for byte in value {
        // Writing to a string cannot fail.
        let _ = write!(lower, "{byte:02x}");
    }
    let upper = lower.to_ascii_uppercase();
    vec![lower, upper]
}

/// What addresses and forms make of a value, by who leaves which letters as they are, in digits of both cases.
fn percent_forms(value: &str) -> Vec<String> {
    let kept: [&[u8]; 6] = [
        b"-_.~",
        b"-_.!~*'()",
        b"-_.*+",
        b"-_.~!*'();:@&=+$,/?#[]",
        b"-_.~/",
        b"-_.~!$&'()*+,;=:@",
    ];
    let mut forms = Vec::new();
    for is_upper in [true, false] {
        for kept in kept {
            forms.push(percent(value, is_upper, |byte| {
                byte.is_ascii_alphanumeric() || kept.contains(&byte)
            }));
            // Forms write a space as a plus.
            let form = percent(value, is_upper, |byte| {
                byte == b' ' || (byte.is_ascii_alphanumeric() || kept.contains(&byte)) && byte != b'+'
            });
            forms.push(form.replace(' ', "+"));
        }
        forms.push(percent(value, is_upper, |_| false));
    }
    forms
}

fn percent(value: &str, is_upper: bool, is_kept: impl Fn(u8) -> bool) -> String {
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        let _ = match (is_kept(byte), is_upper) {
            (true, _) => write!(text, "{}", char::from(byte)),
            (false, true) => write!(text, "%{byte:02X}"),
            (false, false) => write!(text, "%{byte:02x}"),
        };
    }
    text
}

/// What writers of JSON make of a value: as short as possible, with escaped slashes, in ASCII alone, or fit for a page.
fn json_forms(value: &str) -> Vec<String> {
    let mut forms = Vec::new();
    for is_ascii in [false, true] {
        for is_page in [false, true] {
            for is_slashed in [false, true] {
                for is_upper in [false, true] {
                    let escapes = |character: char| {
                        (is_ascii && !character.is_ascii()) || (is_page && matches!(character, '<' | '>' | '&' | '\''))
                    };
                    forms.push(json(value, is_slashed, is_upper, escapes));
                }
            }
        }
    }
    forms
}

fn json(value: &str, is_slashed: bool, is_upper: bool, escapes: impl Fn(char) -> bool) -> String {
    let mut text = String::with_capacity(value.len());
    for character in value.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '/' if is_slashed => text.push_str("\\/"),
            character if character.is_control() || escapes(character) => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    let _ = if is_upper {
                        write!(text, "\\u{unit:04X}")
                    } else {
                        write!(text, "\\u{unit:04x}")
                    };
                }
            }
            character => text.push(character),
        }
    }
    text
}

/// What becomes of a value that was sent in JSON, or stands in a page, and is written into JSON or a page once more.
fn stacked_forms(value: &str) -> Vec<String> {
    let plain = |text: &str, is_slashed| json(text, is_slashed, false, |_| false);
    let mut forms = Vec::new();
    for is_slashed in [false, true] {
        let once = plain(value, is_slashed);
        forms.extend([plain(&once, false), plain(&once, true)]);
        forms.extend(html_forms(&once));
    }
    for once in html_forms(value) {
        forms.extend([plain(&once, false), plain(&once, true)]);
    }
    forms
}

/// What writers of pages make of a value.
fn html_forms(value: &str) -> Vec<String> {
    let ways: [&[(char, &str)]; 4] = [
        &[('"', "&quot;"), ('\'', "&#39;")],
        &[('"', "&quot;"), ('\'', "&#x27;")],
        &[('"', "&#34;"), ('\'', "&#39;")],
        &[
            ('"', "&quot;"),
            ('\'', "&#39;"),
            ('/', "&#x2F;"),
            ('=', "&#x3D;"),
            ('`', "&#x60;"),
        ],
    ];
    let mut forms = vec![html(value, &[])];
    forms.extend(ways.iter().map(|way| html(value, way)));
    forms
}

fn html(value: &str, way: &[(char, &str)]) -> String {
    let mut text = String::with_capacity(value.len());
    for character in value.chars() {
        match character {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            character => match way.iter().find(|(escaped, _)| *escaped == character) {
                Some((_, name)) => text.push_str(name),
                None => text.push(character),
            },
        }
    }
    text
}

/// What our own records make of control characters.
fn escaped_controls(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for character in value.chars() {
        if character.is_control() {
            for byte in character.encode_utf8(&mut [0; 4]).bytes() {
                let _ = write!(text, "\\x{byte:02x}");
            }
        } else {
            text.push(character);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(value: &str, form: &str) -> bool {
        forms(value).iter().any(|known| known.as_slice() == form.as_bytes())
    }

    #[test]
    fn a_value_is_known_in_every_usual_form() {
        let value = "p&ss/w\"rd<é> x";
        for form in [
            value,
            "cCZzcy93InJkPMOpPiB4",
            "7026",
            "p%26ss%2Fw%22rd%3C%C3%A9%3E%20x",
            "p%26ss%2fw%22rd%3c%c3%a9%3e+x",
            "p&ss/w\\\"rd<\\u00e9> x",
            "p\\u0026ss/w\\\"rd\\u003c\\u00e9\\u003e x",
            "p&amp;ss/w&quot;rd&lt;é&gt; x",
        ] {
            assert_eq!(has(value, form), form != "7026", "{form}");
        }
    }

    #[test]
    fn no_form_is_as_short_as_a_word() {
        for form in forms("12345678\na\nline of its own\n") {
            assert!(form.len() >= VALUE_BYTES_MIN, "{form:?}");
        }
    }
}

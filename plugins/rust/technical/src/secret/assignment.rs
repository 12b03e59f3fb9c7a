//! Secrets without a vendor's prefix: a name such as `password` or `api_key`, and a text assigned to it that looks drawn by
//! chance.
//!
//! Most texts beside such names are none: names of fields, addresses, digests, identifiers, what a person writes where a
//! secret would stand. So the name, the way it is assigned and the text must all fit.

use assize_judge::literals::Literals;
use assize_judge::words::has_phrase;

use super::shapes::Alphabet;
use super::token::is_random;

/// What a name says that stands for a secret.
static NAMES: Literals = Literals::new(&[
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "api_key",
    "apikey",
    "api-key",
    "access_key",
    "accesskey",
    "access-key",
    "auth_key",
    "authkey",
    "private_key",
    "privatekey",
    "signing_key",
    "encryption_key",
    "credential",
]);

/// What else in a name says that it stands for something that may be known, in lower case.
const HARMLESS_NAMES: [&str; 48] = [
    "hash",
    "digest",
    "sha1",
    "sha2",
    "sha5",
    "md5",
    "checksum",
    "fingerprint",
    "integrity",
    "public",
    "pub_",
    "anon",
    "publishable",
    "sitekey",
    "site_key",
    "encrypted",
    "cipher",
    "sealed",
    "url",
    "uri",
    "endpoint",
    "path",
    "file",
    "header",
    "field",
    "param",
    "prefix",
    "suffix",
    "regex",
    "pattern",
    "selector",
    "label",
    "title",
    "message",
    "description",
    "tokenizer",
    "page",
    "cursor",
    "continuation",
    "sync",
    "csrf",
    "xsrf",
    "address",
    "mint",
    "program",
    "test",
    "example",
    "fake",
];

/// What a text has that a person or a program fills in later, or that is no secret by what it begins with, in lower case.
const HARMLESS_TEXTS: [&str; 26] = [
    "://", "${", "{{", "#{", "%(", "$(", "env", "test", "demo", "changeit", "password", "passwd", "token", "apikey",
    "api_key", "api-key", "xxx", "***", "...", "sha256-", "sha384-", "sha512-", "ssh-", "begin", "default", "local",
];

/// The bytes of a text that can be told from a word, and of the longest that is looked at: longer ones are encrypted,
/// signed or contents.
const TEXT_BYTES_MIN: usize = 16;
const TEXT_BYTES_MAX: usize = 160;

/// The longest line that is looked at, in bytes. A longer one was written by a program.
const LINE_BYTES_MAX: usize = 1_000;

/// The least part of places in a text at which the kind of character changes: lower case, upper case, digit, other. Words and
/// names that are put together come below it.
const CHANGES_PERCENT_MIN: usize = 28;

/// The letters of one case in a row that look like a part of a word, and the part of a text that such rows may make up where
/// both cases are in use, and where one is.
const WORD_LETTERS_MIN: usize = 4;
const WORDS_PERCENT_MAX: usize = 45;
const LOWER_WORDS_PERCENT_MAX: usize = 65;

/// How sure it is that a text is a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sureness {
    /// Letters of both cases and digits, or signs among them, without order.
    High,
    /// Digits of base 16, which a digest has too, or a signed token, which may be over.
    Low,
}

/// A text that is assigned to a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Assignment<'a> {
    /// The text.
    pub(super) text: &'a str,
    /// How sure it is.
    pub(super) sureness: Sureness,
    /// Where it begins in the line, in bytes.
    pub(super) at: usize,
}

/// The first secret that a line assigns. Settings files assign without quotes.
pub(super) fn find(line: &str, takes_bare_texts: bool) -> Option<Assignment<'_>> {
    if line.len() > LINE_BYTES_MAX {
        return None;
    }
    let mut end_of_last = 0;
    for (at, _) in NAMES.matches(line) {
        if at < end_of_last {
            continue;
        }
        let (start, end) = name_around(line, at);
        end_of_last = end;
        let name = line.get(start..end)?;
        if is_harmless_name(name) {
            continue;
        }
        let assigned = text_after(line, end, takes_bare_texts);
        if let Some((at, text, sureness)) = assigned.and_then(|(at, text)| Some((at, text, sureness(text)?))) {
            return Some(Assignment { text, sureness, at });
        }
    }
    None
}

/// The whole name around a position: letters, digits, `_`, `-` and the dots between them.
fn name_around(line: &str, at: usize) -> (usize, usize) {
    let is_in_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let bytes = line.as_bytes();
    let before = bytes
        .get(..at)
        .unwrap_or_default()
        .iter()
        .rev()
        .take_while(|byte| is_in_name(byte))
        .count();
    let after = bytes
        .get(at..)
        .unwrap_or_default()
        .iter()
        .take_while(|byte| is_in_name(byte))
        .count();
    (at.saturating_sub(before), at.saturating_add(after))
}

fn is_harmless_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let is_about = [
        "id", "name", "type", "kind", "key_id", "keyid", "length", "len", "size", "count", "ttl", "version",
    ]
    .iter()
    .any(|ending| lower.ends_with(ending));
    is_about || HARMLESS_NAMES.iter().any(|word| lower.contains(word))
}

/// The text assigned to the name that ends at `end`: after `=`, `:`, `:=` or `=>`, perhaps behind a type.
fn text_after(line: &str, end: usize, takes_bare_texts: bool) -> Option<(usize, &str)> {
    let rest = line.get(end..)?;
    let after_name = rest.trim_start_matches(['"', '\'', ']', ')', ' ', '\t']);
    let operator = after_name.strip_prefix(":=").or_else(|| after_name.strip_prefix("=>"));
    let value = operator
        .or_else(|| after_name.strip_prefix('='))
        .or_else(|| after_name.strip_prefix(':').map(after_type))?;
    // A comparison, or a pattern's match, assigns nothing.
    if value.starts_with(['=', '~']) {
        return None;
    }
    let value = value.trim_start();
    let at = line.len().checked_sub(value.len())?;
    let quote = value.chars().next()?;
    if matches!(quote, '"' | '\'' | '`') {
        let text = value.get(1..)?.split(quote).next()?;
        return Some((at.saturating_add(1), text));
    }
    let bare = value.trim_end();
    (takes_bare_texts && !bare.contains(char::is_whitespace)).then_some((at, bare))
}

/// What follows the type in `: &'static str = "…"`; all of it where no type stands there.
fn after_type(value: &str) -> &str {
    let is_in_type = |letter: char| {
        letter.is_alphanumeric() || matches!(letter, '&' | '\'' | ' ' | ':' | '_' | '<' | '>' | '?' | '*')
    };
    let rest = value.trim_start();
    if rest.starts_with(['"', '\'', '`']) {
        return value;
    }
    match rest.trim_start_matches(is_in_type).strip_prefix('=') {
        Some(after) => after,
        None => value,
    }
}

/// How sure it is that a text is a secret; nothing where it is none.
fn sureness(text: &str) -> Option<Sureness> {
    let is_sign = |byte: u8| {
        matches!(
            byte,
            b'_' | b'-' | b'.' | b'/' | b'+' | b'=' | b'!' | b'@' | b'#' | b'$' | b'%' | b'^' | b'&' | b'*' | b'~'
        )
    };
    let fits = (TEXT_BYTES_MIN..=TEXT_BYTES_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || is_sign(byte));
    if !fits || has_phrase(text, &HARMLESS_TEXTS) || is_uuid(text) {
        return None;
    }
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let hex = text.strip_prefix("0x").unwrap_or(text);
    if hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let is_long = hex.len() >= 32 && digits < hex.len();
        return (is_long && is_random(&hex.to_ascii_lowercase(), Alphabet::Hex)).then_some(Sureness::Low);
    }
    let has = |kind: fn(&u8) -> bool| text.bytes().any(|byte| kind(&byte));
    let is_mixed = has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase) && digits >= 2;
    let is_lower_with_digits = has(u8::is_ascii_lowercase) && digits >= text.len() / 6 && text.len() >= 20;
    let changes_often = changes(text).saturating_mul(100) >= text.len().saturating_mul(CHANGES_PERCENT_MIN);
    let words_percent_max = if is_mixed {
        WORDS_PERCENT_MAX
    } else {
        LOWER_WORDS_PERCENT_MAX
    };
    let has_few_words = word_letters(text).saturating_mul(100) <= text.len().saturating_mul(words_percent_max);
    let is_disordered = changes_often && has_few_words && is_random(text, Alphabet::Base64Url);
    if !(is_mixed || is_lower_with_digits) || !is_disordered {
        return None;
    }
    let is_signed_token = text.starts_with("eyJ");
    let has_words = text.split(|letter: char| !letter.is_ascii_alphanumeric()).count() > 4;
    Some(if is_mixed && !is_signed_token && !has_words {
        Sureness::High
    } else {
        Sureness::Low
    })
}

/// How often the kind of character changes from one to the next.
fn changes(text: &str) -> usize {
    let kind = |byte: u8| match byte {
        b'a'..=b'z' => 0,
        b'A'..=b'Z' => 1,
        b'0'..=b'9' => 2,
        _ => 3,
    };
    text.bytes()
        .zip(text.bytes().skip(1))
        .filter(|(one, next)| kind(*one) != kind(*next))
        .count()
}

/// How many letters stand in rows of one case that are long enough to be a part of a word.
fn word_letters(text: &str) -> usize {
    let same_case = |one: &u8, next: &u8| {
        one.is_ascii_lowercase() && next.is_ascii_lowercase() || one.is_ascii_uppercase() && next.is_ascii_uppercase()
    };
    let rows = text.as_bytes().chunk_by(same_case).map(<[u8]>::len);
    rows.filter(|length| *length >= WORD_LETTERS_MIN).sum()
}

/// Tells whether a text has the form of RFC 9562.
fn is_uuid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

#[cfg(test)]
mod tests;

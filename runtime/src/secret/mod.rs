//! Secrets: their values in memory, how they are found again, and masking of what could be one in displayed source.

mod disguise;
mod masker;
mod value;

pub use masker::{MaskStream, Masker};
pub use value::{Secrets, UnfitValue, VALUE_BYTES_MAX, VALUE_BYTES_MIN, Value};

/// How long a run of key-like characters may be before it is masked, where the whole line is suspected.
const SUSPECTED_RUN_MAX: usize = 5;
/// How long such a run may be in an ordinary line.
const ORDINARY_RUN_MAX: usize = 19;
/// What stands for masked characters.
const MASK: &str = "*****";

/// How much a line is suspected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suspicion {
    /// A finding says that a secret stands here: everything that could be part of one is masked.
    Secret,
    /// An ordinary line: only long runs that look random are masked.
    Ordinary,
}

/// Masks a line of source for display. Lengths are not kept: they tell something too.
#[must_use]
pub fn mask_line(line: &str, suspicion: Suspicion) -> String {
    let mut masked = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        if !is_key_like(first) {
            masked.push(first);
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
            continue;
        }
        let end = rest.find(|c| !is_key_like(c)).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        masked.push_str(if must_hide(run, suspicion) { MASK } else { run });
        rest = after;
    }
    masked
}

/// How the tokens of well-known vendors start. A run of key-like characters that starts so is a secret wherever it stands.
const TOKEN_STARTS: &[&str] = &[
    "AKIA",
    "ASIA",
    "AIza",
    "dop_v1_",
    "eyJ",
    "ghp_",
    "gho_",
    "ghs_",
    "ghu_",
    "github_pat_",
    "glpat-",
    "hf_",
    "npm_",
    "pypi-",
    "sk-",
    "sk_live_",
    "xoxa-",
    "xoxb-",
    "xoxp-",
];
/// How many characters must follow such a start.
const TOKEN_BYTES_MIN: usize = 16;

/// Masks what is surely a secret in a text that is otherwise kept: tokens of well-known vendors, and the user and password
/// in an address. Paths, digests and names stay as they are.
#[must_use]
pub fn mask_tokens(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = match first {
            '/' if rest.starts_with("//") && masked.ends_with(':') => {
                masked.push_str("//");
                let address = rest.get(2..).unwrap_or_default();
                let end = address
                    .find(|c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#'))
                    .unwrap_or(address.len());
                let user = address.get(..end).and_then(|host| host.rfind('@'));
                if user.is_some() {
                    masked.push_str(MASK);
                }
                user.unwrap_or(0).saturating_add(2)
            }
            _ if is_token_like(first) => {
                let end = rest.find(|c| !is_token_like(c)).unwrap_or(rest.len());
                let run = rest.get(..end).unwrap_or_default();
                masked.push_str(if is_token(run) { MASK } else { run });
                end
            }
            _ => {
                masked.push(first);
                first.len_utf8()
            }
        };
        rest = rest.get(end..).unwrap_or_default();
    }
    masked
}

/// Whether a line holds what is surely a secret: a token of a well-known vendor, or the start of a private key.
#[must_use]
pub fn holds_token(line: &str) -> bool {
    let is_key = line.contains("-----BEGIN ") && line.contains("PRIVATE KEY-----");
    is_key || line.split(|c| !is_token_like(c)).any(is_token)
}

fn is_token_like(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.')
}

fn is_token(run: &str) -> bool {
    let long_enough = |start: &str| run.len() >= start.len().saturating_add(TOKEN_BYTES_MIN);
    TOKEN_STARTS
        .iter()
        .any(|start| run.starts_with(start) && long_enough(start))
}

/// Characters of base64, hex and the vendors' key formats.
fn is_key_like(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '+' | '/' | '=' | '_' | '-' | '.' | '~' | '%')
}

fn must_hide(run: &str, suspicion: Suspicion) -> bool {
    match suspicion {
        Suspicion::Secret => run.len() > SUSPECTED_RUN_MAX,
        Suspicion::Ordinary => run.len() > ORDINARY_RUN_MAX && looks_random(run),
    }
}

/// Words and paths have neither many digits nor capitals inside; keys have both.
fn looks_random(run: &str) -> bool {
    let digits = run.bytes().filter(u8::is_ascii_digit).count();
    let upper = run.bytes().filter(u8::is_ascii_uppercase).count();
    let lower = run.bytes().filter(u8::is_ascii_lowercase).count();
    let mixed = upper >= 2 && lower >= 2 && digits >= 2;
    mixed || digits * 4 >= run.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suspected_line_keeps_its_shape_and_loses_its_secret() {
        let line = format!("aws_key = \"{}{}\"", "AKIA", "ABCDEFGHIJKLMNOP");
        assert_eq!(mask_line(&line, Suspicion::Secret), "***** = \"*****\"");
    }

    #[test]
    fn ordinary_code_stays_readable() {
        for line in [
            "    todo!(\"finish the_long_function_name_of_mine\")",
            "use crate::provenance::verdict::Verdict;",
        ] {
            assert_eq!(mask_line(line, Suspicion::Ordinary), line);
        }
    }

    #[test]
    fn a_key_in_an_ordinary_line_is_masked_too() {
        let line = format!("token: {}", "x9Kq".repeat(8));
        assert_eq!(mask_line(&line, Suspicion::Ordinary), "token: *****");
    }

    #[test]
    fn tokens_of_known_vendors_are_masked_and_everything_else_is_kept() {
        let token = format!("{}{}", "ghp_", "a1B2".repeat(9));
        assert_eq!(mask_tokens(&format!("git push {token}: no")), "git push *****: no");
        assert_eq!(
            mask_tokens("https://me:hunter2@example.org/a?b=c@d, then ftp://host/x@y"),
            "https://*****@example.org/a?b=c@d, then ftp://host/x@y"
        );
        for text in [
            "migrations/20240101120000_create.sql",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "the role `sk-reader` lacks `workspace.write` for déjà://vu",
            "a//b@c ::// @",
        ] {
            assert_eq!(mask_tokens(text), text);
        }
    }
}

//! Paths in the contract's form: parts with `/` between them, relative to the folder.

/// The longest path that is worth asking for, in bytes.
pub const PATH_BYTES_MAX: usize = 4096;

/// The part after the last `/`.
#[must_use]
pub fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The path of `name` in `folder`, where an empty folder is the workspace itself.
#[must_use]
pub fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}

/// The part of the name after its last dot, or nothing. A leading dot begins a name, not an extension.
#[must_use]
pub fn extension(path: &str) -> &str {
    match name(path).rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => extension,
        _ => "",
    }
}

/// Tells whether a text can be a path of the contract: no empty part, no `.` and `..`, no control character, and a backslash
/// only where it stands for a byte.
#[must_use]
pub fn is_path(text: &str) -> bool {
    let is_part = |part: &str| !matches!(part, "" | "." | "..");
    text.len() <= PATH_BYTES_MAX
        && text.split('/').all(is_part)
        && !text.chars().any(char::is_control)
        && text.split('\\').skip(1).all(stands_for_byte)
}

fn stands_for_byte(after_backslash: &str) -> bool {
    let is_digit = |byte: &u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte);
    match after_backslash.as_bytes() {
        [b'x', digits @ ..] => digits.len() >= 2 && digits.iter().take(2).all(is_digit),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leads_elsewhere_is_no_path() {
        for path in ["a", "a/b.rs", ".env", "a/.b", "caf\\xe9", "ä/ö", "a..b/..c"] {
            assert!(is_path(path), "{path}");
        }
        for text in [
            "", "/a", "a/", "a//b", "./a", "a/../b", "..", "a\\b", "a\\xZZ", "a\\x0", "a\nb",
        ] {
            assert!(!is_path(text), "{text}");
        }
    }

    #[test]
    fn names_come_apart() {
        assert_eq!(
            (name("a/b.tar.gz"), extension("a/b.tar.gz"), extension(".profile")),
            ("b.tar.gz", "gz", "")
        );
        assert_eq!((join("", "x"), join("a", "x")), ("x".to_owned(), "a/x".to_owned()));
    }
}

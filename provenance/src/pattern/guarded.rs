//! The names that no wildcard grants: `.git` and `.assize`, in every spelling that some file system takes for them.
//!
//! | who | what it takes for `.git` |
//! |---|---|
//! | most file systems of Windows and macOS | any case of letters; some also `ſ` for `s` and `ß` for `ss` |
//! | Windows | dots and spaces behind it, and `:` with the name of a stream |
//! | Windows with short names | `git~1` |
//! | HFS+ and folders of ext4 and f2fs that ignore case | characters that are ignored wherever they stand |
//! | ZFS with compatible forms | the wide forms of ASCII |
//!
//! Some names are guarded here that are harmless on the machine at hand. That is meant: a work tree travels.

/// The names and their first halves in the short form of Windows.
const GUARDED: [(&str, &str); 2] = [(".git", "git~"), (".assize", "assize~")];

/// Tells whether some file system takes a part of a path, in the contract's form, for `.git` or `.assize`.
pub(super) fn is_guarded(part: &str) -> bool {
    // Nearly every name ends here: a guarded one starts with one of these letters, or with something beyond ASCII.
    match part.bytes().next() {
        Some(b'.' | b'g' | b'G' | b'a' | b'A') => GUARDED.into_iter().any(|name| is_spelling(part, name)),
        Some(byte) if byte.is_ascii() && !part.contains("\\x5c") => false,
        _ => GUARDED.into_iter().any(|name| is_spelling(part, name)),
    }
}

/// Tells whether some file system takes a part of a path for `.git`.
pub(super) fn is_repository(part: &str) -> bool {
    is_spelling(part, (".git", "git~"))
}

/// A backslash, which paths write as `\x5c`, parts folders on Windows; so each piece counts.
fn is_spelling(part: &str, (name, short): (&str, &str)) -> bool {
    part.split("\\x5c").any(|piece| {
        after(piece, name).is_some_and(ends_name)
            || after(piece, short)
                .and_then(|rest| rest.strip_prefix(|digit: char| digit.is_ascii_digit() && digit != '0'))
                .is_some_and(ends_name)
    })
}

/// Tells whether a name that Windows reads ends where `rest` starts.
fn ends_name(rest: &str) -> bool {
    let rest = rest.trim_start_matches(|sign: char| matches!(sign, '.' | ' ') || is_ignored(sign));
    rest.is_empty() || rest.starts_with(':')
}

/// Returns what follows `name` at the start of `text`, as file systems compare that ignore case and some characters.
fn after<'text>(text: &'text str, name: &str) -> Option<&'text str> {
    let mut wanted = name.chars();
    let mut rest = text.chars();
    loop {
        let before = rest.as_str();
        let Some(next) = wanted.clone().next() else {
            return Some(before);
        };
        let letter = rest.next()?;
        if is_ignored(letter) {
            continue;
        }
        wanted.next();
        match folded(letter) {
            'ß' if next == 's' => {
                if wanted.next() != Some('s') {
                    return None;
                }
            }
            letter if letter == next => {}
            _ => return None,
        }
    }
}

/// Returns the letter that a file system compares in place of this one.
fn folded(letter: char) -> char {
    match letter {
        'ſ' => 's',
        'ẞ' => 'ß',
        // The wide forms of ASCII stand in its order.
        '\u{ff01}'..='\u{ff5e}' => u32::from(letter)
            .checked_sub(0xfee0)
            .and_then(char::from_u32)
            .map_or(letter, |letter| letter.to_ascii_lowercase()),
        _ => letter.to_ascii_lowercase(),
    }
}

/// Tells whether some file system ignores a character: Unicode's `Default_Ignorable_Code_Point`.
fn is_ignored(letter: char) -> bool {
    matches!(
        letter,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fff8}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

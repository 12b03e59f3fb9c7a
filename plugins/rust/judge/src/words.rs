//! Looking for words in text without a pattern language: a judge starts fresh at each call, so nothing may be compiled
//! at run time.

/// Tells whether a byte can be part of an identifier.
#[must_use]
pub fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// The positions at which `word` stands in `text` and is not part of a longer identifier.
pub fn positions<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    text.match_indices(word)
        .map(|(at, _)| at)
        .filter(move |&at| stands_alone(text, at, word))
}

/// Tells whether `word` stands in `text` and is not part of a longer identifier.
#[must_use]
pub fn contains_word(text: &str, word: &str) -> bool {
    positions(text, word).next().is_some()
}

fn stands_alone(text: &str, at: usize, word: &str) -> bool {
    let bytes = text.as_bytes();
    let joins = |edge: Option<u8>, outside: Option<&u8>| {
        edge.is_some_and(is_word_byte) && outside.copied().is_some_and(is_word_byte)
    };
    let before = at.checked_sub(1).and_then(|index| bytes.get(index));
    let after = bytes.get(at.saturating_add(word.len()));
    !joins(word.bytes().next(), before) && !joins(word.bytes().last(), after)
}

/// Tells whether `text` has one of `phrases`, whatever the case of ASCII letters. The phrases are lower-case.
#[must_use]
pub fn has_phrase(text: &str, phrases: &[&str]) -> bool {
    phrases.iter().any(|phrase| find_ignoring_case(text, phrase).is_some())
}

/// Tells whether `text` has one of `phrases` as whole words, whatever the case of ASCII letters. The phrases are lower-case
/// and begin with a letter.
#[must_use]
pub fn has_words(text: &str, phrases: &[&str]) -> bool {
    let ends = |at: usize, phrase: &str| {
        let after = text.as_bytes().get(at.saturating_add(phrase.len()));
        !after.copied().is_some_and(is_word_byte)
    };
    starts_of_words(text).any(|at| {
        phrases
            .iter()
            .any(|phrase| begins_at(text, at, phrase) && ends(at, phrase))
    })
}

/// Tells whether no letter or digit stands before a position.
#[must_use]
pub fn begins_word(text: &str, at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|index| text.as_bytes().get(index));
    !before.is_some_and(u8::is_ascii_alphanumeric)
}

/// The positions of letters that no letter or digit stands before.
fn starts_of_words(text: &str) -> impl Iterator<Item = usize> + '_ {
    let mut before = b' ';
    text.bytes().enumerate().filter_map(move |(at, byte)| {
        let begins = byte.is_ascii_alphabetic() && !before.is_ascii_alphanumeric();
        before = byte;
        begins.then_some(at)
    })
}

fn begins_at(text: &str, at: usize, phrase: &str) -> bool {
    let rest = text.as_bytes().get(at..).unwrap_or_default();
    // Most phrases differ in the first letter.
    let is_near = rest.first().map(u8::to_ascii_lowercase) == phrase.bytes().next();
    is_near
        && rest
            .get(..phrase.len())
            .is_some_and(|part| part.eq_ignore_ascii_case(phrase.as_bytes()))
}

/// Where a lower-case `phrase` first stands in `text`, whatever the case of ASCII letters.
#[must_use]
pub fn find_ignoring_case(text: &str, phrase: &str) -> Option<usize> {
    let (text, phrase) = (text.as_bytes(), phrase.as_bytes());
    let first = phrase.first()?;
    text.windows(phrase.len()).position(|window| {
        window.first().is_some_and(|byte| byte.to_ascii_lowercase() == *first) && window.eq_ignore_ascii_case(phrase)
    })
}

/// The identifier that `text` starts with; empty when it starts with none.
#[must_use]
pub fn leading_word(text: &str) -> &str {
    let end = text.bytes().position(|byte| !is_word_byte(byte)).unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

/// The identifiers of `text`, in order.
pub fn identifiers(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| !(character.is_alphanumeric() || character == '_'))
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_not_found_inside_another() {
        assert!(contains_word("a foo b", "foo"));
        assert!(contains_word("foo!(x)", "foo!"));
        assert!(!contains_word("afoo foob", "foo"));
        assert!(!contains_word("my_foo", "foo"));
    }

    #[test]
    fn a_phrase_is_found_in_any_case() {
        assert_eq!(find_ignoring_case("Is Not Yet done", "not yet"), Some(3));
        assert_eq!(find_ignoring_case("ab", "abc"), None);
        assert!(has_phrase("NOT IMPLEMENTED", &["later", "not implemented"]));
        assert!(has_words("Implement me.", &["implement me"]) && !has_words("implement methods", &["implement me"]));
    }

    #[test]
    fn identifiers_are_split_at_everything_else() {
        assert_eq!(
            identifiers("let x_1 = f(ä);").collect::<Vec<_>>(),
            ["let", "x_1", "f", "ä"]
        );
        assert_eq!(leading_word("name(x)"), "name");
    }
}

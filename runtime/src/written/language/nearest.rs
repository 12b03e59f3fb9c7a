//! "Did you mean": the known word that a person most likely wanted to write.

/// Longer words are not compared, so that a hostile file cannot make the comparison slow.
const COMPARED_BYTES_MAX: usize = 64;

/// Returns the word of `known` that is most like `word`, if one is like it at all.
pub fn nearest<'a, T: AsRef<str> + 'a>(word: &str, known: impl IntoIterator<Item = T>) -> Option<T> {
    if word.len() > COMPARED_BYTES_MAX {
        return None;
    }
    let mut best: Option<(usize, T)> = None;
    for candidate in known {
        let text = candidate.as_ref();
        if text.len() > COMPARED_BYTES_MAX {
            continue;
        }
        let distance = strsim::damerau_levenshtein(word, text);
        if is_near(word, text, distance) && best.as_ref().is_none_or(|(least, _)| distance < *least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Tells whether somebody who wrote `word` may have meant `known`: `agent` may mean `agents` and `warning` may mean `warn`,
/// but `http` hardly means `rules`.
fn is_near(word: &str, known: &str, distance: usize) -> bool {
    let begins_alike = |long: &str, short: &str| short.len() >= 3 && long.starts_with(short);
    let longest = word.chars().count().max(known.chars().count());
    distance <= longest.saturating_sub(1).min(longest.div_ceil(3)).min(2)
        || begins_alike(word, known)
        || begins_alike(known, word)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn likely_words_are_offered_and_others_are_not() {
        let known = ["roles", "rules", "judges", "tiers"];
        assert_eq!(nearest("judge", known), Some("judges"));
        assert_eq!(nearest("ruels", known), Some("rules"));
        assert_eq!(nearest("networks", known), None);
        assert_eq!(nearest("4", ["1", "2", "3"]), None);
        assert_eq!(nearest("warning", ["block", "warn", "off"]), Some("warn"));
        assert_eq!(nearest(&"r".repeat(1_000_000), known), None);
    }
}

//! "Did you mean": the known word that a person most likely wanted to write.

/// Longer words are not compared, so that a hostile file cannot make the comparison slow.
const COMPARED_BYTES_MAX: usize = 64;

/// Returns the word of `known` that is most like `word`, if one is like it at all.
pub(super) fn nearest<'a, T: AsRef<str> + 'a>(word: &str, known: impl IntoIterator<Item = T>) -> Option<T> {
    if word.len() > COMPARED_BYTES_MAX {
        return None;
    }
    let mut best: Option<(usize, T)> = None;
    for candidate in known {
        let text = candidate.as_ref();
        if text.len() > COMPARED_BYTES_MAX {
            continue;
        }
        // A third of the letters may differ: `agent` is offered `agents`, and `http` is not offered `rules`.
        let allowed = word.chars().count().max(text.chars().count()).div_ceil(3);
        let distance = strsim::damerau_levenshtein(word, text);
        if distance <= allowed && best.as_ref().is_none_or(|(least, _)| distance < *least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
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
        assert_eq!(nearest(&"r".repeat(1_000_000), known), None);
    }
}

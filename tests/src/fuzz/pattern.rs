//! Path patterns, against a naive reading of the same grammar.

use assize_provenance::pattern::PathPattern;

/// The most parts and bytes of a path for which the naive reading is asked: it takes exponential time.
const NAIVE_PARTS_MAX: usize = 6;
const NAIVE_BYTES_MAX: usize = 48;

/// Takes the first line as a pattern and every other as a path.
///
/// # Panics
///
/// When a promise is broken.
pub fn pattern(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut lines = text.split('\n');
    let Some(Ok(pattern)) = lines.next().map(PathPattern::parse) else {
        return;
    };
    assert_eq!(PathPattern::parse(pattern.as_str()).as_ref(), Ok(&pattern));
    for path in lines.take(16) {
        let matches = pattern.matches(path);
        assert!(
            matches || !pattern.matches_granting(path),
            "granted and not matched: {pattern} {path:?}"
        );
        let is_small = |text: &str| text.len() <= NAIVE_BYTES_MAX && text.split('/').count() <= NAIVE_PARTS_MAX;
        if is_small(path) && is_small(pattern.as_str()) {
            let parts: Vec<&str> = path.split('/').collect();
            let wanted: Vec<&str> = pattern.as_str().split('/').collect();
            assert_eq!(matches, naive(&wanted, &parts), "{pattern} {path:?}");
        }
        let first = path.split('/').next().unwrap_or_default();
        if first.eq_ignore_ascii_case(".git") && !pattern.as_str().split('/').any(|part| part == first) {
            assert!(!pattern.matches_granting(path), "{pattern} grants {path:?}");
        }
    }
}

fn naive(pattern: &[&str], path: &[&str]) -> bool {
    match (pattern.split_first(), path.split_first()) {
        (None, None) => true,
        (Some((&"**", rest)), None) => naive(rest, path),
        (Some((&"**", rest)), Some((_, after))) => naive(rest, path) || naive(pattern, after),
        (Some((part, rest)), Some((name, after))) => {
            let (part, name): (Vec<char>, Vec<char>) = (part.chars().collect(), name.chars().collect());
            within(&part, &name) && naive(rest, after)
        }
        _ => false,
    }
}

fn within(pattern: &[char], name: &[char]) -> bool {
    match (pattern.split_first(), name.split_first()) {
        (None, None) => true,
        (Some(('*', rest)), None) => within(rest, name),
        (Some(('*', rest)), Some((_, after))) => within(rest, name) || within(pattern, after),
        (Some(('?', rest)), Some((_, after))) => within(rest, after),
        (Some((sign, rest)), Some((letter, after))) => sign == letter && within(rest, after),
        _ => false,
    }
}

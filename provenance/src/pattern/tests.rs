//! Patterns against paths: by example, and all small ones against the dullest matcher there is.

use super::*;

fn pattern(text: &str) -> PathPattern {
    PathPattern::parse(text).unwrap()
}

#[test]
fn patterns_match_by_the_table() {
    for (text, yes, no) in [
        (
            "src/*.rs",
            &["src/a.rs", "src/.rs"][..],
            &["src/a/b.rs", "a.rs", "src/a.rs/b", "src/a.rsx"][..],
        ),
        ("**", &["a", "a/b", ".git/x"], &[]),
        ("src/**", &["src/a", "src/a/b", "src"], &["srcs/a", "a/src/b"]),
        ("**/x", &["x", "a/x", "a/b/x"], &["x/a", "ax"]),
        ("a/**/z", &["a/z", "a/b/z", "a/b/c/z"], &["a/zz", "b/a/z"]),
        ("a?c", &["abc", "aéc", "a\\c"], &["ac", "a/c", "abbc"]),
        ("*a*b*", &["ab", "xaxbx", "aab"], &["ba", "a", "b"]),
        ("docs/\\xff", &["docs/\\xff"], &["docs/\\xfe"]),
    ] {
        for path in yes {
            assert!(pattern(text).matches(path), "{text} should match {path}");
        }
        for path in no {
            assert!(!pattern(text).matches(path), "{text} should not match {path}");
        }
    }
}

#[test]
fn wildcards_never_grant_the_repository_or_its_rules() {
    for guarded in [
        ".git",
        ".git/config",
        "sub/.git/hooks/x",
        ".assize/policy.toml",
        ".GIT/config",
        "a/.Assize",
    ] {
        for text in ["**", "*/**", "?git/**", ".g*/**", "**/.*/**", "*/config", "a/*"] {
            assert!(
                !pattern(text).matches_granting(guarded),
                "{text} must not grant {guarded}"
            );
        }
    }
    for (text, path) in [
        (".git/**", ".git/config"),
        ("**/.git/**", "sub/.git/hooks/x"),
        (".assize/*", ".assize/policy.toml"),
        ("**", ".github/workflows/x.yml"),
        ("**", "a.git/b"),
    ] {
        assert!(pattern(text).matches_granting(path), "{text} should grant {path}");
    }
    assert!(
        !pattern("**/.git/**").matches_granting(".git/a/.git/b"),
        "each guarded part must be named"
    );
}

#[test]
fn what_is_no_pattern_says_why() {
    for (text, error) in [
        ("", PatternError::Empty),
        ("/a", PatternError::EmptyPart),
        ("a/", PatternError::EmptyPart),
        ("a//b", PatternError::EmptyPart),
        ("a/../b", PatternError::DotPart("..".to_owned())),
        ("./a", PatternError::DotPart(".".to_owned())),
        ("a/b**", PatternError::StarsInPart("b**".to_owned())),
        ("***", PatternError::StarsInPart("***".to_owned())),
        ("{a,b}", PatternError::Sign('{')),
        ("[ab]", PatternError::Sign('[')),
        ("!a", PatternError::Sign('!')),
        ("a\nb", PatternError::Control),
    ] {
        assert_eq!(PathPattern::parse(text), Err(error), "{text:?}");
    }
    assert_eq!(PathPattern::parse(&"a".repeat(1025)), Err(PatternError::TooLong(1025)));
    assert_eq!(pattern("a/*/**").to_string(), "a/*/**");
}

/// Matches by trying everything; exponential and obviously right.
fn naive(pattern: &[Part], path: &[&str]) -> bool {
    fn letters(pattern: &[char], text: &[char]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some((&'*', after)), _) => (0..=text.len()).any(|taken| letters(after, &text[taken..])),
            (Some((sign, after)), Some((letter, rest))) => (*sign == '?' || sign == letter) && letters(after, rest),
            _ => false,
        }
    }
    match pattern.split_first() {
        None => path.is_empty(),
        Some((Part::AnyParts, after)) => (0..=path.len()).any(|taken| naive(after, &path[taken..])),
        Some((part, after)) => path.split_first().is_some_and(|(first, rest)| {
            let first_letters: Vec<char> = first.chars().collect();
            let fits = match part {
                Part::Wild(signs) => letters(signs, &first_letters),
                Part::Literal(literal) => literal == first,
                Part::AnyParts => unreachable!(),
            };
            fits && naive(after, rest)
        }),
    }
}

#[test]
fn all_small_patterns_agree_with_trying_everything() {
    fn texts(alphabet: &[char], length_max: usize) -> Vec<String> {
        let mut all = vec![String::new()];
        let mut last = all.clone();
        for _ in 0..length_max {
            last = last
                .iter()
                .flat_map(|text| alphabet.iter().map(move |letter| format!("{text}{letter}")))
                .collect();
            all.extend(last.iter().cloned());
        }
        all
    }
    let paths = texts(&['a', 'b', '/'], 5);
    let (mut matched, mut patterns) = (0, 0);
    for pattern in texts(&['a', '*', '?', '/'], 5)
        .iter()
        .filter_map(|text| PathPattern::parse(text).ok())
    {
        patterns += 1;
        for path in &paths {
            let parts: Vec<&str> = path.split('/').collect();
            assert_eq!(
                pattern.matches(path),
                naive(&pattern.parts, &parts),
                "{pattern} and {path:?}"
            );
            matched += usize::from(pattern.matches(path));
        }
    }
    assert!(
        patterns > 200 && matched > 1000,
        "{patterns} patterns, {matched} matches"
    );
}

#[test]
fn the_worst_pattern_stays_fast() {
    let stars = PathPattern::parse(&"*a".repeat(512)).unwrap();
    assert!(!stars.matches(&format!("{}b", "a".repeat(4095))));
    let runs = PathPattern::parse(&format!("{}x", "**/".repeat(341))).unwrap();
    assert!(!runs.matches(&"a/".repeat(2048)));
}

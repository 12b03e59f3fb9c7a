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
    assert_eq!(PathPattern::parse(&"a/".repeat(33)), Err(PatternError::EmptyPart));
    assert_eq!(
        PathPattern::parse(&format!("{}a", "a/".repeat(32))),
        Err(PatternError::TooManyParts(33))
    );
    assert_eq!(
        PathPattern::parse(&format!("?{}", "a".repeat(64))),
        Err(PatternError::LongAnyPart)
    );
    assert!(PathPattern::parse(&format!("*{}", "a".repeat(1000))).is_ok());
    assert_eq!(pattern("a/*/**").to_string(), "a/*/**");
}

/// Matches by trying everything; exponential and obviously right.
fn naive(pattern: &[&str], path: &[&str]) -> bool {
    fn letters(pattern: &[char], text: &[char]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some((&'*', after)), _) => (0..=text.len()).any(|taken| letters(after, &text[taken..])),
            (Some((sign, after)), Some((letter, rest))) => (*sign == '?' || sign == letter) && letters(after, rest),
            _ => false,
        }
    }
    let signs = |text: &str| text.chars().collect::<Vec<char>>();
    match pattern.split_first() {
        None => path.is_empty(),
        Some((&"**", after)) => (0..=path.len()).any(|taken| naive(after, &path[taken..])),
        Some((part, after)) => path
            .split_first()
            .is_some_and(|(first, rest)| letters(&signs(part), &signs(first)) && naive(after, rest)),
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
                naive(&pattern.as_str().split('/').collect::<Vec<_>>(), &parts),
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

/// Each of these took a naive matcher hours, or minutes with backtracking; together they are two hundred pairs here.
#[test]
fn the_worst_patterns_stay_fast() {
    let long = "a".repeat(4095);
    let deep = "a/".repeat(2048);
    let started = std::time::Instant::now();
    for _ in 0..50 {
        assert!(!pattern(&"*a".repeat(512)).matches(&format!("{long}b")));
        assert!(!pattern(&format!("*{}b", "a".repeat(1000))).matches(&long));
        assert!(!pattern(&format!("*{}?b*", "a".repeat(60))).matches(&long));
        assert!(!pattern(&format!("**/{}x", "*a*/".repeat(30))).matches(&deep));
    }
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}

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
fn every_spelling_of_a_guarded_name_is_guarded() {
    for spelling in [
        ".git ",
        ".git.",
        ".git . .",
        ".GiT::$INDEX_ALLOCATION",
        ".git:x",
        "git~1",
        "GIT~1",
        "git~2.",
        ".g\u{200c}it",
        "\u{feff}.git",
        ".git\u{200d}",
        ".gi\u{ad}t",
        "\u{e0001}.git",
        "\u{ff0e}\u{ff27}it",
        ".git\\x5cconfig",
        "x\\x5c.git",
        ".ASSIZE",
        ".assize.",
        "assize~1",
        ".a\u{17f}size",
        ".a\u{df}ize",
        ".A\u{1e9e}IZE",
        ".\u{2060}assize",
    ] {
        for text in ["**", "*", "*/*", "**/*", ".*", "?*"] {
            for path in [
                spelling.to_owned(),
                format!("a/{spelling}"),
                format!("{spelling}/config"),
            ] {
                assert!(!pattern(text).matches_granting(&path), "{text} must not grant {path:?}");
            }
        }
        assert!(!pattern(".git/**").matches_granting(&format!("{spelling}/config")));
        assert!(pattern("**").matches(spelling), "rules and waivers hold everywhere");
    }
    assert!(
        pattern("git~1/**").matches_granting("git~1/config"),
        "the very bytes grant"
    );
    for harmless in [
        ".gitignore",
        ".gitmodules",
        ".git-keep",
        "git",
        "git~",
        "git~0",
        "git~x",
        "git~12",
        "agit~1",
        ".gi",
        ".assiz",
        ".assizes",
        ".aßsize",
        "assets",
        "ﬁle",
        "x.git",
        "é",
        "",
    ] {
        assert!(pattern("**").matches_granting(harmless), "** should grant {harmless:?}");
    }
}

#[test]
fn folders_lead_to_what_patterns_may_match_below() {
    for (text, yes, no) in [
        (
            "src/**",
            &["", "src", "src/a", "src/a/b"][..],
            &["docs", "srcs", "src/.git"][..],
        ),
        ("a/*/c.rs", &["", "a", "a/b", "a/b/c.rs"], &["b", "a/b/d", "a/b/c.rs/d"]),
        ("**/x", &["", "a", "a/b/c"], &[".git", "a/.assize"]),
        (".git/hooks/*", &["", ".git", ".git/hooks"], &[".GIT", ".git/refs"]),
        ("top", &["", "top"], &["other", "top/x"]),
    ] {
        for folder in yes {
            assert!(pattern(text).leads_below(folder), "{text} should lead below {folder}");
        }
        for folder in no {
            assert!(
                !pattern(text).leads_below(folder),
                "{text} should not lead below {folder}"
            );
        }
    }
}

#[test]
fn a_folder_is_open_as_a_whole_where_a_pattern_takes_everything_below() {
    for (text, yes, no) in [
        ("**", &["", "src", "a/b/c"][..], &[".git", "a/.assize", "a/.GIT/b"][..]),
        ("src/**", &["src", "src/a/b"], &["", "docs", "src/.git"]),
        ("a/*/**", &["a/b", "a/b/c"], &["", "a"]),
        ("**/x/**", &["x", "a/x", "a/x/b"], &["", "a"]),
        ("**/*.rs", &[], &["", "src", "src/a.rs"]),
        ("src/*", &[], &["", "src", "src/a"]),
        ("src", &[], &["", "src"]),
        (".git/**", &[".git", ".git/hooks"], &["", ".GIT", ".git/x/.git"]),
        ("**/**", &["", "a"], &[".git"]),
    ] {
        for folder in yes {
            assert!(pattern(text).grants_all_below(folder), "{text} takes all of {folder}");
            for below in ["x", "x/y", "x/y/z.rs"] {
                let path = format!("{folder}/{below}");
                assert!(
                    pattern(text).matches_granting(path.trim_start_matches('/')),
                    "{text} {path}"
                );
            }
        }
        for folder in no {
            assert!(
                !pattern(text).grants_all_below(folder),
                "{text} does not take all of {folder}"
            );
        }
    }
}

#[test]
fn patterns_that_name_a_repository_are_known() {
    for text in [".git", "**/.git/**", "a/.GIT./*", "git~1"] {
        assert!(pattern(text).names_repository(), "{text}");
    }
    for text in ["**", ".g*", ".assize/**", ".github/**", ".gitignore"] {
        assert!(!pattern(text).names_repository(), "{text}");
    }
}

#[test]
fn covering_is_proven_for_what_people_write() {
    for (ours, theirs) in [
        ("**", "src/**"),
        ("**", "*"),
        ("**", "**/*.rs"),
        ("src/**", "src/a/b.rs"),
        ("src/**", "src"),
        ("src/**", "src/**/*.rs"),
        ("src/*", "src/*.rs"),
        ("*/x", "a/x"),
        ("**/*.rs", "src/**/a*.rs"),
        ("**/*.rs", "a.rs"),
        ("a*c", "ab*c"),
        ("*a*", "?a?"),
        (".git/**", ".git/hooks/*"),
        ("a/**/**", "a/**"),
    ] {
        assert!(pattern(ours).covers(&pattern(theirs)), "{ours} covers {theirs}");
    }
    for (ours, theirs) in [
        ("src/**", "**"),
        ("**", ".git/config"),
        ("*", ".assize"),
        ("*", "**"),
        ("src/*.rs", "src/*"),
        ("a?c", "a*c"),
        ("a*c", "*"),
        ("src/**/x", "src/**"),
    ] {
        assert!(
            !pattern(ours).covers(&pattern(theirs)),
            "{ours} does not cover {theirs}"
        );
    }
}

#[test]
fn what_is_said_to_cover_does_cover_all_small_paths() {
    let letters = ['a', '.', '/', '*', '?'];
    let all = texts(&letters, 4);
    let patterns: Vec<PathPattern> = all.iter().filter_map(|text| PathPattern::parse(text).ok()).collect();
    let mut paths = texts(&['a', '.', '/'], 5);
    paths.extend([".git", ".git/a", "a/.git"].map(str::to_owned));
    let grants: Vec<Vec<bool>> = patterns
        .iter()
        .map(|pattern| paths.iter().map(|path| pattern.matches_granting(path)).collect())
        .collect();
    let mut covered = 0;
    for (ours, granted) in patterns.iter().zip(&grants) {
        for (theirs, wanted) in patterns.iter().zip(&grants) {
            if ours.covers(theirs) {
                covered += 1;
                let missed = wanted
                    .iter()
                    .zip(granted)
                    .position(|(wanted, granted)| *wanted && !granted);
                assert_eq!(missed.map(|at| &paths[at]), None, "{ours} does not cover {theirs}");
            }
        }
    }
    assert!(covered > 1000, "{covered}");
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

/// Every text of up to so many letters.
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

use super::*;

/// The source with each byte of a comment as `c` and of a string as `s`; code and line ends stay.
fn masked(source: &str, language: Language) -> String {
    let classes = classify(source, language);
    assert_eq!(classes.len(), source.len());
    let shown = source.bytes().zip(classes).map(|(byte, class)| match class {
        _ if byte == b'\n' => '\n',
        Class::Code => char::from(byte),
        Class::Comment => 'c',
        Class::Text => 's',
    });
    shown.collect()
}

#[test]
fn rust_has_nested_comments_lifetimes_and_hashed_strings() {
    assert_eq!(masked("a/* /* */ */b", Language::Rust), "acccccccccccb");
    assert_eq!(
        masked("fn f<'a>(x: &'a str) -> char { 'x' }", Language::Rust),
        "fn f<'a>(x: &'a str) -> char { sss }"
    );
    assert_eq!(
        masked(r##"r#"a"b"# + r"c" + var"##, Language::Rust),
        "ssssssss + ssss + var"
    );
    assert_eq!(
        masked(r"('\'', '\u{1F600}', b'x')", Language::Rust),
        "(ssss, sssssssssss, bsss)"
    );
    assert_eq!(masked("\"a\nb\" c // d", Language::Rust), "ss\nss c cccc");
}

#[test]
fn python_has_triple_quotes() {
    assert_eq!(
        masked("\"\"\"a'\n\"b\"\"\" + 'c' # d", Language::Python),
        "sssss\nsssss + sss ccc"
    );
    assert_eq!(masked("'open\nx = 1", Language::Python), "sssss\nx = 1");
}

#[test]
fn javascript_has_patterns_and_templates() {
    assert_eq!(
        masked("x = /['\"]/g; y = a / b / c", Language::JavaScript),
        "x = ssssssg; y = a / b / c"
    );
    assert_eq!(masked("`a\n'b` + 1", Language::JavaScript), "ss\nsss + 1");
    assert_eq!(
        masked("return /[/]'/.test(s)", Language::JavaScript),
        "return ssssss.test(s)"
    );
}

#[test]
fn a_shell_has_here_documents() {
    let source = "cat <<'EOF' > x\n# text 'not open\nEOF\necho $# # comment\n";
    assert_eq!(
        masked(source, Language::Shell),
        "cat <<'EOF' > x\nssssssssssssssss\nsss\necho $# ccccccccc\n"
    );
    assert_eq!(masked("x=$((1 << 2))\n# c\n", Language::Shell), "x=$((1 << 2))\nccc\n");
}

#[test]
fn cpp_has_tagged_strings() {
    assert_eq!(masked("R\"x(a)\"b)x\" + 1", Language::Cpp), "sssssssssss + 1");
}

#[test]
fn nothing_ends_what_is_left_open() {
    for source in [
        "/* open",
        "\"open",
        "r#\"open",
        "`open",
        "<<EOF\nopen",
        "'",
        "R\"(",
        "/",
        "\"\\",
    ] {
        for language in [
            Language::Rust,
            Language::JavaScript,
            Language::Cpp,
            Language::Shell,
            Language::Ruby,
            Language::Php,
        ] {
            assert_eq!(
                classify(source, language).len(),
                source.len(),
                "{source:?} in {language:?}"
            );
        }
    }
}

//! Texts that try to become something else: lines, commands, tags, links, mentions.

use super::super::{github, junit, markdown, sarif, uri};
use super::{finding, full, opinion, review, silent};
use crate::app::view::{FindingView, ReviewView};

/// Each tries to break out of one format or another.
const TEXTS: &[&str] = &[
    "plain",
    "\n::error::injected",
    "\r\n::set-output name=x::y",
    "\u{2028}::error::a\u{2029}b\u{85}c\u{b}d\u{c}e",
    "##[error]injected",
    "::stop-commands::x",
    "a,file=other,line=1::b%0A::error::c",
    "</testcase><testcase name=\"x\"/>",
    "\"/><failure/><x a='",
    "]]><!-- & &amp; --> <![CDATA[",
    "\u{0}\u{1}\u{8}\u{1b}[31m\u{7f}\u{fffe}\u{ffff}",
    "\u{202e}reversed\u{2066}\u{feff}",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "</details></summary><details open>",
    "| a | b |\n|---|---|",
    "`code` ``` \n```\nfence",
    "@everyone @org/team a@b.c #1 GH-1 org/repo#2",
    "[text](https://evil.example) ![i](//evil.example/x) <https://evil.example> www.evil.example https://evil.example",
    "# heading\n## more\n- item\n1. item\n> quote\n---\n***",
    "\\[x\\](y) \\` \\| \\@a &#64;b",
    "{0} {{1}} [link](1) ${{ github.token }}",
    "javascript:alert(1)",
    "..//../%2e%2e/?q#f",
    "\u{1f600} \u{e9}\u{301} \u{200d}",
];

/// Reviews with each of the texts in every place that a judge or a repository can fill.
fn hostile() -> Vec<(&'static str, ReviewView)> {
    let with = |text: &'static str| {
        let bad = FindingView {
            path: Some(text.into()),
            suggestion: Some(text.into()),
            waived: Some(text.into()),
            ..finding(text, "critical", text)
        };
        let standing = FindingView {
            waived: None,
            ..bad.clone()
        };
        let mut judged = opinion(text, "reject", vec![bad, standing]);
        judged.rationale = text.into();
        let mut view = review(vec![judged, silent(text, text)]);
        view.case.title = text.into();
        view.council.name = text.into();
        (text, view)
    };
    TEXTS.iter().copied().map(with).collect()
}

/// A line end in anybody's eyes: Unicode's, and those of the terminals and parsers that read the formats.
fn is_line_end(character: char) -> bool {
    matches!(
        character,
        '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}'
    )
}

#[test]
fn every_line_for_github_is_a_command_of_ours() {
    for (text, view) in hostile() {
        let log = github::commands(&view);
        let lines: Vec<&str> = log.split_terminator('\n').collect();
        // Two findings, a judge without an opinion, and the last line.
        assert_eq!(lines.len(), 4, "{text:?}:\n{log}");
        assert!(!log.replace('\n', "").contains(is_line_end), "{text:?}:\n{log}");
        for line in &lines[..3] {
            let rest = line.strip_prefix("::").expect("a command");
            let (head, _) = rest.split_once("::").expect("a message");
            let (name, properties) = head.split_once(' ').expect("properties");
            assert!(["error", "warning", "notice"].contains(&name), "{line}");
            for property in properties.split(',') {
                let (key, value) = property.split_once('=').expect("a property");
                assert!(
                    ["file", "line", "endLine", "title"].contains(&key),
                    "{text:?} made {key}: {line}"
                );
                assert!(!value.contains("::"), "{line}");
            }
        }
        assert_eq!(lines[3], "assize: rejected, 2 findings");
    }
}

/// Reads `%XX` back, as the runner does.
fn runner_reads(text: &str) -> String {
    let text = text
        .replace("%0D", "\r")
        .replace("%0A", "\n")
        .replace("%3A", ":")
        .replace("%2C", ",");
    text.replace("%25", "%")
}

#[test]
fn the_runner_reads_back_what_was_meant() {
    let said = FindingView {
        path: Some("50%, a:b.rs".into()),
        ..finding("house/rule", "error", "100 % wrong: a, b")
    };
    let log = github::commands(&review(vec![opinion("house", "reject", vec![said])]));
    let line = log.lines().next().expect("an annotation");
    let (head, message) = line.trim_start_matches("::").split_once("::").expect("a message");
    let file = head
        .split("file=")
        .nth(1)
        .and_then(|rest| rest.split(',').next())
        .expect("a file");
    assert_eq!(runner_reads(file), "50%, a:b.rs");
    assert_eq!(runner_reads(message), "100 % wrong: a, b");
}

/// No tag, attribute or entity but ours: what is between the marks of XML is counted, whatever the texts are.
#[test]
fn no_text_changes_the_shape_of_the_xml() {
    let shape = |view: &ReviewView| {
        let document = junit::document(view);
        let is_allowed = |c: char| matches!(c, '\n' | '\t') || (c >= ' ' && c != '\u{fffe}' && c != '\u{ffff}');
        assert!(document.chars().all(is_allowed), "{document}");
        for entity in document.split('&').skip(1) {
            let name = entity.split(';').next().unwrap_or_default();
            assert!(["amp", "lt", "gt", "quot", "apos"].contains(&name), "&{name};");
        }
        let count = |mark: char| document.matches(mark).count();
        (count('<'), count('>'), count('"'), count('\''))
    };
    let mut shapes: Vec<_> = hostile().iter().map(|(text, view)| (shape(view), *text)).collect();
    shapes.sort();
    let first = shapes.first().expect("a shape").0;
    for (other, text) in &shapes {
        assert_eq!(*other, first, "{text:?} changes the document");
    }
}

/// Outside of escapes no character of a hostile text means anything: the marks that remain are those of the page itself.
#[test]
fn no_text_becomes_markup() {
    let plain = |view: &ReviewView| {
        let page = markdown::page(view);
        assert!(!page.replace('\n', "").contains(is_line_end), "{page}");
        // A backslash takes the meaning of the punctuation behind it.
        let mut bare = String::new();
        let mut characters = page.chars();
        while let Some(character) = characters.next() {
            match character {
                '\\' => drop(characters.next()),
                other => bare.push(other),
            }
        }
        // Where a link leads is percent-encoded.
        let mut parts = bare.split("](");
        let mut bare = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (_, rest) = part.split_once(')').expect("the end of a link");
            bare.push_str("](");
            bare.push_str(rest);
        }
        let mut marks: Vec<String> = Vec::new();
        for mark in [
            "<", "|", "`", "*", "_", "](", "![", "@", "#", "\n", "~", "https://", "www.",
        ] {
            marks.push(format!("{mark:?} {}", bare.matches(mark).count()));
        }
        for mention in page.split('@').skip(1) {
            assert!(mention.starts_with('\u{200b}'), "a mention: @{mention}");
        }
        marks
    };
    // The `@` and `#` that are left have a blank behind them.
    let counted = |marks: Vec<String>| -> Vec<String> {
        marks
            .into_iter()
            .filter(|mark| !mark.starts_with("\"@\"") && !mark.starts_with("\"#\""))
            .collect()
    };
    let all = hostile();
    let (_, ordinary) = all.first().expect("a review");
    let expected = counted(plain(ordinary));
    for (text, view) in &all {
        assert_eq!(
            counted(plain(view)),
            expected,
            "{text:?} becomes markup:\n{}",
            markdown::page(view)
        );
    }
}

#[test]
fn a_summary_has_a_limit() {
    let long = FindingView {
        path: Some("p\\x0a".repeat(300)),
        suggestion: Some("<".repeat(1_000)),
        ..finding("house/rule", "error", &"|".repeat(1_000))
    };
    let view = review(vec![opinion("house", "reject", vec![long; 10_000])]);
    let page = markdown::page(&view);
    assert!(page.len() < 65_536, "{} bytes", page.len());
    assert!(page.contains("more"), "nothing says that some are left out");
}

#[test]
fn uris_hold_nothing_but_a_path() {
    for text in TEXTS {
        let uri = uri(text);
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~/%".contains(c);
        assert!(uri.chars().all(is_plain), "{uri}");
    }
    assert_eq!(uri("caf\\xe9/a b#1?:%.rs"), "caf%E9/a%20b%231%3F%3A%25.rs");
    assert_eq!(uri("\u{e9}.rs"), "%C3%A9.rs");
}

/// Placeholders and links of SARIF's own are escaped; JSON takes care of the rest.
#[test]
fn no_text_becomes_a_link_or_a_placeholder_in_sarif() {
    for (text, view) in hostile() {
        let log = sarif::log(&view);
        let result = &log["runs"][0]["results"][0];
        let message = result["message"]["text"].as_str().expect("a text");
        assert!(
            !message.contains("](") || message.contains("\\]("),
            "{text:?}: {message}"
        );
        assert!(!message.replace("{{", "").contains("{0}"), "{text:?}: {message}");
        assert_eq!(message.lines().count(), 2, "{text:?}: {message}");
    }
}

/// Lines of source are for the terminal: they are masked, but no file that travels needs them.
#[test]
fn no_format_shows_a_line_of_source() {
    let mut view = full();
    for finding in view.opinions.iter_mut().flat_map(|opinion| &mut opinion.findings) {
        finding.source = Some("let key = SOURCE;".into());
    }
    let texts = [
        sarif::log(&view).to_string(),
        junit::document(&view),
        markdown::page(&view),
        github::commands(&view),
    ];
    for text in texts {
        assert!(!text.contains("SOURCE"), "{text}");
    }
}

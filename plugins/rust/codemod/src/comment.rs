//! How comments are written, by the kind of file.

use assize_agent::path;

/// A way to write comments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// A sign before each line.
    Line(&'static str),
    /// Lines between two signs, each behind a prefix.
    Block {
        /// The sign before.
        open: &'static str,
        /// What stands before each line.
        prefix: &'static str,
        /// The sign behind.
        close: &'static str,
    },
}

/// The comments of C and of style sheets.
pub(crate) const STARS: Style = Style::Block {
    open: "/*",
    prefix: " * ",
    close: " */",
};

/// The comments of XML, HTML and Markdown.
pub(crate) const MARKUP: Style = Style::Block {
    open: "<!--",
    prefix: "",
    close: "-->",
};

/// Styles by the extensions of files.
const EXTENSIONS: [(Style, &[&str]); 7] = [
    (
        Style::Line("//"),
        &[
            "rs", "c", "h", "cc", "cpp", "cxx", "hh", "hpp", "hxx", "m", "mm", "java", "kt", "kts", "scala", "groovy",
            "gradle", "js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts", "go", "swift", "cs", "dart", "zig",
            "proto", "php", "v", "sv", "wit", "scss", "less",
        ],
    ),
    (
        Style::Line("#"),
        &[
            "py",
            "pyi",
            "sh",
            "bash",
            "zsh",
            "fish",
            "rb",
            "pl",
            "pm",
            "r",
            "toml",
            "yaml",
            "yml",
            "tf",
            "nix",
            "cmake",
            "mk",
            "ex",
            "exs",
            "jl",
            "ps1",
            "conf",
            "cfg",
            "properties",
            "graphql",
            "bzl",
            "nim",
            "cr",
            "awk",
            "gd",
        ],
    ),
    (
        Style::Line("--"),
        &["sql", "lua", "hs", "adb", "ads", "elm", "vhd", "vhdl"],
    ),
    (
        Style::Line(";"),
        &["el", "lisp", "cl", "clj", "cljs", "scm", "rkt", "asm", "wat", "ini"],
    ),
    (Style::Line("%"), &["tex", "sty", "erl", "hrl"]),
    (STARS, &["css"]),
    (
        MARKUP,
        &[
            "html", "htm", "xhtml", "xml", "xsd", "xsl", "xslt", "svg", "vue", "svelte", "md", "markdown",
        ],
    ),
];

/// Files that are known by their names.
const HASH_NAMES: [&str; 14] = [
    "Makefile",
    "makefile",
    "GNUmakefile",
    "Dockerfile",
    "Containerfile",
    "CMakeLists.txt",
    "Rakefile",
    "Gemfile",
    "Justfile",
    "justfile",
    ".gitignore",
    ".gitattributes",
    ".editorconfig",
    ".dockerignore",
];

impl Style {
    /// The names under which an edit can ask for a style.
    pub(crate) const NAMES: [&'static str; 7] = ["//", "#", "--", ";", "%", "/* */", "<!-- -->"];

    /// The style of a name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "/* */" => Some(STARS),
            "<!-- -->" => Some(MARKUP),
            _ => Self::NAMES
                .iter()
                .find(|known| **known == name)
                .map(|sign| Self::Line(sign)),
        }
    }

    /// The style of a file, by its name.
    pub(crate) fn of(file: &str) -> Option<Self> {
        if HASH_NAMES.contains(&path::name(file)) {
            return Some(Self::Line("#"));
        }
        let extension = path::extension(file).to_ascii_lowercase();
        let mut styles = EXTENSIONS.iter();
        styles
            .find(|(_, extensions)| extensions.contains(&extension.as_str()))
            .map(|(style, _)| *style)
    }

    /// The lines as a comment, each with an end.
    pub(crate) fn write(self, lines: &[&str], line_end: &str) -> String {
        let mut comment = String::new();
        let mut push = |line: &str| {
            comment.push_str(line.trim_end());
            comment.push_str(line_end);
        };
        match self {
            Self::Line(sign) => {
                for line in lines {
                    push(&format!("{sign} {line}"));
                }
            }
            Self::Block { open, prefix, close } => {
                push(open);
                for line in lines {
                    push(&format!("{prefix}{line}"));
                }
                push(close);
            }
        }
        comment
    }

    /// The signs of comments of several lines that files of this style may also have.
    fn block_signs(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Line("//") => Some(("/*", "*/")),
            Self::Line(_) => None,
            Self::Block { open, close, .. } => Some((open, close.trim_start())),
        }
    }
}

/// The comment that a text begins with.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Comment<'a> {
    /// Its lines, without signs and without the space behind them.
    pub(crate) lines: Vec<&'a str>,
    /// Where each line ends in the text, behind its line feed; for a comment between two signs the last of them ends it.
    pub(crate) ends: Vec<usize>,
    /// It stands between two signs.
    pub(crate) is_block: bool,
}

impl<'a> Comment<'a> {
    /// The comment at the very start of a text.
    pub(crate) fn at_start(text: &'a str, style: Style) -> Option<Self> {
        if let Some((open, close)) = style.block_signs()
            && let Some(inside) = text.strip_prefix(open)
        {
            return Self::block(text, inside, close);
        }
        match style {
            Style::Line(sign) => Self::of_lines(text, sign),
            Style::Block { .. } => None,
        }
    }

    fn block(text: &'a str, inside: &'a str, close: &str) -> Option<Self> {
        let (inside, behind) = inside.split_once(close)?;
        // What remains of the line belongs to the comment only if it is its end.
        let rest = behind
            .split_inclusive('\n')
            .next()
            .filter(|rest| rest.trim().is_empty());
        let end = text
            .len()
            .saturating_sub(behind.len())
            .saturating_add(rest.map_or(0, str::len));
        let stripped = inside.lines().map(|line| {
            let line = line.trim();
            line.trim_start_matches('*').trim_start()
        });
        let mut lines: Vec<&str> = stripped.collect();
        while lines.last().is_some_and(|line| line.is_empty()) {
            lines.pop();
        }
        let leading = lines.iter().take_while(|line| line.is_empty()).count();
        lines.drain(..leading);
        Some(Self {
            lines,
            ends: vec![end],
            is_block: true,
        })
    }

    fn of_lines(text: &'a str, sign: &str) -> Option<Self> {
        let (mut lines, mut ends, mut at) = (Vec::new(), Vec::new(), 0_usize);
        for line in text.split_inclusive('\n') {
            let Some(inside) = line.strip_prefix(sign) else { break };
            // Comments from which documentation is made are not about the file's licence.
            if sign == "//" && inside.starts_with(['/', '!']) {
                break;
            }
            at = at.saturating_add(line.len());
            lines.push(inside.strip_prefix(' ').unwrap_or(inside).trim_end());
            ends.push(at);
        }
        (!lines.is_empty()).then_some(Self {
            lines,
            ends,
            is_block: false,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn styles_are_known_by_extension_or_name() {
        assert_eq!(Style::of("a/b.RS"), Some(Style::Line("//")));
        assert_eq!(Style::of("x/Dockerfile"), Some(Style::Line("#")));
        assert_eq!(Style::of("index.html"), Some(MARKUP));
        assert_eq!(Style::of("a.json"), None);
        assert!(Style::NAMES.iter().all(|name| Style::named(name).is_some()));
        assert_eq!(Style::named("rem"), None);
    }

    #[test]
    fn comments_are_written_and_read_back() {
        let lines = ["Copyright Somebody", "", "All of it."];
        for style in [Style::Line("#"), Style::Line("//"), STARS, MARKUP] {
            let written = style.write(&lines, "\r\n");
            assert!(!written.contains(" \r"), "{written:?}");
            let text = format!("{written}\r\nrest\r\n");
            let comment = Comment::at_start(&text, style).expect("a comment");
            assert_eq!(comment.lines, lines);
            assert_eq!(comment.ends.last(), Some(&written.len()));
        }
    }

    #[test]
    fn documentation_is_no_header() {
        assert_eq!(Comment::at_start("//! Docs.\n", Style::Line("//")), None);
        assert_eq!(Comment::at_start("/// Docs.\n", Style::Line("//")), None);
        let comment = Comment::at_start("// One.\n/// Docs.\n", Style::Line("//")).expect("a comment");
        assert_eq!(comment.lines, ["One."]);
    }
}

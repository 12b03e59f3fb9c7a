//! The programming languages a judge can tell apart, and how each writes comments and strings.

use crate::path;

/// A programming language.
#[expect(missing_docs, reason = "the names say it")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    C,
    CSharp,
    Cpp,
    Dart,
    Elixir,
    Go,
    Haskell,
    Java,
    JavaScript,
    Kotlin,
    Lua,
    Perl,
    Php,
    Python,
    Ruby,
    Rust,
    Scala,
    Shell,
    Swift,
    TypeScript,
    Zig,
}

impl Language {
    /// The language of a file, by its extension.
    #[must_use]
    pub fn of(path: &str) -> Option<Self> {
        Some(match path::extension(path) {
            "c" | "h" | "m" => Self::C,
            "cs" => Self::CSharp,
            "cc" | "cpp" | "cxx" | "hh" | "hpp" | "hxx" | "inl" | "mm" | "cu" => Self::Cpp,
            "dart" => Self::Dart,
            "ex" | "exs" => Self::Elixir,
            "go" => Self::Go,
            "hs" => Self::Haskell,
            "java" | "groovy" | "gradle" => Self::Java,
            "js" | "jsx" | "mjs" | "cjs" | "vue" | "svelte" => Self::JavaScript,
            "kt" | "kts" => Self::Kotlin,
            "lua" => Self::Lua,
            "pl" | "pm" => Self::Perl,
            "php" => Self::Php,
            "py" | "pyw" => Self::Python,
            "rb" | "rake" => Self::Ruby,
            "rs" => Self::Rust,
            "scala" | "sc" => Self::Scala,
            "sh" | "bash" | "zsh" => Self::Shell,
            "swift" => Self::Swift,
            "ts" | "tsx" | "mts" | "cts" => Self::TypeScript,
            "zig" => Self::Zig,
            _ => return None,
        })
    }

    /// How the language writes what is not code.
    #[must_use]
    pub fn syntax(self) -> &'static Syntax {
        match self {
            Self::C => &C,
            Self::CSharp => &C_SHARP,
            Self::Cpp => &CPP,
            Self::Dart => &DART,
            Self::Elixir => &ELIXIR,
            Self::Go => &GO,
            Self::Haskell => &HASKELL,
            Self::Java | Self::Scala | Self::Kotlin | Self::Swift => &JAVA,
            Self::JavaScript | Self::TypeScript => &JAVA_SCRIPT,
            Self::Lua => &LUA,
            Self::Perl | Self::Ruby => &RUBY,
            Self::Php => &PHP,
            Self::Python => &PYTHON,
            Self::Rust => &RUST,
            Self::Shell => &SHELL,
            Self::Zig => &ZIG,
        }
    }

    /// Tells whether blocks are marked by indentation.
    #[must_use]
    pub fn is_indented(self) -> bool {
        self == Self::Python
    }
}

/// How a language writes what is not code.
#[derive(Debug)]
pub struct Syntax {
    /// What begins a comment to the end of the line.
    pub line_comments: &'static [&'static str],
    /// What begins and ends a comment over lines.
    pub block_comment: Option<(&'static str, &'static str)>,
    /// Whether block comments nest.
    pub nested_comments: bool,
    /// The strings, longer openings first.
    pub strings: &'static [Delimited],
    /// Whether `'` may begin something else than a literal: Rust's lifetimes.
    pub lifetimes: bool,
    /// Whether strings are also written as `r#"…"#`: Rust.
    pub hashed_strings: bool,
    /// Whether strings are also written as `R"x(…)x"`: C++.
    pub tagged_strings: bool,
    /// Whether `<<NAME` begins lines of text that end with `NAME`.
    pub here_documents: bool,
    /// Whether `/…/` is a pattern where a value may stand.
    pub slash_patterns: bool,
}

/// A string by its delimiters.
#[derive(Debug)]
pub struct Delimited {
    /// What begins it.
    pub open: &'static str,
    /// What ends it.
    pub close: &'static str,
    /// Whether a backslash takes the meaning of the next character.
    pub escapes: bool,
    /// Whether it may go on over the end of a line.
    pub multiline: bool,
}

const fn line(mark: &'static str) -> Delimited {
    Delimited {
        open: mark,
        close: mark,
        escapes: true,
        multiline: false,
    }
}

const fn lines(mark: &'static str) -> Delimited {
    Delimited {
        open: mark,
        close: mark,
        escapes: true,
        multiline: true,
    }
}

const fn raw(open: &'static str, close: &'static str) -> Delimited {
    Delimited {
        open,
        close,
        escapes: false,
        multiline: true,
    }
}

const NOTHING: Syntax = Syntax {
    line_comments: &[],
    block_comment: None,
    nested_comments: false,
    strings: &[],
    lifetimes: false,
    hashed_strings: false,
    tagged_strings: false,
    here_documents: false,
    slash_patterns: false,
};

const SLASHES: Syntax = Syntax {
    line_comments: &["//"],
    block_comment: Some(("/*", "*/")),
    strings: &[line("\""), line("'")],
    ..NOTHING
};

static C: Syntax = SLASHES;
static CPP: Syntax = Syntax {
    tagged_strings: true,
    ..SLASHES
};
static C_SHARP: Syntax = Syntax {
    strings: &[
        lines("\"\"\""),
        raw("@\"", "\""),
        raw("$@\"", "\""),
        line("\""),
        line("'"),
    ],
    ..SLASHES
};
static DART: Syntax = Syntax {
    strings: &[lines("\"\"\""), lines("'''"), line("\""), line("'")],
    nested_comments: true,
    ..SLASHES
};
static GO: Syntax = Syntax {
    strings: &[raw("`", "`"), line("\""), line("'")],
    ..SLASHES
};
static JAVA: Syntax = Syntax {
    strings: &[lines("\"\"\""), line("\""), line("'")],
    ..SLASHES
};
static JAVA_SCRIPT: Syntax = Syntax {
    strings: &[lines("`"), line("\""), line("'")],
    slash_patterns: true,
    ..SLASHES
};
static PHP: Syntax = Syntax {
    line_comments: &["//", "#"],
    strings: &[lines("\""), lines("'")],
    here_documents: true,
    ..SLASHES
};
static RUST: Syntax = Syntax {
    strings: &[lines("\"")],
    nested_comments: true,
    lifetimes: true,
    hashed_strings: true,
    ..SLASHES
};
static ZIG: Syntax = Syntax {
    block_comment: None,
    ..SLASHES
};
static ELIXIR: Syntax = Syntax {
    line_comments: &["#"],
    strings: &[lines("\"\"\""), lines("'''"), lines("\""), line("'")],
    ..NOTHING
};
static HASKELL: Syntax = Syntax {
    line_comments: &["--"],
    block_comment: Some(("{-", "-}")),
    nested_comments: true,
    strings: &[line("\"")],
    ..NOTHING
};
static LUA: Syntax = Syntax {
    line_comments: &["--"],
    block_comment: Some(("--[[", "]]")),
    strings: &[raw("[[", "]]"), line("\""), line("'")],
    ..NOTHING
};
static PYTHON: Syntax = Syntax {
    line_comments: &["#"],
    strings: &[lines("\"\"\""), lines("'''"), line("\""), line("'")],
    ..NOTHING
};
static RUBY: Syntax = Syntax {
    line_comments: &["#"],
    strings: &[lines("\""), lines("'"), line("`")],
    here_documents: true,
    slash_patterns: true,
    ..NOTHING
};
static SHELL: Syntax = Syntax {
    line_comments: &["#"],
    strings: &[lines("\""), raw("'", "'")],
    here_documents: true,
    ..NOTHING
};

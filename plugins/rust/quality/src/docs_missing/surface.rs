//! What a line of code offers to people outside of it: options, settings from the environment, public names.

use assize_judge::language::Language;
use assize_judge::literals::Literals;
use assize_judge::path;
use assize_judge::words::leading_word;

/// What is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// An option of a command line.
    Option,
    /// A variable of the environment.
    Variable,
    /// A function, type or constant that others may name.
    Item,
}

/// Variables that every program finds, and that nobody documents anew.
const ORDINARY: [&str; 26] = [
    "APPDATA",
    "BROWSER",
    "COLUMNS",
    "DISPLAY",
    "EDITOR",
    "GITHUB_ACTIONS",
    "GITHUB_TOKEN",
    "HOME",
    "HOSTNAME",
    "LANG",
    "LC_ALL",
    "LOCALAPPDATA",
    "LOGNAME",
    "NODE_ENV",
    "NO_COLOR",
    "OSTYPE",
    "OUT_DIR",
    "PAGER",
    "PATH",
    "PATHEXT",
    "PWD",
    "RUST_LOG",
    "SHELL",
    "TERM",
    "TMPDIR",
    "USER",
];

/// Calls that declare an option, before its name with two hyphens.
const DECLARES_OPTION: [&str; 8] = [
    "add_argument(",
    "add_option(",
    "click.option(",
    "typer.Option(",
    ".option(",
    ".addOption(",
    ".on(\"",
    ".on('",
];

/// Calls that declare an option, before its name without hyphens, in Rust and Go.
const DECLARES_BARE: [(&str, Language); 8] = [
    (".long(\"", Language::Rust),
    ("flag.String(\"", Language::Go),
    ("flag.Bool(\"", Language::Go),
    ("flag.Int(\"", Language::Go),
    ("flag.Duration(\"", Language::Go),
    ("Flags().String(\"", Language::Go),
    ("Flags().Bool(\"", Language::Go),
    ("Flags().Int(\"", Language::Go),
];

/// What stands before a variable's name.
const READS_VARIABLE: [&str; 16] = [
    "os.environ[\"",
    "os.environ['",
    "os.environ.get(\"",
    "os.environ.get('",
    "os.getenv(\"",
    "os.getenv('",
    "env::var(\"",
    "env::var_os(\"",
    "process.env.",
    "os.Getenv(\"",
    "os.LookupEnv(\"",
    "System.getenv(\"",
    "ENV[\"",
    "ENV['",
    "ENV.fetch(\"",
    "ENV.fetch('",
];

/// What every line that offers a setting has one of: one pass over the line instead of one a pattern.
static HINTS: Literals = Literals::new(&["env", "--", ".long(", "flag.", "flags("]);

/// An option or a variable that a line of code offers, with its name as people write it.
pub(super) fn setting_in(line: &str, language: Language) -> Option<(Kind, String)> {
    if !HINTS.any(line) {
        return None;
    }
    option_in(line, language)
        .map(|name| (Kind::Option, name))
        .or_else(|| variable_in(line).map(|name| (Kind::Variable, name)))
}

fn option_in(line: &str, language: Language) -> Option<String> {
    let is_name = |name: &str| {
        name.len() >= 2
            && name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    if line.contains("--") && DECLARES_OPTION.iter().any(|call| line.contains(call)) {
        let (_, rest) = line
            .split_once("\"--")
            .or_else(|| line.split_once("'--"))
            .or_else(|| line.split_once(", --"))?;
        let name: &str = rest
            .split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '-'))
            .next()?;
        return is_name(name).then(|| format!("--{name}"));
    }
    if !matches!(language, Language::Rust | Language::Go) || !line.contains('"') {
        return None;
    }
    let of_language = DECLARES_BARE.iter().filter(|(_, of)| *of == language);
    let rest = of_language
        .filter_map(|(call, _)| line.split_once(call))
        .map(|(_, rest)| rest)
        .next()?;
    let name = rest.split('"').next().filter(|name| is_name(name))?;
    Some(format!("--{name}"))
}

fn variable_in(line: &str) -> Option<String> {
    let rest = READS_VARIABLE
        .iter()
        .find_map(|before| line.split_once(before))
        .map(|(_, rest)| rest)?;
    let name = leading_word(rest);
    let is_name = name.len() >= 3
        && name.starts_with(|letter: char| letter.is_ascii_uppercase())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    // Cargo sets these for build scripts and programs.
    let is_set_by_cargo = name.starts_with("CARGO_") || name.starts_with("RUSTC");
    (is_name && !ORDINARY.contains(&name) && !is_set_by_cargo).then(|| name.to_owned())
}

/// The name of a public item that a line declares.
pub(super) fn item_in(line: &str, language: Language) -> Option<&str> {
    let (rest, kinds): (&str, &[&str]) = match language {
        Language::Rust => (
            line.strip_prefix("pub ")?,
            &[
                "fn", "struct", "enum", "trait", "const", "static", "type", "mod", "union",
            ],
        ),
        Language::Go => {
            let rest = line.strip_prefix("func ").or_else(|| line.strip_prefix("type "))?;
            let name = leading_word(rest);
            return name
                .starts_with(|letter: char| letter.is_ascii_uppercase())
                .then_some(name);
        }
        Language::Python => (line, &["def", "class"]),
        Language::JavaScript | Language::TypeScript => (
            line.strip_prefix("export ")?,
            &["function", "class", "const", "let", "interface", "type", "enum"],
        ),
        _ => return None,
    };
    // `async`, `unsafe`, `abstract` and the like stand before the kind.
    let mut words = rest.split_whitespace();
    let kind = words.by_ref().take(3).find(|word| kinds.contains(word))?;
    // `pub const fn` declares a function.
    let name = words.find(|word| !kinds.contains(word) || *word == kind)?;
    let name = leading_word(name.trim_start_matches('*'));
    (name.len() >= 2 && !name.starts_with('_')).then_some(name)
}

/// Tells whether what a file declares as public is so for others: the root of a library, or a Go package that is none of
/// a program and not internal.
pub(super) fn is_root(file: &str, language: Language) -> bool {
    match language {
        Language::Rust => file == "src/lib.rs" || file.ends_with("/src/lib.rs"),
        Language::Python => path::name(file) == "__init__.py",
        Language::JavaScript | Language::TypeScript => {
            path::stem(file) == "index" && matches!(path::parent(file), "" | "src" | "lib")
        }
        Language::Go => {
            let is_own = |part: &str| matches!(part, "internal" | "cmd" | "main" | "examples");
            !path::parent(file).split('/').any(is_own) && path::name(file) != "main.go"
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_known() {
        for (line, language, kind, name) in [
            (
                "parser.add_argument(\"--depth\", type=int)",
                Language::Python,
                Kind::Option,
                "--depth",
            ),
            ("@click.option('--depth')", Language::Python, Kind::Option, "--depth"),
            (
                ".option('-d, --depth <n>', 'how deep')",
                Language::JavaScript,
                Kind::Option,
                "--depth",
            ),
            (
                ".arg(Arg::new(\"depth\").long(\"depth\"))",
                Language::Rust,
                Kind::Option,
                "--depth",
            ),
            (
                "depth := flag.Int(\"depth\", 3, \"\")",
                Language::Go,
                Kind::Option,
                "--depth",
            ),
            (
                "os.environ[\"APP_DEPTH\"]",
                Language::Python,
                Kind::Variable,
                "APP_DEPTH",
            ),
            (
                "process.env.APP_DEPTH ?? 3",
                Language::TypeScript,
                Kind::Variable,
                "APP_DEPTH",
            ),
            (
                "std::env::var(\"APP_DEPTH\")",
                Language::Rust,
                Kind::Variable,
                "APP_DEPTH",
            ),
        ] {
            assert_eq!(setting_in(line, language), Some((kind, name.to_owned())), "{line}");
        }
        for (line, language) in [
            ("os.environ[\"HOME\"]", Language::Python),
            ("run([\"git\", \"--depth\"])", Language::Python),
            ("socket.on('message', f)", Language::JavaScript),
        ] {
            assert_eq!(setting_in(line, language), None, "{line}");
        }
    }

    #[test]
    fn items_are_known() {
        for (line, language, name) in [
            ("pub fn load(x: u8) {", Language::Rust, Some("load")),
            ("pub const fn load() {", Language::Rust, Some("load")),
            ("pub async fn load() {", Language::Rust, Some("load")),
            ("pub(crate) fn load() {", Language::Rust, None),
            ("func Load(x int) {", Language::Go, Some("Load")),
            ("func load(x int) {", Language::Go, None),
            ("def load(x):", Language::Python, Some("load")),
            ("    def load(x):", Language::Python, Some("load")),
            ("def _load(x):", Language::Python, None),
            ("export async function load() {", Language::TypeScript, Some("load")),
            ("function load() {", Language::TypeScript, None),
        ] {
            assert_eq!(item_in(line, language), name, "{line}");
        }
    }
}

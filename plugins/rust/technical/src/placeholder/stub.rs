//! Code that stands for missing code, language by language.

use assize_judge::language::Language;
use assize_judge::lexer::Class;
use assize_judge::source::Source;
use assize_judge::words::{contains_word, has_phrase, positions};
use assize_judge::{Evidence, Severity, Side};

use super::Sign;
use super::body::{self, Enclosing};

/// How long a statement is looked at, in bytes.
const STATEMENT_BYTES_MAX: usize = 1_000;

/// What an error says when it stands for missing code and says nothing else.
const BARE: [&str; 15] = [
    "not implemented",
    "not yet implemented",
    "not implemented yet",
    "unimplemented",
    "to be implemented",
    "implement me",
    "method not implemented",
    "function not implemented",
    "this method is not implemented",
    "not supported yet",
    "stub",
    "implementation missing",
    "needs implementation",
    "notimplemented",
    "tbd",
];

/// Errors whose type says that code is missing.
const ERROR_TYPES: [&str; 4] = [
    "NotImplementedException",
    "NotImplementedError",
    "UnimplementedError",
    "NotYetImplementedException",
];

const MACRO: Sign = Sign {
    severity: Severity::Error,
    message: "A macro stands for code that is not written.",
};
const STUB: Sign = Sign {
    severity: Severity::Error,
    message: "The function does nothing but say that it is not implemented.",
};
const BRANCH: Sign = Sign {
    severity: Severity::Warning,
    message: "One path through the code ends in “not implemented”.",
};
const REASONED: Sign = Sign {
    severity: Severity::Note,
    message: "The function does nothing but say why it does nothing.",
};
const EMPTY: Sign = Sign {
    severity: Severity::Warning,
    message: "The function's body is empty.",
};

/// The sign in the code of a line, if there is one. Without evidence no class excuses anything.
pub(super) fn sign(source: &Source, line: u32, evidence: Option<&dyn Evidence>) -> Option<Sign> {
    match source.language {
        Language::Rust => rust_macro(source, line).or_else(|| raised(source, line, evidence)),
        Language::Python => python(source, line, evidence),
        Language::Kotlin if called(source, line, "TODO").is_some() => Some(MACRO),
        Language::Scala if source.code_line(line).contains("???") => Some(MACRO),
        Language::Haskell if is_undefined(source.code_line(line)) => Some(STUB),
        _ => raised(source, line, evidence),
    }
}

fn is_undefined(code: &str) -> bool {
    code.trim_end()
        .strip_suffix("undefined")
        .is_some_and(|before| before.trim_end().ends_with('='))
}

fn rust_macro(source: &Source, line: u32) -> Option<Sign> {
    let code = source.code_line(line);
    let start = source.start_of(line);
    let is_call = |name: &str, at: usize| {
        let after = code
            .get(at.saturating_add(name.len())..)
            .unwrap_or_default()
            .trim_start();
        after.starts_with(['(', '[', '{'])
    };
    let unfinished = concat!("to", "do!");
    if positions(code, unfinished).any(|at| is_call(unfinished, at)) {
        return Some(MACRO);
    }
    let unsupported = concat!("unimple", "mented!");
    let at = positions(code, unsupported).find(|&at| is_call(unsupported, at))?;
    let begin = start.saturating_add(at);
    let end = end_of_statement(source, begin);
    let said = strings_in(source, begin, end);
    // As one case of many, or with a reason of its own, the macro says what is not supported: that may be the final state.
    let is_final = !said.is_empty() && !is_bare(&said) || !body::is_sole_statement(source, line, begin, end);
    Some(if is_final { BRANCH } else { MACRO })
}

/// The position of a call of `name` on a line, when there is one.
fn called(source: &Source, line: u32, name: &str) -> Option<usize> {
    let code = source.code_line(line);
    let at = positions(code, name).find(|at| {
        code.get(at.saturating_add(name.len())..)
            .is_some_and(|rest| rest.starts_with('('))
    })?;
    Some(source.start_of(line).saturating_add(at))
}

/// The words with which a language raises an error or gives up.
fn raisers(language: Language) -> &'static [&'static str] {
    match language {
        Language::C => &["assert", "abort"],
        Language::Cpp => &["throw", "assert"],
        Language::Elixir | Language::Ruby => &["raise"],
        Language::Go => &["panic"],
        Language::Haskell | Language::Lua => &["error"],
        Language::Perl => &["die", "croak"],
        Language::Rust => &["panic!", "unreachable!"],
        Language::Swift => &["fatalError", "preconditionFailure"],
        Language::Zig => &["@panic"],
        Language::Python | Language::Shell => &[],
        _ => &["throw"],
    }
}

/// An error that says “not implemented”.
fn raised(source: &Source, line: u32, evidence: Option<&dyn Evidence>) -> Option<Sign> {
    let code = source.code_line(line);
    let at = raisers(source.language)
        .iter()
        .find_map(|word| positions(code, word).next())?;
    let start = source.start_of(line).saturating_add(at);
    let end = end_of_statement(source, start);
    let said = strings_in(source, start, end);
    let statement = source.code.get(start..end).unwrap_or_default();
    let by_type = ERROR_TYPES.iter().any(|name| contains_word(statement, name));
    if !(is_bare(&said) || by_type && (said.is_empty() || !is_for_subclasses(&said))) {
        return says_not_yet(&said).then_some(BRANCH);
    }
    let header = source
        .code
        .get(start.saturating_sub(STATEMENT_BYTES_MAX / 4)..start)
        .unwrap_or_default();
    if contains_word(header, "ConvertBack") || contains_word(header, "default") {
        return Some(BRANCH);
    }
    let has_blocks = !matches!(source.language, Language::Haskell | Language::Elixir | Language::Lua);
    if has_blocks && !body::is_sole_statement(source, line, start, end) {
        return Some(BRANCH);
    }
    let Some(evidence) = evidence else { return Some(STUB) };
    judged_by_class(body::enclosing(source, line, start).as_ref(), source.language, evidence)
}

fn python(source: &Source, line: u32, evidence: Option<&dyn Evidence>) -> Option<Sign> {
    let code = source.code_line(line).trim();
    if matches!(code, "pass" | "...") {
        let def = body::python::function_of_sole(source, line)?;
        let is_method = evidence.is_some() && body::python::class_of(source, line).is_some();
        let is_declared = !body::python::decorators(source, def).is_empty();
        return (!is_method && !is_declared).then_some(EMPTY);
    }
    let start = source.start_of(line);
    let at = positions(source.code_line(line), "NotImplementedError").next()?;
    if !code.starts_with("raise") {
        return None;
    }
    let begin = start.saturating_add(at);
    let said = strings_in(source, begin, end_of_statement(source, begin));
    let Some(def) = body::python::function_of_sole(source, line) else {
        return (is_bare(&said) || says_not_yet(&said)).then_some(BRANCH);
    };
    let decorators = body::python::decorators(source, def);
    let explained: String = (def..line).map(|above| source.line(above)).collect();
    let is_meant = decorators.contains("abstract") || decorators.contains("overload");
    if is_meant || is_for_subclasses(&said) || is_for_subclasses(&explained) {
        return None;
    }
    if !(said.is_empty() || is_bare(&said) || says_not_yet(&said)) {
        return Some(REASONED);
    }
    let Some(evidence) = evidence else { return Some(STUB) };
    let class = body::python::class_of(source, line);
    // A function inside of `try` or `if` stands in for one that this platform lacks.
    let is_fallback = class.is_none() && source.line(def).starts_with([' ', '\t']);
    if is_fallback {
        Some(BRANCH)
    } else {
        judged_by_class(class.as_ref(), Language::Python, evidence)
    }
}

/// A stub in a class that others are meant to complete is none.
fn judged_by_class(class: Option<&Enclosing>, language: Language, evidence: &dyn Evidence) -> Option<Sign> {
    let Some(class) = class else { return Some(STUB) };
    if is_abstract(class) {
        return None;
    }
    match has_subclass(&class.name, language, evidence) {
        Some(true) => None,
        Some(false) => Some(STUB),
        None => Some(Sign {
            severity: Severity::Warning,
            ..STUB
        }),
    }
}

fn is_abstract(class: &Enclosing) -> bool {
    const KINDS: [&str; 7] = [
        "abstract",
        "interface",
        "trait",
        "protocol",
        "mixin",
        "module",
        "extension",
    ];
    const BASES: [&str; 5] = ["ABC", "ABCMeta", "Protocol", "Interface", "metaclass"];
    const NAMES: [&str; 9] = [
        "Base",
        "Abstract",
        "Mixin",
        "Interface",
        "Protocol",
        "Adapter",
        "Template",
        "Plugin",
        "Mock",
    ];
    KINDS.iter().any(|word| contains_word(&class.header, word))
        || BASES.iter().any(|word| contains_word(&class.header, word))
        || NAMES
            .iter()
            .any(|word| class.name.starts_with(word) || class.name.ends_with(word))
}

/// Tells whether the head has a class made of this one; nothing where that cannot be found out.
fn has_subclass(name: &str, language: Language, evidence: &dyn Evidence) -> Option<bool> {
    if name.is_empty() {
        return Some(false);
    }
    let literals: Vec<String> = match language {
        Language::Python => ["({})", "({},", ", {})", ", {},", ".{})", ".{},"]
            .iter()
            .map(|form| form.replace("{}", name))
            .collect(),
        Language::Ruby => vec![format!("< {name}"), format!("::{name}")],
        Language::CSharp | Language::Swift | Language::Kotlin => vec![format!(": {name}"), format!(", {name}")],
        Language::Cpp => vec![
            format!("public {name}"),
            format!("protected {name}"),
            format!("private {name}"),
        ],
        _ => vec![
            format!("extends {name}"),
            format!("with {name}"),
            format!("implements {name}"),
        ],
    };
    if literals.iter().any(|literal| !(3..=256).contains(&literal.len())) {
        return None;
    }
    evidence
        .search(Side::Head, &literals, 1)
        .ok()
        .map(|matches| !matches.is_empty())
}

/// Tells whether a message is nothing but “not implemented”.
fn is_bare(said: &str) -> bool {
    let said = said.trim().trim_matches(|letter: char| !letter.is_alphanumeric());
    let is_followed = |phrase: &&str| {
        let rest = said.get(phrase.len()..).filter(|_| {
            said.get(..phrase.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(phrase))
        });
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([':', ';', '-', '.', '!']))
    };
    let is_task = said.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("todo"))
        && !said
            .get(4..5)
            .is_some_and(|next| next.chars().all(char::is_alphanumeric));
    is_task || BARE.iter().any(is_followed)
}

fn says_not_yet(said: &str) -> bool {
    has_phrase(
        said,
        &[
            "not yet implemented",
            "not implemented yet",
            "isn't implemented yet",
            "to be implemented",
        ],
    )
}

fn is_for_subclasses(said: &str) -> bool {
    has_phrase(
        said,
        &[
            "subclass",
            "override",
            "overrid",
            "derived",
            "abstract",
            "must implement",
            "should implement",
            "must be implemented",
            "should be implemented",
            "child class",
            "implementing class",
        ],
    )
}

/// Where the statement that begins at `start` ends: at a semicolon or line end outside brackets.
fn end_of_statement(source: &Source, start: usize) -> usize {
    let mut depth = 0_usize;
    let rest = source.code.get(start..).unwrap_or_default();
    for (length, byte) in rest.bytes().enumerate().take(STATEMENT_BYTES_MAX) {
        match byte {
            b'(' | b'[' | b'{' => depth = depth.saturating_add(1),
            b')' | b']' | b'}' if depth == 0 => return start.saturating_add(length),
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b';' | b'\n' if depth == 0 => return start.saturating_add(length),
            _ => {}
        }
    }
    start.saturating_add(rest.len().min(STATEMENT_BYTES_MAX))
}

/// The contents of the strings between two positions, without their quotes.
fn strings_in(source: &Source, start: usize, end: usize) -> String {
    let text = source.text.as_bytes().get(start..end).unwrap_or_default();
    let bytes: Vec<u8> = (start..)
        .zip(text)
        .filter(|(at, _)| source.class_at(*at) == Class::Text)
        .map(|(_, byte)| *byte)
        .collect();
    String::from_utf8_lossy(&bytes)
        .trim_matches(['"', '\'', '`'])
        .to_owned()
}

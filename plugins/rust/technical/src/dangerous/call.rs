//! A call on a line: its arguments, what is put into their texts, and whose parameters those are.

use assize_judge::language::Language;
use assize_judge::lexer::Class;
use assize_judge::source::Source;
use assize_judge::words::{contains_word, identifiers, is_word_byte, leading_word, positions};

/// How many bytes of arguments are looked at.
const ARGUMENT_BYTES_MAX: usize = 1_000;

/// How many lines above a call its function may begin, and how many lines its signature may have.
const FUNCTION_LINES_MAX: u32 = 150;
const SIGNATURE_LINES_MAX: u32 = 12;

/// The arguments of a call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call<'a> {
    source: &'a Source,
    line: u32,
    start: usize,
    end: usize,
}

impl<'a> Call<'a> {
    /// The first call of `name` on a line that is no method of something else and no definition. A name with a dot says whose
    /// it is.
    pub(super) fn of(source: &'a Source, line: u32, name: &'static str) -> Option<Self> {
        let code = source.code_line(line);
        let at = positions(code, name).find(|at| {
            let before = code.get(..*at).unwrap_or_default();
            let after = code.get(at.saturating_add(name.len())..).unwrap_or_default();
            let is_defined = ["def", "function", "func", "fn", "sub", "void", "int"]
                .iter()
                .any(|word| before.trim_end().ends_with(word));
            after.starts_with('(') && !before.ends_with(['.', '>', ':', '$', '@']) && !is_defined
        })?;
        let start = source
            .start_of(line)
            .saturating_add(at)
            .saturating_add(name.len())
            .saturating_add(1);
        Some(Self {
            source,
            line,
            start,
            end: end_of_arguments(source, start),
        })
    }

    /// The arguments of a macro on a line.
    pub(super) fn of_macro(source: &'a Source, line: u32, name: &'static str) -> Option<Self> {
        let at = source.code_line(line).find(name)?;
        let start = source.start_of(line).saturating_add(at);
        let end = end_of_arguments(source, start.saturating_add(name.len()).saturating_add(1));
        Some(Self {
            source,
            line,
            start,
            end,
        })
    }

    /// What follows a word on a line, as the arguments of a command without brackets.
    pub(super) fn after_word(source: &'a Source, line: u32, word: &'static str) -> Option<Self> {
        let code = source.code_line(line);
        let at = positions(code, word).find(|at| {
            let before = code.get(..*at).unwrap_or_default().trim_end();
            let after = source
                .line(line)
                .get(at.saturating_add(word.len())..)
                .unwrap_or_default();
            let begins = before.is_empty()
                || before.ends_with(['=', '(', ';', '{', '|', '&', '!'])
                || before.ends_with("return");
            begins && after.starts_with(' ') && after.trim_start().starts_with(['"', '\'', '$'])
        })?;
        let start = source.start_of(line).saturating_add(at).saturating_add(word.len());
        let end = source.start_of(line).saturating_add(source.line(line).len());
        Some(Self {
            source,
            line,
            start,
            end,
        })
    }

    /// The arguments as they are written.
    pub(super) fn text(&self) -> &'a str {
        self.source.text.get(self.start..self.end).unwrap_or_default()
    }

    /// The arguments without their texts and comments.
    pub(super) fn code(&self) -> &'a str {
        self.source.code.get(self.start..self.end).unwrap_or_default()
    }

    /// The first argument alone.
    pub(super) fn first(&self) -> Self {
        let mut depth = 0_usize;
        let end = self.code().bytes().position(|byte| {
            match byte {
                b'(' | b'[' | b'{' => depth = depth.saturating_add(1),
                b')' | b']' | b'}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            byte == b',' && depth == 0
        });
        Self {
            end: end.map_or(self.end, |length| self.start.saturating_add(length)),
            ..*self
        }
    }

    /// Tells whether the arguments are texts and nothing else.
    pub(super) fn is_literal(&self) -> bool {
        let is_prefix = |word: &str| matches!(word, "r" | "b" | "u" | "R" | "L");
        !self.text().trim().is_empty() && identifiers(self.code()).all(is_prefix) && self.interpolated().is_empty()
    }

    /// The names that are put into texts among the arguments: inside of them, or joined to them. Nothing where something
    /// makes them safe for a shell.
    pub(super) fn interpolated(&self) -> Vec<&'a str> {
        const SAFE: [&str; 7] = [
            "quote",
            "escape",
            "Shellwords",
            "shellwords",
            "list2cmdline",
            "sanitize",
            "join(",
        ];
        let text = self.text();
        if SAFE.iter().any(|word| text.contains(word)) || !self.has_text() {
            return Vec::new();
        }
        let mut names = self.inside_texts();
        if is_joined(self.code(), self.source.language) {
            names.extend(identifiers(self.code()).filter(|name| is_name(name)));
        }
        names
    }

    fn has_text(&self) -> bool {
        (self.start..self.end).any(|at| self.source.class_at(at) == Class::Text)
    }

    /// The names after the marks with which a language puts a value into a text.
    fn inside_texts(&self) -> Vec<&'a str> {
        let Some(mark) = self.mark() else { return Vec::new() };
        let text = self.text();
        let is_inside = |at: &usize| self.source.class_at(self.start.saturating_add(*at)) == Class::Text;
        let found = text.match_indices(mark).map(|(at, _)| at).filter(is_inside);
        let names = found.filter_map(|at| {
            let after = text.get(at.saturating_add(mark.len())..)?;
            let name = leading_word(after.trim_start_matches(['{', '$', ' ', '(', '@']));
            is_name(name).then_some(name)
        });
        names.collect()
    }

    /// What begins a value inside of a text.
    fn mark(&self) -> Option<&'static str> {
        let text = self.text();
        let has_f_text = || {
            let prefixes = ["f\"", "f'", "F\"", "F'"];
            prefixes.iter().any(|prefix| {
                positions(text, prefix).any(|at| {
                    let before = at.checked_sub(1).and_then(|at| text.as_bytes().get(at));
                    !before
                        .copied()
                        .is_some_and(|byte| is_word_byte(byte) && !matches!(byte, b'r' | b'R'))
                })
            })
        };
        match self.source.language {
            Language::Python => has_f_text().then_some("{"),
            Language::JavaScript | Language::TypeScript => text.contains('`').then_some("${"),
            Language::Ruby => Some("#{"),
            Language::Php | Language::Perl | Language::Kotlin | Language::Shell => text.contains('"').then_some("$"),
            Language::Rust => text.contains("format!").then_some("{"),
            _ => None,
        }
    }

    /// Tells whether one of `names` is a parameter of the function around the call.
    pub(super) fn takes_parameter(&self, names: &[&str]) -> bool {
        let parameters = parameters_around(self.source, self.line);
        names.iter().any(|name| parameters.contains(name))
    }
}

fn is_name(word: &str) -> bool {
    const WORDS: [&str; 14] = [
        "self", "this", "cls", "f", "r", "str", "format", "fmt", "Sprintf", "String", "shell", "True", "False", "check",
    ];
    !word.is_empty() && !word.starts_with(|letter: char| letter.is_ascii_digit()) && !WORDS.contains(&word)
}

/// Tells whether texts are joined to something else.
fn is_joined(code: &str, language: Language) -> bool {
    match language {
        Language::Php | Language::Perl => code.contains(" . ") || code.contains(".$"),
        Language::Python => code.contains('+') || code.contains('%') || code.contains(".format("),
        Language::Go => code.contains('+') || code.contains("Sprintf("),
        Language::Rust => code.contains("format!("),
        _ => code.contains('+') && !code.contains("++"),
    }
}

fn end_of_arguments(source: &Source, start: usize) -> usize {
    let mut depth = 0_usize;
    let rest = source.code.get(start..).unwrap_or_default();
    for (length, byte) in rest.bytes().enumerate().take(ARGUMENT_BYTES_MAX) {
        match byte {
            b'(' | b'[' | b'{' => depth = depth.saturating_add(1),
            b')' | b']' | b'}' if depth == 0 => return start.saturating_add(length),
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    source
        .text
        .floor_char_boundary(start.saturating_add(rest.len().min(ARGUMENT_BYTES_MAX)))
}

/// The names in the signature of the function around a line, found by its keyword and a smaller indentation.
fn parameters_around(source: &Source, line: u32) -> Vec<&str> {
    let mut indent = indent_of(source.line(line));
    let farthest = line.saturating_sub(FUNCTION_LINES_MAX).max(1);
    for above in (farthest..line).rev() {
        let code = source.code_line(above);
        if code.trim().is_empty() || indent_of(code) >= indent {
            continue;
        }
        if is_signature(code.trim()) {
            let signature = signature(source, above);
            return identifiers(signature).filter(|name| is_name(name)).collect();
        }
        indent = indent_of(code);
    }
    Vec::new()
}

fn is_signature(code: &str) -> bool {
    const KEYWORDS: [&str; 6] = ["def", "function", "func", "fn", "fun", "sub"];
    const CONTROL: [&str; 11] = [
        "if", "for", "while", "switch", "catch", "foreach", "with", "elif", "else", "match", "unless",
    ];
    let is_method =
        code.ends_with('{') && code.contains('(') && !CONTROL.contains(&leading_word(code.trim_start_matches("} ")));
    let has_keyword = KEYWORDS.iter().any(|keyword| contains_word(code, keyword));
    (has_keyword && code.contains('(')) || code.contains("=>") || is_method
}

/// The code between the first bracket of a signature and the one that closes it.
fn signature(source: &Source, line: u32) -> &str {
    let last = line.saturating_add(SIGNATURE_LINES_MAX);
    let code = source
        .code
        .get(source.start_of(line)..source.start_of(last))
        .unwrap_or_default();
    let Some(open) = code.find('(') else { return "" };
    let start = source.start_of(line).saturating_add(open).saturating_add(1);
    source
        .code
        .get(start..end_of_arguments(source, start))
        .unwrap_or_default()
}

fn indent_of(line: &str) -> usize {
    line.len().saturating_sub(line.trim_start().len())
}

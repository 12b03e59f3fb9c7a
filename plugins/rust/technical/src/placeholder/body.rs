//! The function and the class around a place in a source file, found by braces or by indentation.

use assize_judge::language::Language;
use assize_judge::source::Source;
use assize_judge::words::{contains_word, leading_word};

/// How far back a block's header may begin, in bytes.
const HEADER_BYTES_MAX: usize = 600;

/// How far a block's braces may stand from what they hold, in bytes: comments between them count.
const BLOCK_BYTES_MAX: usize = 2_000;

/// How many lines a Python signature may have, and how many blank lines or comments may stand between two lines of code.
const SIGNATURE_LINES_MAX: u32 = 200;

/// A class or something like it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Enclosing {
    /// Its name; empty where it has none.
    pub(super) name: String,
    /// The code before its body.
    pub(super) header: String,
}

/// Tells whether the comment at `begin` is all that a function's body holds, besides statements that do nothing.
pub(super) fn is_all_of_function(source: &Source, line: u32, begin: usize) -> bool {
    match source.language {
        Language::Python => python::is_empty_body(source, line),
        Language::Ruby | Language::Elixir | Language::Lua => {
            let before = nonblank_above(source, line).map(|above| source.code_line(above).trim());
            let after = nonblank_below(source, line).map(|below| source.code_line(below).trim());
            let opens = before.is_some_and(|code| matches!(leading_word(code), "def" | "function" | "defp" | "local"));
            opens && after.is_some_and(|code| leading_word(code) == "end")
        }
        language => {
            let comment = source.comment_in(line).map_or(0, |(_, text)| text.len());
            let header = block_around(&source.code, begin, begin.saturating_add(comment));
            header.is_some_and(|header| is_function(header, language))
        }
    }
}

/// Tells whether the statement from `start` to `end` is the whole body of a function; for Python and Ruby the statement is
/// the one on `line`.
pub(super) fn is_sole_statement(source: &Source, line: u32, start: usize, end: usize) -> bool {
    match source.language {
        Language::Python => python::function_of_sole(source, line).is_some(),
        Language::Ruby => {
            let before = nonblank_above(source, line).map(|above| source.code_line(above).trim());
            let after = nonblank_below(source, line).map(|below| source.code_line(below).trim());
            before.is_some_and(|code| leading_word(code) == "def")
                && after.is_some_and(|code| leading_word(code) == "end")
        }
        language => {
            let is_block = block_around(&source.code, start, end).is_some_and(|header| is_function(header, language));
            is_block || is_expression_body(&source.code, start)
        }
    }
}

/// The header of the block whose braces stand directly around `start..end`, white space and semicolons aside.
fn block_around(code: &str, start: usize, end: usize) -> Option<&str> {
    // Code is ASCII, so that it can be cut anywhere.
    let before = code.get(start.saturating_sub(BLOCK_BYTES_MAX)..start)?.trim_end();
    let open = before.strip_suffix('{')?;
    let near = code.get(end..code.len().min(end.saturating_add(BLOCK_BYTES_MAX)))?;
    let after = near.trim_start_matches(|letter: char| letter.is_whitespace() || letter == ';');
    after.starts_with('}').then(|| header_of(open))
}

/// The code that ends before a brace, back to the statement or block before it.
fn header_of(before_brace: &str) -> &str {
    let from = before_brace.floor_char_boundary(before_brace.len().saturating_sub(HEADER_BYTES_MAX));
    let near = before_brace.get(from..).unwrap_or_default();
    let begin = near.rfind([';', '{', '}']).map_or(0, |at| at.saturating_add(1));
    near.get(begin..).unwrap_or_default().trim()
}

/// `fun f() = TODO()`, `def f = ???`, `=> throw …`.
fn is_expression_body(code: &str, start: usize) -> bool {
    let before = code
        .get(start.saturating_sub(BLOCK_BYTES_MAX)..start)
        .unwrap_or_default()
        .trim_end();
    let header = header_of(before);
    before.ends_with("=>") && header.contains(')')
        || before.ends_with('=') && (header.contains(')') || contains_word(header, "def"))
}

fn is_function(header: &str, language: Language) -> bool {
    const CONTROL: [&str; 17] = [
        "if", "else", "for", "foreach", "while", "switch", "match", "catch", "try", "do", "case", "default", "when",
        "guard", "loop", "using", "lock",
    ];
    if CONTROL.contains(&leading_word(header)) {
        return false;
    }
    let keyword = match language {
        Language::Rust | Language::Zig => "fn",
        Language::Go | Language::Swift => "func",
        Language::Kotlin => "fun",
        Language::Scala => "def",
        Language::Php => "function",
        Language::Perl => "sub",
        _ => return header.contains('(') && (header.contains(')') || header.ends_with("=>")),
    };
    contains_word(header, keyword) || (language == Language::Swift && contains_word(header, "init"))
}

/// The class, interface, trait or module around a place.
pub(super) fn enclosing(source: &Source, line: u32, at: usize) -> Option<Enclosing> {
    match source.language {
        Language::Python => python::class_of(source, line),
        Language::Ruby => indented_class(source, line, &["class", "module"]),
        _ => braced_class(&source.code, at),
    }
}

fn braced_class(code: &str, at: usize) -> Option<Enclosing> {
    const KEYWORDS: [&str; 9] = [
        "class",
        "interface",
        "trait",
        "struct",
        "protocol",
        "mixin",
        "extension",
        "impl",
        "object",
    ];
    let mut depth = 0_usize;
    let before = code.get(..at)?;
    for (position, byte) in before.bytes().enumerate().rev() {
        match byte {
            b'}' => depth = depth.saturating_add(1),
            b'{' if depth > 0 => depth = depth.saturating_sub(1),
            b'{' => {
                let header = header_of(before.get(..position)?);
                let keyword = KEYWORDS.iter().find(|keyword| contains_word(header, keyword));
                if let Some(keyword) = keyword {
                    return Some(named(header, keyword));
                }
            }
            _ => {}
        }
    }
    None
}

fn indented_class(source: &Source, line: u32, keywords: &[&str]) -> Option<Enclosing> {
    let mut indent = indent_of(source.line(line));
    for above in (1..line).rev() {
        let code = source.code_line(above);
        if code.trim().is_empty() || indent_of(code) >= indent {
            continue;
        }
        indent = indent_of(code);
        if let Some(keyword) = keywords.iter().find(|keyword| leading_word(code.trim()) == **keyword) {
            return Some(named(code.trim(), keyword));
        }
    }
    None
}

fn named(header: &str, keyword: &str) -> Enclosing {
    let after = header.split_once(keyword).map_or("", |(_, after)| after).trim_start();
    Enclosing {
        name: leading_word(after).to_owned(),
        header: header.to_owned(),
    }
}

fn indent_of(line: &str) -> usize {
    line.len().saturating_sub(line.trim_start().len())
}

fn nonblank_above(source: &Source, line: u32) -> Option<u32> {
    let first = line.saturating_sub(SIGNATURE_LINES_MAX).max(1);
    (first..line)
        .rev()
        .find(|&above| !source.code_line(above).trim().is_empty())
}

fn nonblank_below(source: &Source, line: u32) -> Option<u32> {
    let last = source.lines().min(line.saturating_add(SIGNATURE_LINES_MAX));
    (line.saturating_add(1)..=last).find(|&below| !source.code_line(below).trim().is_empty())
}

/// Blocks by indentation.
pub(super) mod python {
    use super::{
        Enclosing, SIGNATURE_LINES_MAX, Source, indent_of, indented_class, leading_word, nonblank_above, nonblank_below,
    };

    /// The line with `def` of the function whose whole body is the statement on `line`, a docstring aside.
    pub(in crate::placeholder) fn function_of_sole(source: &Source, line: u32) -> Option<u32> {
        let indent = indent_of(source.line(line));
        let below = closing(source, line).and_then(|last| nonblank_below(source, last));
        if below.is_some_and(|below| indent_of(source.code_line(below)) >= indent) {
            return None;
        }
        let above = nonblank_above(source, line)?;
        header(source, above, indent)
    }

    /// Tells whether the function around a comment line does nothing.
    pub(in crate::placeholder) fn is_empty_body(source: &Source, line: u32) -> bool {
        let does_nothing = |line: &u32| {
            matches!(
                source.code_line(*line).trim(),
                "pass" | "..." | "return" | "return None"
            )
        };
        let own = Some(line).filter(does_nothing);
        let statement = own.or_else(|| nonblank_below(source, line).filter(does_nothing));
        statement.is_some_and(|statement| function_of_sole(source, statement).is_some())
    }

    /// The class around a line.
    pub(in crate::placeholder) fn class_of(source: &Source, line: u32) -> Option<Enclosing> {
        indented_class(source, line, &["class"])
    }

    /// The decorators above a `def`.
    pub(in crate::placeholder) fn decorators(source: &Source, def: u32) -> String {
        let above = (1..def).rev().map(|line| source.code_line(line).trim());
        above.take_while(|code| code.starts_with('@')).collect()
    }

    /// The `def` line of a signature that ends on the line `end`, when the body is indented by `indent`.
    fn header(source: &Source, end: u32, indent: usize) -> Option<u32> {
        if !source.code_line(end).trim().ends_with(':') {
            return None;
        }
        let first = end.saturating_sub(SIGNATURE_LINES_MAX).max(1);
        let is_def = |line: &u32| {
            let code = source.code_line(*line);
            indent_of(code) < indent && matches!(leading_word(code.trim()), "def" | "async") && code.contains("def ")
        };
        let def = (first..=end).rev().find(is_def)?;
        // Between `def` and the end of the signature no other line ends a header.
        let is_one = (def..end).all(|line| !source.code_line(line).trim().ends_with(':'));
        is_one.then_some(def)
    }

    /// The last line of the statement that begins on `line`: its brackets close there.
    fn closing(source: &Source, line: u32) -> Option<u32> {
        let mut depth = 0_usize;
        for next in line..=source.lines().min(line.saturating_add(SIGNATURE_LINES_MAX)) {
            for byte in source.code_line(next).bytes() {
                match byte {
                    b'(' | b'[' | b'{' => depth = depth.saturating_add(1),
                    b')' | b']' | b'}' => depth = depth.saturating_sub(1),
                    _ => {}
                }
            }
            if depth == 0 {
                return Some(next);
            }
        }
        None
    }
}

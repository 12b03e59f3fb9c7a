//! Which bytes of a source file are code, comment or string. One pass, no recursion, one byte of memory for each byte.
//!
//! It is not a compiler's lexer: it knows how a language writes comments and strings and nothing else. Where a language is
//! ambiguous it takes the reading that ends with the line, so that a mistake stays on one line.

use crate::language::{Delimited, Language, Syntax};
use crate::words::is_word_byte;

/// The most hashes around a Rust string, as the language has it.
const HASHES_MAX: usize = 255;

/// How far a pattern between slashes may reach, in bytes, and how far back its first slash is judged by. Without an end a
/// hostile line would be read once for each of its slashes.
const PATTERN_BYTES_MAX: usize = 256;

/// What a byte belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The program.
    Code,
    /// A comment, with its marks.
    Comment,
    /// A string, a character or a pattern, with its quotes.
    Text,
}

/// The class of each byte of `source`.
#[must_use]
pub fn classify(source: &str, language: Language) -> Vec<Class> {
    let syntax = language.syntax();
    let mut lexer = Lexer {
        source: source.as_bytes(),
        syntax,
        beginnings: beginnings(syntax),
        at: 0,
        classes: Vec::with_capacity(source.len()),
        pending: Vec::new(),
    };
    while lexer.at < lexer.source.len() {
        lexer.step();
    }
    lexer.classes
}

/// Marks every byte with which something else than plain code may begin.
fn beginnings(syntax: &Syntax) -> [bool; 256] {
    let marks = syntax
        .line_comments
        .iter()
        .copied()
        .chain(syntax.block_comment.map(|(open, _)| open));
    let strings = syntax.strings.iter().map(|delimited| delimited.open);
    let special = [
        ("r", syntax.hashed_strings),
        ("R", syntax.tagged_strings),
        ("'", syntax.lifetimes),
        ("/", syntax.slash_patterns),
        ("<", syntax.here_documents),
        ("\n", syntax.here_documents),
    ];
    let used = special
        .into_iter()
        .filter(|(_, is_used)| *is_used)
        .map(|(mark, _)| mark);
    let mut beginnings = [false; 256];
    for byte in marks.chain(strings).chain(used).filter_map(|mark| mark.bytes().next()) {
        if let Some(begins) = beginnings.get_mut(usize::from(byte)) {
            *begins = true;
        }
    }
    beginnings
}

struct Lexer<'a> {
    source: &'a [u8],
    syntax: &'static Syntax,
    beginnings: [bool; 256],
    at: usize,
    classes: Vec<Class>,
    /// The names of here-documents whose text begins after this line.
    pending: Vec<&'a [u8]>,
}

impl<'a> Lexer<'a> {
    /// Takes code up to the next byte that may begin something else, or all of a comment or string.
    fn step(&mut self) {
        let rest = self.source.get(self.at..).unwrap_or_default();
        let may_begin = |byte: &u8| self.beginnings.get(usize::from(*byte)).copied().unwrap_or(true);
        let plain = rest.iter().position(may_begin).unwrap_or(rest.len());
        if plain > 0 {
            return self.take(self.at.saturating_add(plain), Class::Code);
        }
        let syntax = self.syntax;
        if let Some((open, close)) = syntax.block_comment.filter(|(open, _)| self.is_at(open)) {
            let end = self.end_of_comment(open, close);
            self.take(end, Class::Comment);
        } else if syntax.line_comments.iter().any(|mark| self.is_comment_mark(mark)) {
            self.take(self.end_of_line(self.at), Class::Comment);
        } else if let Some(end) = self.end_of_special() {
            self.take(end, Class::Text);
        } else if let Some(delimited) = syntax.strings.iter().find(|delimited| self.is_at(delimited.open)) {
            let end = self.end_of_string(delimited);
            self.take(end, Class::Text);
        } else if let Some((end, name)) = self.here_document() {
            self.pending.push(name);
            self.take(end, Class::Code);
        } else {
            self.take_one();
        }
    }

    /// Takes one byte of code. After the end of a line come the texts of the here-documents that the line announced.
    fn take_one(&mut self) {
        let is_line_end = self.byte(self.at) == Some(b'\n');
        self.take(self.at.saturating_add(1), Class::Code);
        if is_line_end {
            for name in std::mem::take(&mut self.pending) {
                let end = self.end_of_here_document(name);
                self.take(end, Class::Text);
            }
        }
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.source.get(at).copied()
    }

    fn previous(&self) -> Option<u8> {
        self.at.checked_sub(1).and_then(|at| self.byte(at))
    }

    fn is_at(&self, mark: &str) -> bool {
        self.source
            .get(self.at..)
            .is_some_and(|rest| rest.starts_with(mark.as_bytes()))
    }

    fn take(&mut self, end: usize, class: Class) {
        let end = end.min(self.source.len());
        self.classes.resize(end, class);
        self.at = end;
    }

    /// A `#` inside a word (`$#`, `${#x}`, `a#b`) begins no comment in a shell or in Ruby.
    fn is_comment_mark(&self, mark: &str) -> bool {
        let begins_word =
            |byte: u8| byte.is_ascii_whitespace() || matches!(byte, b';' | b'(' | b')' | b'{' | b'}' | b',' | b':');
        self.is_at(mark) && (mark != "#" || !self.syntax.here_documents || self.previous().is_none_or(begins_word))
    }

    fn end_of_line(&self, from: usize) -> usize {
        let rest = self.source.get(from..).unwrap_or_default();
        rest.iter()
            .position(|&byte| byte == b'\n')
            .map_or(self.source.len(), |length| from.saturating_add(length))
    }

    fn end_of_comment(&self, open: &str, close: &str) -> usize {
        let (open, close) = (open.as_bytes(), close.as_bytes());
        let mut depth = 1_usize;
        let mut at = self.at.saturating_add(open.len());
        while let Some(rest) = self.source.get(at..).filter(|rest| !rest.is_empty()) {
            if rest.starts_with(close) {
                depth = depth.saturating_sub(1);
                at = at.saturating_add(close.len());
                if depth == 0 {
                    return at;
                }
            } else if self.syntax.nested_comments && rest.starts_with(open) {
                depth = depth.saturating_add(1);
                at = at.saturating_add(open.len());
            } else {
                at = at.saturating_add(1);
            }
        }
        at
    }

    fn end_of_string(&self, delimited: &Delimited) -> usize {
        let close = delimited.close.as_bytes();
        let mut at = self.at.saturating_add(delimited.open.len());
        while let Some(rest) = self.source.get(at..).filter(|rest| !rest.is_empty()) {
            if rest.starts_with(close) {
                return at.saturating_add(close.len());
            }
            match rest.first() {
                Some(b'\\') if delimited.escapes => at = at.saturating_add(2),
                Some(b'\n') if !delimited.multiline => return at,
                _ => at = at.saturating_add(1),
            }
        }
        at
    }

    /// The end of a literal that only some languages have, when one begins here.
    fn end_of_special(&self) -> Option<usize> {
        let syntax = self.syntax;
        match self.byte(self.at)? {
            b'r' if syntax.hashed_strings && !self.previous().is_some_and(is_word_byte) => self.end_of_hashed_string(),
            b'R' if syntax.tagged_strings && self.is_at("R\"") => self.end_of_tagged_string(),
            b'\'' if syntax.lifetimes => self.end_of_character(),
            b'/' if syntax.slash_patterns && self.may_begin_value() => self.end_of_pattern(),
            _ => None,
        }
    }

    /// `r"…"`, `r#"…"#` and so on.
    fn end_of_hashed_string(&self) -> Option<usize> {
        let after = self.source.get(self.at.saturating_add(1)..)?;
        let hashes = after.iter().take(HASHES_MAX).take_while(|&&byte| byte == b'#').count();
        let body = after.get(hashes..)?.strip_prefix(b"\"")?;
        let close: Vec<u8> = std::iter::once(b'"').chain(std::iter::repeat_n(b'#', hashes)).collect();
        let start = self.source.len().saturating_sub(body.len());
        Some(find(body, &close).map_or(self.source.len(), |at| {
            start.saturating_add(at).saturating_add(close.len())
        }))
    }

    /// `R"tag(…)tag"`; a tag has at most 16 characters.
    fn end_of_tagged_string(&self) -> Option<usize> {
        let after = self.source.get(self.at.saturating_add(2)..)?;
        let tag = after.get(..after.iter().take(17).position(|&byte| byte == b'(')?)?;
        let close: Vec<u8> = [b")", tag, b"\""].concat();
        let start = self.source.len().saturating_sub(after.len());
        Some(find(after, &close).map_or(self.source.len(), |at| {
            start.saturating_add(at).saturating_add(close.len())
        }))
    }

    /// A character literal, where `'` does not begin a lifetime.
    fn end_of_character(&self) -> Option<usize> {
        let after = self.source.get(self.at.saturating_add(1)..)?;
        let length = match after.first()? {
            b'\\' => after
                .iter()
                .skip(2)
                .take(12)
                .position(|&byte| byte == b'\'')?
                .saturating_add(3),
            // A character of UTF-8 has one to four bytes.
            _ => after
                .iter()
                .skip(1)
                .take(4)
                .position(|&byte| byte == b'\'')?
                .saturating_add(2),
        };
        let literal = after.get(..length)?;
        let is_lifetime = literal.iter().take(2).all(|&byte| is_word_byte(byte) && byte < 0x80);
        (!is_lifetime).then(|| self.at.saturating_add(1).saturating_add(length))
    }

    /// Tells whether a value may begin here, judged by the code before it on the line.
    fn may_begin_value(&self) -> bool {
        let before = self
            .source
            .get(self.at.saturating_sub(PATTERN_BYTES_MAX)..self.at)
            .unwrap_or_default();
        let line_start = before
            .iter()
            .rposition(|&byte| byte == b'\n')
            .map_or(0, |at| at.saturating_add(1));
        let line = before.get(line_start..).unwrap_or_default().trim_ascii_end();
        match line.last() {
            None => true,
            Some(byte) if is_word_byte(*byte) => [b"return".as_slice(), b"case", b"when", b"if", b"and", b"or"]
                .iter()
                .any(|word| line.ends_with(word)),
            Some(byte) => !matches!(byte, b')' | b']' | b'}' | b'"' | b'\'' | b'`' | b'<'),
        }
    }

    /// `/…/` on one line; a slash in brackets does not end it.
    fn end_of_pattern(&self) -> Option<usize> {
        let mut is_in_set = false;
        let mut at = self.at.saturating_add(1);
        let farthest = at.saturating_add(PATTERN_BYTES_MAX);
        while at < farthest {
            match self.byte(at)? {
                b'\n' => return None,
                b'\\' => at = at.saturating_add(1),
                b'[' => is_in_set = true,
                b']' => is_in_set = false,
                b'/' if !is_in_set => return Some(at.saturating_add(1)),
                _ => {}
            }
            at = at.saturating_add(1);
        }
        None
    }

    /// `<<NAME`, `<<-'NAME'`, `<<~NAME`, `<<<NAME`: the end of the mark and the name.
    fn here_document(&self) -> Option<(usize, &'a [u8])> {
        if !self.syntax.here_documents || !self.is_at("<<") {
            return None;
        }
        let mut at = self.at.saturating_add(2);
        while self
            .byte(at)
            .is_some_and(|byte| matches!(byte, b'<' | b'-' | b'~' | b'\\'))
        {
            at = at.saturating_add(1);
        }
        let quote = self.byte(at).filter(|byte| matches!(byte, b'\'' | b'"'));
        let start = at.saturating_add(usize::from(quote.is_some()));
        let rest = self.source.get(start..)?;
        let length = rest.iter().take_while(|&&byte| is_word_byte(byte)).count();
        let name = rest.get(..length).filter(|name| {
            name.first()
                .is_some_and(|byte| byte.is_ascii_uppercase() || *byte == b'_')
        })?;
        Some((
            start
                .saturating_add(length)
                .saturating_add(usize::from(quote.is_some())),
            name,
        ))
    }

    fn end_of_here_document(&self, name: &[u8]) -> usize {
        let mut at = self.at;
        while at < self.source.len() {
            let end = self.end_of_line(at);
            let line = self.source.get(at..end).unwrap_or_default().trim_ascii();
            if line.strip_suffix(b";").unwrap_or(line) == name {
                return end;
            }
            at = end.saturating_add(1);
        }
        at
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

#[cfg(test)]
mod tests;

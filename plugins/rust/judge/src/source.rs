//! A source file with what each of its bytes is.

use crate::language::Language;
use crate::lexer::{Class, classify};

/// A source file's text, beside the same text with everything but code blanked out. Both have the same length, so a
/// position in one is a position in the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The language.
    pub language: Language,
    /// The text as it is.
    pub text: String,
    /// The text with comments and strings blanked out byte by byte; line feeds stay.
    pub code: String,
    classes: Vec<Class>,
    /// Where each line starts.
    starts: Vec<usize>,
}

impl Source {
    /// Reads a text as source of a language.
    #[must_use]
    pub fn new(text: String, language: Language) -> Self {
        let classes = classify(&text, language);
        let blanked = text.bytes().zip(&classes).map(|(byte, class)| match class {
            // Outside ASCII only whole characters may stay, so letters stand in for their bytes.
            Class::Code if byte.is_ascii() => byte,
            Class::Code => b'x',
            _ if byte == b'\n' => b'\n',
            _ => b' ',
        });
        let code = String::from_utf8(blanked.collect()).unwrap_or_default();
        let line_ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = std::iter::once(0)
            .chain(line_ends.map(|(at, _)| at.saturating_add(1)))
            .collect();
        Self {
            language,
            text,
            code,
            classes,
            starts,
        }
    }

    /// Where a line starts, counted from 1.
    #[must_use]
    pub fn start_of(&self, line: u32) -> usize {
        let index = usize::try_from(line).unwrap_or(usize::MAX).saturating_sub(1);
        self.starts.get(index).copied().unwrap_or(self.text.len())
    }

    /// The line a position is in, counted from 1.
    #[must_use]
    pub fn line_at(&self, at: usize) -> u32 {
        u32::try_from(self.starts.partition_point(|&start| start <= at)).unwrap_or(u32::MAX)
    }

    /// The text of a line, without its end.
    #[must_use]
    pub fn line(&self, line: u32) -> &str {
        self.text
            .get(self.range_of(line))
            .unwrap_or_default()
            .trim_end_matches(['\n', '\r'])
    }

    /// The code of a line, without its end.
    #[must_use]
    pub fn code_line(&self, line: u32) -> &str {
        self.code
            .get(self.range_of(line))
            .unwrap_or_default()
            .trim_end_matches(['\n', '\r'])
    }

    /// How many lines there are.
    #[must_use]
    pub fn lines(&self) -> u32 {
        u32::try_from(self.starts.len()).unwrap_or(u32::MAX)
    }

    /// The class of the byte at a position; code outside the text.
    #[must_use]
    pub fn class_at(&self, at: usize) -> Class {
        self.classes.get(at).copied().unwrap_or(Class::Code)
    }

    /// The first stretch of a line that is comment: where it begins, and its text.
    #[must_use]
    pub fn comment_in(&self, line: u32) -> Option<(usize, &str)> {
        let range = self.range_of(line);
        let classes = self.classes.get(range.clone())?;
        let begin = range
            .start
            .saturating_add(classes.iter().position(|class| *class == Class::Comment)?);
        let rest = self.classes.get(begin..range.end)?;
        let length = rest
            .iter()
            .position(|class| *class != Class::Comment)
            .unwrap_or(rest.len());
        let end = begin.saturating_add(length);
        Some((begin, self.text.get(begin..end)?.trim_end_matches(['\n', '\r'])))
    }

    fn range_of(&self, line: u32) -> std::ops::Range<usize> {
        self.start_of(line)..self.start_of(line.saturating_add(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_agree_between_text_and_code() {
        let source = Source::new("let ä = \"ö\"; // ü\nnext\n".to_owned(), Language::Rust);
        assert_eq!(source.text.len(), source.code.len());
        assert_eq!(source.code_line(1).trim_end(), "let xx =     ;");
        assert_eq!(source.comment_in(1).map(|(_, text)| text), Some("// ü"));
        assert_eq!(source.comment_in(2), None);
        assert_eq!(
            (source.line(2), source.line_at(source.start_of(2)), source.lines()),
            ("next", 2, 3)
        );
    }
}

//! Whether a change of a source file is one of words only: comments, blank lines and Python's documentation strings.

use assize_judge::evidence::{Change, Form};
use assize_judge::file::{Unread, text};
use assize_judge::language::Language;
use assize_judge::lexer::Class;
use assize_judge::patch::{Lines, Patch};
use assize_judge::source::Source;
use assize_judge::{Evidence, Refusal, Side};

/// Tells whether every line that a change adds or removes is one without code. Only a file that was source code before and
/// is afterwards, under the same mode, can have changed so.
///
/// # Errors
///
/// The refusal of the hunks or of the contents.
pub(super) fn is_all(change: &Change, evidence: &dyn Evidence) -> Result<bool, Refusal> {
    let Some(language) = Language::of(&change.path) else {
        return Ok(false);
    };
    let (Some(base), Some(head)) = (&change.base, &change.head) else {
        return Ok(false);
    };
    if change.form != Form::Text || base.kind != head.kind || change.old_path.is_some() {
        return Ok(false);
    }
    let patch = Patch::read(evidence, change)?;
    for (side, lines) in [(Side::Head, &patch.added), (Side::Base, &patch.removed)] {
        if lines.is_empty() {
            continue;
        }
        let source = Source::new(
            text(evidence, side, &change.path).map_err(Unread::into_refusal)?,
            language,
        );
        if !are_prose(&source, lines) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn are_prose(source: &Source, lines: &Lines) -> bool {
    let prose = prose_lines(source);
    lines.iter().all(|line| {
        let index = usize::try_from(line.number).unwrap_or(usize::MAX).saturating_sub(1);
        prose.get(index).copied().unwrap_or(true)
    })
}

/// Of each line whether it holds no code. A string is code, unless it documents what it stands under.
fn prose_lines(source: &Source) -> Vec<bool> {
    let mut prose: Vec<bool> = Vec::new();
    let mut opens_block = true;
    for line in 1..=source.lines() {
        let code = source.code_line(line).trim();
        let text = source.line(line);
        let start = source.start_of(line);
        let indent = text.len().saturating_sub(text.trim_start().len());
        let goes_on = start > 0 && source.class_at(start.saturating_sub(1)) == Class::Text;
        let is_prose = if !code.is_empty() {
            false
        } else if goes_on {
            prose.last().copied().unwrap_or(false)
        } else if text.trim().is_empty() || source.class_at(start.saturating_add(indent)) == Class::Comment {
            true
        } else {
            source.language == Language::Python && opens_block
        };
        if !code.is_empty() {
            opens_block = code.ends_with(':');
        }
        prose.push(is_prose);
    }
    prose
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prose(text: &str, language: Language) -> Vec<bool> {
        let mut lines = prose_lines(&Source::new(text.to_owned(), language));
        lines.pop();
        lines
    }

    #[test]
    fn comments_and_blank_lines_are_prose_and_strings_are_not() {
        let text = "// words\n\nlet x = 1; // words\nlet y = \"a\nb\";\n/* more\nwords */\n";
        assert_eq!(
            prose(text, Language::Rust),
            [true, true, false, false, false, true, true]
        );
    }

    #[test]
    fn a_documentation_string_is_prose_in_python() {
        let text = "\"\"\"Words.\n\nMore.\n\"\"\"\n\ndef f(a):\n    \"\"\"Words.\"\"\"\n    x = \"\"\"a\n    b\"\"\"\n    g(\n        \"c\"\n    )\n";
        assert_eq!(
            prose(text, Language::Python),
            [
                true, true, true, true, true, false, true, false, false, false, false, false
            ]
        );
    }
}

//! Draws diagnostics for a terminal, in the manner of rustc.
//!
//! The file that a diagnostic quotes is hostile: control characters, characters that change the direction of text and
//! invisible ones are drawn as visible stand-ins, and long lines are cut around the place that is meant.

use crate::diagnostic::Diagnostic;
use annotate_snippets::{AnnotationKind, Element, Level, Origin, Renderer, Snippet};
use excerpt::{Excerpt, line_and_column};

mod excerpt;
#[cfg(test)]
mod tests;

/// How to draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// How many columns a line may have; less than 40 counts as 40.
    pub columns: usize,
    /// Whether to add the escape sequences of colour.
    pub colour: bool,
}

/// Narrower than this no excerpt can be read.
const COLUMNS_MIN: usize = 40;

/// What the drawing adds behind a line that it cuts.
const CUT_COLUMNS: usize = 4;

/// Longer messages, labels, hints and file names are cut, in characters.
const TEXT_CHARS_MAX: usize = 600;

/// Draws all of `diagnostics`, an empty line between them and a line end behind the last. `source` is the text that they
/// are about; what it is called stands in each of them.
#[must_use]
pub fn diagnostics(diagnostics: &[Diagnostic], source: &str, style: Style) -> String {
    let drawn: Vec<String> = diagnostics.iter().map(|one| diagnostic(one, source, style)).collect();
    drawn.join("\n")
}

/// Draws one diagnostic, with a line end behind it.
#[must_use]
pub fn diagnostic(diagnostic: &Diagnostic, source: &str, style: Style) -> String {
    let columns = style.columns.max(COLUMNS_MIN);
    let renderer = if style.colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    // The title is indented by `error[P005]: `, the hint by the gutter and `= help: `.
    let title_columns = columns.saturating_sub(diagnostic.code.len() + "error[]: ".len());
    let hint_columns = columns.saturating_sub("     = help: ".len());

    let title = wrapped(&visible(&diagnostic.message), title_columns);
    let mut group = Level::ERROR
        .primary_title(title)
        .id(diagnostic.code)
        .element(place(diagnostic, source));
    if let Some(hint) = &diagnostic.hint {
        group = group.element(Level::HELP.message(wrapped(&visible(hint), hint_columns)));
    }
    let mut drawn = renderer
        .term_width(columns.saturating_sub(CUT_COLUMNS))
        .render(&[group]);
    drawn.push('\n');
    drawn
}

/// Draws where the problem stands: the lines with their labels, or only their numbers, or only the file.
fn place(diagnostic: &Diagnostic, source: &str) -> Element<'static> {
    let file = visible(&diagnostic.file);
    let Some(primary) = diagnostic.labels.first() else {
        return Origin::path(file).into();
    };
    let Some(excerpt) = Excerpt::of(diagnostic, source) else {
        let (line, column) = line_and_column(source, primary.span.start);
        return Origin::path(file).line(line).char_column(column).into();
    };
    let kinds = std::iter::once(AnnotationKind::Primary).chain(std::iter::repeat(AnnotationKind::Context));
    let labels = diagnostic.labels.iter().zip(excerpt.spans).zip(kinds);
    let annotations = labels.map(|((label, span), kind)| {
        let text = visible(&label.text);
        kind.span(span).label((!text.is_empty()).then_some(text))
    });
    let snippet = Snippet::source(excerpt.text).path(file).line_start(excerpt.first_line);
    snippet.annotations(annotations).into()
}

/// Returns `text` with a visible stand-in for each character that a terminal would obey or hide, cut where it is long.
fn visible(text: &str) -> String {
    let mut shown: String = text.chars().take(TEXT_CHARS_MAX).map(stand_in).collect();
    if shown.len() < text.len() && text.chars().nth(TEXT_CHARS_MAX).is_some() {
        shown.push('…');
    }
    shown
}

/// Returns the character that stands for `character` on a screen: itself, if it only draws something.
fn stand_in(character: char) -> char {
    match character {
        '\0'..='\x1f' => char::from_u32('\u{2400}' as u32 + character as u32).unwrap_or('\u{fffd}'),
        '\x7f' => '\u{2421}',
        // C1 controls; the soft hyphen; marks and embeddings of direction; joiners and other invisible characters; line and
        // paragraph separators; interlinear annotation; variation selectors; tags; whatever is no character.
        '\u{80}'..='\u{9f}'
        | '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{115f}'..='\u{1160}'
        | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}' => '\u{fffd}',
        drawn => drawn,
    }
}

/// Breaks `text` at spaces into lines of at most `columns` characters; a longer word gets a line of its own.
fn wrapped(text: &str, columns: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let taken = word.chars().count().saturating_add(1);
        match lines
            .last_mut()
            .filter(|line| line.chars().count().saturating_add(taken) <= columns)
        {
            Some(line) => {
                line.push(' ');
                line.push_str(word);
            }
            None => lines.push(word.to_owned()),
        }
    }
    lines.join("\n")
}

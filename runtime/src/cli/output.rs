//! The only writer to the terminal: data to standard output, everything else to standard error.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use serde::Serialize;

/// Good news.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();
/// Bad news.
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
/// Worth a look.
pub(crate) const CAUTION: Style = AnsiColor::Yellow.on_default().bold();
/// Names and headings.
pub(crate) const STRONG: Style = Style::new().bold();
/// What may be passed over.
pub(crate) const FAINT: Style = Style::new().dimmed();

/// How wide human output may be, in columns; narrower where the terminal is.
const COLUMNS_MAX: usize = 80;

/// Colours a text. The colour never carries meaning alone; it is taken off where standard output is no terminal, or where
/// `NO_COLOR` is set.
pub(crate) fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// How many columns human output may use.
pub(crate) fn columns() -> usize {
    let terminal = terminal_size::terminal_size().map_or(COLUMNS_MAX, |(width, _)| usize::from(width.0));
    terminal.clamp(40, COLUMNS_MAX)
}

/// Writes data to standard output. A reader that went away is no error.
pub(crate) fn data(text: &str) -> io::Result<()> {
    quiet(anstream::AutoStream::auto(io::stdout()).write_all(text.as_bytes()))
}

/// Writes bytes to standard output as they are.
pub(crate) fn raw(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    quiet(stdout.write_all(bytes).and_then(|()| stdout.flush()))
}

/// Lets somebody write to standard output as it goes. A reader that went away ends that, and is no error.
pub(crate) fn written_out<E>(write: impl FnOnce(&mut dyn Write) -> Result<u64, E>) -> Result<u64, E> {
    let mut out = Leaving {
        stdout: io::BufWriter::new(io::stdout().lock()),
    };
    let written = write(&mut out)?;
    drop(out.flush());
    Ok(written)
}

/// Standard output whose reader may leave.
struct Leaving<W: Write> {
    stdout: W,
}

impl<W: Write> Write for Leaving<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.stdout.write(bytes) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(bytes.len()),
            other => other,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        quiet(self.stdout.flush())
    }
}

/// Writes one JSON object to standard output.
pub(crate) fn json(value: &impl Serialize) -> io::Result<()> {
    let mut text = serde_json::to_vec_pretty(value).map_err(io::Error::other)?;
    text.push(b'\n');
    raw(&text)
}

/// Tells the person at the terminal something, on standard error. If even that fails there is nobody to tell.
pub(crate) fn tell(text: &str) {
    drop(writeln!(anstream::AutoStream::auto(io::stderr()), "{text}"));
}

fn quiet(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Breaks a text into lines of at most `columns` columns, at spaces. Words that are longer stand alone.
pub(crate) fn wrap(text: &str, columns: usize) -> Vec<String> {
    use unicode_width::UnicodeWidthStr;
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.width() + 1 + word.width() <= columns => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Cuts a text to `columns` columns, with an ellipsis where something is missing.
pub(crate) fn clip(text: &str, columns: usize) -> String {
    use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut clipped = String::new();
    let mut width = 0;
    for character in text.chars() {
        width += character.width().unwrap_or(0);
        if width + 1 > columns {
            break;
        }
        clipped.push(character);
    }
    clipped.push('…');
    clipped
}

/// Escapes what a terminal would obey: a hostile file name or message must stay text.
pub(crate) fn safe(text: &str) -> String {
    text.chars()
        .flat_map(|c| {
            if is_obeyed(c) {
                c.escape_unicode().collect::<Vec<_>>()
            } else {
                vec![c]
            }
        })
        .collect()
}

/// Control characters, the separators of lines and paragraphs, and the marks that turn the direction of text around.
fn is_obeyed(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

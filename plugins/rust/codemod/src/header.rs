//! The comment that a file begins with: put there, left alone, or put in the place of an old one.

use regex::Regex;

use crate::comment::{Comment, MARKUP, Style};

/// Words that tell a header from any other comment.
const HEADER_WORDS: [&str; 4] = ["copyright", "licen", "spdx-", "all rights reserved"];

/// The header that files shall have.
#[derive(Debug)]
pub(crate) struct Header {
    text: String,
    style: Option<Style>,
    replaces: Option<Regex>,
}

/// What came of one file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Headed {
    /// It has the header.
    Present,
    /// The text with the header.
    Changed(String),
    /// It is left alone, and why.
    Kept(String),
}

impl Header {
    /// Checks the header's text; the style is that of each file unless one is given.
    pub(crate) fn new(text: &str, style: Option<Style>, replaces: Option<Regex>) -> Result<Self, String> {
        let text = text.trim_end();
        if text.trim().is_empty() {
            return Err("is empty; say what shall stand at the start of each file".to_owned());
        }
        if text.chars().any(|letter| letter.is_control() && letter != '\n') {
            return Err("has control characters; only line feeds may stand between its lines".to_owned());
        }
        if let Some(sign) = ["*/", "-->"].into_iter().find(|sign| text.contains(sign)) {
            return Err(format!("holds `{sign}`, which ends a comment; remove it"));
        }
        Ok(Self {
            text: text.to_owned(),
            style,
            replaces,
        })
    }

    /// Sees to the header of one file.
    pub(crate) fn apply(&self, path: &str, text: &str) -> Headed {
        let Some(style) = self.style.or_else(|| Style::of(path)) else {
            return Headed::Kept("no style of comments is known for such a file; `comment` can name one".to_owned());
        };
        if style == MARKUP && self.text.contains("--") {
            return Headed::Kept("the header holds `--`, which no comment of XML may have".to_owned());
        }
        let start = match preamble(path, text, style) {
            Ok(start) => start,
            Err(why) => return Headed::Kept(why),
        };
        let (before, rest) = text.split_at_checked(start).unwrap_or((text, ""));
        let blank = rest.len().saturating_sub(rest.trim_start_matches(['\n', '\r']).len());
        let body = rest.get(blank..).unwrap_or_default();
        let line_end = if text.split_once('\n').is_some_and(|(line, _)| line.ends_with('\r')) {
            "\r\n"
        } else {
            "\n"
        };
        let wanted: Vec<&str> = self.text.lines().map(str::trim_end).collect();
        let header = style.write(&wanted, line_end);
        let old = Comment::at_start(body, style);
        if old.as_ref().is_some_and(|old| begins_with(old, &wanted)) {
            return Headed::Present;
        }
        match old.map(|old| self.replaced(&old)) {
            Some(Ok(Some(end))) => {
                let behind = body.get(end..).unwrap_or_default();
                let gap = rest.get(..blank).unwrap_or_default();
                Headed::Changed(format!("{before}{gap}{header}{behind}"))
            }
            Some(Err(why)) => Headed::Kept(why),
            Some(Ok(None)) | None => Headed::Changed(added(before, &header, rest, line_end)),
        }
    }

    /// Where the old header ends that the new one replaces; nothing where the comment is about something else.
    fn replaced(&self, old: &Comment<'_>) -> Result<Option<usize>, String> {
        let joined = old.lines.join("\n");
        if let Some(found) = self.replaces.as_ref().and_then(|replaces| replaces.find(&joined)) {
            if found.start() != 0 {
                return Err("what `replaces` names is not at the start of the first comment".to_owned());
            }
            if old.is_block {
                let is_whole = found.end() == joined.len();
                let why = "what `replaces` names is only a part of the first comment; let it match all of the comment";
                return is_whole
                    .then_some(old.ends.last().copied())
                    .ok_or_else(|| why.to_owned());
            }
            let last = found.as_str().trim_end_matches('\n').matches('\n').count();
            return Ok(old.ends.get(last).copied());
        }
        let lower = joined.to_lowercase();
        if HEADER_WORDS.iter().any(|word| lower.contains(word)) {
            return Err("another header stands there; `replaces` says which may be replaced".to_owned());
        }
        Ok(None)
    }
}

/// Tells whether a comment is the wanted header, or begins with it where more lines may follow.
fn begins_with(old: &Comment<'_>, wanted: &[&str]) -> bool {
    if old.is_block {
        let stripped = wanted.iter().map(|line| line.trim_start());
        return old.lines.iter().copied().eq(stripped);
    }
    old.lines.starts_with(wanted)
}

/// The text with the header in its place and an empty line behind it.
fn added(before: &str, header: &str, rest: &str, line_end: &str) -> String {
    let joint = if before.is_empty() || before.ends_with(['\n', '\u{feff}']) {
        ""
    } else {
        line_end
    };
    let gap = if rest.is_empty() || rest.starts_with(['\n', '\r']) {
        ""
    } else {
        line_end
    };
    format!("{before}{joint}{header}{gap}{rest}")
}

/// Where a header may stand at first: behind what must come before every comment.
fn preamble(path: &str, text: &str, style: Style) -> Result<usize, String> {
    let mut at = if text.starts_with('\u{feff}') {
        '\u{feff}'.len_utf8()
    } else {
        0
    };
    let rest = |at: usize| text.get(at..).unwrap_or_default();
    let line = |at: usize| rest(at).split_inclusive('\n').next().unwrap_or_default();
    if line(at).starts_with("#!") && !line(at).starts_with("#![") {
        at = at.saturating_add(line(at).len());
    }
    if path.to_ascii_lowercase().ends_with(".php") {
        if !line(at).starts_with("<?php") {
            return Err("it does not begin with `<?php`".to_owned());
        }
        if line(at).trim_end() != "<?php" {
            return Err("more than `<?php` stands on its first line".to_owned());
        }
        at = at.saturating_add(line(at).len());
    }
    if style == MARKUP && line(at).trim_end() == "---" {
        let matter = rest(at).get(3..).and_then(|behind| behind.find("\n---"));
        let end = matter
            .ok_or("what begins between `---` does not end")?
            .saturating_add(4);
        at = at.saturating_add(end);
        at = at.saturating_add(line(at).len());
    }
    while is_directive(line(at), style) {
        at = at.saturating_add(line(at).len());
    }
    Ok(at)
}

/// Tells whether a line steers whoever reads the file and must come first.
fn is_directive(line: &str, style: Style) -> bool {
    let lower = line.trim_start().to_ascii_lowercase();
    match style {
        Style::Line("#") => {
            let is_comment = lower.starts_with('#');
            let names_coding = lower.contains("coding:") || lower.contains("coding=");
            let rest = lower.trim_start_matches('#').trim_start();
            is_comment
                && (names_coding
                    || ["syntax=", "escape=", "check="]
                        .iter()
                        .any(|word| rest.starts_with(word)))
        }
        Style::Line(_) => false,
        _ if style == MARKUP => lower.starts_with("<?xml") || lower.starts_with("<!doctype"),
        Style::Block { .. } => lower.starts_with("@charset"),
    }
}

#[cfg(test)]
mod tests;

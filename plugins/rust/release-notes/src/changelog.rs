//! Where a section belongs in a changelog. Everything else of the file stays as it is.

use semver::Version;

use crate::version;

/// What a new changelog starts with.
const START: &str = "# Changelog\n";

/// A part of the file that starts with a heading of the second level.
#[derive(Debug)]
struct Part {
    /// Its first line.
    start: usize,
    /// The version that its heading names.
    version: Option<Version>,
    /// Whether it is what the next version will hold.
    is_unreleased: bool,
}

/// The file with the section of `version`: in the place of an older one of the same version, else before the first part of a
/// version, behind what is not released yet.
pub(crate) fn with_section(before: &str, version: &Version, section: &str) -> String {
    let is_crlf = before.contains("\r\n");
    let lines: Vec<&str> = before.lines().collect();
    let end = end_of_parts(&lines);
    let parts = parts(lines.get(..end).unwrap_or_default());
    let same = parts.iter().position(|part| part.version.as_ref() == Some(version));
    let (from, to) = match same {
        Some(place) => {
            let next = place
                .checked_add(1)
                .and_then(|next| parts.get(next))
                .map_or(end, |part| part.start);
            (parts.get(place).map_or(end, |part| part.start), next)
        }
        None => {
            let place = place_of(&parts, version).map_or(end, |part| part.start);
            (place, place)
        }
    };
    let mut after: Vec<&str> = lines.get(..from).unwrap_or_default().to_vec();
    while after.last().is_some_and(|line| line.trim().is_empty()) {
        after.pop();
    }
    if after.is_empty() && lines.is_empty() {
        after.extend(START.lines());
    }
    if !after.is_empty() {
        after.push("");
    }
    after.extend(section.lines());
    let rest = lines.get(to..).unwrap_or_default();
    let rest: Vec<&&str> = rest.iter().skip_while(|line| line.trim().is_empty()).collect();
    if !rest.is_empty() {
        after.push("");
        after.extend(rest);
    }
    let line_end = if is_crlf { "\r\n" } else { "\n" };
    let mut text = after.join(line_end);
    text.push_str(line_end);
    text
}

/// The part that the section goes before: the first of a lower version, else the first of any, which is a newer one's.
fn place_of<'a>(parts: &'a [Part], version: &Version) -> Option<&'a Part> {
    let lower = |part: &&Part| part.version.as_ref().is_some_and(|found| found < version);
    let other = |part: &&Part| part.version.is_none() && !part.is_unreleased;
    match parts.iter().find(lower) {
        Some(part) => Some(part),
        // Parts that name no version stand behind the versions or are old ones.
        None if parts.iter().all(|part| part.version.is_none()) => parts.iter().find(other),
        None => None,
    }
}

/// Links that are defined at the end of a file belong to no part.
fn end_of_parts(lines: &[&str]) -> usize {
    let is_link = |line: &str| line.starts_with('[') && line.contains("]: ");
    let mut end = lines.len();
    for (place, line) in lines.iter().enumerate().rev() {
        if is_link(line) {
            end = place;
        } else if !line.trim().is_empty() {
            break;
        }
    }
    end
}

/// Finds the headings of the second level, in either form, outside of code.
fn parts(lines: &[&str]) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut fence: Option<(char, usize)> = None;
    for (place, line) in lines.iter().enumerate() {
        let indent = line.len().saturating_sub(line.trim_start_matches(' ').len());
        let text = line.trim();
        if indent > 3 {
            continue;
        }
        if let Some((sign, length)) = fence {
            let run = text.chars().take_while(|found| *found == sign).count();
            if run >= length && text.chars().all(|found| found == sign) {
                fence = None;
            }
            continue;
        }
        if let Some(sign) = ['`', '~']
            .into_iter()
            .find(|sign| text.starts_with(&sign.to_string().repeat(3)))
        {
            fence = Some((sign, text.chars().take_while(|found| *found == sign).count()));
            continue;
        }
        let next = place
            .checked_add(1)
            .and_then(|next| lines.get(next))
            .map(|next| next.trim())
            .unwrap_or_default();
        let is_underlined = next.len() >= 2 && next.bytes().all(|byte| byte == b'-') && is_sentence(text);
        let title = match text.strip_prefix("## ") {
            Some(title) => title,
            None if is_underlined => text,
            None => continue,
        };
        parts.push(Part {
            start: place,
            version: version_of(title),
            is_unreleased: title.to_lowercase().contains("unreleased"),
        });
    }
    parts
}

/// Whether a line can be the text of an underlined heading, and is no item of a list, no table and no other heading.
fn is_sentence(text: &str) -> bool {
    text.starts_with(|sign: char| sign.is_alphanumeric() || sign == '[') && !text.contains('|')
}

/// The version that a heading names first: `[1.2.0] - 2026-11-26`, `v1.2.0 (…)`, `Version 1.2.0`.
fn version_of(title: &str) -> Option<Version> {
    let words = title.split(|sign: char| sign.is_whitespace() || "[]()<>,:".contains(sign));
    words.filter(|word| !word.is_empty()).take(3).find_map(version::parse)
}

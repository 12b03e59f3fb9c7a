//! `technical/conflict-marker`: a merge that was recorded before it was finished.
//!
//! Git writes seven equal characters at the start of a line. An underline of a heading is also written so; therefore a
//! marker counts only in the company and order in which git writes them.

use assize_judge::evidence::Change;
use assize_judge::file::text;
use assize_judge::findings::{at_most, finding};
use assize_judge::language::Language;
use assize_judge::lexer::Class;
use assize_judge::patch::Patch;
use assize_judge::source::Source;
use assize_judge::{Evidence, Findings, Severity, Side, path};

const RULE: &str = "technical/conflict-marker";

/// How many characters a marker has.
const WIDTH: usize = 7;

/// One of the lines that git writes around a conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Marker {
    Ours,
    Ancestor,
    Middle,
    Theirs,
}

/// What a file's markers amount to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Conflict {
    /// Opening, middle and end in order, at this line.
    Whole(u32),
    /// Two kinds in order, at this line.
    Part(u32),
    /// A labelled marker on its own.
    Lone(u32),
}

/// Looks for markers in the added lines of one file.
pub(crate) fn check(change: &Change, patch: &Patch, evidence: &dyn Evidence, findings: &mut Findings) {
    let file = change.path.as_str();
    if matches!(path::extension(file), "patch" | "diff" | "rej" | "mbox" | "eml") {
        return;
    }
    let marked: Vec<(u32, Marker)> = patch
        .added
        .iter()
        .filter_map(|line| Some((line.number, marker(line.text)?)))
        .collect();
    let Some(conflict) = conflict(&marked) else { return };
    let (line, message, severity) = match conflict {
        Conflict::Whole(line) => (line, "An unresolved merge conflict begins here.", Severity::Error),
        Conflict::Part(line) if !path::is_docs(file) => (
            line,
            "Parts of an unresolved merge conflict stand here.",
            Severity::Error,
        ),
        Conflict::Lone(line) if !path::is_docs(file) => (
            line,
            "A line looks like the marker of a merge conflict.",
            Severity::Warning,
        ),
        Conflict::Part(_) | Conflict::Lone(_) => return,
    };
    let severity = at_most(severity, severity_max(change, line, evidence));
    let found = finding(RULE, severity, message).at(file, line);
    findings.report(found.suggesting("Resolve the conflict: keep the lines that are right and remove the markers."));
}

/// The marker that a line is.
fn marker(line: &str) -> Option<Marker> {
    let bytes = line.as_bytes();
    let first = *bytes.first()?;
    let kind = match first {
        b'<' => Marker::Ours,
        b'|' => Marker::Ancestor,
        b'=' => Marker::Middle,
        b'>' => Marker::Theirs,
        _ => return None,
    };
    let width = bytes.iter().take_while(|byte| **byte == first).count();
    let label = bytes.get(width..).unwrap_or_default();
    let fits = match kind {
        Marker::Middle => label.is_empty(),
        _ => label.is_empty() || label.starts_with(b" ") && label.len() > 1,
    };
    (width == WIDTH && fits).then_some(kind)
}

/// The worst that the markers of a file, in their order, amount to.
fn conflict(marked: &[(u32, Marker)]) -> Option<Conflict> {
    let mut opened = None;
    let mut parted = None;
    let mut part = None;
    let mut lone = None;
    for &(line, marker) in marked {
        match marker {
            Marker::Ours => {
                opened = Some(line);
                parted = None;
                lone = lone.or(Some(line));
            }
            Marker::Ancestor => {}
            Marker::Middle => {
                if let Some(opened) = opened {
                    part = part.or(Some(opened));
                }
                parted = Some(line);
            }
            Marker::Theirs => {
                match (opened, parted) {
                    (Some(opened), Some(parted)) if parted > opened => return Some(Conflict::Whole(opened)),
                    (Some(line), _) | (None, Some(line)) => part = part.or(Some(line)),
                    (None, None) => lone = lone.or(Some(line)),
                }
                opened = None;
                parted = None;
            }
        }
    }
    part.map(Conflict::Part).or_else(|| lone.map(Conflict::Lone))
}

/// How bad a conflict can be at this place: where one is shown to people or to tests, it is meant.
fn severity_max(change: &Change, line: u32, evidence: &dyn Evidence) -> Severity {
    if path::is_test(&change.path) || path::is_foreign(&change.path) {
        return Severity::Warning;
    }
    let Ok(text) = text(evidence, Side::Head, &change.path) else {
        return Severity::Critical;
    };
    if let Some(language) = Language::of(&change.path) {
        let source = Source::new(text, language);
        let is_text = source.class_at(source.start_of(line)) == Class::Text;
        return if is_text { Severity::Note } else { Severity::Critical };
    }
    if path::is_docs(&change.path) && is_fenced(&text, line) {
        Severity::Note
    } else {
        Severity::Critical
    }
}

/// Tells whether a line of Markdown stands between fences.
fn is_fenced(text: &str, line: u32) -> bool {
    let above = text.lines().zip(1..).take_while(|(_, number)| *number < line);
    let fences = above.filter(|(text, _)| text.trim_start().starts_with("```") || text.trim_start().starts_with("~~~"));
    !fences.count().is_multiple_of(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn markers(kinds: &[Marker]) -> Vec<(u32, Marker)> {
        (1..).zip(kinds.iter().copied()).collect()
    }

    #[test]
    fn a_marker_has_seven_characters_and_perhaps_a_label() {
        assert_eq!(marker(&format!("{} HEAD", "<".repeat(7))), Some(Marker::Ours));
        assert_eq!(marker(&"=".repeat(7)), Some(Marker::Middle));
        assert_eq!(marker(&">".repeat(7)), Some(Marker::Theirs));
        for not in [
            "<".repeat(6),
            "<".repeat(8),
            format!("{}HEAD", "<".repeat(7)),
            format!(" {}", "<".repeat(7)),
            format!("{} x", "=".repeat(7)),
        ] {
            assert_eq!(marker(&not), None, "{not}");
        }
    }

    #[test]
    fn order_and_company_decide() {
        use Marker::{Ancestor, Middle, Ours, Theirs};
        assert_eq!(conflict(&markers(&[Ours, Middle, Theirs])), Some(Conflict::Whole(1)));
        assert_eq!(
            conflict(&markers(&[Middle, Ours, Ancestor, Middle, Theirs])),
            Some(Conflict::Whole(2))
        );
        assert_eq!(conflict(&markers(&[Middle, Theirs])), Some(Conflict::Part(1)));
        assert_eq!(conflict(&markers(&[Ours, Theirs])), Some(Conflict::Part(1)));
        assert_eq!(conflict(&markers(&[Theirs])), Some(Conflict::Lone(1)));
        assert_eq!(conflict(&markers(&[Middle, Middle])), None);
    }
}

//! `technical/placeholder`: code that says of itself that it is not finished.
//!
//! An added line is looked at more closely when one of a few words stands in it; then the whole file is read, so that a
//! marker in a string, in a comment that talks about markers, or in an abstract class is told from one that stands for
//! missing code.

mod body;
mod comment;
mod stub;

use assize_judge::findings::{at_most, finding};
use assize_judge::language::Language;
use assize_judge::literals::Literals;
use assize_judge::words::begins_word;
use assize_judge::{Evidence, Findings, Severity, path};

use crate::moved::Pending;
use crate::place::Place;
use crate::reading::Reading;

pub(crate) const RULE: &str = "technical/placeholder";

/// How many lines of one file are excused by the class around them; each may cost a walk over the file and a search of the
/// repository. Beyond that nothing is excused.
const EXCUSES_PER_FILE_MAX: usize = 200;

/// The words of which one begins in every line that this rule may report, in lower case.
const SIGNS: [&str; 15] = [
    "todo",
    "fixme",
    "xxx",
    "hack",
    "unimplemented",
    "notimplemented",
    "notyetimplemented",
    "not implemented",
    "not yet implemented",
    "not supported yet",
    "implemented yet",
    "to be implemented",
    "placeholder",
    "implement me",
    "needs implementation",
];

/// Everything of which one begins, at the beginning of a word, in every line that this rule may report.
static BEGINNINGS: Literals = Literals::new(&ALL_BEGINNINGS);

#[allow(
    clippy::indexing_slicing,
    reason = "evaluated at compile time, where an index out of bounds is an error"
)]
const ALL_BEGINNINGS: [&str; SIGNS.len() + comment::COUNT] = {
    let mut all = [""; SIGNS.len() + comment::COUNT];
    let mut filled = 0;
    let mut sign = 0;
    while sign < SIGNS.len() {
        all[filled] = SIGNS[sign];
        filled += 1;
        sign += 1;
    }
    let mut list = 0;
    while list < comment::PHRASES.len() {
        let mut phrase = 0;
        while phrase < comment::PHRASES[list].len() {
            all[filled] = comment::PHRASES[list][phrase];
            filled += 1;
            phrase += 1;
        }
        list += 1;
    }
    all
};

/// Something that stands for missing code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sign {
    /// How sure it is, where nothing speaks for it.
    pub(crate) severity: Severity,
    /// What was seen, as a sentence.
    pub(crate) message: &'static str,
}

/// The rule at work over all files of a change.
pub(crate) struct Placeholders<'a> {
    evidence: &'a dyn Evidence,
    pending: Pending,
}

impl<'a> Placeholders<'a> {
    pub(crate) fn new(evidence: &'a dyn Evidence) -> Self {
        Self {
            evidence,
            pending: Pending::default(),
        }
    }

    /// Looks at one file's added lines.
    pub(crate) fn look_at(&mut self, reading: &Reading<'_>, findings: &mut Findings) {
        let (file, patch) = (reading.path(), &reading.patch);
        let Some(language) = reading.language.filter(|_| !path::is_docs(file)) else {
            return;
        };
        for line in patch.removed.iter().filter(|line| is_suspect(line.text, language)) {
            self.pending.note_removed(line.text);
        }
        let suspects: Vec<_> = patch
            .added
            .iter()
            .filter(|line| is_suspect(line.text, language))
            .collect();
        if suspects.is_empty() {
            return;
        }
        let source = match reading.source() {
            Some(Ok(source)) => source,
            Some(Err(unread)) => return findings.report_unseen(RULE, file, &unread.into_refusal()),
            None => return,
        };
        let place = Place::of(file, source);
        for (index, line) in suspects.iter().enumerate() {
            let evidence = Some(self.evidence).filter(|_| index < EXCUSES_PER_FILE_MAX);
            let sign = comment::sign(source, line.number).or_else(|| stub::sign(source, line.number, evidence));
            if let Some(sign) = sign {
                let severity = at_most(sign.severity, place.severity_max(line.number));
                let found = finding(RULE, severity, sign.message).at(file, line.number);
                self.pending
                    .hold(line.text, found.suggesting(suggestion(severity)), findings);
            }
        }
    }

    /// Reports what was found, once every removed line is known.
    pub(crate) fn settle(&mut self, findings: &mut Findings) {
        self.pending.settle(Severity::Note, findings);
    }
}

/// Tells cheaply whether a line deserves a closer look.
fn is_suspect(line: &str, language: Language) -> bool {
    let by_language = match language {
        Language::Python => matches!(line.trim(), "pass" | "..."),
        Language::Haskell => line.trim_end().ends_with("undefined"),
        Language::Scala => line.contains("???"),
        _ => false,
    };
    by_language || BEGINNINGS.matches(line).any(|(at, _)| begins_word(line, at))
}

fn suggestion(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "Nothing to do, if it is meant; otherwise note the open work where you track it.",
        Severity::Warning => "Finish it, or say in the code why it is complete as it is.",
        Severity::Error | Severity::Critical => {
            "Write the missing code, or take the unfinished part out of this change."
        }
    }
}

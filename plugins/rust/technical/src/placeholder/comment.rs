//! What comments say of the code beside them.

use assize_judge::Severity;
use assize_judge::source::Source;
use assize_judge::words::{contains_word, has_phrase, has_words, leading_word};

use super::Sign;
use super::body;

/// Says that lines were left out, beside an ellipsis.
const LEFT_OUT: [&str; 14] = [
    "existing code",
    "rest of the code",
    "rest of code",
    "rest of the implementation",
    "rest of implementation",
    "rest of the file",
    "rest of the function",
    "rest of the class",
    "rest of the method",
    "remaining code",
    "remaining implementation",
    "code unchanged",
    "unchanged code",
    "implementation omitted",
];

/// Asks somebody else to write the code.
const ASKS_FOR_CODE: [&str; 10] = [
    "your code here",
    "your code goes here",
    "code goes here",
    "implementation goes here",
    "logic goes here",
    "implement me",
    "add implementation here",
    "insert code here",
    "your implementation here",
    "add your logic here",
];

/// Admits that the code is not the real one.
const ADMITS: [&str; 16] = [
    "in a real implementation",
    "in a real app",
    "in a real system",
    "in production, this would",
    "in production this would",
    "in production, you would",
    "in production you would",
    "for now, just return",
    "for now just return",
    "mock implementation",
    "dummy implementation",
    "stub implementation",
    "placeholder implementation",
    "this is a placeholder",
    "this is just a placeholder",
    "temporary implementation",
];

/// Says that something is missing, where a comment begins with it.
const BEGINS_WITH: [&str; 4] = [
    "not implemented",
    "not yet implemented",
    "to be implemented",
    "unimplemented",
];

/// Every list of this file.
pub(super) const PHRASES: [&[&str]; 4] = [&LEFT_OUT, &ASKS_FOR_CODE, &ADMITS, &BEGINS_WITH];

/// How many phrases they are together.
pub(super) const COUNT: usize = LEFT_OUT.len() + ASKS_FOR_CODE.len() + ADMITS.len() + BEGINS_WITH.len();

/// The sign in the comment of a line, if there is one.
pub(super) fn sign(source: &Source, line: u32) -> Option<Sign> {
    let (begin, comment) = source.comment_in(line)?;
    let words = comment
        .trim_start_matches(|letter: char| !letter.is_alphanumeric() && !matches!(letter, '…' | '.' | '_' | '`'));
    let words = words.trim_end();
    if is_placeholder_mark(words) {
        return Some(Sign {
            severity: Severity::Error,
            message: "A comment marks this place as a placeholder.",
        });
    }
    let has_ellipsis = words.contains("...") || words.contains('…');
    if has_ellipsis && has_words(words, &LEFT_OUT) && !words.contains('`') {
        return Some(Sign {
            severity: Severity::Error,
            message: "A comment stands where code was left out.",
        });
    }
    if has_words(words, &ASKS_FOR_CODE) && !words.contains('`') && !words.contains('"') {
        return Some(Sign {
            severity: Severity::Error,
            message: "A comment asks for code that is not there.",
        });
    }
    open_work(source, line, begin, words)
}

/// `PLACEHOLDER` as a mark: it begins the comment or stands before a colon; a sentence about placeholders does not.
fn is_placeholder_mark(words: &str) -> bool {
    let Some(at) = words.find("PLACEHOLDER") else {
        return false;
    };
    let after = words.get(at.saturating_add("PLACEHOLDER".len())..).unwrap_or_default();
    let is_whole = contains_word(words, "PLACEHOLDER");
    is_whole
        && ((at == 0 && (after.is_empty() || after.starts_with([' ', ':', '(', '-', '.']))) || after.starts_with(": "))
}

fn open_work(source: &Source, line: u32, begin: usize, words: &str) -> Option<Sign> {
    let mark = leading_word(words);
    let is_mark = matches!(mark, "TODO" | "FIXME" | "XXX" | "HACK");
    let speaks_of_missing = has_phrase(words, &["implement", "finish", "fill in", "write this", "add logic"]);
    let begins_missing = BEGINS_WITH.iter().any(|phrase| {
        words
            .get(..phrase.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(phrase))
    });
    if !is_mark && !begins_missing && !has_words(words, &ADMITS) {
        return None;
    }
    if (is_mark || begins_missing) && body::is_all_of_function(source, line, begin) {
        return Some(Sign {
            severity: Severity::Error,
            message: "A function's body is nothing but a comment that says it is missing.",
        });
    }
    if !is_mark {
        return Some(Sign {
            severity: Severity::Warning,
            message: "A comment says that this is not the real code.",
        });
    }
    if speaks_of_missing && mark != "HACK" {
        return Some(Sign {
            severity: Severity::Warning,
            message: "A comment says that something is still to be written.",
        });
    }
    Some(Sign {
        severity: Severity::Note,
        message: "A comment marks open work.",
    })
}

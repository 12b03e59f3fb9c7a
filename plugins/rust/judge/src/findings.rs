//! What a judge saw, and the vote that follows from it.

use crate::changes::Changes;
use crate::{Finding, Location, Opinion, Refusal, Severity, Side, Vote};

/// The findings one rule may have before the rest is summed up, once of those that block and once of those that do not, so
/// that many notes never hide an error. The contract allows 10,000 over all rules.
const FINDINGS_PER_RULE_MAX: usize = 500;

/// The longest message and the longest suggestion, in bytes, by the contract.
const SENTENCE_BYTES_MAX: usize = 1024;

/// The longest rationale, in bytes, by the contract.
const RATIONALE_BYTES_MAX: usize = 8_192;

/// The longest path repeated in a sentence, in bytes.
const SHOWN_PATH_BYTES_MAX: usize = 200;

/// A finding of `rule` that says what was seen.
#[must_use]
pub fn finding(rule: &str, severity: Severity, message: impl Into<String>) -> Finding {
    Finding {
        rule: rule.to_owned(),
        severity,
        message: shortened(message.into(), SENTENCE_BYTES_MAX),
        location: None,
        suggestion: None,
    }
}

impl Finding {
    /// Adds the place: one line of the head, or with line 0 the whole file.
    #[must_use]
    pub fn at(mut self, path: &str, line: u32) -> Self {
        self.location = Some(Location {
            side: Side::Head,
            path: path.to_owned(),
            start_line: line,
            end_line: line,
        });
        self
    }

    /// Adds the place: one line of the base, or with line 0 the whole file.
    #[must_use]
    pub fn at_base(mut self, path: &str, line: u32) -> Self {
        self.location = Some(Location {
            side: Side::Base,
            path: path.to_owned(),
            start_line: line,
            end_line: line,
        });
        self
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn suggesting(mut self, suggestion: impl Into<String>) -> Self {
        self.suggestion = Some(shortened(suggestion.into(), SENTENCE_BYTES_MAX));
        self
    }
}

/// Everything a judge saw.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Findings {
    all: Vec<Finding>,
    omitted: Vec<Omitted>,
    unseen: Vec<Unseen>,
}

/// The files that one rule could not look at.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Unseen {
    rule: String,
    path: String,
    why: String,
    files: u64,
}

/// How much of one rule is only counted.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Omitted {
    rule: String,
    is_blocking: bool,
    seen: usize,
    left_out: usize,
    worst: Severity,
}

impl Findings {
    /// Adds a finding. Above 500 of one rule they are only counted, and the worst severity among them is kept.
    pub fn report(&mut self, finding: Finding) {
        let is_blocking = is_blocking(finding.severity);
        let is_same = |omitted: &Omitted| omitted.rule == finding.rule && omitted.is_blocking == is_blocking;
        let position = self.omitted.iter().position(is_same);
        let Some(omitted) = position.and_then(|position| self.omitted.get_mut(position)) else {
            let rule = finding.rule.clone();
            self.omitted.push(Omitted {
                rule,
                is_blocking,
                seen: 1,
                left_out: 0,
                worst: if is_blocking { Severity::Error } else { Severity::Note },
            });
            self.all.push(finding);
            return;
        };
        omitted.seen = omitted.seen.saturating_add(1);
        if omitted.seen > FINDINGS_PER_RULE_MAX {
            omitted.left_out = omitted.left_out.saturating_add(1);
            if weight(finding.severity) > weight(omitted.worst) {
                omitted.worst = finding.severity;
            }
        } else {
            self.all.push(finding);
        }
    }

    /// Notes that a rule could not look at a file, and why. All such files of a rule end in one finding.
    pub fn report_unseen(&mut self, rule: &str, path: &str, refusal: &Refusal) {
        if let Some(unseen) = self.unseen.iter_mut().find(|unseen| unseen.rule == rule) {
            unseen.files = unseen.files.saturating_add(1);
        } else {
            let unseen = Unseen {
                rule: rule.to_owned(),
                path: path.to_owned(),
                why: why(refusal),
                files: 1,
            };
            self.unseen.push(unseen);
        }
    }

    /// The findings so far, in the order of their reports.
    #[must_use]
    pub fn as_slice(&self) -> &[Finding] {
        &self.all
    }

    /// Ends a judgement: the vote follows from the findings, and from whether the changes could be seen at all.
    #[must_use]
    pub fn into_opinion(mut self, changes: &Changes, rationale: String) -> Opinion {
        for omitted in std::mem::take(&mut self.omitted) {
            if omitted.left_out > 0 {
                let message = format!("{} more findings of this rule are not listed.", omitted.left_out);
                self.all.push(finding(&omitted.rule, omitted.worst, message));
            }
        }
        for unseen in std::mem::take(&mut self.unseen) {
            let others = unseen.files.saturating_sub(1);
            let more = if others > 0 {
                format!(" and {} more", count(others, "file"))
            } else {
                String::new()
            };
            let message = format!(
                "`{}`{more} could not be read and went unseen: {}.",
                shown(&unseen.path),
                unseen.why
            );
            let seen = finding(&unseen.rule, Severity::Warning, message).at(&unseen.path, 0);
            self.all
                .push(seen.suggesting("Look at it yourself, or grant what the message names."));
        }
        let blocks = self.all.iter().any(|finding| is_blocking(finding.severity));
        let vote = if blocks {
            Vote::Reject
        } else if changes.are_hidden() {
            Vote::Abstain
        } else {
            Vote::Approve
        };
        let gap = changes.gap().map(|gap| format!(" {gap}")).unwrap_or_default();
        let rationale = shortened(format!("{rationale}{gap}"), RATIONALE_BYTES_MAX);
        Opinion {
            vote,
            findings: self.all,
            rationale,
        }
    }
}

/// Tells whether a finding of this severity is a reason to reject.
#[must_use]
pub fn is_blocking(severity: Severity) -> bool {
    weight(severity) >= weight(Severity::Error)
}

/// The severity as a number; more weighs more.
#[must_use]
pub fn weight(severity: Severity) -> u8 {
    match severity {
        Severity::Note => 0,
        Severity::Warning => 1,
        Severity::Error => 2,
        Severity::Critical => 3,
    }
}

/// The smaller of two severities.
#[must_use]
pub fn at_most(severity: Severity, most: Severity) -> Severity {
    if weight(severity) > weight(most) {
        most
    } else {
        severity
    }
}

/// A refusal in words, as the end of a sentence.
#[must_use]
pub fn why(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Denied(denial) => format!("the role lacks {}", denial.permission),
        Refusal::Limit(what) => format!("a limit was reached ({what})"),
        Refusal::Invalid(reason) => format!("the host calls the question meaningless ({reason})"),
        Refusal::NotFound(what) => format!("there is no such thing ({what})"),
        Refusal::Conflict(what) => format!("somebody else changed it ({what})"),
        Refusal::Unavailable(reason) => format!("the host cannot do it now ({reason})"),
    }
}

/// A path as a sentence shows it: cut in the middle when it is very long.
#[must_use]
pub fn shown(path: &str) -> String {
    if path.len() <= SHOWN_PATH_BYTES_MAX {
        return path.to_owned();
    }
    let half = SHOWN_PATH_BYTES_MAX / 2;
    let head = path.get(..path.floor_char_boundary(half)).unwrap_or_default();
    let tail = path
        .get(path.ceil_char_boundary(path.len().saturating_sub(half))..)
        .unwrap_or_default();
    format!("{head}…{tail}")
}

/// A number with its noun, in the right number: `1 file`, `3 files`, `12,000 lines`.
#[must_use]
pub fn count(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(number))
}

/// A number with a comma between each three digits.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len().saturating_mul(2));
    for (index, digit) in digits.chars().enumerate() {
        let left = digits.len().saturating_sub(index);
        if index > 0 && left.is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A sentence as the contract takes it: not too long, and without control characters, which a change may bring in a name.
fn shortened(text: String, bytes_max: usize) -> String {
    let mut text: String = text
        .chars()
        .map(|letter| if letter.is_control() { '\u{FFFD}' } else { letter })
        .collect();
    if text.len() > bytes_max {
        text.truncate(text.floor_char_boundary(bytes_max.saturating_sub('…'.len_utf8())));
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(1_000), "1,000");
        assert_eq!(count(12_345_678, "line"), "12,345,678 lines");
        assert_eq!(count(1, "line"), "1 line");
    }

    #[test]
    fn what_is_left_out_still_rejects() {
        let mut findings = Findings::default();
        for severity in [Severity::Note, Severity::Error] {
            for _ in 0..FINDINGS_PER_RULE_MAX {
                findings.report(finding("x/y", severity, "One of many."));
            }
        }
        findings.report(finding("x/y", Severity::Critical, "The worst comes last."));
        let opinion = findings.into_opinion(&Changes::default(), String::new());
        assert_eq!(opinion.vote, Vote::Reject);
        assert_eq!(opinion.findings.len(), 2 * FINDINGS_PER_RULE_MAX + 1);
        assert_eq!(
            opinion.findings.last().map(|finding| finding.severity),
            Some(Severity::Critical)
        );
    }

    #[test]
    fn who_saw_nothing_abstains() {
        let hidden = Changes {
            all: Vec::new(),
            cut_by: Some(Refusal::Limit("1 MiB".to_owned())),
        };
        assert_eq!(
            Findings::default().into_opinion(&hidden, String::new()).vote,
            Vote::Abstain
        );
    }

    #[test]
    fn long_sentences_are_cut_at_a_character() {
        let long = finding("x/y", Severity::Note, "ä".repeat(2_000));
        assert!(long.message.len() <= SENTENCE_BYTES_MAX);
        assert_eq!(finding("x/y", Severity::Note, "a\u{1}b").message, "a\u{FFFD}b");
        assert!(shown(&"ä".repeat(2_000)).len() < 300);
    }
}

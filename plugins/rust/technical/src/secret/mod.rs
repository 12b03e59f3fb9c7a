//! `technical/secret`: keys that open something, in a place where everybody will read them for ever.
//!
//! A shape alone is no secret: documentation, tests and scanners are full of strings that look like keys. What counts is a
//! vendor's prefix with a body that looks drawn by chance, a private key with its body, and a text drawn by chance that is
//! assigned to a name such as `password`. The matched text never reaches a message.

mod assignment;
mod private_key;
mod shapes;
mod token;

use assize_judge::evidence::{Change, Form};
use assize_judge::file::PIECE_BYTES;
use assize_judge::findings::{at_most, finding};
use assize_judge::lexer::Class;
use assize_judge::patch::{Line, Lines};
use assize_judge::{Evidence, Finding, Findings, Severity, Side, path};

use crate::moved::Pending;
use crate::place::{self, Place};
use crate::reading::Reading;
use assignment::Sureness;
use shapes::{Shape, Weight};

pub(crate) const RULE: &str = "technical/secret";

/// How many bytes of a file too large to compare are searched.
const OVERSIZED_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// How many bytes of a piece are searched again with the next one, so that no key is cut in two.
const OVERLAP_BYTES: usize = 4 * 1024;

/// How many keys of one kind are reported of one file; each costs a walk over the added lines.
const KEYS_PER_FILE_MAX: usize = 100;

const SUGGESTION: &str =
    "Revoke it where it was issued, then take it out of the history; from now on it counts as known to everybody.";

const ASSIGNMENT_SUGGESTION: &str =
    "If it opens something, revoke it and read it from the environment; if not, give it a name that says what it is.";

/// The rule at work over all files of a change.
#[derive(Debug, Default)]
pub(crate) struct Secrets {
    pending: Pending,
}

impl Secrets {
    /// Looks at the commit messages.
    pub(crate) fn look_at_messages(&mut self, messages: &[String], findings: &mut Findings) {
        for (number, message) in (1_usize..).zip(messages) {
            for (_, shape) in message.lines().flat_map(token::keys) {
                let seen = format!(
                    "The message of commit {number} of {} holds a {}.",
                    messages.len(),
                    shape.name
                );
                findings.report(finding(RULE, of_shape(shape, ""), seen).suggesting(SUGGESTION));
            }
        }
    }

    /// Looks at one file's added lines.
    pub(crate) fn look_at(&mut self, reading: &Reading<'_>, findings: &mut Findings) {
        let (change, patch) = (reading.change, &reading.patch);
        if path::is_lock(&change.path) {
            return;
        }
        for line in patch.removed.iter().filter(|line| !token::keys(line.text).is_empty()) {
            self.pending.note_removed(line.text);
        }
        for key in private_key::find(&patch.removed, KEYS_PER_FILE_MAX) {
            self.pending.note_removed(&body_of(&patch.removed, key.line));
        }
        let keys = patch
            .added
            .iter()
            .flat_map(|line| token::keys(line.text).into_iter().map(move |(_, shape)| (line, shape)));
        for (line, shape) in keys.take(KEYS_PER_FILE_MAX) {
            let severity = if is_web_key(shape, line, &patch.added) {
                Severity::Note
            } else {
                of_shape(shape, &change.path)
            };
            let found = key_finding(severity, shape).at(&change.path, line.number);
            self.pending.hold(line.text, found, findings);
        }
        for key in private_key::find(&patch.added, KEYS_PER_FILE_MAX) {
            let severity = of_private_key(key.is_encrypted, &change.path);
            let found = finding(RULE, severity, "A private key begins here.").at(&change.path, key.line.number);
            self.pending
                .hold(&body_of(&patch.added, key.line), found.suggesting(SUGGESTION), findings);
        }
        self.look_at_assignments(reading, findings);
    }

    /// Looks for secrets that nothing but their name and their disorder betrays.
    fn look_at_assignments(&mut self, reading: &Reading<'_>, findings: &mut Findings) {
        let file = reading.path();
        if is_translation(file) {
            return;
        }
        let takes_bare_texts = is_settings(file);
        for line in reading.patch.removed.iter() {
            if let Some(assigned) = assignment::find(line.text, takes_bare_texts) {
                self.pending.note_removed(assigned.text);
            }
        }
        let assigned = reading.patch.added.iter().filter_map(|line| {
            let assigned = assignment::find(line.text, takes_bare_texts)?;
            token::keys(line.text).is_empty().then_some((line, assigned))
        });
        for (line, assigned) in assigned.take(KEYS_PER_FILE_MAX) {
            let severity = at_most(
                of_assignment(assigned.sureness, file),
                severity_at(reading, line.number, assigned.at),
            );
            let message = "A text that looks drawn by chance is assigned to a name that speaks of a secret.";
            let found = finding(RULE, severity, message).at(file, line.number);
            self.pending
                .hold(assigned.text, found.suggesting(ASSIGNMENT_SUGGESTION), findings);
        }
    }

    /// Searches a file that is too large to compare, piece by piece.
    pub(crate) fn look_at_oversized(&mut self, change: &Change, evidence: &dyn Evidence, findings: &mut Findings) {
        if change.form != Form::Oversized || change.head.is_none() {
            return;
        }
        let mut offset = 0_u64;
        let mut kept = Vec::new();
        while offset < OVERSIZED_BYTES_MAX {
            let piece = match evidence.read(Side::Head, &change.path, offset, PIECE_BYTES) {
                Ok(piece) if piece.is_empty() => return,
                Ok(piece) => piece,
                Err(refusal) => return findings.report_unseen(RULE, &change.path, &refusal),
            };
            offset = offset.saturating_add(piece.len() as u64);
            kept.extend_from_slice(&piece);
            if let Some(found) = in_piece(&kept, &change.path) {
                findings.report(found);
                return;
            }
            let cut = kept.len().saturating_sub(OVERLAP_BYTES);
            kept.drain(..cut);
        }
    }

    /// Reports what was found, once every removed line is known.
    pub(crate) fn settle(&mut self, findings: &mut Findings) {
        self.pending.settle(Severity::Warning, findings);
    }
}

/// The first key in a piece of a file; its line is not known.
fn in_piece(piece: &[u8], file: &str) -> Option<Finding> {
    let text = String::from_utf8_lossy(piece);
    let mut lines = Lines::default();
    lines.extend(1, &text.lines().map(str::to_owned).collect::<Vec<_>>());
    if let Some((_, shape)) = lines.iter().find_map(|line| token::keys(line.text).first().copied()) {
        return Some(key_finding(of_shape(shape, file), shape).at(file, 0));
    }
    let key = private_key::find(&lines, 1).first().copied()?;
    let severity = of_private_key(key.is_encrypted, file);
    Some(
        finding(RULE, severity, "The file holds a private key.")
            .at(file, 0)
            .suggesting(SUGGESTION),
    )
}

fn key_finding(severity: Severity, shape: &Shape) -> Finding {
    finding(RULE, severity, format!("This line holds a {}.", shape.name)).suggesting(SUGGESTION)
}

fn of_shape(shape: &Shape, file: &str) -> Severity {
    let severity = match shape.weight {
        Weight::Live => Severity::Critical,
        Weight::Public => Severity::Error,
        Weight::Test => Severity::Warning,
    };
    if path::is_fixture(file) {
        at_most(severity, Severity::Warning)
    } else if path::is_test(file) {
        at_most(severity, Severity::Error)
    } else {
        severity
    }
}

/// Nobody issued such a text, so nobody but its owner knows what it opens: it is an error in the product's own code.
fn of_assignment(sureness: Sureness, file: &str) -> Severity {
    let severity = match sureness {
        Sureness::High => Severity::Error,
        Sureness::Low => Severity::Warning,
    };
    let place_max = place::severity_max(file);
    if path::is_docs(file) || place_max == Severity::Note {
        Severity::Note
    } else {
        at_most(severity, place_max)
    }
}

/// What a place inside a source file allows: a comment shows what something looks like, and so does an assignment that
/// stands inside of a string as a whole, and so do the tests below the code.
fn severity_at(reading: &Reading<'_>, line: u32, at: usize) -> Severity {
    let Some(Ok(source)) = reading.source() else {
        return Severity::Critical;
    };
    let position = source.start_of(line).saturating_add(at);
    let sign = source
        .text
        .as_bytes()
        .get(..position.saturating_sub(1))
        .unwrap_or_default();
    let sign = sign
        .iter()
        .rposition(|byte| !byte.is_ascii_whitespace())
        .unwrap_or_default();
    if source.class_at(sign) != Class::Code {
        return Severity::Warning;
    }
    Place::of(reading.path(), source).severity_max(line)
}

/// Tells whether a file holds what programs say in other languages.
fn is_translation(file: &str) -> bool {
    const FOLDERS: [&str; 7] = ["locale", "locales", "i18n", "l10n", "lang", "translations", "langs"];
    const EXTENSIONS: [&str; 9] = ["po", "pot", "arb", "strings", "resx", "xlf", "xliff", "ftl", "qm"];
    path::parent(file).split('/').any(|part| FOLDERS.contains(&part)) || EXTENSIONS.contains(&path::extension(file))
}

/// Tells whether a file assigns texts to names without quotes around them.
fn is_settings(file: &str) -> bool {
    const EXTENSIONS: [&str; 8] = ["env", "properties", "ini", "cfg", "conf", "yml", "yaml", "envrc"];
    EXTENSIONS.contains(&path::extension(file)) || path::name(file).starts_with(".env")
}

/// Tests of cryptography and of servers carry keys that open nothing.
fn of_private_key(is_encrypted: bool, file: &str) -> Severity {
    if path::is_test(file) || path::is_example(file) {
        Severity::Warning
    } else if is_encrypted {
        Severity::Error
    } else {
        Severity::Critical
    }
}

/// Tells whether a Google key stands in the settings of a web or mobile client, which every visitor receives.
fn is_web_key(shape: &Shape, line: Line<'_>, added: &Lines) -> bool {
    let is_near = |other: &Line<'_>| other.number.abs_diff(line.number) <= 12;
    let names_client = |text: &str| {
        [
            "authDomain",
            "messagingSenderId",
            "storageBucket",
            "mobilesdk_app_id",
            "GOOGLE_APP_ID",
        ]
        .iter()
        .any(|name| text.contains(name))
    };
    shape.weight == Weight::Public && added.iter().filter(is_near).any(|other| names_client(other.text))
}

/// A private key's header with the line after it, which tells one key from another.
fn body_of(lines: &Lines, header: Line<'_>) -> String {
    let next = lines.iter().find(|line| line.number == header.number.saturating_add(1));
    format!("{}{}", header.text, next.map_or("", |line| line.text))
}

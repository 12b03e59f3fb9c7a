//! `integration/migration-one-way`: a step of a database's schema that nobody can take back.
//!
//! A new migration is read whole, by the habits of the framework that its place and name speak for. One that others have
//! run already must stay as it is, so an edited one is reported too.

mod python;
mod script;
mod sql;

use assize_judge::evidence::{Change, Form, Status};
use assize_judge::file::{Unread, text};
use assize_judge::findings::finding;
use assize_judge::language::Language;
use assize_judge::patch::Patch;
use assize_judge::source::Source;
use assize_judge::{Changes, Evidence, Findings, Severity, Side, path};

const RULE: &str = "integration/migration-one-way";

/// How many migrations are read.
const MIGRATIONS_MAX: usize = 500;

/// Why a migration has no way back.
#[derive(Debug, Clone, PartialEq, Eq)]
struct OneWay {
    line: u32,
    what: &'static str,
    /// Whether that is only worth knowing.
    is_usual: bool,
}

impl OneWay {
    fn at(line: u32, what: &'static str) -> Self {
        Self {
            line,
            what,
            is_usual: false,
        }
    }
}

/// Looks at every new or edited migration.
pub(crate) fn check(changes: &Changes, evidence: &dyn Evidence, findings: &mut Findings) {
    let migrations = changes
        .all
        .iter()
        .filter(|change| is_migration(&change.path) && change.form == Form::Text);
    for change in migrations.take(MIGRATIONS_MAX) {
        match change.status {
            Status::Added => look_at_new(change, evidence, findings),
            Status::Modified | Status::Renamed => look_at_edited(change, evidence, findings),
            Status::Deleted => {}
        }
    }
}

/// Tells whether a file is a step among others, by its folder and name.
fn is_migration(file: &str) -> bool {
    let is_aside = path::is_test(file) || path::is_foreign(file) || path::is_example(file);
    let mut folders = path::parent(file).split('/');
    let is_below = folders.any(|part| matches!(part, "migrations" | "migrate" | "migration" | "versions" | "alembic"));
    if is_aside || !is_below {
        return false;
    }
    match path::extension(file) {
        "sql" => true,
        "py" => path::name(file) != "__init__.py" && path::name(file) != "env.py",
        "rb" => file.contains("db/migrate/") || file.starts_with("migrate/"),
        "php" => file.contains("migrations/"),
        "js" | "ts" | "exs" => path::name(file).starts_with(|letter: char| letter.is_ascii_digit()),
        _ => false,
    }
}

fn look_at_new(change: &Change, evidence: &dyn Evidence, findings: &mut Findings) {
    let text = match text(evidence, Side::Head, &change.path) {
        Ok(text) => text,
        Err(unread) => return findings.report_unseen(RULE, &change.path, &Unread::into_refusal(unread)),
    };
    let ways = match Language::of(&change.path) {
        Some(Language::Python) => python::one_ways(&Source::new(text, Language::Python)),
        Some(language) => script::one_ways(&Source::new(text, language)),
        None => sql::one_ways(&change.path, &text, evidence),
    };
    for way in ways {
        let severity = if way.is_usual {
            Severity::Note
        } else {
            Severity::Warning
        };
        let found = finding(RULE, severity, format!("{}.", way.what)).at(&change.path, way.line);
        findings.report(
            found.suggesting("Write the way back, or say in the migration why there is none and what to do then."),
        );
    }
}

fn look_at_edited(change: &Change, evidence: &dyn Evidence, findings: &mut Findings) {
    let patch = match Patch::read(evidence, change) {
        Ok(patch) => patch,
        Err(refusal) => return findings.report_unseen(RULE, &change.path, &refusal),
    };
    let says_something = |text: &str| {
        let text = text.trim();
        !text.is_empty() && !["--", "#", "//", "*", "/*"].iter().any(|mark| text.starts_with(mark))
    };
    // The way back may be mended at any time.
    if sql::is_way_back(&change.path) {
        return;
    }
    let added = patch
        .added
        .iter()
        .find(|line| says_something(line.text))
        .map(|line| line.number);
    let is_cut = patch.removed.iter().any(|line| says_something(line.text));
    let Some(line) = added.or(is_cut.then_some(0)) else {
        return;
    };
    let message = "A migration that was there before is edited: who has run it will not run it again.";
    let found = finding(RULE, Severity::Warning, message).at(&change.path, line);
    findings.report(found.suggesting("Leave it as it is, and put what is missing into a new migration."));
}

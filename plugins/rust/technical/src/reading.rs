//! One changed file as all rules see it: its change, its lines, and its contents, which are read once and only when a rule
//! finds a line suspicious.

use std::cell::OnceCell;

use assize_judge::evidence::Change;
use assize_judge::file::{Unread, text};
use assize_judge::language::Language;
use assize_judge::patch::Patch;
use assize_judge::source::Source;
use assize_judge::{Evidence, Refusal, Side};

/// A changed file while the rules look at it.
pub(crate) struct Reading<'a> {
    /// What happened to it.
    pub(crate) change: &'a Change,
    /// The lines that were added and removed.
    pub(crate) patch: Patch,
    /// Its language, by its name.
    pub(crate) language: Option<Language>,
    evidence: &'a dyn Evidence,
    source: OnceCell<Result<Source, Unread>>,
}

impl<'a> Reading<'a> {
    /// Reads the hunks of a change.
    ///
    /// # Errors
    ///
    /// The host's refusal.
    pub(crate) fn of(change: &'a Change, evidence: &'a dyn Evidence) -> Result<Self, Refusal> {
        Ok(Self {
            change,
            patch: Patch::read(evidence, change)?,
            language: Language::of(&change.path),
            evidence,
            source: OnceCell::new(),
        })
    }

    /// The path in the head.
    pub(crate) fn path(&self) -> &'a str {
        &self.change.path
    }

    /// The head's contents as source of its language; nothing where the language is not known.
    ///
    /// # Errors
    ///
    /// Why the contents are not here.
    pub(crate) fn source(&self) -> Option<Result<&Source, Unread>> {
        let language = self.language?;
        let read = || text(self.evidence, Side::Head, self.path()).map(|text| Source::new(text, language));
        Some(self.source.get_or_init(read).as_ref().map_err(Clone::clone))
    }

    /// How many lines the head has, without making a source of them: those of an added file are counted already.
    ///
    /// # Errors
    ///
    /// Why the contents are not here.
    pub(crate) fn lines(&self) -> Result<u64, Unread> {
        if self.change.base.is_none() {
            return Ok(u64::from(self.change.added_lines));
        }
        if let Some(Ok(source)) = self.source.get() {
            return Ok(source.text.lines().count() as u64);
        }
        text(self.evidence, Side::Head, self.path()).map(|text| text.lines().count() as u64)
    }
}

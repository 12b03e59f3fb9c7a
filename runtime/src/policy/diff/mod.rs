//! What authority a change of policy adds and removes.
//!
//! The answer errs on one side only: a change widens unless it is proven that it does not. What widens is every new power of a
//! role, an agent or a judge, and everything that lets a change pass which the old policy would have stopped.

mod appointments;
mod judging;
mod roles;
mod settings;
#[cfg(test)]
mod tests;

use super::Policy;

/// What one change does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// Somebody may do more, or what judges a change is weaker, or neither can be excluded.
    Widens,
    /// Somebody may do less, or what judges a change is stricter.
    Narrows,
    /// Neither.
    Neutral,
}

impl Effect {
    /// Returns the word that stands for the effect, for people and in JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Widens => "widens",
            Self::Narrows => "narrows",
            Self::Neutral => "neutral",
        }
    }
}

/// In which of the two files a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The policy before the change.
    Old,
    /// The policy after it.
    New,
}

/// One difference between two policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What it does.
    pub effect: Effect,
    /// Whom or what it is about, such as ``role `developer` ``.
    pub subject: String,
    /// What is different, as the end of a sentence that the subject starts.
    pub text: String,
    /// The line that says so, where one does.
    pub line: Option<(Side, usize)>,
}

/// Collects the differences about one subject after the other.
struct Changes {
    subject: String,
    found: Vec<Change>,
}

impl Changes {
    fn about(&mut self, subject: impl Into<String>) {
        self.subject = subject.into();
    }

    fn add(&mut self, effect: Effect, text: impl Into<String>, line: Option<(Side, usize)>) {
        self.found.push(Change {
            effect,
            subject: self.subject.clone(),
            text: text.into(),
            line,
        });
    }

    fn widens(&mut self, text: impl Into<String>, line: Option<usize>) {
        self.add(Effect::Widens, text, line.map(|line| (Side::New, line)));
    }

    fn narrows(&mut self, text: impl Into<String>, line: Option<usize>) {
        self.add(Effect::Narrows, text, line.map(|line| (Side::Old, line)));
    }

    fn neutral(&mut self, text: impl Into<String>) {
        self.add(Effect::Neutral, text, None);
    }

    /// Adds a number that went up or down, where up widens.
    fn number(&mut self, what: &str, old: u64, new: u64) {
        match new.cmp(&old) {
            std::cmp::Ordering::Greater => self.widens(format!("{what} rises from {old} to {new}"), None),
            std::cmp::Ordering::Less => self.narrows(format!("{what} falls from {old} to {new}"), None),
            std::cmp::Ordering::Equal => {}
        }
    }
}

/// Compares two policies. Everything that widens is among what comes back, before everything else.
#[must_use]
pub fn diff(old: &Policy, new: &Policy) -> Vec<Change> {
    let mut changes = Changes {
        subject: String::new(),
        found: Vec::new(),
    };
    roles::compare(old, new, &mut changes);
    appointments::compare(old, new, &mut changes);
    judging::compare(old, new, &mut changes);
    settings::compare(old, new, &mut changes);
    let mut found = changes.found;
    found.sort_by_key(|change| change.effect);
    found
}

//! What a tool suggests, in words that all tools share.

use std::rc::Rc;

/// One suggestion: edits that belong together, all made or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Suggestion {
    /// The rule it follows, as the tool names it.
    pub(crate) rule: String,
    /// The edits.
    pub(crate) edits: Vec<Edit>,
    /// Why it is not to be applied, where the tool says or shows so.
    pub(crate) unfit: Option<Reason>,
    /// How far it must stay from others that are applied at once.
    pub(crate) apart: Apart,
}

/// One edit: what takes the place of what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Edit {
    /// The file, as the tool names it.
    pub(crate) file: String,
    /// Where in the file.
    pub(crate) place: Place,
    /// The new text.
    pub(crate) with: String,
}

/// A place in a file, in the tool's own measure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// Bytes of the file, with the lines that the tool saw there.
    Bytes {
        /// The first byte.
        start: u64,
        /// The byte behind the last.
        end: u64,
        /// The line of the first byte, counted from 1.
        line: u64,
        /// The first byte's place in its line in characters, counted from 1.
        column: u64,
        /// The text of all lines that the place touches.
        seen: Vec<String>,
    },
    /// Rows and columns in characters, counted from 1; a lone carriage return ends a row, too.
    Points {
        /// The first character.
        start: (u64, u64),
        /// The character behind the last.
        end: (u64, u64),
    },
    /// Units of UTF-16 behind the byte order mark, which itself begins at -1.
    Units {
        /// The first unit.
        start: i64,
        /// The unit behind the last.
        end: i64,
        /// The whole text that the tool saw.
        seen: Option<Rc<str>>,
    },
    /// Whole lines.
    Lines {
        /// The first line, counted from 1.
        first: u64,
        /// What stands there.
        old: Vec<String>,
    },
}

/// How far suggestions that are applied at once stay from each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Apart {
    /// A character lies between them.
    Characters,
    /// A line lies between them: what each of two removes may be the last that the other leaves.
    Lines,
}

/// Why a suggestion was not applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reason {
    /// The tool leaves it to a person.
    Unsure,
    /// It lies in what a macro made.
    Macro,
    /// It lies in a cell of a notebook.
    Notebook,
    /// It lacks something, or is not written as the tool writes it.
    Unreadable,
    /// Several edits are meant as alternatives.
    Choice,
    /// The file does not lie in the workspace, or may not be read.
    Outside,
    /// Several files of the workspace could be meant.
    Ambiguous,
    /// The file is too large, binary or not UTF-8.
    NoText,
    /// The file is not what the tool saw.
    Stale,
    /// The place does not lie in the file, or cuts a character.
    NoPlace,
    /// Another one that was applied touches it; the next round may bring it again.
    Overlap,
    /// Another one says the same.
    Repeated,
    /// It changes nothing.
    Void,
    /// The file may not be written.
    Refused,
}

impl Reason {
    /// The reason, for people.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Unsure => "the tool leaves it to a person",
            Self::Macro => "it lies in what a macro made",
            Self::Notebook => "it lies in a notebook",
            Self::Unreadable => "it is not written as the tool writes suggestions",
            Self::Choice => "it offers a choice",
            Self::Outside => "its file does not lie in the workspace, or may not be read",
            Self::Ambiguous => "several files of the workspace could be meant; `root` in the input tells which",
            Self::NoText => "its file is too large, binary or not UTF-8",
            Self::Stale => "its file is not what the tool saw",
            Self::NoPlace => "its place does not lie in the file",
            Self::Overlap => "another one touches it",
            Self::Repeated => "another one says the same",
            Self::Void => "it changes nothing",
            Self::Refused => "its file may not be written",
        }
    }
}

//! Builds a case from a range of commits.

use assize_provenance::reader::{ObjectId, ObjectReader};

use super::contents::{self, Contents, ContentsError};
use super::history::{self, HistoryError};
use super::message::{self, Authors};
use super::path::RepositoryPath;
use super::rename::{self, Candidate, Signature};
use super::tree_diff::{self, Difference, Node, TreeError};
use super::{Blob, Case, Change, Form, Kind, Range, State, Status, hunks};

/// Why a case was not built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// The commits were not read.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// The folders were not compared.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// A changed file was not read.
    #[error(transparent)]
    Contents(#[from] ContentsError),
}

impl BuildError {
    /// Whether the machine failed, rather than the repository.
    #[must_use]
    pub fn is_machine(&self) -> bool {
        match self {
            Self::History(error) => error.is_machine(),
            Self::Tree(error) => error.is_machine(),
            Self::Contents(error) => error.is_machine(),
        }
    }
}

/// Builds the case of a range: what differs between its two trees, and what the commits between them say.
///
/// Memory holds one changed file at a time, two while their lines are compared, and the signatures of files that may have
/// moved (see [`rename`]).
///
/// # Errors
///
/// Every [`BuildError`].
pub fn build<R: ObjectReader + ?Sized>(reader: &R, range: Range, authors: Authors) -> Result<Case, BuildError> {
    let head = read_state(reader, range.head)?;
    let base = range.base.map(|id| read_state(reader, id)).transpose()?;
    let differences = tree_diff::compare(reader, base.map(|state| state.tree), Some(head.tree))?;
    let changes = read_changes(reader, differences)?;
    let newest_first = history::between(reader, range.base, range.head)?;
    let messages = message::gather(reader, &newest_first, authors)?;
    Ok(Case {
        kind: range.kind,
        base,
        head,
        changes,
        messages,
    })
}

fn read_state<R: ObjectReader + ?Sized>(reader: &R, commit: ObjectId) -> Result<State, HistoryError> {
    Ok(State {
        commit,
        tree: history::read_commit(reader, &commit)?.tree,
    })
}

fn read_changes<R: ObjectReader + ?Sized>(reader: &R, differences: Vec<Difference>) -> Result<Vec<Change>, BuildError> {
    let mut moves = Moves::new(&differences, rename::pair_exact(&differences));
    let mut changes: Vec<Option<Change>> = vec![None; differences.len()];
    let mut suspects = Suspects::new(&differences, &moves);
    for (place, difference) in differences.iter().enumerate() {
        if moves.is_paired(place) {
            continue;
        }
        let (change, text) = read_change(reader, &difference.path, None, difference.base, difference.head)?;
        if let Some(text) = text {
            suspects.consider(place, difference, &text);
        }
        changes[place] = Some(change);
    }
    for pair in rename::pair_similar(&suspects.deleted, &suspects.added) {
        moves.pair(pair);
    }
    for pair in moves.pairs {
        let (old, new) = (&differences[pair.deleted], &differences[pair.added]);
        let (change, _) = read_change(reader, &new.path, Some(&old.path), old.base, new.head)?;
        changes[pair.deleted] = None;
        changes[pair.added] = Some(change);
    }
    Ok(changes.into_iter().flatten().collect())
}

/// The pairs found so far, and which differences they take.
struct Moves {
    pairs: Vec<rename::Pair>,
    paired: Vec<bool>,
}

impl Moves {
    fn new(differences: &[Difference], pairs: Vec<rename::Pair>) -> Self {
        let mut moves = Self {
            pairs: Vec::new(),
            paired: vec![false; differences.len()],
        };
        for pair in pairs {
            moves.pair(pair);
        }
        moves
    }

    fn pair(&mut self, pair: rename::Pair) {
        self.paired[pair.deleted] = true;
        self.paired[pair.added] = true;
        self.pairs.push(pair);
    }

    fn is_paired(&self, place: usize) -> bool {
        self.paired[place]
    }
}

/// Files that are gone or new and may be two sides of one that moved.
struct Suspects {
    /// Whether anything is left on both sides; otherwise nothing can have moved.
    is_open: bool,
    lines_left: usize,
    deleted: Vec<Candidate>,
    added: Vec<Candidate>,
}

impl Suspects {
    fn new(differences: &[Difference], moves: &Moves) -> Self {
        let unpaired = || {
            differences
                .iter()
                .enumerate()
                .filter(|(place, _)| !moves.is_paired(*place))
        };
        let is_open = unpaired().any(|(_, difference)| difference.head.is_none())
            && unpaired().any(|(_, difference)| difference.base.is_none());
        Self {
            is_open,
            lines_left: rename::CANDIDATE_LINES_MAX,
            deleted: Vec::new(),
            added: Vec::new(),
        }
    }

    fn consider(&mut self, place: usize, difference: &Difference, text: &[u8]) {
        let node = rename::deleted_node(difference).or(rename::added_node(difference));
        let may_move = node.is_some_and(|node| node.kind.is_regular());
        if !self.is_open || !may_move || text.is_empty() || text.len() as u64 > rename::CANDIDATE_BYTES_MAX {
            return;
        }
        let signature = Signature::of(text);
        let Some(lines_left) = self.lines_left.checked_sub(signature.lines()) else {
            return;
        };
        self.lines_left = lines_left;
        let candidate = Candidate {
            place,
            path: difference.path.clone(),
            signature,
        };
        if difference.head.is_none() {
            self.deleted.push(candidate);
        } else {
            self.added.push(candidate);
        }
    }
}

/// Reads both sides of a change, and returns with it the text of a file that is only on one side.
fn read_change<R: ObjectReader + ?Sized>(
    reader: &R,
    path: &RepositoryPath,
    old_path: Option<&RepositoryPath>,
    base: Option<Node>,
    head: Option<Node>,
) -> Result<(Change, Option<Vec<u8>>), ContentsError> {
    let before = base
        .map(|node| contents::read(reader, old_path.unwrap_or(path), &node))
        .transpose()?;
    let after = match (&before, head) {
        // Only the mode or the path changed: what was read once is not read again.
        (Some(before), Some(node))
            if before.blob.id == node.id && has_contents(before.blob.kind) == has_contents(node.kind) =>
        {
            let blob = Blob {
                kind: node.kind,
                mode: node.mode,
                ..before.blob
            };
            Some(Contents { blob, ..before.clone() })
        }
        (_, node) => node.map(|node| contents::read(reader, path, &node)).transpose()?,
    };
    let status = match (&before, &after) {
        (None, _) => Status::Added,
        (_, None) => Status::Deleted,
        _ if old_path.is_some() => Status::Renamed,
        _ => Status::Modified,
    };
    let (form, removed_lines, added_lines) = compare(before.as_ref(), after.as_ref());
    let change = Change {
        path: path.clone(),
        old_path: old_path.cloned(),
        status,
        base: before.as_ref().map(|contents| contents.blob),
        head: after.as_ref().map(|contents| contents.blob),
        form,
        added_lines,
        removed_lines,
    };
    let text = match (before, after) {
        (Some(only), None) | (None, Some(only)) => only.text,
        _ => None,
    };
    Ok((change, text))
}

fn has_contents(kind: Kind) -> bool {
    kind != Kind::Submodule
}

/// Says how two sides compare, and counts the lines removed and added.
fn compare(before: Option<&Contents>, after: Option<&Contents>) -> (Form, u32, u32) {
    let lines = |side: Option<&Contents>| side.map_or(0, |contents| contents.lines);
    let (Some(base), Some(head)) = (before, after) else {
        let form = before.or(after).map_or(Form::Text, form_of);
        return (form, lines(before), lines(after));
    };
    if base.blob.id == head.blob.id {
        return (form_of(base), 0, 0);
    }
    match (form_of(base), form_of(head)) {
        (Form::Binary, _) | (_, Form::Binary) => (Form::Binary, 0, 0),
        (Form::Oversized, _) | (_, Form::Oversized) => (Form::Oversized, base.lines, head.lines),
        (Form::Text, Form::Text) => {
            let found = hunks::compare(
                base.text.as_deref().unwrap_or_default(),
                head.text.as_deref().unwrap_or_default(),
            );
            let count = |range: &std::ops::Range<u32>| range.end - range.start;
            let removed = found.iter().map(|hunk| count(&hunk.removed)).sum();
            (Form::Text, removed, found.iter().map(|hunk| count(&hunk.added)).sum())
        }
    }
}

fn form_of(contents: &Contents) -> Form {
    match contents.text {
        _ if contents.is_binary => Form::Binary,
        None => Form::Oversized,
        Some(_) => Form::Text,
    }
}

//! Pairs files that are gone with files that are new: the same contents first, then contents that are at least half the
//! same.
//!
//! What is paired only decides how a change is shown and counted; both sides are in the case either way. So the search is
//! bounded, and where the bounds end it, the same files are paired on every machine.

use std::cmp::{Ordering, Reverse};
use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher as _};

use assize_provenance::reader::ObjectId;

use super::Kind;
use super::hunks;
use super::path::RepositoryPath;
use super::tree_diff::{Difference, Node};

/// How much two files must share to be one that moved, in percent of the larger one's bytes.
pub const SIMILARITY_PERCENT_MIN: u64 = 50;
/// The largest file that is compared for similarity, in bytes.
pub const CANDIDATE_BYTES_MAX: u64 = 1 << 20;
/// The most distinct lines that are remembered of all files compared for similarity (16 bytes each).
pub const CANDIDATE_LINES_MAX: usize = 1_000_000;
/// The most pairs of files that are compared for similarity.
pub const COMPARISONS_MAX: usize = 65_536;
/// Up to this many files a side every pair is compared; above it, only pairs with the same file name.
pub const EVERY_PAIR_MAX: usize = 256;

/// Two differences that are one file that moved, by their positions in the list of differences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    /// The difference whose base side is gone.
    pub deleted: usize,
    /// The difference whose head side is new.
    pub added: usize,
}

/// Pairs files with the same contents. Among several, the same file name goes first, then the order of paths. Empty files
/// say nothing about where they came from, submodules neither.
#[must_use]
pub fn pair_exact(differences: &[Difference]) -> Vec<Pair> {
    let mut pairs = Vec::new();
    let mut taken = vec![false; differences.len()];
    pair_by(differences, &mut taken, &mut pairs, |path, node| {
        (node.id, node.kind.is_regular(), path.file_name())
    });
    pair_by(differences, &mut taken, &mut pairs, |_, node| {
        (node.id, node.kind.is_regular())
    });
    pairs
}

/// Pairs what is gone and what is new under the same key, both in the order of paths.
fn pair_by<'a, K: Hash + Eq>(
    differences: &'a [Difference],
    taken: &mut [bool],
    pairs: &mut Vec<Pair>,
    key: impl Fn(&'a RepositoryPath, &Node) -> K,
) {
    let mut gone: HashMap<K, VecDeque<usize>> = HashMap::new();
    for (place, difference) in differences.iter().enumerate().filter(|(place, _)| !taken[*place]) {
        if let Some(node) = deleted_node(difference).filter(leaves_traces) {
            gone.entry(key(&difference.path, &node)).or_default().push_back(place);
        }
    }
    for (added, difference) in differences.iter().enumerate() {
        let Some(node) = added_node(difference).filter(leaves_traces) else {
            continue;
        };
        if taken[added] {
            continue;
        }
        let places = gone.get_mut(&key(&difference.path, &node));
        if let Some(deleted) = places.and_then(VecDeque::pop_front) {
            taken[added] = true;
            taken[deleted] = true;
            pairs.push(Pair { deleted, added });
        }
    }
}

/// Returns the side of a file that only the base has.
#[must_use]
pub fn deleted_node(difference: &Difference) -> Option<Node> {
    if difference.head.is_none() {
        difference.base
    } else {
        None
    }
}

/// Returns the side of a file that only the head has.
#[must_use]
pub fn added_node(difference: &Difference) -> Option<Node> {
    if difference.base.is_none() {
        difference.head
    } else {
        None
    }
}

fn leaves_traces(node: &Node) -> bool {
    node.kind != Kind::Submodule && node.id != EMPTY_BLOB
}

/// Git's id of empty contents, SHA-1 of `blob 0` and a NUL.
const EMPTY_BLOB: ObjectId = ObjectId::from_bytes([
    0xe6, 0x9d, 0xe2, 0x9b, 0xb2, 0xd1, 0xd6, 0x43, 0x4b, 0x8b, 0x29, 0xae, 0x77, 0x5a, 0xd8, 0xc2, 0xe4, 0x8c, 0x53,
    0x91,
]);

/// A regular text file that may have moved.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Its position in the list of differences.
    pub place: usize,
    /// Its path.
    pub path: RepositoryPath,
    /// What its lines are.
    pub signature: Signature,
}

/// Which lines a file has, as sorted hashes with the bytes that such lines take in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signature {
    bytes: u64,
    lines: Vec<(u64, u32)>,
}

impl Signature {
    /// Notes the lines of a text.
    #[must_use]
    pub fn of(text: &[u8]) -> Self {
        let mut lines: Vec<(u64, u32)> = hunks::lines(text)
            .map(|line| {
                // Fixed keys: the same line has the same hash in every process.
                let mut hasher = DefaultHasher::new();
                line.hash(&mut hasher);
                (hasher.finish(), u32::try_from(line.len()).unwrap_or(u32::MAX))
            })
            .collect();
        lines.sort_unstable();
        lines.dedup_by(|later, earlier| {
            let is_same = later.0 == earlier.0;
            if is_same {
                earlier.1 = earlier.1.saturating_add(later.1);
            }
            is_same
        });
        lines.shrink_to_fit();
        Self {
            bytes: text.len() as u64,
            lines,
        }
    }

    /// Counts the distinct lines.
    #[must_use]
    pub fn lines(&self) -> usize {
        self.lines.len()
    }

    /// Says how much of the larger file stands in both, in percent of its bytes, rounded down.
    #[must_use]
    pub fn similarity_percent(&self, other: &Self) -> u64 {
        let larger = self.bytes.max(other.bytes);
        if larger == 0 || self.bytes.min(other.bytes) * 100 / larger < SIMILARITY_PERCENT_MIN {
            return 0;
        }
        let (mut ours, mut theirs) = (self.lines.iter().peekable(), other.lines.iter().peekable());
        let mut shared = 0_u64;
        while let (Some((our_hash, our_bytes)), Some((their_hash, their_bytes))) = (ours.peek(), theirs.peek()) {
            match our_hash.cmp(their_hash) {
                Ordering::Less => drop(ours.next()),
                Ordering::Greater => drop(theirs.next()),
                Ordering::Equal => {
                    shared += u64::from(*our_bytes.min(their_bytes));
                    ours.next();
                    theirs.next();
                }
            }
        }
        shared * 100 / larger
    }
}

/// Pairs files that are at least half the same, the most similar first; among equals the same file name goes first, then
/// the order of paths. Up to 256 files a side every pair is compared, above that only pairs with the same file name.
#[must_use]
pub fn pair_similar(deleted: &[Candidate], added: &[Candidate]) -> Vec<Pair> {
    let mut scored = Vec::new();
    for (gone, new) in comparisons(deleted, added).take(COMPARISONS_MAX) {
        let percent = gone.signature.similarity_percent(&new.signature);
        if percent >= SIMILARITY_PERCENT_MIN {
            let other_name = gone.path.file_name() != new.path.file_name();
            scored.push((
                Reverse(percent),
                other_name,
                &gone.path,
                &new.path,
                Pair {
                    deleted: gone.place,
                    added: new.place,
                },
            ));
        }
    }
    scored.sort_unstable_by(|a, b| (a.0, a.1, a.2, a.3).cmp(&(b.0, b.1, b.2, b.3)));
    let mut taken = HashSet::new();
    let mut pairs = Vec::new();
    for (.., pair) in scored {
        if !taken.contains(&pair.deleted) && !taken.contains(&pair.added) {
            taken.extend([pair.deleted, pair.added]);
            pairs.push(pair);
        }
    }
    pairs
}

fn comparisons<'a>(
    deleted: &'a [Candidate],
    added: &'a [Candidate],
) -> Box<dyn Iterator<Item = (&'a Candidate, &'a Candidate)> + 'a> {
    if deleted.len() <= EVERY_PAIR_MAX && added.len() <= EVERY_PAIR_MAX {
        return Box::new(
            deleted
                .iter()
                .flat_map(move |gone| added.iter().map(move |new| (gone, new))),
        );
    }
    let mut by_name: HashMap<&[u8], Vec<&Candidate>> = HashMap::new();
    for new in added {
        by_name.entry(new.path.file_name()).or_default().push(new);
    }
    Box::new(deleted.iter().flat_map(move |gone| {
        let same_name = by_name.get(gone.path.file_name()).cloned().unwrap_or_default();
        same_name.into_iter().map(move |new| (gone, new))
    }))
}

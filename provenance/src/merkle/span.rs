//! Which subtrees a proof is made of, so that it can be read from tiles instead of from all leaves.
//!
//! A proof is a list of hashes, each over a range of leaves ([`Span`]). A range that a proof needs falls apart into few complete
//! subtrees ([`Node`]), and every complete subtree is one hash of a tile, or a fold of neighbours within one.

use super::Frontier;
use crate::digest::Digest;

/// A complete subtree: the `index`-th of those with 2^`height` leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node {
    /// How many levels lie below it; 0 is a leaf.
    pub height: u32,
    /// Its position among those of its height, counted from 0.
    pub index: u64,
}

/// The leaves from `start` to before `end`, as one hash of a proof covers them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    start: u64,
    end: u64,
}

impl Span {
    /// Returns the span of a whole tree.
    #[must_use]
    pub const fn whole(size: u64) -> Self {
        Self { start: 0, end: size }
    }

    const fn len(self) -> u64 {
        self.end.saturating_sub(self.start)
    }

    /// Splits at the largest power of two below the length; nothing to split below two leaves.
    fn halves(self) -> Option<(Self, Self)> {
        let height = self.len().checked_sub(1).filter(|last| *last > 0)?.checked_ilog2()?;
        let middle = self.start.checked_add(1_u64.checked_shl(height)?)?;
        let left = Self { end: middle, ..self };
        let right = Self { start: middle, ..self };
        Some((left, right))
    }

    /// Returns the complete subtrees of which the span consists, left to right and largest first.
    pub fn nodes(self) -> impl Iterator<Item = Node> {
        let mut start = self.start;
        std::iter::from_fn(move || {
            let height = self.end.checked_sub(start)?.checked_ilog2()?;
            let node = Node {
                height,
                index: start.checked_shr(height)?,
            };
            start = start.checked_add(1_u64.checked_shl(height)?)?;
            Some(node)
        })
    }

    /// Computes the span's hash from those of its complete subtrees.
    ///
    /// # Errors
    ///
    /// What `node` says where it has no hash.
    pub fn hash<E>(self, mut node: impl FnMut(Node) -> Result<Digest, E>) -> Result<Digest, E> {
        let mut frontier = Frontier::new();
        for part in self.nodes() {
            frontier.push_subtree(part.height, node(part)?);
        }
        Ok(frontier.root())
    }
}

/// Returns what the hashes of an inclusion proof cover, in the proof's order, or `None` where there is no such leaf.
#[must_use]
pub fn inclusion_spans(index: u64, size: u64) -> Option<Vec<Span>> {
    if index >= size {
        return None;
    }
    let (mut within, mut spans) = (Span::whole(size), Vec::new());
    while let Some((left, right)) = within.halves() {
        let (beside, next) = if index < left.end { (right, left) } else { (left, right) };
        spans.push(beside);
        within = next;
    }
    spans.reverse();
    Some(spans)
}

/// Returns what the hashes of a consistency proof cover, in the proof's order, or `None` where 0 < `old_size` <= `size` does not
/// hold.
#[must_use]
pub fn consistency_spans(old_size: u64, size: u64) -> Option<Vec<Span>> {
    if old_size == 0 || old_size > size {
        return None;
    }
    let (mut within, mut spans, mut old_is_whole) = (Span::whole(size), Vec::new(), true);
    while old_size < within.end {
        let Some((left, right)) = within.halves() else { break };
        if old_size <= left.end {
            spans.push(right);
            within = left;
        } else {
            spans.push(left);
            (within, old_is_whole) = (right, false);
        }
    }
    if !old_is_whole {
        spans.push(within);
    }
    spans.reverse();
    Some(spans)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merkle::{consistency_proof, inclusion_proof, leaf_hash, root};

    #[test]
    fn proofs_from_subtrees_are_those_from_leaves() {
        let leaves: Vec<Digest> = (0..40_u64).map(|leaf| leaf_hash(&leaf.to_be_bytes())).collect();
        let node = |node: Node| -> Result<Digest, ()> {
            let width = 1_usize << node.height;
            let start = usize::try_from(node.index).unwrap() * width;
            Ok(root(&leaves[start..start + width]))
        };
        let hashes = |spans: Vec<Span>| -> Vec<Digest> { spans.iter().map(|span| span.hash(node).unwrap()).collect() };
        for size in 0..=leaves.len() {
            let (tree, many) = (&leaves[..size], size as u64);
            assert_eq!(Span::whole(many).hash(node), Ok(root(tree)));
            for other in 0..=many {
                assert_eq!(inclusion_spans(other, many).map(hashes), inclusion_proof(tree, other));
                assert_eq!(
                    consistency_spans(other, many).map(hashes),
                    consistency_proof(tree, other)
                );
            }
        }
    }

    #[test]
    fn the_largest_sizes_have_short_proofs() {
        for size in [u64::MAX, u64::MAX / 2, (1 << 53) - 1] {
            assert!(inclusion_spans(size - 1, size).unwrap().len() <= 64);
            assert!(consistency_spans(size - 1, size).unwrap().len() <= 65);
            assert!(Span::whole(size).nodes().count() <= 64);
        }
    }
}

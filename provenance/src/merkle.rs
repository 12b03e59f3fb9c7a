//! The Merkle tree of RFC 6962, section 2.1: roots, proofs, and verification by RFC 9162, sections 2.1.3.2 and 2.1.4.2.

use crate::digest::{Digest, Hasher};

pub use span::{Node, Span, consistency_spans, inclusion_spans};

mod span;

/// Returns the hash of one entry: SHA-256 over 0x00 and its bytes.
#[must_use]
pub fn leaf_hash(entry: &[u8]) -> Digest {
    let mut hasher = Hasher::new();
    hasher.update(&[0x00]);
    hasher.update(entry);
    hasher.finish()
}

/// Returns the hash above two others: SHA-256 over 0x01 and both.
#[must_use]
pub fn node_hash(left: &Digest, right: &Digest) -> Digest {
    let mut hasher = Hasher::new();
    hasher.update(&[0x01]);
    hasher.update(left.as_bytes());
    hasher.update(right.as_bytes());
    hasher.finish()
}

/// A tree that only grows: the roots of its complete subtrees, largest first. 64 hashes hold any size.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    /// Height and root, heights strictly falling.
    subtrees: Vec<(u32, Digest)>,
}

impl Frontier {
    /// Starts with an empty tree.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns how many leaves the tree has.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf.
    pub fn push(&mut self, leaf: Digest) {
        self.push_subtree(0, leaf);
    }

    /// Appends a complete subtree of 2^`height` leaves. Only whole subtrees at least as high may stand before it, which is so
    /// when tiles are read from the highest level down.
    pub(crate) fn push_subtree(&mut self, height: u32, root: Digest) {
        let mut added = (height, root);
        while let Some((_, left)) = self.subtrees.pop_if(|(height, _)| *height == added.0) {
            added = (added.0.saturating_add(1), node_hash(&left, &added.1));
        }
        self.subtrees.push(added);
        self.size = self.size.saturating_add(1_u64.checked_shl(height).unwrap_or(u64::MAX));
    }

    /// Returns the tree's root; SHA-256 of nothing for the empty tree.
    #[must_use]
    pub fn root(&self) -> Digest {
        let mut subtrees = self.subtrees.iter().rev().map(|(_, root)| *root);
        let Some(smallest) = subtrees.next() else {
            return Digest::of(b"");
        };
        subtrees.fold(smallest, |right, left| node_hash(&left, &right))
    }
}

/// Returns the root over some leaves.
#[must_use]
pub fn root(leaves: &[Digest]) -> Digest {
    let mut frontier = Frontier::new();
    for leaf in leaves {
        frontier.push(*leaf);
    }
    frontier.root()
}

/// Why a proof proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// There is no such leaf or tree.
    #[error("the proof speaks of positions that the tree does not have")]
    Range,
    /// It has too few or too many hashes.
    #[error("the proof has the wrong number of hashes")]
    Length,
    /// Its hashes lead to another root.
    #[error("the proof leads to another root")]
    Root,
}

/// Returns the hashes that prove that leaf `index` is in the tree, or `None` where there is no such leaf. For a log that lies in
/// tiles, [`LogReader::inclusion_proof`](crate::log_reader::LogReader::inclusion_proof) reads few of them.
#[must_use]
pub fn inclusion_proof(leaves: &[Digest], index: u64) -> Option<Vec<Digest>> {
    let mut index = usize::try_from(index).ok().filter(|index| *index < leaves.len())?;
    let (mut within, mut proof) = (leaves, Vec::new());
    while let Some((left, right)) = halves(within) {
        if index < left.len() {
            proof.push(root(right));
            within = left;
        } else {
            proof.push(root(left));
            index = index.saturating_sub(left.len());
            within = right;
        }
    }
    proof.reverse();
    Some(proof)
}

/// Returns the hashes that prove that the tree's first `old_size` leaves are the older tree, or `None` where 0 < `old_size` <=
/// size does not hold.
#[must_use]
pub fn consistency_proof(leaves: &[Digest], old_size: u64) -> Option<Vec<Digest>> {
    let mut old = usize::try_from(old_size)
        .ok()
        .filter(|old| (1..=leaves.len()).contains(old))?;
    let (mut within, mut proof, mut old_is_whole) = (leaves, Vec::new(), true);
    while old < within.len() {
        let Some((left, right)) = halves(within) else { break };
        if old <= left.len() {
            proof.push(root(right));
            within = left;
        } else {
            proof.push(root(left));
            old = old.saturating_sub(left.len());
            (within, old_is_whole) = (right, false);
        }
    }
    if !old_is_whole {
        proof.push(root(within));
    }
    proof.reverse();
    Some(proof)
}

/// Splits at the largest power of two below the length; nothing to split below two leaves.
fn halves(leaves: &[Digest]) -> Option<(&[Digest], &[Digest])> {
    let middle = leaves.len().checked_sub(1).filter(|last| *last > 0)?.checked_ilog2()?;
    leaves.split_at_checked(1_usize.checked_shl(middle)?)
}

/// Checks that a leaf is in a tree (RFC 9162, section 2.1.3.2).
///
/// # Errors
///
/// Every [`ProofError`].
pub fn verify_inclusion(
    leaf: &Digest,
    index: u64,
    size: u64,
    proof: &[Digest],
    root: &Digest,
) -> Result<(), ProofError> {
    let last = size
        .checked_sub(1)
        .filter(|last| index <= *last)
        .ok_or(ProofError::Range)?;
    let (mut here, mut last, mut hash) = (index, last, *leaf);
    for step in proof {
        if last == 0 {
            return Err(ProofError::Length);
        }
        if here & 1 == 1 || here == last {
            hash = node_hash(step, &hash);
            while here & 1 == 0 && here != 0 {
                (here, last) = (here >> 1, last >> 1);
            }
        } else {
            hash = node_hash(&hash, step);
        }
        (here, last) = (here >> 1, last >> 1);
    }
    match last {
        0 if hash == *root => Ok(()),
        0 => Err(ProofError::Root),
        _ => Err(ProofError::Length),
    }
}

/// Checks that a tree continues an older one (RFC 9162, section 2.1.4.2). Equal sizes need equal roots and no hashes; an
/// empty old tree proves nothing and is refused.
///
/// # Errors
///
/// Every [`ProofError`].
pub fn verify_consistency(
    old_size: u64,
    old_root: &Digest,
    size: u64,
    root: &Digest,
    proof: &[Digest],
) -> Result<(), ProofError> {
    if old_size == 0 || old_size > size {
        return Err(ProofError::Range);
    }
    if old_size == size {
        return match proof {
            [] if old_root == root => Ok(()),
            [] => Err(ProofError::Root),
            _ => Err(ProofError::Length),
        };
    }
    let (mut here, mut last) = (old_size.saturating_sub(1), size.saturating_sub(1));
    while here & 1 == 1 {
        (here, last) = (here >> 1, last >> 1);
    }
    let mut steps = proof.iter();
    let start = if old_size.is_power_of_two() {
        old_root
    } else {
        steps.next().ok_or(ProofError::Length)?
    };
    let (mut old_hash, mut hash) = (*start, *start);
    for step in steps {
        if last == 0 {
            return Err(ProofError::Length);
        }
        if here & 1 == 1 || here == last {
            old_hash = node_hash(step, &old_hash);
            hash = node_hash(step, &hash);
            while here & 1 == 0 && here != 0 {
                (here, last) = (here >> 1, last >> 1);
            }
        } else {
            hash = node_hash(&hash, step);
        }
        (here, last) = (here >> 1, last >> 1);
    }
    match last {
        0 if old_hash == *old_root && hash == *root => Ok(()),
        0 => Err(ProofError::Root),
        _ => Err(ProofError::Length),
    }
}

#[cfg(test)]
mod tests;

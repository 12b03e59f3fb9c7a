//! The tree against its definition, and the proofs against the published cases and their mutations.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use super::*;
use crate::testing::{ran, vectors};

fn leaves(count: usize) -> Vec<Digest> {
    (0..count).map(|leaf| leaf_hash(&leaf.to_be_bytes())).collect()
}

/// RFC 6962, section 2.1, as it is written there.
fn definition(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => Digest::of(b""),
        [leaf] => *leaf,
        _ => {
            let middle = (1..leaves.len()).rev().find(|middle| middle.is_power_of_two()).unwrap();
            node_hash(&definition(&leaves[..middle]), &definition(&leaves[middle..]))
        }
    }
}

#[test]
fn roots_follow_the_definition() {
    let leaves = leaves(70);
    for size in 0..=leaves.len() {
        assert_eq!(root(&leaves[..size]), definition(&leaves[..size]), "{size}");
    }
}

#[test]
fn every_small_proof_verifies_and_no_neighbour_does() {
    let leaves = leaves(20);
    for size in 1..=leaves.len() {
        let tree = &leaves[..size];
        let whole = root(tree);
        for index in 0..size as u64 {
            let proof = inclusion_proof(tree, index).unwrap();
            let verify =
                |leaf: u64, proof: &[Digest]| verify_inclusion(&tree[leaf as usize], index, size as u64, proof, &whole);
            assert_eq!(verify(index, &proof), Ok(()));
            assert!(size == 1 || verify((index + 1) % size as u64, &proof).is_err());
            assert!(proof.is_empty() || verify(index, &proof[1..]).is_err());
            assert!(verify(index, &[&proof[..], &[whole]].concat()).is_err());
        }
        assert_eq!(inclusion_proof(tree, size as u64), None);
        for old in 1..=size {
            let proof = consistency_proof(tree, old as u64).unwrap();
            let before = root(&leaves[..old]);
            let verify =
                |old: usize, proof: &[Digest]| verify_consistency(old as u64, &before, size as u64, &whole, proof);
            assert_eq!(verify(old, &proof), Ok(()), "{old} {size}");
            assert!(old == size || verify(old + 1, &proof).is_err() || root(&leaves[..old + 1]) == before);
            assert!(verify(old, &[&proof[..], &[whole]].concat()).is_err());
        }
    }
    assert_eq!(consistency_proof(&leaves, 0), None);
    assert_eq!(consistency_proof(&leaves, 21), None);
}

fn files(folder: &std::path::Path, found: &mut Vec<std::path::PathBuf>) {
    for file in std::fs::read_dir(folder).unwrap() {
        let file = file.unwrap().path();
        if file.is_dir() {
            files(&file, found);
        } else {
            found.push(file);
        }
    }
}

fn exact(value: &Value) -> Option<Digest> {
    let bytes = BASE64_STANDARD.decode(value.as_str()?).ok()?;
    Some(Digest::from_bytes(bytes.try_into().ok()?))
}

/// Reads a root of a case. Some cases put another text where the root does not matter or must not fit; such a text stands for
/// a root of its own.
fn stand_in(value: &Value) -> Option<Digest> {
    exact(value).or_else(|| Some(Digest::of(format!("stands for {value}").as_bytes())))
}

fn proof(case: &Value) -> Option<Vec<Digest>> {
    case["proof"]
        .as_array()
        .map_or(Some(Vec::new()), |steps| steps.iter().map(exact).collect())
}

/// Runs all cases of a folder; a case that `check` cannot even read must be one that fails.
fn run(folder: &str, at_least: usize, check: impl Fn(&Value) -> Option<bool>) {
    let Some(cases_of) = vectors("merkle").map(|merkle| merkle.join(folder)) else {
        return;
    };
    let mut cases = Vec::new();
    files(&cases_of, &mut cases);
    let mut seen = [0, 0];
    for file in cases {
        let case: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        let expected = !case["wantErr"].as_bool().unwrap_or(false);
        assert_eq!(check(&case).unwrap_or(false), expected, "{}", file.display());
        seen[usize::from(expected)] += 1;
    }
    assert!(seen[0] > 50 && seen[1] > 4, "{seen:?}");
    ran(
        &format!("transparency-dev/merkle, {folder}"),
        seen.iter().sum(),
        at_least,
    );
}

#[test]
fn published_inclusion_cases_agree() {
    run("inclusion", 98, |case| {
        let (index, size) = (case["leafIdx"].as_u64()?, case["treeSize"].as_u64()?);
        let proof = proof(case)?;
        Some(
            verify_inclusion(
                &exact(&case["leafHash"])?,
                index,
                size,
                &proof,
                &stand_in(&case["root"])?,
            )
            .is_ok(),
        )
    });
}

#[test]
fn published_consistency_cases_agree() {
    run("consistency", 98, |case| {
        let (old, size) = (case["size1"].as_u64()?, case["size2"].as_u64()?);
        let proof = proof(case)?;
        Some(
            verify_consistency(
                old,
                &stand_in(&case["root1"])?,
                size,
                &stand_in(&case["root2"])?,
                &proof,
            )
            .is_ok(),
        )
    });
}

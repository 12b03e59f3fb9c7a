//! Keys that come, go and are replaced.

use std::collections::BTreeMap;

use super::*;

fn end(size: u64) -> End {
    End {
        size,
        root: Digest::of(&size.to_be_bytes()),
    }
}

fn ends(sizes: &[(u8, u64)]) -> BTreeMap<LogId, End> {
    sizes.iter().map(|(seed, size)| (log(*seed), end(*size))).collect()
}

fn reaches(root: &Root, pair: &SigningPair) -> Vec<Reach> {
    let key = pair.public().id();
    let mut reaches: Vec<Reach> = root
        .grants
        .iter()
        .filter(|grant| grant.key == key)
        .map(|grant| grant.reach)
        .collect();
    reaches.sort_unstable();
    reaches
}

fn reach(seed: u8, from: u64, to: Option<u64>) -> Reach {
    Reach::Within {
        log: log(seed),
        from,
        to: to.map(end),
    }
}

#[test]
fn what_is_revoked_ends_in_every_log_and_begins_in_none() {
    let mut root = three();
    root.revoke(&pair(4).public().id(), &ends(&[(1, 12), (2, 3), (3, 0)]))
        .unwrap();
    let mut expected = vec![reach(1, 0, Some(12)), reach(2, 0, Some(3))];
    expected.sort_unstable();
    assert_eq!(reaches(&root, &pair(4)), expected);
    assert!(root.holding(&pair(4).public().id()).is_some(), "it stays known");
    // Again, and later: what has ended does not begin again.
    root.revoke(&pair(4).public().id(), &ends(&[(1, 20), (2, 2), (4, 9)]))
        .unwrap();
    let mut expected = vec![reach(1, 0, Some(12)), reach(2, 0, Some(2))];
    expected.sort_unstable();
    assert_eq!(reaches(&root, &pair(4)), expected);
    assert!(root.sorted().prepare().is_ok());
}

#[test]
fn a_grant_in_a_log_that_is_not_known_does_not_end_by_guessing() {
    let mut root = three();
    root.grants = vec![grant(&pair(4), Role::Council, within(5, None))];
    let key = pair(4).public().id();
    assert_eq!(
        root.clone().revoke(&key, &ends(&[(2, 9)])),
        Err(RootError::NoEnd { key, log: log(1) })
    );
    root.revoke(&key, &ends(&[(1, 5)])).unwrap();
    assert_eq!(reaches(&root, &pair(4)), [], "it had not begun");
    let stranger = pair(7).public().id();
    assert_eq!(
        root.revoke(&stranger, &ends(&[])),
        Err(RootError::UnlistedKey(stranger))
    );
}

#[test]
fn a_new_key_begins_where_the_old_one_ends() {
    let mut root = three();
    root.grants = vec![
        grant(&pair(4), Role::Council, reach(1, 5, None)),
        grant(&pair(4), Role::Council, reach(2, 0, Some(3))),
    ];
    let old = pair(4).public().id();
    root.replace(&old, holding(&pair(6), "host"), &ends(&[(1, 12)]))
        .unwrap();
    let mut expected = vec![reach(1, 5, Some(12)), reach(2, 0, Some(3))];
    expected.sort_unstable();
    assert_eq!(reaches(&root, &pair(4)), expected);
    assert_eq!(reaches(&root, &pair(6)), [reach(1, 12, None)]);
    let mut everywhere = three();
    everywhere
        .replace(&old, holding(&pair(6), "host"), &ends(&[(1, 12)]))
        .unwrap();
    assert_eq!(reaches(&everywhere, &pair(6)), [Reach::All]);
    assert!(everywhere.sorted().prepare().is_ok());
}

#[test]
fn signers_are_replaced_and_keys_never_change_hands() {
    let mut root = three();
    let carol = pair(3).public().id();
    root.replace(&carol, holding(&pair(8), "carol"), &ends(&[])).unwrap();
    assert!(!root.signers.contains(&carol) && root.signers.contains(&pair(8).public().id()));
    assert!(root.clone().sorted().prepare().is_ok());
    let stolen = pair(1).public().id();
    assert_eq!(
        root.hold(holding(&pair(1), "mallory")),
        Err(RootError::OtherHolder(stolen))
    );
    root.hold(Holding {
        custody: "hardware".parse().unwrap(),
        ..holding(&pair(1), "alice")
    })
    .unwrap();
    assert_eq!(root.keys.len(), 6);
    root.revoke(&pair(2).public().id(), &ends(&[])).unwrap();
    root.revoke(&stolen, &ends(&[])).unwrap();
    assert!(matches!(
        root.sorted().prepare(),
        Err(RootError::Threshold {
            threshold: 2,
            holders: 1
        })
    ));
}

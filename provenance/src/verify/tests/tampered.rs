//! Every object of a log changed in turn, by somebody without keys.

use std::collections::BTreeMap;

use super::*;
use crate::reader::{ObjectId, ObjectKind};
use crate::tree;

/// Flips bits of an object under its own id: plain rot.
#[test]
fn rot_in_any_object_is_named() {
    let log = sound();
    let reachable: Vec<ObjectId> = log_objects(&log);
    assert!(reachable.len() > 20);
    for id in reachable {
        for position in [0, 7, 40, usize::MAX] {
            let mut rotten = log.clone();
            let bytes = &mut rotten.repository.objects.get_mut(&id).unwrap().bytes;
            let position = position.min(bytes.len() - 1);
            bytes[position] ^= 0x04;
            let report = report(&rotten);
            assert_eq!(report.overall(), Overall::Refuted, "{id} at {position}");
        }
        let mut without = log.clone();
        without.repository.objects.remove(&id);
        let codes = codes(&report(&without));
        assert_eq!(codes[0], "object-missing", "{id} {codes:?}");
    }
}

/// Returns every object that the log's ref leads to.
fn log_objects(log: &TestLog) -> Vec<ObjectId> {
    let mut found = Vec::new();
    let mut open = vec![log.repository.refs[&log.state.log().log_ref()]];
    while let Some(id) = open.pop() {
        if found.contains(&id) {
            continue;
        }
        found.push(id);
        let object = &log.repository.objects[&id];
        match object.kind {
            ObjectKind::Commit => {
                let commit = crate::commit::read_any(&object.bytes).unwrap();
                open.push(commit.tree);
                open.extend(commit.parents);
            }
            ObjectKind::Tree => open.extend(tree::parse(&object.bytes).unwrap().iter().map(|entry| entry.id)),
            ObjectKind::Blob | ObjectKind::Tag => {}
        }
    }
    found
}

/// One commit of a log, taken apart.
struct Part {
    text: String,
    files: BTreeMap<String, Vec<u8>>,
}

fn take_apart(log: &TestLog) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut next = log.state.tip();
    while let Some(id) = next {
        let bytes = log.repository.objects[&id].bytes.clone();
        let commit = crate::commit::read_any(&bytes).unwrap();
        parts.push(Part {
            text: String::from_utf8(bytes).unwrap(),
            files: log.repository.files(commit.tree),
        });
        next = commit.parents.first().copied();
    }
    parts.reverse();
    parts
}

/// Returns where a commit's author line starts: after the tree and the parent, 46 and 48 bytes.
fn after_links(text: &str) -> usize {
    if text[46..].starts_with("parent ") { 46 + 48 } else { 46 }
}

/// Puts a log together again with valid objects and ids throughout, and the signatures it had.
fn put_together(log: &TestLog, parts: &[Part]) -> TestLog {
    let mut bent = log.clone();
    let mut parent: Option<ObjectId> = None;
    for part in parts {
        let tree = bent.repository.put_folder(&part.files);
        let after_headers = after_links(&part.text);
        let parent_line = parent.map_or_else(String::new, |parent| format!("parent {parent}\n"));
        let text = format!("tree {tree}\n{parent_line}{}", &part.text[after_headers..]);
        parent = Some(bent.repository.put(ObjectKind::Commit, text.as_bytes()));
    }
    bent.repository.refs.insert(log.state.log().log_ref(), parent.unwrap());
    bent
}

#[test]
fn taking_apart_and_putting_together_changes_nothing() {
    let log = sound();
    assert_eq!(
        report(&put_together(&log, &take_apart(&log))).overall(),
        Overall::Proved
    );
}

const CHANGES: [fn(&mut Vec<u8>); 5] = [
    |bytes| bytes[2] ^= 1,
    |bytes| *bytes.last_mut().unwrap() ^= 1,
    |bytes| bytes.truncate(bytes.len() - 1),
    |bytes| bytes.push(b'x'),
    Vec::clear,
];

/// Changes every file of every commit and rebuilds all trees and commits above it.
#[test]
fn a_rebuilt_log_is_refuted_and_the_place_named() {
    let log = sound();
    let parts = take_apart(&log);
    for (number, part) in parts.iter().enumerate() {
        for path in part.files.keys() {
            for change in CHANGES {
                let mut bent = take_apart(&log);
                change(bent[number].files.get_mut(path).unwrap());
                let report = report(&put_together(&log, &bent));
                assert_eq!(report.overall(), Overall::Refuted, "{path} of commit {number}");
                let faults: Vec<_> = report.logs[0]
                    .claims
                    .iter()
                    .filter_map(|(_, standing)| match standing {
                        Standing::Refuted(faults) => faults.first(),
                        _ => None,
                    })
                    .collect();
                assert!(
                    faults.iter().any(|fault| fault.place.commit.is_some()),
                    "{path}: {faults:?}"
                );
            }
            let mut bent = take_apart(&log);
            let bytes = bent[number].files.remove(path).unwrap();
            assert_eq!(
                report(&put_together(&log, &bent)).overall(),
                Overall::Refuted,
                "{path} removed"
            );
            bent[number].files.insert(format!("{path}x"), bytes);
            assert_eq!(
                report(&put_together(&log, &bent)).overall(),
                Overall::Refuted,
                "{path} renamed"
            );
        }
        let mut bent = take_apart(&log);
        bent[number].files.insert("smuggled".to_owned(), b"anything".to_vec());
        let codes = codes(&report(&put_together(&log, &bent)));
        assert!(
            codes.contains(&"commit-signature") && codes.contains(&"tile-mismatch"),
            "{codes:?}"
        );
    }
}

/// Flips every tenth byte of every commit.
#[test]
fn a_rewritten_commit_is_refuted() {
    let log = sound();
    for number in 0..take_apart(&log).len() {
        let length = take_apart(&log)[number].text.len();
        let start = after_links(&take_apart(&log)[number].text);
        for position in (start..length).step_by(10) {
            let mut bent = take_apart(&log);
            let mut bytes = bent[number].text.clone().into_bytes();
            bytes[position] ^= 1;
            bent[number].text = String::from_utf8(bytes).unwrap();
            let report = report(&put_together(&log, &bent));
            assert_eq!(report.overall(), Overall::Refuted, "commit {number} at {position}");
        }
    }
}

#[test]
fn dropped_swapped_and_doubled_commits_are_refuted() {
    let log = sound();
    let with = |order: &[usize]| {
        let mut parts: Vec<Option<Part>> = Vec::new();
        for index in order {
            parts.push(take_apart(&log).into_iter().nth(*index));
        }
        report(&put_together(&log, &parts.into_iter().flatten().collect::<Vec<_>>()))
    };
    for order in [
        &[0, 2][..],
        &[1, 2],
        &[0, 2, 1],
        &[0, 0, 1, 2],
        &[0, 1, 1, 2],
        &[2],
        &[1],
        &[0, 1, 2, 2],
    ] {
        assert_eq!(with(order).overall(), Overall::Refuted, "{order:?}");
    }
    // A shorter log is a sound log: only memory tells that it was longer.
    for order in [&[0][..], &[0, 1]] {
        assert_ne!(with(order).overall(), Overall::Refuted, "{order:?}");
    }
}

#[test]
fn a_reader_that_answers_in_circles_or_lies_about_kinds_does_not_stop_verify() {
    let log = sound();
    let parts = take_apart(&log);
    let mut circle = log.clone();
    let first = crate::commit::read_any(parts[1].text.as_bytes()).unwrap().parents[0];
    let tip = circle.repository.objects[&log.state.tip().unwrap()].clone();
    circle.repository.objects.insert(first, tip);
    assert_eq!(report(&circle).overall(), Overall::Refuted);
    for kind in [ObjectKind::Blob, ObjectKind::Tag, ObjectKind::Tree] {
        let mut other = log.clone();
        other.repository.objects.get_mut(&first).unwrap().kind = kind;
        assert_eq!(codes(&report(&other))[0], "object-damaged");
    }
}

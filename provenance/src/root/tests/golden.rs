//! The vectors in `vectors/v1`: what version 1 of the form wrote once, it writes and reads for ever.

use std::path::{Path, PathBuf};

use super::*;

const NAMES: [&str; 2] = ["root-1.json", "root-2.json"];

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/v1").join(name)
}

/// Two versions. In the second Carol has lost her key, the council key is replaced at position 6 of a log, and a person may
/// decide.
fn versions() -> [SignedRoot; 2] {
    let first = sign_root(three(), &[&pair(1), &pair(2), &pair(3)]);
    let mut second = next_root(&first);
    let lost = pair(3).public().id();
    second.keys.retain(|holding| holding.key.id() != lost);
    second.signers.retain(|key| *key != lost);
    second.keys.push(holding(&pair(6), "host"));
    second.grants = vec![
        grant(&pair(1), Role::Person, Reach::All),
        grant(&pair(4), Role::Council, within(0, Some(6))),
        grant(&pair(5), Role::Log, Reach::All),
        grant(&pair(6), Role::Council, within(6, None)),
    ];
    let second = sign_root(second, &[&pair(1), &pair(2)]);
    [first, second]
}

#[test]
fn the_same_versions_are_written_byte_for_byte() {
    for (name, version) in NAMES.iter().zip(versions()) {
        let written = version.to_bytes().unwrap();
        if std::env::var_os("ASSIZE_BLESS").is_some() && !path(name).exists() {
            std::fs::write(path(name), &written).unwrap();
        }
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert_eq!(text(&std::fs::read(path(name)).unwrap()), text(&written), "{name}");
    }
}

#[test]
fn what_was_written_once_still_verifies() {
    let [first, second] = NAMES.map(|name| SignedRoot::parse(&std::fs::read(path(name)).unwrap()).unwrap());
    assert_eq!(first.check_first(), Ok(()));
    assert_eq!(second.check_after(&first), Ok(()));
    assert_eq!([first, second], versions());
}

//! Killed while a version is signed and published: the root is the old one or the new one, and the next signing finishes.

use std::path::Path;

use assize_tests::snapshot::Snapshot;
use assize_tests::{tools, trace};

use super::*;

/// The calls that change a disk, and of how many points one is tried.
const CALLS: &[(&str, usize)] = &[
    ("fsync", 1),
    ("rename", 1),
    ("link", 1),
    ("unlink", 1),
    ("mkdir", 1),
    ("write", 3),
    ("openat", 16),
];

/// More calls of one kind than a signing makes.
const CALLS_MAX: usize = 1_000;

fn killed(strace: &Path, bed: &Bed, call: &str, point: usize) -> Run {
    let (filter, injection) = (
        format!("trace={call}"),
        format!("inject={call}:signal=KILL:when={point}"),
    );
    let options = ["-f", "-qq", "-o", "/dev/null", "-e", &filter, "-e", &injection, "--"];
    let sign = bed.command(&["root", "sign"]);
    ran(&trace::under(strace, &options, &sign).output().expect("strace starts"))
}

/// Insists that the root is sound, and that signing again comes to version 2, whatever was left behind.
fn finishes(bed: &Bed, pin: &str, when: &str) {
    let shown = bed.assize(&["root", "show", "--format", "json"]);
    assert_eq!(shown.code, 0, "{when}: {shown:?}");
    let shown = shown.json();
    assert_eq!(shown["first"], pin, "{when}");
    if shown["draft"].is_null() {
        assert_eq!(
            shown["published"]["version"], 2,
            "{when}: the draft is gone and nothing came of it"
        );
    } else {
        let signed = bed.assize(&["root", "sign", "--format", "json"]);
        assert_eq!(signed.code, 0, "{when}: {signed:?}");
        let signed = signed.json();
        assert_eq!(signed["published"]["version"], 2, "{when}");
        assert!(signed["draft"].is_null(), "{when}");
    }
    let verified = bed.assize(&["audit", "verify", "--format", "json"]);
    assert_eq!(verified.code, 0, "{when}: {verified:?}");
    assert_eq!(verified.json()["root"]["version"], 2, "{when}");
}

#[test]
fn a_signing_may_be_killed_anywhere() {
    let Some(strace) = tools::program("strace", "what happens when a signing is killed") else {
        return;
    };
    let bed = alone();
    let pin = pin_of(&bed);
    let _ = bed.assize(&["root", "pin"]).expect(0);
    let council = key_of(&bed, Role::Council);
    let _ = bed.assize(&["root", "revoke", &council]).expect(0);
    let moment = [Snapshot::of(&bed.repository()), Snapshot::of(&bed.home())];
    let mut kills = 0;
    for (call, step) in CALLS {
        for point in (1..CALLS_MAX).step_by(*step) {
            moment.iter().for_each(Snapshot::restore);
            let run = killed(&strace, &bed, call, point);
            if run.code == 0 {
                break;
            }
            let when = format!("killed at {call} {point}");
            assert_eq!(run.code, -1, "{when}: ended by itself: {run:?}");
            finishes(&bed, &pin, &when);
            kills += 1;
        }
    }
    assert!(kills > 15, "only {kills} kills: were the calls seen at all?");
}

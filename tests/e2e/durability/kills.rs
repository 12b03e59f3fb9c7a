//! Killed at every point: the n-th call of each kind that changes the disk is the one the process does not live to see.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use assize_tests::bed::{Bed, Run, ran};
use assize_tests::{tools, trace};

use super::{Moment, STRACE, bed_of, recovers};

/// The calls that can change a disk, and of how many points one is tried. Every sync, rename and link is; of the others a
/// sample, for most of them print, load libraries or read.
const CALLS: &[(&str, u64)] = &[
    ("fsync", 1),
    ("rename", 1),
    ("link", 1),
    ("ftruncate", 1),
    ("mkdir", 2),
    ("unlink", 2),
    ("fchmod", 2),
    ("pwrite64", 2),
    ("write", 4),
    ("openat", 16),
];

/// More calls of one kind than a review makes.
const CALLS_MAX: u64 = 2_000;

/// Which points of a sample are tried: other ones in every run. `ASSIZE_TEST_SEED` repeats a run.
#[expect(
    clippy::print_stdout,
    reason = "a failure is repeated with the number that was printed"
)]
fn seed() -> u64 {
    let given = std::env::var("ASSIZE_TEST_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let now = || {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |now| u64::from(now.subsec_nanos()))
    };
    let seed = given.unwrap_or_else(now);
    println!("ASSIZE_TEST_SEED={seed}");
    seed
}

/// Reviews the change before the newest and is killed at the `point`-th `call` of a thread.
fn killed(strace: &Path, bed: &Bed, call: &str, point: u64) -> Run {
    let (filter, injection) = (
        format!("trace={call}"),
        format!("inject={call}:signal=KILL:when={point}"),
    );
    let options = ["-f", "-qq", "-o", "/dev/null", "-e", &filter, "-e", &injection, "--"];
    let review = bed.command(&["review", "HEAD~1"]);
    ran(&trace::under(strace, &options, &review).output().expect("strace starts"))
}

/// Kills at every point of a review in the world of `moment`; gives how often the process was killed.
fn kill_everywhere(strace: &Path, bed: &Bed, moment: &Moment, seed: u64, when: &str) -> usize {
    let mut kills = 0;
    for (call, step) in CALLS {
        let first = 1 + seed % step;
        for point in (first..CALLS_MAX).step_by(usize::try_from(*step).expect("a small step")) {
            moment.restore();
            let run = killed(strace, bed, call, point);
            if run.code == 0 {
                // No thread makes that many.
                break;
            }
            assert_eq!(run.code, -1, "{when}, {call} {point}: ended by itself: {run:?}");
            recovers(bed, &format!("{when}, killed at {call} {point}"));
            kills += 1;
        }
    }
    kills
}

/// In a fresh clone, where keys and log are made on the way, and in one that has a log.
#[test]
fn a_review_may_be_killed_anywhere() {
    let Some(strace) = tools::program("strace", STRACE) else {
        return;
    };
    let seed = seed();
    let bed = bed_of(3);
    let fresh = Moment::of(&bed);
    let first = kill_everywhere(&strace, &bed, &fresh, seed, "the first review");
    fresh.restore();
    let _ = bed.assize(&["review", "HEAD~2"]).expect(0);
    let later = kill_everywhere(&strace, &bed, &Moment::of(&bed), seed, "a later review");
    assert!(
        first > 40 && later > 30,
        "only {first} and {later} kills: were the calls seen at all?"
    );
}

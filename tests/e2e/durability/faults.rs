//! The machine fails: a full disk at every write, and files that may not grow.

use std::fs;
use std::path::Path;

use assize_tests::bed::{Bed, Run, ran};
use assize_tests::{tools, trace};

use super::{Moment, STRACE, bed_of, recovers};

/// What fails, and how: the disk is full, or it is broken.
const FAULTS: &[(&str, &str, u64)] = &[
    ("fsync", "EIO", 1),
    ("rename", "ENOSPC", 1),
    ("link", "ENOSPC", 1),
    ("mkdir", "ENOSPC", 1),
    ("pwrite64", "ENOSPC", 1),
    ("write", "ENOSPC", 2),
];

/// Reviews the change before the newest while the `point`-th `call` of each thread fails; the flag says whether any did.
fn failing(strace: &Path, bed: &Bed, call: &str, error: &str, point: u64) -> (Run, bool) {
    let (filter, injection) = (
        format!("trace={call}"),
        format!("inject={call}:error={error}:when={point}"),
    );
    let log = bed.beside("strace.log");
    let log_name = log.to_string_lossy();
    let options = ["-f", "-qq", "-o", &log_name, "-e", &filter, "-e", &injection, "--"];
    let review = bed.command(&["review", "HEAD~1", "--format", "json"]);
    let run = ran(&trace::under(strace, &options, &review).output().expect("strace starts"));
    let log = fs::read_to_string(log).expect("strace wrote its log");
    (run, log.contains("(INJECTED)"))
}

/// Either the review did without it, as where only the cache could not be written, or it says 74 and no verdict. Never is
/// a failure of the machine counted as a judge's. `can_speak` is false where the sentence itself may be what fails.
fn is_told(run: &Run, can_speak: bool, when: &str) {
    match run.code {
        0 => assert_eq!(run.json()["verdict"], "approved", "{when}"),
        74 => {
            assert!(!can_speak || run.stderr.contains("error: "), "{when}: {run:?}");
            assert!(
                !run.stdout.contains("\"entry\""),
                "{when}: a verdict was acknowledged: {run:?}"
            );
        }
        _ => panic!("{when}: {run:?}"),
    }
}

/// Lets every call of [`FAULTS`] fail at every point of one review, from the same moment each time. A bed is for one moment:
/// going back to a time before the clone's state folder makes it another folder, and so another clone.
fn loses_nothing(bed: &Bed, which: &str) {
    let Some(strace) = tools::program("strace", STRACE) else {
        return;
    };
    let moment = Moment::of(bed);
    let mut failures = 0;
    for (call, error, step) in FAULTS {
        for point in (1..500).step_by(usize::try_from(*step).expect("a small step")) {
            moment.restore();
            let when = format!("{which}, {error} at {call} {point}");
            let (run, was_injected) = failing(&strace, bed, call, error, point);
            if !was_injected {
                // No thread makes that many.
                break;
            }
            is_told(&run, *call != "write", &when);
            failures += usize::from(run.code == 74);
            recovers(bed, &when);
        }
    }
    assert!(failures > 15, "only {failures} failures: were the calls seen at all?");
}

#[test]
fn a_disk_that_fails_in_the_first_review_loses_nothing() {
    loses_nothing(&bed_of(3), "the first review");
}

#[test]
fn a_disk_that_fails_in_a_later_review_loses_nothing() {
    let bed = bed_of(3);
    let _ = bed.assize(&["review", "HEAD~2"]).expect(0);
    loses_nothing(&bed, "a later review");
}

/// Every file may only have so many blocks of 512 bytes: at some size every write is the one that does not fit.
#[test]
fn files_that_may_not_grow_lose_nothing() {
    let bed = bed_of(3);
    let _ = bed.assize(&["review", "HEAD~2"]).expect(0);
    let moment = Moment::of(&bed);
    let mut failures = 0;
    for blocks in 0..24 {
        moment.restore();
        let limited = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        let review = bed.command(&["review", "HEAD~1", "--format", "json"]);
        let run = ran(&trace::under(Path::new("/bin/sh"), &["-c", &limited], &review)
            .output()
            .expect("starts"));
        let when = format!("files of at most {blocks} blocks");
        is_told(&run, true, &when);
        failures += usize::from(run.code == 74);
        recovers(&bed, &when);
    }
    assert!(failures > 3, "only {failures} reviews failed");
}

//! The disk fails: full, broken, read-only, at every call. What was acknowledged stays, the error says what to do, and when
//! the disk is well again everything works.

use std::fs;
use std::path::Path;
use std::process::Command;

use assize_tests::bed::{Run, ran};
use assize_tests::{tools, trace};

use super::{Acknowledged, Moment, STRACE, World, works};

/// What fails, how, and of how many points one is tried.
const FAULTS: &[(&str, &str, usize)] = &[
    ("pwrite64", "ENOSPC", 1),
    ("pwrite64", "EIO", 3),
    ("fsync", "EIO", 1),
    ("ftruncate", "EIO", 1),
    ("rename", "ENOSPC", 1),
    ("openat", "EROFS", 3),
    ("pread64", "EIO", 3),
];

/// Runs a writer while the `point`-th `call` of each thread fails; the flag says whether any did.
fn failing(strace: &Path, world: &World, call: &str, error: &str, point: usize) -> (Run, bool) {
    let (filter, injection) = (
        format!("trace={call}"),
        format!("inject={call}:error={error}:when={point}"),
    );
    let log = world.folder.path().join("strace.log");
    let log_name = log.to_string_lossy();
    let options = ["-f", "-qq", "-o", &log_name, "-e", &filter, "-e", &injection, "--"];
    let run = ran(&trace::under(strace, &options, &world.writer("writer", 6))
        .output()
        .expect("strace starts"));
    let log = fs::read_to_string(log).expect("strace wrote its log");
    (run, log.contains("(INJECTED)"))
}

/// The writer did without it, or it says in a sentence that the machine failed, of which file, and what to do.
fn is_told(run: &Run, when: &str) {
    match run.code {
        0 => {}
        2 | 74 => {
            let said = run.stdout.lines().last().unwrap_or_default();
            assert!(
                said.starts_with("failed ") && said.contains("/assize"),
                "{when}: {run:?}"
            );
            assert!(
                said.contains("this again") || said.contains("move it away"),
                "{when}: {run:?}"
            );
        }
        // The loader could not even start the program.
        127 => assert_eq!(run.stdout, "", "{when}: {run:?}"),
        _ => panic!("{when}: {run:?}"),
    }
}

fn loses_nothing(world: &World, moment: &Moment, which: &str) -> usize {
    let Some(strace) = tools::program("strace", STRACE) else {
        return usize::MAX;
    };
    let mut failures = 0;
    for (call, error, step) in FAULTS {
        for point in (1..2000).step_by(*step) {
            moment.restore(&world.state_dir());
            let when = format!("{which}, {error} at {call} {point}");
            let (run, was_injected) = failing(&strace, world, call, error, point);
            if !was_injected {
                // No thread makes that many.
                break;
            }
            is_told(&run, &when);
            failures += usize::from(run.code == 74);
            Acknowledged::of(&run.stdout).is_kept(&world.open(), "writer", &when);
            works(world, &when);
        }
    }
    failures
}

#[test]
fn a_disk_that_fails_while_a_store_is_made_loses_nothing() {
    let world = World::sqlite();
    fs::create_dir(world.state_dir()).expect("a folder");
    let failures = loses_nothing(&world, &Moment::of(&world.state_dir()), "a new store");
    assert!(failures > 20, "only {failures} failures: were the calls seen at all?");
}

#[test]
fn a_disk_that_fails_later_loses_nothing() {
    let world = World::sqlite();
    assert_eq!(ran(&world.writer("first", 20).output().expect("starts")).code, 0);
    let failures = loses_nothing(&world, &Moment::of(&world.state_dir()), "an old store");
    assert!(failures > 15, "only {failures} failures: were the calls seen at all?");
}

/// Every file may only have so many blocks of 512 bytes: at some size every write is the one that does not fit.
#[test]
fn files_that_may_not_grow_lose_nothing() {
    let world = World::sqlite();
    assert_eq!(ran(&world.writer("first", 20).output().expect("starts")).code, 0);
    let moment = Moment::of(&world.state_dir());
    let (mut failures, mut full) = (0, 0);
    for blocks in (0..400).step_by(8) {
        moment.restore(&world.state_dir());
        let limited = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        let run = ran(
            &trace::under(Path::new("/bin/sh"), &["-c", &limited], &world.writer("writer", 12))
                .output()
                .expect("starts"),
        );
        let when = format!("files of at most {blocks} blocks");
        is_told(&run, &when);
        failures += usize::from(run.code == 74);
        full += usize::from(run.stdout.contains("free some space"));
        Acknowledged::of(&run.stdout).is_kept(&world.open(), "writer", &when);
        works(&world, &when);
    }
    assert!(
        failures > 3,
        "only {failures} writers failed, and {full} of them knew why"
    );
}

/// On a disk that can only be read, everything is refused with its reason. Mounting one takes the superuser.
#[test]
fn a_disk_that_can_only_be_read_is_named() {
    let Some(unshare) = tools::program("unshare", "what the store does on a disk that can only be read") else {
        return;
    };
    let world = World::sqlite();
    assert_eq!(ran(&world.writer("first", 20).output().expect("starts")).code, 0);
    let folder = world.state_dir();
    let mounted = "mount --bind \"$DIR\" \"$DIR\" && mount -o remount,bind,ro \"$DIR\" && exec \"$0\" \"$@\"";
    let mut command = trace::under(&unshare, &["-mr", "/bin/sh", "-c", mounted], &world.writer("writer", 3));
    command
        .env("DIR", &folder)
        .env("PATH", std::env::var_os("PATH").unwrap_or_default());
    let run = ran(&command.output().expect("starts"));
    if run.stdout.is_empty() {
        tools::skip(
            "what the store does on a disk that can only be read",
            &format!("it cannot be mounted: {}", run.stderr),
        );
        return;
    }
    assert_eq!(run.code, 74, "{run:?}");
    assert!(
        run.stdout.contains("read-only") && !run.stdout.contains("open"),
        "{run:?}"
    );
    works(&world, "after the disk could be written again");
}

/// The disk is really full: a file system in memory with hardly any room.
#[test]
fn a_disk_that_is_full_is_named() {
    let Some(unshare) = tools::program("unshare", "what the store does on a disk that is full") else {
        return;
    };
    let world = World::sqlite();
    fs::create_dir(world.state_dir()).expect("a folder");
    let mounted = "mount -t tmpfs -o size=1m none \"$DIR\" && \"$0\" \"$@\"; echo code $?; rm -f \"$DIR/filling\"; \
                   \"$0\" \"$1\" again 0";
    let mut command: Command = trace::under(
        &unshare,
        &["-mr", "/bin/sh", "-c", mounted],
        &world.writer("writer", 500),
    );
    command
        .env("DIR", world.state_dir())
        .env("PATH", std::env::var_os("PATH").unwrap_or_default());
    let run = ran(&command.output().expect("starts"));
    if !run.stdout.contains("open") {
        tools::skip(
            "what the store does on a disk that is full",
            &format!("it cannot be mounted: {}", run.stderr),
        );
        return;
    }
    assert!(
        run.stdout.contains("free some space") && run.stdout.contains("code 74"),
        "{run:?}"
    );
}

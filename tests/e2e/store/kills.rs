//! Killed at every point: whatever was acknowledged is there afterwards, and nothing is half there.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use assize_tests::bed::ran;
use assize_tests::dice::Dice;
use assize_tests::happenings::insist_on_soundness;
use assize_tests::{tools, trace};

use super::{Acknowledged, Moment, STRACE, World, works};

/// Starts a writer and kills it when it has acknowledged so many lines, whatever it is doing by then.
pub(super) fn killed_after(writer: &mut Command, lines: usize) -> Acknowledged {
    let mut child = writer.stdout(Stdio::piped()).spawn().expect("starts");
    let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut text = String::new();
    for _ in 0..lines {
        assert!(
            stdout.read_line(&mut text).expect("reads") > 0,
            "it ended by itself: {text}"
        );
    }
    child.kill().expect("is killed");
    // What was printed before the kill took effect was acknowledged too.
    while stdout.read_line(&mut text).expect("reads") > 0 {}
    child.wait().expect("ends");
    Acknowledged::of(&text)
}

#[test]
fn a_killed_writer_loses_nothing_that_it_acknowledged() {
    let world = World::sqlite();
    let mut dice = Dice::of("kills");
    let mut all = Vec::new();
    for round in 0..25 {
        let name = format!("writer-{round}");
        all.push((
            name.clone(),
            killed_after(&mut world.writer(&name, u64::MAX), 1 + dice.below(40)),
        ));
        let store = world.open();
        insist_on_soundness(&store, &name);
        for (name, acknowledged) in &all {
            acknowledged.is_kept(&store, name, &format!("round {round}"));
        }
    }
}

/// Several at once, and one after the other is killed.
#[test]
fn writers_that_are_killed_do_not_disturb_the_others() {
    let world = World::sqlite();
    let survivor = world
        .writer("survivor", 150)
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts");
    let mut dice = Dice::of("kills beside others");
    let killed: Vec<(String, Acknowledged)> = (0..8)
        .map(|round| {
            let name = format!("writer-{round}");
            let acknowledged = killed_after(&mut world.writer(&name, u64::MAX), 1 + dice.below(20));
            (name, acknowledged)
        })
        .collect();
    let run = ran(&survivor.wait_with_output().expect("ends")).expect(0);
    let store = world.open();
    insist_on_soundness(&store, "after eight kills");
    Acknowledged::of(&run.stdout).is_kept(&store, "survivor", "after eight kills");
    for (name, acknowledged) in killed {
        acknowledged.is_kept(&store, &name, "after eight kills");
    }
}

/// The calls that can change a disk, and of how many points one is tried.
const CALLS: &[(&str, usize)] = &[
    ("fsync", 1),
    ("ftruncate", 1),
    ("rename", 1),
    ("unlink", 1),
    ("pwrite64", 3),
    ("openat", 5),
];

fn killed_at(strace: &Path, writer: &Command, call: &str, point: usize) -> (i32, Acknowledged) {
    let (filter, injection) = (
        format!("trace={call}"),
        format!("inject={call}:signal=KILL:when={point}"),
    );
    let options = ["-f", "-qq", "-o", "/dev/null", "-e", &filter, "-e", &injection, "--"];
    let run = ran(&trace::under(strace, &options, writer).output().expect("strace starts"));
    (run.code, Acknowledged::of(&run.stdout))
}

#[test]
fn a_writer_may_be_killed_at_any_call() {
    let Some(strace) = tools::program("strace", STRACE) else {
        return;
    };
    let mut dice = Dice::of("kills at calls");
    let world = World::sqlite();
    std::fs::create_dir(world.state_dir()).expect("a folder");
    let fresh = Moment::of(&world.state_dir());
    let first = world.writer("first", 20);
    assert_eq!(ran(&{ first }.output().expect("starts")).code, 0);
    let later = Moment::of(&world.state_dir());
    let mut kills = 0;
    for (moment, when) in [(&fresh, "a new store"), (&later, "an old store")] {
        for (call, step) in CALLS {
            for point in (1 + dice.below(*step)..2000).step_by(*step) {
                moment.restore(&world.state_dir());
                let (code, acknowledged) = killed_at(&strace, &world.writer("writer", 6), call, point);
                let when = format!("{when}, killed at {call} {point}");
                let store = world.open();
                acknowledged.is_kept(&store, "writer", &when);
                drop(store);
                works(&world, &when);
                if code == 0 {
                    // No thread makes that many.
                    break;
                }
                assert_eq!(code, -1, "{when}: it ended by itself");
                kills += 1;
            }
        }
    }
    assert!(kills > 50, "only {kills} kills: were the calls seen at all?");
}

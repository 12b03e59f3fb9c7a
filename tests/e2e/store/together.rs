//! Several processes on one store at once.

use std::fs;
use std::process::{Child, Stdio};

use assize_tests::bed::ran;
use assize_tests::happenings::{all_events, insist_on_soundness};
use assize_tests::{tools, trace};

use super::{Acknowledged, World};

/// The first of them also makes the store, whichever it is.
#[test]
fn two_and_six_processes_all_succeed() {
    for number in [2, 6] {
        let world = World::sqlite();
        for round in 0..2 {
            let names: Vec<String> = (0..number).map(|number| format!("writer-{round}-{number}")).collect();
            let children: Vec<Child> = names
                .iter()
                .map(|name| {
                    world
                        .writer(name, 30)
                        .stdout(Stdio::piped())
                        .stderr(Stdio::piped())
                        .spawn()
                        .expect("starts")
                })
                .collect();
            for (name, child) in names.iter().zip(children) {
                let run = ran(&child.wait_with_output().expect("ends")).expect(0);
                let acknowledged = Acknowledged::of(&run.stdout);
                assert_eq!(acknowledged.0.len(), 1 + 40, "{run:?}");
                acknowledged.is_kept(&world.open(), name, name);
            }
        }
        let store = world.open();
        assert_eq!(all_events(&store).len(), number * 2 * 40);
        insist_on_soundness(&store, &format!("{number} processes"));
    }
}

/// Threads of one process share transactions, and so the waiting for the disk.
#[test]
fn threads_share_the_cost_of_a_sync() {
    let Some(strace) = tools::program("strace", "how often the store waits for the disk") else {
        return;
    };
    let syncs = |times: u64, threads: u64| {
        let world = World::sqlite();
        let log = world.folder.path().join("strace.log");
        let log_name = log.to_string_lossy();
        // Every sync takes a while, as it does on a disk.
        let slow = "inject=fsync,fdatasync:delay_exit=2000";
        let options = [
            "-f",
            "-qq",
            "-o",
            &log_name,
            "-e",
            "trace=fsync,fdatasync",
            "-e",
            slow,
            "--",
        ];
        let mut writer = world.writer("writer", times);
        writer.arg(threads.to_string());
        let run = ran(&trace::under(&strace, &options, &writer)
            .output()
            .expect("strace starts"));
        assert_eq!(run.code, 0, "{run:?}");
        assert_eq!(all_events(&world.open()).len() as u64, times * threads);
        let log = fs::read_to_string(log).expect("strace wrote its log");
        log.lines().filter(|line| line.contains("sync(")).count()
    };
    let (alone, together) = (syncs(160, 1), syncs(10, 16));
    assert!(alone >= 160, "{alone} syncs for 160 appends one after the other");
    assert!(
        together * 3 < alone,
        "{together} syncs for 160 appends at once, {alone} one after the other"
    );
}

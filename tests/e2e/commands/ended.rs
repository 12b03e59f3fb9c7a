//! That a command ends, whatever it does, and that nothing is left of it.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use assize::policy::process::Confinement;
use assize::process::{End, Ended};
use assize_tests::yard::{Terms, groups_of, is_alive, must_become};

use super::open_yard;

fn number(ended: &Ended) -> u32 {
    let text = String::from_utf8_lossy(&ended.stdout);
    text.trim().parse().unwrap_or_else(|_| panic!("no number: {ended:?}"))
}

fn is_stopped(ended: &Ended, limit: &str) -> bool {
    matches!(&ended.end, End::Stopped(text) if text.contains(limit))
}

#[test]
fn what_a_command_leaves_running_is_ended_with_it() {
    let yard = open_yard();
    let program = yard.program("stay");
    for confinement in [Confinement::Full, Confinement::None] {
        let terms = Terms {
            confinement,
            ..Terms::default()
        };
        let ended = yard.ran(&terms, &[&program]);
        assert_eq!(ended.end, End::Exited(0), "{ended:?}");
        assert!(!is_alive(number(&ended)), "it stayed");
    }
    yard.must_be_swept();
}

#[test]
fn a_command_that_is_deaf_and_multiplies_ends_at_its_time() {
    let yard = open_yard();
    let program = yard.program("multiply");
    let terms = Terms {
        time: Duration::from_secs(1),
        processes: 40,
        ..Terms::default()
    };
    let start = Instant::now();
    let ended = yard.ran(&terms, &[&program]);
    assert!(
        is_stopped(&ended, "command_seconds") || is_stopped(&ended, "command_processes"),
        "{ended:?}"
    );
    assert!(start.elapsed() < Duration::from_secs(25), "{:?}", start.elapsed());
    yard.must_be_swept();
}

#[test]
fn many_more_processes_than_allowed_are_never_there() {
    let yard = open_yard();
    let program = yard.program("multiply");
    let terms = Terms {
        processes: 40,
        ..Terms::default()
    };
    let ended = yard.ran(&terms, &[&program, "once"]);
    // Refused by the control group, or by the limit of the user, who may run something else meanwhile, or seen by the keeper.
    assert!(
        is_stopped(&ended, "command_processes") || number(&ended) <= 60,
        "{ended:?}"
    );
}

#[test]
fn time_that_runs_out_asks_first_and_then_kills() {
    let yard = open_yard();
    let terms = Terms {
        time: Duration::from_millis(700),
        ..Terms::default()
    };
    let script = "trap 'echo asked; exit 3' TERM; echo ready; while :; do sleep 0.1; done";
    let ended = yard.ran(&terms, &["sh", "-c", script]);
    assert!(is_stopped(&ended, "command_seconds"), "{ended:?}");
    assert_eq!(String::from_utf8_lossy(&ended.stdout), "ready\nasked\n");
    let ended = yard.ran(&terms, &["sh", "-c", "trap '' TERM; while :; do sleep 0.1; done"]);
    assert!(is_stopped(&ended, "command_seconds"), "{ended:?}");
    yard.must_be_swept();
}

#[test]
fn memory_files_and_disk_are_bounded() {
    let yard = open_yard();
    let program = yard.program("eat");
    let terms = Terms {
        memory_mib: 64,
        disk_mib: 8,
        ..Terms::default()
    };
    let ended = yard.ran(&terms, &[&program, "memory"]);
    match &ended.end {
        End::Exited(3) => assert!(number(&ended) <= 64, "{ended:?}"),
        End::Stopped(limit) => assert!(limit.contains("command_memory_mib"), "{limit}"),
        other => panic!("{other:?}"),
    }
    let ended = yard.ran(&terms, &[&program, "file", "large"]);
    let told = String::from_utf8_lossy(&ended.stdout).into_owned();
    assert!(told == "8 too big\n", "{told} {ended:?}");
    for folder in ["$TMPDIR", "."] {
        let start = Instant::now();
        let ended = yard.ran(&terms, &["sh", "-c", &format!("exec {program} files {folder}")]);
        assert!(is_stopped(&ended, "command_disk_mib"), "{folder}: {ended:?}");
        assert!(start.elapsed() < Duration::from_secs(20));
    }
    yard.must_be_swept();
}

#[test]
fn endless_output_holds_nobody_up() {
    let yard = open_yard();
    let program = yard.program("eat");
    let terms = Terms {
        time: Duration::from_secs(1),
        output_kib: 16,
        ..Terms::default()
    };
    let ended = yard.ran(&terms, &[&program, "output"]);
    assert!(is_stopped(&ended, "command_seconds"), "{ended:?}");
    assert_eq!(ended.stdout.len(), 16 << 10);
    assert!(ended.dropped > 1 << 20);
}

#[test]
fn nothing_is_left_where_the_host_is_killed_in_the_middle() {
    let yard = open_yard();
    let program = yard.program("stay");
    let scratch = yard.around().join("killed");
    let script = format!("{program} > daemon; echo $$ > own; touch $TMPDIR/made; sleep 1000");
    let runner = std::env::var_os("RUNNER_UNDER_TEST").unwrap_or_else(|| env!("CARGO_BIN_EXE_command-runner").into());
    let mut host = Command::new(runner)
        .arg(yard.folder())
        .arg(&scratch)
        .args(["sh", "-c", &script])
        .stdout(Stdio::null())
        .spawn()
        .expect("the runner starts");
    let pid = |name: &str| -> Option<u32> { fs::read_to_string(yard.folder().join(name)).ok()?.trim().parse().ok() };
    must_become("the command does not run", || {
        pid("own").is_some() && pid("daemon").is_some()
    });
    let (own, daemon) = (pid("own").expect("a number"), pid("daemon").expect("a number"));
    assert!(is_alive(own) && is_alive(daemon));
    host.kill().expect("it is killed");
    host.wait().expect("it is gone");
    must_become("the command stayed", || !is_alive(own) && !is_alive(daemon));
    must_become("its control groups stayed", || groups_of(host.id()).is_empty());
    must_become("its temporary folder stayed", || {
        fs::read_dir(&scratch).map_or(true, |mut entries| entries.next().is_none())
    });
}

//! Misdeeds with processes.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, getppid, test_kill_process};

use super::Told;

/// How long a bomb goes on where nothing stops it, in seconds.
const BOMB_SECONDS: u64 = 5;

/// This program again, for another misdeed.
fn again(words: &[&str]) -> std::io::Result<Child> {
    Command::new(std::env::args_os().next().unwrap_or_default())
        .arg("misdeed")
        .args(words)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
}

/// Starts itself twice, and so does each of them.
pub(super) fn bomb(words: &[String]) -> Told {
    let mut told = Told::default();
    let mark = words.first().map_or("", String::as_str);
    let start = Instant::now();
    let mut started = 0_u64;
    let mut children = Vec::new();
    while start.elapsed() < Duration::from_secs(BOMB_SECONDS) {
        match again(&["bomb", mark]) {
            Ok(child) => {
                started = started.saturating_add(1);
                children.push(child);
            }
            Err(_) => std::thread::sleep(Duration::from_millis(50)),
        }
    }
    told.saw(format!("started {started}"));
    told
}

/// Leaves a process behind that hears no signal, in a session of its own.
pub(super) fn daemon(words: &[String]) -> Told {
    let mut told = Told::default();
    let mark = words.first().map_or("", String::as_str);
    let script =
        "trap '' TERM HUP INT; (setsid sh -c 'trap \"\" TERM HUP INT; while :; do sleep 1; done' \"$1\" &) ; exit 0";
    let came = Command::new("/bin/sh")
        .args(["-c", script, mark, mark])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    told.tried("leave a process behind", came);
    told
}

/// Waits for ever, deaf to signals where the first word is `deaf`.
pub(super) fn sleep(words: &[String]) -> Told {
    if words.first().is_some_and(|word| word == "deaf") {
        let mark = words.get(1).map_or("", String::as_str);
        let _ = Command::new("/bin/sh")
            .args(["-c", "trap '' TERM INT HUP; while :; do sleep 1; done", mark])
            .status();
    }
    loop {
        std::thread::sleep(Duration::from_secs(3_600));
    }
}

/// Signals its keeper and others.
pub(super) fn signal(words: &[String]) -> Told {
    let mut told = Told::default();
    let others = words
        .iter()
        .filter_map(|word| word.parse().ok())
        .filter_map(Pid::from_raw);
    for pid in getppid().into_iter().chain(others) {
        // The signal that only asks: one that got through must not harm who runs it.
        told.tried(format!("signal {}", pid.as_raw_nonzero()), test_kill_process(pid));
    }
    told
}

/// Tells of its environment and of what it was started with.
pub(super) fn surroundings(_: &[String]) -> Told {
    let mut told = Told::default();
    for (name, value) in std::env::vars_os() {
        told.saw(format!("{}={}", name.to_string_lossy(), value.to_string_lossy()));
    }
    told
}

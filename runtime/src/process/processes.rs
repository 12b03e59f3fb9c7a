//! The processes below one, and their end.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{
    Pid, PidfdFlags, Signal, Uid, WaitOptions, WaitStatus, getpid, pidfd_open, pidfd_send_signal, wait,
};

/// How often the tree is looked through for processes that were started meanwhile, before all are killed.
const ROUNDS_MAX: usize = 64;

/// One line of `/proc/PID/stat`.
struct Line {
    parent: i32,
    threads: u64,
    /// When it was started: a number is used again, but not at the same time.
    started: u64,
    is_zombie: bool,
}

fn line(pid: i32) -> Option<Line> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name stands in brackets and may hold anything, also brackets.
    let (_, rest) = text.rsplit_once(") ")?;
    let fields: Vec<&str> = rest.split(' ').collect();
    Some(Line {
        is_zombie: matches!(fields.first(), Some(&("Z" | "X"))),
        parent: fields.get(1)?.parse().ok()?,
        threads: fields.get(17)?.parse().ok()?,
        started: fields.get(19)?.parse().ok()?,
    })
}

fn pids() -> impl Iterator<Item = i32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// All that was started below the calling process, by number, with its threads.
fn below() -> BTreeMap<i32, Line> {
    let all: BTreeMap<i32, Line> = pids().filter_map(|pid| Some((pid, line(pid)?))).collect();
    let own = getpid().as_raw_nonzero().get();
    let mut below = BTreeSet::new();
    loop {
        let before = below.len();
        for (pid, line) in &all {
            if line.parent == own || below.contains(&line.parent) {
                below.insert(*pid);
            }
        }
        if below.len() == before {
            break;
        }
    }
    let mut all = all;
    all.retain(|pid, _| below.contains(pid));
    all
}

/// How many processes and threads run below the calling process.
pub(super) fn count_below() -> u64 {
    let running = below().into_values().filter(|line| !line.is_zombie);
    running.fold(0, |sum, line| sum.saturating_add(line.threads))
}

/// How many processes and threads a user runs.
pub(super) fn threads_of(user: Uid) -> u64 {
    let is_theirs =
        |pid: &i32| fs::metadata(format!("/proc/{pid}")).is_ok_and(|metadata| metadata.uid() == user.as_raw());
    let threads = pids().filter(is_theirs).filter_map(line).map(|line| line.threads);
    threads.fold(0, u64::saturating_add)
}

/// Sends a signal to the process that was seen, and to no other that may have its number now.
fn send(pid: i32, seen: &Line, signal: Signal) {
    let Some(number) = Pid::from_raw(pid) else { return };
    let Ok(handle) = pidfd_open(number, PidfdFlags::empty()) else {
        return;
    };
    if line(pid).is_some_and(|now| now.started == seen.started) {
        let _ = pidfd_send_signal(&handle, signal);
    }
}

/// Asks everything below to end.
pub(super) fn ask_all() {
    for (pid, line) in below() {
        send(pid, &line, Signal::TERM);
    }
}

/// Takes the ends of children; tells each to `seen`. `true`: there are none any more.
pub(super) fn reap(mut seen: impl FnMut(Pid, WaitStatus)) -> bool {
    loop {
        match wait(WaitOptions::NOHANG) {
            Ok(Some((pid, status))) => seen(pid, status),
            Ok(None) => return false,
            Err(Errno::INTR) => {}
            Err(_) => return true,
        }
    }
}

/// Kills everything below, and whatever it starts meanwhile. The calling process takes over the orphans of all, so that none
/// gets away. `true`: nothing is left.
pub(super) fn kill_all(patience: Duration, mut seen: impl FnMut(Pid, WaitStatus)) -> bool {
    let start = Instant::now();
    loop {
        // What is stopped starts nothing: so the tree stops growing before it is cut down.
        let mut stopped: BTreeSet<(i32, u64)> = BTreeSet::new();
        for _ in 0..ROUNDS_MAX {
            let mut grew = false;
            for (pid, line) in below() {
                if !line.is_zombie && stopped.insert((pid, line.started)) {
                    grew = true;
                    send(pid, &line, Signal::STOP);
                }
            }
            if !grew {
                break;
            }
        }
        for (pid, line) in below() {
            send(pid, &line, Signal::KILL);
        }
        let round = Instant::now();
        while round.elapsed() < Duration::from_millis(100) {
            if reap(&mut seen) {
                return true;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        if start.elapsed() > patience {
            return false;
        }
    }
}

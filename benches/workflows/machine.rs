//! What the machine is, and what this process took of it.

use std::fs;

/// In what the kernel tells times of a process.
const TICKS_A_SECOND: f64 = 100.0;

/// The processor, how many, and how much memory.
pub(crate) fn description() -> String {
    let field = |file: &str, name: &str| {
        let text = fs::read_to_string(file).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        line.split_once(':')
            .map_or(String::new(), |(_, value)| value.trim().to_owned())
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!(
        "machine: {} × {}, {} of memory",
        cores,
        field("/proc/cpuinfo", "model name"),
        field("/proc/meminfo", "MemTotal")
    )
}

/// A figure of this process's memory, in MiB: `VmRSS` is what it has now, `VmHWM` the most it ever had.
pub(crate) fn memory_mib(name: &str) -> f64 {
    let status = fs::read_to_string("/proc/self/status").expect("the kernel tells");
    let line = status
        .lines()
        .find(|line| line.starts_with(name))
        .expect("it tells of memory");
    let kib: f64 = line
        .split_whitespace()
        .nth(1)
        .and_then(|text| text.parse().ok())
        .expect("a number");
    kib / 1024.0
}

/// Seconds that this process has run, with all threads that ever were.
pub(crate) fn total_cpu_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").expect("the kernel tells");
    // Behind the name, which may hold spaces; user and system time are the 14th and 15th of all.
    let (_, behind) = stat.rsplit_once(')').expect("a name");
    let ticks = behind.split_whitespace().skip(11).take(2);
    let ticks: f64 = ticks.map(|text| text.parse::<f64>().expect("a number")).sum();
    ticks / TICKS_A_SECOND
}

/// Seconds that the living threads of this process have run.
pub(crate) fn cpu_seconds() -> f64 {
    each_thread("schedstat", |text| {
        let nanoseconds = text.split_whitespace().next().and_then(|text| text.parse::<f64>().ok());
        nanoseconds.unwrap_or(0.0) / 1e9
    })
}

/// How often living threads of this process have begun to wait.
pub(crate) fn waited_times() -> f64 {
    each_thread("status", |text| {
        let line = text.lines().find(|line| line.starts_with("voluntary_ctxt_switches"));
        let count = line
            .and_then(|line| line.split_whitespace().nth(1))
            .and_then(|text| text.parse().ok());
        count.unwrap_or(0.0)
    })
}

fn each_thread(file: &str, figure: impl Fn(&str) -> f64) -> f64 {
    let threads = fs::read_dir("/proc/self/task").expect("the kernel tells");
    let texts = threads
        .flatten()
        .filter_map(|thread| fs::read_to_string(thread.path().join(file)).ok());
    texts.map(|text| figure(&text)).sum()
}

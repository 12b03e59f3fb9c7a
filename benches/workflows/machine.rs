//! What the machine is, and what this process took of it.

use std::fs;

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

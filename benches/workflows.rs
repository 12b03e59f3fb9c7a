//! What workflows cost: durable tasks a second, alone and judged, against what their parts cost in the same run; one task
//! alone; a very long run; many tasks at once; a driver that waits.
//!
//! The parts are measured one after another on one core: a worktree, a call, an event's share of a synced transaction of 64, a
//! hearing with its signatures, an entry's share of a synced batch. A rate of 100 % is what one core would reach that does
//! nothing but the parts. `ASSIZE_BENCH_EVENTS` sets the length of the long run.

#![expect(clippy::print_stdout, reason = "printing figures is what a measurement is for")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use assize::driver::workflow::{Dark, Driver, Screen};
use assize::event::{RunId, Step};
use assize::plan::{Mode, Plan};
use assize::schedule::State;
use assize::store::{EventFilter, Lease, PAGE_ROWS_MAX, run_lease};
use assize_benches::{Spread, once};
use machine::{cpu_seconds, memory_mib, total_cpu_seconds, waited_times};
use parts::{Parts, parts};
use site::Site;

#[path = "workflows/machine.rs"]
mod machine;
#[path = "workflows/parts.rs"]
mod parts;
#[path = "workflows/site.rs"]
mod site;

/// How many tasks of one run are under way at once.
const CONCURRENCY: u32 = 32;
/// How often one task alone is timed.
const ALONE: usize = 11;
/// How many tasks are held at once.
const HELD: usize = 5_000;
/// How many steps are appended at once.
const BATCH: usize = 500;
/// The word that makes this program the one whose memory is looked at.
const HOLDING: &str = "hold-many-tasks";

fn main() {
    if std::env::args().any(|argument| argument == HOLDING) {
        hold();
        return;
    }
    println!("{}", machine::description());
    let site = Site::open();
    let parts = parts(&site);
    rates(&site, &parts);
    alone(&site);
    long_run(&site);
    waiting(&site);
    held();
}

/// Durable tasks a second.
fn rates(site: &Site, parts: &Parts) {
    for (name, agent, council, count, seats) in [
        ("no council", "idle", "none", 500, 0),
        ("no council, in worktrees", "looker", "none", 200, 0),
        ("four no-op judges", "idle", "default", 200, 4),
        ("the four real judges", "idle", "real", 60, 4),
    ] {
        // Everything is loaded and compiled then.
        drive(site, site.plan(agent, council, 2, CONCURRENCY));
        let cpu = total_cpu_seconds();
        let (run, took) = once(|| drive(site, site.plan(agent, council, count, CONCURRENCY)));
        let cpu = total_cpu_seconds() - cpu;
        site.insist_on_success(run);
        let rate = count as f64 / took.as_secs_f64();
        let ideal = 1.0 / parts.of_task(agent == "looker", council);
        println!(
            "{count} tasks, {name}: {rate:.0} durable tasks a second; {ideal:.0} from the parts, {:.0} % of that; {:.0} µs of CPU a task",
            rate / ideal * 100.0,
            cpu / count as f64 * 1e6
        );
        if seats > 0 {
            println!(
                "  that is {rate:.0} verdicts and {:.0} signed entries a second, sealed at the end of the run",
                rate * f64::from(seats + 2)
            );
        }
    }
}

/// One task of one run, from its submission to the end.
fn alone(site: &Site) {
    for (name, council) in [
        ("no council", "none"),
        ("four no-op judges", "default"),
        ("the four real judges", "real"),
    ] {
        let times = (0..ALONE).map(|_| once(|| drive(site, site.plan("idle", council, 1, 1))).1);
        let spread = Spread::of(times.map(|took| took.as_secs_f64() * 1e3).collect());
        let (low, high) = spread.range();
        println!(
            "one task alone, {name}: {:.1} ms ({low:.1} to {high:.1}, {ALONE} runs)",
            spread.median()
        );
    }
}

/// Submits a plan and drives it to its end.
fn drive(site: &Site, plan: Plan) -> RunId {
    let run = site.submit(&plan, Mode::Auto);
    let mut driver = Driver::start(Arc::clone(&site.host)).expect("a driver");
    driver.take(Some(run)).expect("it is taken");
    driver.drive(false, &mut Dark).expect("it is driven");
    run
}

/// Very many steps of one run, in fifths.
fn long_run(site: &Site) {
    let wanted = std::env::var("ASSIZE_BENCH_EVENTS").ok();
    let count: usize = wanted.map_or(100_000, |text| text.parse().expect("ASSIZE_BENCH_EVENTS is a number"));
    let run = site.submit(&site.plan("idle", "none", 1_000, CONCURRENCY), Mode::Auto);
    let lease = site
        .host
        .store
        .lease_take(&run_lease(run), "bench", 0, u64::MAX >> 11, |_| false);
    let lease = lease.expect("the store holds").expect("nobody has it");
    let mut rates = Vec::new();
    for fifth in 0..5 {
        let ((), took) = once(|| append(site, run, &lease, fifth * (count / 5)..(fifth + 1) * (count / 5)));
        rates.push(count as f64 / 5.0 / took.as_secs_f64());
    }
    let (read, took) = once(|| {
        let filter = EventFilter {
            run: Some(run),
            ..EventFilter::default()
        };
        let (mut after, mut read) = (0, 0_usize);
        loop {
            let page = site.host.store.events(&filter, after, PAGE_ROWS_MAX).expect("events");
            let Some(last) = page.last() else { return read };
            after = last.sequence;
            read += page.len();
        }
    });
    let shown: Vec<String> = rates.iter().map(|rate| format!("{rate:.0}")).collect();
    println!(
        "{count} steps of one run, {BATCH} at once: {} a second in each fifth; the last is {:.2} of the first; {read} read back at {:.0} a second",
        shown.join(", "),
        rates[4] / rates[0],
        read as f64 / took.as_secs_f64()
    );
    let end = Step::Ended {
        run,
        outcome: "success".to_owned(),
        detail: String::new(),
        at_ms: 0,
    };
    let ended = site
        .host
        .store
        .append_steps(site.now(), Some(&lease), vec![end], Vec::new());
    ended.expect("the store holds").expect("the run is open");
}

fn append(site: &Site, run: RunId, lease: &Lease, numbers: std::ops::Range<usize>) {
    let numbers: Vec<usize> = numbers.collect();
    for batch in numbers.chunks(BATCH) {
        let steps = batch.iter().map(|number| step(run, *number)).collect();
        let appended = site.host.store.append_steps(site.now(), Some(lease), steps, Vec::new());
        appended.expect("the store holds").expect("the lease holds");
    }
}

/// Attempts that start and fail, task by task, again and again.
fn step(run: RunId, number: usize) -> Step {
    let (task, attempt) = (format!("t{}", number / 2 % 1_000), (number / 2_000 + 1) as u64);
    let at_ms = number as u64;
    if number.is_multiple_of(2) {
        Step::AttemptStarted {
            run,
            task,
            attempt,
            call: RunId::from_bytes((number as u128).to_be_bytes()),
            base: "0".repeat(40),
            at_ms,
        }
    } else {
        Step::AttemptEnded {
            run,
            task,
            attempt,
            outcome: "faulted".to_owned(),
            detail: "it said no".to_owned(),
            output: None,
            commit: None,
            at_ms,
        }
    }
}

/// A driver that waits for a person.
fn waiting(site: &Site) {
    const WAIT: Duration = Duration::from_secs(2);
    let run = site.submit(&site.plan("idle", "default", 1, 1), Mode::Strict);
    let mut driver = Driver::start(Arc::clone(&site.host)).expect("a driver");
    driver.take(Some(run)).expect("it is taken");
    let drain = driver.drain();
    let driven = std::thread::spawn(move || {
        driver.drive(true, &mut Dark).expect("it is driven");
    });
    // It has come to the person by then, and idle threads are asleep.
    std::thread::sleep(Duration::from_secs(1));
    let (cpu, waits) = (cpu_seconds(), waited_times());
    std::thread::sleep(WAIT);
    let (cpu, waits) = (cpu_seconds() - cpu, waited_times() - waits);
    drain.drain();
    driven.join().expect("the driver ends");
    println!(
        "a driver that waits {} s for a person: {:.2} ms of CPU, {waits} times awake",
        WAIT.as_secs(),
        cpu * 1e3
    );
}

/// Lets another process hold many tasks, so that the memory of this one does not count.
fn held() {
    let own = std::env::current_exe().expect("this program");
    let ended = std::process::Command::new(own)
        .arg(HOLDING)
        .status()
        .expect("it starts");
    assert!(ended.success(), "the tasks cannot be held: {ended}");
}

/// Counts tasks that are under way.
struct Counting {
    started: usize,
    since: Instant,
    before_mib: f64,
}

impl Screen for Counting {
    fn step(&mut self, _run: RunId, _plan: &Plan, _state: &State, step: &Step) {
        self.started += usize::from(matches!(step, Step::AttemptStarted { .. }));
        if self.started < HELD {
            return;
        }
        let (since, before) = (self.since, self.before_mib);
        self.started = 0;
        // The threads have yet to make their worktrees: the memory is looked at when it grows no more.
        std::thread::spawn(move || {
            let mut last = 0.0;
            loop {
                std::thread::sleep(Duration::from_millis(700));
                let now = memory_mib("VmRSS");
                if (now - last).abs() < 1.0 {
                    break;
                }
                last = now;
            }
            println!(
                "{HELD} tasks under way at once, of which as many as the pool has room for are in their agents: {:.0} MiB at most, {:.0} before, {:.1} KiB a task; {:.1} s until all were",
                memory_mib("VmHWM"),
                before,
                (memory_mib("VmHWM") - before) * 1024.0 / HELD as f64,
                since.elapsed().as_secs_f64()
            );
            // Their agents would go on.
            std::process::exit(0);
        });
    }
}

fn hold() {
    let site = Site::open();
    drive(&site, site.plan("idle", "none", 2, CONCURRENCY));
    let run = site.submit(&site.plan("endless", "none", HELD, HELD as u32), Mode::Auto);
    let mut driver = Driver::start(Arc::clone(&site.host)).expect("a driver");
    driver.take(Some(run)).expect("it is taken");
    let mut counting = Counting {
        started: 0,
        since: Instant::now(),
        before_mib: memory_mib("VmRSS"),
    };
    driver.drive(false, &mut counting).expect("it is driven");
}

//! Simulated runs: plans, outcomes, verdicts, people, kills, replaced drivers and clocks by chance, under the eyes of a model
//! of the rules.
//!
//! `ASSIZE_SIMULATION_RUNS` says how many runs there are, `ASSIZE_SIMULATION_SEED` with which one they begin. A run that
//! breaks a rule prints its seed.

use std::num::NonZero;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use assize_tests::simulation::{Figures, simulate, simulate_large};

/// How many runs a plain test run makes: a second or two.
const RUNS: u64 = 2_000;

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is a number")))
}

fn add(sum: &mut Figures, run: &Figures) {
    sum.tasks += run.tasks;
    sum.steps += run.steps;
    sum.kills += run.kills;
    sum.replaced += run.replaced;
    sum.fenced += run.fenced;
    sum.accepted += run.accepted;
    sum.refused += run.refused;
    sum.landed += run.landed;
    sum.undone += run.undone;
}

#[test]
#[expect(
    clippy::print_stdout,
    reason = "whoever runs many runs wants to know what happened in them"
)]
fn no_simulated_run_breaks_a_rule() {
    let first = number("ASSIZE_SIMULATION_SEED");
    let runs = number("ASSIZE_SIMULATION_RUNS").unwrap_or(if first.is_some() { 1 } else { RUNS });
    let first = first.unwrap_or(1);
    let next = AtomicU64::new(first);
    let sum = Mutex::new((Figures::default(), 0_u64));
    let faults = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, NonZero::get) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + runs {
                        break;
                    }
                    match simulate(seed) {
                        Ok(figures) => {
                            let mut sum = sum.lock().expect("nobody panics with it");
                            add(&mut sum.0, &figures);
                            sum.1 += u64::from(figures.succeeded);
                        }
                        Err(fault) => faults.lock().expect("nobody panics with it").push((seed, fault)),
                    }
                }
            });
        }
    });
    let mut faults = faults.into_inner().expect("nobody panicked with it");
    faults.sort();
    if let Some((seed, fault)) = faults.first() {
        panic!(
            "{} of {runs} runs broke a rule; repeat one with ASSIZE_SIMULATION_SEED={seed}: {fault}",
            faults.len()
        );
    }
    let (figures, succeeded) = sum.into_inner().expect("nobody panicked with it");
    println!("{runs} runs, {succeeded} of them a success: {figures:?}");
    if runs >= RUNS {
        let all = [
            figures.kills,
            figures.replaced,
            figures.fenced,
            figures.accepted,
            figures.refused,
            figures.landed,
            figures.undone,
        ];
        assert!(all.iter().all(|times| *times > 100), "too little happens: {figures:?}");
        assert!(succeeded > runs / 10, "too little succeeds: {succeeded} of {runs}");
    }
}

#[test]
fn a_plan_of_a_thousand_tasks_keeps_the_rules_too() {
    let figures = simulate_large(4, 1_000).unwrap_or_else(|fault| panic!("{fault}"));
    assert!(figures.steps > 1_500, "{figures:?}");
}

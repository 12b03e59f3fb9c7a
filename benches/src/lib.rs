//! Measurements print ratios: this machine's absolute times say little about another's, and two things measured in turn in
//! one run say much about each other.

use std::time::{Duration, Instant};

/// What came of measuring something several times.
#[derive(Debug, Clone)]
pub struct Spread {
    sorted: Vec<f64>,
}

impl Spread {
    /// Takes in the single values.
    ///
    /// # Panics
    ///
    /// When there are none.
    #[must_use]
    pub fn of(mut values: Vec<f64>) -> Self {
        assert!(!values.is_empty(), "nothing was measured");
        values.sort_by(f64::total_cmp);
        Self { sorted: values }
    }

    /// The middle value.
    #[must_use]
    pub fn median(&self) -> f64 {
        self.sorted[self.sorted.len() / 2]
    }

    /// The smallest and the largest value.
    #[must_use]
    pub fn range(&self) -> (f64, f64) {
        (self.sorted[0], self.sorted[self.sorted.len() - 1])
    }
}

/// Measures two things in turn, A B A B …, in rounds of `calls` calls each, and prints both medians per call and the ratio
/// round by round.
#[expect(clippy::print_stdout, reason = "printing figures is what a measurement is for")]
pub fn compare(name: &str, rounds: usize, calls: u32, mut ours: impl FnMut(), mut bare: impl FnMut()) {
    // One round each to warm caches and branch predictors.
    let _ = (time(calls, &mut ours), time(calls, &mut bare));
    let (mut all_ours, mut all_bare, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        let (a, b) = (time(calls, &mut ours), time(calls, &mut bare));
        all_ours.push(a);
        all_bare.push(b);
        ratios.push(a / b);
    }
    let (ours, bare, ratio) = (Spread::of(all_ours), Spread::of(all_bare), Spread::of(ratios));
    let (low, high) = ratio.range();
    println!(
        "{name}: {:.1} µs against {:.1} µs bare, ratio {:.2} ({low:.2} to {high:.2}, {rounds} rounds of {calls})",
        ours.median() * 1e6,
        bare.median() * 1e6,
        ratio.median(),
    );
}

/// Seconds a call, over `calls` calls.
fn time(calls: u32, work: &mut impl FnMut()) -> f64 {
    let start = Instant::now();
    for _ in 0..calls {
        work();
    }
    start.elapsed().as_secs_f64() / f64::from(calls)
}

/// Times one thing once.
pub fn once<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}

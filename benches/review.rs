//! A warm `assize review` of a 100-file change as a whole process, against the same process that only reads its arguments.

use std::time::Duration;

use assize_benches::{Spread, once};
use assize_tests::bed::{Bed, Edit};

/// How many reviews are counted.
const ROUNDS: usize = 15;

#[expect(clippy::print_stdout, reason = "printing figures is what a measurement is for")]
fn main() {
    let bed = Bed::new(env!("CARGO_BIN_EXE_assize-measured"));
    let file = |number: usize, round: &str| {
        let line = |n: usize| format!("pub fn f{number}_{n}(x: u32) -> u32 {{ x + {n} }} // {round}\n");
        (format!("src/file{number}.rs"), (0..40).map(line).collect::<String>())
    };
    for round in ["before", "after"] {
        let files: Vec<(String, String)> = (0..100).map(|number| file(number, round)).collect();
        let edits: Vec<Edit<'_>> = files
            .iter()
            .map(|(path, text)| Edit::Write(path, text.as_bytes()))
            .collect();
        bed.commit(round, &edits);
    }
    let _ = bed.assize(&["review"]);
    let mut reviews = Vec::new();
    let mut starts = Vec::new();
    let mut unrecorded = Vec::new();
    for _ in 0..ROUNDS {
        reviews.push(timed(&bed, &["review"]));
        unrecorded.push(timed(&bed, &["review", "--no-record"]));
        starts.push(timed(&bed, &["--version"]));
    }
    let (reviews, unrecorded, starts) = (Spread::of(reviews), Spread::of(unrecorded), Spread::of(starts));
    let (low, high) = reviews.range();
    println!(
        "warm review of 100 files: {:.0} ms ({low:.0} to {high:.0}, {ROUNDS} runs)",
        reviews.median()
    );
    println!("the same with --no-record: {:.0} ms", unrecorded.median());
    println!(
        "the bare process: {:.1} ms; ratio {:.1}",
        starts.median(),
        reviews.median() / starts.median()
    );
}

/// Milliseconds of one run.
fn timed(bed: &Bed, arguments: &[&str]) -> f64 {
    let (run, took): (_, Duration) = once(|| bed.assize(arguments));
    assert!(run.code >= 0 && run.code <= 3, "{}", run.stderr);
    took.as_secs_f64() * 1e3
}

//! What confinement costs: a confined command against a plain spawn of the same program, by the size of the workspace.
//!
//! Plain means `std::process::Command`, which waits for the end and takes the output. The steps between are measured as well: a
//! command that is kept but not confined, and the bare start of this program, which a confined command needs twice.

use std::process::{Command, ExitCode};

use assize::policy::process::Confinement;
use assize::process::End;
use assize_benches::compare;
use assize_tests::yard::{Terms, Yard};

const ROUNDS: usize = 7;
const CALLS: u32 = 30;

/// How many files the large workspace has.
const FILES: usize = 10_000;
/// How many files lie in each of its folders.
const FILES_PER_FOLDER: usize = 100;

fn main() -> ExitCode {
    if let Some(exit) = assize::process::serve() {
        return exit;
    }
    let own = std::env::current_exe().expect("this program");
    // Started with this word and without a socket, it ends at once.
    compare("start of this program", ROUNDS, CALLS, || start(&own), plain);
    let yard = Yard::open(&own, &["**"], &["**"]);
    yard.put("src/a.txt", "a\n");
    let unconfined = Terms {
        confinement: Confinement::None,
        ..Terms::default()
    };
    compare("kept, not confined", ROUNDS, CALLS, || run(&yard, &unconfined), plain);
    compare(
        "confined, 1 file",
        ROUNDS,
        CALLS,
        || run(&yard, &Terms::default()),
        plain,
    );
    for number in 0..FILES {
        let folder = number / FILES_PER_FOLDER;
        yard.put(&format!("src/folder{folder}/file{number}.txt"), "a\n");
    }
    compare(
        "confined, 10,000 files open as a whole",
        ROUNDS,
        CALLS,
        || run(&yard, &Terms::default()),
        plain,
    );
    yard.put(".git/config", "");
    compare(
        "confined, 10,000 files beside a .git",
        ROUNDS,
        CALLS,
        || run(&yard, &Terms::default()),
        plain,
    );
    ExitCode::SUCCESS
}

fn run(yard: &Yard, terms: &Terms) {
    let ended = yard.ran(terms, &["true"]);
    assert_eq!(ended.end, End::Exited(0));
}

fn start(own: &std::path::Path) {
    let output = Command::new(own).arg("confine").output().expect("it starts");
    assert_eq!(output.status.code(), Some(2));
}

fn plain() {
    let output = Command::new("true").output().expect("it starts");
    assert!(output.status.success());
}

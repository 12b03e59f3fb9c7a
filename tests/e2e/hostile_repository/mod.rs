//! A hostile repository starts nothing and reads nothing outside itself; whatever it holds ends in a verdict or a sentence.

mod folder;
mod objects;
mod planted;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use assize_provenance::opinion::Vote;
use assize_tests::bed::{Bed, Edit, Run};
use assize_tests::trace::Watched;
use assize_tests::{guests, seats, tools};

const ASSIZE: &str = env!("CARGO_BIN_EXE_assize-under-test");

/// Verbs that read a repository, each in its own way.
const VERBS: &[&[&str]] = &[
    &["review"],
    &["review", "--no-record"],
    &["policy", "check"],
    &["audit", "verify"],
    &["audit", "log"],
];

/// A bed around which lie a folder that nobody may read, and a program that leaves a mark when it is started.
struct Trap {
    bed: Bed,
    /// Lies outside the repository; holds `secret`, and may hold whole repositories.
    outside: PathBuf,
    /// Where a program lies that makes `mark`.
    program: PathBuf,
    mark: PathBuf,
}

impl Trap {
    /// A repository whose newest commit is for one approving judge to hear.
    fn new() -> Self {
        let bed = Bed::new(ASSIZE);
        bed.commit("Begin", &[Edit::Write("src/lib.rs", b"fn one() {}\n")]);
        seats::appoint(&bed, &[("guest", &guests::voting(Vote::Approve))]);
        bed.commit("Go on", &[Edit::Write("src/lib.rs", b"fn two() {}\n")]);
        let (outside, program, mark) = (bed.beside("outside"), bed.beside("program"), bed.beside("mark"));
        fs::create_dir(&outside).expect("a folder");
        fs::write(outside.join("secret"), "ref: refs/heads/canary-in-a-coal-mine\n").expect("a file");
        fs::write(
            &program,
            format!("#!/bin/sh\necho started >> '{}'\nexec cat\n", mark.display()),
        )
        .expect("a script");
        fs::set_permissions(&program, Permissions::from_mode(0o755)).expect("its mode");
        Self {
            bed,
            outside,
            program,
            mark,
        }
    }

    /// A path in the repository's `.git`.
    fn git(&self, name: &str) -> PathBuf {
        self.bed.repository().join(".git").join(name)
    }

    /// Appends to the repository's configuration.
    fn configure(&self, text: &str) {
        let path = self.git("config");
        let old = fs::read_to_string(&path).expect("a configuration");
        fs::write(path, format!("{old}\n{text}\n")).expect("written");
    }

    /// Runs every verb, watched where strace is there, and insists on an orderly end without a trace of the outside.
    fn springs_on_nobody(&self, name: &str) -> Vec<Run> {
        let strace = tools::program(
            "strace",
            "whether a hostile repository makes us open files or start programs",
        );
        VERBS
            .iter()
            .map(|verb| self.springs_not(strace.as_ref(), name, verb))
            .collect()
    }

    fn springs_not(&self, strace: Option<&PathBuf>, name: &str, verb: &[&str]) -> Run {
        let command = self.bed.command(verb);
        let run = match strace {
            None => self.bed.assize(verb),
            Some(strace) => {
                let watched = Watched::run(strace, &command, &self.bed.beside("strace.log"));
                let started: Vec<&str> = watched.started().collect();
                assert_eq!(started.len(), 1, "{name}, {verb:?} starts programs: {started:#?}");
                let opened: Vec<&str> = watched.opened_below(&self.outside).collect();
                assert!(
                    opened.is_empty(),
                    "{name}, {verb:?} reads outside the repository: {opened:#?}"
                );
                watched.run
            }
        };
        ends_in_order(&run, &format!("{name}, {verb:?}"));
        assert!(
            !self.mark.exists(),
            "{name}, {verb:?}: a program of the repository was started"
        );
        for text in [&run.stdout, &run.stderr] {
            assert!(
                !text.contains("canary-in-a-coal-mine"),
                "{name}, {verb:?} shows what lies outside:\n{text}"
            );
        }
        run
    }
}

/// A verdict, or a sentence on standard error; never a bug and never the machine's fault.
fn ends_in_order(run: &Run, when: &str) {
    assert!((0..=3).contains(&run.code), "{when}: {run:?}");
    for word in ["panicked", "bug in Assize", "RUST_BACKTRACE"] {
        assert!(!run.stderr.contains(word), "{when}: {run:?}");
    }
    assert!(
        !run.stdout.is_empty() || !run.stderr.is_empty(),
        "{when} ends without a word"
    );
    assert!(run.code != 2 || run.stderr.contains("error: "), "{when}: {run:?}");
}

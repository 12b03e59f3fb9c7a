//! A fresh call of each judge that comes with Assize on a change of 100 files, all rules on.
//!
//! The change is what a large ordinary one looks like: 100 source files of 120 lines in four languages, of which each has a
//! few lines changed here and there; and, for comparison, the same files wholly new.
//!
//! Which rules take longest cannot be seen from outside of a component. So the same judges, natively and optimised, are let
//! look at the same change by `try-judges` of `plugins/rust/cases`, which times each rule, and their shares are printed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use assize::case::evidence::Evidence;
use assize::case::{Case, RangeKind};
use assize::catalog;
use assize::council::{Brief, Told};
use assize::driver::hearing::{self, Component, Sitting};
use assize::outcome::Outcome;
use assize::policy::{Policy, default};
use assize::sandbox::Allocation;
use assize_benches::{Spread, once};
use assize_tests::bed::{Bed, Edit};
use assize_tests::room;

const FILES: usize = 100;
const LINES: usize = 120;
/// One line in so many changes.
const CHANGED_EVERY: usize = 15;
/// How many calls are counted.
const CALLS: usize = 101;

#[expect(clippy::print_stdout, reason = "printing figures is what a measurement is for")]
fn main() {
    let sandbox = room::sandbox(Allocation::Pooling);
    let policy = Policy::parse(default::FILE_NAME, default::TEXT).expect("the default policy");
    for (name, before) in [("a few lines changed in each", true), ("all of them new", false)] {
        let bed = Bed::new("/nowhere");
        let (case, evidence) = change(&bed, before);
        println!(
            "{FILES} files of {LINES} lines, {name} (+{} lines):",
            case.added_lines()
        );
        for embedded in catalog::judges() {
            let appointment = policy.judge(embedded.name).expect("appointed");
            let loaded = hearing::load_all(&sandbox, &[Component::Ok(embedded.component.to_vec())]).expect("loaded");
            let brief = Brief::of(&policy, "default", appointment, &case, &Told::nothing(&policy));
            let sitting = Sitting::prepare(&policy, appointment, brief, &loaded[0]);
            let (judge, grants) = sitting.judge.as_ref().expect("the judge sits");
            let (mut times, mut fuel) = (Vec::new(), 0);
            for _ in 0..CALLS {
                let call = || sandbox.hear(judge, &sitting.brief, Arc::clone(&evidence), grants.clone());
                let (account, took) = once(call);
                let account = account.expect("the machine holds");
                assert!(matches!(account.outcome, Outcome::Finished(_)), "{:?}", account.outcome);
                fuel = account.fuel_spent;
                times.push(took.as_secs_f64() * 1e3);
            }
            let spread = Spread::of(times);
            let (low, high) = spread.range();
            println!(
                "  {:<15} {:>6.2} ms ({low:.2} to {high:.2}, {CALLS} calls), {:>6.1} million units of fuel",
                embedded.name,
                spread.median(),
                fuel as f64 / 1e6
            );
        }
        println!("  Each judge's slowest rules, as shares of its own time outside of the sandbox:");
        print!("{}", slowest(&bed, before));
    }
}

/// Asks the native judges for the shares of their rules. Their evidence comes from two folders, and serving it does not count.
fn slowest(bed: &Bed, before: bool) -> String {
    let (base, head) = (bed.beside("base"), bed.beside("head"));
    let lay = |folder: &Path, files: &[(String, String)]| {
        for (path, text) in files {
            let place = folder.join(path);
            fs::create_dir_all(place.parent().expect("a folder")).expect("folders");
            fs::write(place, text).expect("a file");
        }
    };
    let hello = [(README.0.to_owned(), README.1.to_owned())];
    lay(&base, &if before { files(None) } else { hello.to_vec() });
    lay(&head, &files(Some("head")));
    if !before {
        lay(&head, &hello);
    }
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins/rust/Cargo.toml");
    let cargo = std::env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from);
    let mut command = Command::new(cargo);
    command.args([
        "run",
        "--release",
        "--locked",
        "--quiet",
        "--package",
        "cases",
        "--bin",
        "try-judges",
    ]);
    command.arg("--manifest-path").arg(manifest);
    command.args(["--", "--slowest"]).args([base, head]);
    let output = command.output().expect("cargo starts");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "the native judges do not build or run:\n{complaint}"
    );
    let lines = String::from_utf8_lossy(&output.stdout);
    lines.lines().map(|line| format!("  {line}\n")).collect()
}

/// What a repository holds before its first real file.
const README: (&str, &str) = ("README.md", "Hello\n");

fn files(round: Option<&str>) -> Vec<(String, String)> {
    (0..FILES).map(|number| file(number, round)).collect()
}

fn change(bed: &Bed, before: bool) -> (Arc<Case>, Arc<Evidence>) {
    let commit = |round: Option<&str>| {
        let files = files(round);
        let edits: Vec<Edit<'_>> = files
            .iter()
            .map(|(path, text)| Edit::Write(path, text.as_bytes()))
            .collect();
        bed.commit("Change", &edits)
    };
    let base = if before {
        commit(None)
    } else {
        bed.commit("Begin", &[Edit::Write(README.0, README.1.as_bytes())])
    };
    let head = commit(Some("head"));
    room::between(bed, base, head, RangeKind::FirstParent)
}

/// A source file, in which some lines differ from round to round.
fn file(number: usize, round: Option<&str>) -> (String, String) {
    let line = |index: usize| {
        let value = match round {
            Some(round) if index.is_multiple_of(CHANGED_EVERY) => format!("{round}_{index}"),
            _ => format!("value_{index}"),
        };
        match (number % 4, index % 6) {
            (0, 0) => format!("pub fn {value}(count: usize, names: &[String]) -> Result<usize, Error> {{\n"),
            (0, 5) => "}\n".to_owned(),
            (0, _) => format!("    let total = names.iter().filter(|name| name.len() > count).count(); // {value}\n"),
            (1, 0) => format!("def {value}(count, names):\n"),
            (1, _) => format!("    total = sum(1 for name in names if len(name) > count)  # {value}\n"),
            (2, 0) => format!("export function {value}(count: number, names: string[]): number {{\n"),
            (2, 5) => "}\n".to_owned(),
            (2, _) => format!("  const total = names.filter((name) => name.length > count).length; // {value}\n"),
            (_, 0) => format!("static int {value}(size_t count, const char *const *names)\n{{\n"),
            (_, 5) => "}\n".to_owned(),
            (_, _) => format!("    total += strlen(names[count]) > count ? 1 : 0; /* {value} */\n"),
        }
    };
    let ending = ["rs", "py", "ts", "c"][number % 4];
    let folder = number / 10;
    (
        format!("src/part{folder}/file{number}.{ending}"),
        (0..LINES).map(line).collect(),
    )
}

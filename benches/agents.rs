//! What grants cost: a permission check among many, a whole call of an agent against bare wasmtime, and one host call against
//! the bare function behind it.
//!
//! Bare means the same as in `call`: no fuel, no epochs, no limits, no record, and host functions that give the same answer
//! at once each time.

use std::fs;
use std::hint::black_box;
use std::time::Instant;

use assize::policy::Policy;
use assize::policy::grant::{Grants, Request};
use assize::policy::permission::Permission;
use assize::sandbox::{Allocation, Surroundings, Task};
use assize::workspace::Workspace;
use assize_benches::{Spread, compare};
use assize_tests::guests;
use assize_tests::workshop::Workshop;
use bare_agent::BareAgents;

mod bare_agent;

/// How many file patterns the role has.
const PATTERNS: usize = 64;
/// How many checks make one sample.
const CHECKS: u32 = 1_000;
/// How many samples are taken.
const SAMPLES: usize = 201;

/// Reads the file `src/a.txt` so often, then is done.
fn reader(times: u32) -> Vec<u8> {
    let body = format!(
        "(local $n i32) (local.set $n (i32.const {times}))
         (block $end (loop $on
           (br_if $end (i32.eqz (local.get $n)))
           (global.set $next (i32.const 65536))
           (call $read (i32.const 6144) (i32.const 9) (i64.const 0) (i32.const 4096) (i32.const 4096))
           (local.set $n (i32.sub (local.get $n) (i32.const 1)))
           (br $on)))
         (i32.const 2048)"
    );
    guests::agent_with("(data (i32.const 6144) \"src/a.txt\")", &body)
}

fn main() {
    checks();
    calls();
}

/// A role with many patterns, of which the last one opens what is asked for.
#[expect(clippy::print_stdout, reason = "printing figures is what a measurement is for")]
fn checks() {
    let patterns: Vec<String> = (1..PATTERNS)
        .map(|number| format!("\"part{number}/**/*.rs\""))
        .collect();
    let text = format!(
        "version = 1\n[roles.many]\nallow = [\"workspace.*\", \"state.*\", \"artifacts.*\"]\n[roles.many.files]\nread = [{}, \"src/**\"]\n\
         [roles.judge]\nallow = [\"evidence.*\"]\n[judges.technical]\nplugin = \"technical\"\nrole = \"judge\"\n\
         [councils.default]\njudges = [\"technical\"]\n",
        patterns.join(", ")
    );
    let policy = Policy::parse("bench.toml", &text).expect("a policy");
    let wants = ["workspace.read".to_owned()];
    let asked = Request {
        plugin: "bench",
        requires: &[],
        wants: &wants,
        imports: &[],
    };
    let grants = Grants::resolve(&policy, "many", asked).expect("grants");
    let check =
        |path: &str| grants.allows(black_box(Permission::WorkspaceRead)) && grants.files().may_read(black_box(path));
    assert!(check("src/deep/in/a/file.rs") && !check("other/file.rs"));
    for (what, path) in [
        ("granted by the last", "src/deep/in/a/file.rs"),
        ("refused by all", "other/deep/in/a/file.rs"),
    ] {
        let mut nanoseconds = Vec::new();
        for _ in 0..SAMPLES {
            let start = Instant::now();
            for _ in 0..CHECKS {
                black_box(check(path));
            }
            nanoseconds.push(start.elapsed().as_secs_f64() * 1e9 / f64::from(CHECKS));
        }
        let allocated = allocation_counter::measure(|| {
            black_box(check(path));
        });
        let spread = Spread::of(nanoseconds);
        let (low, high) = spread.range();
        println!(
            "a permission check, {PATTERNS} patterns, {what}: {:.0} ns ({low:.0} to {high:.0}, {SAMPLES} samples), {} allocations",
            spread.median(),
            allocated.count_total
        );
    }
}

/// Calls of an agent that reads a small file now and then.
#[expect(clippy::print_stdout, reason = "printing figures is what a measurement is for")]
fn calls() {
    let workshop = Workshop::open_with(Allocation::Pooling);
    fs::create_dir(workshop.folder().join("src")).expect("a folder");
    let contents = b"fn f0() {}\n".repeat(50);
    fs::write(workshop.folder().join("src/a.txt"), &contents).expect("a file");
    let workspace = Workspace::open(&workshop.folder()).expect("a workspace");
    let role = "allow = [\"workspace.*\"]\n[roles.agent.files]\nread = [\"**\"]\n";
    let task = Task::new("bench", "null").expect("a task");
    let mut medians = Vec::new();
    for (name, times, calls) in [
        ("done at once", 0, 2_000),
        ("that reads a file 50 times", 50, 200),
        ("that reads it 100 times", 100, 200),
    ] {
        let component = reader(times);
        let loaded = workshop.load(&component);
        let grants = workshop.grants(role, &loaded);
        let bare = BareAgents::new(&component, &contents);
        compare(
            &format!("an agent {name}"),
            11,
            calls,
            || {
                drop(
                    workshop
                        .sandbox
                        .run(&loaded, &task, grants.clone(), in_folder(&workspace)),
                );
            },
            || bare.call(),
        );
        let start = Instant::now();
        for _ in 0..calls {
            drop(
                workshop
                    .sandbox
                    .run(&loaded, &task, grants.clone(), in_folder(&workspace)),
            );
        }
        medians.push(start.elapsed().as_secs_f64() * 1e6 / f64::from(calls));
    }
    let grants = {
        let loaded = workshop.load(&reader(0));
        workshop.grants(role, &loaded)
    };
    let visit = workspace.visit(grants.files().clone(), 0);
    let mut times = Vec::new();
    for _ in 0..SAMPLES {
        let start = Instant::now();
        for _ in 0..100 {
            drop(black_box(visit.read("src/a.txt", 0, 4096)));
        }
        times.push(start.elapsed().as_secs_f64() * 1e4);
    }
    let native = Spread::of(times).median();
    let each = (medians[2] - medians[1]) / 50.0;
    println!(
        "one `workspace.read` of {} bytes: {each:.2} µs from a guest, {native:.2} µs the bare function, so {:.2} µs are added, ratio {:.2}",
        contents.len(),
        each - native,
        each / native
    );
}

/// Only a folder around the call.
fn in_folder(workspace: &Workspace) -> Surroundings<'_> {
    Surroundings {
        workspace: Some(workspace),
        ..Surroundings::default()
    }
}

//! The same small agent in every guest language: how large it is, how long it takes to load for the first time and again, and
//! how long one call takes. Guests that are not built are left out, and said to be.

use std::fs;

use assize::sandbox::{Allocation, EngineOptions, Sandbox, Surroundings, Task};
use assize::workspace::Workspace;
use assize_benches::{Spread, once};
use assize_tests::languages;
use assize_tests::workshop::Workshop;

/// How many calls are counted.
const CALLS: usize = 31;

#[expect(clippy::print_stdout, reason = "printing figures is what a measurement is for")]
fn main() {
    println!("| agent in | size | first load | warm load | one call |\n|---|---|---|---|---|");
    for (language, component) in languages::guests("agent") {
        let cache = tempfile::tempdir().expect("a folder");
        let engine = || {
            Sandbox::start(&EngineOptions {
                cache_dir: Some(cache.path().to_owned()),
                allocation: Allocation::Pooling,
            })
            .expect("the engine starts")
        };
        let first = engine();
        let (loaded, cold) = once(|| {
            first
                .load_agent(&component)
                .expect("the machine holds")
                .expect("an agent")
        });
        drop((loaded, first));
        let again = engine();
        let (loaded, warm) = once(|| {
            again
                .load_agent(&component)
                .expect("the machine holds")
                .expect("an agent")
        });
        let workshop = Workshop::open_in(again);
        fs::write(workshop.folder().join("a.txt"), "one two three\n").expect("a file");
        let workspace = Workspace::open(&workshop.folder()).expect("a workspace");
        let role = "allow = [\"workspace.*\"]\n[roles.agent.files]\nread = [\"**\"]\nwrite = [\"**\"]\n";
        let grants = workshop.grants(role, &loaded);
        let task = Task::new("bench", "null").expect("a task");
        let mut times = Vec::new();
        for _ in 0..CALLS {
            let call = || {
                workshop
                    .sandbox
                    .run(&loaded, &task, grants.clone(), in_folder(&workspace))
            };
            let (account, took) = once(call);
            drop(account.expect("the machine holds"));
            times.push(took.as_secs_f64() * 1e3);
        }
        println!(
            "| {language} | {} KiB | {:.0} ms | {:.1} ms | {:.2} ms |",
            component.len().div_ceil(1024),
            cold.as_secs_f64() * 1e3,
            warm.as_secs_f64() * 1e3,
            Spread::of(times).median()
        );
    }
}

/// Only a folder around the call.
fn in_folder(workspace: &Workspace) -> Surroundings<'_> {
    Surroundings {
        workspace: Some(workspace),
        ..Surroundings::default()
    }
}

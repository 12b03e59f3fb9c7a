//! A sandboxed judge call against bare wasmtime on the same component with constant stubs.
//!
//! Bare means: the engine's own defaults with the same pool, no fuel, no epochs, no limits, and host functions that give
//! the same answer at once each time, as fast as they can. Both make a fresh store and a fresh instance a call.

use std::sync::Arc;

use assize::catalog::EMBEDDED;
use assize::council::{Brief, Told};
use assize::driver::hearing::{self, Component as Bytes, Sitting};
use assize::sandbox::Allocation;
use assize_benches::compare;
use assize_tests::bed::Bed;
use assize_tests::{guests, room};
use bare::BareEngine;

mod bare;

fn main() {
    let bed = Bed::new("/nowhere");
    let (case, evidence) = room::case(&bed);
    let files = u32::try_from(case.changes.len()).expect("few files");
    let sandbox = room::sandbox(Allocation::Pooling);
    let lines: Vec<String> = (0..50).map(|_| "fn f0() {}".to_owned()).collect();
    for (name, judge, component, calls) in measured() {
        let policy = room::policy(&[judge], 1, "unanimous");
        let appointment = policy.judge(judge).expect("the judge is appointed");
        let loaded = hearing::load_all(&sandbox, &[Bytes::Ok(component.clone())]).expect("the machine holds");
        let brief = Brief::of(&policy, "default", appointment, &case, &Told::nothing(&policy));
        let sitting = Sitting::prepare(&policy, appointment, brief, &loaded[0]);
        let (judge, grants) = sitting.judge.as_ref().expect("the judge sits");
        let bare = BareEngine::new(&component, files, &lines);
        compare(
            name,
            11,
            calls,
            || drop(sandbox.hear(judge, &sitting.brief, Arc::clone(&evidence), grants.clone())),
            || bare.call(),
        );
    }
}

/// What is measured: a name, the seat, the component, and how many calls make a round.
fn measured() -> Vec<(&'static str, &'static str, Vec<u8>, u32)> {
    let embedded = |name: &str| {
        let found = EMBEDDED.iter().find(|embedded| embedded.name == name);
        found.expect("it is embedded").component.to_vec()
    };
    let loops = "(local $n i32) (local.set $n (i32.const 2000000))
        (loop $on (br_if $on (local.tee $n (i32.sub (local.get $n) (i32.const 1))))) (i32.const 2048)";
    vec![
        (
            "a guest that answers at once",
            "guest",
            guests::judge("(i32.const 2048)"),
            2_000,
        ),
        (
            "constitutional, 40 files",
            "constitutional",
            embedded("constitutional"),
            200,
        ),
        (
            "technical, 40 files of 50 lines",
            "technical",
            embedded("technical"),
            20,
        ),
        ("quality, 40 files of 50 lines", "quality", embedded("quality"), 20),
        (
            "integration, 40 files of 50 lines",
            "integration",
            embedded("integration"),
            20,
        ),
        (
            "the worst case: a loop of 4 instructions",
            "guest",
            guests::judge(loops),
            50,
        ),
    ]
}

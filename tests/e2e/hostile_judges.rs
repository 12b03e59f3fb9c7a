//! Hostile judges end as no opinion with the reason, and the others still vote.

use assize::sandbox::{Allocation, Judge, Sandbox, Unusable};
use assize_provenance::opinion::{Absence, Vote};
use assize_provenance::verdict::Outcome;
use assize_tests::bed::Bed;
use assize_tests::hostile::{self, Hostile};
use assize_tests::{guests, room};

/// Each hostile judge sits between two honest ones.
#[test]
fn each_ends_as_no_opinion_with_the_reason_and_the_others_vote() {
    let bed = Bed::new("/nowhere");
    let (case, evidence) = room::case(&bed);
    let honest = guests::judge("(i32.const 2048)");
    let policy = room::policy(&["first", "guest", "last"], 2, "unanimous");
    for allocation in [Allocation::Pooling, Allocation::OnDemand] {
        let sandbox = room::sandbox(allocation);
        for Hostile { name, component, ends } in hostile::judges() {
            let (verdict, heard) = room::hear(&sandbox, &policy, &[&honest, &component, &honest], &case, &evidence);
            let reason = heard[1].heard.as_ref().expect_err(name);
            assert_eq!(*reason, ends, "{name} ({allocation:?}): {}", heard[1].detail);
            assert!(!heard[1].detail.is_empty(), "{name} ends without a word");
            for other in [&heard[0], &heard[2]] {
                assert_eq!(
                    other.heard.as_ref().expect("the others are heard").vote,
                    Vote::Approve,
                    "beside {name}"
                );
            }
            assert_eq!(
                verdict.outcome,
                Outcome::Approved,
                "two of three are the quorum, beside {name}"
            );
        }
    }
}

/// A missing opinion never counts as approval.
#[test]
fn without_a_quorum_there_is_no_verdict() {
    let bed = Bed::new("/nowhere");
    let (case, evidence) = room::case(&bed);
    let sandbox = room::sandbox(Allocation::OnDemand);
    let honest = guests::judge("(i32.const 2048)");
    let trap = guests::judge("unreachable");
    let policy = room::policy(&["first", "guest"], 2, "unanimous");
    let (verdict, _) = room::hear(&sandbox, &policy, &[&honest, &trap], &case, &evidence);
    assert_eq!(verdict.outcome, Outcome::Undecided);
}

fn load(sandbox: &Sandbox, component: &[u8]) -> Result<Judge, Unusable> {
    sandbox.load(component).expect("the machine holds")
}

#[test]
fn a_component_that_does_not_fit_is_refused_by_name() {
    let sandbox = room::sandbox(Allocation::OnDemand);
    let refused = |text: &str| load(&sandbox, &guests::component(text)).expect_err("is refused");
    let http = refused(r#"(component (import "wasi:http/types@0.2.3" (instance)))"#);
    assert!(
        matches!(&http, Unusable::Import { import, .. } if import == "wasi:http/types@0.2.3"),
        "{http}"
    );
    let newer = refused(r#"(component (import "wasi:cli/environment@0.3.0" (instance)))"#);
    assert!(
        matches!(&newer, Unusable::WasiVersion { .. }) && newer.to_string().contains("WASI 0.2"),
        "{newer}"
    );
    let newer = refused(r#"(component (import "assize:plugin/evidence@0.2.0" (instance)))"#);
    assert!(matches!(newer, Unusable::ContractVersion { .. }), "{newer}");
    assert!(
        newer.to_string().contains("0.2.0") && newer.to_string().contains("0.1.0"),
        "{newer}"
    );
    let agent = refused(r#"(component (import "assize:plugin/workspace@0.1.0" (instance)))"#);
    assert!(matches!(agent, Unusable::Import { .. }), "{agent}");
    let empty = refused("(component)");
    assert!(matches!(empty, Unusable::World { .. }), "{empty}");
    let liar = refused(
        r#"(component
             (core module $m (func (export "f") (result i32) (i32.const 0)))
             (core instance $i (instantiate $m))
             (func (export "describe") (result u32) (canon lift (core func $i "f")))
             (func (export "judge") (result u32) (canon lift (core func $i "f"))))"#,
    );
    assert!(matches!(liar, Unusable::World { .. }), "{liar}");
    let module = load(&sandbox, &guests::component("(module)")).expect_err("a core module is no component");
    assert!(matches!(module, Unusable::NotAComponent { .. }), "{module}");
    let noise = load(&sandbox, b"\0asm\x0d\0\x01\0garbage").expect_err("noise is no component");
    assert!(matches!(noise, Unusable::NotAComponent { .. }), "{noise}");
}

/// Nine memories fit no call, with and without the pool.
#[test]
fn too_many_memories_are_refused_before_anything_runs() {
    let memories = "(memory 1)".repeat(9);
    let component = guests::judge_with(&memories, "(i32.const 2048)");
    for allocation in [Allocation::Pooling, Allocation::OnDemand] {
        let refused = load(&room::sandbox(allocation), &component).expect_err("is refused");
        assert!(matches!(refused, Unusable::Resources { .. }), "{refused}");
    }
}

/// A `describe` that never ends costs its own small limits and nothing else.
#[test]
fn a_judge_that_cannot_say_what_it_is_cannot_sit() {
    let text = r#"(module (memory (export "memory") 2)
        (func (export "describe") (result i32) (loop $on (br $on)) unreachable)
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
        (func (export "judge") (param i32) (result i32) unreachable))"#;
    let refused = load(&room::sandbox(Allocation::OnDemand), &guests::module(text)).expect_err("is refused");
    assert!(matches!(refused, Unusable::Describe { .. }), "{refused}");
}

#[test]
fn every_reason_is_reached_by_some_hostile_judge() {
    let reached: Vec<Absence> = hostile::judges().iter().map(|hostile| hostile.ends).collect();
    let all = [
        Absence::Trapped,
        Absence::FuelExhausted,
        Absence::MemoryExhausted,
        Absence::HostLimit,
        Absence::Malformed,
        Absence::Faulted,
    ];
    for absence in all {
        assert!(reached.contains(&absence), "no hostile judge ends as {absence:?}");
    }
}

/// The guest's own 64 MiB, and at most as much again for what the host holds meanwhile.
#[test]
fn peak_memory_grows_by_no_more_than_was_configured_and_64_mib() {
    const MIB: u64 = 1 << 20;
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_hostile-memory"))
        .output()
        .expect("it starts");
    let figures = String::from_utf8(output.stdout).expect("text");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(figures.lines().count(), hostile::judges().len(), "{figures}");
    for line in figures.lines() {
        let (bytes, name) = line.split_once('\t').expect("two columns");
        let grown: u64 = bytes.parse().expect("a number");
        assert!(grown <= (64 + 64) * MIB, "{name}: the peak grew by {} MiB", grown / MIB);
    }
    // The measure itself must be able to fail: a guest that takes all its memory shows.
    let largest = figures
        .lines()
        .filter_map(|line| line.split('\t').next()?.parse::<u64>().ok())
        .max();
    assert!(largest > Some(32 * MIB), "nothing was measured:\n{figures}");
}

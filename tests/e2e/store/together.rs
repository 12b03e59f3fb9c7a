//! Several processes on one store at once.

use std::process::{Child, Stdio};

use assize_tests::bed::ran;
use assize_tests::happenings::{all_events, insist_on_soundness};

use super::{Acknowledged, World};

/// The first of them also makes the store, whichever it is.
#[test]
fn two_and_six_processes_all_succeed() {
    for number in [2, 6] {
        let world = World::sqlite();
        for round in 0..2 {
            let names: Vec<String> = (0..number).map(|number| format!("writer-{round}-{number}")).collect();
            let children: Vec<Child> = names
                .iter()
                .map(|name| {
                    world
                        .writer(name, 30)
                        .stdout(Stdio::piped())
                        .stderr(Stdio::piped())
                        .spawn()
                        .expect("starts")
                })
                .collect();
            for (name, child) in names.iter().zip(children) {
                let run = ran(&child.wait_with_output().expect("ends")).expect(0);
                let acknowledged = Acknowledged::of(&run.stdout);
                assert_eq!(acknowledged.0.len(), 1 + 40, "{run:?}");
                acknowledged.is_kept(&world.open(), name, name);
            }
        }
        let store = world.open();
        assert_eq!(all_events(&store).len(), number * 2 * 40);
        insist_on_soundness(&store, &format!("{number} processes"));
    }
}

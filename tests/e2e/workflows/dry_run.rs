//! A dry run shows everything and leaves nothing.

use std::fs;

use assize_provenance::opinion::Vote;
use assize_tests::snapshot::Snapshot;

use super::{Plant, edit};

#[test]
fn a_dry_run_shows_the_difference_and_leaves_repository_and_store_byte_for_byte() {
    let workflow = format!(
        "version = 1\n{}{}",
        edit("one", 0, &[], ""),
        edit("two", 1, &["one"], "")
    );
    let plant = Plant::of(2, &[Vote::Approve], &[("work", &workflow)]);
    // With a store and a chain that are there already, and without.
    for round in 0..2 {
        let (repository, home) = (Snapshot::of(&plant.bed.repository()), plant.bed.home());
        let keys = fs::read_dir(&home).expect("a home").count();
        let view = plant.run(&["work", "--mode", "dry-run"], 0);
        assert_eq!(
            (&view["mode"], &view["outcome"]),
            (&"dry-run".into(), &"success".into()),
            "{view}"
        );
        let diff = view["diff"].as_str().expect("a difference");
        assert!(
            diff.contains("-old\n+new\n") && diff.contains("+++ b/src/f1.txt"),
            "{diff}"
        );
        let changed = Snapshot::of(&plant.bed.repository()).differences(&repository);
        assert!(changed.is_empty(), "round {round}: {changed:?}");
        assert_eq!(fs::read_dir(&home).expect("a home").count(), keys, "no keys were made");
        if round == 0 {
            let _ = plant.run(&["work", "--branch", "aside"], 0);
        }
    }
}

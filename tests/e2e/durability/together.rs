//! Several processes on one clone at once.

use std::process::{Child, Stdio};

use assize_tests::bed::{Bed, ran};
use assize_tests::records;

use super::{bed_of, is_sound};

/// Starts a review of each revision, all at once, and gives the ids of the verdicts' entries.
fn at_once(bed: &Bed, revisions: &[String]) -> Vec<String> {
    let start = |revision: &String| -> Child {
        let mut command = bed.command(&["review", revision, "--format", "json"]);
        command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("starts")
    };
    let children: Vec<Child> = revisions.iter().map(start).collect();
    let ids = children.into_iter().map(|child| {
        let run = ran(&child.wait_with_output().expect("ends")).expect(0);
        run.json()["entry"]["id"].as_str().expect("an entry").to_owned()
    });
    ids.collect()
}

/// The first of them also makes the keys and starts the log, whichever it is.
#[test]
fn two_and_eight_processes_all_succeed() {
    for number in [2, 8] {
        let bed = bed_of(number);
        let revisions: Vec<String> = (0..number).map(|back| format!("HEAD~{back}")).collect();
        for round in 1..=2 {
            let mut verdicts = at_once(&bed, &revisions);
            verdicts.sort();
            verdicts.dedup();
            assert_eq!(verdicts.len(), number, "two processes were told of the same entry");
            let logs = records::logs(&bed.repository());
            assert_eq!(logs.len(), 1, "they did not share one log: {:?}", logs.keys());
            // A case, an opinion and a verdict each.
            let lines: Vec<&Vec<u8>> = logs.values().flatten().collect();
            assert_eq!(lines.len(), 3 * number * round);
            let kept = |verdict: &String| {
                let log = bed.assize(&["audit", "show", verdict, "--format", "json"]).expect(0);
                lines.iter().any(|line| log.stdout.as_bytes().starts_with(line))
            };
            assert!(verdicts.iter().all(kept), "an acknowledged verdict is not in the log");
            is_sound(&bed, &format!("{number} processes, round {round}"));
        }
    }
}

/// Times in entries are whole seconds, so entries of one second must differ by something else.
#[test]
fn the_same_change_can_be_judged_again_within_a_second() {
    let bed = bed_of(1);
    for _ in 0..2 {
        let revisions = vec!["HEAD".to_owned(); 4];
        at_once(&bed, &revisions);
    }
    let mut lines = records::entries(&bed.repository());
    lines.sort();
    lines.dedup();
    assert_eq!(lines.len(), 3 * 8, "two reviews have entries in common");
    is_sound(&bed, "after eight reviews of one change");
}

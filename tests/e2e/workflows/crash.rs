//! Killed at every point: the next process brings the run to the same end, and nothing that was recorded happens twice.

use std::collections::BTreeMap;
use std::path::Path;

use assize::event::{Event, Kind, Step};
use assize::store::{EventFilter, PAGE_ROWS_MAX, Store};
use assize_provenance::opinion::Vote;
use assize_tests::bed::{Run, ran};
use assize_tests::dice::Dice;
use assize_tests::snapshot::Snapshot;
use assize_tests::{tools, trace};
use serde_json::Value;

use super::{Plant, STRACE, edit, tasks};

/// The calls that bring something to disk, or make it count.
const CALLS: &[&str] = &["fsync", "fdatasync", "rename", "renameat", "link", "unlink", "mkdir"];
/// More calls of one kind than a run makes.
const CALLS_MAX: u64 = 20_000;

/// How many points of each kind are tried: all of them with 0. The short run of CI takes a sample.
fn points() -> usize {
    let given = std::env::var("ASSIZE_CRASH_POINTS").ok();
    given.and_then(|points| points.parse().ok()).unwrap_or(3)
}

/// How wide the run is: it has four times as many tasks, and two more.
fn width() -> usize {
    let given = std::env::var("ASSIZE_CRASH_WIDTH").ok();
    let standard = if points() == 0 { 10 } else { 2 };
    given.and_then(|width| width.parse().ok()).unwrap_or(standard)
}

/// How many random instants are tried.
fn instants() -> usize {
    let given = std::env::var("ASSIZE_CRASH_INSTANTS").ok();
    let standard = if points() == 0 { 500 } else { 5 };
    given.and_then(|instants| instants.parse().ok()).unwrap_or(standard)
}

/// A workflow of `width` * 4 + 2 tasks: fan-out, retries, fan-in, one after the other, all judged and landed.
fn workflow(width: usize) -> String {
    let mut text = String::from("version = 1\nconcurrency = 1\n");
    text.push_str(&edit("begin", 0, &[], ""));
    let mut all = Vec::new();
    for number in 0..width {
        let (a, b, c, d) = (
            format!("a{number}"),
            format!("b{number}"),
            format!("c{number}"),
            format!("d{number}"),
        );
        text.push_str(&edit(&a, 1 + number, &["begin"], ""));
        text.push_str(&format!(
            "[tasks.{b}]\nagent = \"fickle\"\nneeds = [\"{a}\"]\nretry = {{ attempts = 2, delay_ms = 1 }}\n"
        ));
        text.push_str(&format!(
            "[tasks.{c}]\nagent = \"idle\"\nneeds = [\"{b}\"]\ncouncil = \"none\"\n"
        ));
        text.push_str(&edit(&d, 1 + width + number, &[&c], ""));
        all.push(d);
    }
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    text.push_str(&format!("[tasks.end]\nagent = \"idle\"\nneeds = {all:?}\n"));
    text
}

/// What must be the same, however often the process was killed.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    tree: String,
    /// Of each task: state, commit, and of each verdict council, decision and case.
    tasks: BTreeMap<String, (String, String, Vec<String>)>,
    /// What agents remember.
    remembered: usize,
}

fn outcome(plant: &Plant, view: &Value) -> Outcome {
    let tasks = tasks(view)
        .into_iter()
        .map(|(name, task)| {
            let verdicts = task["verdicts"].as_array().expect("verdicts").iter();
            let verdicts = verdicts.map(|verdict| {
                let case = verdict["case"].as_str().expect("a case");
                format!("{} {} {case}", verdict["council"], verdict["decision"])
            });
            let state = task["state"].as_str().expect("a state").to_owned();
            (name, (state, task["commit"].to_string(), verdicts.collect()))
        })
        .collect();
    let store = Store::open(&plant.state()).expect("the store opens");
    let keys = store.state_list("fickle", "", None, 100).expect("keys");
    Outcome {
        tree: plant.tree("refs/heads/main"),
        tasks,
        remembered: keys.keys.len(),
    }
}

/// Every step but those that say that something was begun is recorded once, and the chain holds one verdict for each.
fn nothing_happened_twice(plant: &Plant, when: &str) {
    let store = Store::open(&plant.state()).expect("the store opens");
    let filter = EventFilter {
        kind: Some(Kind::Workflow),
        ..EventFilter::default()
    };
    let (mut after, mut seen, mut verdicts) = (0, BTreeMap::new(), 0);
    loop {
        let page = store.events(&filter, after, PAGE_ROWS_MAX).expect("events");
        let Some(last) = page.last() else { break };
        after = last.sequence;
        for recorded in page {
            let Event::Workflow(step) = recorded.event else {
                continue;
            };
            let key = match &step {
                Step::AttemptEnded { task, attempt, .. } => format!("ended {task} {attempt}"),
                Step::Judged {
                    task,
                    attempt,
                    council,
                    commit,
                    ..
                } => {
                    verdicts += 1;
                    format!("judged {task} {attempt} {council} {commit}")
                }
                Step::Landed { task, .. } => format!("landed {task}"),
                Step::Ended { .. } => "end".to_owned(),
                _ => continue,
            };
            *seen.entry(key).or_insert(0) += 1;
        }
    }
    let twice: Vec<&String> = seen
        .iter()
        .filter(|(_, times)| **times > 1)
        .map(|(key, _)| key)
        .collect();
    assert!(twice.is_empty(), "{when}: {twice:?}");
    let log = plant.assize(&["audit", "log", "--format", "json"]).expect(0).json();
    let entries = log["entries"].as_array().expect("entries").iter();
    // Those of the run are the host's; the review before it was a person's.
    let of_the_run = |entry: &&Value| entry["kind"] == "verdict" && entry["actor"] == "assize";
    let recorded = entries.filter(of_the_run).count();
    assert_eq!(recorded, verdicts, "{when}: verdicts in the chain and in the record");
}

/// Goes on until the run has ended.
fn recovers(plant: &Plant, when: &str) -> Value {
    let run = plant.assize(&["run", "--continue", "--format", "json"]);
    assert_eq!(run.code, 0, "{when}: {run:?}");
    if !run.stdout.is_empty() {
        return run.json();
    }
    // It had ended before it was killed.
    let list = plant.assize(&["task", "list", "--format", "json"]).expect(0).json();
    let id = list["runs"][0]["run"].as_str().expect("a run").to_owned();
    plant
        .assize(&["task", "show", &id, "--format", "json"])
        .expect(0)
        .json()
}

fn killed(strace: &Path, plant: &Plant, call: &str, point: u64) -> Run {
    let (filter, injection) = (
        format!("trace={call}"),
        format!("inject={call}:signal=KILL:when={point}"),
    );
    let options = ["-f", "-qq", "-o", "/dev/null", "-e", &filter, "-e", &injection, "--"];
    let run = plant.bed.command(&["run", "--continue", "--format", "json"]);
    ran(&trace::under(strace, &options, &run).output().expect("strace starts"))
}

/// The plant with a submitted run, and what comes of it when nobody disturbs it.
fn prepared(width: usize) -> (Plant, Snapshot, Snapshot, Outcome) {
    let plant = Plant::of(
        1 + 2 * width,
        &[Vote::Approve, Vote::Approve],
        &[("work", &workflow(width))],
    );
    // Keys and log are there before.
    let _ = plant.assize(&["review", "HEAD"]);
    let _ = plant.assize(&["run", "work", "--submit"]).expect(0);
    let (repository, home) = (Snapshot::of(&plant.bed.repository()), Snapshot::of(&plant.bed.home()));
    let view = recovers(&plant, "undisturbed");
    assert_eq!(view["outcome"], "success", "{view}");
    let outcome = outcome(&plant, &view);
    nothing_happened_twice(&plant, "undisturbed");
    (plant, repository, home, outcome)
}

#[expect(clippy::print_stdout, reason = "a campaign says how large it was")]
#[test]
fn a_run_that_is_killed_anywhere_comes_to_the_same_end() {
    let Some(strace) = tools::program("strace", STRACE) else {
        return;
    };
    let (plant, repository, home, undisturbed) = prepared(width());
    let mut dice = Dice::of("crash points of a run");
    let mut kills = 0;
    for call in CALLS {
        let mut point = 1;
        let mut tried = 0;
        while point < CALLS_MAX && (points() == 0 || tried < points()) {
            repository.restore();
            home.restore();
            let run = killed(&strace, &plant, call, point);
            if run.code != -1 {
                break;
            }
            let when = format!("killed at {call} {point}");
            let view = recovers(&plant, &when);
            assert_eq!(outcome(&plant, &view), undisturbed, "{when}");
            nothing_happened_twice(&plant, &when);
            let _ = plant.assize(&["audit", "verify"]).expect(0);
            plant.is_tidy(&when);
            kills += 1;
            tried += 1;
            point += if points() == 0 { 1 } else { 1 + dice.below(40) as u64 };
        }
    }
    assert!(kills >= CALLS.len(), "only {kills} kills");
    println!("{} tasks, {kills} points", 4 * width() + 2);
}

#[expect(clippy::print_stdout, reason = "a campaign says how large it was")]
#[test]
fn a_run_that_is_killed_again_and_again_comes_to_the_same_end() {
    let (plant, repository, home, undisturbed) = prepared(width());
    let mut dice = Dice::of("random instants of a run");
    for round in 0..instants() {
        repository.restore();
        home.restore();
        for _ in 0..1 + dice.below(3) {
            let mut command = plant.bed.command(&["run", "--continue", "--format", "json"]);
            command
                .stdout(std::process::Stdio::null())
                .stderr(std::process::Stdio::null());
            let mut child = command.spawn().expect("it starts");
            std::thread::sleep(std::time::Duration::from_millis(dice.below(600) as u64));
            child.kill().expect("it is killed");
            let _ = child.wait().expect("it ends");
        }
        let when = format!("round {round}");
        let view = recovers(&plant, &when);
        assert_eq!(outcome(&plant, &view), undisturbed, "{when}");
        nothing_happened_twice(&plant, &when);
        let _ = plant.assize(&["audit", "verify"]).expect(0);
        plant.is_tidy(&when);
    }
    println!("{} tasks, {} series of random kills", 4 * width() + 2, instants());
}

/// What a person signed is on record; whoever drives is killed between that and the landing.
#[test]
fn what_a_person_signed_is_entered_once_wherever_the_driver_is_killed() {
    let Some(strace) = tools::program("strace", STRACE) else {
        return;
    };
    let plant = Plant::of(
        1,
        &[Vote::Approve],
        &[("work", &format!("version = 1\n{}", edit("one", 0, &[], "")))],
    );
    let _ = plant.assize(&["key", "new", "--role", "person"]).expect(0);
    let view = plant.run(&["work", "--mode", "strict"], 3);
    let target = format!("{}/one", view["run"].as_str().expect("a run"));
    let shown = tasks(&view)["one"]["shown"].as_str().expect("a digest").to_owned();
    // Killed as soon as it drives: the request is on record, and nobody has answered.
    let (repository, home) = (Snapshot::of(&plant.bed.repository()), Snapshot::of(&plant.bed.home()));
    let mut dice = Dice::of("kills between a signature and a landing");
    let mut kills = 0;
    for call in CALLS {
        let mut point = 1;
        for _ in 0..points().max(1) {
            repository.restore();
            home.restore();
            let (filter, injection) = (
                format!("trace={call}"),
                format!("inject={call}:signal=KILL:when={point}"),
            );
            let options = ["-f", "-qq", "-o", "/dev/null", "-e", &filter, "-e", &injection, "--"];
            let approves = plant.bed.command(&["task", "approve", &target, "--shown", &shown]);
            let run = ran(&trace::under(&strace, &options, &approves)
                .output()
                .expect("strace starts"));
            if run.code != -1 {
                break;
            }
            kills += 1;
            let when = format!("killed at {call} {point}");
            let _ = plant.assize(&["run", "--continue"]);
            let list = plant
                .assize(&["task", "list", "--open", "--format", "json"])
                .expect(0)
                .json();
            if !list["runs"].as_array().expect("runs").is_empty() {
                // It was killed before it asked: whoever asks again signs again.
                let again = plant.assize(&["task", "approve", &target, "--shown", &shown]);
                assert_eq!(again.code, 0, "{when}: {again:?}");
            }
            assert_eq!(plant.text("src/f0.txt"), "new\n", "{when}");
            let log = plant.assize(&["audit", "log", "--format", "json"]).expect(0).json();
            let entries = log["entries"].as_array().expect("entries").iter();
            let approvals = entries.filter(|entry| entry["kind"] == "approval").count();
            assert_eq!(approvals, 1, "{when}: {log}");
            let _ = plant.assize(&["audit", "verify"]).expect(0);
            plant.is_tidy(&when);
            point += 1 + dice.below(12) as u64;
        }
    }
    assert!(kills >= 4, "only {kills} kills");
}

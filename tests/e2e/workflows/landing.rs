//! What lands, where, and on what.

use std::fs;

use assize_provenance::opinion::{Finding, Location, Opinion, Severity, Side, Vote};
use assize_tests::bed::{Edit, ran};
use assize_tests::guests;
use assize_tests::snapshot::Snapshot;
use serde_json::json;

use super::{Plant, edit, state, tasks};

#[test]
fn an_approved_change_lands_with_its_verdict_and_the_work_tree_follows() {
    let workflow = format!("version = 1\n{}", edit("one", 0, &[], ""));
    let plant = Plant::of(2, &[Vote::Approve, Vote::Approve], &[("work", &workflow)]);
    let view = plant.run(&["work"], 0);
    assert_eq!(view["outcome"], "success", "{view}");
    assert_eq!(plant.text("src/f0.txt"), "new\n", "the work tree shows what landed");
    let task = &tasks(&view)["one"];
    assert_eq!(task["verdicts"][0]["decision"], "approved");
    assert_eq!(
        view["tip"], task["commit"],
        "exactly the judged commit is on the branch"
    );
    let checked = plant
        .assize(&["audit", "check", "HEAD", "--format", "json"])
        .expect(0)
        .json();
    assert_eq!(checked["answer"], "approved");
    let _ = plant.assize(&["audit", "verify"]).expect(0);
    plant.is_tidy("after a run");
}

#[test]
fn a_rejected_change_does_not_land_and_what_needs_it_never_starts() {
    let workflow = format!(
        "version = 1\n{}{}",
        edit("one", 0, &[], ""),
        edit("two", 1, &["one"], "")
    );
    let plant = Plant::of(2, &[Vote::Reject], &[("work", &workflow)]);
    let before = plant.tree("refs/heads/main");
    let view = plant.run(&["work"], 1);
    assert_eq!(
        (state(&view, "one"), state(&view, "two")),
        ("failed".to_owned(), "blocked".to_owned())
    );
    assert_eq!(tasks(&view)["two"]["attempt"], 0);
    assert_eq!(plant.tree("refs/heads/main"), before);
    assert_eq!(plant.text("src/f0.txt"), "old\n");
    plant.is_tidy("after a rejection");
}

#[test]
fn changes_that_were_made_side_by_side_are_joined_and_judged_anew() {
    let tasks_of: String = (0..4)
        .map(|number| edit(&format!("t{number}"), number, &[], ""))
        .collect();
    let workflow = format!("version = 1\nconcurrency = 4\n{tasks_of}");
    let plant = Plant::of(4, &[Vote::Approve], &[("work", &workflow)]);
    let view = plant.run(&["work"], 0);
    for number in 0..4 {
        assert_eq!(plant.text(&format!("src/f{number}.txt")), "new\n", "{view}");
    }
    for task in tasks(&view).values() {
        let commit = task["commit"].as_str().expect("a commit");
        let checked = plant
            .assize(&["audit", "check", commit, "--format", "json"])
            .expect(0)
            .json();
        assert_eq!(
            checked["answer"], "approved",
            "each commit of the branch has a verdict of its own"
        );
    }
}

#[test]
fn changes_that_do_not_go_together_are_tried_again_on_top_of_each_other_or_fail() {
    let both = |retry: &str| {
        format!(
            "version = 1\nconcurrency = 2\n\
             [tasks.one]\nagent = \"editor\"\n{retry}\ninputs = {{ edits = {{ value = [{{ paths = [\"src/f0.txt\"], literal = \"old\", with = \"one\" }}] }} }}\n\
             [tasks.two]\nagent = \"editor\"\n{retry}\ninputs = {{ edits = {{ value = [{{ paths = [\"src/f0.txt\"], literal = \"old\", with = \"two\" }}] }} }}\n"
        )
    };
    let plant = Plant::of(1, &[Vote::Approve], &[("work", &both(""))]);
    let view = plant.run(&["work"], 1);
    let states: Vec<String> = ["one", "two"].iter().map(|task| state(&view, task)).collect();
    assert!(
        states.contains(&"success".to_owned()) && states.contains(&"failed".to_owned()),
        "{view}"
    );
    let failed = tasks(&view)
        .into_values()
        .find(|task| task["state"] == "failed")
        .expect("one failed");
    assert_eq!(failed["cause"], "conflict");
    assert!(
        failed["detail"]
            .as_str()
            .is_some_and(|detail| detail.contains("src/f0.txt")),
        "{failed}"
    );
}

#[test]
fn a_dirty_work_tree_refuses_what_would_land_and_keeps_what_is_in_it() {
    let workflow = format!("version = 1\n{}", edit("one", 0, &[], ""));
    let plant = Plant::of(1, &[Vote::Approve], &[("work", &workflow)]);
    fs::write(plant.bed.repository().join("src/f0.txt"), "mine\n").expect("a file");
    let view = plant.run(&["work"], 1);
    let task = &tasks(&view)["one"];
    assert!(
        task["detail"]
            .as_str()
            .is_some_and(|detail| detail.contains("src/f0.txt")),
        "{task}"
    );
    assert_eq!(plant.text("src/f0.txt"), "mine\n");
    // On a branch of its own it does not disturb anybody.
    let view = plant.run(&["work", "--branch", "assize/work"], 0);
    assert_eq!(view["branch"], "refs/heads/assize/work");
    assert_eq!(plant.text("src/f0.txt"), "mine\n");
}

#[test]
fn an_agent_reaches_neither_git_nor_policy_nor_what_its_role_does_not_open() {
    for path in [
        ".git/hooks/post-commit",
        ".assize/policy.toml",
        "agents/idle.wasm",
        "../f0.txt",
        ".git/refs/heads/main",
    ] {
        let workflow = "version = 1\n[tasks.one]\nagent = \"idle\"\n";
        let plant = Plant::of(1, &[Vote::Approve], &[("work", workflow)]);
        let grasping = guests::agent_with(
            &format!("(data (i32.const 4096) \"{path}\")"),
            &format!(
                "(call $write (i32.const 4096) (i32.const {}) (i32.const 2080) (i32.const 4) (i32.const 0) (i32.const 6144)) \
                 (i32.const 2048)",
                path.len()
            ),
        );
        plant
            .bed
            .commit("Reach out", &[Edit::Write("agents/idle.wasm", &grasping)]);
        let before = (
            Snapshot::of(&plant.bed.repository().join(".git/refs/heads")),
            plant.text(".assize/policy.toml"),
        );
        let view = plant.run(&["work"], 0);
        let task = &tasks(&view)["one"];
        assert_eq!(task["commit"], view["base"], "{path}: it changed nothing");
        let after = (
            Snapshot::of(&plant.bed.repository().join(".git/refs/heads")),
            plant.text(".assize/policy.toml"),
        );
        assert_eq!(before, after, "{path}");
        let target = format!("{}/one", view["run"].as_str().expect("a run"));
        let logs = plant
            .assize(&["task", "logs", &target, "--format", "json"])
            .expect(0)
            .json();
        assert_eq!(logs["host_calls"][0]["permission"], "workspace.write", "{logs}");
        // What is no path at all is refused before anybody asks the policy.
        if path.starts_with("..") {
            continue;
        }
        let refused = plant
            .assize(&["audit", "access", "--denied", "--format", "json"])
            .expect(0);
        assert!(refused.stdout.contains("workspace.write"), "{path}: {refused:?}");
    }
}

#[test]
fn the_policy_of_the_base_counts_and_not_that_of_the_work_tree() {
    let workflow = format!("version = 1\n{}", edit("one", 0, &[], ""));
    let plant = Plant::of(1, &[Vote::Reject], &[("work", &workflow)]);
    let policy = plant.text(".assize/policy.toml");
    let looser = policy.replace("\"unanimous\"", "\"majority\"");
    fs::write(
        plant.bed.repository().join(".assize/policy.toml"),
        format!("{looser}\n# looser\n"),
    )
    .expect("a file");
    let view = plant.run(&["work", "--branch", "aside"], 1);
    assert_eq!(state(&view, "one"), "failed");
}

#[test]
fn a_person_confirms_again_when_the_branch_has_moved_since() {
    // The base moves on: what the verdict rested on is another commit then, and the council looks again.
    let workflow = format!("version = 1\nmode = \"strict\"\n{}", edit("one", 0, &[], ""));
    let plant = Plant::of(2, &[Vote::Approve], &[("work", &workflow)]);
    let view = plant.run(&["work"], 3);
    assert_eq!(state(&view, "one"), "waiting", "{view}");
    let shown = tasks(&view)["one"]["shown"].as_str().expect("a digest").to_owned();
    plant.bed.commit("Go on", &[Edit::Write("src/f1.txt", b"elsewhere\n")]);
    let run = view["run"].as_str().expect("a run").to_owned();
    let target = format!("{run}/one");
    let answer = plant
        .assize(&["task", "approve", &target, "--shown", &shown, "--format", "json"])
        .json();
    assert_eq!(answer["accepted"], json!(true), "{answer}");
    // What was approved is not what would land now: the person is asked again about the new case.
    let task = &tasks(&answer["run"])["one"];
    assert_eq!(task["state"], "waiting", "{answer}");
    assert_ne!(task["shown"], json!(shown));
}

/// Changes the policy behind the back of a submitted run, and insists that this costs the task and not the driver.
fn insist_that_a_policy_costs_the_task(change: fn(&str) -> String, reason: &str) {
    let workflow = format!("version = 1\n{}", edit("one", 0, &[], ""));
    let plant = Plant::of(1, &[Vote::Approve], &[("work", &workflow)]);
    let _ = plant.assize(&["run", "work", "--submit"]).expect(0);
    let policy = change(&plant.text(".assize/policy.toml"));
    let edit = Edit::Write(".assize/policy.toml", policy.as_bytes());
    plant.bed.commit("Another policy", &[edit]);
    let view = plant
        .assize(&["run", "--continue", "--format", "json"])
        .expect(1)
        .json();
    let task = &tasks(&view)["one"];
    assert_eq!(task["cause"], "broken", "{view}");
    let detail = task["detail"].as_str().expect("it says why");
    assert!(detail.contains(reason), "{task}");
    plant.is_tidy(reason);
}

#[test]
fn a_council_that_the_branch_has_no_more_costs_the_task_and_not_the_driver() {
    let renamed = |policy: &str| {
        policy
            .replace("version = 1", "version = 1\ndefault_council = \"other\"")
            .replace("[councils.default]", "[councils.other]")
    };
    insist_that_a_policy_costs_the_task(renamed, "no council `default`");
}

#[test]
fn a_policy_that_cannot_be_read_any_more_costs_the_task_and_not_the_driver() {
    insist_that_a_policy_costs_the_task(|_| "version = 1\nroles = 7\n".to_owned(), "policy.toml");
}

#[test]
fn a_run_whose_record_makes_no_sense_stays_as_it_is_and_the_others_go_on() {
    let one = format!("version = 1\n{}", edit("one", 0, &[], ""));
    let two = format!("version = 1\n{}", edit("two", 1, &[], ""));
    let plant = Plant::of(2, &[Vote::Approve], &[("first", &one), ("second", &two)]);
    let lost = plant.assize(&["run", "first", "--submit"]).expect(0).stdout;
    let _ = plant.assize(&["run", "second", "--submit"]).expect(0);
    let store = rusqlite::Connection::open(plant.state().join("store.sqlite")).expect("opens");
    let removed = store.execute(
        "DELETE FROM contents WHERE digest = (SELECT plan FROM workflow_runs ORDER BY sequence LIMIT 1)",
        [],
    );
    assert_eq!(removed.expect("is removed"), 1);
    drop(store);
    let run = plant.assize(&["run", "--continue", "--format", "json"]).expect(0);
    assert!(
        run.stderr.contains("its plan is missing") && run.stderr.contains(lost.trim()),
        "{run:?}"
    );
    assert_eq!(run.json()["workflow"], "second");
    assert_eq!(plant.text("src/f1.txt"), "new\n");
    plant.is_tidy("after a run that makes no sense");
    let named = plant.assize(&["run", "--continue", lost.trim()]);
    assert!(
        named.code != 0 && named.stderr.contains("its plan is missing"),
        "{named:?}"
    );
}

/// A judge that rejects for one error in `src/f0.txt`.
fn faultfinder() -> Vec<u8> {
    let place = Location {
        side: Side::Head,
        path: "src/f0.txt".into(),
        start_line: 1,
        end_line: 1,
    };
    guests::saying(&Opinion {
        vote: Vote::Reject,
        findings: vec![Finding {
            rule: "j0/rule".into(),
            severity: Severity::Error,
            message: "New is not better.".into(),
            location: Some(place),
            suggestion: None,
        }],
        rationale: "I looked.".into(),
    })
}

/// The waiver holds up to the very position of the case, behind which the log has grown when the change lands.
#[test]
fn a_change_lands_by_a_waiver_that_people_signed_for_its_case() {
    let workflow = format!("version = 1\n{}", edit("one", 0, &[], ""));
    let plant = Plant::of(1, &[Vote::Approve], &[("work", &workflow)]);
    let judge = faultfinder();
    plant
        .bed
        .commit("Judge strictly", &[Edit::Write("judges/j0.wasm", &judge)]);
    let signed = |who: &str, words: &[&str]| {
        let as_person = |words: &[&str]| {
            let mut command = plant.bed.command(words);
            command.env("ASSIZE_ACTOR", who);
            let _ = ran(&command.output().expect("the binary under test starts")).expect(0);
        };
        as_person(&["key", "new", "--role", "person"]);
        as_person(words);
    };
    let propose = [
        "waiver", "propose", "--rule", "j0/rule", "--path", "src/**", "--reason", "It is.",
    ];
    signed(
        "alice",
        &[&propose[..], &["--expires", "in 2 days", "--until", "2"]].concat(),
    );
    signed("bob", &["waiver", "approve", "WV-0001"]);
    let view = plant.run(&["work"], 0);
    assert_eq!(plant.text("src/f0.txt"), "new\n", "{view}");
    let _ = plant.assize(&["audit", "check", "HEAD"]).expect(0);
    let replayed = ["audit", "verify", "--replay", "--require", "replay"];
    let _ = plant.assize(&replayed).expect(0);
    plant.is_tidy("after a run");
    let _ = plant
        .assize(&["waiver", "revoke", "WV-0001", "--reason", "Enough."])
        .expect(2);
}

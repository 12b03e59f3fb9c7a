//! What people decide: confirming, refusing, overriding, pausing, cancelling.

use assize_provenance::opinion::Vote;
use serde_json::{Value, json};

use super::{Plant, edit, state, tasks};

fn strict(plant: &Plant) -> (Value, String, String) {
    let view = plant.run(&["work", "--mode", "strict"], 3);
    let run = view["run"].as_str().expect("a run").to_owned();
    let shown = tasks(&view)["one"]["shown"].as_str().expect("a digest").to_owned();
    (view, format!("{run}/one"), shown)
}

fn plant(vote: Vote) -> Plant {
    let workflow = format!("version = 1\n{}", edit("one", 0, &[], ""));
    Plant::of(1, &[vote], &[("work", &workflow)])
}

#[test]
fn a_strict_run_waits_for_a_person_who_confirms_exactly_what_was_shown() {
    let plant = plant(Vote::Approve);
    let (view, target, shown) = strict(&plant);
    assert_eq!(view["outcome"], "waiting");
    assert_eq!(plant.text("src/f0.txt"), "old\n", "nothing has landed");
    let without = plant
        .assize(&["task", "approve", &target, "--format", "json"])
        .expect(1)
        .json();
    assert_eq!(without["accepted"], json!(false), "{without}");
    let other = "0".repeat(64);
    let stale = plant
        .assize(&["task", "approve", &target, "--shown", &other, "--format", "json"])
        .expect(1)
        .json();
    assert!(
        stale["reason"].as_str().is_some_and(|reason| reason.contains("shown")),
        "{stale}"
    );
    assert_eq!(plant.text("src/f0.txt"), "old\n");
    let done = plant
        .assize(&["task", "approve", &target, "--shown", &shown, "--format", "json"])
        .expect(0)
        .json();
    assert_eq!(done["run"]["outcome"], "success", "{done}");
    assert_eq!(plant.text("src/f0.txt"), "new\n");
}

#[test]
fn a_person_who_refuses_says_why_and_nothing_lands() {
    let plant = plant(Vote::Approve);
    let (_, target, shown) = strict(&plant);
    let silent = plant
        .assize(&["task", "reject", &target, "--shown", &shown, "--format", "json"])
        .expect(1)
        .json();
    assert_eq!(silent["accepted"], json!(false));
    let refused = plant
        .assize(&[
            "task", "reject", &target, "--shown", &shown, "-m", "not now", "--format", "json",
        ])
        .expect(0)
        .json();
    assert_eq!(state(&refused["run"], "one"), "failed");
    assert!(
        tasks(&refused["run"])["one"]["detail"]
            .as_str()
            .is_some_and(|said| said.contains("not now"))
    );
    assert_eq!(plant.text("src/f0.txt"), "old\n");
}

#[test]
fn whoever_submitted_a_run_does_not_override_its_council_and_somebody_else_does() {
    let plant = plant(Vote::Reject);
    let (_, target, shown) = strict(&plant);
    let arguments = [
        "task",
        "override",
        &target,
        "--shown",
        &shown,
        "-m",
        "it is right",
        "--format",
        "json",
    ];
    let own = plant.assize(&arguments).expect(1).json();
    assert_eq!(own["accepted"], json!(false), "{own}");
    let mut command = plant.bed.command(&arguments);
    command.env("ASSIZE_ACTOR", "somebody else");
    command.env("USER", "somebody-else").env("LOGNAME", "somebody-else");
    let other = assize_tests::bed::ran(&command.output().expect("it starts"))
        .expect(0)
        .json();
    assert_eq!(other["run"]["outcome"], "success", "{other}");
    assert_eq!(tasks(&other["run"])["one"]["verdicts"][0]["by_person"], json!(true));
    assert_eq!(plant.text("src/f0.txt"), "new\n");
    let _ = plant.assize(&["audit", "verify"]).expect(0);
    let checked = plant.assize(&["audit", "check", "HEAD"]).expect(0);
    assert!(checked.stdout.contains("it is right"), "{checked:?}");
}

#[test]
fn a_paused_run_survives_and_goes_on_when_it_is_resumed() {
    let plant = plant(Vote::Approve);
    let run = plant
        .assize(&["run", "work", "--submit"])
        .expect(0)
        .stdout
        .trim()
        .to_owned();
    let paused = plant.assize(&["task", "pause", &run, "--format", "json"]).json();
    assert_eq!(paused["run"]["outcome"], "paused", "{paused}");
    let still = plant
        .assize(&["run", "--continue", "--format", "json"])
        .expect(3)
        .json();
    assert_eq!(still["outcome"], "paused");
    assert_eq!(plant.text("src/f0.txt"), "old\n");
    let twice = plant
        .assize(&["task", "pause", &run, "--format", "json"])
        .expect(1)
        .json();
    assert_eq!(twice["accepted"], json!(false));
    let resumed = plant
        .assize(&["task", "resume", &run, "--format", "json"])
        .expect(0)
        .json();
    assert_eq!(resumed["run"]["outcome"], "success", "{resumed}");
}

#[test]
fn a_cancelled_run_ends_and_takes_no_more_requests() {
    let plant = plant(Vote::Approve);
    let run = plant
        .assize(&["run", "work", "--submit"])
        .expect(0)
        .stdout
        .trim()
        .to_owned();
    let cancelled = plant
        .assize(&["task", "cancel", &run, "-m", "no", "--format", "json"])
        .expect(0)
        .json();
    assert_eq!(cancelled["run"]["outcome"], "cancelled", "{cancelled}");
    let _ = plant.assize(&["task", "resume", &run]).expect(2);
    plant.is_tidy("after a cancelled run");
}

#[test]
fn a_failed_task_is_tried_again_as_often_as_its_workflow_says() {
    let workflow = "version = 1\n[tasks.one]\nagent = \"fickle\"\nretry = 2\n";
    let plant = Plant::of(1, &[Vote::Approve], &[("work", workflow)]);
    let view = plant.run(&["work"], 0);
    assert_eq!(tasks(&view)["one"]["attempt"], 2, "{view}");
    let once = "version = 1\n[tasks.one]\nagent = \"fickle\"\n";
    let plant = Plant::of(1, &[Vote::Approve], &[("work", once)]);
    let view = plant.run(&["work"], 1);
    assert_eq!(tasks(&view)["one"]["cause"], "broken", "{view}");
}

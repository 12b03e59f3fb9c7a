//! Doing a task again from its record.

use assize_provenance::opinion::Vote;
use assize_tests::bed::{Bed, Edit};
use assize_tests::guests;
use serde_json::json;
use std::fs;

use super::{ASSIZE, Plant, edit, tasks};

#[test]
fn a_task_is_done_again_byte_for_byte_and_another_component_is_told_apart() {
    let workflow = format!(
        "version = 1\n{}[tasks.two]\nagent = \"fickle\"\nretry = 2\n[tasks.three]\nagent = \"bare\"\n",
        edit("one", 0, &[], "")
    );
    let plant = Plant::of(1, &[Vote::Approve], &[("work", &workflow)]);
    let view = plant.run(&["work"], 0);
    let run = view["run"].as_str().expect("a run");
    for task in tasks(&view).keys() {
        let target = format!("{run}/{task}");
        let again = plant
            .assize(&["task", "replay", &target, "--format", "json"])
            .expect(0)
            .json();
        assert_eq!(again["answer"], "same", "{task}: {again}");
    }
    // What the council said of each task can be asked again, too: the transcripts that it read lie with the evidence.
    let again = plant.assize(&["audit", "replay", "--format", "json"]).expect(0).json();
    assert_eq!(again["verdicts"].as_array().map(Vec::len), Some(3), "{again}");
    let _ = plant
        .assize(&["audit", "verify", "--replay", "--require", "replay"])
        .expect(0);
    let other = plant.bed.beside("other.wasm");
    fs::write(&other, guests::agent("(i32.const 2048)")).expect("a component");
    let target = format!("{run}/two");
    let path = other.display().to_string();
    let departs = plant
        .assize(&["task", "replay", &target, "--component", &path, "--format", "json"])
        .expect(1)
        .json();
    assert_eq!(departs["answer"], "diverged");
    assert!(
        departs["detail"]
            .as_str()
            .is_some_and(|detail| detail.contains("state.set")),
        "{departs}"
    );
    let logs = plant
        .assize(&["task", "logs", &target, "--format", "json"])
        .expect(0)
        .json();
    assert_eq!(logs["host_calls"][0]["permission"], json!("state.set"), "{logs}");
}

#[test]
fn what_the_agents_that_come_along_did_is_done_again_in_another_folder() {
    let bed = Bed::new(ASSIZE);
    bed.commit("feat: begin", &[Edit::Write("README.md", b"# It\n")]);
    let _ = bed.assize(&["init"]).expect(0);
    let policy = fs::read(bed.repository().join(".assize/policy.toml")).expect("a policy");
    let workflow = "version = 1\n[tasks.report]\nagent = \"dependency-report\"\ncouncil = \"none\"\n\
        [tasks.notes]\nagent = \"release-notes\"\ncouncil = \"none\"\ninputs = { commits = { history = true } }\n";
    bed.commit(
        "feat: depend on things",
        &[
            Edit::Write(".assize/policy.toml", &policy),
            Edit::Write(".assize/workflows/weekly.toml", workflow.as_bytes()),
            Edit::Write("Cargo.toml", b"[dependencies]\nserde = \"1\"\nany = \"*\"\n"),
            Edit::Write("web/package.json", b"{\"dependencies\":{\"left\":\"^1.0.0\"}}"),
        ],
    );
    let view = bed.assize(&["run", "weekly", "--format", "json"]).expect(0).json();
    let run = view["run"].as_str().expect("a run");
    fs::rename(bed.repository(), bed.beside("elsewhere")).expect("it moves");
    let elsewhere = bed.with_repository("elsewhere");
    for (task, wrote) in [("report", "workspace.write"), ("notes", "workspace.write")] {
        let target = format!("{run}/{task}");
        let again = elsewhere.assize(&["task", "replay", &target, "--format", "json"]);
        let again = again.expect(0).json();
        assert_eq!(again["answer"], "same", "{task}: {again}");
        let logs = elsewhere.assize(&["task", "logs", &target, "--format", "json"]);
        let logs = logs.expect(0).json();
        let calls = logs["host_calls"].as_array().expect("calls");
        assert!(calls.iter().any(|call| call["permission"] == wrote), "{task}: {logs}");
    }
}

//! `assize workflow`: checking workflows and looking at their plans, without running any.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use assize_tests::bed::{Bed, Edit, ran};

use super::ASSIZE;

/// A policy with the agents `builder` and `tester`.
fn policy() -> String {
    let agents = "\n[agents.builder]\nplugin = \"codemod\"\nrole = \"developer\"\n\n\
                  [agents.tester]\nplugin = \"codemod\"\nrole = \"tester\"\n";
    format!("{}{agents}", assize::policy::default::TEXT)
}

/// A repository with that policy, and with a workflow in its work tree.
fn bed_with_workflow(name: &str, text: &str) -> Bed {
    let bed = Bed::new(ASSIZE);
    bed.commit("Begin", &[Edit::Write(".assize/policy.toml", policy().as_bytes())]);
    write(&bed, name, text);
    bed
}

fn write(bed: &Bed, name: &str, text: &str) {
    let folder = bed.repository().join(".assize/workflows");
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join(format!("{name}.toml")), text).expect("a workflow");
}

const RIGHT: &str = "\
version = 1
summary = \"Builds and tests.\"
[parameters.width]
type = \"number\"
default = 2
[tasks.build]
agent = \"builder\"
estimate_minutes = 10
[tasks.test]
agent = \"tester\"
type = \"test\"
needs = [{ task = \"build\", gate = \"default\" }]
repeat = { parameter = \"width\" }
estimate_minutes = 5
";

#[test]
fn a_workflow_of_the_work_tree_is_checked_against_the_committed_policy() {
    let bed = bed_with_workflow("both", RIGHT);
    let right = bed.assize(&["workflow", "check"]).expect(0);
    assert!(
        right.stdout.starts_with("ok .assize/workflows/both.toml  2 tasks\n"),
        "{}",
        right.stdout
    );
    write(
        &bed,
        "wrong",
        &RIGHT
            .replace("\"tester\"", "\"tseter\"")
            .replace("gate = \"default\"", "gate = \"safety\""),
    );
    let wrong = bed.assize(&["workflow", "check", "both", "wrong"]).expect(2);
    for said in [
        "error[W404]",
        "did you mean `tester`?",
        "error[W405]",
        ".assize/workflows/wrong.toml:10:9",
    ] {
        assert!(wrong.stderr.contains(said), "{said}: {}", wrong.stderr);
    }
    assert_eq!(wrong.stdout, "");
    // An agent that only stands in the work tree's policy is none yet: powers come from what is committed.
    let appointed = policy().replace("[agents.tester]", "[agents.tseter]");
    fs::write(bed.repository().join(".assize/policy.toml"), appointed).expect("a policy");
    write(&bed, "wrong", &RIGHT.replace("\"tester\"", "\"tseter\""));
    let _ = bed.assize(&["workflow", "check", "wrong"]).expect(2);
    let _ = bed
        .assize(&["workflow", "check", "wrong", "--policy", ".assize/policy.toml"])
        .expect(0);
}

#[test]
fn a_plan_tells_its_critical_path_and_a_graph_its_layers() {
    let bed = bed_with_workflow("both", RIGHT);
    let plan = bed
        .assize(&["workflow", "plan", "both", "--input", "width=3"])
        .expect(0)
        .stdout;
    for said in [
        "* build",
        "critical path  build → test-1",
        "takes          15 min at least",
        "25 min one after the other",
    ] {
        assert!(plan.contains(said), "{said}:\n{plan}");
    }
    let view = bed
        .assize(&["workflow", "plan", "both", "--input", "width=3", "--format", "json"])
        .expect(0)
        .json();
    assert_eq!(view["critical_seconds"], 900);
    assert_eq!(view["width"], 3);
    assert_eq!(view["tasks"][1]["needs"][0]["gate"], "default");
    assert_eq!(view["tasks"].as_array().map(Vec::len), Some(5));
    let other = bed
        .assize(&["workflow", "plan", "both", "--format", "json"])
        .expect(0)
        .json();
    assert_ne!(view["plan"], other["plan"], "another width is another plan");
    let graph = bed.assize(&["workflow", "graph", "both"]).expect(0).stdout;
    assert!(graph.contains("2  test-1  tester   ← build [default]\n"), "{graph}");
    let drawing = bed
        .assize(&["workflow", "graph", "both", "--as", "svg"])
        .expect(0)
        .stdout;
    assert!(
        drawing.starts_with("<svg ") && drawing.ends_with("</svg>\n"),
        "{drawing}"
    );
}

#[test]
fn what_a_workflow_is_given_is_checked() {
    let bed = bed_with_workflow("both", RIGHT);
    for (input, said) in [
        ("width=many", "the parameter `width` is a whole number, and not `many`"),
        ("width=0", "`test` cannot be repeated by `0`"),
        ("widht=3", "did you mean `width`?"),
    ] {
        let run = bed.assize(&["workflow", "plan", "both", "--input", input]).expect(2);
        assert!(run.stderr.contains(said), "{input}: {}", run.stderr);
    }
    let _ = bed.assize(&["workflow", "plan", "both", "--input", "width"]).expect(2);
    let missing = bed.assize(&["workflow", "plan", "research"]).expect(2);
    assert!(
        missing.stderr.contains("--input 'question=any text'"),
        "{}",
        missing.stderr
    );
    let unknown = bed.assize(&["workflow", "plan", "reserach"]).expect(2);
    assert!(
        unknown.stderr.contains("did you mean `research`?"),
        "{}",
        unknown.stderr
    );
}

#[test]
fn workflows_are_found_by_name_by_path_and_among_the_shipped_ones() {
    let bed = bed_with_workflow("release-notes", RIGHT);
    write(
        &bed,
        "whole",
        "version = 1\n[tasks.all]\nworkflow = \"release-notes\"\ninputs = { width = 1 }\n",
    );
    let listed = bed.assize(&["workflow", "list", "--format", "json"]).expect(0).json();
    let workflows = listed["workflows"].as_array().expect("a list");
    let source = |name: &str| {
        let found = workflows
            .iter()
            .find(|workflow| workflow["name"] == name)
            .expect("it is listed");
        found["source"].as_str().expect("a word").to_owned()
    };
    assert_eq!(
        (source("release-notes"), source("whole"), source("research")),
        ("work-tree".to_owned(), "work-tree".to_owned(), "shipped".to_owned())
    );
    let whole = bed.assize(&["workflow", "graph", "whole"]).expect(0).stdout;
    assert!(whole.contains("all/test-1"), "{whole}");
    let _ = bed
        .assize(&["workflow", "check", ".assize/workflows/whole.toml"])
        .expect(0);
    let missing = bed.assize(&["workflow", "check", "none/here.toml"]).expect(2);
    assert!(missing.stderr.contains("there is no file"), "{}", missing.stderr);
    write(&bed, "broken", "version = 1\n");
    let broken = bed.assize(&["workflow", "list"]).expect(0).stdout;
    assert!(
        broken.contains("broken .assize/workflows/broken.toml: a workflow file has no `tasks` (1 problem)"),
        "{broken}"
    );
}

#[test]
fn no_link_in_a_work_tree_chooses_what_is_read() {
    let bed = bed_with_workflow("both", RIGHT);
    let outside = bed.beside("secret.toml");
    fs::write(&outside, "password = \"x\"\n").expect("a file");
    symlink(&outside, bed.repository().join(".assize/workflows/link.toml")).expect("a link");
    let run = bed.assize(&["workflow", "check", "link"]).expect(2);
    assert!(run.stderr.contains("is a link or lies behind one"), "{}", run.stderr);
    assert!(!run.stderr.contains("password"), "{}", run.stderr);
    let _ = bed.assize(&["workflow", "list"]).expect(2);
}

#[test]
fn plans_can_be_looked_at_outside_of_a_repository() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = Command::new(ASSIZE)
        .args(["workflow", "plan", "milestones"])
        .current_dir(folder.path())
        .env("ASSIZE_HOME", folder.path().join("home"))
        .output()
        .expect("it starts");
    let run = ran(&output).expect(0);
    assert!(
        run.stdout
            .contains("takes          4 d 12 h at least\n               5 d with 2 at once\n"),
        "{}",
        run.stdout
    );
}

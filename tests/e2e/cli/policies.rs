//! `assize policy`: questions about a policy and about changes of it.

use std::fs;

use assize_provenance::opinion::Vote;
use assize_tests::bed::{Bed, Edit};

use super::{ASSIZE, bed_with};

/// A bed with the default policy, and then with one line of it changed.
fn bed_that_changes(from: &str, to: &str) -> Bed {
    let bed = Bed::new(ASSIZE);
    let default = assize::policy::default::TEXT;
    assert!(default.contains(from), "{from}");
    bed.commit("Begin", &[Edit::Write(".assize/policy.toml", default.as_bytes())]);
    let changed = default.replacen(from, to, 1);
    bed.commit("Change", &[Edit::Write(".assize/policy.toml", changed.as_bytes())]);
    bed
}

#[test]
fn explain_says_yes_or_no_and_by_which_line() {
    let bed = Bed::new(ASSIZE);
    let yes = bed
        .assize(&["policy", "explain", "developer", "workspace.write", "src/lib.rs"])
        .expect(0);
    assert!(
        yes.stdout
            .starts_with("yes  role developer · workspace.write src/lib.rs\n"),
        "{}",
        yes.stdout
    );
    assert!(yes.stdout.contains("policies/default.toml:"), "{}", yes.stdout);
    for (question, needs) in [
        (
            &["developer", "create_task"][..],
            "add \"tasks.create\" to `allow` of [roles.developer]",
        ),
        (&["developer", "create_workflow"], "add \"workflows.create\" to `allow`"),
        (
            &["developer", "claim_task", "--claimed-tasks", "3"],
            "raise `claimed_tasks`",
        ),
        (&["tester", "claim_task", "code"], "add the type to `types`"),
        (&["developer", "workspace.write", ".git/hooks/x"], "match no wildcard"),
    ] {
        let no = bed.assize(&[&["policy", "explain"], question].concat()).expect(1);
        assert!(
            no.stdout.starts_with("no  ") && no.stdout.replace("\n  ", " ").contains(needs),
            "{}",
            no.stdout
        );
    }
    let granted = ["policy", "explain", "developer", "claim_task", "--claimed-tasks", "2"];
    let _ = bed.assize(&granted).expect(0);
    let _ = bed
        .assize(&["policy", "explain", "coordinator", "create_task"])
        .expect(0);
    for (question, hint) in [
        (["developr", "create_task"], "did you mean `developer`?"),
        (["developer", "creat_task"], "did you mean `create_task`?"),
    ] {
        let wrong = bed.assize(&[&["policy", "explain"], &question[..]].concat()).expect(2);
        assert!(wrong.stderr.contains(hint), "{}", wrong.stderr);
    }
}

#[test]
fn explain_reads_the_work_trees_policy_or_the_one_that_is_named() {
    let bed = bed_with(Vote::Approve);
    let ask = ["policy", "explain", "guest", "evidence.read", "--format", "json"];
    let answer = bed.assize(&ask).expect(0).json();
    assert_eq!(answer["policy"]["source"], "work-tree");
    assert_eq!(
        (&answer["subject"]["kind"], &answer["granted"]),
        (&"judge".into(), &true.into())
    );
    assert_eq!(answer["lines"][0]["table"], "[roles.judge]");
    let file = bed.beside("default.toml");
    fs::write(&file, assize::policy::default::TEXT).expect("a file");
    let file = file.to_string_lossy().into_owned();
    let answer = bed
        .assize(&[
            "policy",
            "explain",
            "auditor",
            "export_audit",
            "--policy",
            &file,
            "--format",
            "json",
        ])
        .expect(0)
        .json();
    assert_eq!(
        (&answer["policy"]["source"], &answer["served"]),
        (&"file".into(), &false.into())
    );
    assert_eq!(answer["permission"], "audit.export");
}

#[test]
fn grants_list_everything_with_its_line() {
    let bed = Bed::new(ASSIZE);
    let view = bed
        .assize(&["policy", "grants", "developer", "--format", "json"])
        .expect(0)
        .json();
    let permissions = view["permissions"].as_array().expect("a list");
    let write = permissions
        .iter()
        .find(|held| held["name"] == "workspace.write")
        .expect("it is held");
    assert_eq!(write["line"]["item"], "workspace.*");
    assert_eq!(write["used"], serde_json::Value::Null);
    assert!(permissions.iter().all(|held| held["name"] != "tasks.create"));
    let powers = view["powers"].as_array().expect("a list");
    assert!(
        powers
            .iter()
            .any(|power| power["kind"] == "write" && power["text"] == "src/**")
    );
    let limits = view["limits"].as_array().expect("a list");
    assert!(
        limits
            .iter()
            .any(|limit| limit["name"] == "claimed_tasks" && limit["value"] == 3)
    );
}

#[test]
fn a_change_that_widens_is_told_and_is_no() {
    let bed = bed_that_changes(
        "write = [\"tests/**\", \"test/**\"]",
        "write = [\"tests/**\", \"test/**\", \".github/**\"]",
    );
    let view = bed
        .assize(&["policy", "diff", "HEAD~1..HEAD", "--format", "json"])
        .expect(1)
        .json();
    assert_eq!(
        (&view["widens"], &view["old"]["source"]),
        (&true.into(), &"base".into())
    );
    let changes = view["changes"].as_array().expect("a list");
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0]["text"], "may now write `.github/**`");
    assert!(changes[0]["line"].is_u64());
    let human = bed.assize(&["policy", "diff", "HEAD~1..HEAD"]).expect(1).stdout;
    assert!(
        human.contains("widens   role `tester` may now write `.github/**`"),
        "{human}"
    );
    // Backwards it narrows, and the same commit differs in nothing.
    let _ = bed.assize(&["policy", "diff", "HEAD..HEAD~1"]).expect(0);
    let same = bed
        .assize(&["policy", "diff", "HEAD..HEAD", "--format", "json"])
        .expect(0)
        .json();
    assert_eq!(same["changes"].as_array().map(Vec::len), Some(0));
}

#[test]
fn where_a_revision_has_no_policy_the_default_is_compared() {
    let bed = Bed::new(ASSIZE);
    bed.commit("Begin", &[Edit::Write("a.rs", b"\n")]);
    let loose = assize::policy::default::TEXT.replace("quorum = 4", "quorum = 1");
    bed.commit("Loosen", &[Edit::Write(".assize/policy.toml", loose.as_bytes())]);
    let view = bed
        .assize(&["policy", "diff", "HEAD~1..HEAD", "--format", "json"])
        .expect(1)
        .json();
    assert_eq!(
        (&view["old"]["source"], &view["new"]["source"]),
        (&"default".into(), &"head".into())
    );
    assert_eq!(view["changes"][0]["text"], "`quorum` falls from 4 to 1");
}

#[test]
fn two_files_can_be_compared_and_mistakes_in_them_are_shown() {
    let bed = Bed::new(ASSIZE);
    let write = |name: &str, text: &str| {
        let file = bed.beside(name);
        fs::write(&file, text).expect("a file");
        file.to_string_lossy().into_owned()
    };
    let default = write("default.toml", assize::policy::default::TEXT);
    let other = write(
        "other.toml",
        &assize::policy::default::TEXT.replace("memory_mib = 256", "memory_mib = 512"),
    );
    let broken = write("broken.toml", "version = 1\nrolles = 1\n");
    let _ = bed.assize(&["policy", "diff", &default, &default]).expect(0);
    let _ = bed.assize(&["policy", "diff", &default, &other]).expect(1);
    let run = bed.assize(&["policy", "diff", &default, &broken]).expect(2);
    assert!(
        run.stderr.contains("P005") && run.stderr.contains("broken.toml:2:1"),
        "{}",
        run.stderr
    );
    let _ = bed.assize(&["policy", "diff", "HEAD..no-such-branch"]).expect(2);
}

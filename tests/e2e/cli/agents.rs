//! Agents called by hand: what they may, what is refused, what is recorded, and what stays as it was.

use std::fs;
use std::path::Path;

use assize_tests::bed::{Bed, Edit, Run};
use assize_tests::guests;
use assize_tests::snapshot::Snapshot;

use super::ASSIZE;

/// Replaces a word everywhere.
const RENAME: &str = r#"{"edits": [{"paths": ["**"], "literal": "old_name", "with": "new_name"}]}"#;

fn bed() -> Bed {
    let bed = Bed::new(ASSIZE);
    bed.commit(
        "Begin",
        &[
            Edit::Write("src/lib.rs", b"pub fn old_name() {}\n"),
            Edit::Write("Makefile", b"all: old_name\n"),
        ],
    );
    bed
}

fn call(bed: &Bed, arguments: &[&str]) -> Run {
    let all: Vec<&str> = ["call", "codemod", "--format", "json"]
        .iter()
        .chain(arguments)
        .copied()
        .collect();
    bed.assize(&all)
}

fn text(bed: &Bed, path: &str) -> String {
    fs::read_to_string(bed.repository().join(path)).expect("a file")
}

#[test]
fn an_agent_changes_what_its_role_opens_and_is_refused_the_rest() {
    let bed = bed();
    let view = call(&bed, &["--role", "developer", "--input", RENAME]).expect(0).json();
    assert_eq!(text(&bed, "src/lib.rs"), "pub fn new_name() {}\n");
    assert_eq!(
        text(&bed, "Makefile"),
        "all: old_name\n",
        "the default developer writes no Makefile"
    );
    assert_eq!(view["schema"], "assize.call/1");
    assert_eq!(view["changes"][0]["path"], "src/lib.rs");
    assert_eq!(view["changes"][0]["status"], "modified");
    assert_eq!(view["refused"][0]["permission"], "workspace.write");
    assert_eq!(view["refused"][0]["resource"], "Makefile");
    let reason = view["refused"][0]["reason"].as_str().expect("a reason");
    assert!(reason.contains("[roles.developer.files]"), "{reason}");
}

#[test]
fn every_use_and_every_refusal_is_recorded_before_the_call_returns() {
    let bed = bed();
    let view = call(&bed, &["--role", "developer", "--input", RENAME]).expect(0).json();
    let list = |arguments: &[&str]| {
        let all: Vec<&str> = ["audit", "access", "--format", "json"]
            .iter()
            .chain(arguments)
            .copied()
            .collect();
        bed.assize(&all).expect(0).json()["accesses"]
            .as_array()
            .expect("a list")
            .clone()
    };
    let (all, denied) = (list(&[]), list(&["--denied", "--since", "60m"]));
    assert_eq!(denied.len(), 1, "{denied:?}");
    assert_eq!(denied[0]["run"], view["run"]);
    assert_eq!(denied[0]["agent"], "codemod");
    assert!(
        all.iter()
            .any(|access| access["permission"] == "workspace.write" && access["granted"] == true)
    );
    assert_eq!(list(&["--agent", "somebody-else"]).len(), 0);
    assert_eq!(list(&["--max", "1"]).len(), 1);
    let doctor = bed.assize(&["doctor", "--format", "json"]).expect(0).json();
    let store = doctor["checks"]
        .as_array()
        .expect("checks")
        .iter()
        .find(|check| check["name"] == "store");
    assert_eq!(store.expect("the store is looked at")["state"], "ok", "{doctor}");
}

#[test]
fn a_role_that_lacks_what_the_agent_requires_starts_nothing_and_names_the_line() {
    let bed = bed();
    let before = Snapshot::of(&bed.repository());
    let run = call(&bed, &["--role", "observer", "--input", RENAME]).expect(2);
    assert!(run.stderr.contains("requires `workspace.list`"), "{}", run.stderr);
    assert!(run.stderr.contains("to `allow` of [roles.observer]"), "{}", run.stderr);
    let run = call(&bed, &["--role", "nobody", "--input", RENAME]).expect(2);
    assert!(
        run.stderr.contains("no role `nobody`") && run.stderr.contains("developer"),
        "{}",
        run.stderr
    );
    assert!(before == Snapshot::of(&bed.repository()), "something was written");
}

#[test]
fn on_behalf_of_somebody_weaker_an_agent_holds_no_more_than_they_do() {
    let bed = bed();
    let as_observer = ["--role", "developer", "--on-behalf-of", "reviewer", "--input", RENAME];
    let view = call(&bed, &as_observer).expect(0).json();
    assert_eq!(
        text(&bed, "src/lib.rs"),
        "pub fn old_name() {}\n",
        "a reviewer writes nothing"
    );
    assert_eq!(view["agent"]["on_behalf_of"], "reviewer");
    assert!(
        view["refused"].as_array().is_some_and(|refused| !refused.is_empty()),
        "{view}"
    );
}

/// What lies in the work tree gives no powers: an agent may have written it.
#[test]
fn roles_come_from_the_committed_policy() {
    let bed = bed();
    let wide = "version = 1\n[roles.developer]\nallow = [\"*\"]\n[roles.developer.files]\nread = [\"**\"]\nwrite = [\"**\"]\n\
                [roles.judge]\nallow = [\"evidence.*\"]\n[judges.technical]\nplugin = \"technical\"\nrole = \"judge\"\n\
                [councils.default]\njudges = [\"technical\"]\n[agents.scribe]\nplugin = \"codemod\"\nrole = \"developer\"\n";
    fs::create_dir_all(bed.repository().join(".assize")).expect("a folder");
    fs::write(bed.repository().join(".assize/policy.toml"), wide).expect("a policy");
    let _ = call(&bed, &["--role", "developer", "--input", RENAME]).expect(0);
    assert_eq!(text(&bed, "Makefile"), "all: old_name\n");
    bed.commit(
        "Open everything",
        &[Edit::Write(".assize/policy.toml", wide.as_bytes())],
    );
    let run = bed
        .assize(&["call", "scribe", "--input", RENAME, "--format", "json"])
        .expect(0);
    assert_eq!(run.json()["agent"]["name"], "scribe");
    assert_eq!(text(&bed, "Makefile"), "all: new_name\n");
}

#[test]
fn input_is_checked_before_anything_runs() {
    let bed = bed();
    fs::write(bed.beside("input.json"), RENAME).expect("an input");
    let named = format!("@{}", bed.beside("input.json").display());
    for (input, code, says) in [
        ("{", 2, "no JSON"),
        ("@missing.json", 2, "there is no file"),
        ("null", 1, "faulted"),
        (named.as_str(), 0, "finished"),
    ] {
        let run = bed
            .assize(&["call", "codemod", "--role", "developer", "--input", input])
            .expect(code);
        let said = format!("{}{}", run.stdout, run.stderr);
        assert!(said.contains(says), "{input}: {said}");
    }
}

#[test]
fn a_call_that_names_no_role_is_told_which_there_are() {
    let run = call(&bed(), &["--input", RENAME]).expect(2);
    assert!(run.stderr.contains("has no agent `codemod`"), "{}", run.stderr);
    for role in ["developer", "observer"] {
        assert!(run.stderr.contains(role), "{role}: {}", run.stderr);
    }
}

#[test]
fn a_folder_of_its_own_can_be_named_and_a_link_cannot() {
    let bed = bed();
    let folder = bed.beside("folder");
    fs::create_dir_all(folder.join("src")).expect("a folder");
    fs::write(folder.join("src/a.txt"), "old_name").expect("a file");
    std::os::unix::fs::symlink(&folder, bed.beside("link")).expect("a link");
    let at = |dir: &Path| {
        let dir = dir.to_str().expect("UTF-8").to_owned();
        call(&bed, &["--role", "developer", "--input", RENAME, "--dir", &dir])
    };
    let run = at(&bed.beside("link")).expect(2);
    assert!(run.stderr.contains("is a symbolic link"), "{}", run.stderr);
    let _ = at(&folder).expect(0);
    assert_eq!(
        fs::read_to_string(folder.join("src/a.txt")).expect("a file"),
        "new_name"
    );
    assert_eq!(text(&bed, "src/lib.rs"), "pub fn old_name() {}\n");
}

#[test]
fn a_judge_does_no_tasks_and_an_agent_judges_nothing() {
    let bed = bed();
    let run = bed.assize(&["call", "technical", "--role", "developer"]).expect(2);
    assert!(run.stderr.contains("is a judge"), "{}", run.stderr);
    let view = bed
        .assize(&["plugin", "inspect", "codemod", "--format", "json"])
        .expect(0)
        .json();
    assert_eq!(view["world"], "agent");
}

#[test]
fn a_check_says_what_a_component_would_hold() {
    let bed = bed();
    let check = |role: &str, code: i32| {
        bed.assize(&["plugin", "check", "codemod", "--role", role, "--format", "json"])
            .expect(code)
            .json()
    };
    let view = check("developer", 0);
    assert_eq!(view["starts"], true);
    assert!(
        view["granted"]
            .as_array()
            .is_some_and(|granted| granted.iter().any(|name| name == "workspace.write"))
    );
    let view = check("reviewer", 0);
    assert!(
        view["refused"]
            .as_array()
            .is_some_and(|refused| refused.iter().any(|each| each["permission"] == "workspace.write"))
    );
    let view = check("observer", 1);
    assert!(
        view["reason"]
            .as_str()
            .is_some_and(|reason| reason.contains("workspace.list")),
        "{view}"
    );
}

#[test]
fn a_plugin_is_pinned_to_its_bytes() {
    let bed = bed();
    let file = bed.beside("voter.wasm");
    fs::write(&file, guests::voting(assize_provenance::opinion::Vote::Approve)).expect("a component");
    let named = file.to_str().expect("UTF-8");
    let added = bed
        .assize(&["plugin", "add", named, "--name", "voter", "--format", "json"])
        .expect(0)
        .json();
    assert_eq!((&added["done"], &added["world"]), (&"added".into(), &"judge".into()));
    let again = bed
        .assize(&["plugin", "add", named, "--name", "voter", "--format", "json"])
        .expect(0)
        .json();
    assert_eq!(again["done"], "unchanged");
    let run = bed.assize(&["plugin", "add", named, "--name", "technical"]).expect(2);
    assert!(run.stderr.contains("comes with Assize"), "{}", run.stderr);
    let component = bed.repository().join(".assize/plugins/voter.wasm");
    fs::write(&component, guests::voting(assize_provenance::opinion::Vote::Reject)).expect("other bytes");
    let run = bed.assize(&["plugin", "inspect", "voter"]).expect(2);
    assert!(run.stderr.contains("is not the component"), "{}", run.stderr);
    let _ = bed.assize(&["plugin", "remove", "voter"]).expect(0);
    assert!(!component.exists());
    let run = bed.assize(&["plugin", "remove", "voter"]).expect(2);
    assert!(run.stderr.contains("pins no plugin"), "{}", run.stderr);
}

/// A policy may name a pinned judge. Its file alone decides nothing: other bytes under the same name do not sit.
#[test]
fn a_pinned_judge_sits_only_with_the_bytes_of_the_lock() {
    let approve = guests::voting(assize_provenance::opinion::Vote::Approve);
    let policy = "version = 1\n[roles.judge]\nallow = [\"evidence.*\"]\n[judges.mine]\nplugin = \"voter\"\nrole = \"judge\"\n\
                  [councils.default]\njudges = [\"mine\"]\n";
    for (bytes, code) in [
        (&approve, 0),
        (&guests::voting(assize_provenance::opinion::Vote::Abstain), 3),
    ] {
        let bed = bed();
        let file = bed.beside("voter.wasm");
        fs::write(&file, &approve).expect("a component");
        let _ = bed
            .assize(&["plugin", "add", file.to_str().expect("UTF-8"), "--name", "voter"])
            .expect(0);
        let lock = fs::read(bed.repository().join(".assize/plugins.lock")).expect("the lock");
        bed.commit(
            "Pin a judge",
            &[
                Edit::Write(".assize/policy.toml", policy.as_bytes()),
                Edit::Write(".assize/plugins.lock", &lock),
                Edit::Write(".assize/plugins/voter.wasm", bytes),
            ],
        );
        bed.commit("Change", &[Edit::Write("src/new.rs", b"pub fn new() {}\n")]);
        let run = bed.assize(&["review", "--no-record"]).expect(code);
        assert_eq!(run.stdout.contains("is not the component"), code == 3, "{}", run.stdout);
    }
}

/// An agent that may write where components lie must not choose what another agent is.
#[test]
fn an_agent_of_the_policy_is_the_component_that_was_committed() {
    let policy = "version = 1\n[roles.developer]\nallow = [\"workspace.*\"]\n[roles.developer.files]\nread = [\"**\"]\n\
                  [roles.judge]\nallow = [\"evidence.*\"]\n[judges.technical]\nplugin = \"technical\"\nrole = \"judge\"\n\
                  [councils.default]\njudges = [\"technical\"]\n[agents.scribe]\nplugin = \"tools/scribe.wasm\"\nrole = \"developer\"\n";
    let bed = bed();
    let component = guests::agent("(i32.const 2048)");
    bed.commit(
        "Appoint a scribe",
        &[
            Edit::Write(".assize/policy.toml", policy.as_bytes()),
            Edit::Write("tools/scribe.wasm", &component),
        ],
    );
    let digest = |run: Run| {
        run.expect(0).json()["agent"]["component"]
            .as_str()
            .map(ToOwned::to_owned)
    };
    let call = || bed.assize(&["call", "scribe", "--format", "json"]);
    let committed = digest(call());
    fs::write(bed.repository().join("tools/scribe.wasm"), guests::agent("unreachable")).expect("other bytes");
    assert_eq!(digest(call()), committed);
    bed.commit("Take it away", &[Edit::Remove("tools/scribe.wasm")]);
    let run = call().expect(2);
    assert!(run.stderr.contains("has no file tools/scribe.wasm"), "{}", run.stderr);
}

#[test]
fn grants_tell_which_powers_no_run_has_ever_used() {
    let bed = bed();
    let unused = || {
        let view = bed
            .assize(&[
                "policy",
                "grants",
                "developer",
                "--policy",
                "default.toml",
                "--format",
                "json",
            ])
            .expect(0)
            .json();
        let list = view["permissions"].as_array().expect("permissions").clone();
        let unused = list.iter().filter(|each| each["used"] == false);
        unused
            .filter_map(|each| each["name"].as_str().map(ToOwned::to_owned))
            .collect::<Vec<_>>()
    };
    fs::write(bed.repository().join("default.toml"), assize::policy::default::TEXT).expect("a policy");
    assert!(unused().is_empty(), "without a record nobody knows");
    let _ = call(&bed, &["--role", "developer", "--input", RENAME]).expect(0);
    let unused = unused();
    assert!(unused.iter().any(|name| name == "workspace.remove"), "{unused:?}");
    assert!(!unused.iter().any(|name| name == "workspace.write"), "{unused:?}");
}

/// What the kit's own tests do in one process, as a user does it: with the pool, the user's cache and a home.
#[test]
fn doctor_attacks_this_installation_and_every_attack_is_stopped() {
    let bed = bed();
    let before = Snapshot::of(&bed.repository());
    let view = bed
        .assize(&["doctor", "--hostile", "--format", "json"])
        .expect(0)
        .json();
    let attacks = view["attacks"].as_array().expect("attacks");
    assert!(attacks.len() >= 45, "{}", attacks.len());
    let through: Vec<_> = attacks.iter().filter(|attack| attack["held"] != true).collect();
    assert!(through.is_empty(), "{through:#?}");
    assert!(
        before == Snapshot::of(&bed.repository()),
        "the attacks touched the repository"
    );
}

/// Whoever may write files at the top of a work tree must not decide what a pinned name means.
#[test]
fn a_file_does_not_stand_in_for_the_pinned_plugin_of_its_name() {
    let bed = bed();
    let file = bed.beside("scribe.wasm");
    fs::write(&file, guests::agent("(i32.const 2048)")).expect("a component");
    let named = file.to_str().expect("UTF-8");
    let added = bed
        .assize(&["plugin", "add", named, "--name", "scribe", "--format", "json"])
        .expect(0)
        .json();
    fs::write(bed.repository().join("scribe"), guests::agent("unreachable")).expect("a file of that name");
    let view = bed
        .assize(&["call", "scribe", "--role", "developer", "--format", "json"])
        .expect(0)
        .json();
    assert_eq!(view["agent"]["component"], added["component"]);
}

/// Two processes that pin at the same time lose nothing of each other's.
#[test]
fn plugins_that_are_added_at_once_are_all_pinned() {
    let bed = bed();
    let file = bed.beside("voter.wasm");
    fs::write(&file, guests::voting(assize_provenance::opinion::Vote::Approve)).expect("a component");
    let named = file.to_str().expect("UTF-8");
    let names: Vec<String> = (0..8).map(|number| format!("voter-{number}")).collect();
    let adding: Vec<_> = names
        .iter()
        .map(|name| {
            bed.command(&["plugin", "add", named, "--name", name])
                .spawn()
                .expect("it starts")
        })
        .collect();
    for mut each in adding {
        assert!(each.wait().expect("it ends").success());
    }
    let lock = text(&bed, ".assize/plugins.lock");
    for name in &names {
        assert!(lock.contains(&format!("[plugins.{name}]")), "{name} is lost:\n{lock}");
    }
}

/// The process is killed while an agent works: the run has no end, and everything goes on.
#[test]
fn a_call_that_is_killed_leaves_a_store_that_works() {
    let bed = bed();
    let file = bed.beside("endless.wasm");
    fs::write(&file, guests::agent("(loop $on (br $on)) unreachable")).expect("a component");
    let named = file.to_str().expect("UTF-8");
    let mut running = bed
        .command(&["call", named, "--role", "developer"])
        .spawn()
        .expect("it starts");
    let store = bed.repository().join(".git/assize/store.sqlite");
    while !store.exists() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    running.kill().expect("it is killed");
    let _ = running.wait().expect("it ends");
    let _ = call(&bed, &["--role", "developer", "--input", RENAME]).expect(0);
    let doctor = bed.assize(&["doctor", "--format", "json"]).expect(0).json();
    let checks = doctor["checks"].as_array().expect("checks");
    let store = checks
        .iter()
        .find(|check| check["name"] == "store")
        .expect("the store is looked at");
    assert_eq!(store["state"], "ok", "{doctor}");
}

/// A command stands in the view with how it ended and whether the kernel held it; one that the policy lets go is marked.
#[test]
fn what_was_run_is_shown_and_what_was_not_confined_is_marked() {
    let bed = bed();
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins/dist/hostile.wasm");
    let policy = "version = 1\n\
        [roles.runner]\nallow = [\"process.run\"]\n[roles.runner.files]\nread = [\"**\"]\n\
        [roles.runner.process]\n\
        allow = [[\"printf\", \"%s\", \"held\"], { run = [\"printf\", \"%s\", \"loose\"], unconfined = true }]\n\
        [judges.technical]\nplugin = \"technical\"\nrole = \"judge\"\n\
        [roles.judge]\nallow = [\"evidence.*\"]\n\
        [councils.default]\njudges = [\"technical\"]\n";
    fs::write(bed.beside("policy.toml"), policy).expect("a policy");
    let (component, policy) = (
        dist.display().to_string(),
        bed.beside("policy.toml").display().to_string(),
    );
    let steps = r#"[["run", ["printf", "%s", "held"], "", null], ["run", ["printf", "%s", "loose"], "", null]]"#;
    let all = [
        "call", &component, "--role", "runner", "--policy", &policy, "--input", steps,
    ];
    let view = bed.assize(&[&all[..], &["--format", "json"]].concat()).expect(0).json();
    let seen: Vec<(&str, bool, &str)> = view["commands"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|command| {
            (
                command["command"].as_str().unwrap_or_default(),
                command["confined"].as_bool().unwrap_or_default(),
                command["outcome"].as_str().unwrap_or_default(),
            )
        })
        .collect();
    assert_eq!(seen.len(), 2, "{view}");
    assert!(seen[0].0.ends_with("held") && seen[0].1 && !seen[1].1, "{seen:?}");
    assert!(seen.iter().all(|(_, _, outcome)| outcome.contains('0')), "{seen:?}");
    let page = bed.assize(&all).expect(0).stdout;
    assert_eq!(page.matches("UNCONFINED").count(), 1, "{page}");
}

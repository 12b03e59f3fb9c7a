//! Workflows from the command line to the branch: what agents do in worktrees of their own, what councils say, what people
//! decide, and what is left when the process is killed.

mod crash;
mod dry_run;
mod landing;
mod lifecycle;
mod modes;
mod people;
mod replay;
mod team;
mod templates;
mod together;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use assize_provenance::opinion::Vote;
use assize_tests::bed::{Bed, Edit, Run};
use assize_tests::guests;
use serde_json::Value;

/// The program that every test here runs.
const ASSIZE: &str = env!("CARGO_BIN_EXE_assize-under-test");
/// What the tests need strace for.
const STRACE: &str = "what a kill leaves behind is not looked at";

/// The roles and agents of every plant: one who edits files as its input says, one who fails the first time, one who does nothing,
/// and one who could not do anything.
const ROLES: &str = r#"
[roles.judge]
allow = ["evidence.*"]

[roles.editor]
allow = ["workspace.*", "state.*", "artifacts.store"]
[roles.editor.files]
read = ["**"]
write = ["src/**"]

[agents.editor]
plugin = "codemod"
role = "editor"

[agents.fickle]
plugin = "agents/fickle.wasm"
role = "editor"

[agents.idle]
plugin = "agents/idle.wasm"
role = "editor"

[agents.bare]
plugin = "agents/bare.wasm"
role = "editor"
"#;

/// An agent that faults until its key of the state exists, which it makes: it succeeds the second time.
pub(super) const FICKLE: &str = r#"
  (call $set (local.get $agent) (local.get $agent_length) (i32.const 1) (i32.const 2080) (i32.const 4)
    (i32.const 1) (i64.const 0) (i32.const 6144))
  (if (i32.eqz (i32.load8_u (i32.const 6144))) (then (unreachable)))
  (i32.const 2048)"#;

/// A repository with files, agents, judges and a workflow.
pub(super) struct Plant {
    pub(super) bed: Bed,
}

impl Plant {
    /// Lays one out: `files` are `src/f0.txt` and so on, each of which says `old`; the judges all vote as they are told.
    pub(super) fn of(files: usize, votes: &[Vote], workflows: &[(&str, &str)]) -> Self {
        let bed = Bed::new(ASSIZE);
        let names: Vec<String> = (0..files).map(|number| format!("src/f{number}.txt")).collect();
        let mut edits: Vec<Edit<'_>> = names.iter().map(|name| Edit::Write(name, b"old\n")).collect();
        let (fickle, idle) = (guests::agent(FICKLE), guests::agent("(i32.const 2048)"));
        edits.push(Edit::Write("agents/fickle.wasm", &fickle));
        edits.push(Edit::Write("agents/idle.wasm", &idle));
        let bare = guests::idle_agent();
        edits.push(Edit::Write("agents/bare.wasm", &bare));
        let judges: Vec<Vec<u8>> = votes.iter().map(|vote| guests::voting(*vote)).collect();
        let paths: Vec<String> = (0..judges.len())
            .map(|number| format!("judges/j{number}.wasm"))
            .collect();
        edits.extend(paths.iter().zip(&judges).map(|(path, judge)| Edit::Write(path, judge)));
        let policy = policy(judges.len());
        edits.push(Edit::Write(".assize/policy.toml", policy.as_bytes()));
        let workflow_paths: Vec<String> = workflows
            .iter()
            .map(|(name, _)| format!(".assize/workflows/{name}.toml"))
            .collect();
        edits.extend(
            workflow_paths
                .iter()
                .zip(workflows)
                .map(|(path, (_, text))| Edit::Write(path, text.as_bytes())),
        );
        bed.commit("Begin", &edits);
        Self { bed }
    }

    /// Runs Assize in it.
    pub(super) fn assize(&self, arguments: &[&str]) -> Run {
        self.bed.assize(arguments)
    }

    /// Runs a workflow to its end and gives what is shown.
    pub(super) fn run(&self, arguments: &[&str], code: i32) -> Value {
        let all: Vec<&str> = ["run", "--format", "json"].iter().chain(arguments).copied().collect();
        self.assize(&all).expect(code).json()
    }

    /// A file of the work tree.
    pub(super) fn text(&self, path: &str) -> String {
        fs::read_to_string(self.bed.repository().join(path)).expect("a file")
    }

    /// The state folder.
    pub(super) fn state(&self) -> PathBuf {
        self.bed.repository().join(".git/assize")
    }

    /// The tree of the newest commit of a branch.
    pub(super) fn tree(&self, branch: &str) -> String {
        let repository = git2::Repository::open(self.bed.repository()).expect("the repository opens");
        let found = repository.find_reference(branch).expect("the branch is there");
        found.peel_to_tree().expect("a tree").id().to_string()
    }

    /// Nothing of a run is left that a run needs only while it lasts.
    pub(super) fn is_tidy(&self, when: &str) {
        let left = |folder: &str| {
            let path = self.state().join("worktrees").join(folder);
            let entries = fs::read_dir(path).into_iter().flatten().flatten();
            entries.map(|entry| entry.file_name()).collect::<Vec<_>>()
        };
        assert!(
            left("work").is_empty(),
            "{when}: worktrees are left: {:?}",
            left("work")
        );
        assert!(left("aside").is_empty(), "{when}: {:?}", left("aside"));
        let store = assize::store::Store::open(&self.state()).expect("the store opens");
        let held = store.leases(None, 10).expect("leases");
        assert!(held.is_empty(), "{when}: leases are held: {held:?}");
    }
}

fn policy(judges: usize) -> String {
    let mut text = format!("version = 1\n{ROLES}");
    let names: Vec<String> = (0..judges).map(|number| format!("j{number}")).collect();
    for name in &names {
        text.push_str(&format!(
            "[judges.{name}]\nplugin = \"judges/{name}.wasm\"\nrole = \"judge\"\n"
        ));
    }
    text.push_str(&format!(
        "[councils.default]\njudges = {names:?}\nquorum = {judges}\nrule = \"unanimous\"\n"
    ));
    text
}

/// A task that writes `new` into one file.
pub(super) fn edit(name: &str, file: usize, needs: &[&str], more: &str) -> String {
    format!(
        "[tasks.{name}]\nagent = \"editor\"\nneeds = {needs:?}\n{more}\n\
         inputs = {{ edits = {{ value = [{{ paths = [\"src/f{file}.txt\"], literal = \"old\", with = \"new\" }}] }} }}\n"
    )
}

/// The tasks of a shown run by their names.
pub(super) fn tasks(view: &Value) -> BTreeMap<String, Value> {
    let tasks = view["tasks"].as_array().expect("tasks");
    tasks
        .iter()
        .map(|task| (task["task"].as_str().expect("a name").to_owned(), task.clone()))
        .collect()
}

/// The state of one task of a shown run.
pub(super) fn state(view: &Value, task: &str) -> String {
    tasks(view)[task]["state"].as_str().expect("a state").to_owned()
}

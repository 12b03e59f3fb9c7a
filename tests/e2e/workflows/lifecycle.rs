//! From a discussion to a change on the branch: a vision, a design, tasks and a decision about them, votes, and a workflow that
//! the team made of its tasks. Everything in between survives the death of the process.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use assize::event::{Deed, Event, Kind, RunId};
use assize::plan::TaskState;
use assize::store::{Act, Author, DecisionState, EventFilter, PAGE_ROWS_MAX, Store, TaskDraft, WorkflowRunFilter};
use assize_provenance::opinion::Vote;
use assize_provenance::time::Time;
use assize_tests::bed::{Bed, Edit};
use assize_tests::guests;
use assize_tests::snapshot::Snapshot;

use super::{ASSIZE, Plant, team};

const POLICY: &str = r#"version = 1
[roles.judge]
allow = ["evidence.*"]

[roles.manager]
allow = ["messages.*", "knowledge.*", "tasks.create", "tasks.assign", "decisions.propose", "decisions.get", "workflows.*"]

[roles.architect]
allow = ["messages.*", "knowledge.get", "artifacts.store", "decisions.vote"]

[roles.developer]
allow = ["workspace.*", "decisions.vote"]
files = { read = ["**"], write = ["src/**"] }

[roles.tester]
allow = ["workspace.*", "decisions.vote"]
files = { read = ["**"], write = ["tests/**"] }

[roles.writer]
allow = ["workspace.*"]
files = { read = ["**"], write = ["docs/**"] }

[judges.one]
plugin = "judges/one.wasm"
role = "judge"

[councils.default]
judges = ["one"]
quorum = 1
rule = "unanimous"
"#;

const WORKFLOW: &str = r#"version = 1
summary = "From a vision to a workflow of tasks."

[tasks.vision]
agent = "manager"
council = "none"
inputs = { a-round = 1 }

[tasks.design]
agent = "architect"
council = "none"
needs = ["vision"]
inputs = { a-round = 2 }

[tasks.objection]
agent = "developer"
council = "none"
needs = ["design"]
inputs = { a-round = 3 }

[tasks.tasks]
agent = "manager"
council = "none"
needs = ["objection"]
inputs = { a-round = 4 }

[tasks.vote-architect]
agent = "architect"
council = "none"
needs = ["tasks"]
inputs = { a-round = 5, b-decision = { output = "tasks", path = ["decision"] } }

[tasks.vote-developer]
agent = "developer"
council = "none"
needs = ["tasks"]
inputs = { a-round = 5, b-decision = { output = "tasks", path = ["decision"] } }

[tasks.vote-tester]
agent = "tester"
council = "none"
needs = ["tasks"]
inputs = { a-round = 5, b-decision = { output = "tasks", path = ["decision"] } }

[tasks.start]
agent = "manager"
council = "none"
needs = ["vote-architect", "vote-developer", "vote-tester"]

[tasks.start.inputs]
a-round = 6
b-decision = { output = "tasks", path = ["decision"] }
c-build = { output = "tasks", path = ["build"] }
d-test = { output = "tasks", path = ["test"] }
e-describe = { output = "tasks", path = ["describe"] }
"#;

/// The rounds, each by the task that ends it.
const ROUNDS: &[&str] = &[
    "vision",
    "design",
    "objection",
    "tasks",
    "vote-architect",
    "vote-tester",
    "start",
];
/// How long a round may take.
const ROUND: Duration = Duration::from_secs(120);

/// A repository with the team, its policy and its workflow.
fn plant() -> Plant {
    let bed = Bed::new(ASSIZE);
    let members = [
        ("manager", team::manager()),
        ("architect", team::architect()),
        ("developer", team::developer()),
        ("tester", team::tester()),
        ("writer", team::writer()),
    ];
    let mut policy = POLICY.to_owned();
    let mut files = vec![("judges/one.wasm".to_owned(), guests::voting(Vote::Approve))];
    for (name, component) in members {
        let path = format!("agents/{name}.wasm");
        policy.push_str(&format!("[agents.{name}]\nplugin = \"{path}\"\nrole = \"{name}\"\n"));
        files.push((path, component));
    }
    files.push((".assize/policy.toml".to_owned(), policy.into_bytes()));
    files.push((".assize/workflows/discuss.toml".to_owned(), WORKFLOW.into()));
    let edits: Vec<Edit<'_>> = files.iter().map(|(path, bytes)| Edit::Write(path, bytes)).collect();
    bed.commit("Begin", &edits);
    Plant { bed }
}

/// How tasks ended: the state of each, and the verdicts.
type Ends = Vec<(String, Vec<String>)>;

/// What must be the same, however often the process was killed.
#[derive(Debug, PartialEq, Eq)]
struct Story {
    tree: String,
    /// Of each run: its outcome, and of each of its tasks the state and the verdicts.
    runs: BTreeMap<String, (String, Ends)>,
    /// Of each task on the board: title, state, who had it, and what came of it.
    tasks: Vec<(String, TaskState, Option<String>, Option<String>)>,
    /// What was said, and by whom.
    messages: Vec<(String, String)>,
    vision: String,
    /// What was decided, and who voted.
    decisions: Vec<(DecisionState, Vec<String>)>,
    /// What was done on the board, by whom.
    deeds: BTreeMap<String, usize>,
}

/// What a deed is called here.
fn deed(deed: &Deed) -> &'static str {
    match deed {
        Deed::TaskCreated { .. } => "created a task",
        Deed::TaskAssigned { .. } => "gave a task away",
        Deed::TaskCompleted { .. } => "completed a task",
        Deed::MessagePosted { .. } => "said something",
        Deed::KnowledgeSet { .. } => "wrote something down",
        Deed::DecisionProposed { .. } => "proposed a decision",
        Deed::Voted { .. } => "voted",
        Deed::WorkflowDrafted { .. } => "made a workflow",
        Deed::WorkflowWanted { .. } => "started a workflow",
        other => panic!("nobody does that here: {other:?}"),
    }
}

fn story(plant: &Plant) -> Story {
    let store = Store::open(&plant.state()).expect("the store opens");
    let mut deeds = BTreeMap::new();
    let mut decisions = Vec::new();
    let filter = EventFilter {
        kind: Some(Kind::Board),
        ..EventFilter::default()
    };
    for recorded in store.events(&filter, 0, PAGE_ROWS_MAX).expect("events") {
        let Event::Board { agent, deed: done, .. } = recorded.event else {
            continue;
        };
        *deeds.entry(format!("{agent} {}", deed(&done))).or_insert(0) += 1;
        if matches!(done, Deed::DecisionProposed { .. }) {
            let decision = store
                .board_decision(recorded.sequence)
                .expect("reads")
                .expect("is there");
            let mut voters: Vec<String> = decision.ballots.into_iter().map(|(agent, ..)| agent).collect();
            voters.sort();
            decisions.push((decision.state, voters));
        }
    }
    let list = plant.assize(&["task", "list", "--format", "json"]).expect(0).json();
    let mut runs = BTreeMap::new();
    for run in list["runs"].as_array().expect("runs") {
        let id = run["run"].as_str().expect("a run");
        let shown = plant.assize(&["task", "show", id, "--format", "json"]).expect(0).json();
        let tasks = shown["tasks"].as_array().expect("tasks").iter().map(|task| {
            let verdicts = task["verdicts"].as_array().into_iter().flatten();
            let verdicts = verdicts.map(|verdict| format!("{} {}", verdict["council"], verdict["decision"]));
            (task["state"].as_str().expect("a state").to_owned(), verdicts.collect())
        });
        // The number of the workflow on the board depends on how often something was begun.
        let name = shown["workflow"].as_str().expect("a name");
        let name: String = name.chars().filter(|letter| !letter.is_ascii_digit()).collect();
        let outcome = shown["outcome"].as_str().expect("an outcome").to_owned();
        let told = runs.insert(name, (outcome, tasks.collect()));
        assert!(told.is_none(), "a workflow ran twice: {list}");
    }
    let tasks = store.board_tasks(None, 0, 100).expect("reads");
    let messages = store.board_messages("plans", 0, 100).expect("reads");
    let vision = store.board_knowledge("vision").expect("reads").expect("is known");
    Story {
        tree: plant.tree("refs/heads/main"),
        runs,
        tasks: tasks
            .into_iter()
            .map(|task| (task.draft.title, task.state, task.holder, task.output))
            .collect(),
        messages: messages.into_iter().map(|said| (said.agent, said.body)).collect(),
        vision: vision.value,
        decisions,
        deeds,
    }
}

/// What the team comes to when nobody disturbs it.
fn expected(story: &Story) {
    let done = |title: &str, agent: &str| {
        let (agent, output) = (Some(agent.to_owned()), Some("true".to_owned()));
        (title.to_owned(), TaskState::Success, agent, output)
    };
    assert_eq!(
        story.tasks,
        [
            done("Build the clock", "developer"),
            done("Test the clock", "tester"),
            done("Describe the clock", "writer"),
        ]
    );
    let voters = ["architect", "developer", "tester"].map(str::to_owned).to_vec();
    assert_eq!(story.decisions, [(DecisionState::Approved, voters)]);
    let outcomes: Vec<(&str, &str)> = story
        .runs
        .iter()
        .map(|(name, (outcome, _))| (name.as_str(), outcome.as_str()))
        .collect();
    assert_eq!(outcomes, [("board--clock", "success"), ("discuss", "success")]);
    let judged = ("success".to_owned(), vec!["\"default\" \"approved\"".to_owned()]);
    assert_eq!(story.runs["board--clock"].1, [judged.clone(), judged.clone(), judged]);
    let deeds: Vec<(&str, usize)> = story
        .deeds
        .iter()
        .map(|(deed, times)| (deed.as_str(), *times))
        .collect();
    assert_eq!(
        deeds,
        [
            ("architect said something", 1),
            ("architect voted", 1),
            ("assize completed a task", 3),
            ("developer voted", 1),
            ("manager created a task", 3),
            ("manager gave a task away", 3),
            ("manager made a workflow", 1),
            ("manager proposed a decision", 1),
            ("manager said something", 1),
            ("manager started a workflow", 1),
            ("manager wrote something down", 1),
            ("tester voted", 1),
        ]
    );
}

/// Who used which permission, as the auditor is shown it.
fn accesses(plant: &Plant, agent: &str) -> BTreeMap<String, bool> {
    let arguments = ["audit", "access", "--agent", agent, "--max", "1000", "--format", "json"];
    let view = plant.assize(&arguments).expect(0).json();
    let rows = view["accesses"].as_array().expect("accesses").iter();
    rows.map(|row| {
        let permission = row["permission"].as_str().expect("a permission").to_owned();
        (permission, row["granted"].as_bool().expect("yes or no"))
    })
    .collect()
}

/// Everything that happened can be looked up, and the chain holds.
fn is_on_record(plant: &Plant) {
    let manager = accesses(plant, "manager");
    for permission in [
        "messages.post",
        "knowledge.share",
        "tasks.create",
        "tasks.assign",
        "decisions.propose",
        "workflows.create",
        "workflows.start",
    ] {
        assert_eq!(manager.get(permission), Some(&true), "{permission}: {manager:?}");
    }
    let developer = accesses(plant, "developer");
    assert_eq!(developer.get("tasks.create"), Some(&false), "{developer:?}");
    assert_eq!(developer.get("decisions.vote"), Some(&true), "{developer:?}");
    let architect = accesses(plant, "architect");
    assert_eq!(architect.get("artifacts.store"), Some(&true), "{architect:?}");
    let _ = plant.assize(&["audit", "verify"]).expect(0);
    let log = plant.assize(&["audit", "log", "--format", "json"]).expect(0).json();
    let entries = log["entries"].as_array().expect("entries").iter();
    assert_eq!(entries.filter(|entry| entry["kind"] == "verdict").count(), 3, "{log}");
}

/// Goes on until nothing is open.
fn goes_on(plant: &Plant, when: &str) {
    let run = plant.assize(&["run", "--continue"]);
    assert_eq!(run.code, 0, "{when}: {run:?}");
}

#[test]
fn a_discussion_becomes_tasks_a_decision_a_workflow_and_a_change_on_the_branch() {
    let plant = plant();
    let view = plant.run(&["discuss"], 0);
    assert_eq!(view["outcome"], "success", "{view}");
    expected(&story(&plant));
    assert_eq!(plant.text("src/clock.txt"), "tick\n");
    assert_eq!(plant.text("docs/clock.txt"), "It ticks.\n");
    is_on_record(&plant);
    plant.is_tidy("after a discussion");
}

/// Waits until a task of a run that is called so has come to an end, or until the process that drives it has.
fn waits_for(plant: &Plant, child: &mut std::process::Child, task: &str) {
    let store = Store::open(&plant.state()).expect("the store opens");
    let begun = Instant::now();
    while child.try_wait().expect("it is looked at").is_none() {
        assert!(begun.elapsed() < ROUND, "{task} takes too long");
        let runs = store
            .workflow_runs(&WorkflowRunFilter::default(), None, 10)
            .expect("runs");
        let has_come = runs.iter().any(|run| {
            let tasks = store.workflow_tasks(run.run, 0, 100).expect("tasks");
            tasks.iter().any(|row| row.task == task && row.outcome.is_some()) || (task == "landed" && run.landed > 0)
        });
        if has_come {
            return;
        }
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_team_whose_host_dies_between_any_two_rounds_comes_to_the_same_end() {
    let plant = plant();
    let _ = plant.assize(&["run", "discuss", "--submit"]).expect(0);
    let (repository, home) = (Snapshot::of(&plant.bed.repository()), Snapshot::of(&plant.bed.home()));
    goes_on(&plant, "undisturbed");
    let undisturbed = story(&plant);
    expected(&undisturbed);
    for round in ROUNDS.iter().chain(&["landed"]) {
        repository.restore();
        home.restore();
        let mut command = plant.bed.command(&["run", "--continue"]);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().expect("it starts");
        waits_for(&plant, &mut child, round);
        child.kill().expect("it is killed");
        let _ = child.wait().expect("it ends");
        let when = format!("killed after {round}");
        goes_on(&plant, &when);
        assert_eq!(story(&plant), undisturbed, "{when}");
        is_on_record(&plant);
        plant.is_tidy(&when);
    }
}

#[test]
fn a_team_whose_host_dies_after_every_round_comes_to_the_same_end() {
    let plant = plant();
    let _ = plant.assize(&["run", "discuss", "--submit"]).expect(0);
    for round in ROUNDS {
        let mut command = plant.bed.command(&["run", "--continue"]);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().expect("it starts");
        waits_for(&plant, &mut child, round);
        child.kill().expect("it is killed");
        let _ = child.wait().expect("it ends");
    }
    goes_on(&plant, "after many deaths");
    expected(&story(&plant));
    is_on_record(&plant);
    plant.is_tidy("after many deaths");
}

/// Makes a workflow of tasks for these roles, each of which needs the one before, and asks for its start, as agents do.
fn wanted(plant: &Plant, roles: &[Option<&str>]) -> Vec<u64> {
    let store = Store::open(&plant.state()).expect("the store opens");
    let act = |act| {
        let author = Author {
            run: RunId::from_bytes([7; 16]),
            agent: "manager".to_owned(),
            role: "manager".to_owned(),
        };
        let at = Time::from_unix_seconds(1_800_000_000).expect("a time");
        store.board_act(at, author, act).expect("recorded").expect("no refusal")
    };
    // The numbers of tasks are larger than those of rounds.
    for _ in 0..10 {
        let text = "at work".to_owned();
        act(Act::SayStatus { text });
    }
    let mut tasks = Vec::new();
    for role in roles {
        tasks.push(act(Act::CreateTask(TaskDraft {
            title: "a task".to_owned(),
            role: role.map(str::to_owned),
            needs: tasks.last().copied().into_iter().collect(),
            ..TaskDraft::default()
        })));
    }
    let (name, all) = ("wanted".to_owned(), tasks.clone());
    let workflow = act(Act::DraftWorkflow { name, tasks: all });
    act(Act::StartWorkflow { workflow });
    tasks
}

/// Where the tasks stand, and why.
fn stand(plant: &Plant, tasks: &[u64]) -> Vec<(TaskState, String)> {
    let store = Store::open(&plant.state()).expect("the store opens");
    let task = |id: &u64| store.board_task(*id).expect("reads").expect("is there");
    tasks.iter().map(task).map(|task| (task.state, task.reason)).collect()
}

#[test]
fn a_workflow_whose_tasks_nobody_can_do_has_failed_and_says_why() {
    let plant = plant();
    let tasks = wanted(&plant, &[Some("developer"), None]);
    goes_on(&plant, "with a task for nobody");
    let stand = stand(&plant, &tasks);
    assert_eq!(stand[0].0, TaskState::Failed);
    assert!(stand[0].1.contains("was given to nobody"), "{stand:?}");
    assert_eq!(stand[1].0, TaskState::Blocked, "{stand:?}");
    let list = plant.assize(&["task", "list", "--format", "json"]).expect(0).json();
    assert_eq!(list["runs"].as_array().map(Vec::len), Some(0), "{list}");
}

#[test]
fn what_a_run_cannot_do_has_failed_on_the_board_and_blocks_what_needs_it() {
    let plant = plant();
    // Nothing was built that could be tested.
    let tasks = wanted(&plant, &[Some("tester"), Some("developer")]);
    let run = plant.assize(&["run", "--continue"]);
    assert_eq!(run.code, 1, "{run:?}");
    let stand = stand(&plant, &tasks);
    assert_eq!(stand[0].0, TaskState::Failed, "{stand:?}");
    assert!(stand[0].1.starts_with("broken in the run"), "{stand:?}");
    assert_eq!(stand[1].0, TaskState::Blocked, "{stand:?}");
    plant.is_tidy("after a run that failed");
}

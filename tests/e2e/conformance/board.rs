//! The functions of the board that agents share, as rows for the table of agents; and what a role's terms for tasks say.

use assize::event::RunId;
use assize::policy::permission::Permission;
use assize::store::{Act, Author, Proposal, TaskDraft};
use assize_provenance::time::Time;
use assize_tests::workshop::{AGENT, RUN, Workshop};

use super::agents::{DENIED, LIMIT, Row, agent_of_answer, done, workshop};

/// Texts that the calls pass, from address 6656 on. At 6688 stands the agent's own name, at 6720 a list of it, and at 6736 a list
/// of the task 4.
pub(super) const TEXTS: &str = r#"
  (data (i32.const 6656) "plans") (data (i32.const 6672) "done") (data (i32.const 6688) "scribe")
  (data (i32.const 6720) "\20\1a\00\00\06\00\00\00") (data (i32.const 6736) "\04\00\00\00\00\00\00\00")
  (data (i32.const 6752) "known") (data (i32.const 6768) "f!esh")"#;

/// Makes another key of the one that is shared.
pub(super) const OTHER_KEY: &str =
    "(i32.store8 (i32.const 6769) (i32.add (i32.load8_u (i32.const 6769)) (i32.const 1)))";

/// One row.
const fn row(permission: Permission, call: &'static str, payload: u32, limit: Option<&'static str>) -> Row {
    Row {
        permission,
        call,
        payload,
        limit,
    }
}

/// What is on the board is what [`fill`] put there.
pub(super) static ROWS: &[Row] = &[
    row(
        Permission::TasksCreate,
        "(call $task_create (i32.const 6656) (i32.const 5) (i32.const 16384) (i32.const 40000)
           (i32.const 1) (i32.const 6672) (i32.const 4) (i32.const 0) (i32.const 0) (i32.const 0)
           (i32.const -7) (i32.const 1) (i64.const 1) (i32.const 6736) (i32.const 1) (i32.const 4096))",
        8,
        Some("artifact_mib"),
    ),
    row(
        Permission::TasksGet,
        "(call $task (i64.const 1) (i32.const 4096))",
        8,
        Some("evidence_mib"),
    ),
    row(
        Permission::TasksList,
        "(call $tasks (i32.const 0) (i32.const 0) (i64.const 0) (i32.const 4096))",
        4,
        Some("evidence_mib"),
    ),
    row(
        Permission::TasksUpdate,
        "(call $task_update (i64.const 1) (i32.const 1) (i32.const 6656) (i32.const 5)
           (i32.const 1) (i32.const 16384) (i32.const 40000) (i32.const 1) (i32.const 9) (i32.const 4096))",
        4,
        Some("artifact_mib"),
    ),
    row(
        Permission::TasksClaim,
        "(call $task_claim (i64.const 1) (i32.const 4096))",
        4,
        None,
    ),
    row(
        Permission::TasksAssign,
        "(call $task_assign (i64.const 1) (i32.const 6688) (i32.const 6) (i32.const 4096))",
        4,
        Some("artifact_mib"),
    ),
    row(
        Permission::TasksComplete,
        "(call $task_complete (i64.const 2) (i32.const 16384) (i32.const 40000) (i32.const 4096))",
        4,
        None,
    ),
    row(
        Permission::TasksFail,
        "(call $task_fail (i64.const 3) (i32.const 6672) (i32.const 4) (i32.const 4096))",
        4,
        None,
    ),
    row(
        Permission::MessagesPost,
        "(call $post (i32.const 6656) (i32.const 5) (i32.const 16384) (i32.const 40000)
           (i32.const 0) (i64.const 0) (i32.const 4096))",
        8,
        Some("artifact_mib"),
    ),
    row(
        Permission::MessagesGet,
        "(call $messages (i32.const 6656) (i32.const 5) (i64.const 0) (i32.const 4096))",
        4,
        Some("evidence_mib"),
    ),
    row(
        Permission::KnowledgeShare,
        "(call $share (i32.const 6768) (i32.const 5) (i32.const 16384) (i32.const 40000) (i32.const 4096))",
        8,
        Some("artifact_mib"),
    ),
    row(
        Permission::KnowledgeGet,
        "(call $known (i32.const 6752) (i32.const 5) (i32.const 4096))",
        8,
        Some("evidence_mib"),
    ),
    row(
        Permission::KnowledgeUpdate,
        "(call $revise (i32.const 6752) (i32.const 5) (i32.const 16384) (i32.const 40000)
           (i32.const 0) (i64.const 0) (i32.const 4096))",
        8,
        Some("artifact_mib"),
    ),
    row(
        Permission::DecisionsPropose,
        "(call $propose (i32.const 6656) (i32.const 5) (i32.const 16384) (i32.const 40000)
           (i32.const 6720) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 51) (i32.const 4096))",
        8,
        Some("artifact_mib"),
    ),
    row(
        Permission::DecisionsVote,
        "(call $vote (i64.const 5) (i32.const 0) (i32.const 6672) (i32.const 4) (i32.const 4096))",
        4,
        None,
    ),
    row(
        Permission::DecisionsGet,
        "(call $decision (i64.const 5) (i32.const 4096))",
        8,
        Some("evidence_mib"),
    ),
    row(
        Permission::WorkflowsCreate,
        "(call $workflow (i32.const 6656) (i32.const 5) (i32.const 6736) (i32.const 1) (i32.const 4096))",
        8,
        None,
    ),
    row(
        Permission::WorkflowsStart,
        "(call $workflow_start (i64.const 6) (i32.const 4096))",
        4,
        None,
    ),
    row(
        Permission::StatusUpdate,
        "(call $say_status (i32.const 16384) (i32.const 500) (i32.const 4096))",
        4,
        Some("artifact_mib"),
    ),
    row(
        Permission::StatusTeam,
        "(call $team (i32.const 4096))",
        4,
        Some("evidence_mib"),
    ),
];

/// Puts something on an empty board for every call: the tasks 1 to 4, the decision 5, the workflow 6, and behind them the task 7,
/// which another agent holds. The tasks 2 and 3 are the agent's.
pub(super) fn fill(workshop: &Workshop) {
    let now = Time::from_unix_seconds(1_800_000_000).expect("a time");
    let act = |agent: &str, act: Act| {
        let author = Author {
            run: if agent == AGENT {
                RUN
            } else {
                RunId::from_bytes([8; 16])
            },
            agent: agent.to_owned(),
            role: "agent".to_owned(),
        };
        let done = workshop.store.board_act(now, author, act);
        done.expect("recorded").expect("no refusal")
    };
    let text = || "a plan\n".repeat(700);
    let task = || {
        Act::CreateTask(TaskDraft {
            title: "a task".to_owned(),
            description: text(),
            ..TaskDraft::default()
        })
    };
    for number in 1..=4 {
        assert_eq!(act(AGENT, task()), number);
    }
    let proposal = Proposal {
        title: "a decision".to_owned(),
        body: text(),
        agents: vec![AGENT.to_owned(), "other".to_owned()],
        quorum: 2,
        threshold_percent: 51,
        ..Proposal::default()
    };
    assert_eq!(act(AGENT, Act::Propose(proposal)), 5);
    let (name, tasks) = ("a workflow".to_owned(), vec![1]);
    assert_eq!(act(AGENT, Act::DraftWorkflow { name, tasks }), 6);
    assert_eq!(act("other", task()), 7);
    for (agent, task) in [(AGENT, 2), (AGENT, 3), ("other", 7)] {
        act(agent, Act::ClaimTask { task, claimed_max: 9 });
    }
    let (topic, body, reply_to) = ("plans".to_owned(), text(), None);
    act(AGENT, Act::Post { topic, body, reply_to });
    let (key, value) = ("known".to_owned(), text());
    act(AGENT, Act::Share { key, value });
    let text = "at work ".repeat(60);
    act("other", Act::SayStatus { text });
}

/// The row of a function.
fn the(permission: Permission) -> &'static Row {
    let row = ROWS.iter().find(|row| row.permission == permission);
    row.expect("every function has a row")
}

/// What is asked is answered with the refusal of that kind, or with none; gives what it says.
fn is_told(workshop: &Workshop, role: &str, row: &Row, kind: Option<u32>) -> String {
    let account = workshop.run(role, &agent_of_answer(row, row.call, kind.unwrap_or(DENIED)));
    let access = account.accesses.last().expect("a record").clone();
    let (output, said) = done(account, row.permission.name());
    let expected = if kind.is_some() { "false" } else { "true" };
    assert_eq!(output, expected, "{} under {role}: {said}", row.permission);
    assert_eq!(access.granted, kind.is_none(), "{access:?}");
    format!("{said} {}", access.reason)
}

#[test]
fn an_agent_holds_as_many_tasks_as_its_role_allows() {
    let workshop = workshop();
    let role = "allow = [\"tasks.*\"]\n[roles.agent.limits]\nclaimed_tasks = 2\n";
    let said = is_told(&workshop, role, the(Permission::TasksClaim), Some(LIMIT));
    assert!(said.contains("`claimed_tasks` is 2"), "{said}");
    is_told(&workshop, role, the(Permission::TasksComplete), None);
    is_told(&workshop, role, the(Permission::TasksClaim), None);
}

#[test]
fn an_agent_takes_only_tasks_of_the_types_that_its_role_names() {
    let workshop = workshop();
    let role = "allow = [\"tasks.*\"]\n[roles.agent.tasks]\ntypes = [\"test\"]\n";
    let said = is_told(&workshop, role, the(Permission::TasksClaim), Some(DENIED));
    assert!(
        said.contains("`tasks.types`") && said.contains("[roles.agent.tasks]"),
        "{said}"
    );
    is_told(&workshop, "allow = [\"tasks.*\"]", the(Permission::TasksClaim), None);
}

#[test]
fn a_task_of_another_agent_stays_with_it_where_the_role_says_so() {
    let workshop = workshop();
    let anothers = Row {
        call: "(call $task_assign (i64.const 7) (i32.const 6688) (i32.const 6) (i32.const 4096))",
        ..*the(Permission::TasksAssign)
    };
    let role = "allow = [\"tasks.*\"]\n[roles.agent.tasks]\ncan_reassign = false\n";
    let said = is_told(&workshop, role, &anothers, Some(DENIED));
    assert!(said.contains("another agent holds the task"), "{said}");
    is_told(&workshop, role, the(Permission::TasksAssign), None);
    is_told(&workshop, "allow = [\"tasks.*\"]", &anothers, None);
    let task = workshop.store.board_task(7).expect("reads").expect("is there");
    assert_eq!(task.holder.as_deref(), Some(AGENT));
}

/// What is kept holds no secret of a shape that is known.
#[test]
fn texts_on_the_board_are_masked() {
    let workshop = workshop();
    let token = format!("{}{}", "ghp_", "a1B2".repeat(9));
    let row = Row {
        call: "(memory.copy (i32.const 16384) (i32.const 7000) (i32.const 40))
           (call $post (i32.const 6656) (i32.const 5) (i32.const 16384) (i32.const 40) (i32.const 0) (i64.const 0)
             (i32.const 4096))",
        ..*the(Permission::MessagesPost)
    };
    let fields = format!("(data (i32.const 7000) \"{token}\")");
    let component =
        assize_tests::guests::agent_with(&format!("{TEXTS} {fields}"), &format!("{} (i32.const 2048)", row.call));
    let account = workshop.run("allow = [\"messages.post\"]", &component);
    assert!(matches!(account.outcome, assize::outcome::Outcome::Finished(_)));
    let messages = workshop.store.board_messages("plans", 0, 10).expect("reads");
    let last = messages.last().expect("it was posted");
    assert_eq!(last.body, "*****", "{messages:?}");
}

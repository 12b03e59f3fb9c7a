//! Who may do what: the acceptance cases of roles, and calls on behalf of others.

use super::{names, parse, with_roles};
use crate::policy::access::{self, Context, Reason, Resource};
use crate::policy::default;
use crate::policy::grant::{Grants, Request};
use crate::policy::permission::Permission;
use crate::policy::role::Role;
use crate::policy::{Policy, limits::Limit};

/// The original names of a role's permissions, sorted, as the tables of the original systems list them.
fn original_names(role: &Role) -> Vec<&'static str> {
    let mut names: Vec<_> = role.permissions().flat_map(Permission::other_names).copied().collect();
    names.sort_unstable();
    names
}

fn shipped() -> Policy {
    default::policy().expect("the default policy is right")
}

fn original(name: &str) -> Permission {
    Permission::named_elsewhere(name).expect("the original name is known")
}

fn may(policy: &Policy, role: &str, name: &str, context: Context<'_>) -> bool {
    let role = policy.role(role).expect("the role is there");
    access::check(role, original(name), &context).granted
}

const BASICS: [&str; 5] = [
    "get_knowledge",
    "get_messages",
    "get_team_status",
    "post_message",
    "update_status",
];
const DEVELOPER: [&str; 11] = [
    "claim_task",
    "complete_task",
    "fail_task",
    "get_artifacts",
    "get_knowledge",
    "get_messages",
    "get_team_status",
    "post_message",
    "share_knowledge",
    "store_artifact",
    "update_status",
];

fn with<'a>(some: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    let mut all = [some, more].concat();
    all.sort_unstable();
    all
}

#[test]
fn the_shipped_roles_are_those_of_the_original_tables() {
    let policy = shipped();
    let held = |role: &str| original_names(policy.role(role).expect("the role is shipped"));
    assert_eq!(
        held("observer"),
        with(
            &["get_messages", "get_knowledge", "get_artifacts", "get_team_status"],
            &[]
        )
    );
    assert_eq!(held("developer"), DEVELOPER);
    assert_eq!(
        held("reviewer"),
        with(&BASICS, &["get_artifacts", "vote_decision", "propose_decision"])
    );
    assert_eq!(held("reviewer").len(), 8);
    assert_eq!(held("tester"), DEVELOPER);
    let architect = with(
        &DEVELOPER,
        &["create_task", "propose_decision", "vote_decision", "create_workflow"],
    );
    assert_eq!(held("architect"), architect);
    assert_eq!(architect.len(), 15);
    let coordinator = with(
        &DEVELOPER,
        &[
            "create_task",
            "assign_task",
            "update_task",
            "propose_decision",
            "vote_decision",
            "create_workflow",
            "start_workflow",
        ],
    );
    assert_eq!(coordinator.len(), 18);
    assert_eq!(held("coordinator"), with(&coordinator, &["manage_team"]));
    assert_eq!(held("admin").len(), 42);
    assert_eq!(held("judge"), ["judge_case"]);
    let operator = with(
        &["get_messages", "get_knowledge", "get_artifacts", "get_team_status"],
        &[
            "pause_workflow",
            "resume_workflow",
            "cancel_workflow",
            "approve_step",
            "override_verdict",
            "approve_waiver",
            "revoke_waiver",
        ],
    );
    assert_eq!(held("operator"), operator);
    let auditor = with(
        &["get_messages", "get_knowledge", "get_artifacts", "get_team_status"],
        &["export_audit", "view_metrics", "judge_case"],
    );
    assert_eq!(held("auditor"), auditor);
    // Two more are those of the agents that come along.
    let of_agents = ["note-writer", "dependency-reporter"];
    assert_eq!(
        policy
            .roles()
            .filter(|role| !of_agents.contains(&role.name.as_str()))
            .count(),
        10
    );
}

#[test]
fn the_constraints_of_the_shipped_roles_are_those_of_the_original_tables() {
    let policy = shipped();
    let role = |name: &str| policy.role(name).expect("the role is shipped");
    assert_eq!(role("developer").limits.get(Limit::ClaimedTasks), 3);
    for free in ["tester", "architect", "coordinator", "admin"] {
        assert_eq!(
            role(free).limits.get(Limit::ClaimedTasks),
            Limit::ClaimedTasks.max(),
            "{free}"
        );
    }
    for role in policy.roles() {
        let types = role.tasks.types.as_ref().map(|types| types.keys().collect::<Vec<_>>());
        let expected = (role.name == "tester").then_some(vec!["qa", "test"]);
        assert_eq!(
            types.map(|types| types.into_iter().map(String::as_str).collect()),
            expected
        );
        assert!(role.tasks.can_reassign());
    }
}

#[test]
fn an_observer_changes_nothing() {
    let policy = shipped();
    let observer = policy.role("observer").expect("the role is shipped");
    for permission in observer.permissions() {
        let function = permission.name().split('.').nth(1).unwrap_or_default();
        assert!(
            matches!(function, "get" | "list" | "team") || permission == Permission::LogWrite,
            "{permission}"
        );
    }
}

#[test]
fn all_42_original_names_are_known_and_distinct() {
    let mut all: Vec<_> = Permission::ALL
        .iter()
        .flat_map(|permission| permission.other_names())
        .collect();
    assert_eq!(all.len(), 42);
    for name in &all {
        assert!(original(name).other_names().contains(name));
        assert_eq!(Permission::named(name), None);
    }
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 42);
}

#[test]
fn a_coordinator_may_create_tasks_and_a_developer_may_not() {
    let policy = shipped();
    assert!(may(&policy, "coordinator", "create_task", Context::default()));
    assert!(!may(&policy, "developer", "create_task", Context::default()));
}

#[test]
fn a_developer_with_two_open_tasks_may_claim_another_and_with_three_may_not() {
    let policy = shipped();
    let holding = |claimed_tasks| Context {
        claimed_tasks,
        ..Context::default()
    };
    assert!(may(&policy, "developer", "claim_task", holding(2)));
    assert!(!may(&policy, "developer", "claim_task", holding(3)));
    let developer = policy.role("developer").expect("the role is shipped");
    let decision = access::check(developer, Permission::TasksClaim, &holding(3)).reason;
    assert_eq!(decision, Reason::TooManyTasks { max: 3 });
    assert_eq!(
        decision.to_string(),
        "it holds as many tasks as it may: `claimed_tasks` is 3"
    );
}

#[test]
fn a_developer_may_not_create_a_workflow() {
    let policy = shipped();
    assert!(!may(&policy, "developer", "create_workflow", Context::default()));
    let developer = policy.role("developer").expect("the role is shipped");
    let decision = access::check(developer, Permission::WorkflowsCreate, &Context::default());
    assert_eq!(decision.reason, Reason::NotAllowed(Permission::WorkflowsCreate));
}

#[test]
fn a_tester_takes_tasks_of_its_types_only() {
    let policy = shipped();
    let of = |task_type| Context {
        resource: Resource::Task {
            task_type,
            is_anothers: false,
        },
        claimed_tasks: 7,
    };
    assert!(may(&policy, "tester", "claim_task", of(Some("test"))));
    assert!(may(&policy, "tester", "claim_task", of(Some("qa"))));
    assert!(!may(&policy, "tester", "claim_task", of(Some("code"))));
    assert!(!may(&policy, "tester", "claim_task", of(None)));
    assert!(may(&policy, "architect", "claim_task", of(Some("code"))));
}

#[test]
fn tasks_of_others_stay_with_them_where_the_role_says_so() {
    let policy = with_roles(
        r#"
[roles.judge]
[roles.keeper]
allow = ["tasks.assign"]
tasks.can_reassign = false
[roles.heir]
inherits = ["keeper"]
[roles.free]
inherits = ["keeper"]
tasks.can_reassign = true
"#,
    );
    let task = |is_anothers| Context {
        resource: Resource::Task {
            task_type: None,
            is_anothers,
        },
        claimed_tasks: 0,
    };
    for (role, kept) in [("keeper", true), ("heir", true), ("free", false)] {
        assert!(may(&policy, role, "assign_task", task(false)), "{role}");
        assert_eq!(may(&policy, role, "assign_task", task(true)), !kept, "{role}");
    }
    let heir = policy.role("heir").expect("it is there");
    let decision = access::check(heir, Permission::TasksAssign, &task(true));
    assert_eq!(decision.line(), Some(6));
    assert_eq!(
        decision.reason.to_string(),
        "[roles.keeper] says `can_reassign = false`, and another agent holds the task"
    );
}

#[test]
fn the_permission_is_asked_before_what_narrows_it() {
    let policy = with_roles("[roles.judge]\ndeny = [\"tasks.claim\"]\n[roles.none]");
    let full = Context {
        claimed_tasks: u64::MAX,
        ..Context::default()
    };
    let reason = |role| {
        let role = policy.role(role).expect("it is there");
        access::check(role, Permission::TasksClaim, &full).reason.to_string()
    };
    assert_eq!(reason("judge"), "[roles.judge] denies \"tasks.claim\", and `deny` wins");
    assert_eq!(reason("none"), "no list of the role allows `tasks.claim`");
}

#[test]
fn a_function_that_no_rule_names_is_refused_to_everybody() {
    let policy = with_roles("[roles.judge]\n[roles.open.files]\nread = [\"**\"]\nwrite = [\"**\"]");
    for role in policy.roles() {
        for permission in Permission::ALL.iter().copied() {
            let granted = access::check(role, permission, &Context::default()).granted;
            assert_eq!(granted, permission.is_everyones(), "{} {permission}", role.name);
        }
    }
}

#[test]
fn a_path_needs_the_permission_and_a_pattern() {
    let policy = with_roles(
        "[roles.judge]\nallow = [\"workspace.*\"]\n[roles.judge.files]\nread = [\"**\"]\nwrite = [\n  \"src/**\",\n  \"a.md\"]",
    );
    let role = policy.role("judge").expect("it is there");
    let check = |permission, resource| {
        access::check(
            role,
            permission,
            &Context {
                resource,
                claimed_tasks: 0,
            },
        )
    };
    let write = check(Permission::WorkspaceWrite, Resource::Path("a.md"));
    assert_eq!((write.granted, write.line()), (true, Some(8)));
    assert!(!check(Permission::WorkspaceWrite, Resource::Path("b.md")).granted);
    assert!(!check(Permission::WorkspaceWrite, Resource::Path("src/.git/config")).granted);
    assert!(check(Permission::WorkspaceRead, Resource::Path("b.md")).granted);
    assert!(!check(Permission::WorkspaceRead, Resource::Path(".GIT/config")).granted);
    let rename = |from, to| check(Permission::WorkspaceRename, Resource::Rename { from, to });
    assert!(rename("src/a", "src/b").granted);
    assert_eq!(
        rename("src/a", "b").reason.to_string(),
        "no pattern in `files.write` opens `b`"
    );
    assert!(!rename("b", "src/a").granted);
}

#[test]
fn a_call_on_behalf_of_another_holds_no_more_than_the_caller() {
    let policy = parse(
        r#"
version = 1
[roles.judge]
[roles.caller]
allow = ["workspace.read", "state.*"]
files.read = ["src/**"]
limits.memory_mib = 64
environment.allow = ["LANG"]
[roles.callee]
allow = ["workspace.*"]
files.read = ["**/*.rs"]
files.write = ["**"]
environment.allow = ["LANG", "HOME"]
process.allow = [["cargo", "test"]]
[judges.technical]
plugin = "technical"
role = "judge"
[councils.default]
judges = ["technical"]
"#,
    );
    let wants = names(&["workspace.read", "workspace.write", "state.get"]);
    let grants = |role| {
        let request = Request {
            plugin: role,
            requires: &[],
            wants: &wants,
            imports: &[],
        };
        Grants::resolve(&policy, role, request).expect("nothing is required")
    };
    let less = grants("callee").attenuate(&grants("caller"));
    let held: Vec<_> = less.permissions().map(Permission::name).collect();
    assert_eq!(held, ["workspace.read", "log.write"]);
    assert!(less.files().may_read("src/a.rs"));
    assert!(!less.files().may_read("a.rs"));
    assert!(!less.files().may_read("src/a.txt"));
    assert!(less.files().may_pass("src") && !less.files().may_pass("docs"));
    assert!(!less.files().may_write("src/a.rs"));
    assert_eq!(less.limits().get(Limit::MemoryMib), 64);
    assert_eq!(
        less.environment().iter().map(|(name, _)| name).collect::<Vec<_>>(),
        ["LANG"]
    );
    assert!(less.commands().is_empty());
    let decision = less.check(Permission::WorkspaceWrite, &Context::default());
    assert_eq!(decision.reason, Reason::NotTheCallers(Permission::WorkspaceWrite));
    assert_eq!(
        less.needs(Permission::WorkspaceWrite),
        "whoever calls the plugin `callee` must hold `workspace.write` too"
    );
    // A chain of calls only ever loses.
    let none = less.attenuate(&grants("judge"));
    assert_eq!(
        none.permissions().map(Permission::name).collect::<Vec<_>>(),
        ["log.write"]
    );
    assert!(!none.files().may_read("src/a.rs"));
}

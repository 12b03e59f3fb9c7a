//! "May X do Y, and by which line?"

use super::parse;
use crate::policy::Policy;
use crate::policy::default;
use crate::policy::explain::{Answer, Question, QuestionError, explain};
use crate::policy::permission::Permission;
use crate::policy::powers::powers;
use crate::policy::subject::SubjectError;

const TEAM: &str = include_str!("../../../../policies/examples/team.toml");

fn team() -> Policy {
    Policy::parse("team.toml", TEAM).expect("the example is right")
}

fn ask(policy: &Policy, question: &str) -> Result<Answer, QuestionError> {
    let words: Vec<String> = question.split(' ').map(str::to_owned).collect();
    let subject = policy.subject(&words[0]).expect("somebody is called so");
    let question = Question {
        what: &words[1],
        on: &words[2..],
        claimed_tasks: 0,
        is_anothers: false,
    };
    explain(policy, &subject, question)
}

/// The number of the line of the example that starts with `text`.
fn line(text: &str) -> usize {
    TEAM.lines()
        .position(|line| line.starts_with(text))
        .expect("the line is there")
        + 1
}

#[test]
fn a_granted_question_names_its_lines() {
    let answer = ask(&team(), "lead-developer workspace.write docs/a.md").expect("it has an answer");
    assert!(answer.granted);
    let lines: Vec<_> = answer
        .lines
        .iter()
        .map(|line| (line.table.as_str(), line.item.as_str(), line.line))
        .collect();
    assert_eq!(
        lines,
        [
            ("[roles.developer]", "workspace.*", line("  \"workspace.*\"")),
            (
                "[roles.senior-developer.files]",
                "docs/**",
                line("write = [\"docs/**\"]")
            ),
        ]
    );
    assert_eq!(answer.needs, None);
}

#[test]
fn a_refused_question_says_what_would_have_to_change() {
    for (question, needs) in [
        (
            "tidy workspace.remove src/a.rs",
            format!(
                "take \"workspace.remove\" out of `deny` of [roles.developer] (team.toml:{}), for `deny` wins over every \
                 `allow`",
                line("deny")
            ),
        ),
        (
            "tidy create_task",
            format!(
                "add \"tasks.create\" to `allow` of [roles.developer] (team.toml:{})",
                line("[roles.developer]")
            ),
        ),
        (
            "tidy workspace.read .git/config",
            format!(
                "add a pattern to `read` of [roles.developer.files] (team.toml:{}); `.git` and `.assize` match no wildcard",
                line("[roles.developer]")
            ),
        ),
        (
            "senior-developer process.run cargo publish",
            format!(
                "add the command to `allow` of [roles.senior-developer.process] (team.toml:{})",
                line("[roles.senior-developer]")
            ),
        ),
        (
            "triage http POST https://api.github.com/repos/example/project/issues",
            format!(
                "add [[roles.triage.http]] for it (team.toml:{})",
                line("[roles.triage]")
            ),
        ),
        (
            "triage environment HOME",
            format!(
                "add it to `allow` or `set` of [roles.triage.environment] (team.toml:{})",
                line("[roles.triage]")
            ),
        ),
        (
            "triage secrets other-token",
            format!(
                "add [[roles.triage.secrets]] for it (team.toml:{})",
                line("[roles.triage]")
            ),
        ),
    ] {
        let answer = ask(&team(), question).expect("it has an answer");
        assert!(!answer.granted, "{question}");
        assert_eq!(answer.needs, Some(needs), "{question}");
    }
}

#[test]
fn powers_without_a_function_of_their_own_are_explained_too() {
    for question in [
        "triage http GET https://api.github.com/repos/example/project/issues/7?state=open",
        "triage secrets github-token",
        "triage secrets github-token https://api.github.com",
        "senior-developer environment LANG",
        "senior-developer environment CARGO_TERM_COLOR",
        "senior-developer process.run cargo test --lib",
    ] {
        let answer = ask(&team(), question).expect("it has an answer");
        assert!(answer.granted, "{question}: {}", answer.reason);
        assert!(!answer.lines.is_empty(), "{question}");
    }
    for question in [
        "triage http GET https://api.github.com/repos/example/project/issues-of-others",
        "triage http GET https://api.github.com.example/repos/example/project/issues",
        "triage secrets github-token https://example.com",
    ] {
        assert!(!ask(&team(), question).expect("it has an answer").granted, "{question}");
    }
    for question in [
        "triage http GET",
        "triage http get https://api.github.com/",
        "triage http GET https://api.github.com/repos/example/project/issues/../../other",
        "triage http GET https://user@api.github.com/",
        "triage workspace.read ../x",
        "triage workspace.read a b",
        "triage messages.get x",
    ] {
        assert!(
            matches!(ask(&team(), question), Err(QuestionError::Unfit { .. })),
            "{question}"
        );
    }
}

#[test]
fn every_original_name_can_be_asked_about() {
    let policy = default::policy().expect("the default policy is right");
    let mut asked = 0;
    for permission in Permission::ALL {
        for name in permission.other_names() {
            let answer = ask(&policy, &format!("admin {name}")).expect("the name is known");
            assert_eq!((answer.granted, answer.permission), (true, Some(*permission)));
            asked += 1;
        }
    }
    assert_eq!(asked, 42);
    let Err(QuestionError::Unknown { advice, .. }) = ask(&policy, "admin clam_task") else {
        panic!("there is no such permission");
    };
    assert_eq!(advice, "did you mean `claim_task`?");
    assert!(ask(&policy, "admin weather.forecast").is_err());
}

#[test]
fn names_mean_one_or_say_how_to_choose() {
    let policy = parse(
        r#"
version = 1
[roles.judge]
[roles.scribe]
[roles.other]
[agents.scribe]
plugin = "codemod"
role = "other"
[judges.technical]
plugin = "technical"
role = "judge"
[councils.default]
judges = ["technical"]
"#,
    );
    let error = policy.subject("scribe").expect_err("two are called so");
    assert_eq!(
        error.to_string(),
        "in the policy policy.toml, more than one is called `scribe`: `agents.scribe` and `roles.scribe`"
    );
    assert_eq!(
        policy
            .subject("agents.scribe")
            .map(|subject| subject.role.name.as_str()),
        Ok("other")
    );
    assert_eq!(policy.subject("roles.scribe").map(|subject| subject.kind), Ok("role"));
    assert_eq!(policy.subject("technical").map(|subject| subject.kind), Ok("judge"));
    assert!(matches!(
        policy.subject("scibe"),
        Err(SubjectError::Unknown { nearest: Some(near), .. }) if near == "scribe"
    ));
}

#[test]
fn the_documented_example_inherits_as_it_says() {
    let policy = team();
    let role = |name: &str| policy.role(name).expect("the role is there");
    let gained = role("senior-developer").held().without(role("developer").held());
    let names: Vec<_> = gained.iter().map(Permission::name).collect();
    assert_eq!(
        names,
        ["process.run", "tasks.create", "tasks.assign", "decisions.propose"]
    );
    let lead = role("lead-developer").held().without(role("senior-developer").held());
    let names: Vec<_> = lead.iter().flat_map(Permission::other_names).copied().collect();
    assert_eq!(names, ["create_workflow", "start_workflow"]);
    assert_eq!(role("senior-developer").limits.claimed_tasks(), 5);
    assert_eq!(role("lead-developer").limits.claimed_tasks(), 5);
    assert!(!role("lead-developer").holds(Permission::WorkspaceRemove));
    let kinds: Vec<_> = powers(role("senior-developer"))
        .iter()
        .map(|power| power.kind)
        .collect();
    assert_eq!(
        kinds,
        [
            "read",
            "write",
            "write",
            "write",
            "process",
            "process",
            "environment",
            "environment",
            "tasks"
        ]
    );
}

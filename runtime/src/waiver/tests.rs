//! What a waiver must say, and when it counts.

use std::collections::BTreeSet;

use super::*;

const PATH: &str = ".assize/waivers/WV-0001.toml";
const SOUND: &str = r#"id = "WV-0001"
rule = "technical/placeholder"
paths = ["src/legacy/**"]
reason = "legacy_integration"
description = "The old importer stays as it is until the new one has replaced it everywhere."
mitigation = "The importer runs behind a switch."
owner = "dana"
created = 2026-11-01
expires = 2026-12-01
status = "active"

[[approvers]]
handle = "alice"
approved_at = 2026-11-02T10:00:00Z
"#;

fn read_text(text: &str) -> Authored {
    read(PATH, text.as_bytes(), &BTreeSet::from(["own".to_owned()]))
}

fn worth_at(text: &str, now: &str, authors: &[&str]) -> Worth {
    let authors: Vec<String> = authors.iter().map(ToString::to_string).collect();
    let moment = Moment {
        now: now.parse().unwrap(),
        authors: &authors,
    };
    weigh(read_text(text), Standing::Base, moment).worth
}

#[test]
fn a_sound_waiver_counts_until_its_last_second() {
    assert_eq!(read_text(SOUND).problems, []);
    assert_eq!(worth_at(SOUND, "2026-12-01T23:59:59Z", &[]), Worth::InForce);
    assert_eq!(worth_at(SOUND, "2026-12-02T00:00:00Z", &[]), Worth::Expired);
    let proposed = SOUND.replace("\"active\"", "\"proposed\"");
    assert_eq!(worth_at(&proposed, "2026-11-20T00:00:00Z", &[]), Worth::Proposed);
    let revoked = SOUND.replace("\"active\"", "\"revoked\"");
    assert_eq!(worth_at(&revoked, "2026-11-20T00:00:00Z", &[]), Worth::Revoked);
}

#[test]
fn whoever_makes_the_change_does_not_approve_its_waiver() {
    let now = "2026-11-20T00:00:00Z";
    for author in ["alice", "Alice", "alice@example.org"] {
        assert_eq!(worth_at(SOUND, now, &["Somebody", author]), Worth::Invalid, "{author}");
    }
    assert_eq!(worth_at(SOUND, now, &["bob@example.org", "Bob"]), Worth::InForce);
    assert_eq!(
        worth_at(SOUND, "2026-11-01T00:00:00Z", &[]),
        Worth::Invalid,
        "approved in the future"
    );
}

#[test]
fn what_is_wrong_is_said_at_its_line() {
    let cases: [(&str, &str, u32, &str); 17] = [
        ("WV-0001\"", "WV-1\"", 1, "four digits"),
        ("WV-0001\"", "WV-0002\"", 1, "lies in the file"),
        ("technical/placeholder", "technical/placeholders", 2, "No judge"),
        ("technical/placeholder", "other/rule", 2, "No judge"),
        ("src/legacy/**", "**", 3, "over-broad"),
        ("src/legacy/**", "**/*.*", 3, "over-broad"),
        ("[\"src/legacy/**\"]", "[]", 0, "over-broad"),
        ("src/legacy/**", "src/[ab]", 3, "no path pattern"),
        ("legacy_integration", "because", 4, "`reason` is one of"),
        (
            "The old importer stays as it is until the new one has replaced it everywhere.",
            "Later.",
            5,
            "50 characters",
        ),
        (
            "mitigation = \"The importer runs behind a switch.\"",
            "",
            0,
            "mitigation",
        ),
        ("owner = \"dana\"", "owner = \"@Alice\"", 13, "self-approved"),
        ("2026-12-01", "soon", 9, "`expires`"),
        ("2026-12-01", "2027-12-01", 0, "at most 90 days"),
        ("2026-12-01", "2026-10-01", 0, "before it was created"),
        ("\"active\"", "\"expired\"", 10, "`status`"),
        ("status =", "gates = 1\nstatus =", 10, "no field `gates`"),
    ];
    for (from, to, line, word) in cases {
        let text = SOUND.replacen(from, to, 1).replace("= soon", "= \"soon\"");
        let problems = read_text(&text).problems;
        assert!(
            problems
                .iter()
                .any(|problem| problem.line == line && problem.message.contains(word)),
            "{to}: {problems:#?}"
        );
    }
    assert_eq!(read_text("id = \n").problems[0].line, 1);
}

#[test]
fn rules_of_other_judges_may_be_waived_too() {
    assert_eq!(
        read_text(&SOUND.replace("technical/placeholder", "own/anything")).problems,
        []
    );
}

#[test]
fn a_budget_takes_two_approvals_and_no_paths() {
    let budget = SOUND.replace("technical/placeholder", "constitutional/budget-files");
    let problems = read_text(&budget).problems;
    assert_eq!(problems.len(), 2, "{problems:#?}");
    let two = format!(
        "{}\n[[approvers]]\nhandle = \"bob\"\napproved_at = 2026-11-03\n",
        budget.replace("paths = [\"src/legacy/**\"]\n", "")
    );
    assert_eq!(read_text(&two).problems, []);
}

//! What a waiver must say, and when it counts.

use std::collections::BTreeSet;

use assize_provenance::entry::{EntryId, Reason, WaiverTerms};

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

#[test]
fn an_end_is_a_date_a_moment_or_a_number_of_days() {
    let now: Time = "2026-11-20T12:00:00Z".parse().unwrap();
    let until = |text: &str| expiry(text, now).map(|time| time.to_string());
    assert_eq!(until("2026-11-20").as_deref(), Ok("2026-11-20T23:59:59Z"));
    assert_eq!(until("2026-11-20T12:00:01Z").as_deref(), Ok("2026-11-20T12:00:01Z"));
    assert_eq!(until("in 1 day").as_deref(), Ok("2026-11-21T12:00:00Z"));
    assert_eq!(until("in 90 days").as_deref(), Ok("2027-02-18T12:00:00Z"));
    for wrong in [
        "",
        "soon",
        "2026-11-19",
        "2026-11-20T12:00:00Z",
        "in -1 days",
        "in 0 days",
        "in 92 days",
        "in 9223372036854775807 days",
        "in 3 weeks",
        "2027-13-01",
    ] {
        assert!(until(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn what_is_asked_for_has_a_known_rule_and_a_place() {
    let judges = BTreeSet::from(["own".to_owned()]);
    let read = |rule: &str, paths: &[&str]| {
        let paths: Vec<String> = paths.iter().map(ToString::to_string).collect();
        paths_for(rule, &paths, &judges).map(|paths| paths.len())
    };
    assert_eq!(read("technical/placeholder", &["src/legacy/**", "a"]), Ok(2));
    assert_eq!(read("own/anything", &["src/**"]), Ok(1));
    assert_eq!(read("constitutional/budget-files", &[]), Ok(0));
    for (rule, paths) in [
        ("technical/nothing", &["src/**"][..]),
        ("other/rule", &["src/**"]),
        ("technical/placeholder", &[]),
        ("technical/placeholder", &["**"]),
        ("technical/placeholder", &["src/**", "*/*"]),
        ("technical/placeholder", &["/etc/passwd"]),
        ("constitutional/budget-lines", &["src/**"]),
    ] {
        assert!(read(rule, paths).is_err(), "{rule} {paths:?}");
    }
}

fn step(index: u64, by: &str) -> Step {
    Step {
        entry: EntryId::of_line(by.as_bytes()),
        index,
        time: "2026-11-20T12:00:00Z".parse().unwrap(),
        by: by.to_owned(),
        key: KEY.parse().unwrap(),
        reason: None,
    }
}

/// The thumbprint in appendix A.3 of RFC 8037.
const KEY: &str = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";

#[test]
fn what_a_signed_waiver_is_worth_follows_from_where_it_is_looked_at() {
    let of = |rule: &str| SignedWaiver {
        terms: WaiverTerms {
            id: "WV-0001".to_owned(),
            rule: rule.to_owned(),
            paths: Vec::new(),
            until: 10,
            expires: "2026-12-01T00:00:00Z".parse().unwrap(),
            reason: Reason::new("Because.").unwrap(),
        },
        proposed: step(1, "alice"),
        approved: vec![step(3, "bob")],
        revoked: Some(step(8, "carol")),
    };
    let worth = |waiver: &SignedWaiver, known: u64, position: u64, now: &str, author: &str| {
        waiver.worth(&Sight {
            known,
            position,
            now: now.parse().unwrap(),
            authors: &[author.to_owned()],
        })
    };
    let (waiver, now) = (of("technical/placeholder"), "2026-11-21T00:00:00Z");
    assert_eq!(worth(&waiver, 3, 3, now, "dora"), Worth::Proposed);
    assert_eq!(worth(&waiver, 4, 4, now, "dora"), Worth::InForce);
    assert_eq!(
        worth(&waiver, 8, 10, now, "alice"),
        Worth::InForce,
        "who asks may be who needs it"
    );
    assert_eq!(worth(&waiver, 8, 8, now, "bob@example.org"), Worth::Proposed);
    assert_eq!(worth(&waiver, 8, 11, now, "dora"), Worth::Expired);
    assert_eq!(worth(&waiver, 8, 8, "2026-12-01T00:00:01Z", "dora"), Worth::Expired);
    assert_eq!(worth(&waiver, 9, 9, now, "dora"), Worth::Revoked);
    let mut of_budget = of("constitutional/budget-lines");
    assert_eq!(worth(&of_budget, 8, 8, now, "dora"), Worth::Proposed);
    of_budget.approved.push(step(4, "erin"));
    assert_eq!(worth(&of_budget, 8, 8, now, "dora"), Worth::InForce);
}

#[test]
fn a_file_that_nobody_signed_says_what_to_do() {
    let moment = Moment {
        now: "2026-11-20T00:00:00Z".parse().unwrap(),
        authors: &[],
    };
    let weighed = |standing| without_signature(weigh(read_text(SOUND), standing, moment));
    let base = weighed(Standing::Base);
    assert_eq!(base.worth, Worth::Invalid);
    assert!(
        base.problems[0]
            .message
            .contains("assize waiver propose --file .assize/waivers/WV-0001.toml")
    );
    assert_eq!(
        weighed(Standing::Head).worth,
        Worth::InForce,
        "what a change brings counts for nothing yet"
    );
}

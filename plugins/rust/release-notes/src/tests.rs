//! Whole tasks over a workspace in memory.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use assize_agent::memory::MemoryWorkspace;
use serde_json::json;

use super::*;

/// Commits by their messages, newest first; the id of the n-th, counted from 1, is its number again and again.
fn history(tag: Option<&str>, messages: &[&str]) -> Value {
    let commits: Vec<Value> = (1..)
        .zip(messages)
        .map(|(number, message)| json!({ "id": format!("{number:040x}"), "time": 1_700_000_000 - number, "message": message }))
        .collect();
    json!({ "tag": tag, "cut": false, "commits": commits })
}

fn asked(workspace: &MemoryWorkspace, input: &Value) -> Result<(Value, String), String> {
    let task = Task {
        agent: "release-notes".to_owned(),
        input: input.to_string(),
    };
    let outcome = run(&task, workspace).map_err(|fault| fault.message)?;
    let report = serde_json::from_str(&outcome.output).map_err(|error| error.to_string())?;
    Ok((report, outcome.summary))
}

fn done(workspace: &MemoryWorkspace, input: &Value) -> Value {
    asked(workspace, input).unwrap_or_else(|fault| panic!("{fault}")).0
}

fn changelog(workspace: &MemoryWorkspace) -> String {
    workspace.texts().remove("CHANGELOG.md").expect("a changelog")
}

#[test]
fn a_first_changelog_holds_the_groups_in_their_order() {
    let workspace = MemoryWorkspace::default();
    let input = json!({ "commits": history(None, &[
        "fix(parser): keep the last line\n\nRefs: #7",
        "feat!: read `a_b` only\n\nBREAKING CHANGE: the old form\nis gone\n\nSigned-off-by: A",
        "chore: tidy up",
        "perf: read less",
        "Add a thing",
        "Merge branch 'x'",
        "revert: let it be\n\nRefs: 1234567",
    ]) });
    let report = done(&workspace, &input);
    assert_eq!(
        changelog(&workspace),
        "# Changelog\n\n## [0.1.0] - 2023-11-14\n\n### Breaking changes\n\n- the old form is gone (0000000)\n\n### Features\n\n\
         - read `a_b` only (0000000)\n\n### Fixes\n\n- **parser:** keep the last line (0000000)\n\n### Performance\n\n- read \
         less (0000000)\n\n### Reverts\n\n- let it be (0000000)\n\n### Other changes\n\n- Add a thing (0000000)\n"
    );
    assert_eq!(
        (&report["version"], &report["step"]),
        (&json!("0.1.0"), &json!("major"))
    );
    assert_eq!(
        report["counts"],
        json!({ "chore": 1, "feat": 1, "fix": 1, "merge": 1, "other changes": 1, "perf": 1, "revert": 1 })
    );
    assert_eq!((&report["listed"], &report["breaking"]), (&json!(6), &json!(1)));
}

#[test]
fn the_same_twice_changes_nothing_and_more_replaces_the_section() {
    let workspace = MemoryWorkspace::of(&[(
        "CHANGELOG.md",
        "# Changelog\n\nWords.\n\n## [Unreleased]\n\n- mine\n\n## [1.0.0] - 2020-01-01\n\n- first\n\n[1.0.0]: https://a.example\n",
    )]);
    let input = |messages: &[&str]| json!({ "commits": history(Some("v1.0.0"), messages), "date": "2026-11-26" });
    let report = done(&workspace, &input(&["fix: a"]));
    assert_eq!(
        (&report["version"], &report["changed"]),
        (&json!("1.0.1"), &json!(true))
    );
    let once = changelog(&workspace);
    assert_eq!(
        once,
        "# Changelog\n\nWords.\n\n## [Unreleased]\n\n- mine\n\n## [1.0.1] - 2026-11-26\n\n### Fixes\n\n- a (0000000)\n\n\
         ## [1.0.0] - 2020-01-01\n\n- first\n\n[1.0.0]: https://a.example\n"
    );
    assert_eq!(done(&workspace, &input(&["fix: a"]))["changed"], json!(false));
    assert_eq!(changelog(&workspace), once);
    done(&workspace, &input(&["fix: b", "fix: a"]));
    assert_eq!(
        changelog(&workspace),
        once.replace("- a (0000000)", "- b (0000000)\n- a (0000000)")
    );
}

#[test]
fn a_section_finds_its_place_in_any_file() {
    let with = |before: &str, version: &str| {
        let version = version::parse(version).expect("a version");
        changelog::with_section(before, &version, &format!("## [{version}]\n\n- x\n"))
    };
    for (before, version, after) in [
        ("", "1.0.0", "# Changelog\n\n## [1.0.0]\n\n- x\n"),
        (
            "# Log\r\n\r\n## 1.0.0\r\n",
            "1.1.0",
            "# Log\r\n\r\n## [1.1.0]\r\n\r\n- x\r\n\r\n## 1.0.0\r\n",
        ),
        // A fix of an old version goes behind the newer one.
        (
            "## v2.0.0\n\n- y\n\n## v1.0.0\n",
            "1.0.1",
            "## v2.0.0\n\n- y\n\n## [1.0.1]\n\n- x\n\n## v1.0.0\n",
        ),
        ("## v2.0.0\n\n- y", "1.0.1", "## v2.0.0\n\n- y\n\n## [1.0.1]\n\n- x\n"),
        // Headings in code are none, and some are underlined.
        (
            "```\n## 1.0.0\n```\n\n1.0.0\n-----\nold\n",
            "1.0.0",
            "```\n## 1.0.0\n```\n\n## [1.0.0]\n\n- x\n",
        ),
        (
            "# Log\n\n## About\n\nwords\n",
            "1.0.0",
            "# Log\n\n## [1.0.0]\n\n- x\n\n## About\n\nwords\n",
        ),
        ("words", "1.0.0", "words\n\n## [1.0.0]\n\n- x\n"),
        (
            "## Version 1.0.0 (2020)\n\na\n\n## [0.9.0]\n\n[a]: b\n",
            "1.0.0",
            "## [1.0.0]\n\n- x\n\n## [0.9.0]\n\n[a]: b\n",
        ),
    ] {
        let found = with(before, version);
        assert_eq!(found, after, "{before:?}");
        assert_eq!(with(&found, version), after, "twice: {before:?}");
    }
}

#[test]
fn what_was_taken_back_is_not_told() {
    let workspace = MemoryWorkspace::default();
    let id = |number: u8| format!("{number:040x}");
    let messages = [
        "fix: stays".to_owned(),
        format!(
            "Revert \"Revert \"feat: comes back\"\"\n\nThis reverts commit {}.",
            id(3)
        ),
        format!("Revert \"feat: comes back\"\n\nThis reverts commit {}.", id(5)),
        format!("revert: feat!: goes\n\nRefs: {}", id(6)),
        "feat: comes back".to_owned(),
        "feat!: goes".to_owned(),
    ];
    let messages: Vec<&str> = messages.iter().map(String::as_str).collect();
    let report = done(&workspace, &json!({ "commits": history(Some("v1.0.0"), &messages) }));
    assert_eq!((&report["version"], &report["listed"]), (&json!("1.1.0"), &json!(2)));
    assert!(changelog(&workspace).contains("comes back") && !changelog(&workspace).contains("goes"));
}

#[test]
fn hostile_messages_are_shown_as_text() {
    let workspace = MemoryWorkspace::default();
    let input = json!({ "commits": history(None, &[
        "# Owned\n\n## [9.9.9]",
        "feat(<img src=x onerror=y>): @everyone [click](javascript:x) <!-- ",
        "fix: a\r## [8.8.8]\u{202e}",
        "- [ ] task",
        "1. list",
    ]) });
    let report = done(&workspace, &input);
    let text = changelog(&workspace);
    assert_eq!(report["version"], json!("0.1.0"));
    assert!(
        text.contains("- \\# Owned (") && text.contains("- a ## \\[8.8.8\\] ("),
        "{text}"
    );
    assert!(
        text.contains("- **\\<img src=x onerror=y\\>:** @\u{2060}everyone \\[click\\]\\(javascript:x\\) \\<!-- ("),
        "{text}"
    );
    assert!(
        text.contains("- \\- \\[ \\] task (") && text.contains("- 1\\. list ("),
        "{text}"
    );
    assert_eq!(text.lines().filter(|line| line.starts_with('#')).count(), 5, "{text}");
}

#[test]
fn nothing_new_writes_nothing() {
    let workspace = MemoryWorkspace::of(&[("a", "")]);
    let (report, summary) = asked(&workspace, &json!({ "commits": history(Some("v1.0.0"), &[]) })).expect("an outcome");
    assert_eq!(
        (&report["version"], summary.as_str()),
        (&Value::Null, "Nothing has changed since v1.0.0.")
    );
    assert_eq!(workspace.texts().len(), 1);
    // Asked for by name, a version is written all the same.
    let report = done(
        &workspace,
        &json!({ "commits": history(Some("x"), &[]), "version": "v2.0.0", "file": "docs/log.md" }),
    );
    assert_eq!(report["version"], json!("2.0.0"));
    assert!(workspace.texts()["docs/log.md"].contains("Nothing that its users would notice."));
}

#[test]
fn what_cannot_be_used_is_a_fault_that_says_where() {
    let workspace = MemoryWorkspace::of(&[("a", "")]);
    for (input, part) in [
        (json!({}), "lacks the member `commits`"),
        (json!({ "commits": { "tag": null } }), "lacks the list `commits`"),
        (
            json!({ "commits": history(Some("nightly"), &["fix: x"]) }),
            "names no semantic version",
        ),
        (
            json!({ "commits": history(None, &[]), "version": "one" }),
            "version: must be a semantic version",
        ),
        (
            json!({ "commits": history(None, &[]), "file": "../x" }),
            "file: must be the path",
        ),
        (
            json!({ "commits": history(None, &[]), "date": "today" }),
            "date: must be a day",
        ),
        (
            json!({ "commits": { "commits": [{ "id": "x", "time": 1, "message": "" }] } }),
            "must be the id",
        ),
    ] {
        let fault = asked(&workspace, &input).expect_err("a fault");
        assert!(fault.contains(part), "{fault}");
    }
    let input = json!({ "commits": history(None, &["fix: x"]) });
    let denied = MemoryWorkspace::default().denying(&["workspace.write"]);
    assert!(
        asked(&denied, &input)
            .expect_err("a fault")
            .contains("CHANGELOG.md was not written")
    );
    let binary = MemoryWorkspace::default();
    binary.put("CHANGELOG.md", b"\0");
    assert!(asked(&binary, &input).expect_err("a fault").contains("it is no text"));
    assert_eq!(workspace.texts().len(), 1);
}

//! Whole jobs over a workspace in memory.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use assize_agent::memory::MemoryWorkspace;
use serde_json::{Value, json};

use super::*;

fn asked(workspace: &MemoryWorkspace, input: &Value) -> Result<(Value, String), String> {
    let task = Task {
        agent: "codemod".to_owned(),
        input: input.to_string(),
    };
    let outcome = run(&task, workspace).map_err(|fault| fault.message)?;
    let report = serde_json::from_str(&outcome.output).map_err(|error| error.to_string())?;
    Ok((report, outcome.summary))
}

fn done(workspace: &MemoryWorkspace, input: &Value) -> Value {
    asked(workspace, input).unwrap_or_else(|fault| panic!("{fault}")).0
}

fn text(workspace: &MemoryWorkspace, path: &str) -> String {
    workspace
        .texts()
        .remove(path)
        .unwrap_or_else(|| panic!("{path} is not there"))
}

#[test]
fn literals_are_replaced_in_the_files_that_are_named() {
    let workspace = MemoryWorkspace::of(&[
        ("src/a.rs", "old old\n"),
        ("src/deep/b.rs", "old\n"),
        ("src/gen/c.rs", "old\n"),
        ("docs/d.md", "old\n"),
    ]);
    let input =
        json!({ "edits": [{ "paths": ["src/**"], "except": ["src/gen/**"], "literal": "old", "with": "new" }] });
    let report = done(&workspace, &input);
    assert_eq!(report["edits"], json!([{ "matches": 3, "files": 2, "repeats": false }]));
    assert_eq!(
        report["changed"],
        json!([{ "path": "src/a.rs", "replacements": 2 }, { "path": "src/deep/b.rs", "replacements": 1 }])
    );
    assert_eq!(text(&workspace, "src/a.rs"), "new new\n");
    assert_eq!(text(&workspace, "src/gen/c.rs"), "old\n");
    assert_eq!(text(&workspace, "docs/d.md"), "old\n");
    let (again, summary) = asked(&workspace, &input).expect("an outcome");
    assert_eq!(
        (&again["changed"], summary.as_str()),
        (&json!([]), "Nothing to change.")
    );
}

#[test]
fn a_file_meets_the_edits_in_their_order() {
    let workspace = MemoryWorkspace::of(&[("a.txt", "one\n"), ("b.md", "one\n")]);
    let input = json!({ "edits": [
        { "paths": ["*.txt"], "regex": "(?m)^(\\w+)$", "with": "<$1>" },
        { "paths": ["*.txt"], "rename": "(.*)\\.txt", "to": "notes/$1.md" },
        { "paths": ["notes/*"], "header": "SPDX-License-Identifier: MIT" },
        { "paths": ["**"], "literal": "ONE", "with": "two", "ignore_case": true },
    ] });
    let report = done(&workspace, &input);
    assert_eq!(report["renamed"], json!([{ "from": "a.txt", "to": "notes/a.md" }]));
    assert_eq!(
        text(&workspace, "notes/a.md"),
        "<!--\nSPDX-License-Identifier: MIT\n-->\n\n<two>\n"
    );
    assert_eq!(text(&workspace, "b.md"), "two\n");
}

#[test]
fn a_dry_run_tells_the_same_and_writes_nothing() {
    let files = [("a.py", "x = 1\n"), ("b.py", "x = 2\n")];
    let edits = json!([
        { "paths": ["**/*.py"], "literal": "x", "with": "y" },
        { "paths": ["a.py"], "rename": "a.py", "to": "c.py" },
    ]);
    let workspace = MemoryWorkspace::of(&files).denying(&["workspace.write", "workspace.rename"]);
    let mut rehearsed = done(&workspace, &json!({ "edits": edits, "dry_run": true }));
    assert_eq!(workspace.texts(), MemoryWorkspace::of(&files).texts());
    let performed = done(&MemoryWorkspace::of(&files), &json!({ "edits": edits }));
    rehearsed["dry_run"] = json!(false);
    assert_eq!(rehearsed, performed);
}

#[test]
fn what_is_no_text_is_left_alone_and_told() {
    let workspace = MemoryWorkspace::of(&[("good", "old"), ("large", &"old ".repeat(400))]);
    workspace.put("binary", b"old\0old");
    workspace.put("latin", b"old caf\xe9");
    workspace.link("link", "good");
    let input = json!({ "max_file_kib": 1, "edits": [{ "paths": ["**"], "literal": "old", "with": "new" }] });
    let (report, summary) = asked(&workspace, &input).expect("an outcome");
    let skipped: Vec<&str> = report["skipped"].as_array().map_or(Vec::new(), |items| {
        items.iter().filter_map(|item| item["path"].as_str()).collect()
    });
    assert_eq!(skipped, ["binary", "large", "latin", "link"]);
    assert!(summary.starts_with("Changed 1 file in 1 place"), "{summary}");
    assert_eq!(text(&workspace, "binary"), "old\0old");
}

#[test]
fn a_refusal_concerns_one_file() {
    let workspace = MemoryWorkspace::of(&[("a.rs", "old"), ("b.md", "old"), ("c.rs", "old")]).writing_only(&["*.rs"]);
    let input = json!({ "edits": [
        { "paths": ["**"], "literal": "old", "with": "new" },
        { "paths": ["b.md"], "rename": "b.md", "to": "d.md" },
    ] });
    let (report, summary) = asked(&workspace, &input).expect("an outcome");
    assert_eq!(
        report["refused"],
        json!([{ "path": "b.md", "permission": "workspace.write", "needs": "add \"b.md\" to `write`" }])
    );
    assert_eq!(report["renamed"], json!([]));
    assert_eq!(
        (text(&workspace, "a.rs"), text(&workspace, "c.rs")),
        ("new".to_owned(), "new".to_owned())
    );
    assert!(summary.contains("workspace.write is not granted"), "{summary}");

    let limited = MemoryWorkspace::of(&[("a.rs", "old"), ("b.rs", "old")]).writing_at_most(3);
    let report = done(&limited, &input);
    assert_eq!(report["refused"][0]["reason"], "the role's write_mib is used up");
    assert_eq!(
        (text(&limited, "a.rs"), text(&limited, "b.rs")),
        ("new".to_owned(), "old".to_owned())
    );
}

#[test]
fn what_is_not_as_expected_writes_nothing() {
    let workspace = MemoryWorkspace::of(&[("a", "old old"), ("b", "old")]);
    for (options, said) in [
        (
            json!({ "expect": { "min": 4 } }),
            "edits[0] expects at least 4 matches and has 3",
        ),
        (
            json!({ "expect": { "max": 2 } }),
            "edits[0] expects at most 2 matches and has 3",
        ),
        (
            json!({ "max_files": 1 }),
            "2 files would change, and `max_files` allows 1",
        ),
    ] {
        let mut edit = json!({ "paths": ["*"], "literal": "old", "with": "new" });
        let mut input = json!({});
        match options.get("expect") {
            Some(expect) => edit["expect"] = expect.clone(),
            None => input["max_files"] = options["max_files"].clone(),
        }
        input["edits"] = json!([edit]);
        let fault = asked(&workspace, &input).expect_err("not as expected");
        assert!(fault.contains(said), "{fault}");
        input["dry_run"] = json!(true);
        assert_eq!(done(&workspace, &input)["unmet"], json!([said]));
    }
    assert_eq!(
        workspace.texts(),
        MemoryWorkspace::of(&[("a", "old old"), ("b", "old")]).texts()
    );
}

#[test]
fn an_edit_that_feeds_itself_is_told() {
    let workspace = MemoryWorkspace::of(&[("a", "x\n")]);
    let input = json!({ "edits": [{ "paths": ["a"], "literal": "x", "with": "xx" }] });
    let (report, summary) = asked(&workspace, &input).expect("an outcome");
    assert_eq!(report["edits"][0]["repeats"], true);
    assert!(
        summary.contains("A second run would change these files once more, by edits[0]."),
        "{summary}"
    );
}

#[test]
fn files_do_not_land_on_each_other() {
    let workspace = MemoryWorkspace::of(&[("a.txt", ""), ("b.txt", ""), ("c.md", "")]);
    let rename = |pattern: &str, to: &str| json!({ "edits": [{ "paths": ["*"], "rename": pattern, "to": to }] });
    for (input, said) in [
        (rename(".*\\.txt", "x"), "both be renamed to `x`"),
        (rename("a.txt", "c.md"), "which is there"),
        (rename("a.txt", "../c"), "is no path"),
        (rename("(a)\\.txt", "/$1"), "is no path"),
    ] {
        let fault = asked(&workspace, &input).expect_err("refused as a whole");
        assert!(
            fault.starts_with("nothing was written: ") && fault.contains(said),
            "{fault}"
        );
    }
    // The whole path is meant, not a part.
    assert_eq!(done(&workspace, &rename("a", "z"))["renamed"], json!([]));
}

#[test]
fn a_complaint_about_the_input_names_the_place() {
    let workspace = MemoryWorkspace::of(&[("a", "old")]);
    let edit = |edit: Value| json!({ "edits": [{ "paths": ["a"], "literal": "old", "with": "new" }, edit] });
    for (input, said) in [
        (json!(null), "the input is no object"),
        (json!({}), "the input lacks the member `edits`"),
        (json!({ "edits": [] }), "edits: must be a list of 1 to 100 items"),
        (
            json!({ "edits": [], "dryrun": true }),
            "the input has the member `dryrun`",
        ),
        (
            edit(json!({ "literal": "a" })),
            "edits[1] lacks the member `paths`"
                .replace("edits[1] ", "edits[1]: ")
                .as_str(),
        ),
        (
            edit(json!({ "paths": ["a", "/b"] })),
            "edits[1].paths[1]: `/b` is no path pattern",
        ),
        (edit(json!({ "paths": ["a"] })), "edits[1]: must have exactly one of"),
        (
            edit(json!({ "paths": ["a"], "literal": "a", "regex": "b" })),
            "edits[1]: must have exactly one of",
        ),
        (
            edit(json!({ "paths": ["a"], "literal": "a" })),
            "edits[1]: lacks the member `with`",
        ),
        (
            edit(json!({ "paths": ["a"], "literal": "", "with": "" })),
            "edits[1].literal: is empty",
        ),
        (
            edit(json!({ "paths": ["a"], "regex": "(a", "with": "" })),
            "edits[1].regex: is no regular expression that can be used: unclosed group",
        ),
        (
            edit(json!({ "paths": ["a"], "regex": "x*", "with": "" })),
            "edits[1].regex: matches the empty text",
        ),
        (
            edit(json!({ "paths": ["a"], "regex": "(a)", "with": "$2" })),
            "edits[1].with: refers to the group `2`",
        ),
        (
            edit(json!({ "paths": ["a"], "regex": "a", "with": 1 })),
            "edits[1].with: must be a text",
        ),
        (
            edit(json!({ "paths": ["a"], "header": "x", "comment": "rem" })),
            "edits[1].comment: `rem` is no style",
        ),
        (
            edit(json!({ "paths": ["a"], "header": "x */" })),
            "edits[1].header: holds `*/`",
        ),
        (
            edit(json!({ "paths": ["a"], "rename": "a", "to": "b", "with": "c" })),
            "edits[1]: has the member `with`, which means nothing beside `rename`",
        ),
        (
            edit(json!({ "paths": ["a"], "literal": "a", "with": "b", "expect": { "min": 2, "max": 1 } })),
            "edits[1].expect: asks for more",
        ),
        (
            json!({ "max_files": 0, "edits": [{}] }),
            "max_files: must be a whole number from 1 to 10000",
        ),
    ] {
        let fault = asked(&workspace, &input).expect_err("an unusable input");
        assert!(fault.contains(said), "{fault} lacks {said}");
    }
    assert_eq!(text(&workspace, "a"), "old");
}

#[test]
fn a_report_of_very_many_files_is_cut() {
    let names: Vec<String> = (0..3_000)
        .map(|number| format!("{}{number:04}", "long/".repeat(60)))
        .collect();
    let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "old")).collect();
    let workspace = MemoryWorkspace::of(&files);
    let input = json!({ "max_files": 10_000, "edits": [{ "paths": ["**"], "literal": "old", "with": "new" }] });
    let report = done(&workspace, &input);
    let shown = report["changed"].as_array().map_or(0, Vec::len) as u64;
    assert!(shown > 1_000 && report["omitted"] == json!(3_000 - shown), "{shown}");
    assert!(report.to_string().len() < 1024 * 1024);
}

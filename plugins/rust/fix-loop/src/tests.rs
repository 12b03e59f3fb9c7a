//! Whole jobs over a host in memory, with what real tools printed.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use assize_agent::memory::{MemoryHost, MemoryWorkspace};
use assize_agent::process::{Command, End, Ended};
use assize_agent::{Denial, Refusal};
use serde_json::{Value, json};

use super::*;

const LIB: &str = include_str!("../cases/rust/lib.rs");
const CLIPPY: &str = include_str!("../cases/rust/clippy.jsonl");
const RUSTC: &str = include_str!("../cases/rust/rustc.jsonl");
const RUSTFMT: &str = include_str!("../cases/rust/rustfmt.txt");
const NAMES: &str = include_str!("../cases/ruff/names.py");
const RUFF: &str = include_str!("../cases/ruff/ruff.json");
const RUFF_LINES: &str = include_str!("../cases/ruff/ruff.jsonl");
const RUFF_FORMAT: &str = include_str!("../cases/ruff/format.diff");
const ESLINT: &str = include_str!("../cases/eslint/eslint.json");

/// The second file of the Rust case; its lines end as on Windows.
fn words() -> String {
    include_str!("../cases/rust/words.rs").replace('\n', "\r\n")
}

/// The second file of the case for ruff: with a byte order mark, and lines that end as on Windows.
fn old() -> String {
    format!("\u{feff}{}", include_str!("../cases/ruff/old.py").replace('\n', "\r\n"))
}

/// The file of the case for eslint, with a byte order mark.
fn face() -> String {
    format!("\u{feff}{}", include_str!("../cases/eslint/face.js"))
}

fn files() -> MemoryWorkspace {
    MemoryWorkspace::of(&[
        ("src/lib.rs", LIB),
        ("src/words.rs", &words()),
        ("names.py", NAMES),
        ("old.py", &old()),
        ("face.js", &face()),
    ])
}

fn ended(status: u8, stdout: &str, stderr: &str) -> Ended {
    Ended {
        end: End::Exited(status),
        stdout: stdout.as_bytes().to_owned(),
        stderr: stderr.as_bytes().to_owned(),
        dropped: 0,
        confined: true,
    }
}

/// A tool that prints the same until one of the files is another one, and then is content.
fn until_changed(output: &'static str) -> impl Fn(&Command, &MemoryWorkspace) -> Result<Ended, Refusal> {
    let first = files().texts();
    move |_, files| {
        let is_first = files.texts() == first;
        Ok(if is_first {
            ended(1, output, "")
        } else {
            ended(0, "", "")
        })
    }
}

fn asked(host: &MemoryHost, input: &Value) -> Result<(Value, String), String> {
    let task = Task {
        agent: "fix-loop".to_owned(),
        input: input.to_string(),
    };
    let outcome = run(&task, host).map_err(|fault| fault.message)?;
    let report = serde_json::from_str(&outcome.output).map_err(|error| error.to_string())?;
    Ok((report, outcome.summary))
}

fn done(host: &MemoryHost, dialect: &str) -> Value {
    let input = json!({ "check": ["check", "it"], "dialect": dialect });
    asked(host, &input).unwrap_or_else(|fault| panic!("{fault}")).0
}

fn text(host: &MemoryHost, path: &str) -> String {
    let text = host.workspace.texts().remove(path);
    text.unwrap_or_else(|| panic!("{path} is not there"))
}

/// The reasons in a round of a report.
fn reasons(report: &Value, round: usize) -> Vec<&str> {
    let skipped = report["rounds"][round]["skipped"].as_array();
    let reasons = skipped.into_iter().flatten();
    reasons.filter_map(|item| item["reason"].as_str()).collect()
}

#[test]
fn what_clippy_is_sure_of_is_applied() {
    for dialect in ["auto", "rustc"] {
        let host = MemoryHost::over(files()).running(until_changed(CLIPPY));
        let report = done(&host, dialect);
        assert_eq!((&report["passed"], &report["ending"]), (&json!(true), &json!("passed")));
        assert_eq!(report["rounds"].as_array().map(Vec::len), Some(2));
        assert_eq!(report["rounds"][0]["applied"], 8);
        let why = ["another one touches it", "it lies in what a macro made"];
        assert_eq!(reasons(&report, 0), why);
        assert_eq!(text(&host, "src/lib.rs"), include_str!("../cases/rust/after/clippy.rs"));
        let after = include_str!("../cases/rust/after/clippy-words.rs").replace('\n', "\r\n");
        assert_eq!(text(&host, "src/words.rs"), after);
    }
}

#[test]
fn what_rustc_prints_on_standard_error_is_applied() {
    let before = files().texts();
    let host = MemoryHost::over(files()).running(move |_, files| {
        let is_first = files.texts() == before;
        Ok(if is_first {
            ended(1, "", RUSTC)
        } else {
            ended(0, "", "")
        })
    });
    let report = done(&host, "auto");
    assert_eq!(report["changed"], json!([{ "path": "src/lib.rs", "edits": 7 }]));
    assert_eq!(text(&host, "src/lib.rs"), include_str!("../cases/rust/after/rustc.rs"));
}

#[test]
fn what_rustfmt_would_write_is_written() {
    for dialect in ["auto", "rustfmt"] {
        let host = MemoryHost::over(files()).running(until_changed(RUSTFMT));
        assert_eq!(done(&host, dialect)["rounds"][0]["applied"], 3);
        assert_eq!(
            text(&host, "src/lib.rs"),
            include_str!("../cases/rust/after/rustfmt.rs")
        );
        let after = include_str!("../cases/rust/after/rustfmt-words.rs").replace('\n', "\r\n");
        assert_eq!(text(&host, "src/words.rs"), after);
    }
}

#[test]
fn what_ruff_calls_safe_is_applied_a_line_apart() {
    for (dialect, output) in [
        ("auto", RUFF),
        ("ruff", RUFF),
        ("auto", RUFF_LINES),
        ("ruff", RUFF_LINES),
    ] {
        let host = MemoryHost::over(files()).running(until_changed(output));
        let report = done(&host, dialect);
        assert_eq!(report["rounds"][0]["applied"], 6, "{report:#}");
        assert!(reasons(&report, 0).contains(&"the tool leaves it to a person"));
        assert_eq!(text(&host, "names.py"), include_str!("../cases/ruff/after/names.py"));
        let after = include_str!("../cases/ruff/after/old.py").replace('\n', "\r\n");
        assert_eq!(text(&host, "old.py"), format!("\u{feff}{after}"));
    }
}

#[test]
fn a_unified_diff_is_applied_where_it_is_asked_for() {
    let host = MemoryHost::over(files()).running(until_changed(RUFF_FORMAT));
    assert_eq!(done(&host, "auto")["ending"], "nothing-left");
    assert_eq!(done(&host, "diff")["rounds"][0]["applied"], 1);
    assert_eq!(text(&host, "names.py"), include_str!("../cases/ruff/after/format.py"));
}

#[test]
fn what_eslint_fixes_is_applied() {
    for dialect in ["auto", "eslint"] {
        let host = MemoryHost::over(files()).running(until_changed(ESLINT));
        let report = done(&host, dialect);
        assert_eq!(report["rounds"][0]["applied"], 5, "{report:#}");
        assert_eq!(
            reasons(&report, 0),
            [
                "another one touches it",
                "the tool leaves it to a person",
                "another one touches it"
            ]
        );
        assert_eq!(text(&host, "face.js"), include_str!("../cases/eslint/after.js"));
    }
}

#[test]
fn a_check_that_passes_is_enough_unless_more_is_asked_for() {
    let host = MemoryHost::over(files()).running(|_, files| {
        let is_first = files.texts()["src/lib.rs"] == LIB;
        Ok(ended(0, if is_first { RUSTFMT } else { "" }, ""))
    });
    let (report, summary) = asked(&host, &json!({ "check": ["fmt"] })).expect("an outcome");
    assert_eq!((&report["changed"], &report["passed"]), (&json!([]), &json!(true)));
    assert_eq!(summary, "The check passes; nothing was applied.");
    let all = asked(&host, &json!({ "check": ["fmt"], "until": "nothing-left" })).expect("an outcome");
    assert_eq!(all.1, "The check passes. Applied 3 suggestions in 2 files and 1 round.");
}

#[test]
fn the_check_is_run_as_asked_and_the_report_is_stored() {
    let host = MemoryHost::over(files()).running(until_changed(RUSTFMT));
    let input = json!({ "check": ["cargo", "fmt", "--check"], "dir": "src", "seconds": 60, "root": "/srv/app" });
    let (mut report, _) = asked(&host, &input).expect("an outcome");
    let command = Command {
        arguments: ["cargo", "fmt", "--check"].map(str::to_owned).to_vec(),
        dir: "src".to_owned(),
        seconds: Some(60),
    };
    assert_eq!(host.commands(), [command.clone(), command]);
    let stored = host.stored();
    assert_eq!(
        (stored[0].0.as_str(), &report["report"]),
        ("fix-loop.json", &json!("number:1"))
    );
    report.as_object_mut().expect("an object").remove("report");
    let held: Value = serde_json::from_slice(&stored[0].1).expect("JSON");
    assert_eq!(held, report);

    let host = MemoryHost::over(files())
        .running(until_changed(RUSTFMT))
        .storing_nothing();
    let (report, summary) = asked(&host, &input).expect("an outcome");
    assert_eq!((&report["passed"], report.get("report")), (&json!(true), None));
    assert!(
        summary.contains("The report was not stored: artifacts.store is not granted"),
        "{summary}"
    );
}

#[test]
fn a_file_that_may_not_be_written_is_told_and_no_suggestion_is_half_applied() {
    let workspace = files().writing_only(&["src/lib.rs"]);
    let host = MemoryHost::over(workspace).running(|_, _| Ok(ended(1, RUSTFMT, "")));
    let (report, summary) = asked(&host, &json!({ "check": ["fmt"] })).expect("an outcome");
    assert_eq!(report["rounds"][0]["applied"], 2);
    assert_eq!(reasons(&report, 0), ["its file may not be written"]);
    assert_eq!(report["refused"][0]["path"], "src/words.rs");
    assert!(
        summary.contains("Not written: 1 file; the first, src/words.rs, because workspace.write"),
        "{summary}"
    );
    assert_eq!(text(&host, "src/words.rs"), words());

    // One suggestion for two files, of which the second is closed.
    let span = |file: &str| {
        json!({
            "file_name": file, "byte_start": 0, "byte_end": 3, "line_start": 1, "column_start": 1, "line_end": 1,
            "text": [{ "text": "old" }], "suggested_replacement": "new", "suggestion_applicability": "MachineApplicable",
        })
    };
    let both = json!({ "spans": [], "children": [{ "spans": [span("a"), span("b")], "children": [] }] }).to_string();
    let workspace = MemoryWorkspace::of(&[("a", "old"), ("b", "old")]).writing_only(&["a"]);
    let host = MemoryHost::over(workspace).running(move |_, _| Ok(ended(1, &both, "")));
    assert_eq!(done(&host, "rustc")["changed"], json!([]));
    assert_eq!(
        (text(&host, "a"), text(&host, "b")),
        ("old".to_owned(), "old".to_owned())
    );
}

#[test]
fn a_file_that_is_not_what_the_tool_saw_is_left_alone() {
    let host = MemoryHost::over(files()).running(|_, files| {
        for path in ["src/lib.rs", "src/words.rs", "face.js"] {
            files.put(path, b"something else\n");
        }
        Ok(ended(1, &format!("{CLIPPY}\n{RUSTFMT}\n{ESLINT}"), ""))
    });
    let (report, summary) = asked(&host, &json!({ "check": ["lint"] })).expect("an outcome");
    assert_eq!(
        (&report["changed"], &report["ending"]),
        (&json!([]), &json!("nothing-left"))
    );
    let stale = reasons(&report, 0)
        .iter()
        .filter(|why| **why == "its file is not what the tool saw")
        .count();
    assert_eq!(stale, 9 + 3 + 7, "{report:#}");
    assert!(
        summary.contains("mostly because its file is not what the tool saw"),
        "{summary}"
    );
}

#[test]
fn what_changes_back_and_forth_or_on_and_on_ends() {
    let line = |from: &str, to: &str| format!("Diff in /srv/app/a.rs:1:\n-{from}\n+{to}\n \n");
    let host = MemoryHost::of(&[("a.rs", "one\n")]).running(move |_, files| {
        let is_one = files.texts()["a.rs"] == "one\n";
        let (one, two) = (line("one", "two"), line("two", "one"));
        Ok(ended(1, if is_one { &one } else { &two }, ""))
    });
    let report = done(&host, "auto");
    assert_eq!((&report["ending"], &report["changed"]), (&json!("circle"), &json!([])));
    assert_eq!(report["rounds"].as_array().map(Vec::len), Some(2));

    let host = MemoryHost::of(&[("a.rs", "x\n")]).running(move |_, files| {
        let text = files.texts()["a.rs"].trim_end().to_owned();
        Ok(ended(1, &line(&text, &format!("{text}x")), "no\u{1b}[31m way"))
    });
    let (report, summary) = asked(&host, &json!({ "check": ["grow"], "rounds_max": 3 })).expect("an outcome");
    assert_eq!(
        (&report["ending"], &report["last_words"]),
        (&json!("rounds-used"), &json!("no[31m way"))
    );
    assert_eq!(text(&host, "a.rs"), "xxxx\n");
    assert!(
        summary.contains("`rounds_max` rounds are used up. Applied 3 suggestions in 1 file and 3 rounds."),
        "{summary}"
    );
}

#[test]
fn a_check_that_is_refused_or_stopped_is_told() {
    let host = MemoryHost::over(files());
    let fault = asked(&host, &json!({ "check": ["cargo"] })).expect_err("no command");
    assert!(
        fault.starts_with("the check was not run: process.run is not granted"),
        "{fault}"
    );

    let host = MemoryHost::over(files()).running(|_, files| {
        if files.texts()["src/lib.rs"] != LIB {
            let (permission, needs) = ("process.run".to_owned(), "more".to_owned());
            return Err(Refusal::Denied(Denial { permission, needs }));
        }
        Ok(ended(1, RUSTFMT, ""))
    });
    let (report, summary) = asked(&host, &json!({ "check": ["cargo"] })).expect("an outcome");
    assert_eq!(
        (&report["ending"], &report["passed"]),
        (&json!("refused"), &json!(false))
    );
    assert!(
        summary.contains("It could not be run again: process.run is not granted; more."),
        "{summary}"
    );

    let host = MemoryHost::over(files()).running(|_, _| {
        let end = End::Stopped("the role's command_seconds (60) are used up".to_owned());
        Ok(Ended {
            end,
            confined: false,
            ..ended(1, RUSTFMT, "")
        })
    });
    let (report, summary) = asked(&host, &json!({ "check": ["cargo"] })).expect("an outcome");
    assert_eq!((&report["ending"], &report["changed"]), (&json!("stopped"), &json!([])));
    assert!(
        summary.contains("command_seconds") && summary.contains("unconfined"),
        "{summary}"
    );
}

#[test]
fn a_complaint_about_the_input_names_the_place() {
    let host = MemoryHost::over(files());
    for (input, said) in [
        (json!(null), "the input is no object"),
        (json!({}), "the input lacks the member `check`"),
        (json!({ "check": [] }), "check: must be a list of 1 to 1024 items"),
        (json!({ "check": ["a", 1] }), "check[1]: must be a text"),
        (json!({ "check": "cargo check" }), "check: must be a list"),
        (
            json!({ "check": ["a"], "dir": "../b" }),
            "dir: is no path of the workspace",
        ),
        (
            json!({ "check": ["a"], "dialect": "gcc" }),
            "dialect: `gcc` is no dialect; known are auto, rustc",
        ),
        (
            json!({ "check": ["a"], "rounds_max": 51 }),
            "rounds_max: must be a whole number from 1 to 50",
        ),
        (
            json!({ "check": ["a"], "seconds": 0 }),
            "seconds: must be a whole number from 1",
        ),
        (json!({ "check": ["a"], "root": "app" }), "root: must begin with `/`"),
        (
            json!({ "check": ["a"], "until": "done" }),
            "until: `done` is no end; known are passes, nothing-left",
        ),
        (json!({ "check": ["a"], "fix": true }), "the input has the member `fix`"),
    ] {
        let fault = asked(&host, &input).expect_err("an unusable input");
        assert!(fault.contains(said), "{fault} lacks {said}");
    }
}

/// Whatever becomes of an output on its way: the files keep their names, and nothing ends the agent.
#[test]
fn damaged_outputs_do_no_harm() {
    let names: Vec<String> = files().texts().into_keys().collect();
    let mut dice = 0x9e37_79b9_7f4a_7c15_u64;
    let mut roll = move |sides: usize| {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        usize::try_from(dice >> 33).unwrap_or(0) % sides.max(1)
    };
    for output in [CLIPPY, RUSTC, RUSTFMT, RUFF_LINES, RUFF, RUFF_FORMAT, ESLINT] {
        for _ in 0..100 {
            let mut bytes = output.as_bytes().to_owned();
            for _ in 0..=roll(8) {
                let at = roll(bytes.len());
                match roll(5) {
                    0 => bytes[at] = b'0' + u8::try_from(roll(10)).unwrap_or(0),
                    1 => drop(bytes.drain(at..(at + roll(40)).min(bytes.len()))),
                    2 => bytes.truncate(at.max(1)),
                    3 => bytes.splice(at..at, *b"-9999999999").for_each(drop),
                    _ => bytes[at] = u8::try_from(roll(256)).unwrap_or(0),
                }
            }
            let host = MemoryHost::over(files()).running(move |_, _| {
                Ok(Ended {
                    stdout: bytes.clone(),
                    ..ended(1, "", "")
                })
            });
            for dialect in ["auto", "diff"] {
                done(&host, dialect);
            }
            assert_eq!(host.workspace.texts().into_keys().collect::<Vec<_>>(), names);
        }
    }
}

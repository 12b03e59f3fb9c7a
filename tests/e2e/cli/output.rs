//! What is printed: data on standard output and everything else beside it, at 80 columns, without colour, and never
//! anything that a terminal would obey.

use std::fs;
use std::io::Read as _;
use std::process::Stdio;

use assize_provenance::opinion::{Finding, Location, Opinion, Severity, Side, Vote};
use assize_tests::bed::{Bed, Edit, Run, ran};
use assize_tests::{guests, seats};

use super::{ASSIZE, bed_judged_by, bed_with, faultfinder};

const COLUMNS: usize = 80;

/// Runs that between them print everything there is to print.
const PAGES: &[&[&str]] = &[
    &["review"],
    &["-v", "review"],
    &["review", "--no-record"],
    &["key", "list"],
    &["plugin", "list"],
    &["plugin", "inspect", "technical"],
    &["policy", "check"],
    &["policy", "explain", "guest", "evidence.read"],
    &["policy", "explain", "guest", "workspace.write", "src/lib.rs"],
    &["policy", "grants", "guest"],
    &["policy", "diff", "HEAD~2..HEAD"],
];

#[test]
fn pages_fit_80_columns_and_hold_no_escape_sequences() {
    let bed = bed_judged_by(&faultfinder());
    for page in PAGES {
        let run = bed.assize(page);
        assert!(run.code < 2, "{page:?}: {run:?}");
        for line in run.stdout.lines() {
            assert!(
                line.chars().count() <= COLUMNS,
                "{page:?} prints a line of {} columns\n{line}",
                line.chars().count()
            );
            assert_eq!(line, line.trim_end(), "{page:?} prints spaces at the end of a line");
        }
        is_plain(&run, page);
    }
}

/// A review shows at a glance who voted how, each finding with its place and its line, the verdict, and what to do next.
#[test]
fn a_review_shows_everything_that_decided() {
    let bed = bed_judged_by(&faultfinder());
    let run = bed.assize(&["review"]).expect(1);
    let parts = [
        "Go on",
        "1 file, +1 -1 lines",
        ".assize/policy.toml of the base",
        "quorum 1 of 1, 1 heard",
        "guest",
        "reject",
        "error guest/rule",
        "src/lib.rs:1",
        "Two is one too many.",
        "1 | fn two() {}",
        "Call it one.",
        "REJECTED",
        "refs/assize/v1/log/",
        "assize audit verify",
    ];
    for part in parts {
        assert!(run.stdout.contains(part), "no {part:?} in\n{}", run.stdout);
    }
}

#[test]
fn colour_is_only_added_where_it_is_wanted() {
    let bed = bed_with(Vote::Approve);
    let coloured = |variables: &[(&str, &str)]| {
        let run = ran(&bed
            .command(&["review", "--no-record"])
            .envs(variables.iter().copied())
            .output()
            .expect("starts"));
        run.expect(0).stdout.contains('\u{1b}')
    };
    assert!(!coloured(&[]), "a pipe is no terminal");
    assert!(!coloured(&[("TERM", "xterm-256color")]), "a pipe is no terminal");
    assert!(coloured(&[("CLICOLOR_FORCE", "1")]), "colour was asked for");
    assert!(
        !coloured(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]),
        "NO_COLOR wins"
    );
}

/// JSON on standard output stays JSON whatever is to be told besides: new keys, a lock, debug lines.
#[test]
fn standard_output_is_data_only() {
    let bed = bed_with(Vote::Approve);
    let run = bed.assize(&["-v", "-v", "review", "--format", "json"]).expect(0);
    assert_eq!(run.json()["schema"], "assize.review/1");
    assert!(run.stderr.contains("New keys were made"), "{}", run.stderr);
    for (arguments, schema) in [
        (vec!["key", "list", "--format", "json"], "assize.keys/1"),
        (vec!["plugin", "list", "--format", "json"], "assize.plugins/1"),
        (
            vec!["plugin", "inspect", "quality", "--format", "json"],
            "assize.plugin/1",
        ),
        (vec!["policy", "check", "--format", "json"], "assize.policy-check/1"),
        (
            vec!["policy", "explain", "guest", "evidence.read", "--format", "json"],
            "assize.policy-explain/1",
        ),
        (
            vec!["policy", "grants", "guest", "--format", "json"],
            "assize.policy-grants/1",
        ),
        (
            vec!["policy", "diff", "HEAD~1..HEAD", "--format", "json"],
            "assize.policy-diff/1",
        ),
        (vec!["workflow", "list", "--format", "json"], "assize.workflow-list/1"),
        (vec!["workflow", "check", "--format", "json"], "assize.workflow-check/1"),
        (
            vec!["workflow", "plan", "milestones", "--format", "json"],
            "assize.workflow-plan/1",
        ),
        (
            vec!["workflow", "graph", "milestones", "--format", "json"],
            "assize.workflow-graph/1",
        ),
    ] {
        let run = bed.assize(&arguments).expect(0);
        assert_eq!(run.json()["schema"], schema);
        assert_eq!(run.stderr, "", "{arguments:?}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let bed = bed_with(Vote::Approve);
    for format in ["human", "json"] {
        let mut command = bed.command(&["review", "--format", format]);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("starts");
        drop(child.stdout.take());
        let mut said = String::new();
        child
            .stderr
            .take()
            .expect("a pipe")
            .read_to_string(&mut said)
            .expect("readable");
        let status = child.wait().expect("ends");
        assert_eq!(status.code(), Some(0), "{said}");
        assert!(!said.contains("error") && !said.contains("panic"), "{said}");
    }
}

/// File names, messages, source lines, revisions and folders that hold escape sequences are shown as text.
#[test]
fn what_others_wrote_is_never_obeyed() {
    const ESCAPES: &str = "\u{1b}[2J\u{1b}]0;title\u{7}\u{9b}31m\u{202e}\u{2066}\u{8}";
    let place = |path: &str| {
        Some(Location {
            side: Side::Head,
            path: path.into(),
            start_line: 1,
            end_line: 1,
        })
    };
    let finding = |path: &str, severity, message: &str| Finding {
        rule: "guest/rule".into(),
        severity,
        message: message.into(),
        location: place(path),
        suggestion: Some("Turn\u{202e} around.\tOr not.".into()),
    };
    let findings = vec![
        finding("evil.rs", Severity::Error, "Line\nbreaks, and \u{2066}marks."),
        finding(
            "no\u{202e}such\u{202c}file",
            Severity::Warning,
            "A place that is not there.",
        ),
    ];
    let judge = guests::saying(&Opinion {
        vote: Vote::Reject,
        findings,
        rationale: "So\u{202e} there.\n".into(),
    });
    let bed = Bed::new(ASSIZE);
    seats::appoint(&bed, &[("guest", &judge)]);
    let name = format!("bad{ESCAPES}.rs");
    let line = format!("{ESCAPES} fn x() {{}}\n<<<<<<< {ESCAPES}\n");
    bed.commit(
        &format!("Title {ESCAPES}\n\n{ESCAPES}"),
        &[
            Edit::Write("evil.rs", line.as_bytes()),
            Edit::Write(&name, line.as_bytes()),
        ],
    );
    let policy = bed.beside(&format!("policy{ESCAPES}.toml"));
    fs::write(
        &policy,
        format!("version = 1 # {ESCAPES}\n\"{}\" = 1\n", ESCAPES.escape_unicode()),
    )
    .expect("a file");
    let policy = policy.to_string_lossy().into_owned();
    let default = bed.beside(&format!("default{ESCAPES}.toml"));
    fs::write(&default, assize::policy::default::TEXT).expect("a file");
    let default = default.to_string_lossy().into_owned();
    for arguments in [
        vec!["review"],
        vec!["-v", "review", "--no-record"],
        vec!["review", "--policy", &default],
        vec!["review", "--policy", &policy],
        vec!["policy", "check", &policy],
        vec!["policy", "check", &default],
        vec![
            "policy",
            "explain",
            "developer",
            "workspace.read",
            ESCAPES,
            "--policy",
            &default,
        ],
        vec!["policy", "explain", ESCAPES, ESCAPES, "--policy", &default],
        vec!["policy", "grants", "developer", "--policy", &default],
        vec!["policy", "diff", &default, &default],
        vec!["review", ESCAPES],
        vec!["review", "--council", ESCAPES],
        vec!["-C", ESCAPES, "review"],
        vec!["plugin", "inspect", ESCAPES],
        vec!["plugin", "inspect", &policy],
    ] {
        is_plain(&bed.assize(&arguments), &arguments);
    }
}

/// Nothing but text and line breaks, on either stream.
fn is_plain(run: &Run, arguments: &[&str]) {
    let obeyed =
        |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    for (stream, text) in [("stdout", &run.stdout), ("stderr", &run.stderr)] {
        let found = text.chars().find(|c| obeyed(*c));
        assert_eq!(found, None, "{arguments:?} prints it on {stream}:\n{text:?}");
    }
}

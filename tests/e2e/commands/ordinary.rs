//! Commands as they are meant.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use assize::policy::process::Confinement;
use assize::process::{End, RunError};
use assize::secret::{Secrets, Value};
use assize_tests::yard::{Terms, Yard};

use super::{keeper, open_yard};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_command_runs_and_its_output_comes_back() {
    let yard = open_yard();
    yard.put("src/a.txt", "hello\n");
    let ended = yard.ran(&Terms::default(), &["cat", "src/a.txt"]);
    assert_eq!((ended.end, ended.stdout.as_slice()), (End::Exited(0), &b"hello\n"[..]));
    let ended = yard.ran(&Terms::default(), &["sh", "-c", "echo out; echo err >&2; exit 7"]);
    assert_eq!(ended.end, End::Exited(7));
    assert_eq!(
        (text(&ended.stdout), text(&ended.stderr)),
        ("out\n".into(), "err\n".into())
    );
    let ended = yard.ran(&Terms::default(), &["sh", "-c", "kill -SEGV $$"]);
    assert_eq!(ended.end, End::Signalled(11));
    yard.must_be_swept();
}

#[test]
fn arguments_arrive_as_they_are_and_no_shell_reads_them() {
    let yard = open_yard();
    let words = [
        "printf",
        "%s|",
        "$HOME",
        "`id`",
        "; rm -rf .",
        "*",
        "",
        "-x",
        "a\nb",
        "\u{1b}[31m",
        "ü",
    ];
    let ended = yard.ran(&Terms::default(), &words);
    assert_eq!(text(&ended.stdout), format!("{}|", words[2..].join("|")));
}

#[test]
fn a_command_sees_what_the_policy_shows_it_and_little_else() {
    let yard = open_yard();
    let terms = Terms {
        environment: [("COLOR", "never"), ("ASSIZE_HOME", "/x"), ("LANG", "de")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
        ..Terms::default()
    };
    let ended = yard.ran(&terms, &["env"]);
    let seen: BTreeMap<String, String> = text(&ended.stdout)
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let names: Vec<&str> = seen.keys().map(String::as_str).collect();
    assert_eq!(names, ["COLOR", "HOME", "LANG", "PATH", "TMPDIR"], "{seen:?}");
    assert_eq!(
        (seen["LANG"].as_str(), seen["HOME"].as_str()),
        ("de", seen["TMPDIR"].as_str())
    );
    assert!(
        seen["TMPDIR"].starts_with(yard.around().to_str().expect("a path")),
        "{seen:?}"
    );
}

#[test]
fn a_command_starts_where_it_is_told_to_and_has_a_folder_of_its_own_for_a_while() {
    let yard = open_yard();
    yard.put("src/inner/a.txt", "");
    let terms = Terms {
        dir: "src/inner".into(),
        ..Terms::default()
    };
    let ended = yard.ran(
        &terms,
        &[
            "sh",
            "-c",
            "ls; pwd; echo x > $TMPDIR/y; cat $TMPDIR/y; stat -c %a $TMPDIR",
        ],
    );
    let out = text(&ended.stdout);
    assert!(
        out.starts_with("a.txt\n") && out.ends_with("/folder/src/inner\nx\n700\n"),
        "{out}"
    );
    let terms = Terms {
        dir: "nowhere".into(),
        ..Terms::default()
    };
    assert!(matches!(yard.run(&terms, &["true"]), Err(RunError::NotFound(_))));
    yard.must_be_swept();
}

#[test]
fn a_program_is_found_in_the_system_or_named_from_the_workspace() {
    let yard = open_yard();
    for name in ["no-such-program", "./no-such-program", "/no/such/program"] {
        let error = yard.run(&Terms::default(), &[name]).expect_err("it is not there");
        assert!(
            matches!(&error, RunError::NotFound(text) if text.contains(name)),
            "{error}"
        );
    }
    // What lies in the workspace is never found by its name alone, whatever PATH says.
    yard.put("cat", "#!/bin/sh\necho planted\n");
    make_program(&yard, "cat");
    yard.put("evil", "#!/bin/sh\necho planted\n");
    make_program(&yard, "evil");
    let terms = Terms {
        environment: vec![("PATH".into(), ".::/usr/bin:/bin".into())],
        dir: String::new(),
        ..Terms::default()
    };
    assert_eq!(yard.ran(&terms, &["cat", "/dev/null"]).stdout, b"");
    assert!(matches!(yard.run(&terms, &["evil"]), Err(RunError::NotFound(_))));
    yard.put("src/a.txt", "");
    let inner = Terms {
        dir: "src".into(),
        ..Terms::default()
    };
    assert_eq!(
        yard.ran(&inner, &["./evil"]).stdout,
        b"planted\n",
        "named from the workspace, wherever it starts"
    );
}

fn make_program(yard: &Yard, path: &str) {
    use std::os::unix::fs::PermissionsExt;
    let path = yard.folder().join(path);
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("a program");
}

#[test]
fn folders_of_the_policy_are_read_and_programs_found_there() {
    let yard = open_yard();
    let tools = yard.around().join("tools/bin");
    fs::create_dir_all(&tools).expect("a folder");
    fs::write(tools.join("tool"), "#!/bin/sh\ncat \"$0\" | tail -1\n# read\n").expect("a file");
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(tools.join("tool"), fs::Permissions::from_mode(0o755)).expect("a program");
    }
    assert!(matches!(
        yard.run(&Terms::default(), &["tool"]),
        Err(RunError::NotFound(_))
    ));
    let whole = tools.join("tool");
    let error = yard.run(&Terms::default(), &[whole.to_str().expect("a path")]);
    assert!(
        matches!(error, Err(RunError::NotFound(_))),
        "named wholly it may not be started: {error:?}"
    );
    let terms = Terms {
        system: vec![tools.display().to_string(), "/no/such/folder".into()],
        ..Terms::default()
    };
    assert_eq!(text(&yard.ran(&terms, &["tool"]).stdout), "# read\n");
    let ended = yard.ran(&terms, &["sh", "-c", &format!("echo x > {}/made", tools.display())]);
    assert_ne!(ended.end, End::Exited(0), "nothing is written there");
}

#[test]
fn secrets_are_hidden_and_output_is_bounded_and_counted() {
    let mut yard = open_yard();
    let values = BTreeMap::from([("token".to_owned(), Value::new("correct-horse-battery".to_owned()))]);
    yard.hide(Secrets::new(values));
    let ended = yard.ran(
        &Terms::default(),
        &[
            "sh",
            "-c",
            "echo correct-horse-battery; echo x-correct-horse-battery-x >&2",
        ],
    );
    let all = text(&ended.stdout) + &text(&ended.stderr);
    assert!(!all.contains("horse") && all.contains("{{secret:token}}"), "{all}");
    let yard = open_yard();
    let terms = Terms {
        output_kib: 4,
        ..Terms::default()
    };
    let ended = yard.ran(
        &terms,
        &["sh", "-c", "head -c 100000 /dev/zero; head -c 50000 /dev/zero >&2"],
    );
    assert_eq!(ended.stdout.len() + ended.stderr.len(), 4096);
    assert_eq!((ended.dropped, ended.output_bytes), (150_000 - 4096, 150_000));
    assert_eq!(ended.end, End::Exited(0), "what is dropped stops nobody");
}

#[test]
fn an_unconfined_command_is_bounded_and_ended_all_the_same() {
    let yard = Yard::open(&keeper(), &["src/**"], &[]);
    let outside = yard.around().join("outside.txt");
    fs::write(&outside, "outside\n").expect("a file");
    let terms = Terms {
        confinement: Confinement::None,
        time: Duration::from_millis(600),
        ..Terms::default()
    };
    let ended = yard.ran(&terms, &["cat", outside.to_str().expect("a path")]);
    assert_eq!(ended.stdout, b"outside\n");
    let ended = yard.ran(&terms, &["env"]);
    assert!(text(&ended.stdout).lines().count() == 4, "{}", text(&ended.stdout));
    let ended = yard.ran(&terms, &["sleep", "100"]);
    assert!(
        matches!(&ended.end, End::Stopped(limit) if limit.contains("command_seconds")),
        "{ended:?}"
    );
    yard.must_be_swept();
}

//! Ways out of the workspace by the words of a path.

use serde_json::Value;

use crate::hostile::steps::{every_way, list, read, remove, rename, repeat, search, write};
use crate::hostile::{Attack, Family, Ground};

/// The attacks of this family.
pub(super) const ATTACKS: &[Attack] = &[
    Attack {
        id: "dots-at-the-start",
        family: Family::Paths,
        tries: "Uses `../secret.txt` in every way.",
        stopped_by: "A path with a `..` part is no path of the contract; it is refused before anything is opened.",
        act: |ground| refused(ground, &["../secret.txt", "../outside/notes.txt", ".."]),
    },
    Attack {
        id: "dots-in-the-middle",
        family: Family::Paths,
        tries: "Goes into an open folder and out again: `src/../../secret.txt`.",
        stopped_by: "A path with a `..` part is no path of the contract, wherever the part stands.",
        act: |ground| {
            refused(
                ground,
                &["src/../../secret.txt", "src/deep/../../private/secret.txt", "src/.."],
            )
        },
    },
    Attack {
        id: "dots-disguised",
        family: Family::Paths,
        tries: "Writes `..` as `%2e%2e`, as escapes, as full-width dots, with spaces and with backslashes.",
        stopped_by: "Only the contract's own escapes are read, and those must stand for what cannot be written plainly; the rest \
                     are ordinary names that the patterns do not open.",
        act: |ground| {
            refused(
                ground,
                &[
                    "%2e%2e/secret.txt",
                    "\\x2e\\x2e/secret.txt",
                    "\u{ff0e}\u{ff0e}/secret.txt",
                    ".. /secret.txt",
                    "..\\secret.txt",
                    "..\\x5csecret.txt",
                    "....//secret.txt",
                ],
            )
        },
    },
    Attack {
        id: "absolute-path",
        family: Family::Paths,
        tries: "Names files from the root of the machine.",
        stopped_by: "A path is relative; one that starts with a slash is refused.",
        act: |ground| {
            let secret = ground.path("secret.txt").display().to_string();
            // What is the machine's own is only read: an attack that got through must not harm who runs it.
            let steps = vec![read("/etc/passwd"), read("//etc/passwd"), list("/"), list("/etc")];
            ground.steps(steps)?.all_refused()?;
            refused(ground, &[&secret, &format!("/{secret}")])
        },
    },
    Attack {
        id: "proc-and-dev",
        family: Family::Paths,
        tries: "Goes through `/proc/self`, `/proc/self/root`, `/dev/fd` and `/dev/zero`.",
        stopped_by: "A path is relative and walked from the workspace's own handle; nothing of it is looked up from the root.",
        act: |ground| {
            let paths = [
                "/proc/self/environ",
                "/proc/self/cwd",
                "/dev/fd/3",
                "/dev/zero",
                "proc/self/environ",
            ];
            let steps = paths.iter().flat_map(|path| [read(path), list(path)]).collect();
            ground.steps(steps)?.all_refused()?;
            let secret = ground.path("secret.txt");
            refused(ground, &[&format!("/proc/self/root{}", secret.display())])
        },
    },
    Attack {
        id: "trailing-slash",
        family: Family::Paths,
        tries: "Ends paths with a slash, with `/.` and with several slashes.",
        stopped_by: "A path with an empty part or a `.` part is refused.",
        act: |ground| {
            refused(
                ground,
                &[
                    "src/main.rs/",
                    "src/main.rs/.",
                    "src//main.rs",
                    "./src/main.rs",
                    "src/./main.rs",
                    "docs//",
                ],
            )
        },
    },
    Attack {
        id: "no-path",
        family: Family::Paths,
        tries: "Writes, removes and moves the workspace itself: the empty path.",
        stopped_by: "The empty path names the workspace, which can be listed and searched and nothing else.",
        act: |ground| {
            let steps = vec![
                read(""),
                write(""),
                remove(""),
                rename("", "src/all"),
                rename("src/main.rs", ""),
            ];
            ground.steps_as("wide", steps)?.all_refused()
        },
    },
    Attack {
        id: "closed-folder",
        family: Family::Paths,
        tries: "Reads, lists and searches what lies in the workspace and outside of its role's patterns.",
        stopped_by: "Each path is held against `files.read` and `files.write`; no pattern opens it.",
        act: |ground| {
            let mut steps = every_way("private/secret.txt");
            steps.extend([list("private"), search("private", "the-secret-")]);
            ground.steps(steps)?.all_refused_as(&["denied"])
        },
    },
    Attack {
        id: "search-everything",
        family: Family::Paths,
        tries: "Searches the whole workspace for the secret.",
        stopped_by: "A search reads only what `files.read` opens.",
        act: |ground| {
            let tried = ground.steps(vec![search("", "the-secret-"), search("src", "the-secret-")])?;
            let found = |answer: &Value| answer.pointer("/ok/count").and_then(Value::as_u64);
            if tried.answers.iter().any(|answer| found(answer) != Some(0)) {
                return Err(tried.end());
            }
            Ok("nothing was found".into())
        },
    },
    Attack {
        id: "read-only-file",
        family: Family::Paths,
        tries: "Writes, removes and moves files that its role may only read.",
        stopped_by: "Reading and writing are separate patterns; `files.write` does not open the path.",
        act: |ground| {
            let path = "docs/guide.md";
            let steps = vec![
                write(path),
                remove(path),
                rename(path, "src/guide.md"),
                rename("src/main.rs", "docs/main.rs"),
            ];
            ground.steps(steps)?.all_refused_as(&["denied"])
        },
    },
    Attack {
        id: "sibling-of-the-workspace",
        family: Family::Paths,
        tries: "Reaches a folder whose name starts like the workspace's: `../work-secret`.",
        stopped_by: "The workspace is an open folder and not a prefix of names; `..` is refused.",
        act: |ground| {
            refused(
                ground,
                &[
                    "../work-secret/secret.txt",
                    "../work/../work-secret/secret.txt",
                    "-secret/secret.txt",
                ],
            )
        },
    },
    Attack {
        id: "sibling-of-a-pattern",
        family: Family::Paths,
        tries: "Reaches `src-private`, whose name starts like the open `src`.",
        stopped_by: "Patterns are matched part by part, never as prefixes.",
        act: |ground| {
            refused(
                ground,
                &["src-private/secret.txt", "src-private", "srcx", "src-private/new.txt"],
            )
        },
    },
    Attack {
        id: "another-case",
        family: Family::Paths,
        tries: "Spells closed and open folders in capitals.",
        stopped_by: "Patterns tell letters apart, and a name is taken only as its folder spells it.",
        act: |ground| {
            refused(
                ground,
                &[
                    "PRIVATE/secret.txt",
                    "Src-Private/secret.txt",
                    "SRC-PRIVATE/SECRET.TXT",
                    "MIXED/closed.txt",
                ],
            )
        },
    },
    Attack {
        id: "names-of-4-kib",
        family: Family::Paths,
        tries: "Writes and reads names of 256 bytes, 4 KiB and 1 MiB.",
        stopped_by: "A name has at most 255 bytes; longer ones are refused before the system sees them.",
        act: |ground| {
            let steps = [256, 4 << 10, 1 << 20].into_iter().flat_map(|length| {
                let long = serde_json::json!({ "repeat": "n", "times": length, "then": "" });
                let path = serde_json::json!({ "repeat": "src/", "times": 1, "then": "n".repeat(256) });
                [
                    serde_json::json!(["read", path, 0, 10]),
                    serde_json::json!(["read", long, 0, 10]),
                    serde_json::json!(["write", long, "x", "replace"]),
                    serde_json::json!(["list", long]),
                ]
            });
            ground.steps(steps.collect())?.all_refused()
        },
    },
    Attack {
        id: "thousands-of-parts",
        family: Family::Paths,
        tries: "Writes below thousands of folders, and reads there.",
        stopped_by: "A path has at most 4,096 bytes of names and each missing folder counts against `write_mib`.",
        act: |ground| {
            let deep = serde_json::json!({ "repeat": "src/", "times": 5_000, "then": "x" });
            let steps = vec![
                serde_json::json!(["write", deep, "x", "replace"]),
                serde_json::json!(["read", deep, 0, 10]),
                serde_json::json!(["list", deep]),
                serde_json::json!(["rename", "src/main.rs", deep]),
            ];
            ground.steps(steps)?.all_refused()
        },
    },
    Attack {
        id: "a-nul-in-the-name",
        family: Family::Paths,
        tries: "Ends a name early with a NUL byte, plain and escaped.",
        stopped_by: "A name with a NUL is refused; so is a control character that is not escaped.",
        act: |ground| {
            refused(
                ground,
                &[
                    "src/main.rs\0.txt",
                    "src/main.rs\\x00.txt",
                    "private/secret.txt\0",
                    "docs\\x00/../private/secret.txt",
                ],
            )
        },
    },
    Attack {
        id: "control-characters",
        family: Family::Paths,
        tries: "Uses names with line feeds, escape sequences for the terminal and characters that turn text around.",
        stopped_by: "Control characters must be escaped in a path; what is recorded of a refusal is escaped too.",
        act: |ground| {
            let paths = [
                "private/\n",
                "private/\u{1b}[2J",
                "private/\u{202e}txt",
                "src/\u{7}",
                "src/\u{9b}31m",
            ];
            let tried = ground.steps(paths.into_iter().map(read).collect())?;
            if tried
                .accesses
                .iter()
                .any(|access| access.resource.chars().any(char::is_control))
            {
                return Err("a control character stands in the record".into());
            }
            tried.all_refused()
        },
    },
    Attack {
        id: "escapes-that-are-none",
        family: Family::Paths,
        tries: "Writes escapes wrongly: cut, in capitals, of letters, of slashes.",
        stopped_by: "The contract's form of a path has one spelling for each path; any other is refused.",
        act: |ground| {
            refused(
                ground,
                &[
                    "src/\\",
                    "src/\\x",
                    "src/\\x4",
                    "src/\\xFF",
                    "src/\\x61",
                    "src\\x2f..\\x2fsecret.txt",
                    "src/\\u0041",
                    "\\\\server\\share",
                ],
            )
        },
    },
    Attack {
        id: "rename-out",
        family: Family::Paths,
        tries: "Moves files out of the workspace, and files from outside into it.",
        stopped_by: "Both paths are read and walked like any other, and `files.write` must open both.",
        act: |ground| {
            let steps = vec![
                rename("src/main.rs", "../stolen.rs"),
                rename("src/main.rs", &ground.path("stolen.rs").display().to_string()),
                rename("../secret.txt", "src/secret.txt"),
                rename("private/secret.txt", "src/secret.txt"),
                rename("src/main.rs", "private/main.rs"),
                rename("src", "private/src"),
            ];
            ground.steps(steps)?.all_refused()
        },
    },
    Attack {
        id: "rename-a-mixed-folder",
        family: Family::Paths,
        tries: "Moves a folder that it may write, in which lies a file that it may not.",
        stopped_by: "Everything in a moved folder is held against the patterns, at both paths.",
        act: |ground| {
            let steps = vec![
                rename("mixed", "src/mixed"),
                rename("mixed", "src/deep/mixed"),
                remove("mixed"),
            ];
            ground.steps(steps)?.all_refused()
        },
    },
    Attack {
        id: "rename-into-itself",
        family: Family::Paths,
        tries: "Moves a folder into itself, a file onto itself and a folder over a file, hundreds of times.",
        stopped_by: "A move replaces nothing (RENAME_NOREPLACE), and the system refuses a folder in itself.",
        act: |ground| {
            let steps = vec![
                rename("src/deep", "src/deep/er/deep"),
                rename("src/main.rs", "src/main.rs"),
                repeat(Some(300), rename("src/deep", "src/main.rs")),
                rename("src/main.rs", "src/deep"),
            ];
            ground.steps(steps)?.all_refused()
        },
    },
    Attack {
        id: "without-the-permission",
        family: Family::Paths,
        tries: "Calls every function of the workspace in a role that may only read `docs`.",
        stopped_by: "Each function asks for its own permission first; its role holds `workspace.read` alone.",
        act: |ground| {
            let steps = vec![
                list(""),
                write("docs/guide.md"),
                remove("docs/guide.md"),
                rename("docs", "doc"),
                search("", "guide"),
                read("src/main.rs"),
            ];
            ground.steps_as("reader", steps)?.all_refused_as(&["denied"])
        },
    },
];

/// Held when every use of every path is refused.
fn refused(ground: &Ground, paths: &[&str]) -> Result<String, String> {
    let steps = paths.iter().flat_map(|path| every_way(path)).collect();
    ground.steps(steps)?.all_refused()
}

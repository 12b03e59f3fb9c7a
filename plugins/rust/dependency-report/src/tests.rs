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

fn asked(workspace: &MemoryWorkspace, input: &Value) -> Result<(Value, String), String> {
    let task = Task {
        agent: "dependency-report".to_owned(),
        input: input.to_string(),
    };
    let outcome = run(&task, workspace).map_err(|fault| fault.message)?;
    let report = serde_json::from_str(&outcome.output).map_err(|error| error.to_string())?;
    Ok((report, outcome.summary))
}

fn done(workspace: &MemoryWorkspace) -> Value {
    asked(workspace, &json!({})).unwrap_or_else(|fault| panic!("{fault}")).0
}

/// The names in one list of a report.
fn names(report: &Value, list: &str) -> Vec<String> {
    let items = report[list].as_array().expect("a list");
    items
        .iter()
        .map(|item| item["name"].as_str().expect("a name").to_owned())
        .collect()
}

const CARGO: [(&str, &str); 3] = [
    (
        "Cargo.toml",
        "[workspace]\nmembers = [\"a\"]\n[workspace.dependencies]\nserde = \"1\"\nlate = { git = \"https://git.example/late\" }\n",
    ),
    (
        "a/Cargo.toml",
        "[package]\nname = \"a\"\n[dependencies]\nserde.workspace = true\nlate.workspace = true\nany = \"*\"\nb = { path = \"../b\" }\n\
         out = { path = \"../../out\" }\n[dev-dependencies]\nexact = \"=1.2.3\"\n[target.'cfg(unix)'.build-dependencies]\n\
         renamed = { package = \"real\", version = \"2\" }\n",
    ),
    (
        "Cargo.lock",
        "version = 4\n[[package]]\nname = \"a\"\nversion = \"0.1.0\"\n[[package]]\nname = \"serde\"\nversion = \"1.0.1\"\n\
         source = \"registry+https://registry.example/index\"\n[[package]]\nname = \"serde\"\nversion = \"0.9.0\"\n\
         source = \"registry+https://registry.example/index\"\n[[package]]\nname = \"late\"\nversion = \"0.1.0\"\n\
         source = \"git+https://git.example/late?branch=main#0123456789abcdef0123456789abcdef01234567\"\n",
    ),
];

#[test]
fn a_workspace_of_cargo_is_read_with_what_it_shares() {
    let workspace = MemoryWorkspace::of(&CARGO);
    let report = done(&workspace);
    assert_eq!(names(&report, "unpinned"), ["any", "real"]);
    assert_eq!(names(&report, "not_locked"), ["any", "exact", "real"]);
    assert_eq!(names(&report, "outside"), ["late", "out"]);
    assert_eq!(names(&report, "several"), ["serde"]);
    assert_eq!(report["several"][0]["versions"], json!(["0.9.0", "1.0.1"]));
    assert_eq!(
        (&report["counts"]["declared"], &report["counts"]["locked"]),
        (&json!(7), &json!(4))
    );
    let text = &workspace.texts()["DEPENDENCIES.md"];
    assert!(
        text.contains("- `late` `0.1.0 from git https://git.example/late` in `Cargo.lock`\n"),
        "{text}"
    );
    assert!(
        text.contains("- `real` `2` in `a/Cargo.toml`, for development\n"),
        "{text}"
    );
    assert!(text.contains("| Cargo | 2 | 7 | 1 | 4 |\n"), "{text}");
    assert_eq!(done(&workspace)["changed"], json!(false));
}

#[test]
fn packages_of_npm_are_read_with_any_lock_file() {
    let manifest = json!({
        "dependencies": { "left": "^1.0.0", "exact": "1.2.3", "fork": "user/fork", "pinned": "git+https://git.example/p.git#v1.0.0",
            "file": "https://files.example/x.tgz", "near": "file:../near", "alias": "npm:@scope/real@2.0.0" },
        "devDependencies": { "tool": "latest", "@scope/tool": "" },
        "peerDependencies": { "peer": "*" },
    });
    let newer = json!({ "lockfileVersion": 3, "packages": {
        "": { "name": "x" },
        "node_modules/left": { "version": "1.1.0", "resolved": "https://registry.example/left/-/left-1.1.0.tgz" },
        "node_modules/tool/node_modules/left": { "version": "2.0.0", "resolved": "https://other.example/left/-/left-2.0.0.tgz" },
        "node_modules/fork": { "version": "1.0.0", "resolved": "git+ssh://git@git.example/fork.git#0123456789abcdef0123456789abcdef01234567" },
        "node_modules/near": { "resolved": "near", "link": true },
    } });
    let older = json!({ "lockfileVersion": 1, "dependencies": {
        "left": { "version": "1.1.0", "dependencies": { "left": { "version": "2.0.0" } } },
        "fork": { "version": "github:user/fork#0123456789abcdef0123456789abcdef01234567" },
    } });
    for (lock, is_newer) in [(newer, true), (older, false)] {
        let (manifest, lock) = (manifest.to_string(), lock.to_string());
        let workspace = MemoryWorkspace::of(&[
            ("web/package.json", manifest.as_str()),
            ("web/package-lock.json", &lock),
        ]);
        let report = done(&workspace);
        assert_eq!(names(&report, "unpinned"), ["@scope/tool", "tool"]);
        assert_eq!(
            names(&report, "not_locked"),
            ["@scope/real", "exact", "file", "pinned", "@scope/tool", "tool"]
        );
        assert_eq!(names(&report, "outside"), ["file", "fork", "pinned"]);
        assert_eq!(names(&report, "several"), ["left"]);
        let text = &workspace.texts()["DEPENDENCIES.md"];
        assert_eq!(text.contains("## Registries"), is_newer, "{text}");
        assert_eq!(
            text.contains("git git+ssh://git@git.example/fork.git"),
            is_newer,
            "{text}"
        );
    }
}

#[test]
fn projects_of_python_are_read_with_their_lock_files() {
    let project = "[build-system]\nrequires = [\"hatchling\"]\n[project]\ndependencies = [\"Left_Pad >= 1\", \"exact==1.2.3\", \
                   \"direct @ git+https://git.example/direct.git@main\", \"gone>=1\"]\n[project.optional-dependencies]\nx = [\
                   \"zip[fast]~=2.0 ; python_version > '3'\"]\n";
    let lock = "version = 1\n[[package]]\nname = \"left-pad\"\nversion = \"1.0\"\nsource = { registry = \"https://index.example/simple\" }\n\
                [[package]]\nname = \"direct\"\nversion = \"0.1\"\nsource = { git = \"https://git.example/direct.git?rev=main#0123456\" }\n\
                [[package]]\nname = \"zip\"\nversion = \"2.0\"\n[[package]]\nname = \"exact\"\nversion = \"1.2.3\"\n\
                [[package]]\nname = \"hatchling\"\nversion = \"1\"\n";
    let workspace = MemoryWorkspace::of(&[
        ("pyproject.toml", project),
        ("uv.lock", lock),
        (
            "tools/requirements-dev.txt",
            "# words\n-r other.txt\npinned==1.0 --hash=sha256:00\nloose\nrange>=1,<2 # why\n-e ./here\n\
             git+https://git.example/tool.git@v1.0#egg=tool\nlong==1.0 \\\n    --hash=sha256:00\n",
        ),
    ]);
    let report = done(&workspace);
    assert_eq!(names(&report, "unpinned"), ["gone", "loose", "range"]);
    assert_eq!(names(&report, "not_locked"), ["gone"]);
    assert_eq!(names(&report, "outside"), ["direct", "tool"]);
    assert_eq!(report["counts"]["declared"], json!(12));
    let poetry = "[tool.poetry.dependencies]\npython = \"^3.11\"\na = \"^1\"\nb = { git = \"https://git.example/b\", tag = \"v1\" }\n\
                  c = \"1.2.3\"\n[tool.poetry.group.dev.dependencies]\nd = \"*\"\n";
    let report = done(&MemoryWorkspace::of(&[("pyproject.toml", poetry)]));
    assert_eq!(names(&report, "unpinned"), ["a", "d"]);
    assert_eq!(names(&report, "outside"), ["b"]);
    assert_eq!(names(&report, "not_locked"), Vec::<String>::new());
}

#[test]
fn modules_of_go_are_read_with_their_sums() {
    let manifest = "module example.org/x\n\ngo 1.22\n\nrequire (\n\texample.org/a v1.0.0\n\texample.org/b v1.0.0 // indirect\n\
                    \texample.org/c v0.0.1\n)\nrequire example.org/d v1.0.0\nreplace example.org/c => ../../c\nreplace (\n\
                    \texample.org/d v1.0.0 => example.org/fork v1.0.1\n)\n";
    let sums = "example.org/a v1.0.0 h1:x=\nexample.org/a v1.0.0/go.mod h1:y=\nexample.org/d v1.0.0/go.mod h1:z=\n";
    let workspace = MemoryWorkspace::of(&[
        ("go.mod", manifest),
        ("go.sum", sums),
        ("vendor/x/go.mod", "require y v1.0.0"),
    ]);
    let report = done(&workspace);
    assert_eq!(names(&report, "outside"), ["example.org/c", "example.org/d"]);
    assert_eq!(names(&report, "not_locked"), ["example.org/d"]);
    assert_eq!(names(&report, "unpinned"), Vec::<String>::new());
    assert_eq!(report["counts"]["manifests"], json!(1));
}

#[test]
fn what_cannot_be_read_is_told_and_hostile_names_stay_text() {
    let workspace = MemoryWorkspace::of(&[
        ("a/Cargo.toml", "[dependencies\n"),
        ("b/package.json", "{"),
        (
            "c/package.json",
            "{\"dependencies\":{\"`<img>`\\n# x | @all\\u202e\":\"*\"}}",
        ),
        ("c/yarn.lock", ""),
        ("deep/package-lock.json", &"[".repeat(100_000)),
        ("left/out/package.json", "{\"dependencies\":{\"x\":\"*\"}}"),
    ]);
    workspace.put("d/go.mod", b"\0");
    workspace.link("e/package.json", "/etc/passwd");
    let (report, _) =
        asked(&workspace, &json!({ "except": ["left/**"], "file": "docs/report.md" })).expect("an outcome");
    let unread: Vec<&str> = report["unread"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|item| item["path"].as_str())
        .collect();
    assert_eq!(
        unread,
        [
            "c/yarn.lock",
            "d/go.mod",
            "a/Cargo.toml",
            "b/package.json",
            "deep/package-lock.json"
        ]
    );
    let text = &workspace.texts()["docs/report.md"];
    assert!(
        text.contains("- `<img> # x | @all` `*` in `c/package.json`\n"),
        "{text}"
    );
}

#[test]
fn a_dry_run_or_nothing_to_report_writes_nothing() {
    let workspace = MemoryWorkspace::of(&CARGO);
    let (report, _) = asked(&workspace, &json!({ "dry_run": true })).expect("an outcome");
    assert_eq!((&report["file"], workspace.texts().len()), (&Value::Null, 3));
    let empty = MemoryWorkspace::of(&[("a", "")]);
    let (_, summary) = asked(&empty, &json!({})).expect("an outcome");
    assert_eq!(summary, "There is no manifest of Cargo, npm, Python or Go.");
    assert_eq!(empty.texts().len(), 1);
    for (input, part) in [
        (json!({ "file": "/x" }), "file: must be the path"),
        (json!({ "except": ["a//b"] }), "is no path pattern"),
        (json!({ "other": 1 }), "which nothing reads"),
    ] {
        assert!(asked(&empty, &input).expect_err("a fault").contains(part), "{input}");
    }
    let denied = MemoryWorkspace::of(&CARGO).denying(&["workspace.write"]);
    assert!(
        asked(&denied, &json!({}))
            .expect_err("a fault")
            .contains("DEPENDENCIES.md was not written")
    );
}

//! What a path tells of a file: whether it is a test, a document, a lock file, somebody else's.
//!
//! These are conventions, not facts. A rule uses them to stay quiet or to speak more softly, so each list holds only what
//! is common, and a wrong guess never makes a finding worse.

/// The part after the last `/`.
#[must_use]
pub fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The folder; empty for the root.
#[must_use]
pub fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// The path of `name` in `folder`, where an empty folder is the root.
#[must_use]
pub fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}

/// The file's name without its extension. A leading dot begins a name, not an extension.
#[must_use]
pub fn stem(path: &str) -> &str {
    split_name(path).0
}

/// The part of the name after its last dot, or nothing.
#[must_use]
pub fn extension(path: &str) -> &str {
    split_name(path).1
}

fn split_name(path: &str) -> (&str, &str) {
    let name = name(path);
    match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => (stem, extension),
        _ => (name, ""),
    }
}

fn is_below_any(path: &str, folders: &[&str]) -> bool {
    parent(path)
        .split('/')
        .any(|part| folders.iter().any(|folder| part.eq_ignore_ascii_case(folder)))
}

/// Tells whether a file is a test or belongs to tests.
#[must_use]
pub fn is_test(path: &str) -> bool {
    const FOLDERS: [&str; 13] = [
        "test",
        "tests",
        "__tests__",
        "__test__",
        "spec",
        "specs",
        "e2e",
        "testing",
        "integration_tests",
        "integration-tests",
        "unittests",
        "cypress",
        "t",
    ];
    is_below_any(path, &FOLDERS) || is_fixture(path) || is_test_project(path) || has_test_name(path)
}

fn is_test_project(path: &str) -> bool {
    parent(path)
        .split('/')
        .any(|part| part.ends_with(".Tests") || part.ends_with(".Test") || part.ends_with("Tests"))
}

/// Tells whether a file's name alone says that it holds tests.
#[must_use]
pub fn has_test_name(path: &str) -> bool {
    const LOWER_ENDINGS: [&str; 9] = [
        "_test",
        "_tests",
        ".test",
        ".tests",
        ".spec",
        "_spec",
        "-test",
        "_unittest",
        ".cy",
    ];
    const CAMEL_ENDINGS: [&str; 6] = ["Test", "Tests", "TestCase", "Spec", "IT", "Specs"];
    let stem = stem(path);
    let is_camel = |ending: &str| {
        stem.strip_suffix(ending).is_some_and(|before| {
            before.ends_with(|letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit())
        })
    };
    LOWER_ENDINGS
        .iter()
        .any(|ending| stem.ends_with(ending) && stem.len() > ending.len())
        || CAMEL_ENDINGS.iter().any(|ending| is_camel(ending))
        || stem.starts_with("test_")
        || matches!(stem, "test" | "tests" | "conftest")
        || (stem.starts_with("Test")
            && stem
                .get(4..5)
                .is_some_and(|next| next.chars().all(|c| c.is_ascii_uppercase()))
            && extension(path) == "java")
}

/// Tells whether a file is input or expected output of tests.
#[must_use]
pub fn is_fixture(path: &str) -> bool {
    const FOLDERS: [&str; 18] = [
        "fixtures",
        "fixture",
        "__fixtures__",
        "testdata",
        "test_data",
        "test-data",
        "test_files",
        "testfiles",
        "snapshots",
        "__snapshots__",
        "golden",
        "goldens",
        "corpus",
        "cassettes",
        "vectors",
        "testcases",
        "test-fixtures",
        "baselines",
    ];
    is_below_any(path, &FOLDERS)
}

/// Tells whether a file is an example, a template or an exercise, where gaps may be left on purpose.
#[must_use]
pub fn is_example(path: &str) -> bool {
    const FOLDERS: [&str; 18] = [
        "example",
        "examples",
        "sample",
        "samples",
        "demo",
        "demos",
        "template",
        "templates",
        "scaffold",
        "scaffolds",
        "skeleton",
        "skeletons",
        "exercise",
        "exercises",
        "tutorial",
        "tutorials",
        "boilerplate",
        "starter",
    ];
    is_below_any(path, &FOLDERS)
}

/// Tells whether a file is written for people to read.
#[must_use]
pub fn is_docs(path: &str) -> bool {
    const FOLDERS: [&str; 5] = ["docs", "doc", "documentation", "man", "rfcs"];
    const EXTENSIONS: [&str; 10] = [
        "md", "mdx", "markdown", "rst", "adoc", "asciidoc", "org", "tex", "pod", "texi",
    ];
    const NAMES: [&str; 12] = [
        "readme",
        "license",
        "licence",
        "copying",
        "changelog",
        "changes",
        "authors",
        "notice",
        "contributing",
        "news",
        "history",
        "codeowners",
    ];
    let extension = extension(path).to_ascii_lowercase();
    EXTENSIONS.contains(&extension.as_str())
        || is_below_any(path, &FOLDERS)
        || (extension == "txt" && !is_input_text(path))
        || NAMES.contains(&stem(path).to_ascii_lowercase().as_str())
}

/// Tells whether a `.txt` file steers a tool.
fn is_input_text(path: &str) -> bool {
    let name = name(path).to_ascii_lowercase();
    name == "cmakelists.txt" || name == "robots.txt" || name.contains("requirements") || name.contains("constraints")
}

/// Tells whether a file is a lock file: written by a package manager, never by hand.
#[must_use]
pub fn is_lock(path: &str) -> bool {
    const NAMES: [&str; 24] = [
        "Cargo.lock",
        "package-lock.json",
        "npm-shrinkwrap.json",
        "yarn.lock",
        "pnpm-lock.yaml",
        "bun.lock",
        "bun.lockb",
        "deno.lock",
        "poetry.lock",
        "uv.lock",
        "pdm.lock",
        "Pipfile.lock",
        "go.sum",
        "go.work.sum",
        "Gemfile.lock",
        "composer.lock",
        "mix.lock",
        "pubspec.lock",
        "Podfile.lock",
        "Package.resolved",
        "packages.lock.json",
        "gradle.lockfile",
        "flake.lock",
        "pixi.lock",
    ];
    NAMES.contains(&name(path))
}

/// Tells whether a file was written by others or by a program.
#[must_use]
pub fn is_foreign(path: &str) -> bool {
    const FOLDERS: [&str; 12] = [
        "vendor",
        "vendored",
        "third_party",
        "third-party",
        "thirdparty",
        "node_modules",
        "bower_components",
        "generated",
        "__generated__",
        "external",
        "deps",
        "dist",
    ];
    const ENDINGS: [&str; 14] = [
        ".min.js",
        ".min.css",
        ".pb.go",
        "_pb2.py",
        "_pb2_grpc.py",
        ".pb.cc",
        ".pb.h",
        ".g.dart",
        ".freezed.dart",
        ".generated.cs",
        ".designer.cs",
        ".generated.ts",
        "_generated.go",
        ".snap",
    ];
    let name = name(path).to_ascii_lowercase();
    is_below_any(path, &FOLDERS)
        || name.starts_with("zz_generated")
        || ENDINGS.iter().any(|ending| name.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_apart() {
        assert_eq!(
            (
                name("a/b.tar.gz"),
                parent("a/b.tar.gz"),
                stem("a/b.tar.gz"),
                extension("a/b.tar.gz")
            ),
            ("b.tar.gz", "a", "b.tar", "gz")
        );
        assert_eq!(
            (stem(".gitignore"), extension(".gitignore"), parent("x")),
            (".gitignore", "", "")
        );
        assert_eq!((join("", "x"), join("a", "x")), ("x".to_owned(), "a/x".to_owned()));
    }

    #[test]
    fn tests_are_known_by_place_or_name() {
        for path in [
            "tests/x.rs",
            "src/a_test.go",
            "web/a.test.ts",
            "spec/a_spec.rb",
            "src/test/java/A.java",
            "FooTest.java",
            "Acme.Tests/Foo.cs",
            "test_a.py",
            "pkg/testdata/x.json",
            "src/tests.rs",
            "lib/TestFoo.java",
        ] {
            assert!(is_test(path), "{path}");
        }
        for path in [
            "src/contest.rs",
            "src/latest.py",
            "src/attestation.go",
            "src/inspect.js",
            "AUDIT.java",
            "src/Testimony.kt",
        ] {
            assert!(!is_test(path), "{path}");
        }
    }

    #[test]
    fn documents_are_known_by_place_or_name() {
        for path in [
            "README",
            "README.md",
            "docs/conf.py",
            "NOTES.txt",
            "LICENSE-MIT.txt",
            "guide.adoc",
        ] {
            assert!(is_docs(path), "{path}");
        }
        for path in [
            "requirements.txt",
            "CMakeLists.txt",
            "src/readme.rs.bak/x.rs",
            "src/docs.rs",
        ] {
            assert!(!is_docs(path), "{path}");
        }
    }
}

//! Real repositories, made with git in temporary folders.

mod cases;
mod histories;
mod joining;
mod landings;
mod places;
mod revisions;
mod worktrees;
mod writing;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use assize_provenance::reader::ObjectId;

use super::{OpenError, Repository};
use crate::case::message::Authors;
use crate::case::{Case, build};

/// A ref of the kind that Assize writes.
const LOG: &str = "refs/assize/v1/log/0a";

/// A folder with a repository in it, worked on by a git that reads no configuration but the repository's own.
struct Bed {
    folder: tempfile::TempDir,
}

impl Bed {
    /// Makes an empty repository in `work`; none where there is no git, which is an error where tools are required.
    #[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
    fn new() -> Option<Self> {
        let bed = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        if Command::new("git").arg("--version").output().is_err() {
            assert!(
                std::env::var_os("ASSIZE_REQUIRE_TOOLS").is_none_or(|value| value != "1"),
                "git is missing"
            );
            eprintln!("skipped: git is missing");
            return None;
        }
        fs::create_dir(bed.path("work")).unwrap();
        bed.git("work", &["init", "-q", "-b", "main"]);
        Some(bed)
    }

    fn path(&self, name: &str) -> PathBuf {
        // Temporary folders lie behind links on some systems.
        self.folder.path().canonicalize().unwrap().join(name)
    }

    fn git(&self, folder: &str, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .args([
                "-c",
                "protocol.file.allow=always",
                "-c",
                "gc.auto=0",
                "-c",
                "maintenance.auto=false",
            ])
            .args(arguments)
            .current_dir(self.path(folder))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.folder.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .envs(["GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"].map(|name| (name, "A")))
            .envs(["GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"].map(|name| (name, "a@b.example")))
            .envs(["GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"].map(|name| (name, "1700000000 +0000")))
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {arguments:?}: {error}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn write(&self, name: &str, contents: &str) {
        let path = self.path("work").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }

    /// Commits one file and returns the commit.
    fn commit(&self, name: &str, contents: &str) -> ObjectId {
        self.write(name, contents);
        self.git("work", &["add", "-A"]);
        self.git("work", &["commit", "-q", "-m", &format!("Write {name}")]);
        self.id("HEAD")
    }

    fn id(&self, revision: &str) -> ObjectId {
        self.git("work", &["rev-parse", revision]).parse().unwrap()
    }

    fn open(&self, folder: &str) -> Result<Repository, OpenError> {
        Repository::open(&self.path(folder))
    }

    fn case(&self, text: &str) -> Case {
        let repository = self.open("work").unwrap();
        let range = repository.range(text).unwrap();
        build(repository.objects().as_ref(), range, Authors::Hidden).unwrap()
    }
}
